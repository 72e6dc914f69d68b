"""First messages of conversations, kept up to date. Touches channel and database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.exc import DBAPIError

from bot.batch import as_one
from bot.config import Channel
from bot.contract import Conversing, Message
from bot.converse import Place, addressed, present, shown
from bot.errors import DeliveryError
from bot.ready import pages
from bot.render.state import State, turns
from bot.setup import Clock, Setup
from bot.store import deliveries, joins, process, threads
from bot.store.engine import reading
from bot.store.threads import Thread

log = logging.getLogger("tenderbell.edits")

# Looked at in one go; what is owed is sent between two of them.
BATCH = 10
# How long one that was taken, or could not be edited, is left alone.
HELD = timedelta(minutes=5)


def refresh(
    setup: Setup,
    channel: Channel,
    clock: Clock,
    pace: Callable[[], None],
    ended: Callable[[], bool],
) -> DeliveryError | None:
    """Edit the first messages of the channel that no longer show how things stand.

    `clock` tells the present. Ends early where it has `ended`, for a message is owed, which goes
    first, and with the error where the channel asks for silence.
    """
    edited = 0
    while True:
        now = clock()
        with reading(setup.engine) as connection:
            if not threads.due(connection, channel.name, now):
                break
        if ended():
            break
        with setup.engine.begin() as connection:
            taken = threads.take(connection, channel.name, now, now + HELD, BATCH)
        for number, thread in enumerate(taken):
            try:
                edited += _look(setup, channel, thread, clock, pace)
            except DeliveryError as error:
                with setup.engine.begin() as connection:
                    for left in taken[number:]:
                        threads.change(connection, left, due=now)
                return error
            except DBAPIError:
                raise
            except Exception:
                # It was posted, and stays as it is: what fails here must not stop the others.
                log.exception("thread=%s cannot be edited", thread.name)
                _noted(setup, thread, str(thread.shown), None, now)
    if edited:
        log.info("edit channel=%s edited=%d", channel.name, edited)
    return None


def _look(
    setup: Setup, channel: Channel, thread: Thread, clock: Clock, pace: Callable[[], None]
) -> bool:
    """Whether a first message was edited; DeliveryError where all of the channel must wait."""
    now = clock()
    found = _now(setup, channel, thread, now)
    if found is None:
        _noted(setup, thread, str(thread.shown), None, now)
        return False
    message, state = found
    digest, again = shown(message), turns(state.record, now, setup.config.timezone)
    if digest == thread.shown:
        _noted(setup, thread, digest, again, now)
        return False
    try:
        pace()
        cast(Conversing, channel.notifier).edit(message)
    except DeliveryError as error:
        if error.channel:
            raise
        log.info("thread=%s cannot be edited: %s", thread.name, error)
        if error.gone:
            with setup.engine.begin() as connection:
                threads.change(connection, thread, root="", due=None)
        elif error.permanent:
            _noted(setup, thread, digest, again, now)
        return False  # else it stays held, and is tried again after that
    _noted(setup, thread, digest, again, now)
    return True


def _now(
    setup: Setup, channel: Channel, thread: Thread, now: datetime
) -> tuple[Message, State] | None:
    """A first message as it is to look now; None where it cannot be told any more."""
    if thread.recipient not in channel.notifier.recipients():
        return None
    key = (str(thread.source), str(thread.record))
    with reading(setup.engine) as connection:
        first = deliveries.told_with(connection, str(thread.delivery), str(thread.root))
        state = present(connection, threads.around(connection, key))
        if not first or state is None:
            return None
        event, delivery = as_one([(event, delivery) for delivery, event, _ in first])
        twins = process.of(connection, joins.twins(connection, key))
        event = replace(event, elsewhere=pages(twins))
    try:
        message = setup.renderer.render(channel.notify, event, delivery, now, state=state)
    except Exception:
        # It was posted, and stays as it is: a template that fails must not stop the others.
        log.exception("thread=%s a template failed; not edited", thread.name)
        return None
    return addressed(message, Place(str(thread.name), str(thread.root)), ""), state


def _noted(setup: Setup, thread: Thread, digest: str, due: datetime | None, now: datetime) -> None:
    with setup.engine.begin() as connection:
        threads.looked_at(connection, thread, shown=digest, due=due, now=now)
