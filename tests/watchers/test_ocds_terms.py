"""Award criteria, contacts, engagements and extensions of an OCDS release."""

from __future__ import annotations

from typing import Any

import pytest

from tests.watchers.ocds import cf, legacy, notice, of_type, release

PERCENT = {"number": 40, "weight": "percentageExact"}

# the award criteria of a lot, as they are told
CRITERIA: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a weight in percent": ({"criteria": [{"name": "Price", "numbers": [PERCENT]}]},
                            ("Price 40%",)),
    "a type without a name": ({"criteria": [{"type": "price", "numbers": [PERCENT]}]},
                              ("Price 40%",)),
    "half a percent": ({"criteria": [{"name": "Quality", "numbers": [PERCENT | {"number": 12.5}]}]},
                       ("Quality 12.5%",)),
    "points": ({"criteria": [{"name": "Quality",
                              "numbers": [{"number": 50, "weight": "pointsExact"}]}]},
               ("Quality 50 points",)),
    "an unknown kind of weight": ({"criteria": [{"name": "Quality",
                                                 "numbers": [{"number": 5, "weight": "stars"}]}]},
                                  ("Quality 5",)),
    "legacy: the weight is the description": (
        {"criteria": [{"type": "quality", "name": "Technical", "description": "60%"},
                      {"type": "price", "description": "40"}]},
        ("Technical 60%", "Price 40%"),
    ),
    "a long description is no weight": (
        {"criteria": [{"name": "Quality", "description": "As set out in the invitation. " * 4}]},
        ("Quality",),
    ),
    "in words alone": ({"description": "A preference for local suppliers."},
                       ("A preference for local suppliers.",)),
    "a criterion twice": ({"criteria": [{"name": "Price"}, {"name": "Price"}]}, ("Price",)),
    "nothing": ({}, ()),
    "a weight that is none": ({"criteria": [{"name": "Price", "numbers": [{"number": "x"}, 3]}]},
                              ("Price",)),
    "of another type": ("Price", ()),
}  # fmt: skip


def criteria(found: dict[str, Any]) -> tuple[str, ...]:
    return (notice(found).facts.lots or ())[0].criteria


@pytest.mark.parametrize("name", CRITERIA)
def test_award_criteria_with_their_weights(name: str) -> None:
    stated, expected = CRITERIA[name]
    assert criteria(release({"lots": [{"id": "1", "awardCriteria": stated}]})) == expected


def test_criteria_given_for_all_lots_are_those_of_a_lot_without_its_own() -> None:
    details = {"awardCriteria": {"description": "Price alone."}}
    lots = [{"id": "1"}, {"id": "2", "awardCriteria": {"description": "Quality alone."}}]
    found = notice(release({"lots": lots, "lotDetails": details}))
    assert [lot.criteria for lot in found.facts.lots or ()] == [
        ("Price alone.",),
        ("Quality alone.",),
    ]


@pytest.mark.parametrize("stray", [[{"type": "price"}], {"criteria": [{"type": "price"}]}])
def test_the_stray_criterion_of_a_legacy_award_is_not_read(stray: Any) -> None:
    lots = [{"id": "1", "awardCriteria": stray}]
    assert criteria(legacy({"lots": lots}, tag=["award", "contract"], awards=[{"id": "1"}])) == ()


def party(**point: str) -> dict[str, Any]:
    return {"name": "Northwick Borough Council", "roles": ["buyer"], "contactPoint": point}


def test_the_contact_is_the_first_buyer_s_that_states_one() -> None:
    asked = party(name="Ann Lee", email="ann.lee@example.org", telephone="+44 151 496 0000")
    other = {"name": "Acme", "roles": ["supplier"], "contactPoint": {"email": "acme@example.org"}}
    found = notice(release(parties=[other, party(), asked]))
    assert found.facts.contact == "Ann Lee, ann.lee@example.org, +44 151 496 0000"
    assert notice(release(parties=[other, party()])).facts.contact is None
    inline = release(parties=None, buyer={"name": "X", "contactPoint": {"email": "x@example.org"}})
    assert notice(inline).facts.contact == "x@example.org"


def test_the_engagement_is_told_in_the_buyer_s_words() -> None:
    """Odd case 15: the text has the real dates of the events, the field stays."""
    stones = [
        {"type": "engagement", "description": "A webinar on 8 June."},
        {"type": "preProcurement", "description": "The board decides."},
        {"description": "A visit on 9 June."},
    ]
    found = of_type("UK2", tag=["planning"], planning={"milestones": stones})
    assert notice(found).facts.engagement == "A webinar on 8 June.\nA visit on 9 June."
    assert notice(release()).facts.engagement is None


def lots(*dates: str | None) -> dict[str, Any]:
    return {
        "lots": [
            {"id": str(n), "contractPeriod": {"maxExtentDate": date} if date else {}}
            for n, date in enumerate(dates, start=1)
        ]
    }


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2033-09-30T23:59:59+01:00"], {None: "2033-09-30"}),
        (["2033-09-30T00:00:00+01:00"], {None: "2033-09-30"}),
        (["2033-09-30T23:59:59+01:00"] * 2, {None: "2033-09-30"}),
        (["2033-09-30", "2034-09-30"], {"1": "2033-09-30", "2": "2034-09-30"}),
        (["2033-09-30", None], {"1": "2033-09-30"}),
        ([None], None),
        (["next year"], None),
    ],
)
def test_how_long_a_contract_may_be_extended(
    dates: list[str | None], expected: dict[str | None, str] | None
) -> None:
    found = notice(release(lots(*dates))).facts.extensions
    assert (found and {e.lot: f"{e.at:%Y-%m-%d}" for e in found}) == expected


def test_the_title_of_an_award_is_its_own_or_its_contract_s() -> None:
    found = of_type("UK7", "contracts", tag=["award", "contract"])
    found["contracts"][0] |= {"id": "1", "awardID": "1", "title": "Route 7"}
    found["awards"] = [{"id": "1", "suppliers": [{"name": "Acme"}]}]
    assert [a.title for a in notice(found).facts.awards] == ["Route 7"]


# ---------------------------------------------------------------- a contract's change


def change(name: str, **amendment: Any) -> dict[str, Any]:
    found = of_type("UK10", "contracts", tag=["contractAmendment"])
    found["contracts"][0] |= {"awardID": "1", name: [{"id": "000101-2026", **amendment}]}
    return found


def test_an_announced_change_of_a_contract_moves_no_date() -> None:
    period = {"endDate": "2027-05-31T23:59:59+01:00", "maxExtentDate": "2027-08-31T23:59:59+01:00"}
    worth = {"amount": 509195, "amountGross": 611034, "currency": "GBP"}
    lines = notice(change("proposedAmendments", value=worth, period=period)).edits
    assert [(e.field, e.now, e.deadline, e.label) for e in lines] == [
        ("value", "509195 GBP", None, "announced, not made yet"),
        ("contract-end", "2027-05-31", None, "announced, not made yet"),
        ("contract-extension", "2027-08-31", None, "announced, not made yet"),
    ]


def test_a_change_that_is_made_moves_the_end_of_the_contract() -> None:
    (line,) = notice(change("amendments", period={"endDate": "2027-05-31T23:59:59+01:00"})).edits
    assert (line.field, line.now, line.label) == ("contract-end", "2027-05-31", "")
    assert line.deadline and line.deadline.kind == "contract-end"


def test_a_change_without_figures_has_no_lines() -> None:
    assert notice(change("amendments", rationale="A new owner.")).edits == ()


# ---------------------------------------------------------------- words against the tag


def corrigendum(said: str, *, line: bool = False) -> dict[str, Any]:
    amendment: dict[str, Any] = {"id": "1", "description": "" if line else said}
    if line:
        where = {"section": "VI.3", "label": "Additional information"}
        amendment["unstructuredChanges"] = [{"newValue": {"text": said}, "where": where}]
    gone = {"tenderPeriod": None, "items": None, "lots": None, "status": None}
    return legacy({**gone, "amendments": [amendment]}, tag=["tenderUpdate"])


CONFIRMED = (
    "This is a regime confirmation of contract award notice. This contract has now been formally "
    "awarded under the regulations."
)
IN_ERROR = "This Pipeline Notice was published in error and should be disregarded."


@pytest.mark.parametrize("line", [False, True])
def test_a_confirmed_award_is_one_whatever_its_tag(line: bool) -> None:
    found = notice(corrigendum(CONFIRMED, line=line))
    assert (found.stage, found.status, found.update) == ("award", "awarded", False)


@pytest.mark.parametrize(
    "said",
    [
        "This intention to award notice is corrected: the value was wrong.",
        "The contract award notice will follow once the contract has been awarded.",
        "A confirmation of contract award will be published.",
    ],
)
def test_words_about_an_award_confirm_none(said: str) -> None:
    found = notice(corrigendum(said))
    assert (found.status, found.update) == (None, True)


def planned(said: str, id: str = "000101-2026", tag: str = "planningUpdate") -> dict[str, Any]:
    found = of_type("UK1", tag=[tag])
    found["tender"] |= {"status": "planned", "amendments": [{"id": id, "description": said}]}
    return found


def test_a_plan_published_in_error_is_cancelled() -> None:
    found = notice(planned(f"Correction\n{IN_ERROR}"))
    assert (found.status, found.cancels) == ("cancelled", "tender")
    assert found.words.endswith("disregarded.")


@pytest.mark.parametrize(
    "found",
    [
        planned(IN_ERROR, id="000001-2025"),  # the words of an earlier notice
        planned("The previous notice was published in error; this one is right."),
        planned("This notice was published in error without its lots; they are added."),
        planned("CANCELLATION OF THE MARKET ENGAGEMENT EVENT"),
        planned(IN_ERROR, tag="planning"),
    ],
)
def test_other_errors_cancel_nothing(found: dict[str, Any]) -> None:
    read = notice(found)
    assert (read.status, read.cancels) == ("planned", None)


def test_an_award_notice_published_in_error_calls_its_award_off_alone() -> None:
    said = "This Contract Award Notice was published in error as a duplicate: disregard it."
    found = notice(corrigendum(said, line=True))
    assert (found.stage, found.cancels, found.status) == ("award", "award", None)


@pytest.mark.parametrize(
    ("head", "awarded"),
    [
        ("This is Now Awarded. Taxis for schools.", True),
        ("*This contract has been awarded*", True),
        ("This contract is awarded on the basis of price alone.", False),
        ("This tender will be awarded in June.", False),
        ("Taxis. This is now awarded.", False),
    ],
)
def test_contracts_finder_says_before_the_description_that_it_is_awarded(
    head: str, awarded: bool
) -> None:
    over = {"description": head, "tenderPeriod": {"endDate": "2026-05-01T12:00:00+01:00"}}
    found = notice(cf(over, tag=["tenderAmendment"]))
    assert ((found.stage, found.status) == ("award", "awarded")) == awarded
    assert notice(cf(over, tag=["tender"])).status == "open"
    assert notice(cf({"description": head}, tag=["tenderAmendment"])).status == "open"
