"""Every kind of change and of noise that was seen in real notices, told or not: a table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import changes
from bot.changes.texts import QUOTE, differing
from bot.fold import fold
from bot.model import (
    Buyer,
    Change,
    Code,
    Deadline,
    Document,
    Extension,
    Facts,
    Lot,
    Notice,
    Record,
    Value,
)
from tests.bot.amendments import ROWS, Row
from tests.make import NOW, at, facts, notice


def between(row: Row) -> tuple[Change, ...]:
    # An award speaks of its own facts alone.
    stub = row.first.get("restates") is False
    plain = {"title": "Care"} if stub else {}
    given = [Facts(**(plain | part)) if stub else facts(**part) for part in (row.was, row.now)]
    first = notice(facts=given[0], **row.first)
    more = {"update": row.second.get("kind") in (None, "UK4")} | row.second
    if row.second.get("restates") is False and not stub:
        given[1] = Facts(**row.now)
    second = notice(id="000102-2026", published=at("2026-05-13"), facts=given[1], **more)
    before = fold(None, first, source="fts", learned=NOW)
    return changes(before, fold(before, second, source="fts", learned=NOW), second)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_told_between_two_notices(name: str) -> None:
    row = ROWS[name]
    assert between(row) == row.told


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if not row.told and not row.first])
def test_what_is_noise_is_noise_in_reverse(name: str) -> None:
    row = ROWS[name]
    one_way = (
        "left out",
        "not stated",
        "no longer stated",
        "not repeated",
        "at last",
        "taken away",
        "is gone",
    )
    if row.second or any(words in name for words in one_way):
        assert between(row) == ()
        return
    assert between(Row(row.now, row.was)) == ()


# ---------------------------------------------------------------- laws

DAYS = st.sampled_from(["2026-06-19T11:00", "2026-06-26T11:00", "2026-07-03T22:59:59"])
LOT_IDS = st.sampled_from(["1", "2", "3"])
DEADLINE = st.builds(
    lambda kind, when, lot, dated: Deadline(kind, at(when), dated, lot=lot),
    st.sampled_from(["submission", "enquiry", "engagement", "contract-end"]),
    DAYS,
    st.one_of(st.none(), LOT_IDS),
    st.booleans(),
)
TEXT = st.lists(
    st.sampled_from(["Care.", "Ten homes.", "In the north.", "Bids by post", "1,000 hours;"]),
    min_size=1,
    max_size=5,
).map(" ".join)
VALUE = st.builds(
    Value,
    st.one_of(st.none(), st.sampled_from([1000.0, 2000.5, 9e9])),
    st.sampled_from([1200.0, 2400.0]),
    st.sampled_from(["GBP", "EUR"]),
)
CODES = st.lists(st.sampled_from([Code("85311000"), Code("85312000"), Code("45000000")]),
                 min_size=1, max_size=3, unique=True).map(tuple)  # fmt: skip
PLACES = st.lists(st.sampled_from(["UKD73", "UKM50", "Northwick Docks"]), min_size=1, max_size=3,
                  unique=True).map(tuple)  # fmt: skip
LOT = st.builds(
    Lot,
    LOT_IDS,
    st.sampled_from(["North", "South", "East", ""]),
    st.sampled_from(["", "Homes.", "Roads and homes."]),
    st.sampled_from(["", "active", "planned", "cancelled"]),
    st.one_of(st.none(), VALUE),
    CODES,
    PLACES,
    criteria=st.sampled_from([(), ("Price 40%", "Quality 60%"), ("Price 60%", "Quality 40%")]),
)
STATED = st.builds(
    Facts,
    title=st.sampled_from(["Care", "Homes and care", "Roads"]),
    description=TEXT,
    engagement=st.one_of(st.none(), TEXT),
    contact=st.sampled_from([None, "Ann Lee, ann@example.org", "Ben Roy, ben@example.org"]),
    buyers=st.sampled_from([(Buyer("Northwick Council", "A"),), (Buyer("Wick & Dale Ltd", "B"),)]),
    cpv=CODES,
    places=PLACES,
    value=st.one_of(st.none(), VALUE),
    procedure=st.sampled_from([None, "open", "Open procedure", "Restricted procedure"]),
    submission=st.sampled_from([None, "https://a.example.org", "https://b.example.org"]),
    deadlines=st.lists(DEADLINE, max_size=4, unique_by=lambda d: (d.kind, d.lot)).map(tuple),
    lots=st.one_of(
        st.none(), st.lists(LOT, min_size=1, max_size=3, unique_by=lambda x: x.id).map(tuple)
    ),
    documents=st.lists(
        st.sampled_from(
            [Document("1", "Brief", "https://x.example.org/1"), Document("2", "Terms")]
        ),
        unique=True,
    ).map(tuple),
    extensions=st.sampled_from([None, (Extension(at("2030-01-01")),)]),
)


def record(said: Facts) -> tuple[Record, Notice]:
    stated = notice(facts=said)
    return fold(None, stated, source="fts", learned=NOW), stated


def moved(one: Facts, other: Facts) -> tuple[Change, ...]:
    before, _ = record(one)
    update = notice(id="000102-2026", published=at("2026-05-13"), update=True, facts=other)
    # Silence is not news, so that only what both state can be told in both directions.
    return changes(before, replace(before, facts=other), update)


@given(STATED)
def test_an_untouched_record_gives_no_change(said: Facts) -> None:
    assert moved(said, said) == ()


@given(STATED, STATED)
def test_a_change_and_its_reverse_name_the_same_fields(one: Facts, other: Facts) -> None:
    """What both sides state is told there and back, with its sides the other way round.

    Without lots: they are matched by what the later notice calls them.
    """
    one, other = replace(one, lots=None), replace(other, lots=None)
    there, back = moved(one, other), moved(other, one)
    both = {(c.field, c.lot, c.was, c.now) for c in there if c.was and c.now}
    assert both <= {(c.field, c.lot, c.now, c.was) for c in back}


def retyped(said: Facts) -> Facts:
    """The same facts as another hand would type them."""

    def type_again(text: str | None) -> str | None:
        return text and f"  {text.upper()} \r\n".replace(" ", "  ")

    lots = said.lots and tuple(
        replace(
            lot,
            title=type_again(lot.title) or "",
            description=type_again(lot.description) or "",
            places=tuple(place.lower() for place in reversed(lot.places)),
            cpv=tuple(reversed(lot.cpv)),
            status={"planned": "active"}.get(lot.status, lot.status),
            criteria=tuple(reversed(lot.criteria)),
        )
        for lot in reversed(said.lots)
    )
    return replace(
        said,
        title=type_again(said.title),
        description=type_again(said.description),
        engagement=type_again(said.engagement),
        contact=said.contact and said.contact.upper(),
        buyers=tuple(Buyer(f"The {b.name}", "other scheme") for b in said.buyers or ()),
        cpv=tuple(reversed(said.cpv or ())),
        places=tuple(reversed(said.places or ())),
        submission=said.submission and f"{said.submission}/",
        deadlines=tuple(reversed(said.deadlines)),
        documents=tuple(reversed(said.documents or ())),
        lots=lots,
    )


@given(STATED)
def test_noise_never_alerts(said: Facts) -> None:
    assert moved(said, retyped(said)) == ()
    assert moved(retyped(said), said) == ()


@given(st.text(max_size=600), st.text(max_size=600))
def test_a_difference_of_texts_is_short(was: str, now: str) -> None:
    for side in differing(was, now):
        assert side is None or (isinstance(side, str) and len(side) <= QUOTE + 2)


SENTENCES = st.lists(
    st.sampled_from(["Care for adults.", "Ten homes.", "Bids by post.", "Start in May."]),
    min_size=1,
    unique=True,
)


@given(SENTENCES, SENTENCES)
def test_each_sentence_that_one_side_alone_has_is_quoted(was: list[str], now: list[str]) -> None:
    gone, come = differing(" ".join(was), "\n\n".join(now))
    assert set(was) - set(now) == {s for s in was if s in (gone or "")}
    assert set(now) - set(was) == {s for s in now if s in (come or "")}


def test_a_long_text_in_which_one_word_changed_is_quick_to_read() -> None:
    words = [f"word{n}" for n in range(1900)]
    other = [*words[:1200], "another", *words[1201:]]
    a, b = differing(" ".join(words), " ".join(other))
    assert isinstance(a, str)
    assert isinstance(b, str)
    assert "word1200" in a and "another" in b
    assert len(a) < 200


def test_the_table_is_wide() -> None:
    assert len(ROWS) >= 100
