"""Stages under one record: what each odd sequence of notices is told as, in any order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detect import AGAIN, ALREADY_AMENDED, PARTLY, false_now, reminders, wake
from bot.fold import fold, order, refold
from bot.match import Index
from bot.model import PROPOSED, Award, Edit, Event, Extension, Facts, Lot, Notice, Record
from bot.story import belated, story, told
from tests.make import NOW, at, deadline, facts, lead, notice, record, subscription

ACME = ("Acme Care Ltd",)


def numbered(number: int, **more: Any) -> Notice:
    given = {"id": f"{number:06}-2026", "published": NOW + timedelta(hours=number)}
    return notice(**(given | more))


def stub(number: int, kind: str, stage: str, **more: Any) -> Notice:
    given = {"kind": kind, "stage": stage, "restates": False, "status": None, "facts": Facts()}
    return numbered(number, **(given | more))


def won(*ids: str, **more: Any) -> Facts:
    return Facts(awards=tuple(Award(id, ACME, **more) for id in ids))


TENDER = numbered(1)
PLAN = numbered(0, kind="UK1", stage="planning", status="planned")
INTENTION = stub(2, "UK5", "award", status="awarded", facts=won("1"))
AWARD = stub(3, "UK6", "award", status="awarded", facts=won("1"))
CONTRACT = stub(4, "UK7", "contract", status="awarded", facts=won("1", signed=at("2026-06-01")))
CANCEL = stub(5, "UK12", "tender", status="cancelled", cancels="tender")
MOVED = Edit(
    "submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z", deadline(when="2026-07-03T11:00")
)
CORRIGENDUM = stub(2, "tenderUpdate", "tender", update=True, edits=(MOVED,))

# the notices, the names of their events, and how the record stands in the end
SEQUENCES: dict[str, tuple[list[Notice], list[str | None], tuple[str, str]]] = {
    "plan, tender, intention, award, contract: signed is no second award": (
        [PLAN, TENDER, INTENTION, AWARD, CONTRACT],
        ["new", "new", "awarded", "awarded", "amended"],
        ("contract", "awarded"),
    ),
    "an intention that goes straight to the contract": (
        [INTENTION, CONTRACT],
        ["awarded", "amended"],
        ("contract", "awarded"),
    ),
    "a plan is withdrawn": (
        [PLAN, replace(CANCEL, status="cancelled")],
        ["new", "cancelled"],
        ("planning", "cancelled"),
    ),
    "a cancellation said twice": (
        [TENDER, CANCEL, replace(CANCEL, id="000006-2026")],
        ["new", "cancelled", None],
        ("tender", "cancelled"),
    ),
    "cancelled by an award notice and relaunched two hours later": (
        [
            TENDER,
            stub(2, "award+contract", "award", status="cancelled", cancels="tender"),
            numbered(4),
        ],
        ["new", "cancelled", "new"],
        ("tender", "open"),
    ),
    "a formal tender and its award within half an hour": (
        [TENDER, replace(AWARD, published=TENDER.published + timedelta(minutes=21))],
        ["new", "awarded"],
        ("award", "awarded"),
    ),
    "a completed contract is no cancellation": (
        [AWARD, CONTRACT, stub(9, "UK11", "contract", status="ended", facts=won("1"))],
        ["awarded", "amended", "amended"],
        ("contract", "ended"),
    ),
    "one of two contracts is completed: the other runs on": (
        [
            stub(3, "UK6", "award", status="awarded", facts=won("1", "2")),
            stub(
                9, "UK11", "contract", status="ended",
                facts=Facts(awards=(Award("1", status="terminated"),)), words="All is delivered.",
            ),
        ],
        ["awarded", "amended"],
        ("contract", "awarded"),
    ),
    "a contract broken off": (
        [
            AWARD,
            stub(9, "UK11", "contract", status="ended", cancels="contract", facts=won("1")),
        ],
        ["awarded", "cancelled"],
        ("award", "awarded"),
    ),
    "a replacement contract after the end of the first": (
        [
            AWARD,
            stub(9, "UK11", "contract", status="ended", facts=won("1")),
            stub(12, "UK7", "contract", status="awarded", facts=Facts(awards=(Award("2", ACME),))),
        ],
        ["awarded", "amended", "awarded"],
        ("contract", "awarded"),
    ),
    "a termination of one contract does not cancel the tender": (
        [TENDER, stub(9, "UK12", "contract", status="ended", cancels="contract")],
        ["new", "cancelled"],
        ("tender", "open"),
    ),
    "an award in words alone, under the tag of an update": (
        [
            stub(3, "award+contract", "award", status="awarded", facts=won("x/1")),
            stub(9, "tenderUpdate", "award", status="awarded", words="It was concluded."),
        ],
        ["awarded", "awarded"],
        ("award", "awarded"),
    ),
    "a corrigendum of an award": (
        [
            stub(3, "award+contract", "award", status="awarded", facts=won("x/1")),
            stub(9, "tenderUpdate", "award", update=True, words="Weekly should read daily."),
        ],
        ["awarded", "amended"],
        ("award", "awarded"),
    ),
    "a payment report of a contract never seen": (
        [stub(3, "UK8", "contract")],
        [None],
        ("contract", "awarded"),
    ),
    "a forecast becomes firm": (
        [
            numbered(0, kind="UK3", stage="planning", status="planned",
                     deadlines=(deadline(firm=False),)),
            TENDER,
        ],
        ["new", "new"],
        ("tender", "open"),
    ),
}  # fmt: skip


def events(*notices: Notice) -> list[Event | None]:
    return [chapter.event for chapter in story([(n, NOW) for n in notices], source="fts")]


@pytest.mark.parametrize("name", SEQUENCES)
def test_what_a_sequence_is_told_as(name: str) -> None:
    notices, names, end = SEQUENCES[name]
    assert [event.name if event else None for event in events(*notices)] == names
    held = refold([(n, NOW) for n in notices], source="fts")
    assert held and (held.stage, held.status) == end


def test_a_fallen_contract_says_that_the_procurement_stands() -> None:
    _, event = events(TENDER, stub(9, "UK12", "contract", status="ended", cancels="contract"))
    assert event and event.notes == (PARTLY,)
    _, event = events(TENDER, CANCEL)
    assert event and event.notes == ()


def test_a_relaunch_says_so_and_counts_down_to_its_own_date() -> None:
    again = numbered(9, deadlines=(deadline(when="2026-07-03T11:00"),))
    *_, event = events(TENDER, CANCEL, again)
    assert event and event.notes == (AGAIN,)
    held = refold([(n, n.published) for n in (TENDER, CANCEL, again)], source="fts")
    assert held
    due = reminders(held, at("2026-06-27"), {"submission": (lead("7d"),)})
    assert [e.key.split("/")[-2] for e in due] == ["submission@2026-07-03T11:00Z"]


def test_an_announced_change_of_a_contract_says_so_and_moves_nothing() -> None:
    """Odd case 8: `proposedAmendments` against `amendments`."""
    end = deadline("contract-end", "2030-09-12T22:59:59", dated=True)
    held = stub(3, "UK7", "contract", status="awarded", facts=replace(won("1"), deadlines=(end,)))
    line = Edit("contract-end", None, "2031-05-31", label=PROPOSED)
    _, event = events(held, stub(9, "UK10", "contract", update=True, edits=(line,)))
    assert event and event.notes == (PROPOSED,)
    assert [(c.field, c.was, c.now) for c in event.changes] == [
        ("contract-end", "2030-09-12", "2031-05-31")
    ]
    assert event.record and event.record.facts.deadlines[0].at == end.at


def test_only_the_decisions_of_a_notice_are_told_with_it() -> None:
    first, second = events(
        AWARD, stub(4, "UK6", "award", status="awarded", facts=Facts(awards=(Award("2", ("B",)),)))
    )
    assert first and [a.id for a in first.decisions] == ["1"]
    assert second and [a.id for a in second.decisions] == ["2"]
    assert second.record and [a.id for a in second.record.facts.awards] == ["1", "2"]


# ---------------------------------------------------------------- what an award leaves


LOTS = (Lot("1", "North"), Lot("2", "South"))


def contract_ends(*lots: str | None, when: str = "2030-09-12T22:59:59") -> tuple[Any, ...]:
    return tuple(deadline("contract-end", when, dated=True, lot=lot) for lot in lots)


def test_a_date_of_one_lot_s_award_leaves_the_other_lots_theirs() -> None:
    tender = numbered(1, lots=LOTS, deadlines=contract_ends("1", "2"))
    award = stub(
        3, "UK6", "award", status="awarded",
        facts=Facts(
            awards=(Award("1", ACME, lots=("1",)),),
            deadlines=contract_ends(None, when="2031-01-31T22:59:59"),
            extensions=(Extension(at("2032-01-31T22:59:59")),),
        ),
    )  # fmt: skip
    tender = replace(
        tender,
        facts=replace(tender.facts, extensions=tuple(Extension(NOW, lot) for lot in "12")),
    )
    held = refold([(tender, NOW), (award, NOW)], source="fts")
    assert held
    assert {(d.lot, d.at.year) for d in held.facts.deadlines} == {("1", 2031), ("2", 2030)}
    assert {(e.lot, e.at.year) for e in held.facts.extensions or ()} == {("1", 2032), ("2", 2026)}


def test_a_termination_replaces_no_title_of_an_award_known_alone() -> None:
    award = stub(3, "UK6", "award", status="awarded", facts=Facts(title="Taxis", places=("UKD73",)))
    other = stub(9, "UK12", "tender", status="cancelled", cancels="tender",
                 facts=Facts(title="Notice of termination", cpv=facts().cpv))  # fmt: skip
    held = refold([(award, NOW), (other, NOW)], source="fts")
    assert held
    assert held.facts.title == "Taxis"
    assert held.facts.cpv == facts().cpv


# ---------------------------------------------------------------- reminders after an award

FAR = {"contract-end": (lead("180d"),), "contract-start": (lead("7d"),),
       "standstill": (lead("1d"),), "submission": (lead("7d"),)}  # fmt: skip


def awarded(**more: Any) -> Record:
    dates = (
        deadline("submission", "2030-09-01", learned=NOW),
        deadline("contract-end", "2030-09-12T22:59:59", dated=True, learned=NOW),
    )
    return record(stage="contract", status="awarded", deadlines=dates, **more)


def test_the_end_of_an_awarded_contract_is_counted_down_and_its_tender_is_not() -> None:
    held = awarded()
    assert wake(held, NOW, FAR) == at("2030-09-12T22:59:59") - timedelta(days=180)
    (event,) = reminders(held, at("2030-08-31"), FAR)
    assert (event.deadline and event.deadline.kind, event.lead) == ("contract-end", "180d")
    assert false_now(event, held, at("2030-08-31")) is None
    moved = replace(held, facts=replace(held.facts, deadlines=()))
    assert "superseded" in (false_now(event, moved, at("2030-08-31")) or "")
    for status in ("ended", "cancelled"):
        assert status in (false_now(event, replace(held, status=status), NOW) or "")
        assert wake(replace(held, status=status), NOW, FAR) is None


def test_an_awarded_record_sleeps_unless_somebody_asks_for_its_contract() -> None:
    assert wake(awarded(), NOW, {"submission": (lead("7d"),)}) is None
    assert reminders(awarded(), at("2030-08-30"), {"submission": (lead("7d"),)}) == []


def test_a_contract_s_end_reaches_whoever_asked_for_it_at_any_stage() -> None:
    (event,) = reminders(awarded(), at("2030-08-31"), FAR)
    index = Index([subscription("Care", cpv=("853",)), subscription("Roads", cpv=("45",))])
    (match,) = index.matches(event)
    assert match.subscription == "Care"
    assert "stage" not in match.reason
    (plain,) = reminders(
        record(deadlines=(deadline(learned=NOW),)),
        at("2026-06-13"),
        {"submission": FAR["submission"]},
    )
    assert index.matches(plain)
    late = replace(plain, record=awarded())
    assert not index.matches(late)


# ---------------------------------------------------------------- any order of arrival


def arrivals(notices: list[Notice]) -> tuple[list[Event], list[Notice], Record]:
    """The events in the order of arrival, the notices that gave none, and the record they end in.

    As a source is folded: what comes late is put in its place, and told if the present changes.
    """
    past: list[Notice] = []
    held: Record | None = None
    happened, silent = [], []
    for one in notices:
        late = held is not None and order(one) < (held.published, held.notice)
        past.append(one)
        if held is not None and late:
            after = refold([(n, NOW) for n in past], source="fts")
            assert after is not None
            event = belated(held, after, one)
        else:
            after = fold(held, one, source="fts", learned=NOW)
            event = told(held, after, one)
        held = after
        if event:
            happened.append(event)
        else:
            silent.append(one)
    assert held is not None
    return happened, silent, held


LIFE = [
    numbered(1),
    CORRIGENDUM,
    numbered(3, update=True, title="Supported living and day care"),
    stub(4, "tenderUpdate", "tender", update=True,
         edits=(Edit("description", "ten", "twelve"),)),
    stub(5, "UK6", "award", status="awarded", facts=won("1")),
    stub(6, "UK7", "contract", status="awarded", facts=won("1", signed=at("2026-06-01"))),
]  # fmt: skip


@pytest.mark.parametrize("order_", list(itertools.permutations(range(len(LIFE))))[::7])
def test_a_life_ends_in_one_record_however_its_notices_arrive(order_: tuple[int, ...]) -> None:
    happened, silent, held = arrivals([LIFE[n] for n in order_])
    assert held == refold([(n, NOW) for n in LIFE], source="fts")
    # Each notice is told once or, consciously, not at all.
    keys = [event.key for event in happened]
    assert len(set(keys)) == len(keys)
    assert {e.notice for e in happened} | {n.id for n in silent} == {n.id for n in LIFE}
    # What came in its turn is told as ever; only what came late may have nothing left to tell.
    for place, n in enumerate(order_):
        if LIFE[n] in silent:
            assert any(order_[before] > n for before in range(place)), LIFE[n].id


KINDS = st.sampled_from(
    ["tender", "update", "corrigendum", "award", "contract", "cancel", "plan", "award-update"]
)


def made(number: int, kind: str, when: str, who: str) -> Notice:
    dates = (deadline(when=when),)
    match kind:
        case "plan":
            return numbered(number, kind="UK2", stage="planning", status="planned")
        case "tender" | "update":
            return numbered(number, deadlines=dates, update=kind == "update", words=who * 3)
        case "corrigendum":
            edit = Edit("submission", None, when, dates[0])
            return stub(number, "tenderUpdate", "tender", update=True, edits=(edit,))
        case "cancel":
            return stub(number, "UK12", "tender", status="cancelled", cancels="tender")
        case "contract":
            return stub(number, "UK7", "contract", status="awarded",
                        facts=Facts(awards=(Award(who, (f"{who} Ltd",), signed=NOW),)))  # fmt: skip
    return stub(number, "UK6", "award", status="awarded", update=kind == "award-update",
                facts=Facts(awards=(Award(who, (f"{who} Ltd",)),)))  # fmt: skip


LIVES = st.lists(
    st.tuples(KINDS, st.sampled_from(["2026-06-19T11:00", "2026-06-26T11:00"]),
              st.sampled_from("ABC")),
    min_size=1, max_size=7,
).map(lambda parts: [made(n, *part) for n, part in enumerate(parts)])  # fmt: skip


@given(LIVES, st.randoms())
def test_any_order_ends_in_the_same_record_and_loses_nothing(
    notices: list[Notice], random: Any
) -> None:
    shuffled = list(notices)
    random.shuffle(shuffled)
    happened, silent, held = arrivals(shuffled)
    in_turn, _, straight = arrivals(notices)
    assert held == straight
    assert len({e.key for e in happened}) == len(happened)
    told_in_turn = {e.notice for e in in_turn}
    for one in silent:
        earlier = shuffled[: shuffled.index(one)]
        late = any(order(other) > order(one) for other in earlier)
        # In its turn nothing is held back that would be told in order with the same past.
        if not late and set(map(order, earlier)) == {
            order(n) for n in notices if order(n) < order(one)
        }:
            assert one.id not in told_in_turn


def test_an_update_that_comes_first_is_new_and_its_tender_says_nothing_more() -> None:
    update = numbered(3, update=True)
    happened, silent, held = arrivals([update, numbered(1)])
    assert [(e.name, e.notes) for e in happened] == [("new", (ALREADY_AMENDED,))]
    assert silent == [numbered(1)]
    assert held.notice == update.id


def test_the_lines_of_a_corrigendum_that_comes_first_are_told_by_consequence() -> None:
    lines = (Edit("cpv", "33183300", "33183100"), MOVED)
    (event,) = events(stub(2, "tenderUpdate", "tender", update=True, edits=lines))
    assert event and [change.field for change in event.changes] == ["submission", "cpv"]


def test_a_corrigendum_that_comes_first_moves_the_tender_that_comes_after_it() -> None:
    happened, silent, held = arrivals([CORRIGENDUM, TENDER])
    assert [e.name for e in happened] == ["amended", "new"]
    assert silent == []
    assert {d.key for d in held.facts.deadlines} == {
        "submission@2026-07-03T11:00Z",
        "enquiry@2026-06-05T11:00Z",
    }
