"""Tells operators once that something is wrong, and once that it is well. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from bot.health import Alarm
from bot.model import Event
from bot.setup import Setup
from bot.store import health, outbox
from bot.when import iso, length


def report(
    connection: Connection,
    setup: Setup,
    subject: str,
    found: Iterable[Alarm],
    now: datetime,
    *,
    judged: bool = True,
) -> None:
    """Compare what is wrong at `now` (UTC) with what was, and queue the difference.

    `subject` is "source NAME" or "channel NAME". Without being `judged`, no alarm ends.
    """
    current = {alarm.kind: alarm for alarm in found}
    told = health.raised(connection, subject)
    events = []
    for kind, alarm in current.items():
        if kind not in told:
            health.raise_(connection, subject, alarm, now)
            events.append(_event(subject, kind, now, alarm.text, alarm.detail))
    for kind, since in told.items():
        if kind not in current and judged:
            health.clear(connection, subject, kind)
            lasted = f"after {length(now - since)}"
            events.append(_event(subject, f"{kind}/well", now, "is well again", lasted))
    if events:
        what, _, name = subject.partition(" ")
        # Not on the channel that is in trouble itself.
        but = name if what == "channel" else ""
        outbox.queue(connection, events, setup.planner.health(events, now, but))


def _event(subject: str, kind: str, now: datetime, text: str, detail: str) -> Event:
    what, _, name = subject.partition(" ")
    return Event(
        key=f"{subject}/{kind}@{iso(now)}",
        name="operators",
        source=name if what == "source" else "",
        at=now,
        notes=tuple(filter(None, (f"The {subject} {text}", detail))),
    )
