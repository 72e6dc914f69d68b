"""Which subscriptions an event meets: looked up by what it states, then asked in full. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bot import regions
from bot.match.criteria import Want
from bot.match.lots import sights
from bot.match.met import met
from bot.match.seen import Kind, Seen
from bot.match.words import Name, Phrase
from bot.model import Event, Stage
from bot.wants import Match, Subscription

# The most telling criterion first: a subscription is filed under the first two that it gives.
_TELLING: tuple[Kind, ...] = ("buyers", "words", "cpv", "regions")

# A subscription with more pairs of keys than this is filed under its first criterion alone.
_PAIRS = 64

_WHOLE = ""  # the key in place of a criterion that is not used

Filing = tuple[tuple[Stage, ...], Kind | None, Kind | None]
Shelf = dict[str, dict[str, list[int]]]  # first key → second key → positions


class Index:
    """Subscriptions filed so that the cost of an event follows those that it nearly meets.

    Each is filed under its two most telling criteria, by every pair of their keys: a buyer's name,
    the rarest word of a phrase, a CPV prefix, a region. An event looks up what it states. What it
    finds is then asked by the same criteria that `misses` explains, so the filing can only find too
    many. A subscription that gives nothing to be filed under is asked at each event of its stages.
    """

    def __init__(self, subscriptions: Sequence[Subscription]) -> None:
        self._wants = [Want(s) for s in subscriptions]
        self._shelves: dict[Filing, Shelf] = {}
        common = Counter(
            key for want in self._wants for pattern in _patterns(want) for key in pattern.keys
        )
        for position, want in enumerate(self._wants):
            self._file(position, want, common)
        self._regions = {region for want in self._wants for region in want.regions}
        self._inside: dict[str, set[str]] = {}  # region → the wanted ones that it holds
        for region in self._regions:
            for around in regions.ancestors(region):
                self._inside.setdefault(around, set()).add(region)

    def matches(self, event: Event) -> list[Match]:
        """The subscriptions whose criteria hold, each with its reason, in the order given.

        An event that is about no record (`started`, `operators`) meets none.
        """
        told: dict[int, Match] = {}
        for when, seen, lots in sights(event):
            # What the whole and all its lots state together is all that any of them can be met by.
            candidates = set().union(*self._found(seen))
            for position in sorted(candidates - told.keys()):
                match = met(self._wants[position], when, seen, lots)
                if match is not None:
                    told[position] = match
        return [told[position] for position in sorted(told)]

    def _file(self, position: int, want: Want, common: Counter[str]) -> None:
        filed = [(kind, keys) for kind in _TELLING if (keys := _keys(want, kind, common))]
        first, outer = filed[0] if filed else (None, {_WHOLE})
        second, inner = filed[1] if len(filed) > 1 else (None, {_WHOLE})
        if len(outer) * len(inner) > _PAIRS:
            second, inner = None, {_WHOLE}
        shelf = self._shelves.setdefault((tuple(want.stages), first, second), {})
        for key in outer:
            for also in inner:
                shelf.setdefault(key, {}).setdefault(also, []).append(position)

    def _found(self, seen: Seen) -> Iterator[list[int]]:
        """The positions that this state may meet, some of them more than once."""
        offers: dict[Kind | None, set[str]] = {None: {_WHOLE}}

        def offered(kind: Kind | None) -> set[str]:
            # Not before it is asked for: most notices are at a stage that few want to hear of.
            if kind is not None and kind not in offers:
                offers[kind] = self._offers(seen, kind)
            return offers[kind]

        for (stages, first, second), shelf in self._shelves.items():
            if stages and seen.stages and not set(stages).intersection(seen.stages):
                continue
            for key in shelf.keys() & offered(first):
                pairs = shelf[key]
                for also in pairs.keys() & offered(second):
                    yield pairs[also]

    def _offers(self, seen: Seen, kind: Kind) -> set[str]:
        if kind == "regions":
            if seen.nowhere():
                return self._regions
            wider = (self._inside.get(node or "", set()) for node in seen.places.values())
            return seen.offers(kind).union(*wider)
        return seen.offers(kind)


def _patterns(want: Want) -> Iterable[Phrase | Name]:
    return (*want.words, *want.buyers)


def _keys(want: Want, kind: Kind, common: Counter[str]) -> set[str]:
    """The keys one of which every event offers that meets this criterion; empty where unsure."""
    if kind == "cpv":
        return set(want.cpv)
    if kind == "regions":
        return set(want.regions)
    patterns: tuple[Phrase | Name, ...] = want.words if kind == "words" else want.buyers
    if not all(p.keys for p in patterns):
        return set()
    return {min(p.keys, key=lambda key: (common[key], -len(key))) for p in patterns}
