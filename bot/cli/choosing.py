"""What `follow`, `mute` and `following` say of a procurement. Touches database, terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import click
from sqlalchemy import Connection

from bot.choice import Key, Mute, concerning, day, described
from bot.cli.common import clean
from bot.match.words import fold, name
from bot.model import Deadline, Record
from bot.render.dates import dated
from bot.setup import Setup
from bot.store import choices, process

_ACTS = ("enquiry", "submission", "participation", "engagement")
_TITLE = 100  # characters


class Chosen:
    """One procurement, all its records, as it stands at `now` (UTC)."""

    def __init__(
        self, connection: Connection, setup: Setup, keys: Sequence[Key], now: datetime
    ) -> None:
        self._connection, self._now = connection, now
        self._zone = setup.config.timezone
        self.records = process.of(connection, keys)
        self.keys = keys

    @property
    def title(self) -> str:
        """As stated by the first portal that states one, with the key of the first record."""
        stated = next(filter(None, (r.facts.title for r in self.records)), "no title is known")
        return f"{clean(stated)[:_TITLE]} ({clean(':'.join(self.keys[0]))})"

    def next(self) -> tuple[Record, Deadline] | None:
        """The next date by which somebody must act, if any is still ahead."""
        ahead = [
            (record, deadline)
            for record in self.records
            if record.status in ("planned", "open")
            for deadline in record.facts.deadlines
            if deadline.kind in _ACTS and deadline.at > self._now
        ]
        return min(ahead, key=lambda pair: pair[1].at, default=None)

    def next_text(self) -> str:
        """`Submission deadline Fri 19 Jun 2026 12:00 BST, in 3 days`, or why there is none."""
        if found := self.next():
            record, deadline = found
            told = dated(deadline, record, self._now, self._zone)
            return f"{told.label} {told.at}, {told.until}"
        over = next((r.status for r in self.records if r.status not in ("planned", "open")), None)
        return f"it is {over}" if over else "no date is ahead"

    # ------------------------------------------------------------ what was done

    def followed(self, channel: str, since: datetime, lifted: Iterable[Mute]) -> None:
        """Say that it is followed, and what that ends."""
        already = "" if since == self._now else f" since {self._day(since)}"
        click.echo(f"followed on {channel}{already}: {self.title}")
        for mute in lifted:
            click.echo(f"  no longer {clean(described(mute, self._now, self._zone))}")
        click.echo(f"  next: {self.next_text()}")

    def muted(self, mute: Mute) -> None:
        """Say that it is muted, and what that silences."""
        until = f" until {self._day(mute.until)}" if mute.until else ""
        click.echo(f"muted{until}{_but(mute)}: {self.title}")
        follows = choices.followed(self._connection).get(self.keys[0], ())
        if follows:
            names = ", ".join(follow.channel for follow in follows)
            click.echo(f"  it is followed on {names}, and silent there too until it is unmuted")

    def still_muted(self) -> None:
        """Say what silences it although its own mute has ended."""
        held = choices.muted(self._connection, self.keys[0])
        for mute in concerning(held, self.records, self._now):
            click.echo(f"  still silent: {clean(described(mute, self._now, self._zone))}")

    def _day(self, at: datetime) -> str:
        return day(at, self._now, self._zone)


def _but(mute: Mute) -> str:
    return ", cancellations too" if mute.all else ", but for a cancellation"


def told_buyer(connection: Connection, setup: Setup, mute: Mute, now: datetime) -> None:
    """Say that a buyer is muted, and which of the buyers that we know are meant."""
    until = f" until {day(mute.until, now, setup.config.timezone)}" if mute.until else ""
    click.echo(f"muted{until}{_but(mute)}: buyer {clean(mute.buyer)}")
    pattern = name(mute.buyer)
    known = {b.name for r in process.live(connection) for b in r.facts.buyers or ()}
    meant_ = sorted(one for one in known if pattern.fits(fold(one)))
    if meant_:
        more = f" and {len(meant_) - 5} more" if len(meant_) > 5 else ""
        click.echo(f"  that is {clean(', '.join(meant_[:5]))}{more}")
        return
    from bot.config.scalars import meant

    click.echo(f"  no open procurement is of that buyer{clean(meant(mute.buyer, known))}", err=True)
