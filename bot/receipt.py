"""What a poll or a round of deliveries did, and what operators are told of it. Touches store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.alarm import report
from bot.errors import DeliveryError
from bot.health import Stated, failing, lacking, partly, silent
from bot.parts import Part
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent, after
from bot.setup import Setup
from bot.store import health


@dataclass(slots=True)
class PollReceipt:
    """What one poll did."""

    source: str
    windows: int = 0
    pages: int = 0
    unchanged: int = 0  # pages that the server said are as they were
    notices: int = 0  # seen, known ones included
    new: int = 0
    aside: int = 0  # newly set aside as unreadable
    events: int = 0
    deliveries: int = 0
    incomplete: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)  # pieces that failed by themselves
    stated: Stated = field(default_factory=dict)
    error: str = ""
    retry_after: float | None = None  # seconds, as the source asked

    @property
    def failed(self) -> bool:
        return bool(self.error or self.incomplete)

    @property
    def why(self) -> str:
        """Why it failed, in one line."""
        return self.error or "; ".join(dict.fromkeys(self.incomplete))


def keep(
    connection: Connection,
    setup: Setup,
    receipt: PollReceipt,
    now: datetime,
    *,
    failures: int,
    succeeded: datetime | None,
    owed: Mapping[str, Part],
) -> None:
    """Keep the receipt and raise or end alarms; `failures` in a row and last success (UTC)."""
    name = receipt.source
    health.leave(connection, name, now, receipt.new, receipt.stated, receipt)
    if receipt.failed:
        since = succeeded or health.first(connection, name)
        found = [failing(failures, since, receipt.why, now)]
    else:
        pieces = ((part, held.failures, held.error) for part, held in owed.items())
        found = [partly(pieces), silent(health.news(connection, name, now), now)]
        found += lacking(health.said(connection, name))
    # A poll that failed says nothing of silence and fields.
    alarms = [alarm for alarm in found if alarm]
    report(connection, setup, f"source {name}", alarms, now, judged=not receipt.failed)


@dataclass(slots=True)
class ChannelReceipt:
    """What one round of deliveries on one channel did."""

    channel: str
    sent: int = 0  # messages; all other figures count deliveries
    told: int = 0  # deliveries that these messages told
    retrying: int = 0
    gave_up: int = 0
    dropped: int = 0
    error: str = ""
    until: datetime | None = None  # the channel is left alone until then

    @property
    def several(self) -> str:
        """` (41 deliveries)` where that is not the number of messages."""
        return f" ({self.told} deliveries)" if self.told != self.sent else ""

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """One attempt at a message, by what it was for each of the deliveries."""
        told = self.told
        for outcome in outcomes:
            self._count(outcome)
        self.sent += self.told > told

    def refused(self, error: DeliveryError | None, now: datetime) -> None:
        """The channel wants to be left alone, and said so of no delivery."""
        if error is not None:
            self.error = str(error)
            outcome = after(error, 1, now, now)
            self.until = outcome.at if isinstance(outcome, Retry) else None

    def _count(self, outcome: Outcome) -> None:
        match outcome:
            case Sent():
                self.told += 1
            case Retry(at, why, channel, behind=behind):
                self.retrying += 1
                # What waits for another portal's message is no fault of the channel.
                self.error = self.error if behind else why
                if channel:
                    self.until = at
            case GaveUp(why):
                self.gave_up += 1
                self.error = why
            case Dropped():
                self.dropped += 1
