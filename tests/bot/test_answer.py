"""When to ask again, and how a body is unpacked within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.fetch.answer import STEP, Body, asked, pause_for

NOON = "Tue, 12 May 2026 12:00:00 GMT"
LONGEST = 86_400.0  # seconds; a Retry-After beyond a day is read as a day
COOLDOWN = {403: 300.0, 429: 120.0}


def after(text: str, date: str = NOON) -> dict[str, str]:
    return {"retry-after": text, "date": date}


@pytest.mark.parametrize(
    ("status", "headers", "attempt", "seconds"),
    [
        (503, {}, 1, 0.5),
        (503, {}, 2, 1.0),
        (503, {}, 5, 8.0),
        (None, {}, 1, 0.5),
        (403, {}, 1, 300.0),
        (403, {}, 3, 300.0),
        (429, {}, 1, 120.0),
        (429, {"retry-after": "11"}, 1, 11.0),
        (503, {"retry-after": " 11 "}, 2, 11.0),
        (503, {"retry-after": "1.5"}, 1, 1.5),
        (503, {"retry-after": "0"}, 1, 0.0),
        (403, {"retry-after": "7"}, 1, 7.0),
        (503, {"retry-after": "1000000000"}, 1, LONGEST),
        (503, {"retry-after": "9" * 9000}, 1, LONGEST),
        (503, after("Tue, 12 May 2026 12:02:00 GMT"), 1, 120.0),
        (503, after("Tuesday, 12-May-26 12:02:00 GMT"), 1, 120.0),
        (503, after("Tue May 12 12:02:00 2026"), 1, 120.0),
        (503, after("Tue, 12 May 2026 13:02:00 +0100"), 1, 120.0),
        (503, after("Tue, 12 May 2026 11:00:00 GMT"), 1, 0.0),
        (503, after("Tue, 12 May 2099 12:00:00 GMT"), 1, LONGEST),
        # No clock of ours counts: a date without the answer's own date says nothing.
        (503, {"retry-after": NOON}, 1, 0.5),
        (403, {"retry-after": NOON, "date": "soon"}, 1, 300.0),
        (503, {"retry-after": "-5"}, 1, 0.5),
        (503, {"retry-after": "+5"}, 1, 0.5),
        (503, {"retry-after": "5s"}, 1, 0.5),
        (503, {"retry-after": "5, 5"}, 1, 0.5),
        (503, {"retry-after": "1e3"}, 1, 0.5),
        (503, {"retry-after": "٣"}, 1, 0.5),
        (503, {"retry-after": "NaN"}, 1, 0.5),
        (503, after("Tue, 99 May 2026 12:00:00 GMT"), 1, 0.5),
        (503, after(""), 1, 0.5),
    ],
)
def test_the_pause_after_a_failure(
    status: int | None, headers: dict[str, str], attempt: int, seconds: float
) -> None:
    assert pause_for(status, headers, COOLDOWN, attempt) == seconds


def test_nothing_asked_is_none_not_a_pause_of_ours() -> None:
    assert asked(503, {}, COOLDOWN) is None
    assert asked(None, {}, COOLDOWN) is None
    assert asked(403, {}, COOLDOWN) == 300.0


@given(st.integers(0, 10**7))
def test_seconds_are_obeyed_up_to_a_day(seconds: int) -> None:
    assert asked(429, {"retry-after": str(seconds)}, {}) == min(seconds, LONGEST)


@given(st.integers(10**6, 4 * 10**9), st.integers(-(10**5), 2 * 10**5))
def test_a_date_is_measured_from_the_answers_own(now: int, ahead: int) -> None:
    date, until = (
        format_datetime(datetime.fromtimestamp(t, UTC), True) for t in (now, now + ahead)
    )
    assert asked(429, after(until, date), {}) == min(max(ahead, 0), LONGEST)


@given(st.text(max_size=40), st.text(max_size=40))
@example("Tue, 12 May 9999 23:59:59 -2359", NOON)
@example("Tue, 01 Jan 0001 00:00:00 +2359", NOON)
@example("12 May 2026 12:00:00 +99999999999999", NOON)
def test_any_header_gives_a_bounded_wait_or_none(text: str, date: str) -> None:
    wait = asked(503, after(text, date), {})
    assert wait is None or 0.0 <= wait <= LONGEST


# ---------------------------------------------------------------- bodies


def unpack(coding: str, data: bytes, cuts: list[int], limit: int = 2**22) -> bytes:
    body = Body("https://www.example.org/x", coding, limit)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        body.feed(data[start:end])
    return body.close()


def deflate(data: bytes) -> bytes:
    return zlib.compress(data)


def bare(data: bytes) -> bytes:
    # At this level zlib holds back output after the last input byte, for some lengths.
    packer = zlib.compressobj(1, wbits=-15)
    return packer.compress(data) + packer.flush()


def two(data: bytes) -> bytes:
    return gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])


Pack = Callable[[bytes], bytes]
PACKED: list[tuple[str, Pack]] = [
    ("", bytes),
    ("gzip", gzip.compress),
    ("gzip", two),
    ("deflate", deflate),
    ("deflate", bare),
]
SIZES = st.sampled_from([0, 1, 257, STEP - 1, STEP, STEP + 1, STEP + 100, 2 * STEP, 2 * STEP + 259])


@pytest.mark.parametrize(("coding", "pack"), PACKED)
@given(
    data=st.binary(max_size=300) | st.builds(lambda n: b"\0" * n, SIZES),
    cuts=st.lists(st.integers(0, 2**20), max_size=6),
)
def test_a_body_is_the_same_however_it_arrives(
    coding: str, pack: Pack, data: bytes, cuts: list[int]
) -> None:
    assert unpack(coding, pack(data), cuts) == data


@pytest.mark.parametrize(("coding", "pack"), PACKED[1:])
@given(data=st.binary(max_size=300), cut=st.integers(1, 2**20))
def test_a_coded_body_that_ends_early_is_never_a_body(
    coding: str, pack: Pack, data: bytes, cut: int
) -> None:
    whole = pack(data)
    kept = whole[: 1 + cut % (len(whole) - 1)]
    if kept != gzip.compress(data[: len(data) // 2]):  # all of the first member is whole in itself
        with pytest.raises(FetchError, match="cut short"):
            unpack(coding, kept, [])


@pytest.mark.parametrize(("coding", "pack"), PACKED)
@given(over=st.integers(-2, 2))
def test_the_limit_counts_decoded_bytes(coding: str, pack: Pack, over: int) -> None:
    data = bytes(STEP + 300 + over)
    if over <= 0:
        assert unpack(coding, pack(data), [], STEP + 300) == data
    else:
        with pytest.raises(FetchError, match="limit of 262444 bytes"):
            unpack(coding, pack(data), [], STEP + 300)


@given(st.binary(min_size=1, max_size=60), st.sampled_from(["gzip", "deflate"]))
def test_hostile_bytes_are_a_body_or_an_error(data: bytes, coding: str) -> None:
    try:
        found = unpack(coding, data, [3])
    except FetchError as error:
        assert "cut short" in str(error) or "as it says" in str(error)
    else:
        assert len(found) < 2**17
