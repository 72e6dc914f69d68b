"""Files read in place of a source's pages: which are new, and what is in them. Touches the disk."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from bot.contract import Fault, Request, Response
from bot.errors import FetchError, ReadError
from bot.store import process
from bot.store.engine import reading

LIMIT = 64 * 2**20  # bytes
# A file that was changed so lately may still be written.
SETTLED = timedelta(seconds=2)
KEPT = 64 * 1024  # characters of what could not be read
_WILD = frozenset("*?[")
# Not through a link that somebody puts there meanwhile, and not waiting for a pipe's other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it stands in the folder; `why` it must not be opened, empty if it may be."""

    name: str  # below the folder
    path: Path  # with no link in it
    stamp: str
    changed: int  # nanoseconds since 1970
    why: str = ""


Known = tuple[str, str]  # stamp and digest, as remembered
Verdict = Literal["known", "unsettled", "compare", "read"]


def verdict(entry: Entry, known: Known | None, now: int) -> Verdict:
    """What is to be done with a file at `now` (nanoseconds since 1970).

    One that was touched is compared by its digest: a copy of the same is nothing new. A time of
    change far ahead comes from a clock that was wrong, and does not hide the file.
    """
    if known and known[0] == entry.stamp:
        return "known"
    if not entry.why and abs(now - entry.changed) < SETTLED.total_seconds() * 10**9:
        return "unsettled"
    return "compare" if known and known[1] and not entry.why else "read"


def parted(pattern: Path) -> tuple[Path, str]:
    """The folder that a glob begins in, and the rest of it: `drop`, `*/*.json`."""
    parts = pattern.parts
    wild = next((at for at, part in enumerate(parts) if _WILD & set(part)), len(parts))
    if wild == len(parts):
        return pattern.parent, escape(pattern.name)
    return Path(*parts[:wild]), str(Path(*parts[wild:]))


class Unsettled(FetchError):
    """The file was changed while it was read: it is left for the next poll."""


class Files:
    """Stands where a Fetcher does: what is new in a folder, and what is in it.

    Nothing is ever moved or deleted. `now` is real time, for times of change are.
    """

    def __init__(self, engine: Engine, source: str, pattern: Path, now: datetime) -> None:
        self._engine = engine
        self._source = source
        self._folder, self._rest = parted(pattern.absolute())
        self._now = now
        self._entries: dict[str, Entry] = {}  # by the request's URL
        self._digests: dict[str, str] = {}
        self.unsettled: list[str] = []  # names of files that may still be written

    def requests(self) -> list[Request]:
        """A request for each file that is new or was changed, in the order of names.

        FetchError when the folder cannot be read.
        """
        with reading(self._engine) as connection:
            held = process.files(connection, self._source)
        now = int(self._now.timestamp() * 10**9)
        for entry in self._scan():
            match verdict(entry, held.get(entry.name), now):
                case "unsettled":
                    self.unsettled.append(entry.name)
                case "compare":
                    self._compare(entry, held[entry.name][1])
                case "read":
                    self._entries[(self._folder / entry.name).as_uri()] = entry
        return [Request(url) for url in self._entries]

    def named(self, request: Request) -> str:
        """The name of the file of a request."""
        return self._entries[request.url].name

    def get(self, request: Request) -> Response:
        """What is in a file; FetchError when it cannot be had."""
        entry = self._entries[request.url]
        if entry.why:
            raise FetchError(entry.why)
        body = _body(entry)
        self._digests[request.url] = hashlib.sha256(body).hexdigest()
        return Response(request, 200, {}, body)

    def read(self, request: Request) -> None:
        """The file is read and what it brought is committed: until it changes it is known."""
        with self._engine.begin() as connection:
            entry, digest = self._entries[request.url], self._digests[request.url]
            process.remember_file(
                connection, self._source, entry.name, entry.stamp, digest, self._now
            )

    def refuse(self, request: Request, error: FetchError | ReadError) -> tuple[str, int]:
        """What to tell of a file that could not be read, and whether it is newly set aside (1).

        It is told once: until it changes, it is not opened again.
        """
        entry, digest = self._entries[request.url], self._digests.get(request.url, "")
        if isinstance(error, Unsettled):
            self.unsettled.append(entry.name)
            return "", 0
        raw = getattr(error, "raw", "")[:KEPT]
        fault = Fault(f"{entry.name} {digest[:16] or entry.stamp}", str(error), raw)
        with self._engine.begin() as connection:
            process.remember_file(
                connection, self._source, entry.name, entry.stamp, digest, self._now
            )
            aside = process.set_aside(connection, self._source, [fault], self._now)
        return f"{entry.name}: {error}", aside

    def _compare(self, entry: Entry, digest: str) -> None:
        """A file that was only touched, or copied anew, is known under its new stamp."""
        try:
            same = hashlib.sha256(_body(entry)).hexdigest() == digest
        except FetchError:
            same = False  # reading it will say why
        if not same:
            self._entries[(self._folder / entry.name).as_uri()] = entry
            return
        with self._engine.begin() as connection:
            process.remember_file(
                connection, self._source, entry.name, entry.stamp, digest, self._now
            )

    # ------------------------------------------------------------ the folder

    def _scan(self) -> list[Entry]:
        if not os.access(self._folder, os.R_OK | os.X_OK) or not self._folder.is_dir():
            raise FetchError(f"the folder {_shown(self._folder)} is not there, or not readable")
        inside = self._folder.resolve()
        found: dict[str, Entry] = {}
        for path in self._folder.glob(self._rest):
            below = path.relative_to(self._folder)
            # Programs that write a file beside its place begin its name with a dot.
            if any(part.startswith(".") for part in below.parts):
                continue
            if entry := _entry(path, below, inside):
                found[entry.name] = entry
        return [found[name] for name in sorted(found)]


def _entry(path: Path, below: Path, inside: Path) -> Entry | None:
    """None for a folder, and for what was gone before it was looked at."""
    name = _shown(below)
    try:
        real = path.resolve()
        if not real.is_relative_to(inside):
            own = path.lstat()
            return _refused(name, path, own, "leads out of the folder by a link")
        held = real.stat()
    except (OSError, RuntimeError):  # a link that leads nowhere, or in a circle
        return None
    if stat.S_ISDIR(held.st_mode):
        return None
    if not stat.S_ISREG(held.st_mode):
        return _refused(name, real, held, "is no plain file")
    if held.st_size > LIMIT:
        return _refused(name, real, held, _too_large(held.st_size))
    if not os.access(real, os.R_OK):
        return _refused(name, real, held, "may not be read by this user")
    return Entry(name, real, _stamp(held), held.st_mtime_ns)


def _refused(name: str, path: Path, held: os.stat_result, why: str) -> Entry:
    # The reason is part of the stamp: a file that may be read by now is another one.
    return Entry(name, path, f"{_stamp(held)} {why}", held.st_mtime_ns, why)


def _stamp(held: os.stat_result) -> str:
    return f"{held.st_size} {held.st_mtime_ns}"


def _too_large(size: int) -> str:
    return f"has {size:,} bytes, more than the limit of {LIMIT:,}"


def _body(entry: Entry) -> bytes:
    """FetchError when the file is gone, or is another one than was looked at."""
    try:
        with os.fdopen(os.open(entry.path, _FLAGS), "rb") as opened:
            before = os.fstat(opened.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise FetchError("is no plain file")
            body = opened.read(LIMIT + 1)
            after = os.fstat(opened.fileno())
    except FileNotFoundError:
        raise Unsettled("is gone") from None
    except OSError as error:
        raise FetchError(f"cannot be opened: {error.strerror}") from None
    if len(body) > LIMIT:
        raise FetchError(_too_large(len(body)))
    if not (_stamp(before) == _stamp(after) == entry.stamp):
        raise Unsettled("was changed while it was read")
    return body


def _shown(path: Path) -> str:
    """A name as it can be stored and told: bytes that are no UTF-8 are written out."""
    text = os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
