"""Pairs of notices of one process, and what is told between them: the table is data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.model import Award, Buyer, Change, Code, Document, Extension, Lot, Value
from tests.make import at, deadline

ENGLAND = tuple(f"UK{letter}" for letter in "CDEFGHIJK")
NORTH = Lot("1", "North", "Homes in the north.", "active", criteria=("Price 40%", "Quality 60%"))
SOUTH = Lot("2", "South", "Homes in the south.", "active", criteria=("Price 40%", "Quality 60%"))
ACME, BELL = "Acme Care Ltd", "Bell Support CIC"
GBP = "GBP"


@dataclass(frozen=True)
class Row:
    """Facts before and after, the changes told; the notices are UK4 and its update by default."""

    was: dict[str, Any]
    now: dict[str, Any]
    told: tuple[Change, ...] = ()
    first: dict[str, Any] = field(default_factory=dict)
    second: dict[str, Any] = field(default_factory=dict)


def lot(**more: Any) -> Lot:
    given = {"id": "1", "title": "North", "description": "Homes in the north.", "status": "active"}
    return Lot(**(given | more))


def won(**more: Any) -> dict[str, Any]:
    given = {"id": "1", "suppliers": (ACME,), "lots": ("1",), "status": "active"}
    return {"awards": (Award(**(given | more)),)}


def form(kind: str, **more: Any) -> dict[str, Any]:
    stage = "contract" if kind in ("UK7", "UK9", "UK10", "UK11") else "award"
    return {"kind": kind, "stage": stage, "restates": False, "status": "awarded"} | more


UK5, UK6, UK7 = form("UK5"), form("UK6"), form("UK7")
SAME_FORM = {"update": True}
END = "2026-06-19T11:00"


def ends(*lots: str | None, when: str = END, **more: Any) -> tuple[Any, ...]:
    return tuple(deadline("submission", when, lot=name, **more) for name in lots)


# ---------------------------------------------------------------- deadlines

DEADLINES: dict[str, Row] = {
    "moved to nine minutes after publication": Row(
        {"deadlines": ends(None, when="2026-09-01T23:00")},
        {"deadlines": ends(None, when="2026-05-13T00:09")},
        (Change("submission", "2026-09-01T23:00:00Z", "2026-05-13T00:09:00Z"),),
    ),
    "moved forward over the clock change": Row(
        {"deadlines": ends(None, when="2026-10-29T15:00")},
        {"deadlines": ends(None, when="2026-09-28T14:00")},
        (Change("submission", "2026-10-29T15:00:00Z", "2026-09-28T14:00:00Z"),),
    ),
    "the end of a day with its last second or without": Row(
        {"deadlines": ends(None, when="2026-06-19T22:59:59")},
        {"deadlines": ends(None, when="2026-06-19T22:59:00")},
    ),
    "offset-spelling: the same instant": Row(
        {"deadlines": ends(None, when="2026-06-19T11:00:00+00:00")},
        {"deadlines": ends(None, when="2026-06-19T12:00:00+01:00")},
    ),
    "a time was added to the day": Row(
        {"deadlines": ends(None, when="2026-06-19T22:59:59", dated=True)},
        {"deadlines": ends(None)},
        (Change("submission", "2026-06-19", "2026-06-19T11:00:00Z"),),
    ),
    "a request to participate stands in for a submission": Row(
        {"deadlines": (deadline("participation", END),)},
        {"deadlines": (deadline("participation", "2026-06-26T11:00"),)},
        (Change("participation", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z"),),
    ),
    "an engagement event was put off": Row(
        {"deadlines": (deadline("engagement", "2026-06-01T22:59:59", dated=True),)},
        {"deadlines": (deadline("engagement", "2026-06-08T22:59:59", dated=True),)},
        (Change("engagement", "2026-06-01", "2026-06-08"),),
    ),
    "the promised notice comes later": Row(
        {"deadlines": (deadline("expected-notice", "2026-07-01T22:59:59", dated=True),)},
        {"deadlines": (deadline("expected-notice", "2026-08-01T22:59:59", dated=True),)},
        (Change("expected-notice", "2026-07-01", "2026-08-01"),),
    ),
    "stage-omission: the promise is not repeated": Row(
        {"deadlines": (*ends(None), deadline("expected-notice", "2026-07-01"))},
        {"deadlines": ends(None)},
    ),
    "stage-omission: the opening is not repeated": Row(
        {"deadlines": (*ends(None), deadline("opening", END))},
        {"deadlines": ends(None)},
    ),
    "the opening moved and nothing else": Row(
        {"deadlines": (*ends(None), deadline("opening", END))},
        {"deadlines": (*ends(None), deadline("opening", "2026-06-19T13:00"))},
        (Change("opening", "2026-06-19T11:00:00Z", "2026-06-19T13:00:00Z"),),
    ),
    "contract dates moved before the award": Row(
        {
            "deadlines": (
                deadline("contract-start", "2026-09-13T22:59:59", dated=True),
                deadline("contract-end", "2030-09-12T22:59:59", dated=True),
            )
        },
        {
            "deadlines": (
                deadline("contract-start", "2026-10-01T22:59:59", dated=True),
                deadline("contract-end", "2030-09-30T22:59:59", dated=True),
            )
        },
        (
            Change("contract-start", "2026-09-13", "2026-10-01"),
            Change("contract-end", "2030-09-12", "2030-09-30"),
        ),
    ),
    "a date of each lot repeated once for the whole": Row(
        {"deadlines": ends("1", "2")},
        {"deadlines": ends(None)},
    ),
    "the whole's date moved where the lots had theirs": Row(
        {"deadlines": ends("1", "2")},
        {"deadlines": ends(None, when="2026-06-26T11:00")},
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z"),),
    ),
    "lots numbered anew keep their dates": Row(
        {"deadlines": ends("1", "2"), "lots": (NORTH, SOUTH)},
        {
            "deadlines": ends("LOT-0001", "LOT-0002"),
            "lots": (lot(id="LOT-0001", criteria=NORTH.criteria),
                     Lot("LOT-0002", "South", "Homes in the south.", "active",
                         criteria=SOUTH.criteria)),
        },
    ),
    "a lot that goes takes its dates with it": Row(
        {"deadlines": ends("1", "2"), "lots": (NORTH, SOUTH)},
        {"deadlines": ends("1"), "lots": (NORTH,)},
        (Change("lot-removed", "South", None, "2"),),
    ),
    "a lot that comes brings its dates": Row(
        {"deadlines": ends("1"), "lots": (NORTH,)},
        {
            "deadlines": (*ends("1"), *ends("2", when="2026-06-26T11:00")),
            "lots": (NORTH, SOUTH),
        },
        (Change("lot-added", None, "South", "2"),),
    ),
    "a day read in the text that is gone": Row(
        {"deadlines": (*ends(None), deadline("engagement", "2026-06-01", origin="words"))},
        {"deadlines": ends(None)},
    ),
    "a day read in the text that is another now": Row(
        {"deadlines": (deadline("engagement", "2026-06-01", origin="words"),)},
        {"deadlines": (deadline("engagement", "2026-06-02", origin="words"),)},
        (Change("engagement", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", origin="words"),),
    ),
    "the contract may be extended for longer": Row(
        {"extensions": (Extension(at("2032-09-30T22:59:59")),)},
        {"extensions": (Extension(at("2033-09-30T22:59:59")),)},
        (Change("contract-extension", "2032-09-30", "2033-09-30"),),
    ),
    "one lot may be extended for longer": Row(
        {"extensions": (Extension(at("2032-09-30T22:59:59")),)},
        {
            "extensions": (
                Extension(at("2032-09-30T22:59:59"), "1"),
                Extension(at("2034-09-30T22:59:59"), "2"),
            )
        },
        (Change("contract-extension", "2032-09-30", "2034-09-30", "2"),),
    ),
    "all lots may be extended for longer": Row(
        {"extensions": tuple(Extension(at("2032-09-30T22:59:59"), n) for n in "12")},
        {"extensions": tuple(Extension(at("2033-09-30T22:59:59"), n) for n in "12")},
        (Change("contract-extension", "2032-09-30", "2033-09-30"),),
    ),
    "stage-addition: an extension is stated at last": Row(
        {},
        {"extensions": (Extension(at("2032-09-30T22:59:59")),)},
    ),
}  # fmt: skip

# ---------------------------------------------------------------- values

VALUES: dict[str, Row] = {
    "net rose by 1,000 and gross did not": Row(
        {"value": Value(100_000.0, 120_000.0, GBP)},
        {"value": Value(101_000.0, 120_000.0, GBP)},
        (Change("value", "100000 GBP", "101000 GBP"),),
    ),
    "gross was corrected and net was not": Row(
        {"value": Value(100_000.0, 120_000.0, GBP)},
        {"value": Value(100_000.0, 118_000.0, GBP)},
        (Change("value", "120000 GBP", "118000 GBP"),),
    ),
    "equal figures, other currency": Row(
        {"value": Value(100_000.0, None, GBP)},
        {"value": Value(100_000.0, None, "EUR")},
        (Change("value", "100000 GBP", "100000 EUR"),),
    ),
    "the same sum, first with VAT and then without": Row(
        {"value": Value(None, 120_000.0, GBP)},
        {"value": Value(100_000.0, None, GBP)},
    ),
    "first with VAT and then without, and far apart": Row(
        {"value": Value(None, 120_000.0, GBP)},
        {"value": Value(50_000.0, None, GBP)},
        (Change("value", "120000 GBP", "50000 GBP"),),
    ),
    "the figure without VAT was added": Row(
        {"value": Value(None, 120_000.0, GBP)},
        {"value": Value(100_000.0, 120_000.0, GBP)},
    ),
    "a hundredth of a penny": Row(
        {"value": Value(100_000.001, None, GBP)},
        {"value": Value(100_000.0, None, GBP)},
    ),
    "stub-omission: the value is left out": Row({}, {"value": None}),
    "single-lot-mirror: the lot's value repeats the whole's": Row(
        {"value": Value(1.0e6, None, GBP), "lots": (lot(value=Value(1.0e6, None, GBP)),)},
        {"value": Value(2.0e6, None, GBP), "lots": (lot(value=Value(2.0e6, None, GBP)),)},
        (Change("value", "1000000 GBP", "2000000 GBP"),),
    ),
    "two lots' values changed and the whole's with them": Row(
        {
            "value": Value(2.0e6, None, GBP),
            "lots": (lot(value=Value(1.0e6, None, GBP)), SOUTH),
        },
        {
            "value": Value(3.0e6, None, GBP),
            "lots": (lot(value=Value(2.0e6, None, GBP)), SOUTH),
        },
        (
            Change("value", "2000000 GBP", "3000000 GBP"),
            Change("lot-value", "1000000 GBP", "2000000 GBP", "1"),
        ),
    ),
}

# ---------------------------------------------------------------- lots

LOTS: dict[str, Row] = {
    "a lot was put before the others: each keeps its title": Row(
        {"lots": (NORTH, SOUTH)},
        {"lots": (Lot("1", "East", "New."), lot(id="2", criteria=NORTH.criteria),
                  Lot("3", "South", "Homes in the south.", "active", criteria=SOUTH.criteria))},
        (Change("lot-added", None, "East", "1"),),
    ),
    "lots without titles are matched by id": Row(
        {"lots": (Lot("1"), Lot("2"))},
        {"lots": (Lot("2"), Lot("1"))},
    ),
    "a lot without a title goes by its id": Row(
        {"lots": (Lot("1"), Lot("2"))},
        {"lots": (Lot("1"),)},
        (Change("lot-removed", "2", None, "2"),),
    ),
    "a lot has a new title": Row(
        {"lots": (NORTH,)},
        {"lots": (lot(title="North and East", criteria=NORTH.criteria),)},
        (Change("lot-text", "North.", "North and East.", "1"),),
    ),
    "typography: comma and stroke in a lot's title": Row(
        {"lots": (lot(title="North, East"),)}, {"lots": (lot(title="North/East"),)}
    ),
    "null-placeholder: a description that was none is empty": Row(
        {"lots": (lot(description=""),)}, {"lots": (lot(description=""),)}
    ),
    "a lot's description repeats the whole's": Row(
        {"lots": (lot(description=""),), "description": "Homes for adults."},
        {"lots": (lot(description="Homes for adults."),), "description": "Homes for adults."},
    ),
    "stage-status: planned lots are active": Row(
        {"lots": (lot(status="planned"),)}, {"lots": (lot(status="active"),)}
    ),
    "a lot is complete: it went its way": Row(
        {"lots": (lot(),)}, {"lots": (lot(status="complete"),)}
    ),
    "a lot was withdrawn": Row(
        {"lots": (lot(), SOUTH)},
        {"lots": (lot(status="withdrawn"), SOUTH)},
        (Change("status", "active", "withdrawn", "1"),),
    ),
    "every lot was withdrawn: once": Row(
        {"lots": (NORTH, SOUTH)},
        {"lots": (lot(status="withdrawn", criteria=NORTH.criteria),
                  Lot("2", "South", "Homes in the south.", "withdrawn", criteria=SOUTH.criteria))},
        (Change("status", "active", "withdrawn"),),
    ),
    "a weight changed in one lot": Row(
        {"lots": (NORTH, SOUTH)},
        {"lots": (lot(criteria=("Price 30%", "Quality 70%")), SOUTH)},
        (Change("award-criteria", ("Price 40%", "Quality 60%"), ("Price 30%", "Quality 70%"), "1"),
        ),
    ),
    "a weight changed alike in all lots": Row(
        {"lots": (lot(criteria=("Price 40%",)), Lot("2", "South", criteria=("Price 40%",)))},
        {"lots": (lot(criteria=("Price 30%",)), Lot("2", "South", criteria=("Price 30%",)))},
        (Change("award-criteria", ("Price 40%",), ("Price 30%",)),),
    ),
    "a criterion was added": Row(
        {"lots": (lot(criteria=("Price 40%", "Quality 60%")),)},
        {"lots": (lot(criteria=("Price 40%", "Quality 60%", "A preference for local suppliers")),)},
        (Change("award-criteria", None, ("A preference for local suppliers",), "1"),),
    ),
    "criteria in another order": Row(
        {"lots": (lot(criteria=("Price 40%", "Quality 60%")),)},
        {"lots": (lot(criteria=("Quality 60%", "Price 40%")),)},
    ),
    "stage-omission: the criteria are not repeated": Row({"lots": (NORTH,)}, {"lots": (lot(),)}),
    "stage-omission: the suitability is not repeated": Row(
        {"lots": (lot(sme=True, vcse=True),), "sme": True, "vcse": True}, {"lots": (lot(),)}
    ),
    "a lot is no longer meant for the voluntary sector": Row(
        {"lots": (lot(sme=True, vcse=True), SOUTH), "sme": True, "vcse": True},
        {"lots": (lot(sme=True, vcse=False), SOUTH), "sme": True, "vcse": True},
        (Change("suitability", "SME, VCSE", "SME", "1"),),
    ),
    "one lot has other codes, the whole the same": Row(
        {"lots": (lot(cpv=(Code("85311000"),)), SOUTH)},
        {"lots": (lot(cpv=(Code("85312000"),)), SOUTH)},
        (Change("cpv", ("85311000",), ("85312000",), "1"),),
    ),
    "one lot moved to another place": Row(
        {"lots": (lot(places=("UKD73",)), SOUTH)},
        {"lots": (lot(places=("UKD72",)), SOUTH)},
        (Change("region", ("UKD73",), ("UKD72",), "1"),),
    ),
    "the one lot's codes mirror the whole's": Row(
        {"lots": (lot(cpv=(Code("85311000"),)),)},
        {"lots": (lot(cpv=(Code("85312000"),)),), "cpv": (Code("85312000"),)},
        (Change("cpv", ("85311000",), ("85312000",)),),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- texts, codes, people

LONG = (
    "The contractor keeps the homes in good repair, answers each call within two working hours, "
    "employs no fewer than four engineers who are trained for the work, reports every month to "
    "the council, and attends a meeting each quarter at the council's offices in Northwick."
)
TEXTS: dict[str, Row] = {
    "reworded-same-sense: the order of phrases": Row(
        {"description": "Care for adults, in Northwick"},
        {"description": "In Northwick: care for adults"},
    ),
    "typo-fix: one mistyped word": Row(
        {"description": "Care in residental homes."}, {"description": "Care in residential homes."}
    ),
    "typo-fix: two letters out of place": Row(
        {"description": "Care for famliies."}, {"description": "Care for families."}
    ),
    "a short word became another one": Row(
        {"description": "Homes in the east."},
        {"description": "Homes in the west."},
        (Change("description", "Homes in the east.", "Homes in the west."),),
    ),
    "a short word with one letter more": Row(
        {"description": "One bed."},
        {"description": "One beds."},
        (Change("description", "One bed.", "One beds."),),
    ),
    "a figure became another one": Row(
        {"description": "Places: 1000000."},
        {"description": "Places: 1000001."},
        (Change("description", "Places: 1000000.", "Places: 1000001."),),
    ),
    "whitespace: a line break for a blank": Row(
        {"description": "For adults.\r\nIn homes ."}, {"description": "For adults. In homes."}
    ),
    "typography: a soft hyphen, a ligature, a no-break space": Row(
        {"description": "Co\u00adoperative \ufb01nance in\u00a0full"},
        {"description": "Cooperative finance in full"},
    ),
    "one word of a long sentence: its neighbours alone": Row(
        {"description": LONG},
        {"description": LONG.replace("four", "seven")},
        (
            Change(
                "description",
                "… within two working hours, employs no fewer than four engineers who "
                "are trained for the work, reports …",
                "… within two working hours, employs no fewer than seven engineers who "
                "are trained for the work, reports …",
            ),
        ),
    ),
    "a sentence was added": Row(
        {"description": "For adults."},
        {"description": "For adults. Bids are opened on Monday."},
        (Change("description", None, "Bids are opened on Monday."),),
    ),
    "a sentence was taken out": Row(
        {"description": "For adults. Bids are opened on Monday."},
        {"description": "For adults."},
        (Change("description", "Bids are opened on Monday.", None),),
    ),
    "stub-omission: the description is left out": Row({}, {"description": None}),
    "typography: a title in capitals": Row(
        {"title": "Taxis, Northwick"}, {"title": "TAXIS - NORTHWICK"}
    ),
    "the engagement's text has the real dates": Row(
        {"engagement": "Join us. A webinar on 1 June."},
        {"engagement": "Join us. A webinar on 8 June."},
        (Change("engagement-text", "A webinar on 1 June.", "A webinar on 8 June."),),
    ),
    "procedure-placeholder: the method's code for its words": Row(
        {"procedure": "Restricted procedure"}, {"procedure": "selective"}
    ),
    "the method's code changed": Row(
        {"procedure": "open"},
        {"procedure": "selective"},
        (Change("procedure", "open", "selective"),),
    ),
    "an address with its scheme and a stroke": Row(
        {"submission": "www.bids.example.org"}, {"submission": "https://bids.example.org/"}
    ),
    "a link to the very page": Row(
        {"submission": "www.bids.example.org"},
        {"submission": "https://bids.example.org/go/41"},
        (Change("submission-address", "www.bids.example.org", "https://bids.example.org/go/41"),),
    ),
    "region-explosion: England and its nine regions": Row(
        {"places": ("England",)}, {"places": ENGLAND}
    ),
    "a place no list knows, written otherwise": Row(
        {"places": ("Along the river Wick",)}, {"places": ("along the River Wick.",)}
    ),
    "a place no list knows became another one": Row(
        {"places": ("Along the river Wick",)},
        {"places": ("Along the river Wye",)},
        (Change("region", ("Along the river Wick",), ("Along the river Wye",)),),
    ),
    "one code more in the list, the order another": Row(
        {"cpv": (Code("85311000"), Code("85312000"))},
        {"cpv": (Code("85312000"), Code("85300000"), Code("85311000"))},
        (Change("cpv", ("85311000", "85312000"), ("85312000", "85300000", "85311000")),),
    ),
    "supplier-spelling: Ltd, The and an ampersand in a buyer's name": Row(
        {"buyers": (Buyer("The Wick & Dale Housing Ltd", "A"),)},
        {"buyers": (Buyer("WICK AND DALE HOUSING LIMITED", "B"),)},
    ),
    "party-name: another identifier scheme for the same body": Row(
        {"buyers": (Buyer("Northwick Borough Council", "GB-PPON-1"),)},
        {"buyers": (Buyer("Northwick Borough Council", "GB-COH-2"),)},
    ),
    "contact-blanked: a contact that is no longer stated": Row(
        {"contact": "Ann Lee, ann.lee@example.org"}, {"contact": None}
    ),
    "a telephone number is spaced otherwise": Row(
        {"contact": "Ann Lee, ann.lee@example.org, +44 151 496 0000"},
        {"contact": "Ann Lee, ann.lee@example.org, 0151 4960000"},
    ),
    "another contact": Row(
        {"contact": "Ann Lee, ann.lee@example.org"},
        {"contact": "Ben Roy, ben.roy@example.org"},
        (Change("contact", "Ann Lee, ann.lee@example.org", "Ben Roy, ben.roy@example.org"),),
    ),
}

# ---------------------------------------------------------------- documents


def papers(*documents: Document) -> dict[str, Any]:
    return {"documents": documents}


def paper(id: str, title: str = "", url: str = "", **more: Any) -> Document:
    return Document(id, title, url or f"https://files.example.org/{id}", **more)


DOCUMENTS: dict[str, Row] = {
    "a linked file has another number": Row(
        papers(paper("L-1", "Specification", "https://files.example.org/spec")),
        papers(
            paper("L-1", "Questions", "https://files.example.org/qa"),
            paper("L-2", "Specification", "https://files.example.org/spec"),
        ),
        (Change("documents", None, ("Questions",)),),
    ),
    "an attachment was uploaded anew": Row(
        papers(paper("A-20480", "Invitation to tender")),
        papers(paper("A-20801", "Invitation to tender")),
        (Change("documents", ("Invitation to tender",), ("Invitation to tender",)),),
    ),
    "a document was taken away": Row(
        papers(paper("A-1", "Old"), paper("A-2", "New")), papers(paper("A-2", "New"))
    ),
    "documents in another order": Row(
        papers(paper("A-1"), paper("A-2")), papers(paper("A-2"), paper("A-1"))
    ),
    "a document was changed in its place": Row(
        papers(paper("1", "Brief", modified=at("2026-05-01"))),
        papers(paper("1", "Brief", modified=at("2026-05-12"))),
        (Change("documents", ("Brief",), ("Brief",)),),
    ),
    "self-document and conflict-document: none is read, so none differs": Row(papers(), papers()),
    "stage-omission: documents are not stated": Row(papers(paper("A-1")), {"documents": None}),
}

# ---------------------------------------------------------------- awards and contracts

SIGNED = at("2026-06-01T22:59:59")
AWARDS: dict[str, Row] = {
    "award-contract-mirror: the contract repeats its award": Row(
        won(value=Value(1000.0, None, GBP)), won(value=Value(1000.0, None, GBP)), (), UK6, UK7
    ),
    "the contract of an award is signed": Row(
        won(), won(signed=SIGNED), (Change("signed", None, "2026-06-01"),), UK6, UK7
    ),
    "a signature was corrected": Row(
        won(signed=SIGNED),
        won(signed=at("2026-06-03T22:59:59")),
        (Change("signed", "2026-06-01", "2026-06-03"),),
        UK7,
        UK7 | SAME_FORM,
    ),
    "the price was corrected": Row(
        won(value=Value(1000.0, None, GBP)),
        won(value=Value(1200.0, None, GBP)),
        (Change("value", "1000 GBP", "1200 GBP"),),
        UK6,
        UK6 | SAME_FORM,
    ),
    "tender-value-mirror: the tender's value follows the award's": Row(
        {"value": Value(1000.0, None, GBP)} | won(value=Value(1000.0, None, GBP)),
        {"value": Value(1200.0, None, GBP)} | won(value=Value(1200.0, None, GBP)),
        (Change("value", "1000 GBP", "1200 GBP"),),
        form("award"),
        form("awardUpdate", **SAME_FORM),
    ),
    "supplier-spelling: Ltd and Limited, in capitals": Row(
        won(suppliers=("Acme Care Ltd",)), won(suppliers=("ACME CARE LIMITED",)), (), UK6, UK7
    ),
    "one supplier listed twice in two spellings": Row(
        won(suppliers=("Acme Care Ltd",)),
        won(suppliers=("Acme Care Ltd", "The Acme Care Limited")),
        (), UK6, UK6 | SAME_FORM,
    ),
    "another supplier": Row(
        won(), won(suppliers=(BELL,)), (Change("supplier", (ACME,), (BELL,)),),
        UK6, UK6 | SAME_FORM,
    ),
    "stub-omission: the suppliers are left out": Row(won(), won(suppliers=()), (), UK6, UK7),
    "reissued-award-id: the same award counted up": Row(
        won(id="x-1"), won(id="x-2"), (), form("award"), form("awardUpdate", **SAME_FORM)
    ),
    "reissued-award-id with another supplier": Row(
        won(id="x-1"), won(id="x-2", suppliers=(BELL,)), (Change("supplier", (ACME,), (BELL,)),),
        form("award"), form("awardUpdate", **SAME_FORM),
    ),
    "an award list published again with one supplier more": Row(
        won(id="x-1", lots=()),
        {"awards": (Award("x-1", (ACME,)), Award("x-2", (BELL,)))},
        (Change("supplier", None, (BELL,)),),
        form("award"), form("awardUpdate", **SAME_FORM),
    ),
    "published again under another id with the value that was missing": Row(
        won(id="1", signed=SIGNED, title="Route 7"),
        won(id="37", signed=SIGNED, title="Route 7", value=Value(900.0, None, GBP)),
        (Change("value", None, "900 GBP"),),
        UK7, UK7,
    ),
    "stage-status: pending is active": Row(
        won(status="pending"), won(), (), UK5, UK6 | SAME_FORM
    ),
    "an award was cancelled": Row(
        won(), won(status="cancelled"), (Change("status", "active", "cancelled"),),
        UK6, UK6 | SAME_FORM,
    ),
    "distinct-award: another lot's award says nothing of the first": Row(
        won(), won(id="2", lots=("2",), suppliers=(BELL,)),
        (Change("supplier", None, (BELL,), "2"),), UK6, UK6 | SAME_FORM,
    ),
    "notice-specific-text: a call-off has a title of its own": Row(
        {"title": "Framework"} | won(), {"title": "Call-off 17", "description": "Seats."} | won(),
        (), UK6, UK7,
    ),
    "award-title-wording, stage-wording: the contract words it otherwise": Row(
        {"description": "The council intends to award."} | won(),
        {"description": "The council has awarded."} | won(),
        (), UK5, UK6,
    ),
    "the update of an award words its own text anew": Row(
        {"description": "The council intends to award."} | won(),
        {"description": "The standstill ends on 19 August."} | won(),
        (Change("description", "The council intends to award.",
                "The standstill ends on 19 August."),),
        UK6, UK6 | SAME_FORM,
    ),
    "contract dates of the signed contract": Row(
        {"deadlines": (deadline("contract-start", "2026-08-13T22:59:59", dated=True),)} | won(),
        {"deadlines": (deadline("contract-start", "2026-07-13T22:59:59", dated=True),)} | won(),
        (Change("contract-start", "2026-08-13", "2026-07-13"),),
        UK6, UK7,
    ),
    "object-or-array: the standstill was set anew": Row(
        {"deadlines": (deadline("standstill", "2026-07-29T22:59:59", dated=True),)} | won(),
        {"deadlines": (deadline("standstill", "2026-08-21T22:59:59", dated=True),)} | won(),
        (Change("standstill", "2026-07-29", "2026-08-21"),),
        UK6, UK6 | SAME_FORM,
    ),
    "stub-omission: a termination leaves out nearly everything": Row(
        {"lots": (NORTH, SOUTH)}, {"title": None, "cpv": None, "value": None, "deadlines": ()}, (),
        {}, {"restates": False, "kind": "UK12", "cancels": "contract"},
    ),
    "an unseen contract is modified: its supplier is not new": Row(
        {}, won(value=Value(2000.0, None, GBP)), (),
        {}, form("awardUpdate+contractUpdate", stage="contract", status=None, update=True),
    ),
    "a corrigendum's buyer sits elsewhere than its contract": Row(
        {"places": ("UKD36",)} | won(), {"places": ("UKG",), "title": "Psychiatric care"}, (),
        form("award+contract"),
        {"kind": "tenderUpdate", "stage": "award", "restates": False, "update": True,
         "status": None},
    ),
}  # fmt: skip

ROWS = {
    f"{shelf}: {name}": row
    for shelf, table in (
        ("deadlines", DEADLINES),
        ("values", VALUES),
        ("lots", LOTS),
        ("texts", TEXTS),
        ("documents", DOCUMENTS),
        ("awards", AWARDS),
    )
    for name, row in table.items()
}
