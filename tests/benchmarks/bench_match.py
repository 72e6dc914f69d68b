"""How much faster the index of subscriptions is than asking each of them, on invented ones."""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bot import regions
from bot.match import Index
from bot.match.criteria import Want
from bot.match.lots import sights
from bot.match.met import met
from bot.model import Buyer, Code, Event, Lot, Stage, Value
from bot.wants import Match, Subscription
from tests import make
from tests.benchmarks.figure import Figure

ROUNDS = 5

# Divisions by how often notices carry them: works first, then care, design, computing, business.
DIVISIONS = {
    **{"45": 186, "71": 103, "85": 103, "72": 90, "79": 82, "44": 60, "48": 56, "60": 56},
    **{"50": 52, "90": 46, "80": 45, "34": 45, "77": 28, "66": 27, "31": 27, "35": 25, "42": 23},
    **{"09": 23, "33": 19, "39": 18, "55": 15, "32": 14, "38": 12, "30": 12, "98": 10, "92": 8},
    **{"03": 4, "14": 4, "15": 8, "18": 5, "22": 6, "24": 5, "37": 4, "43": 4, "51": 6, "63": 6},
    **{"64": 6, "65": 6, "70": 8, "73": 12, "75": 10},
}
# The digits below a division: buyers and subscribers crowd on the first few of them.
DIGITS = {"1": 34, "2": 22, "3": 16, "4": 10, "5": 7, "6": 5, "7": 3, "8": 2, "9": 1}
SUBSCRIBED_LEVELS = {2: 15, 3: 35, 4: 30, 5: 20}
NOTICED_LEVELS = {2: 25, 3: 25, 4: 25, 5: 15, 6: 10}

REGIONS = {
    **{"UKC": 31, "UKD": 44, "UKE": 24, "UKF": 22, "UKG": 28, "UKH": 23, "UKI": 36, "UKJ": 25},
    **{"UKK": 24, "UKL": 20, "UKM": 25, "UKN": 8},
}
FINER = ("1", "2", "3", "4", "12", "13", "21", "22", "31", "32")

# What happens to a record in a day: most notices of a portal are of awards and contracts.
STAGED: dict[Stage, int] = {"planning": 12, "tender": 18, "award": 55, "contract": 15}

WORDING = (
    "supported living;looked after children;home care;day opportunities;short breaks;"
    "residential care;highway maintenance;resurfacing;street lighting;bridge works;roofing;"
    "demolition;asbestos;fire doors;lift maintenance;boiler;heating;electrical installation;"
    "managed service;cloud hosting;cyber security;network;software licences;case management;"
    "data migration;telephony;website;grounds maintenance;tree surgery;winter gritting;"
    "waste collection;recycling;food waste;vehicle hire;school transport;passenger transport;"
    "taxi;insurance;legal services;audit;recruitment;agency staff;training;apprenticeship;"
    "translation;printing;catering;school meals;cleaning;security guarding;cctv;furniture;"
    "uniforms;laboratory;diagnostic imaging;consultancy;feasibility study;surveying;architect;"
    "planning advice;ecology;archaeology;flood defence;drainage;water treatment"
)
PHRASES = WORDING.split(";")
SOUNDS = "ba co di fu ga he jo ka li mo nu pa re so ta vu we xi yo za"
SYLLABLES = SOUNDS.split()
KINDS = ("Borough Council", "County Council", "NHS Trust", "Housing Association", "College")

Choice = TypeVar("Choice")


def _pick(chance: random.Random, weights: Mapping[Choice, int]) -> Choice:
    return chance.choices(list(weights), list(weights.values()))[0]


def _code(chance: random.Random, levels: Mapping[int, int]) -> str:
    below = _pick(chance, levels) - 2
    return _pick(chance, DIVISIONS) + "".join(_pick(chance, DIGITS) for _ in range(below))


def _region(chance: random.Random, finer: float) -> str:
    region = _pick(chance, REGIONS)
    return region + chance.choice(FINER) if chance.random() < finer else region


def _buyers() -> list[str]:
    chance = random.Random(0)
    stems = ["".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(400)]
    return [f"{stem} {chance.choice(KINDS)}" for stem in stems]


def _asked(chance: random.Random, buyers: Sequence[str]) -> dict[str, Any]:
    codes = {_code(chance, SUBSCRIBED_LEVELS) for _ in range(chance.randint(1, 5))}
    asked: dict[str, Any] = {"cpv": tuple(sorted(codes))}
    if chance.random() < 0.6:
        stated = sorted({_region(chance, 0.3) for _ in range(chance.randint(1, 3))})
        asked["regions"] = tuple(filter(None, map(regions.place, stated)))
    if chance.random() < 0.3:
        asked["words"] = tuple(chance.sample(PHRASES, chance.randint(1, 4)))
    if chance.random() < 0.1:
        asked["not_words"] = tuple(chance.sample(PHRASES, 2))
    if chance.random() < 0.2:
        asked |= {"minimum": chance.choice([1e4, 1e5]), "maximum": chance.choice([5e5, 5e6])}
    if chance.random() < 0.1:
        names = chance.sample(buyers, chance.randint(1, 3))
        asked["buyers"] = tuple(f"{n.split()[0]}*" if chance.random() < 0.5 else n for n in names)
    return asked


def subscriptions(number: int) -> list[Subscription]:
    """Subscriptions as suppliers might write them, crowded where notices are."""
    chance, buyers = random.Random(1), _buyers()
    return [Subscription(name=f"s{n}", **_asked(chance, buyers)) for n in range(number)]


def _facts(chance: random.Random, filler: Sequence[str], buyers: Sequence[str]) -> dict[str, Any]:
    number = chance.choice([1, 1, 1, 1, 1, 2, 2, 3, 5])
    codes = tuple(Code(_code(chance, NOTICED_LEVELS).ljust(8, "0")) for _ in range(number))
    text = chance.choices(filler, k=chance.choice([20, 40, 80, 160, 320]))
    for phrase in chance.sample(PHRASES, chance.randint(0, 4)):
        text.insert(chance.randrange(len(text)), phrase)
    draw = chance.random()
    places = () if draw < 0.1 else ("UK",) if draw < 0.2 else (_region(chance, 0.5),)
    return {
        "title": " ".join(text[:8]).title(),
        "description": " ".join(text[8:]).capitalize(),
        "cpv": codes,
        "places": places,
        "buyers": (Buyer(chance.choice(buyers)),),
        "value": Value(chance.choice([2e4, 8e4, 3e5, 2e6, 2e7]), None, "GBP"),
        "lots": (Lot("1", cpv=codes, places=places),),
    }


def events(number: int) -> list[Event]:
    """Notices as a portal publishes them: mostly one code, one lot, a few hundred words."""
    chance, buyers = random.Random(2), _buyers()
    filler = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 3))) for _ in range(2000)]
    made = []
    for position in range(number):
        stage, facts = _pick(chance, STAGED), _facts(chance, filler, buyers)
        made.append(make.event(record=make.record(id=f"r{position}", stage=stage, **facts)))
    return made


def naive(wants: Sequence[Want], event: Event) -> list[Match]:
    """Each subscription asked in turn, with the index's own criteria, patterns and memory."""
    seen = list(sights(event))
    found = []
    for want in wants:
        for when, sight, lots in seen:
            match = met(want, when, sight, lots)
            if match is not None:
                found.append(match)
                break
    return found


def _seconds(work: Callable[[Event], list[Match]], batch: Sequence[Event]) -> float:
    begun = time.perf_counter()
    for event in batch:
        work(event)
    return (time.perf_counter() - begun) / len(batch)


def _built(asked: Sequence[Subscription]) -> tuple[Index, float, float]:
    """The index, the seconds that it took, and the megabytes that it keeps."""
    begun = time.perf_counter()
    Index(asked)
    seconds = time.perf_counter() - begun
    gc.collect()
    tracemalloc.start()
    index = Index(asked)
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return index, seconds, held


def measure(number: int, batch: Sequence[Event]) -> Figure:
    """The median ratio of some rounds, in each of which both ways run on the same events."""
    asked = subscriptions(number)
    index, seconds, held = _built(asked)
    wants = [Want(s) for s in asked]
    if any(index.matches(event) != naive(wants, event) for event in batch):
        raise AssertionError("the index and the loop disagree")
    rounds = [
        (_seconds(index.matches, batch), _seconds(lambda event: naive(wants, event), batch))
        for _ in range(ROUNDS)
    ]
    fast, slow = (statistics.median(column) for column in zip(*rounds, strict=True))
    matched = statistics.mean(len(index.matches(event)) for event in batch)
    detail = (
        f"{fast * 1e3:.2f} ms a notice against {slow * 1e3:.1f} ms, {matched:.0f} matches each; "
        f"built in {seconds:.2f} s, {held:.0f} MB"
    )
    ratio = statistics.median(slow / fast for fast, slow in rounds)
    return Figure(f"match, {number:,} subscriptions", ratio, None, "x", detail)


def run(*, numbers: Sequence[int] = (1_000, 10_000, 100_000), notices: int = 100) -> list[Figure]:
    """How many times faster the index is, by the number of subscriptions."""
    batch = events(notices)
    return [measure(number, batch) for number in numbers]
