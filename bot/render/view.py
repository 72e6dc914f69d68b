"""What a message says about an event. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import when
from bot.filters import host, link, money, short
from bot.model import Event, EventName, Facts, Lot, Record, Stage, Summary
from bot.render import dates
from bot.render.links import links
from bot.render.state import State, status
from bot.render.subject import decided, fact, launched, subject
from bot.render.told import IN_HEADING, Item, Listed, Row, View, figure, joined, listed
from bot.render.wording import LABELS, Diff, change, coded, lots_met, matching, place
from bot.wants import Delivery, Match

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
        deadlines=listed(_deadlines(event, present, now, zone, state), DATES, lambda d: d),
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
    first = listed(summary.first, LOTS, lambda r: _item(r, now, zone))
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
        "Place": joined(facts.places or (), PLACES, place),
        "CPV": joined([c.id for c in facts.cpv or ()], CODES, lambda c: coded(c, facts)),
        "Procedure": short(facts.procedure, FIELD),
        "Suitable for": ", ".join(suitable),
        "Respond": short(facts.submission, FIELD),
    }
    return tuple(Row(label, every[label]) for label in names if every[label])


def _buyer(facts: Facts, limit: int) -> str:
    return joined([b.name for b in facts.buyers or ()], limit, lambda name: short(name, 120))


def _changes(event: Event, record: Record, zone: ZoneInfo) -> Listed[Diff]:
    unsaid = IN_HEADING.get(event.name, frozenset())
    told = [c for c in event.changes if c.field not in unsaid]
    return listed(told, CHANGES, lambda c: change(c, record.facts, zone))


def _awards(event: Event, record: Record) -> Listed[Row]:
    """The award decisions that this notice made."""
    if event.name != "awarded":
        return Listed()
    return listed(
        decided(event, record),
        LOTS,
        lambda a: Row(
            joined(a.suppliers, SUPPLIERS, lambda name: short(name, 120)) or "supplier not named",
            "; ".join(
                part
                for part in (
                    money(a.value) or "value not stated",
                    joined(a.lots, 5, lambda lot: dates.lot_name(lot, record.facts)),
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
    return listed(lots, LOTS, lambda lot: Row(dates.lot_name(lot.id, facts), figure(lot.value)))


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
    return listed(
        matches,
        REASONS,
        # What is followed names no subscription.
        lambda m: f"{short(m.subscription, 100)}: {short(m.reason, FIELD)}".strip(": "),
    )
