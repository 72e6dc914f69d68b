"""The criteria of a subscription: each in one place, which says whether it holds and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from sys import intern

from bot import cpv, regions
from bot.match import words
from bot.match.lots import Lots
from bot.match.seen import Seen, money
from bot.model import STAGES, Stage
from bot.wants import Subscription

_LISTED = 5  # a notice may carry sixty codes, a subscription as many words

_USUAL_STAGES: tuple[Stage, ...] = ("planning", "tender")  # what nobody needs to be told


class Want:
    """A subscription made ready: its patterns read once, and the criteria that it gives."""

    __slots__ = (
        "ask",
        "buyers",
        "cpv",
        "criteria",
        "finds",
        "name",
        "not_words",
        "regions",
        "stages",
        "without",
        "words",
    )

    def __init__(self, subscription: Subscription) -> None:
        self.ask = subscription
        self.name = subscription.name
        # Interned, as most subscriptions share them: what is asked often then stays near at hand.
        self.cpv: tuple[str, ...] = tuple(map(intern, subscription.cpv))
        self.regions: tuple[str, ...] = tuple(map(intern, subscription.regions))
        self.stages = _stages(subscription.stages)
        self.words: tuple[words.Phrase, ...] = tuple(map(words.phrase, subscription.words))
        self.not_words = tuple(map(words.phrase, subscription.not_words))
        self.without = f"without {_listed(_quoted(self.not_words))}" if self.not_words else ""
        self.buyers = tuple(map(words.name, subscription.buyers))
        self.criteria, self.finds = _given(tuple(c.given(subscription) for c in CRITERIA))


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a subscription may ask for."""

    given: Callable[[Subscription], bool]
    # What decided, in the words of a reason ("" where there is nothing to tell); None: not met.
    find: Callable[[Want, Seen], str | None]
    missed: Callable[[Want, Seen], str]  # a sentence, where nothing was found
    name: str = ""  # how a sentence about lots calls it
    # Which lots meet it, and whether the whole does; None: only the whole can.
    bits: Callable[[Want, Lots], int] | None = None


def _listed(items: Sequence[str], last: str = ", ") -> str:
    """The first few of a list, and how many more there are."""
    if len(items) > _LISTED:
        return f"{', '.join(items[:_LISTED])} and {len(items) - _LISTED} more"
    return last.join(filter(None, (", ".join(items[:-1]), items[-1] if items else "")))


def _quoted(patterns: Sequence[words.Phrase] | Sequence[words.Name]) -> list[str]:
    return [f"'{p.text}'" for p in patterns]


# ---------------------------------------------------------------- stage


@cache
def _stages(wanted: tuple[Stage, ...]) -> dict[Stage, str]:
    """What a reason says of each stage that is wanted: nothing, unless the wish is unusual."""
    return {stage: "" if wanted == _USUAL_STAGES else f"stage {stage}" for stage in wanted}


def _find_stage(want: Want, seen: Seen) -> str | None:
    if not seen.stages:
        return ""
    for stage in seen.stages:
        if stage in want.stages:
            return want.stages[stage]
    return None


def _missed_stage(want: Want, seen: Seen) -> str:
    stood = ", then ".join(seen.stages)
    wanted = ", ".join(sorted(want.stages, key=STAGES.index))
    return f"stage: {stood}; the subscription wants {wanted}"


# ---------------------------------------------------------------- CPV


def _find_cpv(want: Want, seen: Seen) -> str | None:
    under = seen.under
    for prefix in want.cpv:
        if prefix in under:
            return under[prefix]
    return None


def _missed_cpv(want: Want, seen: Seen) -> str:
    wanted = _listed([cpv.pretty(p) for p in want.cpv], " or ")
    if not seen.codes:
        return f"CPV: no code is stated; the subscription wants {wanted}"
    return f"CPV: none of {_listed(seen.codes)} is under {wanted}"


# ---------------------------------------------------------------- place


def _find_place(want: Want, seen: Seen) -> str | None:
    if not seen.places:
        return "no place stated"
    best, told = 3, None
    for wanted in want.regions:
        rank, place = seen.near(wanted)
        if rank < best:
            best, told = rank, place
    return told


def _missed_place(want: Want, seen: Seen) -> str:
    wanted = _listed([regions.name(r) for r in want.regions], " or ")
    return f"place: none of {_listed(list(seen.places))} is in {wanted}"


# ---------------------------------------------------------------- words


def _find_word(want: Want, seen: Seen) -> str | None:
    for phrase in want.words:
        if seen.occurs(phrase):
            return phrase.told
    return None


def _missed_words(want: Want, seen: Seen) -> str:
    return f"word: none of {_listed(_quoted(want.words))} occurs"


def _find_unspoiled(want: Want, seen: Seen) -> str | None:
    for phrase in want.not_words:
        if seen.occurs(phrase):
            return None
    return want.without


def _missed_not_words(want: Want, seen: Seen) -> str:
    unwanted = [p for p in want.not_words if seen.occurs(p)]
    found = [f"'{p.text}' occurs in {seen.where(p)}" for p in unwanted]
    return f"not_words: {_listed(found)}"


# ---------------------------------------------------------------- value


def _has_band(ask: Subscription) -> bool:
    return ask.minimum is not None or ask.maximum is not None or not ask.unstated


def _find_value(want: Want, seen: Seen) -> str | None:
    ask = want.ask
    if seen.value is None:
        return "value not stated" if ask.unstated else None
    amount = seen.value[0]
    if ask.minimum is not None and amount < ask.minimum:
        return None
    if ask.maximum is not None and amount > ask.maximum:
        return None
    return f"value {seen.stated_value}"


def _missed_value(want: Want, seen: Seen) -> str:
    ask = want.ask
    if seen.value is None:
        return "value: not stated"
    if ask.minimum is not None and seen.value[0] < ask.minimum:
        bound = f"below {money(ask.minimum)}"
    else:
        bound = f"above {money(ask.maximum or 0.0)}"
    return f"value: {seen.stated_value} is {bound}"


# ---------------------------------------------------------------- buyer


def _find_buyer(want: Want, seen: Seen) -> str | None:
    for pattern in want.buyers:
        name = seen.buyer(pattern)
        if name is not None:
            return f"buyer {name}"
    return None


def _missed_buyer(want: Want, seen: Seen) -> str:
    wanted = _listed([p.text for p in want.buyers], " or ")
    stated = [f"'{b.name}'" for b in seen.facts.buyers or ()]
    if not stated:
        return f"buyer: not stated; the subscription wants {wanted}"
    return f"buyer: {_listed(stated)} is not {wanted}"


# ---------------------------------------------------------------- suitability

_SUITABLE = {"sme": "SMEs", "vcse": "VCSEs"}


def _find_suitability(want: Want, seen: Seen) -> str | None:
    """The first flag that is set. A notice that says nothing of suitability passes.

    Find a Tender writes a flag only where it is set, and TED has none: silence is no refusal. Where
    the other flag is stated, the box was seen and left empty.
    """
    flags = seen.suitability
    for flag in want.ask.suitability:
        if flags[flag]:
            return f"suitable for {_SUITABLE[flag]}"
    return "suitability not stated" if set(flags.values()) == {None} else None


def _missed_suitability(want: Want, seen: Seen) -> str:
    wanted = " or ".join(_SUITABLE[flag] for flag in want.ask.suitability)
    return f"suitability: not marked as suitable for {wanted}"


# ---------------------------------------------------------------- all of them


def _any(bits: Iterable[int]) -> int:
    """Who meets any one of the wanted terms."""
    return reduce(or_, bits, 0)


# In the order in which they are tried and told; the first ones turn most notices away.
CRITERIA = (
    Criterion(lambda ask: bool(ask.stages), _find_stage, _missed_stage),
    Criterion(
        lambda ask: bool(ask.cpv), _find_cpv, _missed_cpv,
        "CPV", lambda want, lots: _any(map(lots.under, want.cpv)),
    ),
    Criterion(
        lambda ask: bool(ask.regions), _find_place, _missed_place,
        "place", lambda want, lots: _any(map(lots.near, want.regions)),
    ),
    Criterion(
        lambda ask: bool(ask.words), _find_word, _missed_words,
        "word", lambda want, lots: _any(map(lots.occurs, want.words)),
    ),
    Criterion(lambda ask: bool(ask.not_words), _find_unspoiled, _missed_not_words),
    Criterion(
        _has_band, _find_value, _missed_value,
        "value", lambda want, lots: lots.asked(lambda seen: _find_value(want, seen) is not None),
    ),
    Criterion(lambda ask: bool(ask.buyers), _find_buyer, _missed_buyer),
    Criterion(
        lambda ask: bool(ask.suitability), _find_suitability, _missed_suitability, "suitability",
        lambda want, lots: lots.asked(lambda seen: _find_suitability(want, seen) is not None),
    ),
)  # fmt: skip

Finds = tuple[Callable[[Want, Seen], str | None], ...]


@cache
def _given(flags: tuple[bool, ...]) -> tuple[tuple[Criterion, ...], Finds]:
    """The criteria that are given: one tuple for all subscriptions that give the same."""
    criteria = tuple(c for c, given in zip(CRITERIA, flags, strict=True) if given)
    return criteria, tuple(c.find for c in criteria)
