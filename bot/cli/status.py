"""`status`: sources and channels, what is well and what is not. Touches the database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli.common import as_json, clean, line, logs, options
from bot.setup import Setup
from bot.store import choices, deliveries, digests, duty, process
from bot.store.engine import reading
from bot.when import iso, local

# A source that has not been read to its end for so many of its intervals is unwell.
LATE = 4


@click.command(epilog="Example: tenderbell status --json")
@as_json
@options
def status(path: Path, json_: bool, verbose: bool, quiet: bool) -> int:
    """Per source and channel: what was done and what fails. Exit 1 if anything is unwell."""
    from bot.app import open_all
    from bot.loop import clock

    logs(verbose=verbose, quiet=quiet)
    now = clock()
    setup = open_all(path, now)
    rows = [*_sources(setup, now), *_channels(setup, now), *_orphans(setup)]
    for row in rows:
        if json_:
            line(row)
        else:
            click.echo(_sentence(row, setup.config.timezone))
    return 0 if all(row["healthy"] for row in rows) else 1


def _sources(setup: Setup, now: datetime) -> list[dict[str, Any]]:
    rows = []
    with reading(setup.engine) as connection:
        due = duty.due(connection)
        for source in setup.config.sources.values():
            state = duty.source(connection, source.name)
            next_run = due.get(f"poll:{source.name}")
            # Late by the real clock: `once --at` moves what it calls now, never the next run.
            late = next_run is not None and now - next_run > max(
                LATE * source.every, timedelta(hours=1)
            )
            rows.append(
                {
                    "source": source.name,
                    "healthy": bool(state and not state.failures and not state.error and not late),
                    "last_success": _iso(state and state.succeeded),
                    "watermark": _iso(state and state.watermark),
                    "failures": state.failures if state else 0,
                    "error": state.error if state else "not polled yet",
                    "next_run": _iso(next_run),
                    "set_aside": process.aside_count(connection, source.name),
                }
            )
    return rows


def _channels(setup: Setup, now: datetime) -> list[dict[str, Any]]:
    rows = []
    with reading(setup.engine) as connection:
        counts = deliveries.counts(connection)
        gathered = digests.waiting(connection, now)
        for channel in setup.config.channels.values():
            state = duty.channel(connection, channel.name)
            by_state = {s: n for (name, s), n in counts.items() if name == channel.name}
            collected, slot = gathered.get(channel.name, (0, None))
            failing = by_state.get("retrying", 0) + by_state.get("unknown", 0)
            rows.append(
                {
                    "channel": channel.name,
                    "healthy": not failing and not by_state.get("gave-up"),
                    "sent": by_state.get("sent", 0),
                    "waiting": by_state.get("waiting", 0),
                    "for_digests": collected,
                    "next_digest": _iso(slot),
                    "failing": failing,
                    "gave_up": by_state.get("gave-up", 0),
                    "dropped": by_state.get("dropped", 0),
                    "last_success": _iso(state and state.succeeded),
                    "error": state.error if state else "",
                    "until": _iso(state and state.until),
                }
            )
    return rows


def _orphans(setup: Setup) -> list[dict[str, Any]]:
    """Channels that the config no longer has, and that still owe messages or follow something."""
    with reading(setup.engine) as connection:
        counts = deliveries.counts(connection)
        follows = Counter(follow.channel for follow in choices.all_followed(connection))
    owed: Counter[str] = Counter()
    for (name, state), number in counts.items():
        if state in ("waiting", "retrying", "unknown"):
            owed[name] += number
    return [
        {
            "channel": name,
            "healthy": False,
            "sent": counts.get((name, "sent"), 0),
            "waiting": owed[name],
            "for_digests": 0,
            "next_digest": None,
            "failing": 0,
            "gave_up": counts.get((name, "gave-up"), 0),
            "dropped": counts.get((name, "dropped"), 0),
            "last_success": None,
            "error": _missing(owed[name], follows[name]),
            "until": None,
        }
        for name in sorted({*owed, *follows} - setup.config.channels.keys())
    ]


def _missing(owed: int, follows: int) -> str:
    """What comes of it that a channel is gone: messages that nobody sends, follows of nobody."""
    stays = ["its messages stay unsent"] if owed else []
    if follows:
        stays.append(f"nobody hears of the {follows} procurement{'s'[: follows > 1]} it follows")
    return f"not in the config any more; put it back, or {' and '.join(stays)}"


def _gathered(row: dict[str, Any], zone: ZoneInfo) -> str:
    """` (3 for a digest, the next Thu 26 Nov 2026 07:30 GMT)`, or nothing."""
    if not row["for_digests"]:
        return ""
    slot = local(datetime.fromisoformat(row["next_digest"]), zone)
    return f" ({row['for_digests']} for a digest, the next {slot})"


def _iso(at: Any) -> str | None:
    return iso(at.replace(microsecond=0)) if at else None


def _sentence(row: dict[str, Any], zone: ZoneInfo) -> str:
    mark = "ok  " if row["healthy"] else "FAIL"
    error = f"; {clean(row['error'])}" if row["error"] else ""
    if "source" in row:
        aside = f"; {row['set_aside']} set aside" if row["set_aside"] else ""
        return (
            f"{mark} source {row['source']}: last success {row['last_success'] or 'never'}, "
            f"read up to {row['watermark'] or 'nothing'}, failures {row['failures']}, "
            f"next run {row['next_run'] or 'now'}{aside}{error}"
        )
    return (
        f"{mark} channel {row['channel']}: {row['sent']} sent, {row['waiting']} waiting"
        f"{_gathered(row, zone)}, "
        f"{row['failing']} failing, {row['gave_up']} given up, {row['dropped']} dropped{error}"
    )
