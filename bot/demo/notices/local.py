"""Contracts Finder's notices: smaller buyers, and one that Find a Tender tells as well. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.demo.notices.bodies import CALDERBROOK, FENBRIDGE, GREENHAND
from bot.demo.shapes import FTS_NOTICE, JSON, by, cf, codes, london, span

_SMALL: JSON = {
    "regions": ("East of England",),
    "status": "active",
    "procurementMethod": "open",
    "procurementMethodDetails": "Open procedure (below threshold)",
    "suitability": {"sme": True, "vcse": True},
}
_FIRST_CARE = {"id": "2", "documentType": "tenderNotice", "url": f"{FTS_NOTICE}900104-2026"}
_CARE: JSON = _SMALL | {
    "name": "supported-living",
    "title": "Supported living framework, Calderbrook",
    "description": "Care and support for adults with a learning disability or autism who live in "
    "their own homes. The full notice is on Find a Tender.",
    "cpv": codes(("85311000", "Social work services with accommodation")),
    "regions": ("North West",),
    "value": {"amount": 12_400_000, "currency": "GBP"},
    "procurementMethodDetails": "Open procedure",
    "tenderPeriod": by("2026-06-19 12:00"),
    "contractPeriod": span("2026-10-01", "2030-09-30"),
    "mainProcurementCategory": "services",
    "documents": (_FIRST_CARE,),
}


def supported_living() -> Iterator[JSON]:
    """The same procurement as on Find a Tender, whose notice it names."""
    yield cf("tender", "2026-06-01 10:15", 990104, CALDERBROOK, **_CARE)


_GROUNDS: JSON = _SMALL | {
    "name": "grounds",
    "title": "Mowing and hedge cutting in Fenbridge's parks",
    "description": "Fourteen parks and two cemeteries, from June to October.",
    "cpv": codes(
        ("77314000", "Grounds maintenance services"),
        ("77310000", "Planting and maintenance services of green areas"),
    ),
    "value": {"amount": 85_000, "currency": "GBP"},
    "tenderPeriod": by("2026-06-05 12:00"),
    "contractPeriod": span("2026-06-15", "2026-10-31"),
    "mainProcurementCategory": "services",
}


def grounds() -> Iterator[JSON]:
    """One more day is given, with the reason put before the description; then the award."""
    first = "2026-06-01 10:00"
    tender = _GROUNDS | {"tenderPeriod": by("2026-06-04 12:00")}
    yield cf("tender", first, 990103, FENBRIDGE, **tender)
    note = "NOTE: This notice was updated on 3 June 2026 for the following reason: one more day."
    edited = _GROUNDS | {"first": first, "description": f"{note}\n\n{_GROUNDS['description']}"}
    yield cf("tenderAmendment", "2026-06-03 09:25", 990111, FENBRIDGE, **edited)
    award = {
        "status": "active",
        "date": london("2026-06-08"),
        "value": {"amount": 79_400, "currency": "GBP"},
    }
    awarded = _GROUNDS | {"status": "complete", "award": award, "supplier": GREENHAND}
    yield cf("award", "2026-06-08 10:00", 990126, FENBRIDGE, **awarded)


_PLAYGROUND: JSON = _SMALL | {
    "name": "playground",
    "title": "A playground for Mill Lane",
    "description": "Design, supply and fitting of equipment for children up to 12 years.",
    "cpv": codes(("43325000", "Park and playground equipment")),
    "tenderPeriod": by("2026-06-22 17:00"),
    "contractPeriod": span("2026-08-01", "2026-10-31"),
    "mainProcurementCategory": "goods",
}


def playground() -> Iterator[JSON]:
    """A nought was missing. The edit is still tagged `tender`: only its id and date tell."""
    first = "2026-05-31 17:30"
    wrong = _PLAYGROUND | {"value": {"amount": 12_000, "currency": "GBP"}}
    yield cf("tender", first, 990101, FENBRIDGE, **wrong)
    right = _PLAYGROUND | {"value": {"amount": 120_000, "currency": "GBP"}, "first": first}
    yield cf("tender", "2026-06-04 16:50", 990117, FENBRIDGE, **right)


_BUSES: JSON = _SMALL | {
    "name": "buses",
    "title": "Community buses: talk to us",
    "description": "How might villages without a bus be served? We ask operators, small ones too.",
    "cpv": codes(("60140000", "Non-scheduled passenger transport")),
    "status": "planning",
    "value": {"amount": 400_000, "currency": "GBP"},
    "mainProcurementCategory": "services",
}


def community_buses() -> Iterator[JSON]:
    """An early engagement."""
    milestone = {
        "id": "1",
        "title": "Engagement end date",
        "type": "engagement",
        "dueDate": london("2026-06-12 23:59:59"),
    }
    asked = _BUSES | {"planning": {"milestones": [milestone]}}
    yield cf("planning", "2026-06-03 12:05", 990113, FENBRIDGE, **asked)
