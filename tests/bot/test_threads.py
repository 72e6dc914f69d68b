"""Threads in the store, on both databases: taken by one, noted by it, touched by all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bot.same import Likeness
from bot.store import joins, threads
from bot.store.engine import connect, reading
from tests.make import NOW

HOUR = timedelta(hours=1)
ONE, TWO = ("fts", "a"), ("cf", "b")
PLACE = ("bids", "#bids")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


def begun(engine: Engine, key: tuple[str, str], root: str, **more: object) -> None:
    given = {"name": ":".join(key), "root": root, "delivery": "d", "at": NOW, "shown": "x"}
    with engine.begin() as connection:
        threads.begin(connection, (*PLACE, key), **(given | more))  # type: ignore[arg-type]


def test_the_earliest_thread_of_a_procurement_is_its_thread(engine: Engine) -> None:
    begun(engine, TWO, "C/2", at=NOW + HOUR)
    begun(engine, ONE, "C/1")
    with engine.begin() as connection:
        joins.join(connection, TWO, ONE, Likeness(1.0, "named"), NOW, twins=True)
        for key in (ONE, TWO):
            row = threads.of(connection, *PLACE, threads.around(connection, key))
            assert row is not None and (row.name, row.root) == ("fts:a", "C/1")
        assert threads.of(connection, "bids", "#other", [ONE]) is None
        assert threads.of(connection, *PLACE, [("fts", "b"), ("cf", "a")]) is None


def test_what_is_due_is_given_to_one_and_once(engine: Engine) -> None:
    begun(engine, ONE, "C/1", due=NOW)
    begun(engine, TWO, "C/1", name="fts:a", due=NOW)
    with engine.begin() as connection:
        assert threads.due(connection, "bids", NOW)
        (taken,) = threads.take(connection, "bids", NOW, NOW + HOUR, 10)
        assert threads.take(connection, "bids", NOW, NOW + HOUR, 10) == []
        assert not threads.due(connection, "bids", NOW)
    with engine.begin() as connection:
        assert len(threads.take(connection, "bids", NOW + HOUR, NOW + 2 * HOUR, 10)) == 1, "a crash"
        threads.change(connection, taken, due=taken.due)
        threads.looked_at(connection, taken, shown="y", due=NOW + 3 * HOUR, now=NOW)
    with reading(engine) as connection:
        rows = [threads.of(connection, *PLACE, [key]) for key in (ONE, TWO)]
    assert [(row.shown, row.due) for row in rows if row] == [("y", NOW + 3 * HOUR)] * 2


def test_what_is_touched_meanwhile_is_looked_at_again(engine: Engine) -> None:
    begun(engine, ONE, "C/1", due=NOW)
    with engine.begin() as connection:
        (taken,) = threads.take(connection, "bids", NOW, NOW + HOUR, 10)
    with engine.begin() as connection:
        threads.touch(connection, [PLACE], [ONE], NOW)
    with engine.begin() as connection:
        threads.looked_at(connection, taken, shown="y", due=None, now=NOW)
        assert threads.due(connection, "bids", NOW)
        # Another's edit may have come before ours or after it.
        (again,) = threads.take(connection, "bids", NOW, NOW + HOUR, 10)
        assert again.shown == ""


def test_news_of_one_portal_touch_the_thread_of_the_other(engine: Engine) -> None:
    begun(engine, ONE, "C/1")
    begun(engine, ("fts", "else"), "C/9")
    begun(engine, ("fts", "lost"), "")
    with engine.begin() as connection:
        joins.join(connection, TWO, ONE, Likeness(1.0, "named"), NOW, twins=True)
        threads.touch(connection, [PLACE, ("other", "#x")], [TWO, ("fts", "lost")], NOW)
        assert [row.root for row in threads.take(connection, "bids", NOW, NOW + HOUR, 9)] == ["C/1"]
