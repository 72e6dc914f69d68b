"""The week that `tenderbell demo` plays: 12 procurements, 25 notices, two portals. Pure.

Every buyer, supplier, number and address is invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.demo.notices import awards, local, plans, tenders
from bot.demo.pages import Kind, published
from bot.demo.shapes import JSON, instant

# Three notices of Sunday are there before Monday's first poll.
START = instant("2026-06-01 08:00")
END = instant("2026-06-09 18:00")

_PROCUREMENTS: dict[Kind, tuple[Callable[[], Iterator[JSON]], ...]] = {
    "fts": (
        tenders.supported_living,
        tenders.school_catering,
        tenders.network,
        tenders.quay_wall,
        plans.research_vessel,
        plans.patient_transport,
        plans.fire_kit,
        awards.interpreting,
        awards.gritting,
    ),
    "cf": (local.supported_living, local.grounds, local.playground, local.community_buses),
}


def story() -> list[tuple[datetime, Kind, JSON]]:
    """When each notice is published (UTC), on which portal, and its release; oldest first."""
    told = [
        (published(release), kind, release)
        for kind, procurements in _PROCUREMENTS.items()
        for procurement in procurements
        for release in procurement()
    ]
    return sorted(told, key=lambda one: one[0])
