"""The tables: natural text keys, instants as ISO text in UTC, bodies as JSON. Touches nothing.

Their indexes stand in the migrations alone: to name a partial one here for both databases would
load the dialect of PostgreSQL, 6 MB, in every process.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)

meta = MetaData()


class Instant(TypeDecorator[datetime]):
    """A UTC instant as text that sorts, 2026-06-19T11:00:00.000000Z: STRICT knows no dates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def text(value: datetime) -> str:
    """The stored form of an instant."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _table(name: str, *columns: Any) -> Table:
    return Table(name, meta, *columns, sqlite_strict=True)


# What each source published, in its normalised form. A row never changes but for `folded`.
notices = _table(
    "notices",
    Column("source", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("published", Instant, nullable=False),
    Column("learned", Instant, nullable=False),  # when it was read
    Column("folded", Integer, nullable=False),  # 0 while the walk of its window goes on
    Column("body", Text, nullable=False),
)

# The fold of the notices of one process.
records = _table(
    "records",
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("wake", Instant),  # the next reminder; null when none is ahead
    Column("live", Integer, nullable=False),  # 1 while planned or open
    Column("body", Text, nullable=False),
)

# What was worth saying to somebody, as it was then.
events = _table(
    "events",
    Column("key", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("record", Text),
    Column("body", Text, nullable=False),
)

# One row a delivery. The key is its whole identity; the primary key makes it once.
outbox = _table(
    "outbox",
    Column("key", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("record", Text, nullable=False),  # "" for the bot's own messages
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("matches", Text, nullable=False),
    Column("queue", Text, nullable=False),  # the order of sending: when queued, then the event's
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("first_due", Instant, nullable=False),
    Column("sent", Instant),
    Column("reference", Text, nullable=False),  # what the channel answered
    Column("lease", Instant),  # real time, until which one process works on it
    Column("owner", Text, nullable=False),  # the process that holds the lease
    Column("fence", Integer, nullable=False),  # counts the claims: a late writer has an old one
    Column("digest", Text, nullable=False, server_default=""),  # the one that it waits for
)

# Where each conversation goes on in a channel, by each of its records that was told there.
threads = _table(
    "threads",
    Column("channel", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("name", Text, nullable=False),  # the conversation's, as it was called first
    Column("root", Text, nullable=False),  # what the channel answered to its first message
    Column("delivery", Text, nullable=False),  # the key of that message
    Column("since", Instant, nullable=False),
    Column("shown", Text, nullable=False),  # a digest of what the first message shows by now
    Column("due", Instant),  # when it may show something else; null when never
)

sources = _table(
    "sources",
    Column("name", Text, primary_key=True),
    Column("watermark", Instant),
    Column("started", Integer, nullable=False),  # 1 once the first run was read to its end
    Column("failures", Integer, nullable=False),  # in a row
    Column("succeeded", Instant),
    Column("failed", Instant),
    Column("error", Text, nullable=False),
    Column("receipt", Text),
)

channels = _table(
    "channels",
    Column("name", Text, primary_key=True),
    Column("until", Instant),  # not before this may anything be sent
    Column("failures", Integer, nullable=False),
    Column("succeeded", Instant),
    Column("failed", Instant),
    Column("error", Text, nullable=False),
)

# A job is run by whoever holds its lease; real time.
jobs = _table(
    "jobs",
    Column("name", Text, primary_key=True),
    Column("due", Instant, nullable=False),
    Column("lease", Instant),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
)

# What could not be read, with its bytes and the reason.
aside = _table(
    "aside",
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

# A piece of a source that failed by itself, and is still to be read.
parts = _table(
    "parts",
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("window_start", Instant),
    Column("window_end", Instant),
    Column("failures", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("error", Text, nullable=False),
    Column("begun", Instant),
)

# What the last whole answer to a conditional request said of itself.
validators = _table(
    "validators",
    Column("source", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("whole", Instant, nullable=False),
)

# What each poll did.
receipts = _table(
    "receipts",
    Column("source", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("new", Integer, nullable=False),
    Column("stated", Text, nullable=False),  # what its notices stated, counted
    Column("body", Text, nullable=False),
)

# What operators were told of, until it is over.
alarms = _table(
    "alarms",
    Column("subject", Text, primary_key=True),  # "source NAME" or "channel NAME"
    Column("kind", Text, primary_key=True),
    Column("since", Instant, nullable=False),
)

# By what each record is known and looked for elsewhere: see `bot.same`.
names = _table(
    "names",
    Column("name", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("record", Text, primary_key=True),
)

# Records of one procurement. A record that is alone has no row.
joins = _table(
    "joins",
    Column("source", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("conversation", Text, nullable=False),  # the key of its first record
    Column("twin", Text, nullable=False),  # records that publish the very same, likewise
    Column("peer", Text, nullable=False),  # the key of the record that it was joined to
    Column("why", Text, nullable=False),
    Column("confidence", Integer, nullable=False),  # of 1,000
    Column("at", Instant, nullable=False),
)

# The files that a source was read from, as they were then.
files = _table(
    "files",
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # below the source's folder
    Column("stamp", Text, nullable=False),  # size, time of change, and why it was not opened
    Column("digest", Text, nullable=False),  # of what was in it; "" where it was not opened
    Column("at", Instant, nullable=False),
)

# Procurements of which a channel hears all, by one of their records.
follows = _table(
    "follows",
    Column("source", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("since", Instant, nullable=False),
)

# Procurements, or buyers, of which no channel hears.
mutes = _table(
    "mutes",
    Column("source", Text, primary_key=True),  # "" where a buyer is meant, as `record`
    Column("record", Text, primary_key=True),
    Column("buyer", Text, primary_key=True),  # "" where a procurement is meant
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("why", Text, nullable=False),
    Column("whole", Integer, nullable=False),  # 1 where its cancellation is not told either
)

settings = _table(
    "settings",
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


def is_owed(table: FromClause) -> ColumnElement[bool]:
    """Not settled yet. Written out, not bound: a partial index is used only for a literal."""
    states = ("waiting", "retrying", "unknown")
    return table.c.status.in_([literal_column(f"'{state}'") for state in states])
