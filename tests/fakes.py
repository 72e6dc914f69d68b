"""A small world on loopback: the portals, Slack and SMTP, and the bot set up to work with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import open_all
from bot.cycle import Cycle, once
from bot.demo.portal import Portal
from bot.demo.slack import Slack
from bot.demo.smtp import Smtp
from bot.loop import clock
from bot.model import Event
from bot.setup import Setup
from bot.store import deliveries
from bot.store.engine import reading

# Windows as wide as may be: tests jump by weeks, and hundreds of empty windows prove nothing more.
CONFIG = """
database: "{database}"
timezone: Europe/London
sources:
  fts: {{watch: find_a_tender, every: 15m, base_url: "{portal}", pause: 0, window: 31d}}
  cf: {{watch: contracts_finder, every: 15m, base_url: "{portal}", pause: 0, window: 31d}}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"}}
  mail: {{notify: email, smtp: "smtp://127.0.0.1:{smtp}", from: "Alerts <alerts@example.org>",
         to: [one@example.org, two@example.org]}}
subscriptions:
{subscriptions}
"""
CARE = """
  - name: Care
    cpv: ["85000000"]
    remind: {enquiry: [2d], submission: [7d, 1d]}
    send: [{to: bids, on: [new, amended, cancelled, awarded, deadline]}]
"""


@dataclass(slots=True)
class World:
    """What a test acts on: publish at the portal, run a cycle at an instant, look at what came."""

    portal: Portal
    slack: Slack
    smtp: Smtp
    path: Path  # of the config
    setup: Setup

    def once(self, now: datetime) -> Cycle:
        """One full cycle at `now`, the portal showing what was published until then."""
        self.portal.now = now
        return once(self.setup, now, clock)

    def restart(self, now: datetime) -> None:
        """Open the config and the database anew, as a new process would."""
        self.setup.engine.dispose()
        self.setup = open_all(self.path, now)

    def rows(self) -> list[tuple[object, Event]]:
        """The outbox, oldest first."""
        with reading(self.setup.engine) as connection:
            return list(deliveries.rows(connection))

    def events(self) -> list[Event]:
        """What was queued for anybody, each event once, oldest first."""
        return list({event.key: event for _, event in self.rows()}.values())


@contextmanager
def world(
    database: str, folder: Path, now: datetime, *, subscriptions: str = CARE, config: str = CONFIG
) -> Iterator[World]:
    """Servers on ports of loopback and a bot on an empty database."""
    with ExitStack() as stack:
        portal = stack.enter_context(Portal())
        slack, smtp = stack.enter_context(Slack()), stack.enter_context(Smtp())
        path = folder / "config.yaml"
        path.write_text(
            config.format(
                database=database,
                portal=portal.url,
                slack=slack.url,
                smtp=smtp.port,
                subscriptions=subscriptions,
            )
        )
        made = World(portal, slack, smtp, path, open_all(path, now))
        try:
            yield made
        finally:
            made.setup.engine.dispose()
