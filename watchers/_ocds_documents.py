"""What an OCDS publisher serves, as raw releases: archives, packages, lists, lines. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from bot.contract import Fault
from bot.errors import ReadError
from watchers import _json
from watchers._json import BROKEN, SIMPLE, Names, Raw, Split
from watchers._json_parts import NEXT_HOLDER, Members, by_brackets, entries, first
from watchers._ocds_shapes import Gathered, Shape, listed, no_package, packaged, record_of, walk
from watchers._unpack import Member, unpack

_MEMBERS = msgspec.json.Decoder(Members)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LINE = msgspec.json.Decoder(msgspec.Raw)

_HEAD = re.compile(r'"(?:releases|records)"\s*:\s*\[')
# Where the next of several documents begins, with nothing but blanks before it.
_NEXT_DOCUMENT = re.compile(
    rf'(?<=\}})\s*(?=\{{\s*{SIMPLE}"(?:ocid|tag|releases|records|uri|version|publishedDate)"\s*:)'
)


# Documents in one body: a month of a large country is a third of it.
_MOST = 100_000


def split(body: bytes, shape: Shape) -> Split:
    """The raw releases of a body, in its order, out of its archive.

    ReadError where it holds none in a known shape or breaks off: that is never "no news".
    """
    members = unpack(body)
    if members is None:
        return _document(body, shape)
    if len(members) == 1 and not members[0].why:
        return _document(members[0].data, shape)
    parts, whys = [], []
    for member in members:
        try:
            parts.append(_file(member, shape))
        except ReadError as error:
            whys.append(f"{member.name[:120]}: {error}")
            parts.append(Split([], faults=(_aside(member, whys[-1]),)))
    if whys and len(whys) == len(parts):
        raise ReadError(whys[0])
    return _merged(parts)


def _file(member: Member, shape: Shape) -> Split:
    """One file of an archive, a document of its own: its next link leads out of it."""
    if member.why:
        raise ReadError(member.why)
    return replace(_document(member.data, shape), next=None)


def _aside(member: Member, why: str) -> Fault:
    id = hashlib.sha256(member.name.encode("utf-8", "replace") + member.data).hexdigest()[:16]
    return Fault(id, why, _json.shown(member.data))


def _merged(parts: Iterable[Split]) -> Split:
    """Several documents as one; the last link that any of them states leads on."""
    held = list(parts)
    return Split(
        [piece for part in held for piece in part.pieces],
        next((part.next for part in reversed(held) if part.next), None),
        any(part.doubtful for part in held),
        "; ".join(dict.fromkeys(part.why for part in held if part.why)),
        tuple(fault for part in held for fault in part.faults),
    )


# ---------------------------------------------------------------- one document


def _document(data: bytes, shape: Shape, *, alone: bool = False) -> Split:
    """One document, or several where it is not known to stand `alone`."""
    try:
        return _strict(data, shape)
    except BROKEN:
        pass
    data = _json.clean(data)
    try:
        return _strict(data, shape)
    except BROKEN:
        return _loose(data.decode("utf-8", "replace").strip(), shape, alone)


def _strict(data: bytes, shape: Shape) -> Split:
    """Read as well-formed JSON, or as lines of it; a msgspec error where it is not."""
    if first(data) == b"[":
        return listed(_LIST.decode(data), shape)
    try:
        members = _MEMBERS.decode(data)
    except BROKEN:
        lines = _LINE.decode_lines(data)
        if len(lines) < 2 or any(first(line) != b"{" for line in lines):
            raise
        return _sequence(lines, shape)
    gathered = Gathered()
    packaged(data, members, shape, gathered)
    return gathered.split(_link(members, shape.next))


def _loose(text: str, shape: Shape, alone: bool) -> Split:
    """Something in it is no JSON: its entries are told apart by their brackets."""
    if text.startswith("["):
        found = entries(text)
        return _doubtful(listed(found.pieces, shape), found.why)
    if not text.startswith("{"):
        raise no_package(text.encode())
    try:
        members = by_brackets(text)
    except ReadError:
        return _torn(text, shape, alone)
    gathered = Gathered()
    packaged(text.encode(), members, shape, gathered)
    return gathered.split(_link(members, shape.next), doubtful=True)


def _torn(text: str, shape: Shape, alone: bool) -> Split:
    """Brackets do not close where they should, or documents follow one another."""
    if not alone and _several(text):
        found = _json.scan(f'{{"releases":[{text}]}}', begin=_NEXT_DOCUMENT)
        return _doubtful(_sequence(found.pieces, shape), found.why)
    head, rest = _array(text, shape.releases)
    if head is None:
        raise no_package(text.encode())
    found = _json.scan(text, head, NEXT_HOLDER if rest else _json.BEGIN, shape.next)
    gathered = Gathered()
    for piece in found.pieces:
        if not rest:
            gathered.pieces.append(piece)
        elif shape.releases:
            walk(piece, rest, gathered)
        else:
            record_of(piece, gathered)
    return gathered.split(found.next, doubtful=True, why=found.why)


def _doubtful(found: Split, why: str) -> Split:
    return replace(found, doubtful=True, why=found.why or why)


def _several(text: str) -> bool:
    """Whether documents follow one another, with line breaks between them or without."""
    stop = _json.end(text, 0, len(text))
    if stop is not None and text[stop:].lstrip().startswith("{"):
        return True
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return len(lines) > 1 and all(line[0] == "{" and line[-1] != "," for line in lines)


def _sequence(pieces: Sequence[Raw], shape: Shape) -> Split:
    """Several documents; one that cannot be read costs itself alone, unless none can."""
    if len(pieces) > _MOST:
        raise ReadError(f"more than {_MOST:,} documents in one body")
    parts: list[Split] = []
    errors: list[ReadError] = []
    for piece in pieces:
        try:
            parts.append(_document(bytes(piece), shape, alone=True))
        except ReadError as error:
            errors.append(error)
            parts.append(Split([piece], doubtful=True))
    if len(errors) == len(parts):
        raise errors[0]
    return _merged(parts)


def _array(text: str, names: Names | None) -> tuple[re.Pattern[str] | None, Names]:
    """The array of a damaged package, and the way to the release from each of its entries."""
    if names is None:
        found = _HEAD.search(text)
        rest: Names = ("releases",) if found and found[0].startswith('"records"') else ()
        return (re.compile(re.escape(found[0])) if found else None), rest
    for place, name in enumerate(names):
        head = re.compile(rf'"{re.escape(name)}"\s*:\s*\[')
        if head.search(text):
            return head, names[place + 1 :]
    return None, ()


def _link(members: Members, pointer: Names) -> Any:
    if pointer[0] not in members:
        return None
    try:
        value, _ = _json.decode(members[pointer[0]])
    except ReadError:
        return None
    return _json.pointed(value, pointer[1:])
