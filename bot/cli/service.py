"""`run` and `once`. Touches network, channels and database."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import as_json, instant, line, logs, options

if TYPE_CHECKING:
    from bot.receipt import ChannelReceipt, PollReceipt
    from bot.setup import Setup


def _one_heap() -> None:
    """glibc gives each thread a heap of its own and keeps it: 10 MB for threads that mostly wait.

    https://man7.org/linux/man-pages/man3/mallopt.3.html; elsewhere there is no such function.
    """
    import ctypes

    arena_max = -8
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(arena_max, 1)


seen_until = click.option(
    "--mark-seen-until",
    "seen",
    callback=instant,
    help="After restoring a backup: tell nothing that was published or fell due until then.",
)


def _opened(path: Path, now: datetime, seen: datetime | None) -> Setup:
    from bot.app import open_all
    from bot.setup import mark_seen

    if seen and seen > now:
        raise click.UsageError("--mark-seen-until lies ahead: it would silence what is to come")
    setup = open_all(path, now)
    return mark_seen(setup, seen) if seen else setup


@click.command(epilog="Example: tenderbell run --config config.yaml")
@seen_until
@options
def run(path: Path, seen: datetime | None, verbose: bool, quiet: bool) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; SIGHUP reloads the config."""
    from bot.app import open_all
    from bot.loop import Loop, clock

    logs(verbose=verbose, quiet=quiet)
    _one_heap()
    setup = _opened(path, clock(), seen)
    finished = Loop(setup, lambda old: open_all(path, clock(), old)).run()
    if not finished:
        # A thread hangs on a dead server; what it holds is read or sent again after a restart.
        sys.stderr.flush()
        os._exit(0)


@click.command(epilog="Example: tenderbell once --at 2026-06-12T09:00:00+01:00")
@click.option("--at", callback=instant, help="Take this instant (ISO 8601 with offset) for now.")
@seen_until
@as_json
@options
def once(
    path: Path,
    at: datetime | None,
    seen: datetime | None,
    json_: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Poll every source to its end, remind, and deliver everything that is due.

    Exit 1 when a source or channel failed, the rest is done; or when the database failed.
    """
    from sqlalchemy.exc import DBAPIError

    from bot.cycle import once as full_cycle
    from bot.loop import clock
    from bot.store.engine import said

    logs(verbose=verbose, quiet=not verbose)
    now = at or clock()
    try:
        cycle = full_cycle(_opened(path, now, seen), now, clock)
    except DBAPIError as error:
        click.echo(f"database: {said(error)}; the next run goes on from what is stored", err=True)
        return 1
    for poll in cycle.polls:
        if json_:
            line({"source": poll.source, "receipt": poll})
        else:
            click.echo(_polled(poll))
    for name in cycle.busy:
        click.echo(f"source {name}: another process is polling it", err=True)
    for name, done in cycle.channels.items():
        if json_:
            line({"channel": name, "receipt": done})
        else:
            click.echo(_delivered(done))
    if cycle.held:
        click.echo(f"{cycle.held} deliveries wait for quiet hours to end", err=True)
    if cycle.gathered:
        click.echo(f"{cycle.gathered} deliveries wait for a digest", err=True)
    if cycle.owed:
        click.echo(f"{cycle.owed} deliveries are still owed", err=True)
    return 0 if cycle.well else 1


def _polled(poll: PollReceipt) -> str:
    state = f"failed: {poll.why}" if poll.failed else "read"
    told = (
        f"source {poll.source}: {state}; {poll.windows} windows, {poll.pages} pages, "
        f"{poll.notices} notices, {poll.new} new, {poll.aside} set aside, "
        f"{poll.events} events, {poll.deliveries} deliveries"
    )
    owed = (f"source {poll.source}: still to be read: {piece}" for piece in poll.owed)
    return "\n".join((told, *owed))


def _delivered(done: ChannelReceipt) -> str:
    trouble = f"; {done.error}" if done.error else ""
    return (
        f"channel {done.channel}: {done.sent} sent{done.several}, {done.retrying} retrying, "
        f"{done.gave_up} given up, {done.dropped} dropped{trouble}"
    )
