"""Where a sentence begins and ends in the text of a notice, and how it is shown. Pure."""

from __future__ import annotations

import re

from bot.prose.dates import ANY_MONTH

REACH = 400  # characters before a place that are looked at
_TAIL = 200  # and behind it
_SHOWN, _BEHIND = 240, 80  # characters of a sentence for people, and those behind the place

_SIGN = re.compile(r"[.!?\n•·—–]")
_STOP = re.compile(r"[.!?][\"')\]]?(?:\s+[A-Z“\"•(*—–-]|\s*\Z)")
_DASH = re.compile(r"[—–]\s?(?=[A-Z])(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\W)")
_HOURS = re.compile(r"(?:\d|\s|\.)[ap]\.?m\Z", re.IGNORECASE)
# "30. Mai", as a German date has it.
_ORDINAL = re.compile(r"(?<!\d)\d\d?\Z")
_NEXT = re.compile(r"\.\s+([^\W\d_]+)")
# A line that ends so is no end of a sentence.
_UNFINISHED = re.compile(r"(?:[:,;–-]|\b(?:by|on|at|is|the|than|before|for|of))\Z", re.IGNORECASE)


def begin_of(text: str, place: int) -> int:
    """Where the sentence around a place begins, as far as it is looked at."""
    start = max(0, place - REACH)
    signs = [found.start() for found in _SIGN.finditer(text, start, place)]
    return next((sign + 1 for sign in reversed(signs) if _breaks(text, sign)), start)


def end_of(text: str, place: int) -> int:
    """Where the sentence around a place ends, as far as it is looked at."""
    stop = min(len(text), place + _TAIL)
    signs = (found.start() for found in _SIGN.finditer(text, place, stop))
    return next((sign + 1 for sign in signs if _breaks(text, sign)), stop)


def _breaks(text: str, place: int) -> bool:
    """Whether the sign there ends a sentence, a line of a list or a paragraph."""
    sign, before = text[place], text[max(0, place - 10) : place].rstrip(" \t\r")
    if sign == "\n":
        behind = text[place + 1 : place + 40].lstrip(" \t\r")
        if behind[:1] in ("", "\n"):
            return True
        return not _UNFINISHED.search(before) and not behind[0].islower()
    if sign in "—–":
        return text[place - 1 : place].isspace() and bool(_DASH.match(text, place))
    if sign in ".!?":
        stops = bool(_STOP.match(text, place, place + 8)) and not _HOURS.search(before)
        return stops and not (_ORDINAL.search(before) and _month_follows(text, place))
    return True


def _month_follows(text: str, place: int) -> bool:
    following = _NEXT.match(text, place, place + 24)
    return following is not None and following[1].lower() in ANY_MONTH


def shown(text: str, start: int, end: int) -> str:
    """The sentence around a part of a text, on one line, cut around that part where it is long."""
    begin, last = begin_of(text, start), end_of(text, end)
    whole = " ".join(text[begin:last].split())
    if len(whole) <= _SHOWN:
        return whole
    early = max(begin, end - _SHOWN + _BEHIND)
    late = min(last, end + _BEHIND)
    told = " ".join(text[early:late].split())
    return f"{'… ' if early > begin else ''}{told}{' …' if late < last else ''}"
