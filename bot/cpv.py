"""The tree of CPV 2008, the Common Procurement Vocabulary: prefixes and labels. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

_DIGITS = 8
_DIVISION = 2
_GROUP = 3
# Digits lost one at the front, by a program that took the code for a number: only these divisions
# begin with a zero.
_ZEROLESS = ("3", "9")
_CHECKS = frozenset("0123456789")
_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)
_WRITTEN = r"(?:CPV[\s:]*)?(\d+)(-\d)?(\*?)"
_HOW = 'write eight digits as in "85300000", or the beginning of a code as in "853*", in quotes'


def parse(text: str) -> str:
    """The digits that a code and all below it begin with: `853` for `85300000`, `80` for `80*`.

    Trailing zeros are what CPV writes below a code's own level (Regulation (EC) No 213/2008), so
    they go, but for the two digits of a division; that also makes `8530*` the same as `853*`.
    ValueError says what to write instead, also for a division or group that CPV 2008 does not have:
    nothing would ever match it; and for a wrong check digit: it would match something else.
    """
    found = re.fullmatch(_WRITTEN, text[:40].strip(), re.ASCII | re.IGNORECASE)
    if not found or len(text) > 40 or (found[2] and len(found[1]) != _DIGITS):
        raise ValueError(f"{text[:40]!r} is not a CPV code: {_HOW}")
    digits, check, star = found.groups()
    if len(digits) < _DIVISION:
        raise ValueError(
            f'{text[:40]!r} is wider than a division, which has two digits as in "85*"'
        )
    if len(digits) > _DIGITS or (len(digits) == _DIGITS - 1 and not star):
        lost = "; a leading zero may have been lost" if len(digits) < _DIGITS else ""
        raise ValueError(f"{text[:40]!r} has {len(digits)} digits{lost}: {_HOW}")
    prefix = digits[:_DIVISION] + digits[_DIVISION:].rstrip("0")
    for length, level in ((_DIVISION, "division"), (_GROUP, "group")):
        if len(prefix) >= length and prefix[:length] not in _labels():
            raise ValueError(f"CPV 2008 has no {level} {prefix[:length]} ({text[:40]!r}): {_HOW}")
    if check and check[1] != (right := check_digit(digits)):
        raise ValueError(
            f"{digits} has the check digit {right}, not {check[1]}, so a digit of it is wrong: "
            f'look it up, or write "{digits}" without a check digit if that is the code'
        )
    return prefix


def check_digit(code: str) -> str:
    """The ninth digit of a code of eight, as CPV 2008 prints it: `2` for `85300000`.

    Regulation (EC) No 213/2008 says only that it serves to verify the other eight. The rule, the
    digits weighted 3, 7, 1 in turn and added modulo 10, was read off the list: it makes 8,922 of
    its 9,454 digits, and the beginnings in `cpv_digits.tsv` mend the rest. A test compares all.
    """
    more = _more()
    begins = (code[:size] for size in range(_DIGITS, 0, -1))
    shift = next((more[begin] for begin in begins if begin in more), 0)
    return str((sum(int(d) * w for d, w in zip(code, _WEIGHTS, strict=True)) + shift) % 10)


def pretty(prefix: str) -> str:
    """The eight digits of the code that a prefix stands for: `85300000` for `853`."""
    return prefix.ljust(_DIGITS, "0")


def covers(prefix: str, code: str) -> bool:
    """Whether a code of eight digits is the prefix's own or stands below it."""
    return code.startswith(prefix)


def normal(code: str) -> str | None:
    """A code as a notice states it (`85311000-2`, blanks around it) as eight digits, else None.

    Its check digit is not compared: what a notice says is told, and matched, as it stands.
    """
    if len(code) == _DIGITS and code.isascii() and code.isdigit():
        return code
    if len(code) > 2 * _DIGITS or not code.isascii():
        return None
    digits, _, check = code.strip().partition("-")
    if len(digits) == _DIGITS - 1 and digits.startswith(_ZEROLESS):
        digits = f"0{digits}"
    fits = len(digits) == _DIGITS and digits.isdigit() and (not check or check in _CHECKS)
    return digits if fits else None


def label(code: str) -> str:
    """The official English label of a division or group (`853` or `85300000`), else nothing."""
    return _labels().get(code[:_DIVISION] + code[_DIVISION:].rstrip("0"), "")


def named() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every division and group: its prefix, its label, what else people call what is in it."""
    for prefix, own, *others in _rows("cpv.tsv"):
        yield prefix, own, tuple(others[0].split("; ")) if others else ()


@functools.cache
def _labels() -> dict[str, str]:
    return {row[0]: row[1] for row in _rows("cpv.tsv")}


@functools.cache
def _more() -> dict[str, int]:
    return {begin: int(more) for begin, more in _rows("cpv_digits.tsv")}


def _rows(file: str) -> list[list[str]]:
    # Imported here: a start that never meets a code does not pay for it.
    from pathlib import Path

    text = (Path(__file__).parent / "data" / file).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")][1:]
