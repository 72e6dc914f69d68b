"""Folding: what a full statement replaces, what a stub leaves, and the order of arrival."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.fold import fold, refold
from bot.model import Award, Edit, Facts, Lot, Notice, Record
from tests.make import NOW, at, deadline, facts, notice


def folded(*notices: Notice) -> Record:
    record = refold([(n, NOW) for n in notices], source="fts")
    assert record is not None
    return record


def later(hours: int = 24, number: int = 2, **more: object) -> Notice:
    return notice(
        id=f"00010{number}-2026", published=NOW + timedelta(hours=hours), update=True, **more
    )


def stub(**more: object) -> Notice:
    return later(restates=False, facts=more.pop("facts", Facts()), **more)


def test_a_full_statement_removes_the_deadline_it_leaves_out() -> None:
    record = folded(notice(), later(deadlines=(deadline(),)))
    assert [d.kind for d in record.facts.deadlines] == ["submission"]


def test_a_stub_leaves_deadlines_lots_and_codes_as_they_were() -> None:
    before = folded(notice(lots=(Lot("1", "North"),)))
    after = folded(notice(lots=(Lot("1", "North"),)), stub(cancels="tender"))
    assert after.facts == before.facts
    assert after.status == "cancelled"


def test_a_legacy_corrigendum_moves_the_one_deadline_that_it_names() -> None:
    moved = deadline("submission", "2026-07-03T11:00")
    edit = Edit("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z", moved)
    record = folded(notice(), stub(edits=(edit,)))
    assert {d.key for d in record.facts.deadlines} == {
        "submission@2026-07-03T11:00Z",
        "enquiry@2026-06-05T11:00Z",
    }


def test_silence_of_an_update_erases_no_title_value_or_buyer() -> None:
    record = folded(notice(), later(facts=Facts(deadlines=(deadline(),))))
    assert record.facts.title == facts().title
    assert record.facts.value == facts().value
    assert record.facts.buyers == facts().buyers


def test_a_call_off_does_not_rename_the_framework() -> None:
    award = notice(
        id="000200-2026",
        published=NOW + timedelta(days=60),
        kind="UK7",
        stage="contract",
        restates=False,
        status="awarded",
        facts=Facts(title="Call-off 17", awards=(Award("1", ("Acme Care Ltd",)),)),
    )
    record = folded(notice(), award)
    assert record.facts.title == facts().title
    assert (record.stage, record.status) == ("contract", "awarded")
    assert record.facts.awards[0].suppliers == ("Acme Care Ltd",)


def test_awards_pile_up_and_a_contract_keeps_the_suppliers_of_its_award() -> None:
    def award(number: int, *awards: Award) -> Notice:
        return notice(
            id=f"00020{number}-2026",
            published=NOW + timedelta(days=number),
            kind=f"UK{number}",
            stage="award",
            restates=False,
            facts=Facts(awards=awards),
        )

    record = folded(
        award(6, Award("a", ("Acme",)), Award("b", ("Bell",))),
        award(7, Award("a", (), signed=at("2026-06-01"))),
    )
    assert [(a.id, a.suppliers, bool(a.signed)) for a in record.facts.awards] == [
        ("a", ("Acme",), True),
        ("b", ("Bell",), False),
    ]


def test_when_we_learned_of_a_deadline_is_kept_until_it_moves() -> None:
    first = fold(None, notice(), source="fts", learned=NOW)
    same = fold(first, later(), source="fts", learned=NOW + timedelta(days=1))
    assert {d.learned for d in same.facts.deadlines} == {NOW}
    moved = fold(
        same,
        later(48, 3, deadlines=(deadline("submission", "2026-06-26T11:00"),)),
        source="fts",
        learned=NOW + timedelta(days=2),
    )
    assert [d.learned for d in moved.facts.deadlines] == [NOW + timedelta(days=2)]


def test_an_older_notice_read_later_does_not_change_when_we_learned_of_a_deadline() -> None:
    past = [(notice(), NOW + timedelta(days=2)), (later(), NOW + timedelta(days=1))]
    record = refold(past, source="fts")
    assert record
    assert {d.learned for d in record.facts.deadlines} == {NOW + timedelta(days=1)}


def test_a_forecast_that_becomes_firm_is_learned_anew() -> None:
    planned = notice(kind="UK3", stage="planning", deadlines=(deadline(firm=False),))
    first = fold(None, planned, source="fts", learned=NOW)
    firm = fold(first, later(deadlines=(deadline(),)), source="fts", learned=at("2026-06-01"))
    assert [d.learned for d in firm.facts.deadlines] == [at("2026-06-01")]


def test_a_relaunch_lifts_a_cancellation() -> None:
    record = folded(notice(), stub(cancels="tender"), later(72, 3))
    assert record.status == "open"


def test_the_end_of_one_contract_does_not_cancel_the_tender() -> None:
    record = folded(notice(), stub(cancels="contract"))
    assert (record.stage, record.status) == ("tender", "open")


def test_a_cancelled_contract_seen_first_is_not_an_open_tender() -> None:
    record = folded(stub(cancels="contract", kind="UK12"))
    assert record.stage == "contract"


def test_steps_say_how_the_record_came_here() -> None:
    planning = notice(id="000050-2025", kind="UK2", stage="planning", published=at("2025-11-20"))
    record = folded(planning, notice(), later())
    assert [(step.kind, step.notice) for step in record.steps] == [
        ("UK2", "000050-2025"),
        ("UK4", "000101-2026"),
    ]


# What a notice may be: full statements of three forms, and stubs of every sort.
SORTS: dict[str, dict[str, object]] = {
    "UK2": {"kind": "UK2", "stage": "planning"},
    "UK3": {"kind": "UK3", "stage": "planning"},
    "UK4": {},
    "update": {"update": True},
    "stub": {"update": True, "restates": False},
    "correction": {"update": True, "restates": False, "facts": Facts()},
    "withdrawn": {"kind": "UK12", "restates": False, "cancels": "tender", "facts": Facts()},
    "lot off": {"restates": False, "cancels": "lot",
                "facts": Facts(lots=(Lot("1"), Lot("2", status="cancelled")))},
    "award": {"kind": "UK6", "stage": "award", "restates": False, "status": "awarded"},
    "contract": {"kind": "UK7", "stage": "contract", "restates": False, "status": "awarded"},
    "ended": {"kind": "UK11", "stage": "contract", "restates": False, "cancels": "contract"},
}  # fmt: skip


def sorted_out(sort: str, number: int, day: int, title: str, when: str, words: str) -> Notice:
    """A notice of a sort, on one of a few days, so that some share their instant."""
    end = deadline("submission", when, origin="words" if words else "field")
    more = SORTS[sort]
    given: dict[str, object] = {
        "id": f"{number:06d}-2026", "published": NOW + timedelta(days=day), "words": words,
        "facts": facts(title=title, deadlines=(end,), lots=(Lot("1", title), Lot("2", "South"))),
    }  # fmt: skip
    if more.get("stage") in ("award", "contract"):
        won = Award(f"{number % 3}", (f"{title} Ltd",), lots=("1",))
        given["facts"] = Facts(awards=(won,), deadlines=(deadline("standstill", when),))
    if sort == "correction":
        given["edits"] = (Edit("submission", None, when, deadline("submission", when)),)
    return notice(**(given | more))


NOTICES = st.lists(
    st.builds(
        sorted_out,
        st.sampled_from(sorted(SORTS)),
        st.integers(1, 999),
        st.integers(0, 9),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["2026-06-19T11:00", "2026-06-26T11:00"]),
        st.sampled_from(["", "Typo mended"]),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda n: n.id,
)


@given(NOTICES, st.randoms())
def test_any_order_of_arrival_ends_in_the_same_record(notices: list[Notice], random) -> None:
    """The very same, also in when each date was learned, which comparing leaves out."""
    arrived = [(n, n.published + timedelta(hours=place)) for place, n in enumerate(notices)]
    shuffled = list(arrived)
    random.shuffle(shuffled)
    one, other = (refold(some, source="fts") for some in (arrived, shuffled))
    assert one == other and one is not None and other is not None
    assert [d.learned for d in one.facts.deadlines] == [d.learned for d in other.facts.deadlines]


# ---------------------------------------------------------------- lots that end


NORTH, SOUTH = Lot("1", "North", status="active"), Lot("2", "South", status="active")


def statuses(record: Record) -> list[str]:
    return [lot.status for lot in record.facts.lots or ()]


def test_a_stub_that_calls_off_a_lot_leaves_it_all_but_open() -> None:
    off = stub(cancels="lot", facts=Facts(lots=(Lot("1"), Lot("2", status="cancelled"))))
    record = folded(notice(lots=(NORTH, SOUTH)), off)
    assert [lot.title for lot in record.facts.lots or ()] == ["North", "South"]
    assert statuses(record) == ["active", "cancelled"]
    assert record.status == "open"


def test_a_lot_restated_without_a_status_is_not_opened_again() -> None:
    off = later(lots=(NORTH, Lot("2", "South", status="withdrawn")))
    again = later(48, 3, lots=(Lot("1", "North"), Lot("2", "South")))
    assert statuses(folded(notice(lots=(NORTH, SOUTH)), off, again)) == ["", "withdrawn"]


def test_a_lot_restated_as_active_is_open_again() -> None:
    off = later(lots=(NORTH, Lot("2", "South", status="withdrawn")))
    again = later(48, 3, lots=(NORTH, SOUTH))
    assert statuses(folded(notice(lots=(NORTH, SOUTH)), off, again)) == ["active", "active"]
