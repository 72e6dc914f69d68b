"""One procurement on two portals is told once, and nobody misses it for that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.shapes import Body, by, cf, codes, fts, instant, item
from bot.ingest import fold_kept
from bot.model import Notice
from bot.store import joins, process
from tests.fakes import World, world
from tests.processes import run_verb
from tests.watchers import ted

COUNCIL = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
CARE = codes(("85311000", "Social work services with accommodation"))
NURSES = codes(("85141200", "Services provided by nurses"))
START = instant("2026-05-11 09:00")
TITLE = "Supported living for adults, Northwick"
END = "2026-06-19 12:00"
SUBSCRIPTIONS = """
  - name: Care
    cpv: ["853"]
    remind: {submission: [7d]}
    send: [{to: bids, on: [new, amended, cancelled, awarded, deadline]}]
  - name: Nursing
    cpv: ["851"]
    send: [{to: mail}]
"""


def national(number: int, at: str, *, end: str = END, **more: Any) -> dict[str, Any]:
    """On Find a Tender, as process 101."""
    given: dict[str, Any] = {
        "reference": "NWBC-101", "title": TITLE, "status": "active",
        "description": "Care and support for adults in their own homes.",
        "items": [item("1", CARE, "UKD73")], "tenderPeriod": by(end),
    }  # fmt: skip
    return fts("UK4", at, number, 101, (COUNCIL,), **(given | more))


def local(sequence: int, at: str, *, end: str = END, **more: Any) -> dict[str, Any]:
    """On Contracts Finder, written in its own way."""
    given: dict[str, Any] = {
        "name": "care", "cpv": CARE, "regions": ("North West",), "title": TITLE.upper(),
        "description": "We want support for adults.", "status": "active", "tenderPeriod": by(end),
        "first": None if sequence == 1 else "2026-05-12 15:00",
    }  # fmt: skip
    tag = "tender" if sequence == 1 else "tenderAmendment"
    return cf(tag, at, sequence, COUNCIL, **(given | more))


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world(database_url, tmp_path, START, subscriptions=SUBSCRIPTIONS) as made:
        assert made.once(START).well
        made.slack.received.clear()
        made.smtp.received.clear()
        yield made


def posts(bell: World) -> list[str]:
    """What Slack was sent, by source and event."""
    keys = [post.body["metadata"]["event_payload"]["delivery"] for post in bell.slack.received]
    return [f"{key.split(':')[0]} {key.split('>')[0].split('/', 1)[1]}" for key in keys]


def dropped(bell: World) -> list[str]:
    return [row.why for row, _ in bell.rows() if row.status == "dropped"]  # type: ignore[attr-defined]


def both(bell: World) -> None:
    """The tender on both portals, five hours apart."""
    bell.portal.publish("fts", national(101, "2026-05-12 10:00"))
    bell.portal.publish("cf", local(1, "2026-05-12 15:00"))


def test_the_first_portal_tells_and_the_other_adds_its_page(bell: World) -> None:
    both(bell)
    assert bell.once(instant("2026-05-12 11:00")).well
    assert bell.once(instant("2026-05-12 16:00")).well
    assert posts(bell) == ["fts 000101-2026/new"]
    assert dropped(bell) == ["told already: fts:ocds-h6vhtk-000065/000101-2026/new"]
    bell.portal.publish("fts", national(102, "2026-05-20 10:00", because="More", status="active",
                                        end="2026-06-26 12:00"))  # fmt: skip
    assert bell.once(instant("2026-05-20 11:00")).well
    assert "Also on <https://www.contractsfinder.service.gov.uk/" in str(
        bell.slack.received[-1].body
    )


def test_read_in_one_cycle_it_is_told_once(bell: World) -> None:
    both(bell)
    assert bell.once(instant("2026-05-13 09:00")).well
    assert len(posts(bell)) == 1


def test_an_amendment_is_told_once_whichever_portal_has_it_first(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    bell.portal.publish("cf", local(2, "2026-05-20 09:00", end="2026-06-26 12:00"))
    bell.once(instant("2026-05-20 10:00"))
    bell.portal.publish("fts", national(102, "2026-05-20 14:00", end="2026-06-26 12:00",
                                        because="The deadline is extended."))  # fmt: skip
    assert bell.once(instant("2026-05-20 15:00")).well
    assert [post.split("/")[-1] for post in posts(bell)] == ["new", "amended"]
    assert posts(bell)[1].startswith("cf ")


def test_what_only_one_portal_says_is_told(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    bell.portal.publish("cf", local(2, "2026-05-20 09:00", status="cancelled"))
    assert bell.once(instant("2026-05-20 10:00")).well
    assert [post.split("/")[-1] for post in posts(bell)] == ["new", "cancelled"]


def test_who_hears_of_it_only_by_the_other_portals_codes_hears_of_it(bell: World) -> None:
    bell.portal.publish("fts", national(101, "2026-05-12 10:00"))
    bell.once(instant("2026-05-12 11:00"))
    bell.portal.publish("cf", local(1, "2026-05-12 15:00", cpv=[*CARE, *NURSES]))
    assert bell.once(instant("2026-05-12 16:00")).well
    assert len(posts(bell)) == 1
    assert len(bell.smtp.received) == 2, "both addresses of the nurses' subscription"


def test_a_reminder_comes_once(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    assert bell.once(instant("2026-06-12 13:00")).well
    assert [post.split("/")[-1] for post in posts(bell)] == ["new", "7d"]


def test_a_date_that_only_one_portal_has_moved_is_not_reminded_of(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    bell.portal.publish("fts", national(102, "2026-05-20 14:00", end="2026-06-26 12:00",
                                        because="The deadline is extended."))  # fmt: skip
    bell.once(instant("2026-05-20 15:00"))
    assert bell.once(instant("2026-06-12 13:00")).well
    assert "superseded: fts has another date" in dropped(bell)
    assert bell.once(instant("2026-06-19 13:00")).well
    assert [post.split("/")[-1] for post in posts(bell)] == ["new", "amended", "7d"]


def test_a_page_that_a_notice_refers_to_joins_what_looks_unlike(bell: World) -> None:
    other = local(1, "2026-05-12 15:00", title="Care", end="2026-06-19 11:00")
    page = other["tender"]["documents"][0]["url"]
    bell.portal.publish("cf", other)
    link = {"rel": "canonical", "href": page}
    bell.portal.publish("fts", national(101, "2026-05-12 16:00") | {"links": [link]})
    assert bell.once(instant("2026-05-13 09:00")).well
    assert len(posts(bell)) == 1


def test_two_lots_that_are_put_out_apart_are_two(bell: World) -> None:
    bell.portal.publish("fts", national(101, "2026-05-12 10:00", title=f"{TITLE} Lot 1"))
    bell.portal.publish("cf", local(1, "2026-05-12 15:00", title=f"{TITLE} Lot 2"))
    assert bell.once(instant("2026-05-13 09:00")).well
    assert len(posts(bell)) == 2


def test_resend_sends_what_was_told_already(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    (key,) = [row.key for row, _ in bell.rows() if row.status == "dropped"]  # type: ignore[attr-defined]
    assert run_verb("resend", key, "--config", bell.path).returncode == 0
    assert len(posts(bell)) == 2


def test_history_shows_both_portals_and_explain_says_why(bell: World) -> None:
    both(bell)
    bell.once(instant("2026-05-12 16:00"))
    told = [
        json.loads(row)
        for row in run_verb(
            "history", "000101-2026", "--json", "--config", bell.path
        ).stdout.splitlines()
    ]
    assert [(row["source"], row["event"], len(row["told"])) for row in told] == [
        ("fts", "new", 1), ("cf", "new", 1),
    ]  # fmt: skip
    said = run_verb("explain", told[1]["notice"], "--config", bell.path).stdout
    assert "one procurement with fts:ocds-h6vhtk-000065: the same buyer, title and" in said
    assert "(confidence 0.99)" in said
    assert "dropped: told already: fts:ocds-h6vhtk-000065/000101-2026/new" in said


# ---------------------------------------------------------------- stubs that name no call


def paper(number: int, code: str, named: int) -> Notice:
    """A notice of TED's own schema of 2021 with this code of its kind, which names another one."""
    return ted.notice(
        "f02",
        ('DOC_ID="005501-2021"', f'DOC_ID="{number:06}-2021"'),
        ("2021/S 004-005501", f"2021/S 004-{number:06}"),
        ("2020/S 201-488001", f"2021/S 003-{named:06}"),
        ('<TD_DOCUMENT_TYPE CODE="3">', f'<TD_DOCUMENT_TYPE CODE="{code}">'),
        ("<DATE_PUB>20210107", f"<DATE_PUB>202101{7 + number - 5501:02}"),
    )


# A call, its award, and what names the award: a modification, a corrigendum, and one of that.
CALL, AWARD = paper(5501, "3", 1), paper(5502, "7", 5501)
MODIFIED, CORRECTED, AGAIN = paper(5503, "K", 5502), paper(5504, "1", 5502), paper(5505, "2", 5504)
PAPERS = (CALL, AWARD, MODIFIED, CORRECTED, AGAIN)


@pytest.mark.parametrize("order", ["01234", "43210", "20431", "31402"])
def test_what_names_an_award_is_of_the_conversation_of_its_call(bell: World, order: str) -> None:
    """In whatever order they are read, a poll each."""
    assert [n.record for n in PAPERS] == [
        "5501-2021", "5501-2021", "5502-2021", "5502-2021", "5504-2021"
    ]  # fmt: skip
    for place in order:
        with bell.setup.engine.begin() as connection:
            process.keep(connection, "ted", [PAPERS[int(place)]], START)
            fold_kept(connection, bell.setup, "ted", START)
    with bell.setup.engine.begin() as connection:
        held = [row.record for row in joins.members(connection, ("ted", "5501-2021"))]
        assert sorted(held) == ["5501-2021", "5502-2021", "5504-2021"]
        twins = [joins.twins(connection, ("ted", one)) for one in held]
        assert twins == [[], [], []], "stages of one procurement, not the same told twice"


def test_a_notice_that_names_nothing_known_stays_alone(bell: World) -> None:
    with bell.setup.engine.begin() as connection:
        process.keep(connection, "ted", [CALL, paper(5506, "K", 4999)], START)
        fold_kept(connection, bell.setup, "ted", START)
        assert joins.members(connection, ("ted", "5501-2021")) == []
        assert joins.members(connection, ("ted", "4999-2021")) == []
