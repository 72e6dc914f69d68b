"""What a message adds for one recipient: how late it is, and which reminder is void."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.model import Change, Event
from bot.render.notes import late, moves, void
from tests.make import at, deadline, event

LONDON = ZoneInfo("Europe/London")
DUE = at("2026-06-18T11:00")
LATE = {
    "in time": ("11:00", "11:00", ""),
    "less than an hour": ("11:59", "11:59", ""),
    "the bot slept": (
        "14:00", "14:00",
        "3 hours late: it was due Thu 18 Jun 2026 12:00 BST, when the bot was not running",
    ),
    "the channel was down": (
        "11:01", "14:30",
        "3 hours 30 minutes late: it was due Thu 18 Jun 2026 12:00 BST,"
        " when the channel took no messages",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LATE)
def test_a_late_reminder_says_so_and_why(case: str) -> None:
    planned, now, said = LATE[case]
    assert late(DUE, at(f"2026-06-18T{planned}"), at(f"2026-06-18T{now}"), LONDON) == said


def amended(*changes: Change) -> Event:
    return event("amended", changes=changes)


def sent(day: int, **more: str) -> tuple[Event, datetime]:
    given = {"kind": "submission", "when": "2026-06-19T11:00"} | more
    return event("deadline", deadline=deadline(**given), lead="7d"), at(f"2026-06-{day:02}T11:00")


MOVED = Change("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z")
VOID = {
    "one": ([MOVED], [sent(3)], "the reminder of 3 Jun 2026 no longer holds"),
    "two": (
        [MOVED], [sent(12), sent(3)],
        "the reminders of 3 Jun 2026 and 12 Jun 2026 no longer hold",
    ),
    "two of a day": ([MOVED], [sent(3), sent(3)], "the reminder of 3 Jun 2026 no longer holds"),
    "none sent": ([MOVED], [], ""),
    "of another kind": ([MOVED], [sent(3, kind="enquiry")], ""),
    "of another lot": ([MOVED], [sent(3, lot="2")], ""),
    "of the lot that moved": (
        [Change("submission", MOVED.was, MOVED.now, "2")], [sent(3, lot="2")],
        "the reminder of 3 Jun 2026 no longer holds",
    ),
    "of a date taken back before": ([MOVED], [sent(3, when="2026-06-12T11:00")], ""),
    "of a date that is gone": (
        [Change("submission", MOVED.was, None)], [sent(3)],
        "the reminder of 3 Jun 2026 no longer holds",
    ),
    "of a day that another portal states with its time": (
        [Change("submission", "2026-06-19", "2026-07-03")], [sent(3)],
        "the reminder of 3 Jun 2026 no longer holds",
    ),
    "no date was there before": ([Change("submission", None, MOVED.now)], [sent(3)], ""),
    "no date moved": ([Change("title", "A", "B")], [sent(3)], ""),
}  # fmt: skip


@pytest.mark.parametrize("case", VOID)
def test_a_moved_date_takes_back_its_reminders(case: str) -> None:
    changes, reminders, said = VOID[case]
    assert void(amended(*changes), reminders, LONDON) == said


def test_only_an_amendment_takes_a_date_back() -> None:
    assert moves(amended(MOVED)) == [MOVED]
    assert moves(event("new", changes=(MOVED,))) == []
