"""The releases of whatever OCDS publishes them in: a package, records, or one alone. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.errors import ReadError
from watchers import _json
from watchers._take import Json, obj, rows, text

# Members of a package beside its releases; some publishers leave an empty `releases` out.
_ENVELOPE = frozenset({"uri", "version", "publishedDate", "publisher", "license"})
_WITHOUT = "without `releases`"

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(body: bytes) -> _json.Split:
    """The raw releases of a release package, a record package, or a lone (compiled) release.

    A package without the member `releases` is an empty one. ReadError for anything else, an empty
    body and an error page among it: that is never "no news".
    """
    try:
        members = _members(body)
    except ReadError:
        return _json.split(body)  # something in it is broken: its own reader says what can be read
    if "releases" in members:
        return _json.split(body)
    if "records" in members:
        return _json.Split(_of_records(members["records"]))
    if "ocid" in members:
        return _json.Split([msgspec.json.encode(members)])
    if _ENVELOPE.isdisjoint(members):
        raise ReadError(f"no release package: an object {_WITHOUT}", raw=_json.shown(body))
    return _json.Split([])


def _members(body: bytes) -> dict[str, Any]:
    try:
        return _MEMBERS.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        value, _ = _json.decode(body)
    if type(value) is not dict:
        raise ReadError("no object")
    return value


def _of_records(stated: Any) -> list[_json.Raw]:
    """Each record's own releases where it holds them, else their compiled release.

    A record may only link to its releases: such an entry has a `url` and no `ocid`.
    """
    value, _ = _json.decode(stated) if isinstance(stated, msgspec.Raw) else (stated, [])
    if type(value) is not list:
        raise ReadError("`records` is no list", raw=_json.shown(msgspec.json.encode(value)))
    found: list[Json] = []
    for record in rows(value):
        held = [one for one in rows(record.get("releases")) if text(one.get("ocid"))]
        found += held or [
            compiled for compiled in (obj(record.get("compiledRelease")),) if compiled
        ]
    return [msgspec.json.encode(one) for one in found]
