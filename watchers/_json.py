"""A page into raw releases, and a release into plain values, whatever is broken in it. Pure."""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.contract import Fault
from bot.errors import ReadError
from watchers._take import obj, text

# So much of a broken text is kept for people to look at.
KEPT = 64 * 1024

Raw = bytes | msgspec.Raw


@dataclass(frozen=True, slots=True)
class Split:
    """The pieces of a release package, undecoded."""

    pieces: list[Raw]
    next: Any = None  # the next link, as the package states it
    doubtful: bool = False  # pieces come from the tolerant scanner: each may be broken
    why: str = ""  # why the page may hold more than was found; empty when it was read to its end
    faults: tuple[Fault, ...] = ()  # what holds no release although one belongs there


Names = tuple[str, ...]  # the way to a member: ("links", "next")
NEXT: Names = ("links", "next")


class _Package(msgspec.Struct):
    releases: list[msgspec.Raw]
    links: msgspec.Raw = msgspec.Raw(b"null")


_PACKAGE = msgspec.json.Decoder(_Package)
_RAW = msgspec.json.Decoder(msgspec.Raw)
BROKEN = (msgspec.MsgspecError, ValueError, RecursionError)

# A string that never ends takes the rest: looking again at each later quote would be quadratic.
STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_BRACKET = re.compile(rf"{STRING}|[\[\]{{}}]", re.DOTALL)
_BARE = re.compile(rf'{STRING}|[^\s\[\]{{}},:"]++(?:\s+[^\s\[\]{{}},:"]++)*+', re.DOTALL)
_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBERLIKE = re.compile(r"-?(?:NaN|Infinity)")
_ENTRY = re.compile(rf'(?:{STRING}|[^,\]"]++)++', re.DOTALL)
_RELEASES = re.compile(r'"releases"\s*:\s*\[')
SIMPLE = r'(?:"\w+"\s*:\s*(?:"[^"\\]*"|\[[^\[\]{}]*\])\s*,\s*){0,8}'
# Where a release begins: simple members, then `ocid` or `tag`, which no inner object carries.
BEGIN = re.compile(rf',\s*(?=\{{\s*{SIMPLE}"(?:ocid|tag)"\s*:)')
_TOLERANT = json.JSONDecoder(strict=False)
# What an answer says of itself when it is no package.
ERRORS = ("error", "errors", "message", "Message", "detail", "fault", "title", "status")
_TAIL = re.compile(r'\]\s*,\s*"links"\s*:\s*\{[^{}]*\}\s*\}\s*\Z|\]\s*\}\s*\Z')
# Lone surrogates are valid escapes that no UTF-8 can hold.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)


def split(body: bytes) -> Split:
    """The raw releases of a package, in the page's order.

    ReadError where the body is no release package or breaks off: that is never "no news".
    """
    try:
        return _fast(body)
    except BROKEN:
        pass
    data = clean(body)
    try:
        return _fast(data)
    except BROKEN:
        return scan(data.decode("utf-8", "replace"))


def sound(piece: Raw) -> bool:
    """Whether a piece is well-formed JSON, told without decoding it."""
    try:
        _RAW.decode(piece)
    except BROKEN:
        return False
    return True


def decode(raw: Raw) -> tuple[Any, list[str]]:
    """One release as plain values, and a remark for each value that had to be left out.

    ReadError, with the raw text, only where nothing can be decoded at all.
    """
    try:
        return msgspec.json.decode(raw), []
    except BROKEN:
        return _slowly(bytes(raw))


def shown(raw: Raw) -> str:
    """The text of a broken piece, for setting it aside: at most 64 kB of it."""
    return bytes(raw)[:KEPT].decode("utf-8", "replace").replace("\x00", "�")


def _fast(data: bytes) -> Split:
    package = _PACKAGE.decode(data)
    links = msgspec.json.decode(package.links)
    return Split(list(package.releases), obj(links).get("next"))


# ---------------------------------------------------------------- bytes


def _cp1252(error: UnicodeError) -> tuple[str, int]:
    """Stray bytes of a portal that mixes encodings, without harm to the good UTF-8 beside them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


codecs.register_error("tenderbell.cp1252", _cp1252)


def clean(body: bytes) -> bytes:
    """UTF-8 without a byte order mark, NUL, stray bytes of another encoding, lone surrogates."""
    text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "tenderbell.cp1252")
    return _ESCAPE.sub(_escape, text.replace("\x00", "").encode())


def _escape(match: re.Match[bytes]) -> bytes:
    """A lone surrogate becomes the replacement character; pairs and other escapes stay."""
    return rb"\ufffd" if len(match[0]) == 6 else match[0]


# ---------------------------------------------------------------- one release


def _slowly(data: bytes) -> tuple[Any, list[str]]:
    """The standard library reads what msgspec refuses: numbers out of range, control characters."""
    remarks: list[str] = []

    def left_out(number: str) -> Any:
        remarks.append(f"a number out of range was left out: {number[:20]}")
        return None

    def whole(number: str) -> Any:
        return int(number) if len(number) < 300 else left_out(number)

    def fraction(number: str) -> Any:
        value = float(number)
        return value if math.isfinite(value) else left_out(number)

    reader = json.JSONDecoder(
        strict=False, parse_int=whole, parse_float=fraction, parse_constant=left_out
    )
    text = clean(data).decode("utf-8", "replace")
    try:
        try:
            return reader.decode(text), remarks
        except ValueError:
            remarks.clear()
            mended = _BARE.sub(lambda found: _mended(found[0], remarks), text)
            return reader.decode(mended), remarks
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ReadError(f"not JSON: {why}", raw=shown(data)) from None


def _mended(token: str, remarks: list[str]) -> str:
    """`000` or `1 000` where a number belongs is no JSON: the value is given up, not the notice."""
    if token[0] == '"' or _LITERAL.fullmatch(token) or _NUMBERLIKE.fullmatch(token):
        return token
    remarks.append(f"a value that is no JSON was left out: {token[:20]}")
    return "null"


# ---------------------------------------------------------------- a page with something broken


def scan(
    text: str,
    head: re.Pattern[str] = _RELEASES,
    begin: re.Pattern[str] = BEGIN,
    pointer: Names = NEXT,
) -> Split:
    """The entries of an array, by their brackets; a broken one ends where the next begins.

    `head` finds the array in its package, `begin` an entry. ReadError where the page breaks off.
    """
    start = head.search(text)
    if start is None:
        raise ReadError(no_package(text), raw=text[:KEPT])
    pieces: list[Raw] = []
    place, before = start.end(), text[: start.end() - 1]
    following = begin.search(text, place)
    while True:
        place = _past_commas(text, place)
        if place >= len(text):
            raise ReadError("the page breaks off", raw=text[-KEPT:])
        if following is not None and following.start() <= place:
            following = begin.search(text, place + 1)
        if text[place] == "]" and following is None:
            link, why = _ending(before, text[place + 1 :], pointer)
            return Split(pieces, link, True, why)
        stop = end(text, place, following.start() if following else len(text))
        if stop is None and following is None:
            return _last(text, place, pieces, before, pointer)
        if stop is None and following is not None:
            stop = following.start()
        pieces.append(text[place:stop].encode())
        place = stop or len(text)


def _past_commas(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


def end(text: str, place: int, limit: int) -> int | None:
    """Where the entry that begins here ends, or None when its brackets do not close in time."""
    if text[place] == "]":  # too many are closed
        return None
    if text[place] not in "[{":
        entry = _ENTRY.match(text, place, limit)
        return entry.end() if entry else None
    depth = 0
    for token in _BRACKET.finditer(text, place, limit):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def _last(text: str, place: int, pieces: list[Raw], before: str, pointer: Names) -> Split:
    """The last release does not close: the page is whole only if it still ends as a page does."""
    tail = _TAIL.search(text, place)
    if tail is None:
        raise ReadError("the page breaks off", raw=text[-KEPT:])
    link, why = _ending(before, text[tail.start() + 1 :], pointer)
    unsure = "the last release is broken, so it is unsure where the page ends"
    return Split([*pieces, text[place : tail.start()].encode()], link, True, why or unsure)


def _ending(before: str, after: str, pointer: Names) -> tuple[Any, str]:
    """The package's next link, and why the page's end is in doubt."""
    for package in (f"{before}[]{after}", "{" + after.strip().removeprefix(",")):
        try:
            return pointed(_TOLERANT.decode(package), pointer), ""
        except (ValueError, RecursionError):
            continue
    return None, "what follows the releases cannot be read"


def pointed(value: Any, pointer: Names) -> Any:
    """The value that a JSON pointer (RFC 6901) names, None where there is none."""
    for name in pointer:
        if type(value) is list and name.isdigit() and len(name) < 6:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = obj(value).get(name)
    return value


def no_package(text: str) -> str:
    """What came instead of a release package, for the operator."""
    head = text[:200].strip()
    if not head:
        return "the body is empty"
    if head.startswith("<"):
        return "a web page came instead of JSON"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "the body is not JSON"
    if isinstance(value, dict) and "releases" in value:
        return "`releases` is no list"
    said = f": {told[:200]}" if (told := _told(value)) else ""
    return f"no release package: {type(value).__name__} without `releases`{said}"


def _told(value: Any) -> str:
    """What an answer of another kind says of itself: an error that came with the status 200."""
    found = obj(value)
    said = (text(found.get(name)) or text(obj(found.get(name)).get("message")) for name in ERRORS)
    return next((words for words in said if words), "")
