"""`explain`: why a notice did, or did not, lead to messages. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from bot.choice import FOLLOWED, Followed, Key, Mute, concerning, day, described
from bot.cli.common import as_json, clean, line, logs, options
from bot.cli.find import named, unknown
from bot.match import misses, reason
from bot.model import Event
from bot.setup import Setup
from bot.store import choices, codec, deliveries, joins, process
from bot.store.engine import reading
from bot.story import Chapter, story
from bot.wants import Subscription
from bot.when import iso, local


@click.command(epilog="Example: tenderbell explain 043273-2026 --subscription 'Adult care'")
@click.argument("notice")
@click.option("--subscription", "only", help="Explain this subscription alone.")
@as_json
@options
def explain(
    path: Path, notice: str, only: str | None, json_: bool, verbose: bool, quiet: bool
) -> int:
    """Why a notice did, or did not, lead to messages: each stage with the deciding term."""
    from bot.app import open_all
    from bot.loop import clock

    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    wanted = [s for s in setup.config.subscriptions if only is None or s.name == only]
    if not wanted:
        names = ", ".join(s.name for s in setup.config.subscriptions)
        raise click.BadParameter(f"no subscription {only!r}; there are: {names}")
    with reading(setup.engine) as connection:
        found = named(connection, notice)
        told: list[tuple[Chapter, list[Any], list[Any]]] = []
        follows = choices.followed(connection)
        muted = _muted(connection, found, now)
        for source, record in found:
            sent = list(deliveries.rows(connection, source=source, record=record))
            joined = joins.members(connection, (source, record))
            past = process.history(connection, source, record)
            told += [(chapter, sent, joined) for chapter in story(past, source=source)]
    name = notice.rstrip("/").rsplit("/", 1)[-1]
    exact = [one for one in told if one[0].notice.id == name]
    for chapter, sent, joined in exact or told:
        facts = (
            *_stages(setup, chapter, wanted, sent),
            *_joined(chapter, joined),
            *_chosen(setup, chapter, sent, follows, muted, now),
        )
        for fact in facts:
            if json_:
                line(fact)
            else:
                click.echo(f"{'  ' * fact['depth']}{clean(fact['what'])}")
    if not found:
        unknown(notice)
    return 0 if found else 1


def _stages(
    setup: Setup, chapter: Chapter, wanted: Iterable[Subscription], sent: list[Any]
) -> Iterator[dict[str, Any]]:
    notice, event = chapter.notice, chapter.event
    fact = partial(_fact, chapter)
    yield fact(
        0, "read",
        f"{notice.id} ({notice.kind}), published {iso(notice.published)}, read "
        f"{iso(chapter.learned)} from {chapter.after.source}",
    )  # fmt: skip
    for remark in notice.remarks:
        yield fact(1, "read", f"while reading: {remark}")
    if event is None:
        yield fact(1, "event", "no event: nothing that is told has changed")
        return
    yield fact(1, "event", f"event: {event.name}" + "".join(f"; {n}" for n in event.notes))
    for subscription in wanted:
        yield from _subscription(fact, subscription, event, sent, setup.config.timezone)


def _fact(chapter: Chapter, depth: int, stage: str, what: str, **more: Any) -> dict[str, Any]:
    own = {"notice": chapter.notice.id, "source": chapter.after.source}
    own["record"] = chapter.notice.record
    return own | {"stage": stage, "what": what, "depth": depth} | more


def _joined(chapter: Chapter, members: list[Any]) -> Iterator[dict[str, Any]]:
    """Why this process and others are told as one."""
    own = chapter.after.key
    for row in members:
        key = f"{row.source}:{row.record}"
        if not row.peer or own not in (key, row.peer):
            continue
        other = row.peer if own == key else key
        confidence = row.confidence / 1000
        what = f"one procurement with {other}: {row.why} (confidence {confidence:.2f})"
        yield _fact(chapter, 1, "join", what, peer=other, confidence=confidence)


def _muted(connection: Connection, keys: Iterable[Key], now: datetime) -> list[Mute]:
    """The mutes in force that concern a procurement, as one of its records knows them."""
    found: dict[Mute, None] = {}
    records = process.of(connection, keys)
    for record in records:
        mutes = choices.muted(connection, (record.source, record.id))
        found |= dict.fromkeys(concerning(mutes, records, now))
    return list(found)


def _chosen(
    setup: Setup,
    chapter: Chapter,
    sent: list[Any],
    followed: Followed,
    muted: Iterable[Mute],
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """Whether the procurement is followed or muted, and what came of that."""
    zone, event = setup.config.timezone, chapter.event
    for mute in muted:
        yield _fact(chapter, 1, "mute", described(mute, now, zone), why=mute.why)
    for follow in followed.get((chapter.after.source, chapter.after.id), ()):
        what = f"followed on {follow.channel} since {day(follow.since, now, zone)}"
        yield _fact(chapter, 1, "follow", what, channel=follow.channel)
    for row, told in sent:
        if event and told.key == event.key and FOLLOWED in codec.matches(row.matches):
            yield _delivery(partial(_fact, chapter), row, zone, because="as it is followed, ")


def _subscription(
    fact: Any, subscription: Subscription, event: Event, sent: list[Any], zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    name = subscription.name
    missed = misses(subscription, event)
    if missed:
        for why in missed:
            yield fact(1, "match", f"{name}: no match; {why}", subscription=name, matched=False)
        return
    why = reason(subscription, event)
    yield fact(1, "match", f"{name}: matches; {why}", subscription=name, matched=True)
    for route in subscription.send:
        if event.name not in route.on:
            what = f"{route.to} does not hear of {event.name} events"
            yield fact(2, "route", what, subscription=name)
            continue
        rows = [row for row, e in sent if e.key == event.key and row.channel == route.to]
        for row in rows:
            yield _delivery(fact, row, zone, subscription=name)
        if not rows:
            what = (
                f"no delivery to {route.to}: it was read in the source's first run, which tells "
                "no notice by itself, or before this subscription was written"
            )
            yield fact(2, "deliver", what, subscription=name)


def _delivery(
    fact: Any, row: Any, zone: ZoneInfo, *, because: str = "", **more: Any
) -> dict[str, Any]:
    to = f"{row.channel} {row.recipient}".strip()
    done = f" at {iso(row.sent)}" if row.sent else f": {row.why}" if row.why else ""
    if row.digest and row.status == "waiting":
        done += f", for the digest of {local(row.due, zone)}"
    what = f"{because}delivery to {to}: {row.status}{done}"
    told: dict[str, Any] = fact(2, "deliver", what, key=row.key, status=row.status, **more)
    return told
