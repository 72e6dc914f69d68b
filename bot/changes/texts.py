"""Two versions of a text as what differs: the sentences, cut down to the words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from bot.letters import letters
from bot.model import Was

# A changed text is quoted up to this many characters: enough for a sentence or two.
QUOTE = 400
# A sentence longer than this is cut to the changed words with so many of their neighbours.
_SENTENCE, _AROUND = 160, 8
# Comparing costs by the square of the words; longer texts are quoted by their sentences alone.
_MOST = 2_000
_ENDS = re.compile(r"(?<=[.!?;])\s+|\s*\n\s*\n\s*|\s*\n\s*(?=[•*–-]|\d+[.)]\s)")
_GAP = " … "


def differing(was: str, now: str) -> tuple[Was, Was]:
    """What only one side says, to be read at a glance: the sentence, or of a long one its part."""
    old, new = _sentences(was), _sentences(now)
    gone = [text for key, text in old.items() if key not in new]
    come = [text for key, text in new.items() if key not in old]
    a, b = " ".join(gone), " ".join(come)
    if gone and come and max(len(a), len(b)) > _SENTENCE:
        a, b = _cut(a.split(), b.split())
    return _quoted(a), _quoted(b)


def _sentences(text: str) -> dict[str, str]:
    parts = (" ".join(part.split()) for part in _ENDS.split(text))
    return {" ".join(words): part for part in parts if (words := letters(part))}


def _cut(was: Sequence[str], now: Sequence[str]) -> tuple[str, str]:
    """The runs of words that differ, each with its neighbours on both sides."""
    if max(len(was), len(now)) > _MOST:
        return " ".join(was), " ".join(now)
    a, b = (["".join(letters(word)) for word in words] for words in (was, now))
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    moved = [(i, j, k, n) for tag, i, j, k, n in blocks if tag != "equal"]
    old = _windows([(i, j) for i, j, _, _ in moved], len(was))
    new = _windows([(k, n) for _, _, k, n in moved], len(now))
    return _parts(was, old), _parts(now, new)


def _windows(runs: Sequence[tuple[int, int]], end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, stop in runs:
        low, high = max(0, start - _AROUND), min(end, stop + _AROUND)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _parts(words: Sequence[str], windows: Sequence[tuple[int, int]]) -> str:
    text = _GAP.join(" ".join(words[low:high]) for low, high in windows)
    if windows and windows[0][0] > 0:
        text = "… " + text
    return text + (" …" if windows and windows[-1][1] < len(words) else "")


def _quoted(text: str) -> str | None:
    if len(text) > QUOTE:
        text = text[:QUOTE].rsplit(" ", 1)[0] + " …"
    return text or None
