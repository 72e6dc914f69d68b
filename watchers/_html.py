"""HTML that a source wrote into a text: its words, on lines as a reader would see them. Pure."""

from __future__ import annotations

import html
import re

from bot import filters

# A description is looked at no further; the longest of real feeds have some 40 kB.
LONGEST = 100_000

# The standard library's parser takes minutes for 100 kB of unfinished tags; this one is linear.
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*+)(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+>|<[!?][^<>]*+>""",
    re.IGNORECASE,
)
_BLOCKS = {
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol",
    "p", "pre", "section", "table", "tbody", "tr", "ul",
}  # fmt: skip
_CELLS = {"td", "th"}
_HIDDEN = {"script", "style", "template", "noscript"}


def plain(text: str) -> str:
    """The words of an HTML text: tags gone, blocks on lines of their own, entities resolved.

    Scripts, styles and comments are left out; a `<` that begins no tag stays. At most the first
    100,000 characters are read.
    """
    text = text[:LONGEST]
    if "<" not in text:
        return filters.clean(html.unescape(text))
    text = _without_comments(text)
    parts: list[str] = []
    place = hidden = 0
    for tag in _TAG.finditer(text):
        if not hidden:
            # A line break of the source is a blank in HTML.
            parts.append(text[place : tag.start()].replace("\n", " "))
        place = tag.end()
        name, end = (tag["name"] or "").lower(), bool(tag["end"])
        if name in _HIDDEN:
            hidden = max(0, hidden - 1) if end else hidden + 1
        elif name in _BLOCKS:
            parts.append("\n")
        elif name in _CELLS:
            parts.append(" ")
    if not hidden:
        parts.append(text[place:].replace("\n", " "))
    return filters.clean(html.unescape("".join(parts)))


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    kept = [first]
    for piece in others:
        _, end, rest = piece.partition("-->")
        kept.append(rest if end else piece)
    return "".join(kept)
