"""Bodies to JSON text and back. Touches nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model import Event, Notice, Record
from bot.wants import Match

_encoder = msgspec.json.Encoder()
notice = msgspec.json.Decoder(Notice).decode
record = msgspec.json.Decoder(Record).decode
event = msgspec.json.Decoder(Event).decode
matches = msgspec.json.Decoder(tuple[Match, ...]).decode


def dump(value: Any) -> str:
    """Compact JSON; the order of a dataclass's fields is the order of its keys."""
    return _encoder.encode(value).decode()
