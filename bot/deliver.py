"""What one channel owes: claim, still due, render, send, settle. Touches channel, database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.alarm import report, templates
from bot.bundle import Bundle, Content, bundles, content, one, plain, rendered
from bot.config import Channel
from bot.contract import Conversing, Message, Occasion, Receipt, Send
from bot.converse import Place, addressed, arrived, keep, occasion, place, shown
from bot.digests import close, emptied
from bot.edits import refresh
from bot.errors import DeliveryError
from bot.health import parked
from bot.model import Delivery, Event
from bot.receipt import ChannelReceipt
from bot.render.state import State
from bot.retry import Outcome, Retry, Sent, after
from bot.setup import Clock, Setup
from bot.store import claiming, claims, duty, outbox, threads
from bot.store.claims import ALONE, Claim
from bot.store.engine import reading

log = logging.getLogger("tenderbell.deliver")

# A message takes at most a minute and a half to look up and to hand over: none is begun in the last
# two minutes of a lease. What many deliveries need before that, and after, is not counted: they are
# leased anew on the way.
LEASE = timedelta(minutes=5)
MARGIN = timedelta(minutes=2)
BATCH = 20
# Where a channel asks for a pause whenever it is asked whether a message arrived, it is sent again
# after so many attempts: a repeat is better than a loss.
PAUSES = 10


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
    close(setup, channel.name, now)
    with reading(setup.engine) as connection:
        if not (outbox.owes(connection, channel.name, now) or _outdated(connection, channel, now)):
            return receipt
    while not stopping() and receipt.until is None:
        taken = clock()
        with setup.engine.begin() as connection:
            found = claiming.claim(
                connection, channel.name, now=present(), real=taken, lease=LEASE,
                owner=setup.owner, most=BATCH,
            )  # fmt: skip
            messages = bundles(found)
            _begin(connection, messages)
        if not messages:
            break

        def ended(taken: datetime = taken) -> bool:
            # Overslept, or a clock that was set: others may have the rest by now.
            return stopping() or not taken <= clock() < taken + LEASE - MARGIN

        attempt = _Attempt(setup, channel, present, pace, clock, stopping)
        _batch(attempt, messages, receipt, ended)
    if receipt.until is None and channel.notifier.converses:

        def owed() -> bool:
            return stopping() or _claimable(setup, channel, present(), clock())

        receipt.refused(refresh(setup, channel, present, pace, owed), present())
    if receipt.sent or receipt.error:
        _remember(setup, receipt, present())
    _tell_of_templates(setup, present())
    return receipt


def _claimable(setup: Setup, channel: Channel, now: datetime, real: datetime) -> bool:
    with reading(setup.engine) as connection:
        return claiming.claimable(
            connection, channel.name, now=now, real=real, lease=LEASE, owner=setup.owner
        )  # fmt: skip


def _outdated(connection: Connection, channel: Channel, now: datetime) -> bool:
    """Whether what was posted is to be looked at: it may show what is no longer so."""
    return channel.notifier.converses and threads.due(connection, channel.name, now)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What each attempt at a message of a channel works with."""

    setup: Setup
    channel: Channel
    present: Clock
    pace: Callable[[], None]
    clock: Clock  # real time, for leases
    stopping: Callable[[], bool]


def _batch(
    work: _Attempt, messages: list[Bundle], receipt: ChannelReceipt, ended: Callable[[], bool]
) -> None:
    left, engine = list(messages), work.setup.engine
    with work.channel.notifier.batch() as send:
        while left and not ended() and receipt.until is None:
            outcomes = _attempt(work, left[0], send)
            if outcomes is None:
                break
            head = left.pop(0).head.delivery
            with engine.begin() as connection:
                for lost in claims.settle(connection, outcomes, work.present()):
                    key = lost.delivery.key
                    log.warning("delivery=%s settled too late: its lease was lost", key)
                emptied(connection, work.setup, head, [outcome for _, outcome in outcomes])
                _keep(connection, work, outcomes)
                # In the commit that is made anyway: after a crash just one message is in doubt.
                _begin(connection, left)
            receipt.count(outcome for _, outcome in outcomes)
    if left:
        with engine.begin() as connection:
            claims.release(connection, [claim for bundle in left for claim in bundle.claims])


def _keep(
    connection: Connection, work: _Attempt, outcomes: Sequence[tuple[Claim, Outcome]]
) -> None:
    """Note where the conversation goes on; what fails in that must not undo what is settled."""
    try:
        with connection.begin_nested():
            keep(connection, work.channel, outcomes, work.present())
    except Exception:
        log.exception("channel=%s a conversation was not noted", work.channel.name)


def _begin(connection: Connection, messages: Sequence[Bundle]) -> None:
    """The next message, where it is one delivery: which of several are in it is yet to be seen."""
    if messages and len(messages[0].claims) == 1:
        claims.begin(connection, messages[0].claims)


def _attempt(work: _Attempt, bundle: Bundle, send: Send) -> list[tuple[Claim, Outcome]] | None:
    """Send what is still to be told; what becomes of each delivery. None where there is no time."""
    now = work.present()
    told = content(work.setup, work.channel, bundle, now, _holds(work, bundle))
    if told is None:
        return None
    if len(bundle.claims) > 1 and not told.empty:
        told = _begun(work, told)
    if told.empty:
        return told.settled
    try:
        sent = _sent(work, bundle, told, now, send)
    except DeliveryError as error:
        return [*told.settled, *_failed(bundle, told, error, work.present())]
    except Exception as error:
        # A message that breaks the renderer or a driver must not stop the ones behind it.
        log.exception("delivery=%s failed", bundle.key)
        failed = DeliveryError(f"{type(error).__name__}: {error}")
        return [*told.settled, *_failed(bundle, told, failed, work.present())]
    return [*told.settled, *((claim, sent) for claim in told.claims)]


def _sent(work: _Attempt, bundle: Bundle, told: Content, now: datetime, send: Send) -> Sent:
    if bundle.digest:
        # A digest tells of many procurements, and belongs to the conversation of none.
        message, state = _rendered(work, bundle, told, now, None), None
    else:
        event, delivery = one(told)
        where, louder = _placed(work, event, delivery)
        message, state = _rendered(work, bundle, told, now, where.state), where.state
        message = addressed(message, where, louder)
    found = _found(work, bundle, message)
    if found:
        return Sent(found.reference, found.anew)
    work.pace()
    receipt = send(message)
    return Sent(receipt.reference, receipt.anew, shown(message) if state else "")


def _placed(work: _Attempt, event: Event, delivery: Delivery) -> tuple[Place, Occasion]:
    """Its place in a conversation; by itself where that cannot be told, for it must go out."""
    try:
        where = place(work.setup, work.channel, event, delivery.recipient)
        return where, occasion(work.setup, event, delivery)
    except DBAPIError:
        raise
    except Exception:
        log.exception("delivery=%s its conversation is not known", delivery.key)
        return Place(), ""


def _found(work: _Attempt, bundle: Bundle, message: Message) -> Receipt | None:
    """What the channel answered to an earlier attempt, where it can tell."""
    notifier = work.channel.notifier
    if not (bundle.head.repeat and notifier.converses):
        return None
    # Awards may be named by another of them by now: one that was told then is not to be told now.
    meant = replace(message, key=bundle.key)
    head = bundle.head
    return arrived(
        cast(Conversing, notifier), meant, head.first_due, work.clock(),
        patient=head.attempts < PAUSES,
    )  # fmt: skip


def _holds(work: _Attempt, bundle: Bundle) -> Callable[[], bool]:
    """Whether a bundle may be gone on with; its leases are renewed in time, for it may be long."""
    renewed = work.clock()

    def holds() -> bool:
        nonlocal renewed
        if len(bundle.claims) == 1:
            return True
        if work.stopping():
            return False
        if not renewed <= work.clock() < renewed + MARGIN:
            renewed = work.clock()
            with work.setup.engine.begin() as connection:
                claims.hold(connection, bundle.claims, renewed + LEASE)
        return True

    return holds


def _begun(work: _Attempt, told: Content) -> Content:
    """What is still ours of it, marked as in flight: exactly what the message will tell."""
    with work.setup.engine.begin() as connection:
        lost = claims.hold(connection, told.claims, work.clock() + LEASE)
        ours = told.without(lost)
        if not ours.empty:
            claims.begin(connection, ours.claims)
    for claim in lost:
        log.warning("delivery=%s not sent: its lease was lost", claim.delivery.key)
    return ours


def _failed(
    bundle: Bundle, told: Content, error: DeliveryError, now: datetime
) -> list[tuple[Claim, Outcome]]:
    """What follows for each delivery of a message that was not taken.

    Refused for good, awards told together are tried alone: it may be one of them, or their number.
    A digest is not: a flood of single messages is what its reader did not want. All wait equally
    long, and each has a patience of its own.
    """
    held = told.claims
    if error.permanent and len(held) > 1 and not bundle.digest:
        again = Retry(now, f"{ALONE}: {error}")
        return [(claim, again) for claim in held]
    return [(claim, after(error, held[0].attempts, claim.first_due, now)) for claim in held]


def _rendered(
    work: _Attempt, bundle: Bundle, told: Content, now: datetime, state: State | None
) -> Message:
    """The message; in its plainest form where a template fails, for the alert must go out."""
    try:
        return rendered(work.setup, work.channel, bundle, told, now, state)
    except Exception:
        log.exception("delivery=%s a template failed; sent without", bundle.key)
        return plain(work.setup, work.channel, bundle, told, now)


def _tell_of_templates(setup: Setup, now: datetime) -> None:
    verdicts = setup.renderer.verdicts()
    for verdict in verdicts:
        if verdict.failed:
            log.warning("template=%s failed, the built-in ones serve: %s",
                        verdict.template, verdict.failed)  # fmt: skip
    if verdicts:
        with setup.engine.begin() as connection:
            templates(connection, setup, verdicts, now)


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
