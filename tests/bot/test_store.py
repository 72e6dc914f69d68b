"""The store, on both databases: what is kept once, claimed once, settled by its holder."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from bot.contract import Fault
from bot.errors import ConfigError
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent
from bot.store import claiming, claims, deliveries, digests, duty, outbox, process
from bot.store.engine import HEAD, connect, reading, upgrade
from bot.store.tables import meta
from bot.wants import Delivery, Match
from tests.make import NOW, deadline, event, notice, record

HOUR, LEASE = timedelta(hours=1), timedelta(minutes=5)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


# ---------------------------------------------------------------- the schema


def test_the_migrations_make_the_tables_that_the_code_names(bare_database_url: str) -> None:
    engine = connect(bare_database_url)
    upgrade(engine)
    found = inspect(engine)
    for table in meta.sorted_tables:
        assert {c["name"] for c in found.get_columns(table.name)} == {c.name for c in table.columns}
    for index in ("records_wake", "outbox_owed", "outbox_order", "notices_unfolded"):
        table = index.partition("_")[0]
        assert index in {i["name"] for i in found.get_indexes(table)}
    engine.dispose()


def test_an_upgrade_of_what_is_up_to_date_does_nothing(engine: Engine) -> None:
    upgrade(engine)


def test_a_database_of_a_newer_program_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=f"version 9999, newer than this program's {HEAD}"):
        upgrade(engine)


def test_many_processes_may_start_at_once(bare_database_url: str) -> None:
    engines = [connect(bare_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, engines))
    for one in engines:
        one.dispose()


@pytest.mark.parametrize("name", ["", ":memory:", "/no/such/folder/bell.db"])
def test_a_place_that_cannot_hold_it_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="database"):
        connect(f"sqlite:///{name}")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bell.db").write_text("not a database at all")
    with pytest.raises(ConfigError, match="is not an SQLite database"):
        connect(f"sqlite:///{tmp_path}/bell.db")


def test_a_file_cut_to_nothing_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "bell.db").touch()
    (tmp_path / "bell.db-wal").write_bytes(b"x")
    with pytest.raises(ConfigError, match="cut off"):
        connect(f"sqlite:///{tmp_path}/bell.db")


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    connect(f"sqlite:///{tmp_path}/bell.db").dispose()
    assert (tmp_path / "bell.db").stat().st_mode & 0o077 == 0


# ---------------------------------------------------------------- notices and records


def test_a_notice_is_kept_once_and_known_again(engine: Engine) -> None:
    one = notice()
    with engine.begin() as connection:
        process.keep(connection, "fts", [one], NOW)
        process.keep(connection, "fts", [replace(one, words="other")], NOW)
    with reading(engine) as connection:
        pairs = {(one.record, one.id), (one.record, "000999-2026")}
        assert process.known(connection, "fts", pairs) == {(one.record, one.id)}
        assert process.known(connection, "cf", pairs) == set()
        assert process.unfolded(connection, "fts") == [(one, NOW)]


def test_what_is_kept_is_folded_in_the_order_of_publication(engine: Engine) -> None:
    notices = [notice(id=f"{n:06}", published=NOW + n * HOUR) for n in (3, 1, 2)]
    with engine.begin() as connection:
        process.keep(connection, "fts", notices, NOW)
        assert [n.id for n, _ in process.unfolded(connection, "fts")] == [
            "000001",
            "000002",
            "000003",
        ]
        process.mark_folded(connection, "fts")
        assert process.unfolded(connection, "fts") == []
        assert len(process.history(connection, "fts", notices[0].record)) == 3


def test_records_wake_in_order_and_sleep_again(engine: Engine) -> None:
    early, late, never = (record(id=name) for name in ("early", "late", "never"))
    with engine.begin() as connection:
        process.save(connection, [(late, NOW), (early, NOW - HOUR), (never, None)])
    with engine.begin() as connection:
        awake = process.awake(connection, NOW, 9)
        assert [(r.id, since) for r, since in awake] == [("early", NOW - HOUR), ("late", NOW)]
        assert process.awake(connection, NOW - 2 * HOUR, 9) == []
        process.set_wake(connection, [(early, None), (late, NOW + HOUR)])
        assert process.awake(connection, NOW, 9) == []
    with reading(engine) as connection:
        assert process.load(connection, early.source, ["early", "none"]) == {"early": early}


def test_a_record_wakes_no_later_for_being_written_or_roused(engine: Engine) -> None:
    one, asleep = record(id="one"), record(id="asleep")
    with engine.begin() as connection:
        process.save(connection, [(one, NOW), (asleep, None)])
        process.save(connection, [(one, NOW + HOUR), (asleep, NOW + HOUR)])
        process.rouse(connection, [(one, NOW + HOUR), (asleep, None)])
        assert [r.id for r, _ in process.awake(connection, NOW, 9)] == ["one"]
        assert process.awake(connection, NOW - HOUR, 9) == []
        process.save(connection, [(one, None)])
        process.rouse(connection, [(one, NOW - HOUR), (asleep, NOW)])
        assert [r.id for r, _ in process.awake(connection, NOW, 9)] == ["one", "asleep"]
        assert [r.id for r, _ in process.awake(connection, NOW - HOUR, 9)] == ["one"]


def test_only_the_living_are_live(engine: Engine) -> None:
    with engine.begin() as connection:
        process.save(connection, [(record(), None), (record(id="x", status="cancelled"), None)])
        assert [r.id for r in process.live(connection)] == [record().id]
        assert list(process.live(connection, "cf")) == []


def test_a_process_is_found_by_its_id_or_by_a_notice_of_it(engine: Engine) -> None:
    one = notice(id="0cb2e8f4-55a1-4b3e-9d0f-000000000001-784693")
    with engine.begin() as connection:
        process.keep(connection, "cf", [one], NOW)
        process.mark_folded(connection, "cf")
        process.save(connection, [(record(source="cf", id=one.record), None)])
        there = [("cf", one.record)]
        assert process.find(connection, one.record) == there
        assert process.find(connection, one.id) == there
        assert process.find(connection, "0cb2e8f4") == []
        assert process.find_like(connection, one.id.rpartition("-")[0]) == there
        assert process.find_like(connection, "0cb") == []


def test_the_same_broken_piece_is_set_aside_once(engine: Engine) -> None:
    fault = Fault("f1", "cut off", "{")
    with engine.begin() as connection:
        assert process.set_aside(connection, "fts", [fault, fault], NOW) == 1
        assert process.set_aside(connection, "fts", [fault], NOW) == 0
        assert process.aside_count(connection, "fts") == 1


# ---------------------------------------------------------------- the outbox


def queue(engine: Engine, *keys: str, of: str = "r1", hour: int = 0, channel: str = "c") -> None:
    held = record(id=of)
    happened = event(record=held, key=f"{of}/{hour}", at=NOW + hour * HOUR)
    planned = [
        Delivery(
            key=key,
            event=happened.key,
            channel=channel,
            recipient=key,
            matches=(Match("Care", "everything"),),
            due=NOW,
        )
        for key in keys
    ]
    with engine.begin() as connection:
        outbox.queue(connection, [happened], planned)


def claim(engine: Engine, **more: object) -> list[claims.Claim]:
    given: dict[str, object] = {"now": NOW, "real": NOW, "lease": LEASE, "owner": "host:1"}
    with engine.begin() as connection:
        return claiming.claim(connection, "c", **(given | more))  # type: ignore[arg-type]


def settle(engine: Engine, held: claims.Claim, outcome: Outcome) -> bool:
    with engine.begin() as connection:
        return not claims.settle(connection, [(held, outcome)], NOW)


def states(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return {row.key: row.status for row, _ in deliveries.rows(connection)}


def test_a_delivery_is_queued_once_whoever_queues_it_again(engine: Engine) -> None:
    queue(engine, "a")
    (held,) = claim(engine)
    settle(engine, held, Sent("ts-1"))
    queue(engine, "a")
    assert states(engine) == {"a": "sent"}
    assert claim(engine) == []


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(engine: Engine) -> None:
    queue(engine, "a")
    (held,) = claim(engine)
    assert (held.attempts, held.event.key) == (1, "r1/0")
    assert claim(engine, owner="host:2") == []
    (again,) = claim(engine, owner="host:2", real=NOW + 2 * LEASE)
    assert again.attempts == 2
    assert not settle(engine, held, Sent("late")), "a late writer must not overwrite"
    assert settle(engine, again, Sent("ts"))


def test_a_lease_from_a_clock_that_was_years_ahead_holds_nobody_up(engine: Engine) -> None:
    queue(engine, "a")
    claim(engine, real=NOW + timedelta(days=3650))
    assert len(claim(engine)) == 1


def test_the_outcomes(engine: Engine) -> None:
    outcomes: dict[str, Outcome] = {
        "sent": Sent("ts"),
        "retrying": Retry(NOW + HOUR, "busy"),
        "unknown": Retry(NOW + HOUR, "reset", unknown=True),
        "gave-up": GaveUp("no such user"),
        "dropped": Dropped("superseded"),
    }
    queue(engine, *outcomes)
    for held in claim(engine):
        settle(engine, held, outcomes[held.delivery.key])
    assert states(engine) == {name: name for name in outcomes}
    assert claim(engine) == []
    later = claim(engine, now=NOW + HOUR)
    assert {(c.delivery.key, c.repeat) for c in later} == {("retrying", False), ("unknown", True)}


def test_one_procurements_messages_reach_a_recipient_in_order(engine: Engine) -> None:
    with engine.begin() as connection:
        for hour in (1, 0):
            happened = event(key=f"e{hour}", at=NOW + hour * HOUR)
            planned = Delivery(key=f"d{hour}", event=f"e{hour}", channel="c", recipient="", due=NOW)
            outbox.queue(connection, [happened], [planned])
    (first,) = claim(engine)
    assert first.delivery.key == "d0"
    settle(engine, first, Retry(NOW + HOUR, "busy"))
    assert claim(engine) == [], "the second waits behind the first"
    (again,) = claim(engine, now=NOW + HOUR)
    settle(engine, again, Sent("1"))
    (second,) = claim(engine, now=NOW + HOUR)
    assert second.delivery.key == "d1"


def test_what_was_not_attempted_is_given_back_as_it_was(engine: Engine) -> None:
    queue(engine, "a")
    with engine.begin() as connection:
        claims.release(connection, claiming.claim(
            connection, "c", now=NOW, real=NOW, lease=LEASE, owner="host:1"))  # fmt: skip
    (held,) = claim(engine)
    assert held.attempts == 1


def test_of_a_batch_only_the_one_in_flight_is_in_doubt_after_a_crash(engine: Engine) -> None:
    for key in ("a", "b", "c"):
        queue(engine, key, of=f"r-{key}")
    with engine.begin() as connection:
        held = claiming.claim(connection, "c", now=NOW, real=NOW, lease=LEASE, owner="host:1")
        claims.begin(connection, held[:1])
    with engine.begin() as connection:
        claims.settle(connection, [(held[0], Sent("ts"))], NOW)
        claims.begin(connection, held[1:2])
    with reading(engine) as connection:
        assert deliveries.counts(connection) == {("c", "sent"): 1, ("c", "waiting"): 2}
    later = claim(engine, owner="host:2", real=NOW + 2 * LEASE)
    assert [(c.delivery.key, c.repeat) for c in later] == [("b", True), ("c", False)]


def test_one_about_to_be_sent_and_given_back_is_not_in_doubt(engine: Engine) -> None:
    queue(engine, "a")
    with engine.begin() as connection:
        held = claiming.claim(connection, "c", now=NOW, real=NOW, lease=LEASE, owner="host:1")
        claims.begin(connection, held[:1])
        claims.release(connection, held)
    assert states(engine) == {"a": "waiting"}


def test_one_delivery_may_be_sent_again(engine: Engine) -> None:
    queue(engine, "a")
    (held,) = claim(engine)
    settle(engine, held, Sent("ts"))
    with engine.begin() as connection:
        assert deliveries.again(connection, "a", NOW)
        assert not deliveries.again(connection, "b", NOW)
    assert len(claim(engine)) == 1


def test_when_the_next_is_due(engine: Engine) -> None:
    queue(engine, "a")
    (held,) = claim(engine)
    settle(engine, held, Retry(NOW + HOUR, "busy"))
    with reading(engine) as connection:
        assert outbox.next_due(connection, "c", NOW) == NOW + HOUR
        assert not outbox.owes(connection, "c", NOW)
        assert outbox.owes(connection, "c", NOW + HOUR)
        assert outbox.owed(connection) == 1
        assert deliveries.counts(connection) == {("c", "retrying"): 1}


def test_workers_that_claim_at_once_share_and_never_double(engine: Engine) -> None:
    for number in range(40):
        queue(engine, f"d{number}", of=f"r{number}")

    def work(owner: int) -> list[str]:
        done = []
        while found := claim(engine, owner=f"host:{owner}", most=3):
            for held in found:
                assert settle(engine, held, Sent("ts"))
                done.append(held.delivery.key)
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [key for keys in pool.map(work, range(4)) for key in keys]
    assert len(done) == len(set(done))
    while found := claim(engine):  # rows that another had locked at the very end
        done += [c.delivery.key for c in found]
        for held in found:
            settle(engine, held, Sent("ts"))
    assert sorted(done) == sorted(f"d{n}" for n in range(40))


# ---------------------------------------------------------------- leases of jobs


def take(engine: Engine, owner: str = "host:1", **more: object) -> int | None:
    given: dict[str, object] = {"now": NOW, "lease": LEASE, "far": timedelta(days=2)}
    with engine.begin() as connection:
        return duty.take(connection, "poll:fts", owner=owner, **(given | more))  # type: ignore[arg-type]


def test_a_job_is_run_by_one_and_not_again_before_it_is_due(engine: Engine) -> None:
    fence = take(engine)
    assert fence is not None
    assert take(engine, "host:2") is None
    with engine.begin() as connection:
        duty.done(connection, "poll:fts", fence, NOW + HOUR)
    assert take(engine, now=NOW + HOUR / 2) is None
    assert take(engine, now=NOW + HOUR) == fence + 1


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_told_so(engine: Engine) -> None:
    first = take(engine)
    assert first is not None
    assert take(engine, "host:2", now=NOW + 2 * LEASE) is not None
    with engine.begin() as connection:
        assert not duty.renew(connection, "poll:fts", first, NOW + HOUR)
        duty.done(connection, "poll:fts", first, NOW)  # too late: changes nothing
    assert take(engine, now=NOW + 2 * LEASE) is None


def test_a_due_date_years_ahead_is_not_believed(engine: Engine) -> None:
    fence = take(engine)
    assert fence is not None
    with engine.begin() as connection:
        duty.done(connection, "poll:fts", fence, NOW + timedelta(days=3650))
    assert take(engine) == fence + 1


def test_the_dead_hold_nothing(engine: Engine) -> None:
    take(engine, "host:7")
    queue(engine, "a")
    claim(engine, owner="host:7")
    with engine.begin() as connection:
        assert duty.owners(connection) == {"host:7"}
        duty.bury(connection, "host:7")
        assert duty.owners(connection) == set()
    assert take(engine, "host:8") is not None
    assert len(claim(engine, owner="host:8")) == 1


def test_health_is_remembered(engine: Engine) -> None:
    with engine.begin() as connection:
        assert duty.source(connection, "fts") is None
        duty.set_source(connection, "fts", failures=1, error="HTTP 503", failed=NOW)
        duty.set_source(connection, "fts", watermark=NOW)
        duty.set_channel(connection, "bids", until=NOW + HOUR)
        source, channel = duty.source(connection, "fts"), duty.channel(connection, "bids")
    assert source is not None and channel is not None
    assert (source.failures, source.error, source.watermark) == (1, "HTTP 503", NOW)
    assert (channel.until, channel.failures) == (NOW + HOUR, 0)


# ---------------------------------------------------------------- a database that goes away


def test_a_lock_of_another_program_is_waited_for(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/bell.db")
    upgrade(engine)
    backup = sqlite3.connect(tmp_path / "bell.db", isolation_level=None)
    backup.execute("BEGIN IMMEDIATE")
    waiting = threading.Thread(target=queue, args=(engine, "a"))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    backup.execute("COMMIT")
    waiting.join(30)
    assert states(engine) == {"a": "waiting"}
    backup.close()
    engine.dispose()


def test_connections_that_the_server_closed_are_opened_anew(postgres_url: str) -> None:
    engine = connect(postgres_url)
    with reading(engine) as connection:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    other = connect(postgres_url)
    with other.begin() as connection:
        assert connection.execute(text(f"SELECT pg_terminate_backend({mine})")).scalar()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar() != mine
    engine.dispose()
    other.dispose()


def test_the_reminders_that_a_recipient_got_are_his_alone(engine: Engine) -> None:
    key = record().key
    happened = [
        event("deadline", key=f"{key}/{lead}@2026-06-19T11:00Z/1d", deadline=deadline(), lead=lead)
        for lead in ("7d", "1d")
    ] + [event(key=f"{key}/new")]
    planned = [
        Delivery(key=f"{e.key}>{to}", event=e.key, channel="c", recipient=to, due=NOW)
        for e in happened
        for to in ("one", "two")
    ]
    with engine.begin() as connection:
        outbox.queue(connection, happened, planned)
    while found := claim(engine):
        for held in found:
            lost = held.delivery.recipient == "two" and held.event.lead == "7d"
            settle(engine, held, GaveUp("full") if lost else Sent("ts"))
    ids = {(record().source, record().id)}
    with reading(engine) as connection:
        got = {to: deliveries.reminded(connection, ids, "c", to) for to in ("one", "two", "three")}
        assert deliveries.reminded(connection, {("cf", record().id)}, "c", "one") == []
        assert deliveries.reminded(connection, ids, "d", "one") == []
    leads = {to: sorted((e.lead, at) for e, at in found) for to, found in got.items()}
    assert leads == {"one": [("1d", NOW), ("7d", NOW)], "two": [("1d", NOW)], "three": []}


def test_what_is_held_goes_before_what_cannot_wait_of_its_procurement(engine: Engine) -> None:
    def put(key: str, of: str, due: datetime, *, urgent: bool = False, to: str = "one") -> None:
        happened = event(
            record=record(id=of), key=f"{key}/new", at=NOW + timedelta(seconds=len(key))
        )
        one = Delivery(
            key=key, event=happened.key, channel="c", recipient=to, due=due, urgent=urgent
        )
        with engine.begin() as connection:
            outbox.queue(connection, [happened], [one])

    morning = NOW + 8 * HOUR
    put("held", "r1", morning)
    put("held by another", "r1", morning, to="two")
    put("of another", "r2", morning)
    put("now at once", "r1", NOW + HOUR, urgent=True)
    with reading(engine) as connection:
        assert outbox.held(connection, NOW + HOUR) == 2
    order = []
    while found := claim(engine, now=NOW + HOUR):
        for held in found:
            order.append(held.delivery.key)
            settle(engine, held, Sent("ts"))
    assert order == ["held", "now at once"]
    with reading(engine) as connection:
        assert (outbox.owed(connection), outbox.held(connection, NOW + HOUR)) == (2, 2)


def test_what_waits_for_a_digest_is_not_brought_forward(engine: Engine) -> None:
    slot = NOW + 8 * HOUR
    waits = Delivery(
        key="a", event="e/new", channel="c", recipient="r", due=slot, digest="digest/x"
    )
    urgent = replace(waits, key="b", event="e/amended", due=NOW, urgent=True, digest="")
    with engine.begin() as connection:
        for one in (waits, urgent):
            outbox.queue(connection, [event(key=one.event)], [one])
    with reading(engine) as connection:
        rows = {row.key: (row.due, row.digest) for row, _ in deliveries.rows(connection)}
        assert rows == {"a": (slot, "digest/x"), "b": (NOW, "")}
        assert outbox.held(connection, NOW) == 1
        assert digests.waiting(connection, NOW) == {"c": (1, slot)}
