"""What kind of notice a release is, and what it calls off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.watchers import ocds
from tests.watchers.ocds import cf, legacy, notice, of_type, release


@pytest.mark.parametrize(
    ("name", "where", "tag", "expected"),
    [
        ("UK1", "tender", "planning", ("planning", "planned", True)),
        ("UK2", "tender", "planning", ("planning", "planned", True)),
        ("UK3", "tender", "planning", ("planning", "planned", True)),
        ("UK4", "tender", "tender", ("tender", "open", True)),
        ("UK13", "tender", "tender", ("tender", "open", True)),
        ("UK5", "awards", "award", ("award", "awarded", False)),
        ("UK6", "awards", "award", ("award", "awarded", False)),
        ("UK14", "awards", "award", ("award", "awarded", False)),
        ("UK15", "tender", "award", ("award", None, False)),
        ("UK7", "contracts", "award", ("contract", "awarded", False)),
        ("UK9", "contracts", "implementation", ("contract", None, False)),
        ("UK10", "contracts", "contractAmendment", ("contract", None, False)),
        ("UK16", "tender", "tenderCancellation", ("tender", "cancelled", False)),
    ],
)
def test_the_notice_type_decides_before_the_tag(
    name: str, where: str, tag: str, expected: tuple[str, str, bool]
):
    found = notice(of_type(name, where, tag=[tag]))
    assert found.kind == name
    assert (found.stage, found.status, found.restates) == expected


@pytest.mark.parametrize(
    ("make", "tags", "expected"),
    [
        (legacy, ["planning"], ("planning", "planned", True)),
        (legacy, ["planning", "tender"], ("tender", "open", True)),
        (legacy, ["tender"], ("tender", "open", True)),
        (legacy, ["award", "contract"], ("award", "awarded", False)),
        (legacy, ["awardUpdate", "contractUpdate"], ("contract", None, False)),
        (cf, ["planning"], ("planning", "planned", True)),
        (cf, ["tenderAmendment"], ("tender", "open", True)),
        (cf, ["tenderUpdate"], ("tender", "open", True)),
        (cf, ["award"], ("award", "awarded", False)),
        (cf, ["awardUpdate"], ("award", "awarded", False)),
        (cf, ["tenderCancellation"], ("tender", "cancelled", False)),
        (cf, ["unheard-of"], ("tender", "open", True)),
        (cf, [], ("tender", "open", True)),
    ],
)
def test_without_a_notice_type_the_tags_decide(make: Any, tags: list[str], expected: Any):
    found = notice(make(tag=tags))
    assert (found.stage, found.status, found.restates) == expected


def test_a_compiled_release_stands_where_its_newest_notice_stands():
    old = {"id": "1", "noticeType": "UK2", "datePublished": "2025-11-20T10:00:00Z"}
    new = {"id": "2", "noticeType": "UK4", "datePublished": "2026-05-12T10:00:00Z"}
    found = release({"documents": [new]}, tag=["compiled"], planning={"documents": [old]})
    assert notice({**found, "id": "ocds-h6vhtk-0a0001-2026"}).kind == "UK4"


@pytest.mark.parametrize(
    "tag", ["tenderUpdate", "planningUpdate", "awardUpdate", "tenderAmendment"]
)
def test_an_update_says_so_by_its_tag(tag: str):
    assert notice(release(tag=[tag])).update
    assert not notice(release()).update


@pytest.mark.parametrize(
    ("document", "edited"),
    [
        ({"id": "1"}, False),
        ({"id": "1", "dateModified": "2026-05-12T10:00:00+01:00"}, True),
        ({"id": "3"}, True),
        ({"id": "2", "url": "https://tenders.example.org/2", "dateModified": "2026-05-12"}, False),
    ],
)
def test_contracts_finder_hides_edits_under_the_plain_tag(document: dict[str, str], edited: bool):
    own = {"documentType": "tenderNotice", "url": f"{ocds.CF}/Notice/{ocds.UUID}"}
    assert notice(cf({"documents": [own | document]})).update is edited


def uk12(status: str | None, award: str, contract: str | None = None, **more: Any) -> Any:
    holders: dict[str, Any] = {
        "awards": [{"id": "1", "status": award, "relatedLots": ["1"], **more}]
    }
    if contract:
        holders["contracts"] = [{"id": "1", "awardID": "1", "status": contract, **more}]
    found = of_type("UK12", tag=["tenderCancellation"], **holders)
    found["tender"]["lots"] = [{"id": "1", "status": status}]
    found["tender"]["status"] = status
    return found


@pytest.mark.parametrize("status", ["withdrawn", "cancelled", "complete"])
def test_uk12_calls_the_tender_off_whatever_status_it_shows(status: str):
    found = notice(uk12(status, "cancelled", statusDetails="No bids were received."))
    assert (found.cancels, found.status, found.stage) == ("tender", "cancelled", "tender")
    assert found.words == "No bids were received."
    assert not found.restates


def test_uk12_without_a_status_calls_a_contract_off_and_not_the_tender():
    found = notice(uk12(None, "active", "cancelled", statusDetails="Another bidder takes over."))
    assert (found.cancels, found.stage) == ("contract", "contract")
    assert found.facts.awards[0].status == "cancelled"
    assert found.words == "Another bidder takes over."


def test_uk12_of_a_lot_leaves_the_tender_alive():
    found = uk12("active", "cancelled")
    found["tender"]["lots"] = [{"id": "1", "status": "cancelled"}, {"id": "2", "status": "active"}]
    assert notice(found).cancels == "lot"


@pytest.mark.parametrize(
    ("reasons", "cancels"),
    [
        (["contractCompleted"], None),
        ([], None),
        (["breachOfContract"], "contract"),
        (["mutuallyAgreed"], "contract"),
        (["other"], "contract"),
        (["contractCompleted", "other"], "contract"),
    ],
)
def test_uk11_is_mostly_the_ordinary_end(reasons: list[str], cancels: str | None):
    found = of_type("UK11", "contracts", tag=["contractTermination"])
    found["contracts"][0] |= {
        "status": "terminated",
        "terminationRationaleClassifications": [{"id": reason} for reason in reasons],
    }
    told = notice(found)
    assert (told.cancels, told.status) == (cancels, "ended")
    assert [award.status for award in told.facts.awards] == ["terminated"]


AWARDS = {
    "one of two": ([("active", None), ("unsuccessful", "unsuccessful")], None, "awarded"),
    "lots cancelled, award active": ([("active", None)], None, "awarded"),
    "discontinued": ([("unsuccessful", "discontinued")], "tender", "cancelled"),
    "no bids": ([("unsuccessful", "unsuccessful")], None, "ended"),
    "part discontinued": ([("active", None), ("unsuccessful", "discontinued")], None, "awarded"),
}


@pytest.mark.parametrize(("awards", "cancels", "status"), AWARDS.values(), ids=AWARDS)
def test_a_legacy_award_notice_cancels_only_what_it_calls_discontinued(
    awards: list[tuple[str, str | None]], cancels: str | None, status: str
):
    """Legacy-lot-status: the lots say cancelled beside active awards."""
    rows = [{"id": str(n), "status": s, "statusDetails": d} for n, (s, d) in enumerate(awards)]
    lots = [{"id": "1", "status": "cancelled"}]
    found = notice(legacy({"lots": lots, "status": "complete"}, tag=["award"], awards=rows))
    assert (found.cancels, found.status) == (cancels, status)
    assert found.facts.lots
    assert found.facts.lots[0].status == ""


def test_a_tender_cancelled_by_an_award_release_is_relaunched_by_a_plain_tender():
    """Odd case 3: the relaunch restates everything and says open."""
    fallen = [{"id": "1", "status": "unsuccessful", "statusDetails": "discontinued"}]
    off = notice(legacy({"status": "cancelled"}, tag=["award", "contract"], awards=fallen))
    again = notice(legacy(id="000102-2026"))
    assert (off.cancels, off.status) == ("tender", "cancelled")
    assert (again.cancels, again.status, again.restates) == (None, "open", True)


@pytest.mark.parametrize("status", ["cancelled", "withdrawn"])
@pytest.mark.parametrize("tag", ["tender", "award", "planning"])
def test_contracts_finder_cancels_by_its_status(status: str, tag: str):
    found = notice(cf({"status": status}, tag=[tag]))
    assert (found.cancels, found.status) == ("tender", "cancelled")


def test_a_withdrawn_plan_is_cancelled():
    found = of_type("UK1", tag=["planningUpdate"])
    found["tender"]["status"] = "withdrawn"
    assert notice(found).cancels == "tender"


def test_a_cancelled_lot_of_a_live_tender_is_told_by_the_lot_alone():
    found = notice(release({"lots": [{"id": "1", "status": "cancelled"}, {"id": "2"}]}))
    assert (found.cancels, found.status) == (None, "open")
    assert found.facts.lots
    assert found.facts.lots[0].status == "cancelled"
