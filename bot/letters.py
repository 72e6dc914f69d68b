"""Texts and names as they are compared: without what typing them again changes. Pure."""

from __future__ import annotations

import html
import re
import unicodedata

_WORD = re.compile(r"\w+")
# Soft hyphens and joiners: word processors leave them inside words.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# Forms of a name that mean the same body.
_LEGAL = {"ltd": "limited", "co": "company", "corp": "corporation", "inc": "incorporated"}
_IDLE = frozenset({"the", "and"})


def letters(text: str) -> list[str]:
    """The words of a text, with what re-typing alone changes taken out: case, entities, marks."""
    text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    return _WORD.findall(text.casefold())


def spelled(name: str) -> str:
    """A body's name in one spelling: `The Acme & Sons LTD` is `acme sons limited`."""
    return " ".join(_LEGAL.get(word, word) for word in letters(name) if word not in _IDLE)
