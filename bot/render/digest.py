"""What a digest tells: a stand-in until the digest's own room is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Delivery, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one recipient of a channel is told at one slot. Entries as `ready` let them through."""

    key: str
    channel: str
    recipient: str
    start: datetime  # UTC
    end: datetime  # UTC; outside of the window
    entries: Sequence[tuple[Event, Delivery]]  # each event with the record as it stands
    made_up: bool = False  # it covers digests that were missed
    conversations: Mapping[str, str] = field(default_factory=dict)  # by a record's key
