"""Hostile text made harmless, addresses checked, sums made readable. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from markupsafe import Markup

from bot.model import Value

# What no message needs and every channel can be fooled by: control characters, zero-width spaces,
# marks that turn the direction of writing, lone surrogates, noncharacters, invisible tags. The
# zero-width joiners stay: emoji and several scripts are written with them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_GAP = re.compile("[ \t\xa0\u2000-\u200a\u202f\u205f\u3000]+")
# The start of an encoded word (RFC 2047, 2). Mail programs decode it, line breaks included.
_ENCODED = re.compile(r"=\?+")
# A field is looked at no further than this beyond what is shown of it.
_SLACK = 4
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
_MILLIONS = 10_000_000
_LOT = re.compile(r"(?:lot-0*|par-0*|lot\s+)(\S.*)", re.IGNORECASE)
_LOTS = 5  # so many are named; a notice may have a hundred


def clean(text: str) -> str:
    """Text of several lines without what could fool a channel; lines end in a bare newline."""
    text = _UNWANTED.sub("", _BREAK.sub("\n", text))
    lines = (_GAP.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def line(text: str) -> str:
    """Text of one line: safe in a header, for an encoded word in it is broken up as well."""
    if text.isascii() and text.isprintable() and "  " not in text and "=?" not in text:
        return text.strip()  # nothing to clean, as is usual
    return _ENCODED.sub("= ?", " ".join(clean(text).split()))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ending at a word and in "…" where something is left out."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    head, space, tail = kept.rpartition(" ")
    return (head if space and len(tail) < 40 else kept).rstrip(" ,;:-") + "…"


def lot_number(id: str) -> str:
    """How people call a lot: `2` for `LOT-0002` of eForms and for `Lot 2`, others as they are."""
    found = _LOT.fullmatch(id)
    return found[1] if found else id


def named_lots(ids: Sequence[str]) -> str:
    """`lot 2`, `lots 2 and 5`, `lots 1, 2, 3, 4, 5 and 7 more`."""
    numbers = [lot_number(id) for id in ids]
    left = len(numbers) - _LOTS
    *head, last = [*numbers[:_LOTS], f"{left} more"] if left > 0 else numbers
    return f"lots {', '.join(head)} and {last}" if head else f"lot {last}"


def short(text: str | None, limit: int) -> str:
    """A field as one line of at most `limit` characters; only its beginning is ever looked at."""
    text = text or ""
    seen = text[: limit * _SLACK]
    told = line(seen)
    if len(seen) < len(text) and len(told) <= limit:
        told += " …"
    return cut(told, limit)


def mrkdwn(value: object) -> Markup:
    """Slack's escape: `&`, `<` and `>` and no other; what is `Markup` already passes.

    Source: docs.slack.dev/messaging/formatting-message-text, "Escaping text".
    """
    if isinstance(value, Markup):
        return value
    text = _UNWANTED.sub("", _BREAK.sub("\n", str(value)))
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


@lru_cache(1_024)
def link(url: str | None) -> str:
    """An http(s) address in plain ASCII, or "" for anything that should not be clicked.

    A name before the host (`trusted.example@evil.example`) is refused, an international host is
    written in its ASCII form, and whatever could end a link in Slack or HTML is percent-encoded.
    """
    if not url or len(url) > 2000 or _UNWANTED.search(url) or any(c.isspace() for c in url):
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "\\" in url:
        return ""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
        return ""
    safe = "/:@!$&'()*+,;=~-._%"
    path, query = quote(parts.path, safe=safe), quote(parts.query, safe=safe + "?")
    fragment = quote(parts.fragment, safe=safe + "?")
    whole = urlunsplit((parts.scheme, host + port, path, query, fragment))
    # Counted as Slack will store it, so that one link always fits into one section.
    return whole if len(whole.replace("&", "&amp;")) <= 2000 else ""


def host(url: str) -> str:
    """The host of an address that `link` let pass, without a leading `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def sum_of(amount: float | None, currency: str) -> str:
    """`£1,500,000`; from ten million on `£153.2 million (£153,242,728.68)`; "" for no figure."""
    if amount is None or not math.isfinite(amount) or abs(amount) >= 1e15:
        return ""
    code = short(currency, 12)
    sign = _SIGNS.get(code, f"{code} " if code else "")
    full = f"{sign}{amount:,.2f}".removesuffix(".00")
    if abs(amount) < _MILLIONS:
        return full
    unit, name = (1e9, "billion") if abs(amount) >= 1e9 else (1e6, "million")
    about = f"{sign}{amount / unit:,.1f}".removesuffix(".0")
    return f"{about} {name} ({full})"


def money(value: Value | None) -> str:
    """A value with what it says of VAT; "" where no figure is stated."""
    if value is None:
        return ""
    net, gross = sum_of(value.net, value.currency), sum_of(value.gross, value.currency)
    if net and gross and net != gross:
        return f"{net} excl. VAT, {gross} incl. VAT"
    if net and gross:
        return f"{net}, the same with and without VAT"
    return f"{net} excl. VAT" if net else f"{gross} incl. VAT" if gross else ""
