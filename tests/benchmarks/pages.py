"""A day of Find a Tender, page by page: a saved one where there is one, else invented. Reads files.

Saved pages are looked for in the folder `TENDERBELL_SHARED_DATA`; they are no part of the project.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.contract import Request, Response
from bot.demo import pages, shapes
from bot.demo.shapes import JSON, Body

_SHARED = os.environ.get("TENDERBELL_SHARED_DATA")
SAVED = Path(_SHARED) if _SHARED else Path(__file__).parents[3] / "shared" / "data"

# Of a hundred notices of a day so many are of each type.
_TYPES = {"UK1": 3, "UK2": 12, "UK3": 5, "UK4": 25, "UK6": 30, "UK7": 25}
_CODES = ("85311000", "45233141", "72000000", "79620000", "71240000", "90511000", "60130000")
_REGIONS = ("UKD73", "UKF22", "UKG24", "UKK30", "UKI", "UKJ44", "UKM", "UKL24", "UKH16")
_WORDING = (
    "the authority invites suppliers to tender for works services and supplies with lots that "
    "cover maintenance support care cleaning software repair transport advice design training "
    "over four years with an option to extend subject to satisfactory performance and funding"
)
_WORDS = _WORDING.split()
_DAY = "2026-06-02"


@dataclass(frozen=True, slots=True)
class Day:
    """The pages of one window, newest first, and an instant after its end (UTC)."""

    bodies: list[bytes]
    now: datetime
    origin: str

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies))


class Served:
    """Answers each request with the next page: a fetcher without a network."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self._left = iter(bodies)

    def get(self, request: Request) -> Response:
        return Response(request, 200, {}, next(self._left))


def day() -> Day:
    """A whole day as it was served, or one of the same shape and size."""
    for folder in sorted((SAVED / "find_a_tender" / "backfill").glob("*")):
        bodies = [path.read_bytes() for path in sorted(folder.glob("page-*.json"))]
        dates = (r["date"] for body in bodies for r in json.loads(body)["releases"])
        newest = max(datetime.fromisoformat(date) for date in dates)
        return Day(bodies, newest.astimezone(UTC) + timedelta(hours=1), "saved pages")
    return invented(480)


def invented(releases: int) -> Day:
    """Pages of as many releases, about 10 kB each."""
    chance = random.Random(3)
    held = [_release(chance, number) for number in range(releases)]
    bodies, query = [], "limit=100"
    while query:
        body = pages.page("fts", "https://www.find-tender.service.gov.uk", query, held, None).body
        bodies.append(body)
        query = urlsplit(json.loads(body).get("links", {}).get("next", "")).query
    return Day(bodies, shapes.instant(f"{_DAY} 23:59:59"), "invented pages")


def _release(chance: random.Random, number: int) -> JSON:
    kind = chance.choices(list(_TYPES), list(_TYPES.values()))[0]
    told = f"{_DAY} {6 + number // 60 % 16:02}:{number % 60:02}"
    bare = kind in ("UK6", "UK7")
    bodies = (_body(chance, "Council"), *(_body(chance, "Limited") for _ in range(4 * bare)))
    return shapes.fts(
        kind, told, 100_000 + number, 0xA0000 + number, bodies,
        reference=f"REF-{number}",
        planning={} if kind in ("UK1", "UK2", "UK3") else None,
        awards=[_award(chance, bodies[1:])] if bare else None,
        contracts=[{"id": "1", "awardID": "1", "status": "active"}] if kind == "UK7" else None,
        **_tender(chance),
    )  # fmt: skip


def _body(chance: random.Random, kind: str) -> Body:
    name = f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {kind}".title()
    return Body(name, f"P{chance.randrange(10**8):08}", "Northwick", "PR9 0ZZ", "UKD73")


def _tender(chance: random.Random) -> JSON:
    lots = [str(lot) for lot in range(1, chance.choice((1, 2, 4, 8)) + 1)]
    codes = shapes.codes(*((code, prose(chance, 4)) for code in chance.sample(_CODES, 2)))
    return {
        "title": prose(chance, 9),
        "description": prose(chance, 150),
        "status": "active",
        "procurementMethod": "open",
        "procurementMethodDetails": "Open procedure",
        "value": shapes.pounds(chance.randrange(10_000, 9_000_000)),
        "enquiryPeriod": shapes.by("2026-06-19 12:00"),
        "tenderPeriod": shapes.by(f"2026-07-{chance.randint(1, 28):02} 12:00"),
        "awardPeriod": shapes.by("2026-09-14 23:59:59"),
        "submissionMethodDetails": "https://bids.northwick.example.org/",
        "items": [shapes.item(lot, codes, chance.choice(_REGIONS)) for lot in lots],
        "lots": [
            shapes.lot(lot, "2026-10-01", "2030-09-30", title=prose(chance, 8),
                       description=prose(chance, 60), value=shapes.pounds(100_000))
            for lot in lots
        ],
    }  # fmt: skip


def _award(chance: random.Random, suppliers: Sequence[Body]) -> JSON:
    return {
        "id": "1",
        "status": "active",
        "value": shapes.pounds(chance.randrange(10_000, 900_000)),
        "suppliers": [supplier.reference for supplier in suppliers],
        "relatedLots": ["1"],
    }


def prose(chance: random.Random, words: int) -> str:
    """So many words, of those that notices are written in."""
    return " ".join(chance.choices(_WORDS, k=words)).capitalize()
