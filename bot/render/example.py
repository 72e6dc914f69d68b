"""A sample of each kind of message: what it tells, what its templates see, what is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.model import Event
from bot.render.digest import Digest, digest_view
from bot.render.told import DigestView, View
from bot.render.view import view
from bot.samples import DIGEST, NOW, SAMPLES, bare, delivery, told_at
from bot.wants import Delivery

if TYPE_CHECKING:
    from bot.contract import Message
    from bot.render import Renderer

Entry = tuple[Event, Delivery]
DIGESTS = "digest"
KINDS = (*SAMPLES, DIGESTS)
_SLOT = NOW.replace(hour=6, minute=30)
_KEY = "digest/{}/{}/daily 07:30/2026-05-12T07:30"


def entries(
    kind: str, channel: str = "sample", recipient: str = "bids@example.org"
) -> tuple[Entry, ...]:
    """What is told by a message of that kind: one event, or of a digest several."""
    events = DIGEST if kind == DIGESTS else (SAMPLES[kind],)
    return tuple((event, delivery(event, channel, recipient)) for event in events)


def scant(kind: str) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """The same of notices that state hardly anything, and a digest of nothing; each by its name."""
    told = entries(kind)
    yield f"{kind} with hardly a fact", tuple((bare(event), sent) for event, sent in told)
    if kind == DIGESTS:
        nothing = Event(key=_KEY, name="digest", source="", at=_SLOT)
        yield f"{kind} of nothing", ((nothing, replace(told[0][1], event=_KEY)),)


def view_of(kind: str, told: Sequence[Entry], zone: ZoneInfo) -> View | DigestView:
    """What the templates of that message see as `view`."""
    if kind == DIGESTS:
        return digest_view(_digest(told), now(kind), zone)
    event, sent = told[0]
    return view(event, sent, now(kind), zone)


def message_of(renderer: Renderer, notifier: str, kind: str, told: Sequence[Entry]) -> Message:
    """That message, laid out for a notifier."""
    if kind == DIGESTS:
        return renderer.digest(notifier, _digest(told), now(kind))
    event, sent = told[0]
    return renderer.render(notifier, event, sent, now(kind))


def now(kind: str) -> datetime:
    """When a sample is sent (UTC)."""
    return _SLOT if kind == DIGESTS else told_at(SAMPLES[kind])


def _digest(told: Sequence[Entry]) -> Digest:
    channel, recipient = told[0][1].channel, told[0][1].recipient
    return Digest(
        key=_KEY.format(channel, recipient),
        channel=channel,
        recipient=recipient,
        start=_SLOT - timedelta(days=1),
        end=_SLOT,
        entries=told,
    )
