"""Plays the demo's week against loopback stand-ins. Touches a folder and ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bot.app import open_all
from bot.cycle import Cycle, once
from bot.demo.notices import END, START, story
from bot.demo.portal import Portal
from bot.demo.slack import Post, Slack
from bot.demo.smtp import Mail, Smtp
from bot.loop import clock
from bot.pages.slack import Shown, channel
from bot.setup import Setup
from bot.when import local

LONDON = ZoneInfo("Europe/London")

CONFIG = """\
database: sqlite:///{database}
timezone: Europe/London
sources:
  find-a-tender: {{watch: find_a_tender, every: 15m, base_url: "{portal}", pause: 0}}
  contracts-finder: {{watch: contracts_finder, every: 30m, base_url: "{portal}", pause: 0}}
channels:
  screen: {{notify: console}}
  bids-slack: {{notify: slack, token: {token}, channel: "#bids", base_url: "{slack}"}}
  bids-mail: {{notify: email, smtp: "{smtp}", from: "Tender alerts <alerts@example.org>",
              to: [bids@example.org]}}
subscriptions:
  - name: Care and catering
    cpv: ["85300000", "55500000"]
    remind: {{enquiry: [2d], submission: [7d, 1d]}}
    send:
      - {{to: screen, on: [new, amended, cancelled, awarded, deadline]}}
      - {{to: bids-slack}}
      - {{to: bids-mail}}
  - name: Works and technology, outside London
    cpv: ["45*", "72*"]
    regions: [South West, East Midlands, Wales]
    send:
      - {{to: screen}}
      - {{to: bids-mail, on: [cancelled]}}
  - name: Who wins grounds and language services
    cpv: ["77*", "79500000"]
    send: [{{to: screen, on: [awarded]}}]
"""


@dataclass(frozen=True, slots=True)
class Played:
    """What the week left behind."""

    folder: Path
    told: int  # messages on all channels
    cycles: int


def play(folder: Path, say: Callable[[str], None]) -> Played:
    """Run a cycle at each publication and each morning of the week; keep what was sent."""
    with (
        TemporaryDirectory(prefix="tenderbell-") as home,
        Portal() as portal,
        Slack() as slack,
        Smtp() as smtp,
    ):
        for _, kind, release in story():
            portal.publish(kind, release)
        config = Path(home) / "config.yaml"
        config.write_text(
            CONFIG.format(
                database=Path(home) / "demo.db",
                portal=portal.url,
                token=slack.token,
                slack=slack.url,
                smtp=smtp.url,
            )
        )
        setup = open_all(config, START)
        cycles = [_cycle(portal, setup, now, say) for now in _moments()]
        setup.engine.dispose()
        _keep(folder, list(slack.shown.values()), smtp.received)
        told = sum(r.sent for cycle in cycles for r in cycle.channels.values())
        return Played(folder, told, len(cycles))


def _moments() -> Iterator[datetime]:
    """The first run, then a minute after each publication, and noon and five of every day."""
    times = {START, END} | {at + timedelta(minutes=1) for at, _, _ in story() if at > START}
    day = START
    while day < END:
        times |= {day.replace(hour=11, minute=0), day.replace(hour=16, minute=0)}
        day += timedelta(days=1)
    yield from sorted(time for time in times if START <= time <= END)


def _cycle(portal: Portal, setup: Setup, now: datetime, say: Callable[[str], None]) -> Cycle:
    """One cycle; what it printed is shown under its simulated time, a silent one not at all."""
    portal.now = now
    with redirect_stdout(StringIO()) as printed:
        done = once(setup, now, clock)
    if printed.getvalue():
        say(f"\n===== {local(now, LONDON)} =====\n{printed.getvalue()}")
    return done


def _keep(folder: Path, posts: list[Post], mails: list[Mail]) -> None:
    """Slack's posts on one page, and each mail as a file that a mail program opens."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*"):
        if old.suffix in (".html", ".eml"):
            old.unlink()
    (folder / "slack.html").write_text(channel("#bids", map(_shown, posts)))
    for number, mail in enumerate(mails, start=1):
        (folder / f"mail-{number:02}.eml").write_bytes(mail.data)
        body = mail.message.get_body(("html",))
        if body is not None:
            (folder / f"mail-{number:02}.html").write_text(str(body.get_content()))


def _shown(post: Post) -> Shown:
    return Shown(post.body, ts=post.ts, thread=str(post.body.get("thread_ts") or ""))
