"""Who runs what: leases of jobs, and the health of sources and channels. Touches the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, bindparam, not_, or_, select, update

from bot import slots
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import channels, is_owed, jobs, outbox, sources

_take = (
    update(jobs)
    .where(
        jobs.c.name == bindparam("job"),
        # A date far ahead comes from a clock that was wrong: it must not silence a job for years.
        or_(jobs.c.due <= bindparam("now"), jobs.c.due > bindparam("far")),
        or_(
            jobs.c.lease.is_(None),
            jobs.c.lease < bindparam("now"),
            jobs.c.lease > bindparam("absurd"),
            # Of a run of ours that failed so hard that it could not give the job back.
            jobs.c.owner == bindparam("owner"),
        ),
    )
    .values(lease=bindparam("until"), owner=bindparam("owner"), fence=jobs.c.fence + 1)
    .returning(jobs.c.fence)
)


def take(
    connection: Connection,
    job: str,
    *,
    now: datetime,
    lease: timedelta,
    far: timedelta,
    owner: str,
) -> int | None:
    """The fence of a job that is due and free, ours until `now + lease` (real time); else None.

    `far` is the longest that this job may wait: a later due date is not believed.
    """
    statement = insert(connection, jobs).on_conflict_do_nothing()
    connection.execute(statement, {"name": job, "due": now, "owner": "", "fence": 0})
    row = connection.execute(
        _take,
        {
            "job": job,
            "now": now,
            "until": now + lease,
            "absurd": now + 2 * lease,
            "far": now + far,
            "owner": owner,
        },
    ).first()
    return row[0] if row else None


def renew(connection: Connection, job: str, fence: int, until: datetime) -> bool:
    """Prolong the lease; False when another process has taken the job over."""
    result = connection.execute(
        update(jobs).where(jobs.c.name == job, jobs.c.fence == fence).values(lease=until)
    )
    return result.rowcount == 1


def done(connection: Connection, job: str, fence: int, due: datetime) -> None:
    """Give the job back, due again at `due` (real time)."""
    connection.execute(
        update(jobs).where(jobs.c.name == job, jobs.c.fence == fence).values(due=due, lease=None)
    )


def owners(connection: Connection) -> set[str]:
    """Every process that holds a lease of a job or of a delivery."""
    held = (
        select(jobs.c.owner)
        .where(jobs.c.lease.is_not(None))
        .union(select(outbox.c.owner).where(outbox.c.lease.is_not(None)))
    )
    return {row[0] for row in connection.execute(held)}


def bury(connection: Connection, owner: str) -> None:
    """Free what a process that is no more still holds."""
    for table in (jobs, outbox):
        connection.execute(
            update(table)
            .where(table.c.owner == owner, table.c.lease.is_not(None))
            .values(lease=None)
        )


def disbelieve(
    connection: Connection, now: datetime, *, longest: timedelta, lease: timedelta
) -> None:
    """Bring back what a clock that was wrong put further ahead of `now` (UTC) than it can be.

    What is due later than `longest` from now is due now, and no lease ends later than in `lease`.
    What waits for a digest may honestly wait as long as for the furthest one.
    """
    far = now + longest
    connection.execute(update(jobs).where(jobs.c.due > far).values(due=now))
    connection.execute(update(channels).where(channels.c.until > far).values(until=None))
    gathered = and_(outbox.c.digest != "", outbox.c.status == "waiting")
    honest = and_(gathered, outbox.c.due <= now + slots.LONGEST)
    absurd = (is_owed(outbox), outbox.c.due > far, not_(honest))
    connection.execute(update(outbox).where(*absurd).values(due=now))
    for table in (jobs, outbox):
        held = update(table).where(table.c.lease > now + lease)
        connection.execute(held.values(lease=now + lease))


def due(connection: Connection) -> dict[str, datetime]:
    """When each job is due next, by its name."""
    return {row[0]: row[1] for row in connection.execute(select(jobs.c.name, jobs.c.due))}


# ---------------------------------------------------------------- health


def source(connection: Connection, name: str) -> Row[tuple[object, ...]] | None:
    """What is remembered of a source: its watermark, its failures, its last receipt."""
    return connection.execute(select(sources).where(sources.c.name == name)).first()


def set_source(connection: Connection, name: str, **values: object) -> None:
    """Change what is remembered of a source."""
    statement = insert(connection, sources)
    fresh = {"name": name, "started": 0, "failures": 0, "error": ""} | values
    if "receipt" in values:
        fresh["receipt"] = values["receipt"] = codec.dump(values["receipt"])
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values), fresh)


def channel(connection: Connection, name: str) -> Row[tuple[object, ...]] | None:
    """What is remembered of a channel: until when it is to be left alone, its failures."""
    return connection.execute(select(channels).where(channels.c.name == name)).first()


def set_channel(connection: Connection, name: str, **values: object) -> None:
    """Change what is remembered of a channel."""
    statement = insert(connection, channels)
    fresh = {"name": name, "failures": 0, "error": ""} | values
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values), fresh)
