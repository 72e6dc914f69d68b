"""One attempt at a message: still due, placed, rendered, sent. Touches channel and database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.exc import DBAPIError

from bot.bundle import Bundle, Content, content, one, plain, rendered
from bot.config import Channel
from bot.contract import Conversing, Message, Occasion, Receipt, Send
from bot.converse import Place, addressed, arrived, occasion, place, shown
from bot.errors import DeliveryError
from bot.model import Event
from bot.render.state import State
from bot.retry import Outcome, Retry, Sent, after
from bot.setup import Clock, Setup
from bot.store import claims
from bot.store.claims import ALONE, Claim
from bot.wants import Delivery

log = logging.getLogger("tenderbell.deliver")

# A message takes at most a minute and a half to look up and to hand over: none is begun in the last
# two minutes of a lease. What many deliveries need before that, and after, is not counted: they are
# leased anew on the way.
LEASE = timedelta(minutes=5)
MARGIN = timedelta(minutes=2)
# Where a channel asks for a pause whenever it is asked whether a message arrived, it is sent again
# after so many attempts: a repeat is better than a loss.
PAUSES = 10


@dataclass(frozen=True, slots=True)
class Work:
    """What each attempt at a message of a channel works with."""

    setup: Setup
    channel: Channel
    present: Clock
    pace: Callable[[], None]
    clock: Clock  # real time, for leases
    stopping: Callable[[], bool]


def attempt(work: Work, bundle: Bundle, send: Send) -> list[tuple[Claim, Outcome]] | None:
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


def _sent(work: Work, bundle: Bundle, told: Content, now: datetime, send: Send) -> Sent:
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


def _placed(work: Work, event: Event, delivery: Delivery) -> tuple[Place, Occasion]:
    """Its place in a conversation; by itself where that cannot be told, for it must go out."""
    try:
        where = place(work.setup, work.channel, event, delivery.recipient)
        return where, occasion(work.setup, event, delivery)
    except DBAPIError:
        raise
    except Exception:
        log.exception("delivery=%s its conversation is not known", delivery.key)
        return Place(), ""


def _found(work: Work, bundle: Bundle, message: Message) -> Receipt | None:
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


def _holds(work: Work, bundle: Bundle) -> Callable[[], bool]:
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


def _begun(work: Work, told: Content) -> Content:
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
    work: Work, bundle: Bundle, told: Content, now: datetime, state: State | None
) -> Message:
    """The message; in its plainest form where a template fails, for the alert must go out."""
    try:
        return rendered(work.setup, work.channel, bundle, told, now, state)
    except Exception:
        log.exception("delivery=%s a template failed; sent without", bundle.key)
        return plain(work.setup, work.channel, bundle, told, now)
