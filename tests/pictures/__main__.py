"""Pictures of messages: `python -m tests.pictures FOLDER`. Runs Chromium, if there is one.

Every kind of message that is read most, as e-mail and as Slack, in light and dark, on a telephone's
and a desk's screen; look at each. Two of them, chosen by hand and cut to size, are in the README.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import posted
from bot.contract import Message
from bot.model import Event
from bot.pages.mail import mail
from bot.pages.slack import Shown, channel
from bot.render import Renderer
from bot.render.example import entries, message_of, now
from bot.render.state import State
from bot.wants import Delivery
from bot.when import local

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
LOOKED_AT = ("new", "amended", "cancelled", "awarded", "deadline", "started", "operators")
ANSWERS = ("amended", "deadline")
DIGESTS = (1, 12, 400)  # of so many procurements
WIDTHS = {360: 1900, 1200: 1500}  # and how much of the page's height is in the picture
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)


def pages() -> Iterator[tuple[str, str]]:
    """The name and the HTML of each page."""
    renderer = Renderer(LONDON)
    told = [(kind, kind, list(entries(kind))) for kind in LOOKED_AT]
    told += [(f"digest-{number}", "digest", _many(number)) for number in DIGESTS]
    thread = [_root(renderer)]
    for name, kind, given in told:
        mailed, posts = (message_of(renderer, client, kind, given) for client in ("email", "slack"))
        yield f"{name}-email", _mail(mailed)
        post = Shown(posted(posts), local(now(kind), LONDON), name)
        yield f"{name}-slack", channel("#bids", [post])
        thread += [replace(post, thread="root")] if kind in ANSWERS else []
    yield "thread-slack", channel("#bids", thread)


def _root(renderer: Renderer) -> Shown:
    """The first message of a procurement, kept up to date: what was told when it was new."""
    event, delivery = entries("new")[0]
    assert event.record
    first = now("new") - 6 * DAY
    record = replace(event.record, published=first)
    event, state = replace(event, record=record), State(record, amended=1)
    message = renderer.render("slack", event, delivery, now("new"), state=state)
    return Shown(posted(message), local(first, LONDON), "root")


def _many(number: int) -> list[tuple[Event, Delivery]]:
    """So many procurements: those of the sample, over and over."""
    made = []
    for n, (event, delivery) in zip(range(number), cycle(entries("digest")), strict=False):
        if event.record and n:
            record = replace(event.record, id=f"{event.record.id}-{n}")
            title = f"{record.facts.title}, area {n + 1}"
            event = replace(event, record=record.having(title=title))
        made.append((event, delivery))
    return made


def _mail(message: Message) -> str:
    parts = message.parts
    headers = {
        "From": "Tender alerts <alerts@example.org>",
        "To": message.recipient,
        "Date": local(message.at, LONDON),
    }
    return mail(parts["subject"], headers, parts["html"], parts["text"])


def picture(program: str, page: Path, width: int, *, dark: bool) -> None:
    """A PNG beside the page."""
    colours = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    target = page.with_name(f"{page.stem}-{width}-{'dark' if dark else 'light'}.png")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(program, *FLAGS, *colours, f"--user-data-dir={profile}"),
                *(f"--window-size={width},{WIDTHS[width]}", f"--screenshot={target}"),
                page.as_uri(),
            ],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    for name, html in pages():
        page = folder.resolve() / f"{name}.html"
        page.write_text(html, encoding="utf-8")
        for width in WIDTHS if program else ():
            for dark in (False, True):
                picture(str(program), page, width, dark=dark)
        print(page)
    if program is None:
        print("no Chromium is here: the pages are written, and no pictures of them")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
