"""What a recipient who was told on one portal need not hear again from another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.known import known, superseded
from bot.model import Award, Change, Event, Record
from tests import make

DAY = timedelta(days=1)
LATER = "2026-06-26T11:00"
MOVED = Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z")
DATED = Change("submission", "2026-06-19", "2026-06-26")
VALUE = Change("value", "1500000 GBP", "2000000 GBP")


def here(name: str = "new", **more: Any) -> Event:
    """An event of the portal that was first."""
    given = {k: more.pop(k) for k in list(more) if k in Event.__dataclass_fields__}
    return make.event(name, record=make.record(**more), **given)


def there(name: str = "new", **more: Any) -> Event:
    """The other portal's."""
    own = {"source": "scotland", "id": "ocds-r6ebe6-0000800001", "notice": "MAY400001"}
    return here(name, **(own | more))


def moved(**more: Any) -> dict[str, Any]:
    return {"deadlines": (make.deadline(when=LATER, **more),)}


KNOWN = {
    "the same new tender": (here(), there()),
    "planning, when the tender is known": (here(), there(stage="planning")),
    "a moved deadline": (
        here("amended", changes=(MOVED,), **moved()), there("amended", changes=(MOVED,), **moved()),
    ),
    "a moved deadline, there without a time": (
        here("amended", changes=(MOVED,), **moved()),
        there("amended", changes=(DATED,), deadlines=(
            make.deadline(when="2026-06-26T22:59:59", dated=True),)),
    ),
    "a moved deadline that the first portal's notice had from the start": (
        here(**moved()), there("amended", changes=(MOVED,), **moved()),
    ),
    "a moved deadline with a description that differs in style": (
        here("amended", changes=(MOVED,), **moved()),
        there("amended", changes=(MOVED, Change("description", "a", "b")), **moved()),
    ),
    "a cancellation": (here("cancelled"), there("cancelled")),
    "an award": (
        here("awarded", awards=(Award("1", ("Kindly Care Ltd", "Gentle Homes")),)),
        there("awarded", awards=(Award("1", ("KINDLY CARE LTD",)),)),
    ),
    "a reminder": (
        here("deadline", deadline=make.deadline(), lead="7d"),
        there("deadline", deadline=make.deadline(), lead="7d"),
    ),
}  # fmt: skip

NEWS = {
    "a tender after its planning notice": (here(stage="planning"), there()),
    "an amendment of something else": (
        here("amended", changes=(MOVED,), **moved()),
        there("amended", changes=(VALUE,), **moved()),
    ),
    "one change more than was told": (
        here("amended", changes=(MOVED,), **moved()),
        there("amended", changes=(MOVED, VALUE), **moved()),
    ),
    "a deadline moved elsewhere": (
        here("amended", changes=(MOVED,), **moved()),
        there("amended", changes=(Change("submission", "2026-06-19T11:00:00Z",
                                         "2026-07-03T11:00:00Z"),),
              deadlines=(make.deadline(when="2026-07-03T11:00"),)),
    ),
    "the same change months later": (
        here("amended", changes=(VALUE,)),
        there("amended", changes=(VALUE,), at=make.NOW + 60 * DAY),
    ),
    "a description alone, in other words": (
        here("amended", changes=(Change("description", "a", "b"),)),
        there("amended", changes=(Change("description", "a", "c"),)),
    ),
    "a cancellation, when only the tender was told": (here(), there("cancelled")),
    "an award to another": (
        here("awarded", awards=(Award("1", ("Kindly Care Ltd",)),)),
        there("awarded", awards=(Award("1", ("Gentle Homes",)),)),
    ),
    "another lead": (
        here("deadline", deadline=make.deadline(), lead="7d"),
        there("deadline", deadline=make.deadline(), lead="1d"),
    ),
    "another deadline": (
        here("deadline", deadline=make.deadline(), lead="7d"),
        there("deadline", deadline=make.deadline("enquiry"), lead="7d"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN)
def test_known(case: str) -> None:
    first, second = KNOWN[case]
    assert known(second, [first]) == first


@pytest.mark.parametrize("case", NEWS)
def test_news(case: str) -> None:
    first, second = NEWS[case]
    assert known(second, [first]) is None


def test_what_a_cancellation_ended_is_news_again() -> None:
    assert known(there(), [here(), here("cancelled")]) is None
    relaunched = here()
    assert known(there(), [here(), here("cancelled"), relaunched]) is relaunched
    assert known(there("cancelled"), [here("cancelled"), here()]) is None


def test_a_date_that_was_moved_and_is_moved_back_is_news() -> None:
    """It stood so in the first message, but the last one said otherwise."""
    told = [here(), here("amended", changes=(MOVED,), **moved())]
    back = there("amended", changes=(replace(MOVED, was=MOVED.now, now=MOVED.was),))
    assert known(back, told) is None
    onward = there("amended", changes=(MOVED,), **moved())
    assert known(onward, told) is told[1]


def test_a_value_that_was_changed_and_is_changed_back_is_news() -> None:
    back = replace(VALUE, was=VALUE.now, now=VALUE.was)
    told = [here("amended", changes=(VALUE,)), here("amended", changes=(back,))]
    assert known(there("amended", changes=(VALUE,)), told) is None
    assert known(there("amended", changes=(back,)), told) is told[1]


def test_nothing_was_told() -> None:
    assert known(there(), []) is None


# ---------------------------------------------------------------- two portals, two dates


def held(source: str, days: float, learned: float, when: str = LATER) -> Record:
    date = make.deadline(when=when, learned=make.NOW + learned * DAY)
    return make.record(source=source, deadlines=(date,), published=make.NOW + days * DAY)


def test_the_later_publication_has_the_date_in_force() -> None:
    old = held("fts", 0, 0, "2026-06-19T11:00")
    new = held("scotland", 3, 3)
    assert superseded(old.facts.deadlines[0], old, [new]) is new
    assert superseded(new.facts.deadlines[0], new, [old]) is None


def test_within_a_day_the_date_that_was_learned_last_is_in_force() -> None:
    morning = held("fts", 0.4, 0.4, "2026-06-19T11:00")
    moved_today = held("scotland", 0, 0.6)  # that portal states the day alone
    assert superseded(morning.facts.deadlines[0], morning, [moved_today]) is moved_today
    assert superseded(moved_today.facts.deadlines[0], moved_today, [morning]) is None


def test_a_portal_that_says_nothing_or_the_same_supersedes_nothing() -> None:
    old = held("fts", 0, 0)
    same = held("scotland", 3, 3)
    silent = replace(same, facts=replace(same.facts, deadlines=()))
    assert superseded(old.facts.deadlines[0], old, [same, silent]) is None


def test_a_date_read_from_a_text_supersedes_no_field() -> None:
    field = held("fts", 0, 0, "2026-06-19T11:00")
    text = held("scotland", 3, 3)
    words = (replace(text.facts.deadlines[0], origin="words"),)
    text = replace(text, facts=replace(text.facts, deadlines=words))
    assert superseded(field.facts.deadlines[0], field, [text]) is None
    assert superseded(words[0], text, [replace(field, published=text.published + 2 * DAY)])
