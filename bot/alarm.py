"""Tells operators once that something is wrong, and once that it is well. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from bot.health import Alarm
from bot.model import Event
from bot.render import Verdict
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

    `subject` is "source NAME", "channel NAME" or "template NAME". Without being `judged`, no alarm
    ends.
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


def templates(
    connection: Connection, setup: Setup, found: Iterable[Verdict], now: datetime
) -> None:
    """Tell once of each of the operator's own templates that fails, and once that it was mended.

    It counts as mended only when its text is another: one that fails for some notices and not for
    others is told of once.
    """
    for verdict in found:
        subject, version = f"template {verdict.template}", verdict.version
        told = health.raised(connection, subject)
        if version in told:
            continue
        alarms = []
        if verdict.failed:
            for old in told:  # it fails as it did, edited or not: no word that it is well
                health.clear(connection, subject, old)
            alarms = [Alarm(version, "fails, so messages have the built-in form", verdict.failed)]
        report(connection, setup, subject, alarms, now)


def _event(subject: str, kind: str, now: datetime, text: str, detail: str) -> Event:
    what, _, name = subject.partition(" ")
    return Event(
        key=f"{subject}/{kind}@{iso(now)}",
        name="operators",
        source=name if what == "source" else "",
        at=now,
        notes=tuple(filter(None, (f"The {subject} {text}", detail))),
    )
