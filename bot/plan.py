"""Events to deliveries: one a recipient of a channel, however many subscriptions match. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import detect
from bot.choice import FOLLOWED, Followed
from bot.detect import Leads
from bot.match import Index
from bot.model import Event, Record, Summary
from bot.quiet import Quiet
from bot.slots import Slots
from bot.stake import NEVER, closing
from bot.times import UTC, Times, Want
from bot.wants import Delivery, Lead, Match, Rhythm, Subscription

Recipients = Mapping[str, tuple[str, ...]]  # by channel
# UTC, by subscription and then by `submission/7d`: a lead counts from when it was first asked for.
Since = Mapping[str, Mapping[str, datetime]]


_NO_LEADS = Want()
# A channel, a recipient of it, and how often he is told; None is at once.
_Heard = tuple[str, str, Rhythm | None]
# Why, the leads that were asked for, and who hears of it.
_Asked = tuple[Match, Want, Iterable[_Heard]]
_NOTHING: Followed = {}


@dataclass(slots=True)
class _Wish:
    """Why one recipient is to be told of one event, and how often those who ask are told."""

    matches: list[Match] = field(default_factory=list)
    rhythms: list[Rhythm | None] = field(default_factory=list)

    def add(self, match: Match, rhythm: Rhythm | None) -> None:
        """Once each."""
        if match not in self.matches:
            self.matches.append(match)
        if rhythm not in self.rhythms:
            self.rhythms.append(rhythm)


@dataclass(frozen=True, slots=True)
class Reader:
    """A recipient of a channel's digests of one rhythm."""

    recipient: str
    slots: Slots
    empty: tuple[str, ...] = ()  # the subscriptions that want to hear of nothing, too


class Planner:
    """The subscriptions, indexed; who listens on each channel; since when a reminder is wanted."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        recipients: Recipients,
        since: Since,
        operators: Sequence[str] = (),
        quiets: Mapping[str, Quiet] | None = None,
        followers: Leads | None = None,
        zone: ZoneInfo = UTC,  # whose days and hours digests go by
    ) -> None:
        self._index = Index(subscriptions)
        self._by_name = {s.name: s for s in subscriptions}
        self._recipients = recipients
        self._since = since
        self._operators = operators
        self.times = Times(zone, quiets or {})
        self.quiets = tuple(dict.fromkeys((quiets or {}).values()))
        self.leads = _union(s.remind for s in subscriptions)
        self.followers = followers or {}  # the leads of what is followed
        self._all_leads = _union((self.leads, self.followers))

    def ladder(self, record: Record, followed: Followed) -> Leads:
        """The leads at which anybody wants to be reminded of a record."""
        return self._all_leads if (record.source, record.id) in followed else self.leads

    def reminders(
        self, record: Record, now: datetime, since: datetime | None, followed: Followed = _NOTHING
    ) -> list[Event]:
        """As `detect.reminders`, for the leads and quiet times of this config."""
        leads = self.ladder(record, followed)
        return detect.reminders(record, now, leads, self.quiets, since)

    def wake(
        self, record: Record, since: datetime, followed: Followed = _NOTHING
    ) -> datetime | None:
        """As `detect.wake`, for the leads and quiet times of this config."""
        return detect.wake(record, since, self.ladder(record, followed), self.quiets)

    def plan(
        self, events: Sequence[Event], now: datetime, followed: Followed = _NOTHING
    ) -> list[Delivery]:
        """The deliveries of these events that have their time by `now` (UTC), in their order.

        Of several reminders of one deadline crossed at once, a recipient gets the tightest.
        """
        wanted: dict[tuple[str, str, str], _Wish] = {}
        tightest: dict[tuple[str, str, str, str], tuple[timedelta, str]] = {}
        for event in events:
            asked = (*self._subscribed(event), *self._followed(event, followed))
            for match, want, heard in asked:
                for channel, recipient, rhythm in heard:
                    if event.deadline and not self.times.crossed(want, event, channel, now):
                        continue
                    asking = (event.key, channel, recipient)
                    if asking not in wanted:
                        wanted[asking] = _Wish()
                    wanted[asking].add(match, rhythm)
                    if event.deadline and event.record:
                        slot = (event.record.key, event.deadline.key, channel, recipient)
                        nearer = (event.deadline.at - event.at, event.key)
                        tightest[slot] = min(tightest.get(slot, nearer), nearer)
        if tightest:
            kept = {(key, slot[2], slot[3]) for slot, (_, key) in tightest.items()}
            counted = {event.key for event in events if event.deadline}
            wanted = {k: w for k, w in wanted.items() if k[0] not in counted or k in kept}
        by_key = {event.key: event for event in events}
        return [
            self._delivery(by_key[key], channel, recipient, wish.matches, now, wish.rhythms)
            for (key, channel, recipient), wish in wanted.items()
        ]

    def started(
        self, source: str, records: Sequence[Record], now: datetime
    ) -> list[tuple[Event, list[Delivery]]]:
        """The calm first run: a message a subscription on what is open, next to close first."""
        open_now: dict[str, list[Record]] = {name: [] for name in self._by_name}
        for record in sorted(records, key=lambda r: closing(r, now) or NEVER):
            event = Event(key="", name="new", source=source, at=now, record=record)
            for match in self._index.matches(event):
                open_now[match.subscription].append(record)
        planned = []
        for number, (name, held) in enumerate(open_now.items()):
            event = Event(
                key=f"{source}/started/{name}",
                name="started",
                source=source,
                at=now + timedelta(microseconds=number),
                summary=Summary(name, len(held), tuple(held[:SHOWN])),
            )
            match = Match(name, f"first reading of {source}")
            deliveries = [
                self._delivery(event, channel, recipient, [match], now)
                for channel, recipient in self._everywhere(self._by_name[name])
            ]
            planned.append((event, deliveries))
        return planned

    def health(self, events: Sequence[Event], now: datetime, but: str = "") -> list[Delivery]:
        """The deliveries of events about the bot's own health, to the operators' other channels."""
        return [
            self._delivery(event, channel, recipient, (), now)
            for event in events
            for channel in self._operators
            if channel != but
            for recipient in self._recipients[channel]
        ]

    def wants(self, event: Event, channel: str) -> bool:
        """Whether any subscription that hears on this channel would be told of the event now."""
        if event.record is None:
            return False
        matches = [match for match in self._index.matches(event) if concerns(match, event)]
        matched = [self._by_name[match.subscription] for match in matches]
        return any(channel == to for one in matched for to, _, _ in self._heard(one, event))

    def readers(self, channel: str) -> list[Reader]:
        """Everybody who is sent digests on a channel, once for each rhythm."""
        asked: dict[Rhythm, dict[str, None]] = {}
        for one in self._by_name.values():
            for route in one.send:
                if route.to == channel and route.when:
                    names = asked.setdefault(route.when, {})
                    names |= {one.name: None} if route.empty else {}
        return [
            Reader(recipient, self.times.slots(channel, rhythm), tuple(names))
            for rhythm, names in asked.items()
            for recipient in self._recipients[channel]
        ]

    def _subscribed(self, event: Event) -> Iterable[_Asked]:
        for match in self._index.matches(event):
            if not concerns(match, event):
                continue
            subscription = self._by_name[match.subscription]
            yield match, self._want(subscription, event), self._heard(subscription, event)

    def _followed(self, event: Event, followed: Followed) -> Iterable[_Asked]:
        key = (event.source, event.record.id if event.record else "")
        for follow in followed.get(key, ()):
            ladder = self.followers.get(event.deadline.kind, ()) if event.deadline else ()
            # A channel that the config no longer has hears nothing.
            recipients = self._recipients.get(follow.channel, ())
            heard = ((follow.channel, r, None) for r in recipients)
            yield FOLLOWED, Want(tuple(ladder), follow.since), heard

    def _want(self, subscription: Subscription, event: Event) -> Want:
        if event.deadline is None:
            return _NO_LEADS
        kind = event.deadline.kind
        asked = self._since.get(subscription.name, {}).get(f"{kind}/{event.lead}")
        return Want(tuple(subscription.remind.get(kind, ())), asked)

    def last(self, reminder: Event, names: Iterable[str]) -> bool:
        """Whether no later reminder of its deadline follows for any of these subscriptions."""
        if reminder.deadline is None or reminder.record is None:
            return False
        kind = reminder.deadline.kind
        ladders = [
            self.followers.get(kind, ()) if name == FOLLOWED.subscription
            else self._by_name[name].remind.get(kind, ())
            for name in names
            if name == FOLLOWED.subscription or name in self._by_name
        ]  # fmt: skip
        leads = [lead for ladder in ladders for lead in ladder]
        due = [detect.due(reminder.deadline, lead, reminder.record) for lead in leads]
        return not due or reminder.at >= max(due)

    def moment(self, reminder: Event, channel: str, names: Iterable[str]) -> datetime:
        """When a reminder (UTC) was to come on a channel, for the first of these subscriptions.

        Not always when it fell due: the channel's quiet time may have moved it.
        """
        known = [self._by_name[name] for name in names if name in self._by_name]
        moments = (self.times.moment(self._want(one, reminder), reminder, channel) for one in known)
        return min((m for m in moments if m), default=reminder.at)

    def _delivery(
        self,
        event: Event,
        channel: str,
        recipient: str,
        matches: Iterable[Match],
        now: datetime,
        rhythms: Collection[Rhythm | None] = (None,),
    ) -> Delivery:
        due = self.times.due(event, channel, recipient, now, rhythms)
        return Delivery(
            key=f"{event.key}>{channel}>{recipient}",
            event=event.key,
            channel=channel,
            recipient=recipient,
            matches=tuple(matches),
            due=due.at,
            urgent=due.urgent,
            digest=due.digest,
        )

    def _heard(self, subscription: Subscription, event: Event) -> Iterable[_Heard]:
        for route in subscription.send:
            if event.name in route.on:
                yield from ((route.to, r, route.when) for r in self._recipients[route.to])

    def _everywhere(self, subscription: Subscription) -> Iterable[tuple[str, str]]:
        channels = dict.fromkeys(route.to for route in subscription.send)
        return ((channel, r) for channel in channels for r in self._recipients[channel])


# How many of the open notices a first run's message names.
SHOWN = 5


def concerns(match: Match, event: Event) -> bool:
    """Whether an event is about the lots that a subscription matched by, as all but reminders are.

    Who matched by lot 2 alone is not reminded of lot 1, nor of a date of the whole once lot 2 is
    closed. An amendment of lot 1 is told all the same, with its lot named beside each change: what
    is amended is the one notice that he was told of, often in words that name no lot, and one
    message too many costs less than a change that he never heard of.
    """
    if event.deadline is None or event.record is None or not match.lots:
        return True
    lots = {lot.id: lot for lot in event.record.facts.lots or ()}
    if event.deadline.lot in lots:
        return event.deadline.lot in match.lots
    return any(id not in lots or not lots[id].closed for id in match.lots)


def _union(ladders: Iterable[Leads]) -> dict[str, tuple[Lead, ...]]:
    leads: dict[str, dict[str, Lead]] = {}
    for held in ladders:
        for kind, ladder in held.items():
            leads.setdefault(kind, {}).update({lead.text: lead for lead in ladder})
    return {kind: tuple(by_text.values()) for kind, by_text in leads.items()}
