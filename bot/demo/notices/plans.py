"""Find a Tender's notices of what is to come: a pipeline, a talk with the market, a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.demo.notices.bodies import KESTREL, LARKHAVEN, SALTMARSH
from bot.demo.notices.tenders import OPEN
from bot.demo.shapes import JSON, by, codes, fts, item, london, lot, pounds

_VESSEL: JSON = {
    "reference": "UL-EST-7",
    "title": "Refit of a research vessel",
    "description": "A new engine and a laboratory deck for a 24-metre vessel.",
    "items": [item("1", codes(("50241000", "Repair and maintenance services of ships")), "UKK4")],
    "value": pounds(2_300_000),
    "mainProcurementCategory": "services",
    "lots": [lot("1", "2027-02-01", "2027-09-30", "planned")],
    "communication": {"futureNoticeDate": london("2026-09-14 23:59:59")},
    "status": "planned",
}


def research_vessel() -> Iterator[JSON]:
    """A pipeline notice: nothing to answer yet, only a date to expect the tender at."""
    yield fts("UK1", "2026-05-31 19:45", 900102, 0x0D0005, (LARKHAVEN,), **_VESSEL)


_JOURNEYS = codes(("60130000", "Special-purpose road passenger-transport services"))
_TRANSPORT: JSON = {
    "reference": "SFT-PTS-3",
    "title": "Non-emergency patient transport",
    "description": "About 90,000 journeys a year to and from five hospitals.",
    "items": [item("1", _JOURNEYS, "UKJ4")],
    "value": pounds(21_000_000),
    "mainProcurementCategory": "services",
    "aboveThreshold": True,
    "lots": [lot("1", "2027-04-01", "2032-03-31", "planning")],
    "communication": {"futureNoticeDate": london("2026-10-05 23:59:59")},
    "status": "planning",
}


def patient_transport() -> Iterator[JSON]:
    """A preliminary market engagement whose end is put off by a week."""
    told = 0x0D0006, (SALTMARSH,)
    asked = _engagement("2026-06-10 17:00")
    yield fts("UK2", "2026-06-02 10:40", 900110, *told, planning=asked, **_TRANSPORT)
    longer = _TRANSPORT | {"because": "The questionnaire is open for another week."}
    asked = _engagement("2026-06-17 17:00")
    yield fts("UK2", "2026-06-05 13:15", 900126, *told, planning=asked, **longer)


def _engagement(due: str) -> JSON:
    milestone = {
        "id": "engagement",
        "type": "engagement",
        "description": "Suppliers are asked to fill in a questionnaire.",
        "dueDate": london(due),
        "status": "scheduled",
    }
    return {"milestones": [milestone]}


_CLOTHING = codes(("35811100", "Fire-brigade uniforms"), ("18143000", "Protective gear"))
_FIRE_KIT: JSON = OPEN | {
    "reference": "KVFRA-PPE-26",
    "title": "Firefighters' protective clothing",
    "description": "Tunics, trousers, hoods and gloves for 640 firefighters, with laundry.",
    "items": [item("1", _CLOTHING, "UKL24", "UKL14")],
    "value": pounds(1_750_000),
    "mainProcurementCategory": "goods",
    "awardPeriod": by("2026-09-30 23:59:59"),
}
_FIRE_KIT_PLAN: JSON = _FIRE_KIT | {
    "status": "planned",
    "enquiryPeriod": by("2026-06-24 12:00"),
    "tenderPeriod": by("2026-07-03 12:00"),
    "lots": [lot("1", "2026-11-01", "2030-10-31", "planned")],
    "communication": {"futureNoticeDate": london("2026-06-04 23:59:59")},
}
_FIRE_KIT_TENDER: JSON = _FIRE_KIT | {
    "submissionMethodDetails": "https://bids.kestrelvale.example.org/",
    "enquiryPeriod": by("2026-06-29 12:00"),
    "tenderPeriod": by("2026-07-10 12:00"),
    "lots": [lot("1", "2026-11-01", "2030-10-31", value=pounds(1_750_000))],
}


def fire_kit() -> Iterator[JSON]:
    """A planned procurement with forecast dates, then its tender with others."""
    told = 0x0D0007, (KESTREL,)
    yield fts("UK3", "2026-06-02 14:00", 900111, *told, **_FIRE_KIT_PLAN)
    yield fts("UK4", "2026-06-04 09:30", 900119, *told, **_FIRE_KIT_TENDER)
