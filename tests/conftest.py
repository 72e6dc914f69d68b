"""Fixtures for all tests: a database of each kind that Tenderbell runs on. Starts PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy.engine import URL, make_url

from bot.store.engine import connect, upgrade
from tests import postgres

# Milliseconds for one example: generous, for a busy machine may stand still for a while.
settings.register_profile("busy", deadline=10_000)
settings.load_profile("busy")

_NUMBERS = count(1)
_ON_BOTH = ["sqlite", "postgresql"]
# Where the tests are that take longest, the longest first. Each worker begins with some of them:
# else one of them would still be at work on several when the others are done.
_LONG = (
    "test_processes.py",
    "test_machine.py",
    "faults/test_kills.py",
    "test_replay.py",
    "faults/",
    "test_signals.py",
    "benchmarks/",
)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers a processor: many tests wait for a process, or for time to pass."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long tests first, dealt out to the workers; xdist gives each a part of the list."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    here = Path(__file__).parent
    places = [item.path.relative_to(here).as_posix() for item in items]
    ranks = {
        item: next((n for n, start in enumerate(_LONG) if place.startswith(start)), len(_LONG))
        for item, place in zip(items, places, strict=True)
    }
    long = sorted((item for item in items if ranks[item] < len(_LONG)), key=ranks.__getitem__)
    rest = [item for item in items if ranks[item] == len(_LONG)]
    size = len(rest) / workers
    parts = (
        long[n::workers] + rest[round(n * size) : round((n + 1) * size)] for n in range(workers)
    )
    items[:] = chain.from_iterable(parts)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test process, started by the first test that asks."""
    with postgres.server() as url:
        yield url


# The migrations take most of the time of a short test, so each kind of database is migrated once.


@pytest.fixture(scope="session")
def sqlite_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema and no row, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "tenderbell.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_schema(postgres_url: str) -> str:
    """The name of a PostgreSQL database with the schema and no row, to be copied."""
    server, name = make_url(postgres_url), "schema"
    _run(server, f"CREATE DATABASE {name}")
    _migrate(server.set(database=name).render_as_string())
    return name


@pytest.fixture(params=_ON_BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema and no row; a test that takes it runs on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "tenderbell.db"
        shutil.copy(request.getfixturevalue("sqlite_schema"), path)
        yield f"sqlite:///{path}"
        return
    like = request.getfixturevalue("postgres_schema")
    yield from _database(make_url(request.getfixturevalue("postgres_url")), like)


@pytest.fixture(params=_ON_BOTH)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same of a database without a schema, as an operator makes it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tenderbell.db'}"
        return
    yield from _database(make_url(request.getfixturevalue("postgres_url")), "template1")


def _database(server: URL, like: str) -> Iterator[str]:
    """A PostgreSQL database that is a copy of another until the test is over."""
    name = f"test_{next(_NUMBERS)}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
    yield server.set(database=name).render_as_string()
    # A connection that a test left open must not keep the database from going.
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def _run(server: URL, statement: str) -> None:
    plain = server.set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())
