"""Text as it is compared, and the phrases and names that are looked for in it. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

# A portal that escapes what was escaped already writes `&amp;rsquo;`; nobody means it deeper.
_ENTITY_ROUNDS = 3

_DASHES = "-‐‑‒–—―−﹘﹣－"
_QUOTES = "’‘ʼ′＇`´"
# Soft hyphen, joiners and marks of direction: word processors leave them inside words.
_UNSEEN = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufeff"
# The blocks of combining marks, which is what an accent is after decomposition.
_MARKS = ((0x300, 0x370), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0xFE20, 0xFE30))
# Letters that Unicode does not decompose although readers type the plain one.
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}

_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(map(ord, _DASHES), " "),
    ord("\u200b"): " ",  # a permitted line break
    **dict.fromkeys(map(ord, _QUOTES), "'"),
    **dict.fromkeys(map(ord, _UNSEEN), None),
    **{mark: None for first, end in _MARKS for mark in range(first, end)},
    **{ord(letter): plain for letter, plain in _LETTERS.items()},
}

_ODD = re.compile(r"[^\x00-\x7f]+")
_RUN = re.compile(r"[^\W_]+")  # letters and digits: exactly the characters of `str.isalnum`
_PATTERN_RUN = re.compile(r"(?<![^\W_])(?<!\*)[^\W_]+\*?")
_STARS = re.compile(r"\*+")
# A star that does not end a word says nothing: dropping it loses less than looking for a star.
_STRAY_STAR = re.compile(r"(?<![^\W_])\*|\*(?!\s|$)")

_STEM = 3  # letters; a prefix that is shorter is too common to be looked up by


def fold(text: str) -> str:
    """Text without case, accents and entities; a run of white space or hyphens is one blank."""
    for _ in range(_ENTITY_ROUNDS):
        if "&" not in text:
            break
        text = html.unescape(text)
    if not text.isascii():
        text = _ODD.sub(lambda run: _plain(run[0]), text)
    return " ".join(text.casefold().replace("-", " ").replace("`", "'").split())


@lru_cache(maxsize=4096)
def _plain(run: str) -> str:
    """What a run of characters beyond ASCII is read as: a few dashes and quotes are most of them.

    No rule looks past a run: a mark is dropped whatever letter it stands on.
    """
    # Quotes go first: decomposition turns a lone acute accent into a blank and a mark.
    text = unicodedata.normalize("NFKD", run.casefold().translate(_PLAIN)).casefold()
    return text.translate(_PLAIN)


def tokens(folded: str) -> set[str]:
    """What a text can be looked up by: its words, and the stem of each (`sup*`)."""
    words = set(_RUN.findall(folded))
    return words | {f"{word[:_STEM]}*" for word in words if len(word) >= _STEM}


def _keys(pattern: str) -> tuple[str, ...]:
    """The tokens that every text has in which a folded pattern occurs; empty when none is sure."""
    found = []
    for run in _PATTERN_RUN.findall(pattern):
        if not run.endswith("*"):
            found.append(run)
        elif len(run) > _STEM:
            found.append(f"{run[:_STEM]}*")
    return tuple(found)


class Phrase:
    """Words in a row, on word boundaries; a star at the end of a word stands for its rest."""

    __slots__ = ("_parts", "folded", "keys", "text", "told")

    def __init__(self, text: str) -> None:
        self.text = text
        self.told = f"word '{text}'"
        self.folded = " ".join(_STRAY_STAR.sub(" ", _STARS.sub("*", fold(text))).split())
        self.keys = _keys(self.folded)
        self._parts = self.folded.split("*")

    def occurs(self, folded: str) -> bool:
        """Whether the phrase stands in a folded text; a phrase of nothing stands nowhere."""
        head, *rest = self._parts
        start = folded.find(head) if head else -1
        while start >= 0:
            inside_word = start and head[0].isalnum() and folded[start - 1].isalnum()
            if not inside_word and _continues(folded, start + len(head), rest):
                return True
            start = folded.find(head, start + 1)
        return False


def _continues(folded: str, at: int, rest: list[str]) -> bool:
    """Whether a phrase goes on at this place: each part of `rest` follows the end of a word."""
    for part in rest:
        while at < len(folded) and folded[at].isalnum():
            at += 1
        if not folded.startswith(part, at):
            return False
        at += len(part)
    return not (at < len(folded) and folded[at - 1].isalnum() and folded[at].isalnum())


class Name:
    """A buyer's whole name, in which a star stands for any run of characters."""

    __slots__ = ("_parts", "folded", "keys", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = _STARS.sub("*", fold(text))
        self._parts = self.folded.split("*")
        # A name without a star is looked up as a whole: `council` alone says little.
        self.keys = _keys(self.folded) if len(self._parts) > 1 else (f"={self.folded}",)

    def fits(self, folded: str) -> bool:
        """Whether a folded name is meant. Each part is taken where it first fits, so never slow."""
        first, *middle = self._parts
        if not middle:
            return folded == first
        last = middle.pop()
        if len(folded) < len(first) + len(last) or not folded.startswith(first):
            return False
        at, end = len(first), len(folded) - len(last)
        for part in middle:
            at = folded.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return folded.endswith(last)


def name_tokens(folded: str) -> set[str]:
    """What a buyer's name can be looked up by: its words, their stems, and the whole."""
    return tokens(folded) | {f"={folded}"}


@lru_cache(maxsize=4096)
def phrase(text: str) -> Phrase:
    """The phrase of a text; many subscriptions share the common ones."""
    return Phrase(text)


@lru_cache(maxsize=4096)
def name(text: str) -> Name:
    """The pattern of a buyer's name; many subscriptions share the common ones."""
    return Name(text)
