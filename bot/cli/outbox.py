"""`outbox` and `resend`. Touches the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.choice import FOLLOWED
from bot.cli.common import as_json, clean, line, logs, options
from bot.model import Event
from bot.store import deliveries
from bot.store.engine import reading
from bot.when import iso

STATES = ["waiting", "sent", "retrying", "gave-up", "dropped", "unknown"]


def facts(row: Any, event: Event) -> dict[str, Any]:
    """One delivery as `outbox --json` promises it; instants in UTC."""
    from bot.store import codec

    deadline, matches = event.deadline, codec.matches(row.matches)
    return {
        "key": row.key,
        "event": event.name,
        "source": event.source,
        "record": row.record or None,
        "notice": event.notice,
        "title": event.record.facts.title if event.record else None,
        "changes": [
            {"field": c.field, "was": c.was, "now": c.now, "lot": c.lot, "from": c.origin}
            for c in event.changes
        ],
        "deadline": deadline
        and {"kind": deadline.kind, "at": iso(deadline.at), "lead": event.lead},
        "channel": row.channel,
        "recipient": row.recipient,
        "subscriptions": [match.subscription for match in matches if match != FOLLOWED],
        "followed": FOLLOWED in matches,
        "digest": None,
        "status": row.status,
        "why": row.why,
        "attempts": row.attempts,
        "due": iso(row.due),
        "sent": row.sent and iso(row.sent),
    }


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
                line(facts(row, event))
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
