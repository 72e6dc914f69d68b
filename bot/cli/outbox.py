"""`outbox` and `resend`. Touches the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli.common import as_json, clean, line, logs, options
from bot.model import Event
from bot.render.facts import facts
from bot.store import deliveries
from bot.store.engine import reading
from bot.when import iso

STATES = ["waiting", "sent", "retrying", "gave-up", "dropped", "unknown"]


def _facts(row: Any, event: Event) -> dict[str, Any]:
    """A row of the outbox with its event, as `outbox --json` promises it."""
    delivery = deliveries.delivery(row)
    return facts(
        delivery, event, status=row.status, why=row.why, attempts=row.attempts, sent=row.sent
    )


@click.command(epilog="Example: tenderbell outbox --status retrying")
@click.option("--status", type=click.Choice(STATES), help="Only deliveries in this state.")
@as_json
@options
def outbox(path: Path, status: str | None, json_: bool, verbose: bool, quiet: bool) -> None:
    """Deliveries and their state, oldest first."""
    from bot.app import open_all
    from bot.loop import clock

    logs(verbose=verbose, quiet=quiet)
    setup = open_all(path, clock())
    with reading(setup.engine) as connection:
        for row, event in deliveries.rows(connection, status=status):
            if json_:
                line(_facts(row, event))
                continue
            when = iso(row.sent or row.due)
            why = f"  ({clean(row.why)})" if row.why else ""
            title = clean(event.record.facts.title or "") if event.record else ""
            to = f"{row.channel} {row.recipient}".strip()
            click.echo(f"{when}  {row.status:<8} {event.name:<9} {to}  {title[:80]}{why}")
            click.echo(f"    {clean(row.key)}")


@click.command(epilog="Example: tenderbell resend 'KEY as outbox prints it'")
@click.argument("key")
@options
def resend(path: Path, key: str, verbose: bool, quiet: bool) -> int:
    """Send one delivery again. A running service does it at once, else the next cycle."""
    from bot.app import open_all
    from bot.cycle import deliver_one
    from bot.loop import clock

    logs(verbose=verbose, quiet=quiet)
    setup = open_all(path, clock())
    outcome = deliver_one(setup, key, clock)
    if outcome is None:
        click.echo(f"no such delivery: {key}; `tenderbell outbox` lists the keys", err=True)
        return 1
    click.echo(f"{key}: {outcome}")
    return 0 if outcome == "sent" else 1
