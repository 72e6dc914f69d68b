"""Whether a delivery is still to be sent, and what it says by now. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.choice import (
    FOLLOWED,
    UNFOLLOWED,
    Follow,
    concerning,
    known_before,
    reason,
    silencing,
)
from bot.config import Channel
from bot.detect import false_now
from bot.known import known, superseded
from bot.model import Event, Record
from bot.render.notes import late, moves, void
from bot.retry import Dropped, Outcome, Retry
from bot.setup import Setup
from bot.store import choices, deliveries, joins, process
from bot.store.claims import Claim
from bot.store.engine import reading
from bot.store.joins import Key
from bot.when import iso

REPEAT = "may be a repeat: the answer to an earlier attempt never came"
# How long a delivery waits for one of another portal that says the same and is not sent yet.
BEHIND = timedelta(seconds=20)
UNWANTED = "no subscription wants it any more"


def ready(setup: Setup, channel: Channel, claim: Claim, now: datetime) -> Event | Outcome:
    """The event as it is to be told at `now` (UTC), or how its delivery ends or waits instead."""
    event, twins = claim.event, _twins(setup, claim.event)
    moment = _moment(setup, channel, claim)
    why = _untrue(setup, event, twins, moment, now) or _unwanted(setup, channel, claim)
    if not why and not claim.asked_for:
        why = _unasked(setup, channel, claim, twins, now)
    if why:
        return Dropped(why)
    if twins and not claim.asked_for:
        elsewhere = _told_elsewhere(setup, channel, claim, twins, now)
        if elsewhere:
            return elsewhere
    notes = filter(None, _notes(setup, channel, claim, twins, moment, now))
    return replace(event, elsewhere=pages(twins), notes=(*event.notes, *notes))


def _twins(setup: Setup, event: Event) -> list[Record]:
    """The records of other portals that publish the very same."""
    if event.record is None:
        return []
    with reading(setup.engine) as connection:
        return process.of(connection, joins.twins(connection, (event.source, event.record.id)))


def pages(twins: Iterable[Record]) -> tuple[tuple[str, str], ...]:
    """Source and page of each."""
    return tuple((other.source, other.facts.url) for other in twins if other.facts.url)


def _keys(held: Iterable[Record]) -> set[Key]:
    return {(record.source, record.id) for record in held}


def _moment(setup: Setup, channel: Channel, claim: Claim) -> datetime:
    """When it happened, UTC; of a reminder, when it was to come."""
    if claim.event.deadline is None:
        return claim.event.at
    named = [match.subscription for match in claim.delivery.matches]
    return setup.planner.moment(claim.event, channel.name, named)


def _notes(
    setup: Setup,
    channel: Channel,
    claim: Claim,
    twins: Sequence[Record],
    moment: datetime,
    now: datetime,
) -> Iterator[str]:
    """What the message says of itself to this recipient."""
    event, zone = claim.event, setup.config.timezone
    if claim.repeat:
        yield REPEAT
    if event.deadline and not claim.asked_for and not claim.delivery.digest:
        yield late(moment, claim.first_due, now, zone)
    if event.record and moves(event):
        keys = _keys([event.record, *twins])
        with reading(setup.engine) as connection:
            sent = deliveries.reminded(connection, keys, channel.name, claim.delivery.recipient)
        yield void(event, sent, zone)


def _untrue(
    setup: Setup, event: Event, twins: Sequence[Record], moment: datetime, now: datetime
) -> str | None:
    """Why the event, of that `moment`, must not be told any more."""
    if setup.seen_until and moment <= setup.seen_until:
        return f"marked as seen until {iso(setup.seen_until)}"
    if event.deadline is None or event.record is None:
        return None
    with reading(setup.engine) as connection:
        record = process.load(connection, event.source, {event.record.id}).get(event.record.id)
    why = false_now(event, record, now)
    if why or record is None:
        return why
    held = next(d for d in record.facts.deadlines if d.key == event.deadline.key)
    newer = superseded(held, record, twins)
    return f"superseded: {newer.source} has another date" if newer else None


# ---------------------------------------------------------------- on several portals


def _told_elsewhere(
    setup: Setup, channel: Channel, claim: Claim, twins: Sequence[Record], now: datetime
) -> Outcome | None:
    """The end of a delivery whose recipient knows it from another portal, or is about to."""
    with reading(setup.engine) as connection:
        told = joins.told(connection, _keys(twins), channel.name, claim.delivery.recipient)
    ahead = {t.event.key: t for t in told if t.sent or t.queue < claim.queue}
    by = known(claim.event, [t.event for t in ahead.values()])
    if by is None:
        return None
    if ahead[by.key].sent:
        return Dropped(f"told already: {by.key}")
    why = f"behind {by.key}, which says the same"
    return Retry(now + BEHIND, why, behind=by.key)


def _unwanted(setup: Setup, channel: Channel, claim: Claim) -> str | None:
    """Why nobody is to hear of it: the config, or what is followed, has changed since."""
    if claim.delivery.recipient not in channel.notifier.recipients():
        return "no longer a recipient of the channel"
    named = {match.subscription for match in claim.delivery.matches}
    if not named or not named.isdisjoint(s.name for s in setup.config.subscriptions):
        return None
    # A subscription that only has another name now still wants it.
    if setup.planner.wants(claim.event, channel.name):
        return None
    if any(follow.channel == channel.name for follow in _follows(setup, claim.event)):
        return None
    return UNFOLLOWED if claim.delivery.matches == (FOLLOWED,) else UNWANTED


# ---------------------------------------------------------------- followed and muted


def _unasked(
    setup: Setup, channel: Channel, claim: Claim, twins: Sequence[Record], now: datetime
) -> str | None:
    """Why somebody does not want to hear of it, or need not: it is muted, or he knows it."""
    event = claim.event
    if event.record is None:
        return None
    with reading(setup.engine) as connection:
        mutes = choices.muted(connection, (event.source, event.record.id))
    only_followed = claim.delivery.matches == (FOLLOWED,) and event.name == "new"
    if not mutes and not (only_followed and twins):
        return None
    follows = _follows(setup, event)
    if only_followed and (where := known_before(event, channel.name, twins, follows)):
        return f"{where} published the same before it was followed"
    held = concerning(mutes, (event.record, *twins), now)
    mute = silencing(event, channel.name, held, follows)
    return reason(mute, now, setup.config.timezone) if mute else None


def _follows(setup: Setup, event: Event) -> Sequence[Follow]:
    """Who follows what the event is about, on any channel."""
    with reading(setup.engine) as connection:
        followed = choices.followed(connection)
    return followed.get((event.source, event.record.id if event.record else ""), ())
