"""Awards that are told together: each listed once, at the state after the last."""

from __future__ import annotations

from datetime import timedelta

from bot.batch import together
from bot.model import Award, Change, Event, Notice, Value
from bot.story import story
from tests.make import NOW, event, notice


def contract(number: int, **more: object) -> Notice:
    given = {
        "id": f"{number:06}-2026", "published": NOW + timedelta(minutes=number), "kind": "UK7",
        "stage": "contract", "restates": False, "status": "awarded",
        "title": f"Call-off {number}",
        "awards": (Award(str(number), (f"Coaches {number} Ltd",)),),
    }  # fmt: skip
    return notice(**(given | more))


def awarded(*notices: Notice) -> list[Event]:
    chapters = story([(n, n.published) for n in notices], source="fts")
    return [chapter.event for chapter in chapters if chapter.event]


def test_thirty_seven_contracts_of_one_framework_are_one_message() -> None:
    """Odd case 5: 37 notices of contracts in 13 minutes."""
    events = awarded(notice(), *(contract(n) for n in range(1, 38)))
    assert [e.name for e in events] == ["new"] + ["awarded"] * 37
    assert len({e.key for e in events}) == 38
    one = together(events[1:])
    assert [award.id for award in one.decisions] == [str(n) for n in range(1, 38)]
    assert one.key == events[1].key
    assert one.record == events[-1].record
    assert one.changes[0].now == tuple(f"Coaches {n} Ltd" for n in range(1, 38))
    assert one.notes == (
        "37 notices of this procurement, told together: 000001-2026 to 000037-2026",
    )


def test_contracts_published_again_with_their_values_are_amendments() -> None:
    """Odd case 5, three hours later: 1 to 3 come again as 37 to 39."""
    signed = NOW - timedelta(days=9)
    first = contract(1, awards=(Award("1", ("A Ltd",), signed=signed, title="Route 1"),))
    again = contract(
        200,
        awards=(Award("37", ("A Limited",), Value(9e5, None, "GBP"), "", signed, (), "Route 1"),),
    )
    one, other = awarded(first, again)
    assert (one.name, other.name) == ("awarded", "amended")
    assert other.changes == (Change("value", None, "900000 GBP"),)
    assert other.record and [a.id for a in other.record.facts.awards] == ["37"]


def test_a_second_call_off_of_the_same_supplier_is_an_award() -> None:
    one = contract(1, awards=(Award("1", ("A Ltd",), signed=NOW),))
    other = contract(2, awards=(Award("2", ("A Ltd",), signed=NOW),))
    priced = contract(
        3, awards=(Award("3", ("A Ltd",), Value(9e5, None, "GBP"), signed=NOW + timedelta(1)),)
    )
    assert [e.name for e in awarded(one, other, priced)] == ["awarded"] * 3


def test_an_award_alone_is_told_as_it_is() -> None:
    one = event("awarded")
    assert together([one]) is one


def test_what_each_said_is_said_once() -> None:
    one = event("awarded", notice="1", words="Framework let", notes=("of interest",))
    two = event("awarded", notice="2", words="Framework let", notes=("of interest", "late"))
    told = together([one, two])
    assert told.words == "Framework let"
    assert told.notes == (
        "of interest",
        "late",
        "2 notices of this procurement, told together: 1 to 2",
    )
