"""`follow` and `unfollow`. Touches the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import logs, options

if TYPE_CHECKING:
    from bot.config import Config


@click.command(epilog="Example: tenderbell follow 043273-2026 --to bids-slack")
@click.argument("notice")
@click.option("--to", "channel", help="The channel that hears of it; the only one if left out.")
@options
def follow(path: Path, notice: str, channel: str | None, verbose: bool, quiet: bool) -> int:
    """Hear all of one procurement on a channel, whatever the subscriptions say.

    NOTICE is an ocid, a notice id or a notice's URL; what is followed is the procurement with all
    its notices on all portals. Told are new stages, amendments, a cancellation, awards, and
    reminders 2 days before the enquiry deadline, 7 days and 1 day before the submission deadline.

    A follow lifts a mute of the same procurement, and a mute of its buyer does not silence it. A
    running service knows at once. Exit 1 if the notice is not known.
    """
    from bot.app import open_all
    from bot.cli.choosing import Chosen
    from bot.cli.find import procurements
    from bot.loop import clock
    from bot.store import choices

    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    to = _channel(setup.config, channel)
    with setup.engine.begin() as connection:
        found = procurements(connection, notice)
        for keys in found:
            lifted = choices.unmute(connection, keys)
            since = choices.follow(connection, keys, to, now, setup.planner.followers)
            if not quiet:
                chosen = Chosen(connection, setup, keys, now)
                chosen.followed(to, since, lifted)
    return 0 if found else 1


def _channel(config: Config, name: str | None) -> str:
    """The channel of that name, or the only one."""
    from bot.config.scalars import meant

    known = config.channels
    if name is None and len(known) == 1:
        return next(iter(known))
    listed = ", ".join(known)
    if name is None:
        raise click.UsageError(f"there are several channels, say --to which: {listed}")
    if name not in known:
        hint = meant(name, known) or f"; there are: {listed}"
        raise click.UsageError(f"there is no channel {name[:60]!r}{hint}")
    return name


@click.command(epilog="Example: tenderbell unfollow 043273-2026")
@click.argument("notice")
@options
def unfollow(path: Path, notice: str, verbose: bool, quiet: bool) -> int:
    """Follow a procurement no more, on any channel; subscriptions are told of it as before.

    Exit 1 if the notice is not known or not followed.
    """
    from bot.app import open_all
    from bot.cli.choosing import Chosen
    from bot.cli.find import procurements
    from bot.loop import clock
    from bot.store import choices

    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    ended = False
    with setup.engine.begin() as connection:
        for keys in procurements(connection, notice):
            channels = choices.unfollow(connection, keys)
            ended = ended or bool(channels)
            chosen = Chosen(connection, setup, keys, now)
            if channels and not quiet:
                click.echo(f"not followed any more on {', '.join(channels)}: {chosen.title}")
            elif not channels:
                click.echo(f"not followed: {chosen.title}", err=True)
    return 0 if ended else 1
