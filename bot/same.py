"""Which records of several portals are one procurement: names, references, likeness. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from bot.letters import letters
from bot.match.words import fold
from bot.model import Deadline, Notice, Record, Stage, Value

# ---------------------------------------------------------------- names

# An address is known by what identifies the notice in it, however it was written; one pattern a
# portal. Find a Tender points to a notice of Scotland by the address of its API.
_ADDRESSES = (
    (re.compile(r"ocds-[0-9a-z]{6}-[0-9a-z][0-9a-z-]*"), "{0}"),
    (re.compile(r"find-tender\.service\.gov\.uk/notice/(\d{6}-\d{4})"), "fts:{1}"),
    (re.compile(r"contractsfinder\.service\.gov\.uk/notice/([0-9a-f-]{36})"), "cf:{1}"),
    (re.compile(r"ted\.europa\.eu/.*?0*(\d{1,8}-20\d\d)(?!\d)"), "ted:{1}"),
    (re.compile(r"publiccontractsscotland\.gov\.uk/.*[?&]id=([a-z]{3}\d+)"), "pcs:{1}"),
    (re.compile(r"sell2wales\.gov\.wales/.*[?&]id=([a-z]{3}\d+)"), "s2w:{1}"),
)
_LONGEST = 200
# Links by which a notice names itself: Spain's platforms give one folder several addresses.
_ALIASES = "codice:"
# Of an award to many, so many are looked for.
_AWARDS = 5


def canonical(stated: str) -> str:
    """An ocid, a procedure's UUID, `ted:605902-2020` or an address, as it is compared."""
    text = stated.strip().casefold()[:_LONGEST]
    for pattern, form in _ADDRESSES:
        if found := pattern.search(text):
            return form.format(found[0], *found.groups())
    return re.sub(r"^https?://(www\.)?", "", text).rstrip("/#?")


@dataclass(frozen=True, slots=True)
class Names:
    """By what a record is known, what it refers to, and by what its like may be looked for."""

    own: frozenset[str]
    refers: frozenset[str]
    traits: frozenset[str]


def names(record: Record, notices: Iterable[Notice]) -> Names:
    """The names of a record, as these of its notices give them."""
    own, refers = {canonical(record.id)}, set[str]()
    for facts, links in ((record.facts, ()), *((n.facts, n.links) for n in notices)):
        page = canonical(facts.url or "")
        # The page of many, a portal's home say, is nobody's name.
        if re.search(r"\d{4}", page):
            own.add(page)
        for name in map(canonical, links):
            (own if name.startswith(_ALIASES) else refers).add(name)
    return Names(frozenset(own), frozenset(refers - own - {""}), frozenset(_traits(record)))


def _traits(record: Record) -> Iterable[str]:
    """Where a twin is looked for: under its buyer and title, its buyer and last date.

    Awards by their supplier and price: the call-offs of a framework share all the rest.
    """
    buyers = _buyers(record)
    if _PARTS[record.stage] == "award":
        priced = [a for a in record.facts.awards if a.suppliers and _amounts(a.value)][:_AWARDS]
        for award in priced:
            supplier, price = _plain(award.suppliers[0]), min(_amounts(award.value))
            yield from (f"{buyer}|{supplier}|{price:.0f}" for buyer in buyers)
        return
    title = _plain(record.facts.title or "")[:_LONGEST]
    # A second earlier: midnight, as an instant, still belongs to the day before.
    days = {f"{end.at - timedelta(seconds=1):%Y-%m-%d}" for end in _ends(record)}
    for sign in (title, *days):
        yield from (f"{buyer}|{sign}" for buyer in buyers if sign)


def _plain(text: str) -> str:
    return " ".join(letters(text))


# ---------------------------------------------------------------- likeness


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two records are taken for one procurement, with what confidence (of 1) and why."""

    confidence: float
    why: str


# Below it two records stay apart: two alerts are better than none.
THRESHOLD = 0.95
# Later than this it is next year's tender, or the same need put out again.
_WITHIN = timedelta(days=45)
# The title alone says nothing where a buyer publishes many calls under one title.
_SHORT = 3
_ENOUGH = 40  # characters
_PARTS: dict[Stage, str] = {
    "planning": "planning",
    "tender": "tender",
    "award": "award",
    "contract": "award",
}
_EMPTY = frozenset(
    [
        *("a", "an", "and", "for", "from", "in", "of", "on", "the", "to", "with"),
        *("de", "la", "le", "les", "des", "du", "et", "der", "die", "das", "und", "el", "los"),
        *("tender", "contract", "contracts", "procurement", "provision", "supply"),
        *("services", "service"),
    ]
)
_COUNCIL = frozenset(
    ["metropolitan", "borough", "district", "city", "county", "royal", "london", "council"]
)
# Lot 2, phase II, 2027: a word that makes it another thing. A longer number is a reference.
_NUMBER = re.compile(r"^\D*\d{1,3}\D*$|^(?:19|20)\d\d$|^(?:i{1,3}|iv|v|vi{1,3}|ix|x|[a-z])$")
_VERSION = re.compile(r"^v\d{1,2}$|^(?:re|retender|readvert\w*|reissue\w*|republish\w*|again)$")


def alike(one: Record, other: Record) -> Likeness | None:
    """Whether two records publish one procurement, told by what they say; None if unsure.

    Two of one portal must say the very same: call-offs of a framework and yearly tenders carry
    one title. Two of different portals may differ in length, precision and the buyer's style.
    """
    if one.key == other.key or _PARTS[one.stage] != _PARTS[other.stage]:
        return None
    if abs(one.published - other.published) > _WITHIN or not _one_buyer(one, other):
        return None
    if one.source == other.source:
        return _issued_again(one, other)
    title = _titles(one.facts.title, other.facts.title)
    if title is None or _conflict(one, other, exact=title == "exact"):
        return None
    if _PARTS[one.stage] == "award":
        return _one_award(one, other, title)
    dates = _dates(one, other)
    text = _one_text(one, other)
    if dates and title == "exact":
        return Likeness(0.99, "the same buyer, title and deadline")
    if dates and (text or _one_value(one, other) or _shared_codes(one, other)):
        return Likeness(0.97, "the same buyer and deadline, and one title within the other")
    if dates is None and title == "exact" and text:
        return Likeness(0.98, "the same buyer, title and description")
    return None


def _issued_again(one: Record, other: Record) -> Likeness | None:
    """The buyer has entered one notice twice: nothing but a number tells them apart."""
    same = (
        _PARTS[one.stage] in ("planning", "tender")
        and _titles(one.facts.title, other.facts.title, versions=True) == "exact"
        and _one_text(one, other)
        and _dates(one, other)
        and (one.facts.value == other.facts.value)
        and {c.id for c in one.facts.cpv or ()} == {c.id for c in other.facts.cpv or ()}
    )
    return Likeness(0.96, "issued again word for word with the same deadline") if same else None


def _one_award(one: Record, other: Record, title: str) -> Likeness | None:
    """Awards of a framework differ in nothing but the supplier and the price."""
    winners = [
        {_plain(supplier) for award in record.facts.awards for supplier in award.suppliers}
        for record in (one, other)
    ]
    prices = [
        {value for award in record.facts.awards for value in _amounts(award.value)}
        for record in (one, other)
    ]
    if not winners[0] or winners[0] != winners[1] or prices[0].isdisjoint(prices[1]):
        return None
    exact = title == "exact" and len(_content(one.facts.title)) >= _SHORT
    return Likeness(0.97, "the same buyer, title, supplier and price") if exact else None


def best(record: Record, candidates: Iterable[Record]) -> tuple[Record, Likeness] | None:
    """The one twin among candidates of one source; None where none or several could be it."""
    found = [(c, like) for c in candidates if (like := alike(record, c))]
    found = [pair for pair in found if pair[1].confidence >= THRESHOLD]
    if len(found) > 1:
        # Of several with one title and deadline only the one with the same text can be meant.
        found = [pair for pair in found if _one_text(record, pair[0])]
    return found[0] if len(found) == 1 else None


# ---------------------------------------------------------------- one by one


def _buyers(record: Record) -> frozenset[str]:
    return frozenset(filter(None, (_authority(b.name) for b in record.facts.buyers or ())))


@lru_cache(maxsize=4096)
def _authority(name: str) -> str:
    """A buyer's name without style: "The Highland Council" and "HIGHLAND COUNCIL" are one."""
    words = set(re.findall(r"\w+", fold(name))) - _EMPTY
    if words & {"council", "borough"}:
        words = (words - _COUNCIL) | {"council"}
    return " ".join(sorted(words))


def _one_buyer(one: Record, other: Record) -> bool:
    ids = [{b.id for b in record.facts.buyers or () if b.id} for record in (one, other)]
    return not ids[0].isdisjoint(ids[1]) or not _buyers(one).isdisjoint(_buyers(other))


def _content(title: str | None) -> frozenset[str]:
    words = re.findall(r"\w+", fold(title or ""))
    return frozenset(w.removesuffix("s") if len(w) > 3 else w for w in words if w not in _EMPTY)


def _titles(one: str | None, other: str | None, *, versions: bool = False) -> str | None:
    """`exact`, `within` where one has only words more, None where they name different things.

    A word against another (cleaning, catering), or a number against another (lot 1, lot 2), is a
    different thing, however long the rest is.
    """
    if letters(one or "") == letters(other or "") and one:
        return "exact"
    mine, theirs = _content(one), _content(other)
    if versions:
        mine, theirs = (frozenset(w for w in t if not _VERSION.match(w)) for t in (mine, theirs))
        return "exact" if mine and mine == theirs else None
    if not mine or not theirs:
        return None
    if mine == theirs:
        return "exact"
    less, more = sorted((mine, theirs), key=len)
    if any(_NUMBER.search(word) for word in more - less):
        return None
    within = (less < more and len(less) >= _SHORT) or _cut(_plain(one or ""), _plain(other or ""))
    return "within" if within else None


def _cut(one: str, other: str) -> bool:
    """Whether a portal has cut a long title short, in the middle of a word perhaps."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _ENOUGH and long.startswith(short)


def _ends(record: Record) -> list[Deadline]:
    acts = ("submission", "participation", "engagement")
    return [d for d in record.facts.deadlines if d.kind in acts]


def _dates(one: Record, other: Record) -> bool | None:
    """Whether the dates to act by agree; None where one of the two states none."""
    mine, theirs = _ends(one), _ends(other)
    if not mine or not theirs:
        return None
    return any(same_date(a, b) for a in mine for b in theirs)


def same_date(one: Deadline, other: Deadline) -> bool:
    """The same instant, or an instant on the day that the other names without a time."""
    if one.at == other.at:
        return True
    early, late = sorted((one, other), key=lambda d: d.at)
    return late.dated and late.at - early.at < timedelta(days=1)


def _one_text(one: Record, other: Record) -> bool:
    mine, theirs = (letters(r.facts.description or "")[:400] for r in (one, other))
    if min(len(mine), len(theirs)) < 12:
        return False
    shared = len(set(mine) & set(theirs)) / len(set(mine) | set(theirs))
    return shared >= 0.9


def _amounts(value: Value | None) -> set[float]:
    return {round(v, 2) for v in (value.net, value.gross) if v} if value else set()


def _one_value(one: Record, other: Record) -> bool:
    return not _amounts(one.facts.value).isdisjoint(_amounts(other.facts.value))


def _shared_codes(one: Record, other: Record) -> bool:
    mine, theirs = ({c.id[:4] for c in r.facts.cpv or ()} for r in (one, other))
    return not mine.isdisjoint(theirs)


def _conflict(one: Record, other: Record, *, exact: bool) -> bool:
    """What two notices of one procurement do not disagree in."""
    if _dates(one, other) is False:
        return True
    values = [_amounts(r.facts.value) for r in (one, other)]
    if all(values) and values[0].isdisjoint(values[1]) and not _one_text(one, other):
        return True
    codes = [r.facts.cpv for r in (one, other)]
    return bool(not exact and all(codes) and not _shared_codes(one, other))
