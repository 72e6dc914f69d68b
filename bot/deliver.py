"""What one channel owes: claimed, sent message by message, settled. Touches channel, database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.alarm import report, templates
from bot.attempt import LEASE, MARGIN, Work, attempt
from bot.bundle import Bundle, bundles
from bot.config import Channel
from bot.converse import keep
from bot.digests import close, emptied
from bot.edits import refresh
from bot.health import parked
from bot.receipt import ChannelReceipt
from bot.retry import Outcome
from bot.setup import Clock, Setup
from bot.store import claiming, claims, duty, outbox, threads
from bot.store.claims import Claim
from bot.store.engine import reading

log = logging.getLogger("tenderbell.deliver")

BATCH = 20


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
    work = Work(setup, channel, present, pace, clock, stopping)
    while not stopping() and receipt.until is None and _round(work, receipt):
        pass
    if receipt.until is None and channel.notifier.converses:
        owed = partial(_claimable, work)
        receipt.refused(refresh(setup, channel, present, pace, owed), present())
    if receipt.sent or receipt.error:
        _remember(setup, receipt, present())
    _tell_of_templates(setup, present())
    return receipt


def _round(work: Work, receipt: ChannelReceipt) -> bool:
    """Claim some of what is due and send it; False when nothing is."""
    taken = work.clock()
    with work.setup.engine.begin() as connection:
        found = claiming.claim(
            connection, work.channel.name, now=work.present(), real=taken, lease=LEASE,
            owner=work.setup.owner, most=BATCH,
        )  # fmt: skip
        messages = bundles(found)
        _begin(connection, messages)

    def ended() -> bool:
        # Overslept, or a clock that was set: others may have the rest by now.
        return work.stopping() or not taken <= work.clock() < taken + LEASE - MARGIN

    if messages:
        _batch(work, messages, receipt, ended)
    return bool(messages)


def _claimable(work: Work) -> bool:
    """Whether edits must end: a message can be sent, or the program stops."""
    if work.stopping():
        return True
    with reading(work.setup.engine) as connection:
        return claiming.claimable(
            connection, work.channel.name, now=work.present(), real=work.clock(), lease=LEASE,
            owner=work.setup.owner,
        )  # fmt: skip


def _outdated(connection: Connection, channel: Channel, now: datetime) -> bool:
    """Whether what was posted is to be looked at: it may show what is no longer so."""
    return channel.notifier.converses and threads.due(connection, channel.name, now)


def _batch(
    work: Work, messages: list[Bundle], receipt: ChannelReceipt, ended: Callable[[], bool]
) -> None:
    left, engine = list(messages), work.setup.engine
    with work.channel.notifier.batch() as send:
        while left and not ended() and receipt.until is None:
            outcomes = attempt(work, left[0], send)
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


def _keep(connection: Connection, work: Work, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
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
