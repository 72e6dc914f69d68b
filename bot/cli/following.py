"""`following`. Touches the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import as_json, clean, line, logs, options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.choice import Key
    from bot.setup import Setup


@click.command(epilog="Example: tenderbell following --json")
@as_json
@options
def following(path: Path, json_: bool, verbose: bool, quiet: bool) -> None:
    """What is followed and what is muted, the first one first.

    \b
    --json prints for each:
      what       "follow" or "mute"
      channel    that follows; null for a mute, which is for all
      source, record, title
                 of the procurement; null where a buyer is muted
      buyer      the muted name; null where a procurement is meant
      since, until, why
                 instants in UTC; until is null where nothing ends it
      all        whether a cancellation is silenced too
      next       {kind, at, lot}: the next enquiry or submission deadline, or null
      elsewhere  the other records of the procurement, as source:record
    """
    from bot.app import open_all
    from bot.loop import clock
    from bot.store.engine import reading

    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    with reading(setup.engine) as connection:
        rows = list(_rows(connection, setup, now))
    for facts, text in rows:
        if json_:
            line(facts)
        else:
            for one in text:
                click.echo(clean(one))
    if not rows and not json_:
        click.echo("nothing is followed, and nothing is muted")


def _rows(
    connection: Connection, setup: Setup, now: datetime
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each follow and mute, as facts and as lines."""
    from bot.choice import day, described
    from bot.store import choices
    from bot.when import iso

    zone = setup.config.timezone
    nothing: dict[str, Any] = dict.fromkeys(
        ("what", "channel", "source", "record", "title", "buyer", "since", "until")
    )
    nothing |= {"why": "", "all": False, "next": None, "elsewhere": []}
    seen: set[tuple[Key, str]] = set()
    for follow in choices.all_followed(connection):
        facts, title, next_ = _procurement(connection, setup, follow.record, now)
        # Two that were followed apart, and are one procurement now.
        first = ((facts["source"], facts["record"]), follow.channel)
        if first in seen:
            continue
        seen.add(first)
        gone = "" if follow.channel in setup.config.channels else ", which the config has no more"
        own = {"what": "follow", "channel": follow.channel, "since": iso(follow.since)}
        head = f"followed since {day(follow.since, now, zone)} on {follow.channel}{gone}"
        yield nothing | own | facts, [f"{head}: {title}", next_]
    for mute in choices.all_muted(connection):
        if not mute.holds(now):
            continue
        facts, lines = {"buyer": mute.buyer}, [described(mute, now, zone)]
        if mute.record:
            facts, title, next_ = _procurement(connection, setup, mute.record, now)
            lines += [f"  {title}", next_]
        said: dict[str, Any] = {
            "what": "mute", "since": iso(mute.since), "until": mute.until and iso(mute.until),
            "why": mute.why, "all": mute.all,
        }  # fmt: skip
        yield nothing | said | facts, lines


def _procurement(
    connection: Connection, setup: Setup, key: Key, now: datetime
) -> tuple[dict[str, Any], str, str]:
    """Its facts, its title and, on a line of its own, what is next."""
    from bot.cli.choosing import Chosen
    from bot.cli.find import conversation
    from bot.when import iso

    keys = conversation(connection, key)
    chosen = Chosen(connection, setup, keys, now)
    found = chosen.next()
    facts = {
        "source": keys[0][0],
        "record": keys[0][1],
        "title": next((r.facts.title for r in chosen.records if r.facts.title), None),
        "next": found and {"kind": found[1].kind, "at": iso(found[1].at), "lot": found[1].lot},
        "elsewhere": [":".join(other) for other in keys[1:]],
    }
    return facts, chosen.title, f"  next: {chosen.next_text()}"
