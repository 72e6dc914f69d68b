"""`run` and `once`. Touches network, channels and database."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from bot.cli.common import as_json, line, logs, options


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter("an instant with an offset, such as 2026-06-12T09:00:00+01:00")
    return at


def _one_heap() -> None:
    """glibc gives each thread a heap of its own and keeps it: 10 MB for threads that mostly wait.

    https://man7.org/linux/man-pages/man3/mallopt.3.html; elsewhere there is no such function.
    """
    import ctypes

    arena_max = -8
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(arena_max, 1)


@click.command(epilog="Example: tenderbell run --config config.yaml")
@options
def run(path: Path, verbose: bool, quiet: bool) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; SIGHUP reloads the config."""
    from bot.app import open_all
    from bot.loop import Loop, clock

    logs(verbose=verbose, quiet=quiet)
    _one_heap()
    finished = Loop(open_all(path, clock()), lambda old: open_all(path, clock(), old)).run()
    if not finished:
        # A thread hangs on a dead server; what it holds is read or sent again after a restart.
        sys.stderr.flush()
        os._exit(0)


@click.command(epilog="Example: tenderbell once --at 2026-06-12T09:00:00+01:00")
@click.option("--at", callback=_instant, help="Take this instant (ISO 8601 with offset) for now.")
@as_json
@options
@click.pass_context
def once(
    ctx: click.Context, path: Path, at: datetime | None, json_: bool, verbose: bool, quiet: bool
) -> int:
    """Poll every source to its end, remind, and deliver everything that is due.

    Exit 1 when a source or channel failed; the rest is done.
    """
    from bot.app import open_all
    from bot.cycle import once as full_cycle
    from bot.loop import clock

    logs(verbose=verbose, quiet=not verbose)
    now = at or clock()
    cycle = full_cycle(open_all(path, now), now, clock)
    for poll in cycle.polls:
        if json_:
            line({"source": poll.source, "receipt": poll})
        else:
            state = f"failed: {poll.error or '; '.join(poll.incomplete)}" if poll.failed else "read"
            click.echo(
                f"source {poll.source}: {state}; {poll.windows} windows, {poll.pages} pages, "
                f"{poll.notices} notices, {poll.new} new, {poll.aside} set aside, "
                f"{poll.events} events, {poll.deliveries} deliveries"
            )
    for name in cycle.busy:
        click.echo(f"source {name}: another process is polling it", err=True)
    for name, done in cycle.channels.items():
        if json_:
            line({"channel": name, "receipt": done})
        else:
            trouble = f"; {done.error}" if done.error else ""
            click.echo(
                f"channel {name}: {done.sent} sent, {done.retrying} retrying, "
                f"{done.gave_up} given up, {done.dropped} dropped{trouble}"
            )
    if cycle.owed:
        click.echo(f"{cycle.owed} deliveries are still owed", err=True)
    return 0 if cycle.well else 1
