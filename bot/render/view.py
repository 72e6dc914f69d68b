"""What a message says about an event, as plain ready strings that every template lays out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from bot import when
from bot.contract import Link
from bot.filters import host, link, money, short
from bot.model import Delivery, Event, EventName, Facts, Lot, Match, Record, Stage, Summary, Value
from bot.render import dates
from bot.render.links import links
from bot.render.state import State, status
from bot.render.subject import decided, fact, launched, subject
from bot.render.wording import LABELS, Diff, change, coded, lots_met, matching, place

T = TypeVar("T")

# How much of each field a message shows, in characters or in entries.
TITLE, DESCRIPTION, WORDS, FIELD = 200, 600, 800, 300
CHANGES, LOTS, DATES, PLACES, CODES, SUPPLIERS, REASONS = 12, 10, 12, 6, 5, 10, 10
ELSEWHERE = 5

_NOTICES: dict[Stage, str] = {
    "planning": "Planning notice",
    "tender": "Tender notice",
    "award": "Award notice",
    "contract": "Contract notice",
}
# Which facts each kind of event repeats: a reminder must be read in seconds, a new notice once.
_ROWS: dict[EventName, tuple[str, ...]] = {
    "new": ("Buyer", "Value", "Place", "CPV", "Procedure", "Suitable for", "Respond"),
    "amended": ("Buyer", "Value", "Place"),
    "cancelled": ("Buyer", "Value", "Place"),
    "awarded": ("Buyer", "Place"),
    "deadline": ("Buyer", "Value", "Place", "Respond"),
}
# What the heading says already is not listed again.
_IN_HEADING = {"cancelled": {"status"}, "awarded": {"supplier", "status"}}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of facts."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One notice of a list: its title, who buys, what comes next, its page."""

    title: str
    buyer: str
    next: str
    url: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The beginning of a list, and what to say of the rest: "and 7 more" or ""."""

    shown: tuple[T, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a template may say. Each string is of one line, cleaned and cut, in no markup."""

    name: str  # the event's
    kicker: str  # what happened, in a few words: "Submission deadline in 3 days"
    title: str
    status: str = ""  # how it stands now, where the message is kept up to date: "Open"
    mark: str = ""  # the same in one word: open, soon, closed, cancelled, awarded, planned
    rows: tuple[Row, ...] = ()
    deadlines: Listed[dates.Dated] = Listed()
    changes: Listed[Diff] = Listed()
    awards: Listed[Row] = Listed()
    lots: Listed[Row] = Listed()
    items: Listed[Item] = Listed()
    words: str = ""  # the buyer's own
    description: str = ""
    history: tuple[str, ...] = ()  # how it came here, oldest first
    notes: tuple[str, ...] = ()
    reasons: Listed[str] = Listed()
    url: str = ""  # http(s), plain ASCII, or ""
    host: str = ""
    links: tuple[Link, ...] = ()  # the notice, where to bid, a calendar
    elsewhere: tuple[Row, ...] = ()  # the same on other portals: host and address
    footer: str = ""  # the notice's form, number, day and source
    subject: str = ""  # "Deadline moved to 19 Jun 12:00: Supported living, Sefton"

    def __post_init__(self) -> None:
        if not self.subject:
            told = f"{self.kicker}: {self.title}" if self.title else self.kicker
            object.__setattr__(self, "subject", told)


def view(
    event: Event, delivery: Delivery, now: datetime, zone: ZoneInfo, state: State | None = None
) -> View:
    """The view of one event for one recipient at `now` (UTC), its times told in `zone`.

    Where the message is kept up to date, `state` is how the record stands now: facts, deadlines and
    links are told of that, and nothing that is true for a day only.
    """
    if event.summary is not None:
        return _started(event, event.summary, delivery, now, zone)
    if event.record is None:
        return _operators(event)
    record, facts = event.record, event.record.facts
    present = state.record if state else record
    told, mark = status(state, now, zone) if state else ("", "")
    url = link(facts.url)
    kicker = _kicker(event, record, now, zone)
    number = short(event.notice or record.notice, 80)
    title = short(present.facts.title, TITLE) or f"Notice {number}"
    return View(
        name=event.name,
        kicker=kicker,
        title=title,
        subject=subject(fact(event, record, now, zone) or kicker, title, facts),
        status=told,
        mark=mark,
        rows=(*_matching(delivery, facts), *_rows(event.name, present.facts, state)),
        deadlines=_listed(_deadlines(event, present, now, zone, state), DATES, lambda d: d),
        changes=_changes(event, record, zone),
        awards=_awards(event, record),
        lots=_lots(facts, matching(delivery.matches, facts)) if event.name == "new" else Listed(),
        words=short(event.words, WORDS),
        description=short(facts.description, DESCRIPTION) if event.name == "new" else "",
        history=_history(event, record, zone),
        notes=tuple(short(note, FIELD) for note in event.notes[:REASONS]),
        reasons=_reasons(delivery.matches),
        url=url,
        host=host(url) if url else "",
        links=links(present, now, zone),
        elsewhere=_elsewhere(event),
        footer=_footer(event, record, zone),
    )


def _deadlines(
    event: Event, record: Record, now: datetime, zone: ZoneInfo, state: State | None
) -> list[dates.Dated]:
    if state is None:
        return dates.shown(event, record, now, zone)
    # As for one who hears of it for the first time; what is days away today is not tomorrow.
    told = dates.shown(replace(event, name="new", deadline=None), record, now, zone)
    return [one if one.until in dates.LASTING else replace(one, until="") for one in told]


def _elsewhere(event: Event) -> tuple[Row, ...]:
    pages = (link(page) for _, page in event.elsewhere[:ELSEWHERE])
    return tuple(Row(host(page), page) for page in pages if page)


def _started(
    event: Event, summary: Summary, delivery: Delivery, now: datetime, zone: ZoneInfo
) -> View:
    """The calm first run: how many are open, and which of them close first."""
    count = f"{summary.open} open now" if summary.open else "nothing open just now"
    rest = summary.open - len(summary.first)
    first = _listed(summary.first, LOTS, lambda r: _item(r, now, zone))
    return View(
        name=event.name,
        kicker=f"Watching {short(event.source, 80)} for {short(summary.subscription, 100)}",
        title=count,
        items=Listed(first.shown, f"and {rest} more" if rest > 0 else first.more),
        notes=tuple(short(note, FIELD) for note in event.notes[:REASONS]),
        reasons=_reasons(delivery.matches),
    )


def _item(record: Record, now: datetime, zone: ZoneInfo) -> Item:
    facts = record.facts
    return Item(
        title=short(facts.title, 120) or f"Notice {short(record.notice, 80)}",
        buyer=_buyer(facts, 1),
        next=dates.next_of(record, now, zone) or "no date stated",
        url=link(facts.url),
    )


def _operators(event: Event) -> View:
    notes = tuple(short(note, FIELD * 2) for note in event.notes[:REASONS])
    title = short(notes[0] if notes else f"about {event.source}", TITLE)
    return View(
        name=event.name,
        kicker="Tenderbell",
        title=title,
        notes=notes[1:] if notes[:1] == (title,) else notes,
        footer=f"Source: {short(event.source, 80)}" if event.source else "",
    )


# ---------------------------------------------------------------- the parts


def _kicker(event: Event, record: Record, now: datetime, zone: ZoneInfo) -> str:
    if event.deadline is not None:
        told = dates.dated(event.deadline, record, now, zone)
        return f"{told.label} {told.until or when.until(event.deadline.at, now, zone)}"
    if event.name == "new":
        return launched(record)
    if event.name == "cancelled":
        return "Cancelled" if record.status == "cancelled" else "Cancellation notice"
    if event.name == "awarded":
        return "Awarded"
    moved = next((c for c in event.changes if c.field in dates.ACT and c.origin == "field"), None)
    if moved is None:
        return "Amended"
    told_move = change(moved, record.facts, zone)
    kind = LABELS[moved.field].lower()
    if told_move.delta:
        return f"Amended ({kind} {told_move.delta})"
    return f"Amended ({kind} {'set' if moved.was is None else 'changed'})"


def _rows(name: EventName, facts: Facts, state: State | None) -> tuple[Row, ...]:
    names = _ROWS["new"] if state else _ROWS.get(name, ())
    # What nobody can bid for any more has prices, where it has any.
    unstated = "" if state and state.record.status not in ("planned", "open") else "not stated"
    suitable = [
        text for text, holds in (("SMEs", facts.sme), ("voluntary sector", facts.vcse)) if holds
    ]
    every = {
        "Buyer": _buyer(facts, 3),
        "Value": money(facts.value) or unstated,
        "Place": _joined(facts.places or (), PLACES, place),
        "CPV": _joined([c.id for c in facts.cpv or ()], CODES, lambda c: coded(c, facts)),
        "Procedure": short(facts.procedure, FIELD),
        "Suitable for": ", ".join(suitable),
        "Respond": short(facts.submission, FIELD),
    }
    return tuple(Row(label, every[label]) for label in names if every[label])


def _buyer(facts: Facts, limit: int) -> str:
    return _joined([b.name for b in facts.buyers or ()], limit, lambda name: short(name, 120))


def _changes(event: Event, record: Record, zone: ZoneInfo) -> Listed[Diff]:
    unsaid = _IN_HEADING.get(event.name, set())
    told = [c for c in event.changes if c.field not in unsaid]
    return _listed(told, CHANGES, lambda c: change(c, record.facts, zone))


def _awards(event: Event, record: Record) -> Listed[Row]:
    """The award decisions that this notice made."""
    if event.name != "awarded":
        return Listed()
    return _listed(
        decided(event, record),
        LOTS,
        lambda a: Row(
            _joined(a.suppliers, SUPPLIERS, lambda name: short(name, 120)) or "supplier not named",
            "; ".join(
                part
                for part in (
                    money(a.value) or "value not stated",
                    _joined(a.lots, 5, lambda lot: dates.lot_name(lot, record.facts)),
                )
                if part
            ),
        ),
    )


def _matching(delivery: Delivery, facts: Facts) -> tuple[Row, ...]:
    met = matching(delivery.matches, facts)
    return (Row(*lots_met(met, facts)),) if met else ()


def _lots(facts: Facts, met: Sequence[Lot]) -> Listed[Row]:
    """The lots, those that matched first."""
    lots = sorted(facts.lots or (), key=lambda lot: lot not in met)
    if len(lots) < 2:
        return Listed()
    return _listed(lots, LOTS, lambda lot: Row(dates.lot_name(lot.id, facts), _figure(lot.value)))


def _figure(value: Value | None) -> str:
    """One figure for a list: without VAT where that is stated."""
    if value is None or value.net is None:
        return money(value)
    return money(Value(value.net, None, value.currency))


def _history(event: Event, record: Record, zone: ZoneInfo) -> tuple[str, ...]:
    """The steps before this notice; told where the stage is news."""
    if event.name not in ("new", "awarded", "cancelled"):
        return ()
    earlier = [s for s in record.steps if s.notice != event.notice and s.published <= event.at]
    return tuple(
        f"{_NOTICES[s.stage]} {short(s.kind, 40)} on {dates.day(s.published, zone)}"
        for s in earlier[-6:]
    )


def _footer(event: Event, record: Record, zone: ZoneInfo) -> str:
    form = f"{short(record.kind, 40)} notice".strip()
    number = short(event.notice or record.notice, 80)
    day = dates.day(record.published, zone)
    return f"{form} {number}, published {day} ({short(event.source, 80)})"


def _reasons(matches: Sequence[Match]) -> Listed[str]:
    return _listed(
        matches,
        REASONS,
        # What is followed names no subscription.
        lambda m: f"{short(m.subscription, 100)}: {short(m.reason, FIELD)}".strip(": "),
    )


F = TypeVar("F")


def _listed(given: Sequence[F], limit: int, tell: Callable[[F], T]) -> Listed[T]:
    left = len(given) - limit
    return Listed(tuple(map(tell, given[:limit])), f"and {left} more" if left > 0 else "")


def _joined(given: Iterable[str], limit: int, tell: Callable[[str], str]) -> str:
    told = list(dict.fromkeys(given))
    shown = [text for text in map(tell, told[:limit]) if text]
    left = len(told) - limit
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")
