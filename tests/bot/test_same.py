"""Which records are taken for one procurement, and which look-alikes stay apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bot.model import Award, Buyer, Code, Record, Value
from bot.same import THRESHOLD, alike, best, canonical, names
from tests import likeness, make

TEXT = (
    "The council invites bids for supported living for adults with a learning disability in "
    "their own homes, with nights and weekends, over four years and in three localities."
)


def fts(**more: Any) -> Record:
    return make.record(**({"description": TEXT} | more))


def pcs(**more: Any) -> Record:
    """The same as another portal writes it: another ocid, case and precision, no description."""
    given: dict[str, Any] = {
        "source": "scotland",
        "id": "ocds-r6ebe6-0000800001",
        "kind": "tender",
        "title": "SUPPORTED LIVING SERVICES, NORTHWICK",
        "description": None,
        "buyers": (Buyer("The Northwick Borough Council"),),
        "deadlines": (make.deadline(when="2026-06-19T22:59:59", dated=True),),
        "value": None,
        "url": "https://www.publiccontractsscotland.gov.uk/search/show/search_view.aspx?ID=MAY400001",
    }
    return make.record(**(given | more))


def council(name: str) -> dict[str, Any]:
    return {"buyers": (Buyer(name),)}


def award(**more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "1", "suppliers": ("Kindly Care Ltd",), "value": Value(90_000.0, None, "GBP"),
    }  # fmt: skip
    return {"stage": "award", "awards": (Award(**(given | more)),), "deadlines": ()}


SAME = {
    "another case, another precision": (fts(), pcs()),
    "a title with the reference behind it": (
        fts(title="Supported living services, Northwick - DN 4711"),
        pcs(title="Supported Living Services Northwick"),
    ),
    "a shorter title, the same date and text": (
        fts(title="Supported living and respite for adults, Northwick"),
        pcs(title="Supported Living for Adults", description=TEXT),
    ),
    "no date, the same text": (fts(deadlines=()), pcs(deadlines=(), description=TEXT)),
    "a council by another form of its name": (
        fts(**council("Northwick Metropolitan Borough Council")),
        pcs(**council("Northwick Council")),
    ),
    "one of several buyers": (
        fts(buyers=(Buyer("Northwick Borough Council"), Buyer("Easton Council"))),
        pcs(**council("Easton Council")),
    ),
    "an award of one price to one supplier": (
        fts(**award()),
        pcs(**award(suppliers=("KINDLY CARE LTD",)), title="Supported living services, Northwick"),
    ),
    "one portal, entered twice": (
        fts(cpv=(Code("85311000"),)),
        fts(id="ocds-h6vhtk-0a0002", cpv=(Code("85311000"),)),
    ),
    "one portal, entered again as a second version": (
        fts(), fts(id="ocds-h6vhtk-0a0002", title="Supported living services, Northwick (V2)"),
    ),
}  # fmt: skip

APART = {
    "next year's tender": (
        fts(published=make.at("2025-05-12"), deadlines=(make.deadline(when="2025-06-19T11:00"),)),
        pcs(),
    ),
    "the same title from another council": (fts(), pcs(**council("Southwick Council"))),
    "a city and its county": (
        fts(**council("Derwick City Council")), pcs(**council("Derwickshire County Council")),
    ),
    "lots put out one by one": (
        fts(title="Supported living, Lot 1"), pcs(title="Supported living, Lot 2"),
    ),
    "one with a lot's number": (
        fts(title="Supported living Northwick"), pcs(title="Supported living Northwick lot 2"),
    ),
    "cleaning and catering, due the same day": (
        fts(title="Learning Partnership - Cleaning Services Tender"),
        pcs(title="Learning Partnership - Catering Services Tender"),
    ),
    "another deadline": (fts(), pcs(deadlines=(make.deadline(when="2026-06-26T11:00"),))),
    "another value": (fts(), pcs(value=Value(9_000_000.0, None, "GBP"), description="Other")),
    "a planning notice and its tender": (fts(stage="planning"), pcs()),
    "call-offs of one framework": (
        fts(**award()), pcs(**award(suppliers=("Gentle Homes Ltd",))),
    ),
    "call-offs to one supplier": (
        fts(**award()), pcs(**award(value=Value(120_000.0, None, "GBP"))),
    ),
    "one portal, one title, another date": (
        fts(), fts(id="ocds-h6vhtk-0a0002", deadlines=(make.deadline(when="2026-06-26T11:00"),)),
    ),
    "one portal, awards under one title": (fts(**award()), fts(id="ocds-h6vhtk-0a0002", **award())),
    "short titles, no date and no text": (
        fts(title="Cleaning", deadlines=()), pcs(title="Cleaning", deadlines=()),
    ),
    "wider text in a title of two words": (
        fts(title="Care homes"), pcs(title="Care homes and day centres for adults"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_one_procurement(case: str) -> None:
    one, other = SAME[case]
    found = alike(one, other)
    assert found and found.confidence >= THRESHOLD
    assert alike(other, one) == found, "whichever portal was read first"


@pytest.mark.parametrize("case", APART)
def test_look_alikes_stay_apart(case: str) -> None:
    one, other = APART[case]
    assert alike(one, other) is None
    assert alike(other, one) is None


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_is_alike_is_found_by_a_trait(one: Record, other: Record) -> None:
    assert names(one, ()).traits & names(other, ()).traits


def test_where_several_could_be_meant_none_is() -> None:
    twins = [pcs(), pcs(id="ocds-r6ebe6-0000800002")]
    assert best(fts(), twins) is None
    told = best(fts(), [pcs(description=TEXT), twins[1]])
    assert told and told[0].facts.description == TEXT, "the text can decide"


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("ocds-h6vhtk-05E520", "ocds-h6vhtk-05e520"),
        ("https://api.publiccontractsscotland.gov.uk/v1/Notice?id=ocds-r6ebe6-0000800001",
         "ocds-r6ebe6-0000800001"),
        ("http://find-tender.service.gov.uk/Notice/000101-2026?origin=x", "fts:000101-2026"),
        ("https://www.contractsfinder.service.gov.uk/Notice/a377e066-73ad-4ac6-bd4b-8a23453431b8",
         "cf:a377e066-73ad-4ac6-bd4b-8a23453431b8"),
        ("https://ted.europa.eu/en/notice/-/detail/605902-2020", "ted:605902-2020"),
        ("https://ted.europa.eu/en/notice/00605902-2020/xml", "ted:605902-2020"),
        ("ted:605902-2020", "ted:605902-2020"),
        ("https://www.publiccontractsscotland.gov.uk/search/show/search_view.aspx?ID=MAY400001",
         "pcs:may400001"),
        ("https://Portal.example.org/tenders/17/", "portal.example.org/tenders/17"),
    ],
)  # fmt: skip
def test_one_notice_has_one_name_however_it_is_written(stated: str, name: str) -> None:
    assert canonical(stated) == name


def test_a_page_of_many_is_nobodys_name() -> None:
    held = fts(url="https://portal.example.org/tenders")
    assert names(held, ()).own == {"ocds-h6vhtk-0a0001"}


SHARED = Path(os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared/data")


def test_real_records_are_joined_to_their_like_and_to_hardly_any_other() -> None:
    """Real notices rewritten to another portal's shape, beside look-alikes of each."""
    if not (SHARED / "find_a_tender").is_dir():
        pytest.skip("no saved pages: set TENDERBELL_SHARED_DATA to their folder")
    found = likeness.scores(likeness.records(SHARED))
    assert min(score.precision for score in found.values()) >= 0.99
    assert found["tender"].recall >= 0.85
    assert min(score.recall for score in found.values()) >= 0.65


def test_every_notice_of_a_record_lends_it_its_page_and_its_links() -> None:
    page = "https://ted.europa.eu/en/notice/-/detail/{}-2026"
    told = [
        make.notice(url=page.format(n), links=(f"ted:{n - 1}-2026", "codice:B1/F7", " "))
        for n in (4711, 4713)
    ]
    found = names(fts(url=page.format(4713)), told)
    assert found.own == {"ocds-h6vhtk-0a0001", "ted:4711-2026", "ted:4713-2026", "codice:b1/f7"}
    assert found.refers == {"ted:4710-2026", "ted:4712-2026"}
