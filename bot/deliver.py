"""What one channel owes: claim, still due, render, send, settle. Touches channel, database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alarm import report, templates
from bot.config import Channel
from bot.contract import Message
from bot.errors import DeliveryError
from bot.health import parked
from bot.model import Event
from bot.ready import ready
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent, after
from bot.setup import Clock, Setup
from bot.store import duty, outbox
from bot.store.engine import reading
from bot.store.outbox import Claim

log = logging.getLogger("tenderbell.deliver")

# A message takes at most half a minute to hand over: none is begun in a lease's last minute.
LEASE = timedelta(minutes=5)
MARGIN = timedelta(minutes=1)
BATCH = 20


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
    _tell_of_templates(setup, present())
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
    now = present()
    event = ready(setup, channel, claim, now)
    if not isinstance(event, Event):
        return event
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


def _rendered(setup: Setup, channel: Channel, event: Event, claim: Claim, now: datetime) -> Message:
    """The message; in its plainest form where a template fails, for the alert must go out."""
    try:
        return setup.renderer.render(
            channel.notify, event, claim.delivery, now, attempts=claim.attempts
        )
    except Exception:
        log.exception("delivery=%s a template failed; sent without", claim.delivery.key)
        return setup.renderer.plain(event, claim.delivery, now, attempts=claim.attempts)


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
