"""What one message tells: mostly one delivery; awards together; a digest. Touches the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from bot.batch import as_one
from bot.config import Channel
from bot.contract import Message
from bot.digests import digest
from bot.errors import DeliveryError
from bot.model import Event, Record
from bot.ready import ready
from bot.render.digest import Digest
from bot.render.state import State
from bot.retry import Outcome, Retry, after
from bot.setup import Setup
from bot.store import joins, process
from bot.store.claims import Claim
from bot.store.engine import reading
from bot.wants import Delivery

log = logging.getLogger("tenderbell.deliver")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The deliveries that one message tells, in their order; each stays a row of its own."""

    claims: tuple[Claim, ...]

    @property
    def head(self) -> Claim:
        """The first of them."""
        return self.claims[0]

    @property
    def key(self) -> str:
        """The message's key, by which it is known again."""
        return self.digest or self.head.delivery.key

    @property
    def digest(self) -> str:
        """The digest's key; "" for awards told together, and for what is told by itself."""
        return self.head.delivery.digest


def bundles(claims: Iterable[Claim]) -> list[Bundle]:
    """What was claimed, by message, in the order in which each begins."""
    found: dict[tuple[str, ...], list[Claim]] = {}
    for claim in claims:
        delivery, record = claim.delivery, claim.event.record
        if delivery.digest:
            place: tuple[str, ...] = (delivery.digest,)
        elif record is None:
            place = (delivery.key,)
        else:
            # Of one procurement a recipient's deliveries are claimed together only as one message.
            place = (claim.event.source, record.id, delivery.recipient)
        found.setdefault(place, []).append(claim)
    return [Bundle(tuple(held)) for held in found.values()]


@dataclass(slots=True)
class Content:
    """What is left to be told of a bundle, and how the rest of its deliveries end or wait."""

    events: list[tuple[Event, Claim]] = field(default_factory=list)
    silent: list[Claim] = field(default_factory=list)  # settled with it, and have no line of theirs
    settled: list[tuple[Claim, Outcome]] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        """Those that the message's outcome settles, in their order."""
        return sorted((*(c for _, c in self.events), *self.silent), key=lambda claim: claim.queue)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell. An empty digest that is wanted is an event itself."""
        return not self.events

    def without(self, lost: Iterable[Claim]) -> Content:
        """The same without what another process has by now."""
        gone = {claim.delivery.key for claim in lost}
        return Content(
            [(event, claim) for event, claim in self.events if claim.delivery.key not in gone],
            [claim for claim in self.silent if claim.delivery.key not in gone],
            self.settled,
        )


def content(
    setup: Setup, channel: Channel, bundle: Bundle, now: datetime, holds: Callable[[], bool]
) -> Content | None:
    """What of a bundle is to be told at `now` (UTC).

    `holds` is asked before each delivery, for thousands take a while; None once it denies.
    """
    found = Content()
    for claim in bundle.claims:
        if not holds():
            return None
        if found.settled and not bundle.digest and isinstance(found.settled[-1][1], Retry):
            # Awards are told in order: what stands behind one that waits, waits as well.
            found.settled.append((claim, found.settled[-1][1]))
            continue
        event = _ready(setup, channel, claim, now)
        if not isinstance(event, Event):
            told = {e.key for e, _ in found.events} if bundle.digest else ()
            if isinstance(event, Retry) and event.behind in told:
                # The same from two portals, in one digest: one line tells both.
                found.silent.append(claim)
            else:
                found.settled.append((claim, event))
        else:
            found.events.append((event, claim))
    return found


def _ready(setup: Setup, channel: Channel, claim: Claim, now: datetime) -> Event | Outcome:
    """As `ready`; what cannot be looked into is tried again, and must not stop all behind it."""
    try:
        return ready(setup, channel, claim, now)
    except DBAPIError:
        raise
    except Exception as error:
        log.exception("delivery=%s failed", claim.delivery.key)
        failed = DeliveryError(f"{type(error).__name__}: {error}")
        return after(failed, claim.attempts, claim.first_due, now)


def rendered(
    setup: Setup,
    channel: Channel,
    bundle: Bundle,
    told: Content,
    now: datetime,
    state: State | None = None,
) -> Message:
    """The message, worded for `now` (UTC); `state` is for one that is kept up to date."""
    if bundle.digest:
        return setup.renderer.digest(channel.notify, _digest(setup, bundle, told), now)
    attempts = bundle.head.attempts
    return setup.renderer.render(channel.notify, *one(told), now, attempts=attempts, state=state)


def plain(setup: Setup, channel: Channel, bundle: Bundle, told: Content, now: datetime) -> Message:
    """The message without templates: better than silence when one of them fails."""
    if bundle.digest:
        return setup.renderer.plain_digest(channel.notify, _digest(setup, bundle, told), now)
    return setup.renderer.plain(channel.notify, *one(told), now, attempts=bundle.head.attempts)


def one(told: Content) -> tuple[Event, Delivery]:
    """What is told outside of a digest, as one event for one delivery."""
    return as_one([(event, claim.delivery) for event, claim in told.events])


# ---------------------------------------------------------------- digests


def _digest(setup: Setup, bundle: Bundle, told: Content) -> Digest:
    head = bundle.head.delivery
    ids: dict[str, set[str]] = {}
    for event, _ in told.events:
        if event.record:
            ids.setdefault(event.source, set()).add(event.record.id)
    keys = {(source, id) for source, wanted in ids.items() for id in wanted}
    with reading(setup.engine) as connection:
        present = {source: process.load(connection, source, ids[source]) for source in ids}
        names = joins.conversations(connection, keys)
    entries = [(_latest(event, present), claim.delivery) for event, claim in told.events]
    joined = {":".join(key): name for key, name in names.items()}
    return digest(setup, bundle.digest, head.channel, head.recipient, entries, joined)


def _latest(event: Event, present: Mapping[str, Mapping[str, Record]]) -> Event:
    """The event with its record as it stands now."""
    if event.record is None:
        return event
    return replace(event, record=present[event.source].get(event.record.id, event.record))
