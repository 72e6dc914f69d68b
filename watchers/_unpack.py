"""A body out of its gzip or ZIP, within bounds: an archive may be built to exhaust. Pure."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from bot.errors import ReadError

LIMIT = 64 * 2**20  # bytes unpacked, in all
MEMBERS = 10_000
DIRECTORY = 4 * 2**20  # bytes of a ZIP's list of members, which is held in memory as objects
RATIO = 250  # JSON shrinks to a fiftieth at most; a bomb to a thousandth
SMALL = 2**20  # bytes unpacked below which no ratio does harm

_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_ARCHIVES = (_GZIP, _ZIP, _EMPTY_ZIP)
_JSON = ("json", "jsonl", "ndjson", "txt")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its bytes, or why it could not be unpacked."""

    name: str
    data: bytes
    why: str = ""


def unpack(body: bytes) -> list[Member] | None:
    """The JSON files of an archive in its own order, None where the body is none.

    ReadError for an archive that breaks off, is too large or holds another one in place of JSON.
    """
    if body.startswith(_GZIP):
        data = _gunzip(body)
        if data.startswith(_ARCHIVES):
            raise ReadError("the gzip holds another archive, which is not opened")
        return [Member("", data)]
    if body.startswith((_ZIP, _EMPTY_ZIP)):
        return _unzip(body)
    return None


def _gunzip(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as opened:
            data = opened.read(LIMIT + 1)
    except EOFError:
        raise ReadError("the gzip breaks off") from None
    except (OSError, zlib.error) as error:
        raise ReadError(f"the gzip is damaged: {error}") from None
    _bounded(len(data), len(body))
    return data


def _unzip(body: bytes) -> list[Member]:
    _modest(body)
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            held = archive.infolist()
            if len(held) > MEMBERS:
                raise ReadError(f"the ZIP holds more than {MEMBERS:,} files")
            wanted = [info for info in held if _is_json(info)]
            if held and not wanted:
                raise ReadError("the ZIP holds no JSON file")
            found, size = [], 0
            for info in wanted:
                found.append(_member(archive, info, LIMIT - size))
                size += len(found[-1].data)
            return found
    except _BROKEN as error:
        raise ReadError(f"the ZIP is damaged: {error}") from None


def _modest(body: bytes) -> None:
    """Refuse a list of members that is large before it is read: zipfile holds all of it."""
    end = body.rfind(_EMPTY_ZIP, -(22 + 2**16))
    if end < 0 or len(body) < end + 22:
        raise ReadError("the ZIP breaks off")
    if body[end - 20 : end - 16] == b"PK\x06\x07":
        raise ReadError("the ZIP is of the kind for more than 4 GB, which is not opened")
    if int.from_bytes(body[end + 12 : end + 16], "little") > DIRECTORY:
        raise ReadError(f"the ZIP holds more than {MEMBERS:,} files")


def _is_json(info: zipfile.ZipInfo) -> bool:
    """A file of releases by its name; what a Mac or a packer puts beside them is none."""
    folder, _, name = info.filename.rpartition("/")
    if info.is_dir() or name.startswith(".") or "__MACOSX" in folder:
        return False
    _, dot, kind = name.rpartition(".")
    return not dot or kind.lower() in _JSON


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> Member:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Member(info.filename, b"", f"it is packed by method {info.compress_type}")
    try:
        with archive.open(info) as opened:
            data = opened.read(left + 1)
    except _BROKEN as error:
        return Member(info.filename, b"", f"it cannot be unpacked: {error}")
    _bounded(len(data), info.compress_size, left)
    if data.startswith(_ARCHIVES):
        return Member(info.filename, b"", "it is another archive, which is not opened")
    return Member(info.filename, data)


def _bounded(size: int, packed: int, left: int = LIMIT) -> None:
    if size > left:
        raise ReadError(f"the archive unpacks to more than {LIMIT >> 20} MB")
    if size > SMALL and size > RATIO * packed:
        raise ReadError(f"the archive unpacks to more than {RATIO} times its size: a bomb")
