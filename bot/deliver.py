"""What one channel owes: claim, still true, render, send, settle. Touches channel, database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.alarm import report
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
from bot.contract import Message
from bot.detect import false_now
from bot.errors import DeliveryError
from bot.health import parked
from bot.known import known, superseded
from bot.model import Event, Record
from bot.render.notes import late, moves, void
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent, after
from bot.setup import Clock, Setup
from bot.store import choices, deliveries, duty, joins, outbox, process
from bot.store.engine import reading
from bot.store.joins import Key
from bot.store.outbox import Claim
from bot.when import iso

log = logging.getLogger("tenderbell.deliver")

# A message takes at most half a minute to hand over: none is begun in a lease's last minute.
LEASE = timedelta(minutes=5)
MARGIN = timedelta(minutes=1)
BATCH = 20
REPEAT = "may be a repeat: the answer to an earlier attempt never came"
# How long a delivery waits for one of another portal that says the same and is not sent yet.
BEHIND = timedelta(seconds=20)
UNWANTED = "no subscription wants it any more"


@dataclass(slots=True)
class ChannelReceipt:
    """What one round of deliveries on one channel did."""

    channel: str
    sent: int = 0
    retrying: int = 0
    gave_up: int = 0
    dropped: int = 0
    error: str = ""
    until: datetime | None = None  # the channel is left alone until then

    def count(self, outcome: Outcome) -> None:
        match outcome:
            case Sent():
                self.sent += 1
            case Retry(at, why, channel):
                self.retrying += 1
                self.error = why
                if channel:
                    self.until = at
            case GaveUp(why):
                self.gave_up += 1
                self.error = why
            case Dropped():
                self.dropped += 1


def deliver(
    setup: Setup,
    channel: Channel,
    now: datetime,
    *,
    clock: Clock,
    pace: Callable[[], None] = lambda: None,
    stopping: Callable[[], bool] = lambda: False,
) -> ChannelReceipt:
    """Send everything the channel owes at `now` (UTC); `clock` gives real time for leases.

    The present goes on with `clock`: a deadline may pass while messages are sent, or the machine
    sleeps. `pace` is called before each message and may wait. Ends early when the channel asks for
    silence.
    """
    receipt = ChannelReceipt(channel.name)
    begun = clock()

    def present() -> datetime:
        return now + (clock() - begun)

    with reading(setup.engine) as connection:
        state = duty.channel(connection, channel.name)
        if state and state.until and now < state.until:
            receipt.until = state.until
            return receipt
        if not outbox.owes(connection, channel.name, now):
            return receipt
    while not stopping() and receipt.until is None:
        taken = clock()
        with setup.engine.begin() as connection:
            claims = outbox.claim(
                connection, channel.name, now=present(), real=taken, lease=LEASE,
                owner=setup.owner, most=BATCH,
            )  # fmt: skip
            if claims:
                outbox.begin(connection, claims[0])
        if not claims:
            break

        def ended(taken: datetime = taken) -> bool:
            # Overslept, or a clock that was set: others may have the rest by now.
            return stopping() or not taken <= clock() < taken + LEASE - MARGIN

        _batch(setup, channel, claims, present, receipt, pace, ended)
    if receipt.sent or receipt.error:
        _remember(setup, receipt, present())
    return receipt


def _batch(
    setup: Setup,
    channel: Channel,
    claims: list[Claim],
    present: Clock,
    receipt: ChannelReceipt,
    pace: Callable[[], None],
    ended: Callable[[], bool],
) -> None:
    left = list(claims)
    while left and not ended() and receipt.until is None:
        claim = left.pop(0)
        outcome = _attempt(setup, channel, claim, present, pace)
        with setup.engine.begin() as connection:
            if not outbox.settle(connection, claim, outcome, present()):
                log.warning("delivery=%s settled too late: its lease was lost", claim.delivery.key)
            if left:
                # In the commit that is made anyway: after a crash just one is in doubt.
                outbox.begin(connection, left[0])
        receipt.count(outcome)
    if left:
        with setup.engine.begin() as connection:
            outbox.release(connection, left)


def _attempt(
    setup: Setup, channel: Channel, claim: Claim, present: Clock, pace: Callable[[], None]
) -> Outcome:
    event, now = claim.event, present()
    moment = _moment(setup, channel, claim)
    why = _untrue(setup, event, moment, now) or _unwanted(setup, channel, claim)
    if why:
        return Dropped(why)
    keys = _twins(setup, event)
    if not claim.asked_for:
        why = _unasked(setup, channel, claim, keys, now)
        if why:
            return Dropped(why)
        settled = _told_elsewhere(setup, channel, claim, keys, now) if keys else None
        if settled:
            return settled
    event = _everywhere(setup, event, keys)
    notes = _notes(setup, channel, claim, keys, moment, now)
    event = replace(event, notes=(*event.notes, *filter(None, notes)))
    try:
        message = _rendered(setup, channel, event, claim, now)
        pace()
        return Sent(channel.notifier.send(message).reference)
    except DeliveryError as error:
        return after(error, claim.attempts, claim.first_due, present())
    except Exception as error:
        # A message that breaks the renderer or a driver must not stop the ones behind it.
        log.exception("delivery=%s failed", claim.delivery.key)
        kind = type(error).__name__
        failed = DeliveryError(f"{kind}: {error}")
        return after(failed, claim.attempts, claim.first_due, present())


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
    twins: Collection[Key],
    moment: datetime,
    now: datetime,
) -> Iterator[str]:
    """What the message says of itself to this recipient."""
    event, zone = claim.event, setup.config.timezone
    if claim.repeat:
        yield REPEAT
    if event.deadline and not claim.asked_for:
        yield late(moment, claim.first_due, now, zone)
    if event.record and moves(event):
        keys = {(event.source, event.record.id), *twins}
        with reading(setup.engine) as connection:
            sent = deliveries.reminded(connection, keys, channel.name, claim.delivery.recipient)
        yield void(event, sent, zone)


def _untrue(setup: Setup, event: Event, moment: datetime, now: datetime) -> str | None:
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
        others = _records(connection, joins.twins(connection, (record.source, record.id)))
    held = next(d for d in record.facts.deadlines if d.key == event.deadline.key)
    newer = superseded(held, record, others)
    return f"superseded: {newer.source} has another date" if newer else None


def _records(connection: Connection, keys: Iterable[Key]) -> list[Record]:
    return [r for source, id in keys for r in process.load(connection, source, {id}).values()]


# ---------------------------------------------------------------- on several portals


def _twins(setup: Setup, event: Event) -> list[Key]:
    if event.record is None:
        return []
    with reading(setup.engine) as connection:
        return joins.twins(connection, (event.source, event.record.id))


def _told_elsewhere(
    setup: Setup, channel: Channel, claim: Claim, keys: Collection[Key], now: datetime
) -> Outcome | None:
    """The end of a delivery whose recipient knows it from another portal, or is about to."""
    with reading(setup.engine) as connection:
        told = joins.told(connection, keys, channel.name, claim.delivery.recipient)
    ahead = {t.event.key: t for t in told if t.sent or t.queue < claim.queue}
    by = known(claim.event, [t.event for t in ahead.values()])
    if by is None:
        return None
    if ahead[by.key].sent:
        return Dropped(f"told already: {by.key}")
    return Retry(now + BEHIND, f"behind {by.key}, which says the same")


def _everywhere(setup: Setup, event: Event, keys: Collection[Key]) -> Event:
    """The event with the pages of the same procurement on other portals."""
    if not keys:
        return event
    with reading(setup.engine) as connection:
        others = _records(connection, keys)
    pages = ((other.source, other.facts.url) for other in others)
    return replace(event, elsewhere=tuple((source, url) for source, url in pages if url))


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
    setup: Setup, channel: Channel, claim: Claim, keys: Collection[Key], now: datetime
) -> str | None:
    """Why somebody does not want to hear of it, or need not: it is muted, or he knows it."""
    event = claim.event
    if event.record is None:
        return None
    with reading(setup.engine) as connection:
        mutes = choices.muted(connection, (event.source, event.record.id))
        only_followed = claim.delivery.matches == (FOLLOWED,) and event.name == "new"
        if not mutes and not (only_followed and keys):
            return None
        twins = _records(connection, keys)
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


def _rendered(setup: Setup, channel: Channel, event: Event, claim: Claim, now: datetime) -> Message:
    """The message; in its plainest form where a template fails, for the alert must go out."""
    try:
        return setup.renderer.render(channel.notify, event, claim.delivery, now)
    except Exception:
        log.exception("delivery=%s a template failed; sent without", claim.delivery.key)
        return setup.renderer.plain(event, claim.delivery, now)


def _remember(setup: Setup, receipt: ChannelReceipt, now: datetime) -> None:
    name = receipt.channel
    with setup.engine.begin() as connection:
        if receipt.error:
            state = duty.channel(connection, name)
            duty.set_channel(
                connection, name, failed=now, error=receipt.error,
                failures=(state.failures if state else 0) + 1, until=receipt.until,
            )  # fmt: skip
        else:
            duty.set_channel(connection, name, succeeded=now, error="", failures=0, until=None)
        alarm = parked(receipt.until, receipt.error, now)
        found = [alarm] if alarm else []
        report(connection, setup, f"channel {name}", found, now, judged=receipt.sent > 0)
