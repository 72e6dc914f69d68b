"""JSON taken apart without being decoded, also where something in it is no JSON. Pure."""

from __future__ import annotations

import re

import msgspec

from bot.errors import ReadError
from watchers import _json
from watchers._json import BROKEN, SIMPLE, Raw, Split

Members = dict[str, msgspec.Raw]
_MEMBERS = msgspec.json.Decoder(Members)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])

_FIRST = re.compile(rb"\s*(.?)", re.DOTALL)
_KEY = re.compile(rf"\s*({_json.STRING})\s*:\s*", re.DOTALL)
_SCALAR = re.compile(rf'{_json.STRING}|[^,"\[\]{{}}]++', re.DOTALL)
_AFTER = re.compile(r"\s*(?:,|(\}\s*\Z))")
# Where a record or a package begins in an array; the releases inside of it begin otherwise.
_HOLDER = rf'\{{\s*{SIMPLE}"(?:releases|records|compiledRelease|versionedRelease)"\s*:'
NEXT_HOLDER = re.compile(rf",\s*(?={_HOLDER})")
_HOLDERS = re.compile(rf"\[\s*{_HOLDER}")


def first(raw: Raw) -> bytes:
    """The first byte that is no blank: what kind of value it is."""
    found = _FIRST.match(raw)
    return found[1] if found else b""


def elements(raw: Raw) -> list[Raw]:
    """The entries of an array, undecoded; of one with something broken in it, by their brackets."""
    try:
        return list(_LIST.decode(raw))
    except BROKEN:
        return entries(bytes(raw).decode("utf-8", "replace")).pieces


def entries(text: str) -> Split:
    """The entries of an array that is no JSON. ReadError where it breaks off."""
    begin = NEXT_HOLDER if _HOLDERS.match(text) else _json.BEGIN
    return _json.scan(f'{{"releases":{text}}}', begin=begin)


def members(raw: Raw) -> Members:
    """The members of an object, undecoded; of one with something broken in it, by its brackets."""
    if first(raw) != b"{":
        raise ReadError(f"no release but {_json.shown(raw)[:40]}")
    try:
        return _MEMBERS.decode(raw)
    except BROKEN:
        return by_brackets(bytes(raw).decode("utf-8", "replace").strip())


def by_brackets(text: str) -> Members:
    """The members of an object that is no JSON. ReadError where its brackets do not close."""
    found: Members = {}
    place = 1
    while key := _KEY.match(text, place):
        begin = key.end()
        if text[begin : begin + 1] in ("[", "{"):
            stop = _json.end(text, begin, len(text))
        else:
            scalar = _SCALAR.match(text, begin)
            stop = scalar.end() if scalar else None
        after = _AFTER.match(text, stop) if stop else None
        if after is None:
            break
        found[key[1][1:-1]] = msgspec.Raw(text[begin:stop].encode())
        if after[1]:
            return found
        place = after.end()
    raise ReadError("its brackets do not close", raw=text[: _json.KEPT])
