"""Find a Tender's larger tenders, amended as they run; one of them is called off. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.demo.notices.bodies import ASHDENE, CALDERBROOK, THORNMOUTH, WEXMOOR
from bot.demo.shapes import FTS_NOTICE, JSON, by, codes, fts, item, london, lot, pounds

OPEN: JSON = {
    "status": "active",
    "procurementMethod": "open",
    "procurementMethodDetails": "Open procedure",
    "aboveThreshold": True,
}

_HOUSED = codes(("85311000", "Social work services with accommodation"))
_OUTREACH = codes(("85312000", "Social work services without accommodation"))
_TWO_ITEMS = [item("1", _HOUSED, "UKD73"), item("2", _OUTREACH, "UKD7")]
_CARE = ("2026-10-01", "2030-09-30")
_TWO_LOTS = [
    lot("1", *_CARE, title="Supported living for adults", value=pounds(8_000_000)),
    lot("2", *_CARE, title="Community outreach", value=pounds(4_400_000)),
]
_SUPPORTED_LIVING: JSON = OPEN | {
    "reference": "CMBC-2026-014",
    "title": "Supported living framework, Calderbrook",
    "description": "Care and support for adults with a learning disability or autism who live in "
    "their own homes. Four years, with call-offs by mini-competition.",
    "items": _TWO_ITEMS,
    "value": pounds(12_400_000),
    "mainProcurementCategory": "services",
    "techniques": {"hasFrameworkAgreement": True},
    "submissionMethodDetails": "https://bids.calderbrook.example.org/",
    "enquiryPeriod": by("2026-06-08 12:00"),
    "tenderPeriod": by("2026-06-19 12:00"),
    "awardPeriod": by("2026-08-14 23:59:59"),
    "lots": _TWO_LOTS,
}
_THIRD_LOT: JSON = _SUPPORTED_LIVING | {
    "items": [*_TWO_ITEMS, item("3", _HOUSED, "UKD73")],
    "lots": [*_TWO_LOTS, lot("3", *_CARE, title="Waking nights", value=pounds(700_000))],
    "value": pounds(13_100_000),
    "tenderPeriod": by("2026-06-26 12:00"),
}
_ANSWERS = {
    "id": "A-9001",
    "documentType": "biddingDocuments",
    "description": "Answers to clarification questions, first round",
    "url": f"{FTS_NOTICE}Attachment/A-9001",
    "format": "application/pdf",
}


def supported_living() -> Iterator[JSON]:
    """A lot is added and the deadline moves out; later answers are published."""
    told = 0x0D0001, (CALDERBROOK,)
    yield fts("UK4", "2026-06-01 09:05", 900104, *told, **_SUPPORTED_LIVING)
    because = (
        "A third lot is added for waking night support. To allow for this the deadline for "
        "tenders is extended to noon on 26 June 2026."
    )
    yield fts("UK4", "2026-06-03 15:40", 900117, *told, because=because, **_THIRD_LOT)
    because = "Answers to clarification questions are published."
    answered = _THIRD_LOT | {"documents": [_ANSWERS]}
    yield fts("UK4", "2026-06-08 16:30", 900131, *told, because=because, **answered)


_CATERING: JSON = OPEN | {
    "reference": "AST/CAT/26",
    "title": "School catering for nine primary schools",
    "description": "Hot meals, cooked on site, for about 2,600 pupils a day.",
    "items": [item("1", codes(("55524000", "School catering services")), "UKG24")],
    "value": pounds(3_900_000),
    "mainProcurementCategory": "services",
    "submissionMethodDetails": "tenders@ashdene.example.org",
    "enquiryPeriod": by("2026-06-05 17:00"),
    "tenderPeriod": by("2026-06-12 17:00"),
    "lots": [lot("1", "2026-09-01", "2029-08-31", value=pounds(3_900_000))],
}


def school_catering() -> Iterator[JSON]:
    """The deadline moves closer, and the buyer's words do not say so: half of them do not."""
    told = 0x0D0002, (ASHDENE,)
    yield fts("UK4", "2026-06-01 11:30", 900106, *told, **_CATERING)
    sooner = _CATERING | {"tenderPeriod": by("2026-06-10 12:00")}
    yield fts("UK4", "2026-06-02 16:20", 900112, *told, because="Attachment replaced.", **sooner)


_NETWORK: JSON = OPEN | {
    "reference": "WCC-ICT-0091",
    "title": "Managed network and cyber security, Wexmoor",
    "description": "Wide and local area network for 140 sites, with monitoring by day and night. "
    "Two stages: conditions of participation, then tenders by invitation.",
    "items": [
        item(
            "1",
            codes(
                ("72700000", "Computer network services"),
                ("72315000", "Data network management and support services"),
            ),
            "UKF2",
        )
    ],
    "value": pounds(6_200_000),
    "procurementMethod": "selective",
    "procurementMethodDetails": "Competitive flexible procedure",
    "mainProcurementCategory": "services",
    "submissionMethodDetails": "https://bids.wexmoor.example.org/",
    "expressionOfInterestDeadline": london("2026-06-16 12:00"),
    "enquiryPeriod": by("2026-06-09 12:00"),
    "awardPeriod": by("2026-11-30 23:59:59"),
    "lots": [lot("1", "2027-01-01", "2031-12-31", value=pounds(6_200_000))],
}


def network() -> Iterator[JSON]:
    """The value rises; the deadline is one for requests to participate."""
    told = 0x0D0003, (WEXMOOR,)
    yield fts("UK4", "2026-06-02 09:00", 900109, *told, **_NETWORK)
    dearer = _NETWORK | {
        "value": pounds(8_700_000),
        "lots": [lot("1", "2027-01-01", "2031-12-31", value=pounds(8_700_000))],
    }
    because = "The estimate now includes the option of two further years."
    yield fts("UK4", "2026-06-04 11:10", 900120, *told, because=because, **dearer)


_QUAY: JSON = OPEN | {
    "reference": "PTH-W-22",
    "title": "Repair of the east quay wall, Thornmouth",
    "description": "Sheet piling and concrete repair over 180 metres, with the port at work.",
    "items": [item("1", codes(("45241000", "Harbour construction works")), "UKK30")],
    "value": pounds(5_600_000),
    "mainProcurementCategory": "works",
    "enquiryPeriod": by("2026-06-04 12:00"),
    "tenderPeriod": by("2026-06-09 12:00"),
    "lots": [lot("1", "2026-09-01", "2027-06-30", value=pounds(5_600_000))],
}
_QUAY_ENDED: JSON = {
    "reference": _QUAY["reference"],
    "title": _QUAY["title"],
    "status": "cancelled",
    "lots": [{"id": "1", "status": "cancelled"}],
    "awards": [
        {
            "id": "1",
            "status": "cancelled",
            "statusDetails": "The survey found that the wall must be rebuilt; a new procurement "
            "will follow next year.",
            "finalStatusDate": london("2026-06-04"),
            "relatedLots": ["1"],
        }
    ],
}


def quay_wall() -> Iterator[JSON]:
    """Called off five days before its deadline, by a stub that repeats neither codes nor dates."""
    told = 0x0D0004, (THORNMOUTH,)
    yield fts("UK4", "2026-05-31 18:20", 900101, *told, **_QUAY)
    yield fts("UK12", "2026-06-04 14:05", 900122, *told, **_QUAY_ENDED)
