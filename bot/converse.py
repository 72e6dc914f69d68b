"""The conversation that a delivery belongs to, and what its first message shows. Touches store."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.config import Channel
from bot.contract import Conversing, Message, Occasion, Receipt
from bot.errors import DeliveryError
from bot.model import STAGES, Event, Record
from bot.render.dates import ACT
from bot.render.notes import moves
from bot.render.state import State
from bot.retry import PATIENCE, Outcome, Sent
from bot.setup import Setup
from bot.store import process, threads
from bot.store.claims import Claim
from bot.store.engine import reading
from bot.store.joins import Key
from bot.story import story
from bot.wants import Delivery

log = logging.getLogger("tenderbell.converse")

# The parts of a first message that tell of the present; the others stay as they were.
_PRESENT = ("header", "status", "fields")
# Clocks differ: a message is looked for from a little before its first attempt.
_SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a delivery goes: its conversation, the first message of it, what that is to show."""

    thread: str = ""
    root: str = ""  # "" where it is the first itself
    state: State | None = None  # of a first message that is kept up to date


def place(setup: Setup, channel: Channel, event: Event, recipient: str) -> Place:
    """Where an event's message for this recipient goes."""
    if event.record is None:
        return Place()
    key = (event.source, event.record.id)
    with reading(setup.engine) as connection:
        keys = threads.around(connection, key)
        thread = threads.of(connection, channel.name, recipient, keys)
        root = str(thread.root) if thread else ""
        kept = not root and channel.notifier.converses
        state = present(connection, keys) if kept else None
    return Place(str(thread.name) if thread else event.record.key, root, state)


def addressed(message: Message, where: Place, occasion: Occasion) -> Message:
    """The message with its place in the conversation."""
    return replace(message, thread=where.thread, root=where.root, occasion=occasion)


def occasion(setup: Setup, event: Event, delivery: Delivery) -> Occasion:
    """What makes a message worth a louder word."""
    # A planned procurement goes out to tender: nobody looks for that below an old message.
    if event.name == "new":
        return "new"
    if event.name == "cancelled" and event.record and event.record.status == "cancelled":
        return "cancelled"
    if any(change.field in ACT for change in moves(event)):
        return "moved"
    named = [match.subscription for match in delivery.matches]
    return "closing" if event.deadline and setup.planner.last(event, named) else ""


def present(connection: Connection, keys: Collection[Key]) -> State | None:
    """How the procurement of these records stands, as the furthest of them tells it."""
    record = foremost(process.of(connection, keys))
    if record is None:
        return None
    history = process.history(connection, record.source, record.id)
    events = (chapter.event for chapter in story(history, source=record.source))
    return State(record, sum(1 for event in events if event and event.name == "amended"))


def foremost(held: Iterable[Record]) -> Record | None:
    """Of the records of one procurement the one that says where it stands: the furthest, newest."""
    return max(
        held,
        key=lambda r: (r.whole, STAGES.index(r.stage), r.published, r.key),
        default=None,
    )


def shown(message: Message) -> str:
    """A digest of what a first message shows of the present."""
    told = [message.parts.get(part, "") for part in _PRESENT]
    told += [link.url for link in message.links]
    return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()[:32]


def keep(
    connection: Connection,
    channel: Channel,
    outcomes: Iterable[tuple[Claim, Outcome]],
    now: datetime,
) -> None:
    """Note where the conversation goes on that a message belongs to, when it was sent."""
    for claim, outcome in outcomes:
        if isinstance(outcome, Sent) and outcome.reference and not claim.delivery.digest:
            _keep(connection, channel, claim, outcome, now)
            return  # the others that it told are of the same procurement


def _keep(
    connection: Connection, channel: Channel, claim: Claim, outcome: Sent, now: datetime
) -> None:
    record = claim.event.record
    if record is None:
        return
    key, recipient = (claim.event.source, record.id), claim.delivery.recipient
    thread = threads.of(connection, channel.name, recipient, threads.around(connection, key))
    due = now if channel.notifier.converses else None
    begun = {"root": outcome.reference, "delivery": claim.delivery.key, "shown": outcome.shown}
    at = (channel.name, recipient, key)
    if thread is None:
        threads.begin(
            connection, at, name=record.key, root=outcome.reference,
            delivery=claim.delivery.key, shown=outcome.shown, at=now, due=due,
        )  # fmt: skip
        return
    if outcome.anew or not thread.root:
        threads.change(connection, thread, due=due, **begun)
        return
    threads.begin(
        connection, at, name=str(thread.name), root=str(thread.root),
        delivery=str(thread.delivery), shown=str(thread.shown), at=now,
    )  # fmt: skip
    threads.change(connection, thread, due=due)


def arrived(
    notifier: Conversing, message: Message, first_due: datetime, real: datetime, *, patient: bool
) -> Receipt | None:
    """The receipt of a message whose answer never came, where the channel can tell; else None.

    `real` is the real time, UTC: the channel knows no other. If `patient`, DeliveryError where it
    asks for a pause: after that it can tell.
    """
    since = min(first_due, real - PATIENCE) - _SLACK
    try:
        found = notifier.find(message, since)
    except DeliveryError as error:
        if error.channel and patient:
            raise
        log.info("delivery=%s cannot be looked up: %s", message.key, error)
        return None
    if found:
        log.info("delivery=%s had arrived: %s", message.key, found.reference)
    return found
