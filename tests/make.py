"""Builders: a plausible notice, record or event, of which a test names what matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import Buyer, Code, Deadline, Event, Facts, Notice, Record, Value
from bot.wants import Lead, Route, Subscription

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant from ISO 8601; without an offset it is UTC."""
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def deadline(kind: str = "submission", when: str = "2026-06-19T11:00", **more: Any) -> Deadline:
    return Deadline(kind=kind, at=at(when), **more)  # type: ignore[arg-type]


def facts(**more: Any) -> Facts:
    given: dict[str, Any] = {
        "title": "Supported living services, Northwick",
        "description": "Care and support for adults who live in their own homes.",
        "buyers": (Buyer("Northwick Borough Council", "GB-PPON-NWBC-0001", "UKD73"),),
        "cpv": (Code("85311000", "Social work services with accommodation"),),
        "places": ("UKD73",),
        "value": Value(1_500_000.0, 1_800_000.0, "GBP"),
        "deadlines": (deadline("enquiry", "2026-06-05T11:00"), deadline()),
        "url": "https://www.find-tender.service.gov.uk/Notice/000101-2026",
    }
    return Facts(**(given | more))


def notice(**more: Any) -> Notice:
    """A UK4 tender notice; names of facts may be given beside the notice's own."""
    own = {k: more.pop(k) for k in list(more) if k in Notice.__dataclass_fields__ and k != "facts"}
    given: dict[str, Any] = {
        "record": "ocds-h6vhtk-0a0001",
        "id": "000101-2026",
        "published": NOW,
        "kind": "UK4",
        "stage": "tender",
        "status": "open",
        "facts": more.pop("facts", None) or facts(**more),
    }
    return Notice(**(given | own))


def record(**more: Any) -> Record:
    """A record at the tender stage; names of facts may be given beside the record's own."""
    own = {k: more.pop(k) for k in list(more) if k in Record.__dataclass_fields__ and k != "facts"}
    given: dict[str, Any] = {
        "source": "find-a-tender",
        "id": "ocds-h6vhtk-0a0001",
        "revision": 1,
        "stage": "tender",
        "status": "open",
        "kind": "UK4",
        "notice": "000101-2026",
        "published": NOW,
        "facts": more.pop("facts", None) or facts(**more),
    }
    return Record(**(given | own))


def event(name: str = "new", **more: Any) -> Event:
    held = more.pop("record", None) or record()
    given: dict[str, Any] = {
        "key": f"{held.key}/{held.notice}/{name}",
        "name": name,
        "source": held.source,
        "at": held.published,
        "record": held,
        "notice": held.notice,
    }
    return Event(**(given | more))


def lead(text: str) -> Lead:
    unit = {"d": "days", "h": "hours", "m": "minutes"}[text[-1]]
    return Lead(text, timedelta(**{unit: int(text[:-1])}))


def subscription(name: str = "Care", **more: Any) -> Subscription:
    given: dict[str, Any] = {
        "name": name,
        "remind": {"enquiry": (lead("2d"),), "submission": (lead("7d"), lead("1d"))},
        "send": (Route("screen", frozenset({"new", "amended", "cancelled", "deadline"})),),
    }
    return Subscription(**(given | more))
