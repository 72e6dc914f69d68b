"""When the bot is blind: a source that fails, falls silent, or no longer says what it did. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.model import Notice
from bot.when import length

# By stage, how many full statements there were, and how many of them stated each field.
Stated = dict[str, dict[str, int]]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# A short outage mends itself, and the next poll reads the gap.
FAILURES, PATIENCE = 3, _HOUR
# A channel asks for less when it is only busy.
PARKED = timedelta(minutes=30)
# How far back the rhythm of a source is learned, and how much of it must be known.
MEMORY, KNOWN = timedelta(days=28), timedelta(days=14)
# A source that publishes so little has no rhythm: hours with news, on its busiest day.
LEAST = 3.0
# What was nearly always stated, in so many notices, and is hardly ever in the last so many.
ALWAYS, HARDLY, MANY, FEW = 0.9, 0.3, 100, 20
_FIELDS = ("title", "buyers", "cpv", "places", "deadlines", "url")
_LABELS = {"buyers": "buyer", "cpv": "CPV code", "places": "place", "deadlines": "deadline"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that operators are told once, and once more when it is over."""

    kind: str  # "failing", "silent", "parts", "field cpv in tender"
    text: str
    detail: str = ""


def failing(failures: int, last: datetime | None, error: str, now: datetime) -> Alarm | None:
    """A source that has failed for an hour; `last` (UTC) is when it was read, or first asked."""
    if failures < FAILURES or last is None or now - last < PATIENCE:
        return None
    return Alarm("failing", f"cannot be read for {length(now - last)}", error)


def parked(until: datetime | None, error: str, now: datetime) -> Alarm | None:
    """A channel that cannot be used until somebody sees to it: revoked, gone, refused."""
    if until is None or until - now < PARKED:
        return None
    return Alarm("parked", "takes no messages; they wait until it does", error)


def partly(owed: Iterable[tuple[str, int, str]]) -> Alarm | None:
    """Pieces (name, failures in a row, error) that were asked for in vain again and again."""
    lost = [f"{name}: {error}" for name, failures, error in owed if failures >= FAILURES]
    if not lost:
        return None
    pieces = "a piece of it cannot" if len(lost) == 1 else f"{len(lost)} pieces of it cannot"
    return Alarm("parts", f"{pieces} be read", "; ".join(lost[:3]))


def silent(news: Sequence[datetime], now: datetime) -> Alarm | None:
    """A source that has brought nothing for longer than it ever should.

    `news` (UTC) are the times of the polls that brought something new. Each hour of the week
    counts as much as it did in the weeks before; silence is too long when it has lasted for hours
    in which a whole busy day's news should have come.
    """
    known = sorted(at for at in news if now - at <= MEMORY)
    if not known or now - known[0] < KNOWN:
        return None
    usual = _rhythm(known)
    busiest = max(sum(usual[day, hour] for hour in range(24)) for day in range(7))
    if busiest < LEAST:
        return None
    quiet = _hours(known[-1], now)
    if sum(usual[at.weekday(), at.hour] for at in quiet) < busiest:
        return None
    return Alarm(
        "silent",
        f"has published nothing for {length(now - known[-1])}",
        "it answers, but by its usual rhythm there should have been notices",
    )


def _rhythm(known: Sequence[datetime]) -> Mapping[tuple[int, int], float]:
    """By weekday and hour (UTC), in what part of the weeks anything came."""
    weeks: defaultdict[int, int] = defaultdict(int)
    for day in _days(known[0].date(), known[-1].date()):
        weeks[day.weekday()] += 1
    slots = {(at.date(), at.hour) for at in known}
    seen = Counter((day.weekday(), hour) for day, hour in slots)
    rhythm: defaultdict[tuple[int, int], float] = defaultdict(float)
    for (weekday, hour), times in seen.items():
        rhythm[weekday, hour] = times / max(weeks[weekday], 1)
    return rhythm


def _days(first: date, last: date) -> Iterable[date]:
    return (first + _DAY * n for n in range((last - first).days + 1))


def _hours(after: datetime, end: datetime) -> Iterable[datetime]:
    """The whole hours between the hour of an instant and another instant."""
    start = after.replace(minute=0, second=0, microsecond=0) + _HOUR
    return (start + _HOUR * n for n in range(max((end - start) // _HOUR, 0)))


# ---------------------------------------------------------------- what notices state


def stated(notices: Iterable[Notice]) -> Stated:
    """Which fields the full statements among these notices have."""
    counts: Stated = {}
    for notice in notices:
        if notice.restates:
            stage = counts.setdefault(notice.stage, {"notices": 0})
            stage["notices"] += 1
            for name in _FIELDS:
                stage[name] = stage.get(name, 0) + bool(getattr(notice.facts, name))
    return counts


def add(into: Stated, counts: Stated) -> None:
    """Count these as well."""
    for stage, fields in counts.items():
        held = into.setdefault(stage, {"notices": 0})
        for name, number in fields.items():
            held[name] = held.get(name, 0) + number


def lacking(polls: Iterable[Stated]) -> list[Alarm]:
    """Fields that a source always stated and has stopped to; polls in order, the latest first."""
    recent: Stated = {}
    before: Stated = {}
    for counts in polls:
        for stage, fields in counts.items():
            few = recent.get(stage, {}).get("notices", 0) < FEW
            add(recent if few else before, {stage: fields})
    return [
        Alarm(
            f"field {name} in {stage}",
            f"states no {_LABELS.get(name, name)} in its {stage} notices any more",
            f"{now:.0%} of the last {recent[stage]['notices']} state it; before it was {then:.0%}",
        )
        for stage in before
        if before[stage]["notices"] >= MANY and recent[stage]["notices"] >= FEW
        for name in _FIELDS
        if (then := _share(before[stage], name)) >= ALWAYS
        and (now := _share(recent[stage], name)) <= HARDLY
    ]


def _share(fields: Mapping[str, int], name: str) -> float:
    return fields.get(name, 0) / fields["notices"]
