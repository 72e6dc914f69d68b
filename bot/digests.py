"""Digests at their slots: a stand-in until the digests' own room is there. Touches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Delivery, Event
from bot.render.digest import Digest
from bot.setup import Setup
from bot.slots import Slots, rhythm_of


def digest(
    setup: Setup,
    key: str,
    channel: str,
    recipient: str,
    entries: Sequence[tuple[Event, Delivery]],
    conversations: Mapping[str, str] | None = None,
) -> Digest:
    """The digest of this key, with the window that it covers; entries as they are to be told."""
    slots = Slots(rhythm_of(key), setup.config.timezone)
    start, end = slots.window(slots.slot(key))
    return Digest(
        key=key, channel=channel, recipient=recipient, start=start, end=end, entries=entries,
        conversations=conversations or {},
    )  # fmt: skip
