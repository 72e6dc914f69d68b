"""What an HTTP answer amounts to: a bounded body, or an error and when to ask again. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urljoin

from bot import when
from bot.contract import Request
from bot.errors import FetchError
from bot.fetch.address import shown

AGAIN = frozenset({429, 500, 502, 503, 504})  # statuses that may pass within seconds
FIRST = 0.5  # seconds before the second attempt, doubled from one to the next
STEP = 2**18  # decoded bytes at a time, so that a bomb is seen before it is unpacked

NOTHING: Mapping[str, str] = MappingProxyType({})


# ---------------------------------------------------------------- when to ask again


def asked(
    status: int | None, headers: Mapping[str, str], cooldown: Mapping[int, float]
) -> float | None:
    """Seconds of silence that an answer asks for, None where it does not.

    Retry-After comes first, at most a day of it, then the source's own `cooldown`.
    """
    wait = when.pause(headers.get("retry-after", ""), headers.get("date", ""))
    if wait is not None:
        return wait
    return cooldown.get(status) if status is not None else None


def pause_for(
    status: int | None, headers: Mapping[str, str], cooldown: Mapping[int, float], attempt: int
) -> float:
    """Seconds to wait after the failed `attempt` (from 1): what was asked, else 0.5, 1, 2, 4 …"""
    wanted = asked(status, headers, cooldown)
    return FIRST * 2 ** (attempt - 1) if wanted is None else wanted


class Passing(FetchError):
    """A failure that another attempt within this fetch may mend."""

    def __init__(
        self,
        why: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> None:
        super().__init__(why, status=status, retry_after=retry_after)
        self.headers = headers


# ---------------------------------------------------------------- one answer


class Body:
    """The bytes of one answer, taken out of at most one layer of gzip or deflate, up to a limit.

    FetchError names `where` and the limit in bytes, which holds for the bytes sent as well.
    """

    def __init__(self, where: str, coding: str, limit: int) -> None:
        self._where = where
        self._coding = coding.strip().lower()
        if self._coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FetchError(
                f"{where}: the answer is coded as {self._coding[:40]!r}, which is not read"
            )
        self._limit = limit
        self._sent = 0
        self._size = 0
        self._pieces: list[bytes] = []
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came."""
        self._sent += len(data)
        if self._coding in ("", "identity"):
            self._keep(data)
            return
        if self._sent > self._limit:
            raise self._too_big()
        try:
            while data:
                if self._stream is None or self._stream.eof:
                    self._stream = self._member(data)
                self._keep(self._stream.decompress(data, STEP))
                data = self._stream.unconsumed_tail or self._stream.unused_data
        except zlib.error:
            raise FetchError(
                f"{self._where}: the answer is not {self._coding} as it says"
            ) from None

    def close(self) -> bytes:
        """The whole body; FetchError where the coding had not come to its end."""
        if self._stream is not None:
            self._keep(self._stream.flush())  # a few hundred bytes at most
            if not self._stream.eof:
                raise Passing(f"{self._where}: the answer was cut short")
        return b"".join(self._pieces)

    def _member(self, data: bytes) -> zlib._Decompress:
        # RFC 1952 lets gzip members follow one another, so each gets a decompressor of its own.
        if self._coding != "deflate":
            return zlib.decompressobj(31)
        # Some servers call the bare stream deflate, without the head of RFC 1950.
        return zlib.decompressobj(15 if data[0] & 0x8F == 8 else -15)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise self._too_big()
        self._pieces.append(piece)

    def _too_big(self) -> FetchError:
        self._pieces.clear()
        return FetchError(
            f"{self._where}: the answer is larger than the limit of {self._limit} bytes"
        )


def refusal(
    request: Request, status: int, headers: Mapping[str, str], cooldown: Mapping[int, float]
) -> FetchError:
    """The error for a status that brings no page."""
    why = f"{shown(request.url)}: answered {status}"
    wait = asked(status, headers, cooldown)
    if 300 <= status < 400 and "location" in headers:
        try:
            target = shown(urljoin(request.url, headers["location"]))
        except ValueError:
            target = "(an unreadable address)"
        why = f"{why}, moved to {target} (not followed: write the new address in the config)"
    if wait is not None:
        why = f"{why}, to be asked again in {wait:g} s"
    if status in AGAIN or status in cooldown:
        return Passing(why, status=status, retry_after=wait, headers=headers)
    return FetchError(why, status=status, retry_after=wait)
