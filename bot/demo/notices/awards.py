"""Find a Tender's procurements that end with a contract. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.demo.notices.bodies import GRITWELL, LARKHAVEN, LINGUA, WEXMOOR
from bot.demo.notices.tenders import OPEN
from bot.demo.shapes import JSON, Body, by, codes, fts, item, london, lot, pounds, span

_LANGUAGES = codes(("79540000", "Interpretation services"), ("79530000", "Translation services"))
_INTERPRETING: JSON = OPEN | {
    "reference": "UL-LANG-2",
    "title": "Interpreting at open days",
    "description": "Interpreters for six languages on four days, and British Sign Language.",
    "procurementMethodDetails": "Below threshold - open competition",
    "aboveThreshold": False,
}
_ENDED: JSON = {"status": "complete", "lots": [{"id": "1", "status": "complete"}]}


def interpreting() -> Iterator[JSON]:
    """A small tender of three days, and its contract."""
    tender = _INTERPRETING | {
        "items": [item("1", _LANGUAGES, "UKK41")],
        "value": pounds(48_000),
        "mainProcurementCategory": "services",
        "tenderPeriod": by("2026-06-04 17:00"),
        "lots": [lot("1", "2026-06-20", "2026-12-31", value=pounds(48_000))],
    }
    yield fts("UK4", "2026-06-01 13:50", 900107, 0x0D0008, (LARKHAVEN,), **tender)
    signed = (
        _INTERPRETING
        | _ENDED
        | {
            "awards": [_award(LINGUA, "UKK41", _LANGUAGES)],
            "contracts": [_contract(43_500, span("2026-06-20", "2026-12-31"), "2026-06-08")],
        }
    )
    yield fts("UK7", "2026-06-08 11:45", 900130, 0x0D0008, (LARKHAVEN, LINGUA), **signed)


_SNOW = codes(("90620000", "Snow-clearing services"))
_WINTERS = span("2026-10-01", "2031-04-30")
_GRITTING: JSON = _ENDED | {
    "reference": "WCC-HW-310",
    "title": "Winter gritting of roads, Wexmoor",
    "description": "Salting and clearing of 1,900 kilometres of road.",
    "procurementMethod": "open",
    "procurementMethodDetails": "Open procedure",
}
_DECIDED: JSON = {
    "status": "pending",
    "date": london("2026-06-01"),
    "value": pounds(9_800_000),
    "standstillPeriod": by("2026-06-08 23:59:59"),
    "contractPeriod": _WINTERS,
    "milestones": [
        {
            "id": "1",
            "type": "futureSignatureDate",
            "dueDate": london("2026-06-09 23:59:59"),
            "status": "scheduled",
        }
    ],
}


def gritting() -> Iterator[JSON]:
    """An award with its standstill, then the contract; the tender was before anyone watched."""
    told = 0x0D0009, (WEXMOOR, GRITWELL)
    award = _award(GRITWELL, "UKF22", _SNOW)
    decided = _GRITTING | {"awards": [award | _DECIDED]}
    yield fts("UK6", "2026-06-01 15:20", 900108, *told, **decided)
    contract = _contract(9_800_000, _WINTERS, "2026-06-09")
    signed = _GRITTING | {"awards": [award], "contracts": [contract]}
    yield fts("UK7", "2026-06-09 14:25", 900135, *told, **signed)


def _award(to: Body, region: str, cpv: list[JSON]) -> JSON:
    return {
        "id": "1",
        "status": "active",
        "suppliers": [to.reference],
        "items": [item("1", cpv, region)],
        "relatedLots": ["1"],
    }


def _contract(net: int, period: JSON, signed: str) -> JSON:
    return {
        "id": "1",
        "awardID": "1",
        "status": "active",
        "period": period,
        "value": pounds(net),
        "dateSigned": london(signed),
    }
