"""`mute` and `unmute`. Touches the database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import clean, logs, options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.choice import Mute
    from bot.setup import Setup

_LONGEST = 200  # characters of a reason or a name

notice_or_buyer = click.argument("notice", required=False)
of_buyer = click.option(
    "--buyer", metavar="NAME", help="A buyer's name; * is any run of characters."
)


@click.command(
    epilog="Example: tenderbell mute 043273-2026 --until 2026-06-03 --why 'too small for us'"
)
@notice_or_buyer
@of_buyer
@click.option(
    "--until",
    metavar="INSTANT|DATE",
    help="When it is told again: 2026-06-03 (from the start of that day) or 2026-06-03T12:00.",
)
@click.option("--why", default="", help="The reason, shown wherever it is silenced.")
@click.option("--all", "whole", is_flag=True, help="Silence its cancellation too.")
@options
def mute(
    path: Path,
    notice: str | None,
    buyer: str | None,
    until: str | None,
    why: str,
    whole: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Hear nothing of one procurement, or of a buyer, on any channel, but for a cancellation.

    NOTICE is an ocid, a notice id or a notice's URL, and stands for the whole procurement. What
    is silenced is not lost: `outbox`, `history` and `explain` show it as dropped, with the
    reason, and `resend` sends it. What waits to be sent is silenced too, and `unmute` restores it
    until then. Times without an offset are those of the config's timezone.

    A mute beats subscriptions and an earlier `follow` of the procurement; a follow beats the mute
    of its buyer. Exit 1 if the notice is not known.
    """
    from bot.app import open_all
    from bot.choice import Mute
    from bot.cli.choosing import Chosen, told_buyer
    from bot.cli.find import procurements
    from bot.loop import clock
    from bot.store import choices

    _one_of(notice, buyer)
    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    ends = _until(setup, until, now)
    reason = _line("--why", why)
    with setup.engine.begin() as connection:
        if buyer is not None:
            one = Mute(buyer=_name(buyer), since=now, until=ends, why=reason, all=whole)
            choices.mute(connection, one)
            if not quiet:
                told_buyer(connection, setup, one, now)
            return 0
        found = procurements(connection, notice or "")
        for keys in found:
            one = Mute(record=keys[0], since=now, until=ends, why=reason, all=whole)
            choices.mute(connection, one, keys)
            if not quiet:
                Chosen(connection, setup, keys, now).muted(one)
    return 0 if found else 1


@click.command(epilog="Example: tenderbell unmute --buyer 'Northwick*'")
@notice_or_buyer
@of_buyer
@options
def unmute(path: Path, notice: str | None, buyer: str | None, verbose: bool, quiet: bool) -> int:
    """Hear of a muted procurement or buyer again: of what is not dropped yet, and of all to come.

    Exit 1 if it is not muted, or the notice is not known.
    """
    from bot.app import open_all
    from bot.cli.choosing import Chosen
    from bot.cli.find import procurements
    from bot.loop import clock
    from bot.store import choices

    _one_of(notice, buyer)
    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    ended: list[Mute] = []
    with setup.engine.begin() as connection:
        if buyer is not None:
            ended = choices.unmute_buyer(connection, buyer)
            if not ended:
                click.echo(_not_muted(connection, buyer, now), err=True)
            elif not quiet:
                click.echo(f"not muted any more: buyer {clean(ended[0].buyer)}")
            return 0 if ended else 1
        for keys in procurements(connection, notice or ""):
            its = choices.unmute(connection, keys)
            ended += its
            chosen = Chosen(connection, setup, keys, now)
            if not its:
                click.echo(f"not muted: {chosen.title}", err=True)
            elif not quiet:
                click.echo(f"not muted any more: {chosen.title}")
            if not quiet:
                chosen.still_muted()
    return 0 if ended else 1


# ---------------------------------------------------------------- what was asked


def _one_of(notice: str | None, buyer: str | None) -> None:
    if (notice is None) == (buyer is None):
        raise click.UsageError("say which NOTICE, or --buyer NAME, and not both")


def _until(setup: Setup, text: str | None, now: datetime) -> datetime | None:
    from bot.when import instant, iso

    if text is None:
        return None
    try:
        at, _ = instant(text, setup.config.timezone, end=False)
    except ValueError as error:
        raise click.UsageError(f"--until: {error}") from None
    if at <= now:
        raise click.UsageError(f"--until: {iso(at)} has passed")
    return at


def _line(option: str, text: str) -> str:
    text = text.strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise click.UsageError(f"{option}: one line of at most {_LONGEST} printable characters")
    return text


def _name(text: str) -> str:
    text = _line("--buyer", text)
    if not any(character.isalnum() for character in text):
        raise click.UsageError("--buyer: a name is wanted, as in 'Northwick*'")
    return text


def _not_muted(connection: Connection, buyer: str, now: datetime) -> str:
    """Which mute was meant: one that is spelt alike, or one that covers the name."""
    from bot.config.scalars import meant
    from bot.match.words import fold, name
    from bot.store import choices

    names = [m.buyer for m in choices.all_muted(connection) if m.buyer and m.holds(now)]
    covers = next((one for one in names if name(one).fits(fold(buyer))), None)
    hint = f" (it is covered by {covers})" if covers else meant(buyer, names)
    return clean(f"not muted: buyer {buyer}{hint}")
