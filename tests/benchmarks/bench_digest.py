"""A day's digests planned and rendered, against Jinja2 alone making the same bytes. Reads files."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, Template

from bot.model import Event
from bot.plan import Planner
from bot.render import Renderer
from bot.render.digest import Digest, digest_view
from bot.render.layouts import TEMPLATES
from bot.wants import Delivery, Rhythm, Route
from tests import make
from tests.benchmarks.bench_match import events, subscriptions
from tests.benchmarks.figure import Figure, medians, ratio, seconds

ZONE = ZoneInfo("Europe/London")
ROUTE = Route("", frozenset({"new"}), Rhythm(time(7, 30)))
PARTS = ("subject", "text", "html")


def run(*, notices: int = 10_000, asked: int = 1_000, rounds: int = 3) -> list[Figure]:
    """How many times longer than the templates alone it takes: to render, and to plan as well.

    The planning is mostly the matching of each notice with all subscriptions, and no notice beyond
    the first fifty of a digest costs the templates anything.
    """
    subscribed = [replace(one, send=(replace(ROUTE, to=one.name),)) for one in subscriptions(asked)]
    recipients = {one.name: (f"{one.name}@example.org",) for one in subscribed}
    planner, renderer = Planner(subscribed, recipients, {}, zone=ZONE), Renderer(ZONE)
    happened = _open(notices)
    digests = _digests(happened, planner)
    views = [digest_view(digest, digest.end, ZONE) for digest in digests]
    bare, made = _bare(), list[Mapping[str, str]]()

    def rendered() -> None:
        made[:] = [renderer.digest("email", one, one.end).parts for one in digests]

    def alone() -> None:
        for view in views:
            for part in PARTS:
                bare[part].render(view=view)

    gc.collect()
    gc.freeze()  # what is measured does not look after what it is given
    measured = [
        (seconds(lambda: _digests(happened, planner)), seconds(rendered), seconds(alone))
        for _ in range(rounds)
    ]
    gc.unfreeze()
    plan, long, short = medians(measured)
    size = sum(len(text.encode()) for parts in made for text in parts.values()) / 1e6
    told = sum(len(section.items) for view in views for section in view.sections)
    entries = sum(len(digest.entries) for digest in digests)
    held = f"{len(digests):,} digests of {entries:,} deliveries, {told:,} shown, {size:.0f} MB"
    return [
        Figure(
            "digests rendered", ratio([(m[1], m[2]) for m in measured]), 3, "x",
            f"{long:.1f} s against {short:.1f} s; {held}", most=True,
        ),
        Figure(
            "digests planned and rendered", ratio([(m[0] + m[1], m[2]) for m in measured]), 3, "x",
            f"{plan:.1f} s more; {notices:,} events for {asked:,} subscriptions", most=True,
        ),
    ]  # fmt: skip


def _open(number: int) -> list[Event]:
    """Notices that are all out to tender: awards would stand in nobody's digest."""
    return [
        replace(event, record=event.record and replace(event.record, stage="tender"))
        for event in events(number)
    ]


def _digests(happened: Sequence[Event], planner: Planner) -> list[Digest]:
    """Planned as a poll would, and gathered as the outbox would give them out."""
    by_key = {event.key: event for event in happened}
    held: dict[tuple[str, str, str, datetime], list[tuple[Event, Delivery]]] = defaultdict(list)
    for d in planner.plan(happened, make.NOW):
        held[d.digest, d.channel, d.recipient, d.due].append((by_key[d.event], d))
    return [
        Digest(
            key=key,
            channel=channel,
            recipient=recipient,
            start=due - timedelta(days=1),
            end=due,
            entries=entries,
        )
        for (key, channel, recipient, due), entries in held.items()
        if key
    ]


def _bare() -> Mapping[str, Template]:
    loader = FileSystemLoader(TEMPLATES)
    made = {}
    for part in PARTS:
        env = Environment(
            loader=loader, autoescape=part == "html", trim_blocks=True, lstrip_blocks=True
        )
        made[part] = env.select_template([f"email/{n}.{part}.j2" for n in ("digest", "default")])
    return made
