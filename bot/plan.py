"""Events to deliveries: one a recipient of a channel, however many subscriptions match. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.choice import FOLLOWED, Followed
from bot.detect import Leads
from bot.match import Index
from bot.model import Delivery, Event, Lead, Match, Record, Subscription, Summary

Recipients = Mapping[str, tuple[str, ...]]  # by channel
# UTC, by subscription and then by `submission/7d`: a lead counts from when it was first asked for.
Since = Mapping[str, Mapping[str, datetime]]
# Why, the lead of a reminder, and the channels and recipients that hear of it.
_Asked = tuple[Match, Lead | None, Iterable[tuple[str, str]]]
_NOTHING: Followed = {}


class Planner:
    """The subscriptions, indexed; who listens on each channel; since when a reminder is wanted."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        recipients: Recipients,
        since: Since,
        operators: Sequence[str] = (),
        followers: Leads | None = None,
    ) -> None:
        self._index = Index(subscriptions)
        self._by_name = {s.name: s for s in subscriptions}
        self._recipients = recipients
        self._since = since
        self._operators = operators
        self.leads = _union(s.remind for s in subscriptions)
        self.followers = followers or {}  # the leads of what is followed
        self._all_leads = _union((self.leads, self.followers))

    def ladder(self, record: Record, followed: Followed) -> Leads:
        """The leads at which anybody wants to be reminded of a record."""
        return self._all_leads if (record.source, record.id) in followed else self.leads

    def plan(
        self, events: Sequence[Event], now: datetime, followed: Followed = _NOTHING
    ) -> list[Delivery]:
        """The deliveries of these events, due at `now` (UTC), in the events' order.

        Of several reminders of one deadline crossed at once, a recipient gets the tightest.
        """
        wanted: dict[tuple[str, str, str], list[Match]] = {}
        tightest: dict[tuple[str, str, str, str], tuple[timedelta, str]] = {}
        for event in events:
            asked = (*self._subscribed(event), *self._followed(event, followed))
            for match, lead, heard in asked:
                if event.deadline and lead is None:
                    continue
                for channel, recipient in heard:
                    wanted.setdefault((event.key, channel, recipient), []).append(match)
                    if event.deadline and event.record and lead:
                        slot = (event.record.key, event.deadline.key, channel, recipient)
                        nearer = (lead.span, event.key)
                        tightest[slot] = min(tightest.get(slot, nearer), nearer)
        if tightest:
            kept = {(key, slot[2], slot[3]) for slot, (_, key) in tightest.items()}
            reminders = {e.key for e in events if e.deadline}
            wanted = {k: m for k, m in wanted.items() if k[0] not in reminders or k in kept}
        return [
            _delivery(key, channel, recipient, matches, now)
            for (key, channel, recipient), matches in wanted.items()
        ]

    def started(
        self, source: str, records: Sequence[Record], now: datetime
    ) -> list[tuple[Event, list[Delivery]]]:
        """The calm first run: a message a subscription on what is open, next to close first."""
        open_now: dict[str, list[Record]] = {name: [] for name in self._by_name}
        for record in sorted(records, key=lambda r: closing(r, now) or _NEVER):
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
                _delivery(event.key, channel, recipient, [match], now)
                for channel, recipient in self._everywhere(self._by_name[name])
            ]
            planned.append((event, deliveries))
        return planned

    def health(self, events: Sequence[Event], now: datetime, but: str = "") -> list[Delivery]:
        """The deliveries of events about the bot's own health, to the operators' other channels."""
        return [
            _delivery(event.key, channel, recipient, (), now)
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
        return any(channel == to for one in matched for to, _ in self._heard(one, event))

    def _subscribed(self, event: Event) -> Iterable[_Asked]:
        for match in self._index.matches(event):
            if not concerns(match, event):
                continue
            subscription = self._by_name[match.subscription]
            yield match, self._lead(subscription, event), self._heard(subscription, event)

    def _followed(self, event: Event, followed: Followed) -> Iterable[_Asked]:
        key = (event.source, event.record.id if event.record else "")
        for follow in followed.get(key, ()):
            lead = None
            if event.deadline and event.at >= follow.since:
                ladder = self.followers.get(event.deadline.kind, ())
                lead = next((lead for lead in ladder if lead.text == event.lead), None)
            # A channel that the config no longer has hears nothing.
            recipients = self._recipients.get(follow.channel, ())
            yield FOLLOWED, lead, ((follow.channel, r) for r in recipients)

    def _lead(self, subscription: Subscription, event: Event) -> Lead | None:
        if event.deadline is None:
            return None
        kind = event.deadline.kind
        since = self._since.get(subscription.name, {}).get(f"{kind}/{event.lead}")
        if since is not None and event.at < since:
            return None
        ladder = subscription.remind.get(kind, ())
        return next((lead for lead in ladder if lead.text == event.lead), None)

    def _heard(self, subscription: Subscription, event: Event) -> Iterable[tuple[str, str]]:
        for route in subscription.send:
            if event.name in route.on:
                yield from ((route.to, r) for r in self._recipients[route.to])

    def _everywhere(self, subscription: Subscription) -> Iterable[tuple[str, str]]:
        channels = dict.fromkeys(route.to for route in subscription.send)
        return ((channel, r) for channel in channels for r in self._recipients[channel])


# How many of the open notices a first run's message names.
SHOWN = 5
_NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


def closing(record: Record, now: datetime) -> datetime | None:
    """The next date by which a supplier must act, if any is still ahead."""
    acts = ("submission", "participation", "engagement")
    return min(
        (d.at for d in record.facts.deadlines if d.kind in acts and d.at > now), default=None
    )


def is_open(record: Record, now: datetime) -> bool:
    """Whether a supplier can still act: not called off or awarded, and no last date behind us.

    A notice without any date is open: missing is not closed.
    """
    if record.status not in ("planned", "open"):
        return False
    ends = [d.at for d in record.facts.deadlines if d.kind in ("submission", "participation")]
    return not ends or max(ends) > now


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


def _delivery(
    event: str, channel: str, recipient: str, matches: Sequence[Match], now: datetime
) -> Delivery:
    return Delivery(
        key=f"{event}>{channel}>{recipient}",
        event=event,
        channel=channel,
        recipient=recipient,
        matches=tuple(matches),
        due=now,
    )


def _union(ladders: Iterable[Leads]) -> dict[str, tuple[Lead, ...]]:
    leads: dict[str, dict[str, Lead]] = {}
    for held in ladders:
        for kind, ladder in held.items():
            leads.setdefault(kind, {}).update({lead.text: lead for lead in ladder})
    return {kind: tuple(by_text.values()) for kind, by_text in leads.items()}
