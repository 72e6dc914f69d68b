"""What a poll did: its receipt, kept, and what operators are told of it. Touches the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.alarm import report
from bot.health import Stated, failing, lacking, partly, silent
from bot.parts import Part
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
