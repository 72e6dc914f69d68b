"""Fixtures for all tests: a database of each kind that Tenderbell runs on. Starts PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests import postgres

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test process, started by the first test that asks."""
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database; a test that takes it runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tenderbell.db'}"
        return
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"test_{next(_NUMBERS)}"
    plain = server.set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        yield server.set(database=name).render_as_string()
        # A connection that a test left open must not keep the database from going.
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
