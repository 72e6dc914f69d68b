"""Releases that are compiled anew under one id, or state their texts in several languages. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bot import when
from bot.errors import ReadError
from watchers import _json
from watchers._ocds import notice_id, record_id
from watchers._ocds_kind import COMPILED, digest, stand_in
from watchers._take import Json, obj, text, texts


class _Head(msgspec.Struct):
    ocid: Any = None
    id: Any = None
    tag: Any = None
    date: Any = None


_HEADS = msgspec.json.Decoder(_Head)


def version(piece: _json.Raw) -> tuple[str, str]:
    """Ocid and id; of a compiled release, whose id may stay while it changes, the id with its date.

    An id that is the ocid tells nothing apart either. Where there is no date, a hash stands in.
    ReadError where there is no ocid.
    """
    head = _head(piece)
    record, id, date = record_id(text(head.ocid)), notice_id(text(head.id)), text(head.date)
    compiled = COMPILED in texts(head.tag)
    if id and id != record and not compiled:
        return record, id
    if date and (id or compiled):
        return record, id if date in id else notice_id(f"{id or record}-{date}")
    value, _ = _json.decode(piece)
    return record, notice_id(f"{id}-{digest(obj(value))}") if id else stand_in(obj(value))


def released(piece: _json.Raw, zone: ZoneInfo) -> datetime | None:
    """The date of a release (UTC; one without an offset is local), None where none can be read."""
    try:
        return when.instant(text(_head(piece).date), zone, end=False)[0]
    except (ReadError, ValueError):
        return None


def translate(release: Json, language: str) -> None:
    """`title_en` stands in for `title`: OCDS names the language variants of a text so.

    https://standard.open-contracting.org/1.1/en/schema/reference/#language
    """
    suffix = f"_{language}"
    left: list[Any] = [release]
    while left:
        value = left.pop()
        if type(value) is list:
            left += value
        elif type(value) is dict:
            for name in [name for name in value if name.endswith(suffix)]:
                if said := text(value[name]):
                    value[name.removesuffix(suffix)] = said
            left += value.values()


def _head(piece: _json.Raw) -> _Head:
    try:
        return _HEADS.decode(piece)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        value, _ = _json.decode(piece)
    if type(value) is not dict:
        raise ReadError(f"no release but {type(value).__name__}")
    return _Head(*(value.get(name) for name in ("ocid", "id", "tag", "date")))
