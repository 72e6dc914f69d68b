"""Conversations in Slack: one thread a procurement, and a first message that is always right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.converse import foremost
from bot.demo import slack
from bot.demo.shapes import Body, by, codes, fts, instant, item
from bot.demo.slack import Post
from bot.store import threads
from bot.store.engine import reading
from notifiers.slack import Slack
from tests.bot.test_cycle import CARE, COUNCIL, START, cancelled, tender
from tests.bot.test_portals import SUBSCRIPTIONS, local, national
from tests.fakes import World, world
from tests.make import record

DAY = timedelta(days=1)
WINNER = Body("Harbour Care CIC", "HCIC-0001-AAAA", "Northwick", "L20 2BB", "UKD73")
SCOPE = frozenset({"chat:write"})


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A bot whose sources had their calm first run at START, with nothing published yet."""
    with world(database_url, tmp_path, START) as made:
        assert made.once(START).well
        made.slack.received.clear()
        made.slack.shown.clear()
        yield made


def award(number: int, at: str, *, process: int) -> dict[str, Any]:
    won = {
        "id": "1", "status": "active", "suppliers": [{"id": "GB-1", "name": WINNER.name}],
        "items": [item("1", codes(("85311000", "Social work")), "UKD73")],
    }  # fmt: skip
    return fts(
        "UK6", at, number, process, (COUNCIL,), reference="X", title="Supported living 101",
        status="complete", items=[item("1", CARE, "UKD73")], awards=[won],
    )  # fmt: skip


def roots(bell: World) -> list[Post]:
    """The first messages of conversations, as they stand in the channel now."""
    return [post for post in bell.slack.shown.values() if post.root == post.ts]


def replies(bell: World) -> list[Post]:
    return [post for post in bell.slack.shown.values() if post.root != post.ts]


def said(post: Post) -> str:
    """Every text of a message, instants as their fallback."""
    texts = re.findall(r"'text': (?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\")", str(post.body["blocks"]))
    seen = "\n".join(one or other for one, other in texts)
    return re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", seen)


def status(post: Post) -> str:
    """The line of present state of a first message."""
    return re.sub(r"^:\w+: \*(.*)\*$", r"\1", str(post.body["blocks"][1]["text"]["text"]))


def life(bell: World) -> None:
    """A tender is told, on the day after its publication."""
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    assert bell.once(START + 2 * DAY).well


def near(bell: World) -> None:
    """It has been told, and reminded of once: next the day before the deadline begins."""
    life(bell)
    assert bell.once(instant("2026-06-15 09:00")).well


def amended(bell: World, number: int, at: str, end: str) -> None:
    more = {"tenderPeriod": by(end), "because": "More time."}
    bell.portal.publish("fts", tender(number, at, process=101, **more))
    assert bell.once(instant(at) + DAY).well


def planned(number: int, at: str) -> dict[str, Any]:
    return fts(
        "UK2", at, number, number, (COUNCIL,), reference="X", title="Supported living 101",
        status="planned", items=[item("1", CARE, "UKD73")],
    )  # fmt: skip


# ---------------------------------------------------------------- threads


def test_what_was_planned_and_goes_out_to_tender_is_shown_in_the_channel_as_well(
    bell: World,
) -> None:
    bell.portal.publish("fts", planned(101, "2026-05-12 10:00"))
    assert bell.once(START + 2 * DAY).well
    (root,) = roots(bell)
    assert status(root) == "Planned" and "reply_broadcast" not in root.body
    bell.portal.publish("fts", tender(102, "2026-05-20 10:00", process=101))
    assert bell.once(instant("2026-05-21 10:00")).well
    (root,), (reply,) = roots(bell), replies(bell)
    assert status(root) == "Open"
    assert reply.root == root.ts and reply.body["reply_broadcast"] is True
    assert "Now out to tender" in said(reply)


def test_what_follows_is_a_reply_and_the_first_message_shows_how_it_stands(bell: World) -> None:
    life(bell)
    (root,) = roots(bell)
    assert root.body["blocks"][0]["text"]["text"] == "Supported living 101"
    assert root.body["text"] == "New tender, closes 19 Jun: Supported living 101, Northwick"
    assert status(root) == "Open" and "Fri 19 Jun 2026 12:00 BST" in said(root)
    assert bell.slack.edits == []

    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    amended(bell, 103, "2026-05-27 10:00", "2026-07-03 12:00")
    (root,) = roots(bell)
    assert status(root) == "Open, amended twice"
    assert "Fri 3 Jul 2026 12:00 BST" in said(root) and "19 Jun" not in said(root)
    assert [post.body["thread_ts"] for post in replies(bell)] == [root.ts] * 2
    assert all(post.channel == root.channel for post in replies(bell))
    assert "19 Jun 2026 12:00 BST → *Fri 26 Jun 2026 12:00 BST*" in said(replies(bell)[0])
    assert len(bell.slack.edits) == 2


def test_the_first_message_is_right_through_the_whole_life(bell: World) -> None:
    life(bell)
    seen = {}
    for day in range(15, 23):
        for hour in ("00:30", "11:30", "12:30"):
            now = instant(f"2026-06-{day} {hour}")
            assert bell.once(now).well
            (root,) = roots(bell)
            seen.setdefault(status(root), f"{day} {hour}")
    assert seen == {
        "Open": "15 00:30",
        "Closes tomorrow": "18 00:30",
        "Closes today": "19 00:30",
        "Closed": "19 12:30",
    }
    assert "passed" in said(roots(bell)[0])
    assert len(bell.slack.edits) == 3, "no edit that shows nothing new"
    bell.portal.publish("fts", award(104, "2026-07-20 10:00", process=101))
    assert bell.once(instant("2026-07-20 11:00")).well
    (root,) = roots(bell)
    assert status(root) == "Awarded to Harbour Care CIC"
    assert replies(bell)[-1].root == root.ts


def test_a_cancellation_is_shown_on_top_and_in_the_channel(bell: World) -> None:
    life(bell)
    bell.portal.publish("fts", cancelled(105, "2026-05-20 10:00", process=101))
    assert bell.once(instant("2026-05-20 11:00")).well
    (root,), (reply,) = roots(bell), replies(bell)
    assert status(root) == "Cancelled" and "no longer stands" in said(root)
    assert reply.body["reply_broadcast"] is True
    assert "Add to calendar" not in str(root.body)


def test_only_what_is_pressing_is_shown_in_the_channel_as_well(bell: World) -> None:
    life(bell)
    more = {"because": "A typing error.", "title": "Supported living, Northwick"}
    bell.portal.publish("fts", tender(102, "2026-05-20 10:00", process=101, **more))
    assert bell.once(instant("2026-05-20 11:00")).well
    amended(bell, 103, "2026-05-21 10:00", "2026-06-26 12:00")
    for day in ("2026-06-19 13:00", "2026-06-25 13:00"):  # 7 days before, and the last: 1 day
        assert bell.once(instant(day)).well
    assert [bool(p.body.get("reply_broadcast")) for p in replies(bell)] == [
        False, True, False, True,
    ]  # fmt: skip


def test_a_thread_goes_on_after_a_restart(bell: World) -> None:
    life(bell)
    bell.restart(START + 3 * DAY)
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    (root,), (reply,) = roots(bell), replies(bell)
    assert reply.root == root.ts and status(root) == "Open, amended once"


def test_two_procurements_have_two_threads(bell: World) -> None:
    life(bell)
    bell.portal.publish("fts", tender(201, "2026-05-14 10:00"))
    assert bell.once(START + 4 * DAY).well
    assert len(roots(bell)) == 2 and replies(bell) == []


# ---------------------------------------------------------------- roots that are gone


def test_a_root_that_was_deleted_is_followed_by_a_new_one(bell: World) -> None:
    life(bell)
    bell.slack.delete(roots(bell)[0].reference)
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    (root,) = roots(bell)
    assert "thread_ts" not in root.body and replies(bell) == []
    assert status(root) == "Open, amended once", "it is kept up to date from then on"
    amended(bell, 103, "2026-05-27 10:00", "2026-07-03 12:00")
    assert [post.root for post in replies(bell)] == [roots(bell)[0].ts]
    assert [row.status for row, _ in bell.rows() if row.record] == ["sent"] * 3  # type: ignore[attr-defined]


def test_a_root_that_an_edit_misses_is_not_asked_for_again(bell: World) -> None:
    near(bell)
    bell.slack.delete(roots(bell)[0].reference)
    assert bell.once(instant("2026-06-18 00:30")).well
    asked = bell.slack.asked
    assert bell.once(instant("2026-06-18 00:40")).well
    assert bell.slack.asked == asked
    bell.once(instant("2026-06-18 13:00"))
    assert status(roots(bell)[0]) == "Closes tomorrow", "the last reminder begins it again"


@pytest.mark.parametrize("error", ["cannot_reply_to_message", "thread_not_found", "is_archived"])
def test_a_reply_that_slack_will_not_take_is_posted_by_itself(bell: World, error: str) -> None:
    life(bell)
    bell.slack.faults.append(slack.refusal(error))
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    first, second = roots(bell)
    assert status(second) == "Open, amended once" and first.ts != second.ts
    amended(bell, 103, "2026-05-27 10:00", "2026-07-03 12:00")
    assert [post.root for post in replies(bell)] == [second.ts]


# ---------------------------------------------------------------- edits that fail


def test_an_edit_waits_where_slack_asks_for_a_pause(bell: World) -> None:
    near(bell)
    bell.slack.faults.append(slack.busy(120))
    cycle = bell.once(instant("2026-06-18 00:30"))
    assert "pause" in cycle.channels["bids"].error and status(roots(bell)[0]) == "Open"
    assert bell.once(instant("2026-06-18 00:31")).well
    assert status(roots(bell)[0]) == "Open", "not before"
    assert bell.once(instant("2026-06-18 00:33")).well
    assert status(roots(bell)[0]) == "Closes tomorrow"


def test_an_edit_that_fails_is_tried_again_after_a_while(bell: World) -> None:
    near(bell)
    bell.slack.faults.append(slack.Fault(500, "oops"))
    assert bell.once(instant("2026-06-18 00:30")).well
    assert bell.once(instant("2026-06-18 00:31")).well
    assert status(roots(bell)[0]) == "Open"
    assert bell.once(instant("2026-06-18 00:36")).well
    assert status(roots(bell)[0]) == "Closes tomorrow"


def test_what_can_not_be_edited_stays_and_its_thread_goes_on(bell: World) -> None:
    near(bell)
    bell.slack.faults.append(slack.refusal("edit_window_closed"))
    assert bell.once(instant("2026-06-18 00:30")).well
    asked = bell.slack.asked
    assert bell.once(instant("2026-06-18 01:30")).well
    assert bell.slack.asked == asked and status(roots(bell)[0]) == "Open"
    bell.once(instant("2026-06-18 13:00"))
    assert [post.root for post in replies(bell)] == [roots(bell)[0].ts] * 2


def test_a_revoked_token_parks_the_edits_too(bell: World) -> None:
    near(bell)
    bell.slack.faults.append(slack.refusal("token_revoked"))
    cycle = bell.once(instant("2026-06-18 00:30"))
    assert "token was revoked" in cycle.channels["bids"].error
    asked = bell.slack.asked
    bell.once(instant("2026-06-18 01:00"))
    assert bell.slack.asked == asked
    assert bell.once(instant("2026-06-18 01:31")).well
    assert status(roots(bell)[0]) == "Closes tomorrow"


# ---------------------------------------------------------------- answers that never came


@pytest.mark.parametrize("drop", ["after", "hang"])
def test_a_message_that_had_arrived_is_found_and_not_sent_twice(
    bell: World, drop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slack, "timeout", 0.3)
    bell.slack.faults.append(slack.Fault(drop=drop))
    life(bell)
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    (root,), (reply,) = roots(bell), replies(bell)
    assert status(root) == "Open, amended once" and reply.root == root.ts
    assert "may be a repeat" not in str(bell.slack.received)


def test_a_reply_that_had_arrived_is_found_in_its_thread(bell: World) -> None:
    life(bell)
    bell.slack.faults.append(slack.Fault(drop="after"))
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    assert len(bell.slack.received) == 2 and len(replies(bell)) == 1
    row = bell.rows()[-1][0]
    assert row.reference == replies(bell)[0].reference  # type: ignore[attr-defined]


def test_without_the_scope_it_is_sent_again_and_says_so(bell: World) -> None:
    bell.slack.scopes = SCOPE
    bell.slack.faults.append(slack.Fault(drop="after"))
    life(bell)
    first, second = bell.slack.received
    assert "may be a repeat" not in str(first.body)
    assert "may be a repeat" in str(second.body)


def test_what_did_not_arrive_is_sent(bell: World) -> None:
    bell.slack.faults.append(slack.Fault(drop="before"))
    life(bell)
    assert len(bell.slack.received) == 1


# ---------------------------------------------------------------- which thread


def test_two_portals_that_are_joined_keep_one_thread(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path, START, subscriptions=SUBSCRIPTIONS) as bell:
        assert bell.once(START).well
        bell.slack.shown.clear()
        bell.portal.publish("fts", national(101, "2026-05-12 10:00"))
        assert bell.once(instant("2026-05-12 11:00")).well
        bell.portal.publish("cf", local(1, "2026-05-12 15:00"))
        assert bell.once(instant("2026-05-12 16:00")).well
        bell.portal.publish("cf", local(2, "2026-05-20 09:00", end="2026-06-26 12:00"))
        assert bell.once(instant("2026-05-20 10:00")).well
        (root,), (reply,) = roots(bell), replies(bell)
        assert reply.root == root.ts and "26 Jun 2026" in said(root)
        with reading(bell.setup.engine) as connection:
            first, second = (
                threads.of(connection, "bids", "#bids", [(row.source, row.record)])
                for row, _ in bell.rows()
                if row.record and row.status == "sent"  # type: ignore[attr-defined]
            )
        assert first and second and first.name == second.name == f"fts:{first.record}"
        assert (first.source, second.source) == ("fts", "cf") and first.root == second.root


def test_the_furthest_record_says_how_a_procurement_stands() -> None:
    planned, open_ = record(id="1", stage="planning"), record(id="2")
    stub = record(id="3", stage="award", whole=False)
    assert foremost([stub, open_, planned]) == open_
    assert foremost([]) is None


def test_mail_keeps_its_first_message_s_name_as_well(bell: World) -> None:
    path = bell.path.read_text()
    bell.path.write_text(path.replace("{to: bids,", "{to: mail,"))
    bell.restart(START)
    life(bell)
    amended(bell, 102, "2026-05-20 10:00", "2026-06-26 12:00")
    key = bell.rows()[-1][0]
    with reading(bell.setup.engine) as connection:
        row = threads.of(connection, "mail", "one@example.org", [(key.source, key.record)])  # type: ignore[attr-defined]
        assert row is not None and row.name == f"fts:{row.record}" and row.root.endswith("org>")
        assert not threads.due(connection, "mail", instant("2099-01-01 00:00"))
