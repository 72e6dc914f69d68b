"""Conversations, bundles and digests where they meet, and where one of them fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import text

from bot.attempt import PAUSES
from bot.choice import Mute
from bot.cli.status import _channels, _sentence
from bot.deliver import deliver
from bot.demo import slack
from bot.setup import Setup, mark_seen
from bot.store import choices, deliveries, process, threads
from tests.bot.test_bundles import (
    DAY,
    DIGEST,
    MINUTE,
    SLOT,
    award,
    posts,
    put,
    rows,
    send,
    states,
    waiting,
)
from tests.bot.test_converse import life
from tests.bot.test_cycle import START
from tests.fakes import CARE, World, world
from tests.make import NOW, deadline, event, record

LOST = slack.Fault(drop="after")


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A bot that may look its messages up."""
    with world(database_url, tmp_path, NOW - DAY) as made:
        yield made


def broken(bell: World, id: str) -> None:
    """A record that nobody can read any more, as after a disk's fault."""
    with bell.setup.engine.begin() as connection:
        process.save(connection, [(record(id=id), None)])
        connection.execute(text("UPDATE records SET body = '{' WHERE id = :id"), {"id": id})


def edits(bell: World) -> int:
    return len(bell.slack.edits)


# ---------------------------------------------------------------- one that fails


def test_one_that_cannot_be_looked_into_stops_nobody(bell: World) -> None:
    broken(bell, "broken")
    held = record(id="broken", deadlines=(deadline(),))
    reminder = event("deadline", record=held, deadline=deadline(), lead="7d")
    bad, good = put(bell, reminder, waiting(1))
    (late,) = put(bell, waiting(2), digest=DIGEST, due=NOW)
    (bad_too,) = put(bell, replace(reminder, key="other"), digest=DIGEST, due=NOW)
    send(bell)
    assert posts(bell) == [good, DIGEST]
    assert {key: row.status for key, row in rows(bell).items()} == {
        bad: "retrying", good: "sent", late: "sent", bad_too: "retrying",
    }  # fmt: skip


def test_what_cannot_be_placed_is_told_all_the_same(bell: World) -> None:
    broken(bell, "broken")
    (key,) = put(bell, event(record=record(id="broken")))
    send(bell)
    assert posts(bell) == [key] and states(bell) == {"sent": 1}


def test_a_conversation_that_cannot_be_noted_repeats_nothing(bell: World) -> None:
    with bell.setup.engine.begin() as connection:
        for statement in (
            ["CREATE TRIGGER no BEFORE INSERT ON threads BEGIN SELECT RAISE(ABORT, 'no'); END"]
            if connection.dialect.name == "sqlite"
            else [
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN RAISE EXCEPTION ''no''; END'",
                "CREATE TRIGGER no BEFORE INSERT ON threads FOR EACH ROW EXECUTE FUNCTION no()",
            ]
        ):
            connection.execute(text(statement))
    (key,) = put(bell, waiting(1))
    for minute in range(3):
        send(bell, NOW + minute * MINUTE)
    assert posts(bell) == [key] and states(bell) == {"sent": 1}


def test_a_first_message_that_cannot_be_edited_stops_no_other(bell: World) -> None:
    put(bell, waiting(1), waiting(2))
    send(bell)
    broken(bell, "ocds-h6vhtk-000001")
    with bell.setup.engine.begin() as connection:
        process.save(connection, [(record(id="ocds-h6vhtk-000002", title="Another"), None)])
        keys = [("find-a-tender", f"ocds-h6vhtk-00000{number}") for number in (1, 2)]
        threads.touch(connection, [("bids", "#bids")], keys, NOW)
    send(bell)
    assert edits(bell) == 1
    asked = bell.slack.asked
    send(bell, NOW + DAY)
    assert bell.slack.asked == asked, "what failed is not tried for ever"


def test_a_message_that_is_stuck_keeps_no_first_message_from_its_edit(bell: World) -> None:
    put(bell, waiting(1))
    send(bell)
    put(bell, award(1), event("cancelled", record=record()))
    bell.slack.faults.append(slack.Fault(503, "no server"))
    send(bell)  # the second waits behind the first
    with bell.setup.engine.begin() as connection:
        key = ("find-a-tender", "ocds-h6vhtk-000001")
        process.save(connection, [(record(id=key[1], title="Another"), None)])
        threads.touch(connection, [("bids", "#bids")], [key], NOW)
    send(bell, NOW + timedelta(seconds=1))
    assert states(bell) == {"sent": 1, "retrying": 1, "waiting": 1}
    assert edits(bell) == 1


def test_a_flood_of_edits_keeps_its_pace_and_lets_messages_by(bell: World) -> None:
    put(bell, *(waiting(number) for number in range(60)))
    send(bell)
    with bell.setup.engine.begin() as connection:
        for number in range(60):
            key = ("find-a-tender", f"ocds-h6vhtk-{number:06}")
            process.save(connection, [(record(id=key[1], title="Another"), None)])
            threads.touch(connection, [("bids", "#bids")], [key], NOW)
    paced = []

    def pace() -> None:
        paced.append(len(posts(bell)))
        if len(paced) == 5:
            put(bell, waiting(99))

    send(bell, pace=pace)
    assert edits(bell) == len(paced) == 10, "those that were taken, and no more"
    send(bell, pace=pace)
    assert paced[10:12] == [60, 61], "the message goes first"
    assert edits(bell) == len(paced) - 1 == 60


# ---------------------------------------------------------------- looked up


@pytest.mark.parametrize("digest", ["", DIGEST])
def test_a_pause_before_it_can_be_looked_up_is_waited_for(bell: World, digest: str) -> None:
    put(bell, award(1), award(2), digest=digest)
    bell.slack.faults.extend([LOST, slack.busy(60)])
    for second in (0, 5, 10, 120):
        send(bell, NOW + timedelta(seconds=second))
    assert len(posts(bell)) == 1
    assert states(bell) == {"sent": 2}


def test_pauses_without_end_end_in_a_repeat(bell: World) -> None:
    put(bell, waiting(1))
    bell.slack.faults.extend([LOST, *[slack.busy(60)] * (PAUSES - 1)])
    for minute in range(2 * PAUSES):
        send(bell, NOW + 2 * minute * MINUTE)
    assert len(posts(bell)) == 2 and states(bell) == {"sent": 1}


def test_awards_that_had_arrived_are_found_though_their_first_is_not_told_any_more(
    bell: World,
) -> None:
    put(bell, award(1), award(2), award(3))
    bell.slack.faults.append(LOST)
    send(bell)
    bell.setup = mark_seen(bell.setup, NOW + MINUTE)
    send(bell, NOW + DAY)
    assert len(posts(bell)) == 1
    assert states(bell) == {"dropped": 1, "sent": 2}


def test_an_award_that_came_later_does_not_hide_behind_one_that_had_arrived(bell: World) -> None:
    one, _ = put(bell, award(1), award(2))
    bell.slack.faults.append(LOST)
    send(bell)
    (three,) = put(bell, award(3))
    send(bell, NOW + DAY)
    assert posts(bell) == [one, three]
    root, reply = bell.slack.shown.values()
    assert reply.root == root.ts
    assert "2 notices of this procurement" in str(root.body)


def test_a_first_message_deleted_while_its_digest_and_its_awards_wait(bell: World) -> None:
    (first,) = put(bell, event(record=record()))
    send(bell)
    bell.slack.delete(bell.slack.received[0].reference)
    head, _ = put(bell, award(1), award(2))
    put(bell, waiting(1), digest=DIGEST, due=NOW)
    bell.slack.faults.append(slack.Fault(503, "no server"))
    for minute in range(3):
        send(bell, NOW + minute * MINUTE)
    assert Counter(posts(bell)) == Counter([first, head, DIGEST])
    shown = {str(post.body["metadata"]): post for post in bell.slack.shown.values()}
    assert all(post.root == post.ts for post in shown.values()), "each begins anew"
    (three,) = put(bell, award(3))
    send(bell, NOW + DAY)
    begun = next(post for name, post in shown.items() if head in name)
    (reply,) = (p for p in bell.slack.shown.values() if three in str(p.body["metadata"]))
    assert reply.root == begun.ts


def test_awards_stay_in_their_first_message_when_one_is_sent_again(bell: World) -> None:
    one, _, _ = put(bell, award(1), award(2), award(3))
    send(bell)
    (root,) = bell.slack.shown.values()
    with bell.setup.engine.begin() as connection:
        assert deliveries.again(connection, one, NOW)
        process.save(connection, [(record(title="Another"), None)])
    send(bell)
    body = str(bell.slack.shown[root.reference].body)
    assert edits(bell) == 1
    assert all(f"Coaches {number} Ltd" in body for number in (1, 2, 3))


# ---------------------------------------------------------------- digests


def gathering(database: str, folder: Path, when: str) -> AbstractContextManager[World]:
    """A bot whose channel is told of everything in digests, and of nothing as well."""
    care = CARE.replace("{to: bids,", f"{{to: bids, when: {when}, empty: true,")
    return world(database, folder, NOW - DAY, subscriptions=care)


def test_two_processes_close_each_slot_once(database_url: str, tmp_path: Path) -> None:
    """Each of an hourly digest, some with something to say, most with nothing."""
    with gathering(database_url, tmp_path, "hourly") as bell:
        send(bell, NOW)
        both = [bell.setup, replace(bell.setup, owner="host:2:other")]
        channel = bell.setup.config.channels["bids"]
        names = []
        with ThreadPoolExecutor(2) as pool:
            for hour in range(1, 13):
                now = NOW + hour * timedelta(hours=1)
                name = f"digest/bids/#bids/hourly/{now:%Y-%m-%dT%H:%M}"
                names.append(name)
                if hour % 3 == 0:
                    # Two missed ones as well, which the last one is to make up for.
                    old = name.replace(f"T{now:%H}", f"T{now.hour - 1:02}")
                    put(bell, waiting(2 * hour), digest=old, due=now - timedelta(hours=1))
                    put(bell, waiting(2 * hour + 1), digest=name, due=now)
                start = Barrier(2)

                def work(setup: Setup, now: datetime = now, start: Barrier = start) -> None:
                    start.wait()
                    deliver(setup, channel, now, clock=lambda: now)

                list(pool.map(work, both))
                send(bell, now + MINUTE)  # what one of them may have found locked
        assert Counter(posts(bell)) == Counter(names)
        assert set(states(bell)) == {"sent"}


def test_a_digest_of_which_all_was_muted_says_that_there_is_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with gathering(database_url, tmp_path, "daily 10:00") as bell:
        send(bell, NOW)
        put(bell, waiting(1), digest=DIGEST, due=SLOT)
        key = ("find-a-tender", "ocds-h6vhtk-000001")
        with bell.setup.engine.begin() as connection:
            choices.mute(connection, Mute(record=key, since=NOW), [key])
        send(bell, SLOT)
        assert posts(bell) == [DIGEST]
        assert "No notice, change or reminder" in str(bell.slack.received[0].body)
        assert states(bell) == {"dropped": 1, "sent": 1}
        send(bell, SLOT + MINUTE)
        assert len(posts(bell)) == 1


def test_a_slot_that_falls_into_a_new_quiet_time_waits_for_its_end(
    database_url: str, tmp_path: Path
) -> None:
    with gathering(database_url, tmp_path, "daily 10:00") as bell:
        send(bell, NOW)
        (key,) = put(bell, waiting(1), digest=DIGEST, due=SLOT)
        config = bell.path.read_text()
        config = config.replace(", empty: true", "")
        bell.path.write_text(config.replace('"#bids",', '"#bids", quiet: {hours: 22:00-11:00},'))
        bell.restart(NOW)
        send(bell, SLOT)
        assert posts(bell) == []
        assert rows(bell)[key].due == SLOT + timedelta(hours=1)
        send(bell, SLOT + timedelta(hours=1))
        assert posts(bell) == [DIGEST.replace("T10:00", "T11:00")]


def test_a_digest_that_found_the_channel_closed_is_told_once_beside_the_next(
    database_url: str, tmp_path: Path
) -> None:
    with gathering(database_url, tmp_path, "daily 10:00") as bell:
        send(bell, NOW)
        put(bell, waiting(1), digest=DIGEST, due=SLOT)
        bell.slack.faults.extend([slack.refusal("token_revoked")] * 24)
        for hour in range(24):
            send(bell, SLOT + hour * timedelta(hours=1))
        assert not bell.slack.faults and posts(bell) == []
        following = DIGEST.replace("13T", "14T")
        put(bell, waiting(2), digest=following, due=SLOT + DAY)
        send(bell, SLOT + DAY)
        assert posts(bell) == [DIGEST, following]


def test_a_rhythm_that_is_gone_keeps_its_promise(database_url: str, tmp_path: Path) -> None:
    with gathering(database_url, tmp_path, "daily 10:00") as bell:
        send(bell, NOW)
        put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
        bell.path.write_text(bell.path.read_text().replace("daily 10:00", "weekly fri 08:00"))
        bell.restart(NOW)
        send(bell, SLOT - MINUTE)
        assert posts(bell) == []
        send(bell, SLOT)
        assert posts(bell) == [DIGEST]


def test_status_says_how_much_waits_for_which_digest(bell: World) -> None:
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    put(bell, waiting(3))
    row, _ = _channels(bell.setup, NOW)
    assert (row["waiting"], row["for_digests"]) == (3, 2)
    said = _sentence(row, bell.setup.config.timezone)
    assert "3 waiting (2 for a digest, the next Wed 13 May 2026 10:00 BST), 0 failing" in said
    (after, _) = _channels(bell.setup, SLOT)
    assert "3 waiting, 0 failing" in _sentence(after, bell.setup.config.timezone)


# ---------------------------------------------------------------- elsewhere


def test_mail_is_never_looked_up_nor_edited(bell: World) -> None:
    path = bell.path.read_text()
    bell.path.write_text(path.replace("{to: bids,", "{to: mail,"))
    bell.restart(START)
    assert bell.once(START).well
    life(bell)
    assert bell.once(START + 30 * DAY).well
    assert len(bell.smtp.received) > 2 and bell.slack.asked == 0


def test_a_webhook_is_never_looked_up_nor_edited(bell: World) -> None:
    path = bell.path.read_text()
    used = f"webhook: '{bell.slack.hook}'"
    bell.path.write_text(
        path.replace(f'token: xoxb-demo, channel: "#bids", base_url: "{bell.slack.url}"', used)
    )
    bell.restart(NOW)
    keys = put(bell, event(record=record()), award(1), award(2), recipient="webhook")
    bell.slack.faults.append(LOST)
    for minute in range(3):
        send(bell, NOW + minute * MINUTE)
    assert {method for method, _ in bell.slack.calls} == {"webhook"}
    assert states(bell) == {"sent": len(keys)}
    assert [post.method for post in bell.slack.received] == ["webhook"] * 3
