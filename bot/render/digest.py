"""What a digest says: its window, and each procurement once, as it stands by now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.filters import host, link, short
from bot.model import Event, Record
from bot.render import dates
from bot.render.gist import awards, buyers, changed, figure
from bot.render.notes import moves
from bot.render.told import DigestItem, DigestView, Section, SectionName
from bot.slots import rhythm_of
from bot.stake import NEVER
from bot.wants import Delivery
from bot.when import local, local_date

HEADINGS: Mapping[SectionName, str] = {
    "closing": "Closing soon",
    "new": "New",
    "amended": "Amended",
    "cancelled": "Cancelled",
    "awarded": "Awarded",
}
# The most items that a message shows: in Slack all its text together is limited.
ITEMS, SLACK_ITEMS = 50, 20
# The most of each item's lists.
FACTS, NOTES, REASONS = 3, 2, 5
TITLE, NAME, NOTE, WORDS = 160, 100, 200, 200
WEEK = timedelta(days=7)
# Where all of them stand.
ELSEWHERE = "`tenderbell outbox` lists them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one recipient of a channel is told at one slot. Entries as `ready` let them through.

    A digest of nothing has none, or one about no record.
    """

    key: str
    channel: str
    recipient: str
    start: datetime  # UTC
    end: datetime  # UTC; outside of the window
    entries: Sequence[tuple[Event, Delivery]]  # each event with the record as it stands
    made_up: bool = False  # it covers digests that were missed
    conversations: Mapping[str, str] = field(default_factory=dict)  # by a record's key


def digest_view(digest: Digest, now: datetime, zone: ZoneInfo, most: int = ITEMS) -> DigestView:
    """The view of a digest at `now` (UTC), its times told in `zone`, with at `most` so many items.

    Those shown are the ones that close soonest, whatever is told of them.
    """
    groups = _grouped(digest, now)
    title = _counts(groups, now)
    shown = sorted(groups, key=lambda g: (g.section != "closing", g.ends))[:most]
    notes = _common(digest.entries)
    made_up = ("Made up: digests of this time were missed",) if digest.made_up else ()
    return DigestView(
        kicker=span(digest.start, digest.end, now, zone),
        title=title[:1].upper() + title[1:],
        subject=f"Tenders, {_day(digest.end, now, zone)}: {title}",
        sections=tuple(_sections(groups, shown, notes, now, zone)),
        more=_more(groups, shown),
        notes=(*made_up, *(short(note, NOTE) for note in notes)),
        empty="" if groups else _empty(digest.entries),
        footer=f"Sent {rhythm_of(digest.key).text} ({zone.key})",
    )


def titles(digest: Digest, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """The subject, and all that can be told without a template: titles and addresses."""
    groups = sorted(_grouped(digest, now), key=lambda g: g.ends)
    subject = f"Tenders, {_day(digest.end, now, zone)}: {_counts(groups, now)}"
    lines = [
        "\n".join(filter(None, (_title(g.record, g.last), link(g.record.facts.url))))
        for g in groups[:ITEMS]
    ]
    more = _more(groups, groups[:ITEMS])
    return subject, "\n\n".join(filter(None, (subject, *lines, more)))


def span(start: datetime, end: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Wed 25 Nov 07:30 to Thu 26 Nov 07:30`, of one day `Thu 26 Nov 07:00 to 08:00`."""
    first, last = _day(start, now, zone), _day(end, now, zone)
    since, until = (f"{at.astimezone(zone):%H:%M}" for at in (start, end))
    if since == until and first == last:
        return f"{local(start, zone)} to {local(end, zone)}"  # the clocks were put back
    return f"{first} {since} to {until if first == last else f'{last} {until}'}"


def _day(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Thu 26 Nov`; with the year where it is not the present one."""
    told = local_date(at, zone)
    year = str(now.astimezone(zone).year)
    return told.removesuffix(f" {year}")


# ---------------------------------------------------------------- one procurement


class Group:
    """What a digest tells of one procurement: its events, oldest first, and how it stands.

    A digest makes one of each procurement, and shows but the first of them.
    """

    __slots__ = ("ends", "entries", "fresh", "near", "record", "reminded", "section")

    def __init__(self, entries: Sequence[tuple[Event, Delivery]], now: datetime) -> None:
        if len(entries) > 1:
            entries = sorted(entries, key=lambda entry: (entry[0].at, entry[0].key))
        self.entries = entries
        events = self.events
        held = [event.record for event in events if event.record]
        self.record = max(held, key=lambda r: r.published) if len(held) > 1 else held[0]
        near = [e.deadline for e in events if e.deadline and e.deadline.at > now]
        self.reminded = min(near, key=lambda d: d.at) if near else None
        self.fresh = "new" in [event.name for event in events]
        self.section = self._section()
        # The date that it is told under.
        self.near = self.reminded
        if not self.reminded and self.section not in ("cancelled", "awarded"):
            self.near = dates.nearest(self.record, now)
        self.ends = self.near.at if self.near else NEVER

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.entries]

    @property
    def last(self) -> Event:
        return self.entries[-1][0]

    @property
    def moved(self) -> bool:
        return any(moves(event) for event in self.events)

    def _section(self) -> SectionName:
        if self.reminded:
            return "closing"
        names = [event.name for event in self.events if event.name != "deadline"]
        last = names[-1] if names else "deadline"
        if last == "cancelled" or self.record.status == "cancelled":
            return "cancelled"
        if last == "awarded":
            return "awarded"
        if self.fresh:
            return "new"
        return "amended" if names else "closing"


def _grouped(digest: Digest, now: datetime) -> list[Group]:
    held: dict[str, list[tuple[Event, Delivery]]] = {}
    for entry in digest.entries:
        if entry[0].record:
            key = entry[0].record.key
            held.setdefault(digest.conversations.get(key, key), []).append(entry)
    return [Group(entries, now) for entries in held.values()]


def _title(record: Record, event: Event) -> str:
    return short(record.facts.title, TITLE) or f"Notice {short(event.notice or record.notice, 80)}"


def _item(group: Group, common: Sequence[str], now: datetime, zone: ZoneInfo) -> DigestItem:
    record, facts = group.record, group.record.facts
    near = group.near and dates.dated(group.near, record, now, zone)
    told = _facts(group, now, zone)
    left = len(told) - FACTS
    more = [f"and {left} more change{'s' if left > 1 else ''}"] if left > 0 else []
    words = next((e.words for e in reversed(group.events) if e.words), "")
    notes = dict.fromkeys(n for e in group.events for n in e.notes if n not in common)
    url = link(facts.url)
    return DigestItem(
        title=_title(record, group.last),
        buyer=buyers(facts),
        value=figure(facts.value),
        next=f"{near.label} {near.text}" if near else "",
        facts=(*told[:FACTS], *more),
        words=short(words, WORDS),
        notes=tuple(short(note, NOTE) for note in list(notes)[:NOTES]),
        url=url,
        host=host(url) if url else "",
        why=_why(group.entries),
    )


def _facts(group: Group, now: datetime, zone: ZoneInfo) -> list[str]:
    """What happened to it, in short; what its heading says already is left out."""
    told = []
    record = group.record
    if group.fresh and group.section == "closing":
        told.append("New")
    if group.fresh and record.stage == "planning":
        told.append("Planned: not out to tender yet")
    elif group.fresh and any(step.stage == "planning" for step in record.steps):
        told.append("Now out to tender")
    told += awards(group.events, record)
    return told + changed(group.events, record, now, zone)


def _why(entries: Iterable[tuple[Event, Delivery]]) -> str:
    # What is followed names no subscription.
    named = (m.subscription or m.reason for _, d in entries for m in d.matches)
    names = [short(name, NAME) for name in dict.fromkeys(named)]
    left = len(names) - REASONS
    return ", ".join(names[:REASONS]) + (f" and {left} more" if left > 0 else "")


# ---------------------------------------------------------------- all of them


def _counts(groups: Sequence[Group], now: datetime) -> str:
    """`4 new, 2 moved, 3 close this week`."""
    counts = Counter(_counted(group) for group in groups)
    parts = [
        f"{counts[name]} {name}"
        for name in ("new", "moved", "amended", "cancelled", "awarded")
        if counts[name]
    ]
    close = sum(group.ends <= now + WEEK for group in groups)
    if close:
        parts.append(f"{close} close{'s' if close == 1 else ''} this week")
    elif not parts and groups:
        parts.append(f"{len(groups)} to be reminded of")
    return ", ".join(parts) or "nothing new"


def _counted(group: Group) -> str:
    if group.section in ("cancelled", "awarded"):
        return group.section
    if group.fresh:
        return "new"
    if group.moved:
        return "moved"
    return "amended" if any(event.name == "amended" for event in group.events) else ""


def _sections(
    groups: Sequence[Group],
    shown: Sequence[Group],
    common: Sequence[str],
    now: datetime,
    zone: ZoneInfo,
) -> Iterable[Section]:
    counts = Counter(group.section for group in groups)
    for name, heading in HEADINGS.items():
        items = tuple(_item(g, common, now, zone) for g in shown if g.section == name)
        if items:
            yield Section(name, heading, counts[name], items)


def _more(groups: Sequence[Group], shown: Sequence[Group]) -> str:
    left = Counter(g.section for g in groups) - Counter(g.section for g in shown)
    if not left:
        return ""
    kinds = ", ".join(f"{left[name]} {name}" for name in HEADINGS if left[name])
    return f"and {left.total()} more ({kinds}): {ELSEWHERE}"


def _empty(entries: Sequence[tuple[Event, Delivery]]) -> str:
    names = _why(entries)
    return "No notice, change or reminder" + (f" for {names}." if names else ".")


def _common(entries: Sequence[tuple[Event, Delivery]]) -> list[str]:
    """The notes that every event has, as that it may be a repeat."""
    noted = [event.notes for event, _ in entries]
    if len(noted) < 2:
        return []
    return [note for note in dict.fromkeys(noted[0]) if all(note in notes for notes in noted)]
