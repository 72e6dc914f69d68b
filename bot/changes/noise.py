"""What differs between two notices and is not news: each rule with its reason. Pure."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

from bot import regions
from bot.letters import letters
from bot.model import Value

# The methods of OCDS stand in where a notice words its procedure only sometimes: "selective" and
# "Restricted procedure" say the same.
METHODS = frozenset({"open", "selective", "limited", "direct"})
# A lot or an award that goes from planned to active, or from pending to active, goes its way: only
# an end is told.
OFF = frozenset({"cancelled", "withdrawn", "unsuccessful"})
# Kinds whose disappearance from a full statement is worth telling; the rest are forecasts that
# come and go with the form (an award date, a contract's start).
MISSED = frozenset({"submission", "participation", "enquiry", "engagement"})
# A day's end is stored as 23:59, 23:59:00 or 23:59:59; deadlines are told to the minute.
MINUTE = timedelta(minutes=1)
# The nine regions of England written out are England.
_ENGLAND = frozenset(f"UK{letter}" for letter in "CDEFGHIJK")
# VAT of the member states and the United Kingdom is at most 27 %: within it a figure without VAT
# and one with it may be the same sum, stated on another line of the form.
_VAT = 1.27
# One letter of a long word is a slip of the pen; a short word may become another one.
_TYPED = 6
_ADDRESS = re.compile(r"https?://(?:www\.)?|^www\.|/+(?=\s|$)", re.IGNORECASE)
_DIGITS = re.compile(r"\+?[\d\s()./-]{7,}")


def same_text(was: str, now: str) -> bool:
    """Whether a text says the same: re-typed, in another order, or with a slip mended."""
    old, new = letters(was), letters(now)
    if old == new or Counter(old) == Counter(new):
        return True
    if len(old) != len(new):
        return False
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    return all(_slip(a, b) for a, b in pairs)


def _slip(was: str, now: str) -> bool:
    """One letter more, less, another or out of place, inside a long word."""
    if min(len(was), len(now)) < _TYPED or not (was.isalpha() and now.isalpha()):
        return False
    if was[0] != now[0] or abs(len(was) - len(now)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), None)
    if start is None:
        return True
    a, b = was[start:], now[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def same_address(was: str, now: str) -> bool:
    """Whether it is the same place to respond to, whatever its scheme and its last stroke."""
    return letters(_ADDRESS.sub(" ", was)) == letters(_ADDRESS.sub(" ", now))


def same_contact(was: str, now: str) -> bool:
    """Whether it is the same contact: a telephone number is spaced at will."""
    return _contact(was) == _contact(now)


def _contact(stated: str) -> tuple[list[str], list[str]]:
    numbers = [re.sub(r"\D", "", found).removeprefix("44").lstrip("0")
               for found in _DIGITS.findall(stated)]  # fmt: skip
    return letters(_DIGITS.sub(" ", stated)), numbers


def same_procedure(was: str, now: str) -> bool:
    """Whether one side only has the method's code where the other words it."""
    one, other = was.casefold() in METHODS, now.casefold() in METHODS
    return one != other or same_text(was, now)


def same_places(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether they are the same places under other codes, names or spellings."""
    return _nodes(was) == _nodes(now)


def _nodes(places: tuple[str, ...]) -> frozenset[str]:
    nodes = {regions.place(place) or " ".join(letters(place)) for place in places}
    return frozenset(nodes - _ENGLAND | {"ENG"} if nodes >= _ENGLAND else nodes) - {""}


def same_sum(was: Value, now: Value) -> bool:
    """Whether one side states the sum without VAT where the other has it with VAT."""
    if was.currency != now.currency:
        return False
    pairs = ((was.net, now.gross), (now.net, was.gross))
    crossed = [
        (net, gross)
        for (net, gross), one, other in zip(pairs, (was, now), (now, was), strict=True)
        if one.gross is None and other.net is None and net is not None and gross is not None
    ]
    return any(net <= gross <= net * _VAT for net, gross in crossed)
