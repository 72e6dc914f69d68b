"""Invented events of every kind, for checks, previews and tests of channels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Award,
    Buyer,
    Change,
    Code,
    Deadline,
    Event,
    EventName,
    Facts,
    Lot,
    Record,
    Step,
    Summary,
    Value,
)
from bot.wants import Delivery, Match

# The samples' present. It never moves: a sample's dates are what they are, and long gone.
NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
_DAY = timedelta(days=1)
_SOURCE, _ID, _NOTICE = "find-a-tender", "ocds-b5fd17-0a0001", "000101-2026"
_PAGE = "https://tenders.example.org/notice/000101-2026"
_QUESTIONS = Deadline("enquiry", datetime(2026, 6, 5, 11, 0, tzinfo=UTC))
_TENDERS = Deadline("submission", datetime(2026, 6, 19, 11, 0, tzinfo=UTC))
_VISIT = Deadline(
    "engagement",
    datetime(2026, 5, 28, 9, 0, tzinfo=UTC),
    origin="words",
    words="Providers may visit both houses on 28 May 2026 at 10am.",
)
_START = Deadline("contract-start", datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC), dated=True)
_CARE = Code("85311000", "Social work services with accommodation")
_WELFARE = Code("85312400", "Welfare services not delivered through residential institutions")
_LOTS = (
    Lot("LOT-0001", "Northwick and Ainsdale", value=Value(900_000.0, 1_080_000.0, "GBP")),
    Lot("LOT-0002", "Formby", value=Value(600_000.0, 720_000.0, "GBP")),
)
_FACTS = Facts(
    title="Supported living services, Northwick",
    description="Care and support for adults with a learning disability who live in their own"
    " homes. Two lots, by area; four years with two extensions of a year each.",
    buyers=(Buyer("Northwick Borough Council", "GB-PPON-NWBC-0001", "UKD73"),),
    cpv=(_CARE, _WELFARE),
    places=("UKD73",),
    value=Value(1_500_000.0, 1_800_000.0, "GBP"),
    procedure="Open procedure",
    sme=True,
    vcse=True,
    deadlines=(_QUESTIONS, _TENDERS, _VISIT, _START),
    lots=_LOTS,
    submission="https://tenders.example.org/respond/000101",
    contact="Procurement team, tenders@northwick.example.org",
    url=_PAGE,
)
_PLANNED = Step("planning", "UK2", "090000-2025", datetime(2025, 11, 20, 10, 54, tzinfo=UTC))
_OPEN = Record(
    source=_SOURCE,
    id=_ID,
    revision=2,
    stage="tender",
    status="open",
    kind="UK4",
    notice=_NOTICE,
    published=NOW,
    steps=(_PLANNED, Step("tender", "UK4", _NOTICE, NOW)),
    facts=_FACTS,
)
_AWARDS = (
    Award("1", ("Harbour Care CIC",), Value(870_000.0, None, "GBP"), lots=("LOT-0001",)),
    Award("2", ("Beacon Support Limited", "Elm House Trust"), lots=("LOT-0002",)),
)
_ELSEWHERE = (("contracts-finder", "https://contracts.example.org/notice/5b0f"),)


def _event(name: EventName, record: Record = _OPEN, **more: Any) -> Event:
    key = f"{record.key}/{record.notice}/{name}"
    told = Event(
        key=key, name=name, source=_SOURCE, at=record.published, record=record, notice=record.notice
    )
    return replace(told, **more)


def _amended() -> Event:
    changes = (
        Change("submission", "2026-06-05T11:00:00Z", "2026-06-19T11:00:00Z"),
        Change("value", "1200000 GBP", "1500000 GBP"),
        Change("lot-text", "Seven places in Formby.", "Nine places in Formby.", "LOT-0002"),
        Change("documents", None, ("Pricing schedule v2.xlsx",)),
        Change("enquiry", None, "2026-06-05T11:00:00Z", origin="words"),
    )
    return _event(
        "amended",
        changes=changes,
        words="Bidders asked for more time, and the pricing schedule was replaced.",
        notes=("the reminder of 29 May 2026 no longer holds",),
        elsewhere=_ELSEWHERE,
    )


def _decided() -> Record:
    return replace(_OPEN, stage="award", status="awarded", kind="UK6").having(awards=_AWARDS)


def _started() -> Event:
    later = replace(_OPEN, id="ocds-b5fd17-0a0002", notice="000102-2026").having(
        title="Short breaks for disabled children",
        deadlines=(Deadline("submission", _TENDERS.at + 4 * _DAY),),
        url="https://tenders.example.org/notice/000102-2026",
    )
    summary = Summary("Care in the North West", 37, (_OPEN, later))
    return Event(key=f"{_SOURCE}/started", name="started", source=_SOURCE, at=NOW, summary=summary)


def _operators() -> Event:
    notes = (
        f"The source {_SOURCE} cannot be read for 2 hours",
        "503 Service Unavailable",
    )
    return Event(key=f"{_SOURCE}/failing", name="operators", source=_SOURCE, at=NOW, notes=notes)


SAMPLES: Mapping[str, Event] = {
    "new": _event("new", elsewhere=_ELSEWHERE),
    "amended": _amended(),
    "cancelled": _event(
        "cancelled",
        replace(_OPEN, status="cancelled", kind="UK12"),
        words="The funding was withdrawn.",
        changes=(Change("status", "open", "cancelled"),),
    ),
    "awarded": _event("awarded", _decided(), decisions=_AWARDS),
    "deadline": _event("deadline", at=_TENDERS.at - 7 * _DAY, deadline=_TENDERS, lead="7d"),
    "started": _started(),
    "operators": _operators(),
}


# ---------------------------------------------------------------- a digest


def _told(number: int, name: EventName, title: str, buyer: str, **more: Any) -> Event:
    """What a digest tells of one procurement; it closes on `closes`, days from now."""
    closes = NOW + more.pop("closes") * _DAY
    record = replace(
        _OPEN,
        id=f"ocds-b5fd17-0a01{number:02}",
        notice=f"0002{number:02}-2026",
        published=NOW - timedelta(hours=number + 3),
        steps=(),
        **{field: more.pop(field) for field in ("stage", "status", "kind") if field in more},
    ).having(
        title=title,
        buyers=(Buyer(buyer),),
        value=more.pop("value", None),
        deadlines=(Deadline(more.pop("ends", "submission"), closes.replace(hour=11)),),
        lots=None,
        awards=more.get("decisions", ()),
        url=f"https://tenders.example.org/notice/0002{number:02}-2026",
    )
    if name == "deadline":
        more |= {"deadline": record.facts.deadlines[0], "lead": "3d"}
    return _event(name, record, **more)


_MEALS = (Award("1", ("Larder and Hearth Limited",), Value(2_340_000.0, None, "GBP")),)
# What is told of each procurement in a digest, each of another.
DIGEST: tuple[Event, ...] = (
    _told(1, "deadline", "Home care for adults, Easthaven", "Easthaven City Council",
          value=Value(4_800_000.0, None, "GBP"), closes=3),
    _told(2, "deadline", "Respite for carers of people with dementia",
          "Westmoor Integrated Care Board", closes=6),
    _told(3, "new", "Advocacy for children in care", "Harbourside Borough Council",
          value=Value(320_000.0, 384_000.0, "GBP"), closes=31),
    _told(4, "new", "Extra care housing with support on site", "Northwick Borough Council",
          value=Value(12_500_000.0, None, "GBP"), closes=45, ends="engagement", stage="planning",
          status="planned", kind="UK2"),
    _told(5, "amended", "Supported living for adults with autism", "Easthaven City Council",
          value=Value(1_500_000.0, None, "GBP"), closes=24,
          changes=(
              Change("submission", "2026-05-22T11:00:00Z", "2026-06-05T11:00:00Z"),
              Change("value", "1200000 GBP", "1500000 GBP"),
          ),
          words="Bidders asked for more time to cost the night staff.",
          notes=("the reminder of 8 May 2026 no longer holds",)),
    _told(6, "amended", "Community equipment and minor adaptations", "Westmoor County Council",
          closes=20, changes=(Change("documents", None, ("Pricing schedule v2.xlsx",)),)),
    _told(7, "cancelled", "Day opportunities framework", "Harbourside Borough Council",
          value=Value(750_000.0, None, "GBP"), closes=21, status="cancelled", kind="UK12",
          changes=(Change("status", "open", "cancelled"),), words="The funding was withdrawn."),
    _told(8, "awarded", "Meals at home, Northwick and Formby", "Northwick Borough Council",
          closes=-40, stage="award", status="awarded", kind="UK6", decisions=_MEALS),
)  # fmt: skip


def bare(event: Event) -> Event:
    """The same kind of event about a notice that states hardly anything."""
    if event.summary is not None:
        return replace(event, summary=Summary(event.summary.subscription, 0))
    if event.record is None:
        return replace(event, notes=())
    record = replace(event.record, facts=Facts(), steps=())
    return replace(event, record=record, changes=(), decisions=(), words="", notes=(), elsewhere=())


def told_at(event: Event) -> datetime:
    """When a sample is told (UTC): a reminder on its day, all else as it comes."""
    return event.at if event.deadline else NOW


def delivery(
    event: Event, channel: str = "sample", recipient: str = "bids@example.org"
) -> Delivery:
    """The delivery of a sample, and why it was sent."""
    reason = "CPV 85311000 under 85300000; place UKD73 in North West"
    match = Match("Care in the North West", reason, () if event.summary else ("LOT-0001",))
    return Delivery(
        key=f"{event.key}>{channel}>{recipient}",
        event=event.key,
        channel=channel,
        recipient=recipient,
        matches=() if event.name == "operators" else (match,),
        due=event.at,
    )
