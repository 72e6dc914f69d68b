"""Killed between the fold and the queue of its deliveries: both are one transaction, so neither."""

from __future__ import annotations

import sqlite3

from tests.faults.rig import all_or_nothing, environment, opened
from tests.processes import Stage
from tests.slow import reached, until

# An INSERT of the outbox that never comes to its end: the records are folded and written by then.
HANG = """
    CREATE TRIGGER hang BEFORE INSERT ON outbox BEGIN
        SELECT count(*) FROM (
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n
        );
    END
"""


def test_a_kill_between_the_fold_and_the_queue_undoes_the_fold(bell: Stage) -> None:
    change(bell, HANG)
    number = bell.publish()
    process = bell.start(environment())
    until(lambda: kept(bell) and locked(bell), 30, "the page is kept, the fold is under way")
    assert not reached(lambda: not locked(bell), 0.3)  # and it hangs in the queue
    process.kill()
    all_or_nothing(bell)
    assert not bell.keys_of(number, "bids>#bids") & bell.arrived().keys()
    change(bell, "DROP TRIGGER hang")
    bell.serving(environment())
    bell.all_arrive()
    bell.assert_once()


def change(bell: Stage, statement: str) -> None:
    connection = sqlite3.connect(path(bell), timeout=10)
    connection.execute(statement)
    connection.commit()
    connection.close()


def kept(bell: Stage) -> bool:
    """Whether a notice is stored, folded or not."""
    with opened(bell) as connection:
        return bool(connection.execute("SELECT 1 FROM notices").fetchone())


def locked(bell: Stage) -> bool:
    """Whether a transaction that writes is open."""
    connection = sqlite3.connect(path(bell), timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def path(bell: Stage) -> str:
    return bell.database.removeprefix("sqlite:///")
