"""Connects to SQLite or PostgreSQL and brings the schema up to date. Touches the database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigError

# The newest migration. A database that says so needs no migrating, and alembic is not imported.
HEAD = "0004"
MIGRATIONS = Path(__file__).parent.parent / "migrations"
# Seconds to wait for a lock: a backup may hold the file for half a minute.
BUSY = 60
# Seconds to wait for a server that only adds to an answer.
BRIEF = 3


def connect(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg://…`; ConfigError when it cannot be."""
    try:
        kind = make_url(url).get_backend_name()
        if kind == "sqlite":
            return _sqlite(url)
        return create_engine(url, pool_pre_ping=True, pool_size=8)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise ConfigError(f"database: {error}") from error


def _sqlite(url: str) -> Engine:
    if sqlite3.sqlite_version_info < (3, 39):
        raise ConfigError(f"database: SQLite {sqlite3.sqlite_version} is too old; 3.39 is needed")
    path = Path(make_url(url).database or "")
    _owner_only(path)
    engine = create_engine(url, connect_args={"timeout": BUSY, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # SQLAlchemy's events, not the driver, say when a transaction begins.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={BUSY * 1000}")
        # Refused at once, without waiting, while another process does the same to a new file. It
        # is a property of the file, so one of them is enough.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # A read that turns into a write fails with SQLITE_BUSY_SNAPSHOT, which no time-out covers.
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def look(url: str) -> Engine:
    """An engine that only reads: it makes no database, changes none and waits for none.

    ConfigError when it cannot be. Where there is no database, connecting fails.
    """
    try:
        found = make_url(url)
        if found.get_backend_name() != "sqlite":
            return create_engine(url, connect_args={"connect_timeout": BRIEF})
        path = Path(found.database or "").absolute().as_uri()
        # Not `mode=ro`: that leaves its `-wal` file behind.
        engine = create_engine(f"sqlite:///{path}?mode=rw&uri=true")
    except (ArgumentError, ModuleNotFoundError) as error:
        raise ConfigError(f"database: {error}") from error

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA query_only=ON")

    return engine


def _owner_only(path: Path) -> None:
    """The file is created for its owner alone: it names who watches what."""
    if str(path) in ("", ":memory:"):
        raise ConfigError("database: an SQLite file is needed: several connections share it")
    try:
        if not path.exists():
            path.touch(mode=0o600)
        with path.open("r+b") as file:
            head = file.read(16)
    except OSError as error:
        raise ConfigError(f"database: {path}: {error.strerror}") from error
    if head and head != b"SQLite format 3\x00":
        raise ConfigError(f"database: {path} is not an SQLite database")
    if not head and path.with_name(path.name + "-wal").exists():
        raise ConfigError(f"database: {path} is empty but has a write-ahead log: it was cut off")


def upgrade(engine: Engine) -> None:
    """Bring the schema to HEAD in one transaction; refuse a database newer than this program."""
    try:
        with engine.connect().execution_options(reading=True) as connection:
            found = _version(connection)
        if found == HEAD:
            return
        with engine.begin() as connection:
            found = _version(connection)  # another process may have been faster
            if found != HEAD:
                _migrate(connection, found)
    except DBAPIError as error:
        raise ConfigError(f"database: {said(error)}") from error


def said(error: DBAPIError) -> str:
    """The database's own words, one line, without the statement and its values."""
    return str(error.orig).splitlines()[0]


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found and found not in {
        r.revision for r in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise ConfigError(
            f"database: its schema is version {found}, newer than this program's {HEAD}; "
            "update tenderbell"
        )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7130441)"))
    command.upgrade(config, HEAD)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading: takes no write lock and commits nothing."""
    with engine.connect().execution_options(reading=True) as connection:
        yield connection
        connection.rollback()


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT: spelt alike, imported from the dialect."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return cast(Insert, postgresql.insert(table))
    return sqlite.insert(table)
