"""One delivery as JSON: what `outbox --json` prints and a webhook is sent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.choice import FOLLOWED
from bot.model import Change, Event
from bot.wants import Delivery
from bot.when import iso


def facts(
    delivery: Delivery,
    event: Event,
    *,
    status: str,
    why: str = "",
    attempts: int,
    sent: datetime | None,
) -> dict[str, Any]:
    """One delivery with the names that the interface promises; instants in UTC.

    `attempts` counts those made so far, `sent` (UTC) is None where it is not sent.
    """
    record, deadline = event.record, event.deadline
    return {
        "key": delivery.key,
        "event": event.name,
        "source": event.source,
        "record": record.id if record else None,
        "notice": event.notice,
        "title": record.facts.title if record else None,
        "changes": [change_facts(each) for each in event.changes],
        "deadline": deadline
        and {"kind": deadline.kind, "at": iso(deadline.at), "lead": event.lead},
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "subscriptions": [m.subscription for m in delivery.matches if m != FOLLOWED],
        "followed": FOLLOWED in delivery.matches,
        "digest": delivery.digest or None,
        "status": status,
        "why": why,
        "attempts": attempts,
        "due": iso(delivery.due),
        "sent": sent and iso(sent),
    }


def in_flight(delivery: Delivery, event: Event, now: datetime, attempts: int = 1) -> dict[str, Any]:
    """The facts of a delivery as it is being sent at `now` (UTC): as they stand if it is taken."""
    return facts(delivery, event, status="sent", attempts=attempts, sent=now)


def together(key: str, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of a message that tells several deliveries: of a digest, or of a bundle."""
    return {"digest": key, "entries": list(entries)}


class Later(Mapping[str, Any]):
    """Facts that are not put together before they are asked for: most channels never do."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return self._make()

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def change_facts(told: Change) -> dict[str, Any]:
    """One change with the names that the interface promises."""
    return {
        "field": told.field,
        "was": told.was,
        "now": told.now,
        "lot": told.lot,
        "from": told.origin,
    }
