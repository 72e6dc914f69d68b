"""Polling a source that fails in part, answers conditionally, or refuses a page of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar

import pytest
from pydantic import BaseModel

from bot.ask import WHOLE
from bot.contract import Found, Page, Request, Response
from bot.cycle import poll
from bot.errors import ReadError
from bot.loop import clock
from bot.parts import Part
from bot.plan import Planner
from bot.poll import LEASE, Poll
from bot.receipt import PollReceipt
from bot.setup import Setup
from bot.store import asked, deliveries, duty
from bot.store.engine import reading
from tests import make
from tests.benchmarks import rigs
from tests.servers import Answer, Site, Wire, reply

NOW = make.NOW
DAY = timedelta(days=1)


class Leaflet(BaseModel, frozen=True):
    """A source in pieces: each is a JSON list of numbers of notices, and may lead to more."""

    base: str
    parts: tuple[str, ...] = ()
    conditional: bool = False

    every: ClassVar[timedelta] = timedelta(minutes=15)
    pause: ClassVar[float] = 0.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 600}
    overlap: ClassVar[timedelta] = timedelta(0)

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        for part in self.parts or ("",):
            yield Request(
                f"{self.base}/{part or 'all'}", window=(since, now), part=part,
                conditional=self.conditional,
            )  # fmt: skip

    def read(self, response: Response, since: datetime) -> Page:
        try:
            told = json.loads(response.body)
        except ValueError:
            raise ReadError("not JSON") from None
        if isinstance(told, list):
            return Page(tuple(found(number, since) for number in told))
        follow = (
            Request(f"{self.base}/{n}", notice=(f"r{n}", f"n{n}"), instead=found(n, since, "short"))
            for n in told["see"]
        )
        return Page(follow=tuple(follow))


def found(number: int, at: datetime, title: str = "Supported living") -> Found:
    """A notice whose day of publication is the digit before its last: 23 is of the third day."""
    published = make.NOW + (number // 10) * DAY
    notice = make.notice(
        record=f"r{number}", id=f"n{number}", published=published, title=title,
        deadlines=(make.deadline(when="2026-12-01T11:00"),),
    )  # fmt: skip
    return Found(notice.record, notice.id, lambda: notice)


@dataclass(slots=True)
class Shelf:
    """A server that answers by path, and what it was asked."""

    pages: dict[str, Answer] = field(default_factory=dict)
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        self.site = Site([self._answer])

    def _answer(self, wire: Wire) -> bool | None:
        path = self.site.seen[-1].line.split()[1]
        return self.pages.get(path, reply(b"no such page", 404))(wire)

    def asked(self) -> list[str]:
        lines = [seen.line.split()[1] for seen in self.site.seen]
        self.site.seen.clear()
        return lines


@dataclass(slots=True)
class Desk:
    """The bot with one source."""

    setup: Setup

    def poll(self, now: datetime) -> PollReceipt:
        receipt = poll(self.setup, self.setup.config.sources["s"], now, clock=clock, force=True)
        assert receipt is not None
        return receipt

    def told(self) -> list[str | None]:
        with reading(self.setup.engine) as connection:
            return [e.notice for _, e in deliveries.rows(connection) if e.name != "started"]

    def titles(self) -> list[str | None]:
        with reading(self.setup.engine) as connection:
            rows = deliveries.rows(connection)
            return [e.record.facts.title for _, e in rows if e.record and e.name != "started"]

    def error(self) -> str:
        with reading(self.setup.engine) as connection:
            state = duty.source(connection, "s")
        assert state is not None
        return str(state.error)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    with made.site:
        yield made


@contextmanager
def desk(database: str, shelf: Shelf, **options: object) -> Iterator[Desk]:
    watcher = Leaflet(base=shelf.site.url, **options)  # type: ignore[arg-type]
    with rigs.opened(database, NOW, 0, {"s": watcher}) as setup:
        yield Desk(everything(setup))


def everything(setup: Setup) -> Setup:
    """With one subscription that hears of all."""
    planner = Planner([make.subscription()], {"screen": ("",)}, {})
    return replace(setup, planner=planner)


def body(*numbers: int) -> Answer:
    return reply(json.dumps(numbers).encode())


# ---------------------------------------------------------------- pieces that fail alone


def test_a_piece_that_fails_hides_no_other_and_is_owed(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf, parts=("a", "b", "c")) as bell:
        shelf.pages = {"/a": body(), "/b": body(), "/c": body()}
        assert not bell.poll(NOW).failed
        shelf.pages |= {"/a": body(11), "/b": reply(b"nvarchar", 501), "/c": body(12)}
        receipt = bell.poll(NOW + DAY)
        assert not receipt.failed
        assert [line.split(":")[0] for line in receipt.owed] == ["b"]
        assert "answered 501" in bell.error()
        assert bell.told() == ["n11", "n12"]
        shelf.pages["/b"] = body(13)
        receipt = bell.poll(NOW + 2 * DAY)
        assert (receipt.owed, bell.error()) == ([], "")
        assert bell.told() == ["n11", "n12", "n13"]


def test_a_piece_that_keeps_failing_is_asked_for_ever_more_rarely(
    database_url: str, shelf: Shelf
) -> None:
    with desk(database_url, shelf, parts=("a", "b")) as bell:
        shelf.pages = {"/a": body(), "/b": reply(b"no list", 200)}
        asked_for = []
        for quarter in range(100):
            receipt = bell.poll(NOW + quarter * timedelta(minutes=15))
            assert len(receipt.owed) == 1, "it is reported whether it was asked or not"
            asked_for += [quarter] * ("/b" in shelf.asked())
        gaps = [b - a for a, b in pairwise(asked_for)]
        assert gaps == [2, 4, 8, 16, 32]


def test_a_piece_of_the_past_is_asked_for_as_it_was(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf, parts=("april",)) as bell:
        shelf.pages = {"/april": body()}
        bell.poll(NOW)
        with bell.setup.engine.begin() as connection:
            old = Request(f"{shelf.site.url}/march", window=(NOW - DAY, NOW), part="march")
            asked.owe(connection, "s", Part(old, 1, NOW, NOW, "answered 500", None))
        shelf.pages["/march"] = body(1)
        assert bell.poll(NOW + DAY).owed == []
        assert bell.told() == ["n1"]
        shelf.asked()
        bell.poll(NOW + 2 * DAY)
        assert shelf.asked() == ["/april"]


def test_a_source_of_which_every_piece_fails_has_failed(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf, parts=("a", "b")) as bell:
        shelf.pages = {"/a": reply(b"", 501), "/b": reply(b"", 501)}
        receipt = bell.poll(NOW)
        assert "all that was asked failed" in receipt.error


def test_a_request_for_silence_is_no_fault_of_a_piece(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf, parts=("a", "b")) as bell:
        shelf.pages = {"/a": reply(b"", 429, retry_after="300"), "/b": body(1)}
        receipt = bell.poll(NOW)
        assert (receipt.retry_after, receipt.owed) == (300, [])
        assert "/b" not in shelf.asked()


def test_a_piece_that_failed_in_the_first_run_tells_nothing_that_is_older(
    database_url: str, shelf: Shelf
) -> None:
    with desk(database_url, shelf, parts=("a", "b")) as bell:
        shelf.pages = {"/a": body(), "/b": reply(b"", 501)}
        assert not bell.poll(NOW + 2 * DAY).failed
        shelf.pages["/b"] = body(11, 21, 31)  # of the day before, of that day, of the day after
        assert bell.poll(NOW + 4 * DAY).new == 3
        assert bell.told() == ["n21", "n31"]


# ---------------------------------------------------------------- conditional requests


def conditional(shelf: Shelf, held: list[int], *, stuck: bool = False) -> None:
    """A page with an ETag; a `stuck` server says "not modified" whatever it holds."""

    def answer(wire: Wire) -> bool | None:
        tag = '"stuck"' if stuck else f'"{len(held)}"'
        if shelf.site.seen[-1].headers.get("if-none-match") == tag:
            return reply(status=304)(wire)
        return reply(json.dumps(held).encode(), etag=tag)(wire)

    shelf.pages = {"/all": answer}


def test_an_unchanged_page_is_not_sent_again(database_url: str, shelf: Shelf) -> None:
    held: list[int] = []
    conditional(shelf, held)
    with desk(database_url, shelf, conditional=True) as bell:
        assert bell.poll(NOW).unchanged == 0
        assert bell.poll(NOW + timedelta(minutes=15)).unchanged == 1
        held.append(1)
        assert bell.poll(NOW + timedelta(minutes=30)).new == 1
        assert bell.poll(NOW + timedelta(minutes=45)).unchanged == 1
        assert bell.told() == ["n1"]


def test_a_validator_that_is_stuck_hides_nothing_for_longer_than_its_time(
    database_url: str, shelf: Shelf
) -> None:
    held: list[int] = []
    conditional(shelf, held, stuck=True)
    with desk(database_url, shelf, conditional=True) as bell:
        bell.poll(NOW)
        held.append(1)
        assert bell.poll(NOW + WHOLE).unchanged == 1
        assert bell.poll(NOW + WHOLE + timedelta(minutes=1)).new == 1


def test_a_page_that_could_not_be_read_is_not_taken_for_known(
    database_url: str, shelf: Shelf
) -> None:
    with desk(database_url, shelf, conditional=True) as bell:
        shelf.pages = {"/all": reply(b"<html>", etag='"1"')}
        assert bell.poll(NOW).failed
        shelf.asked()
        bell.poll(NOW + DAY)
        assert "if-none-match" not in shelf.site.seen[-1].headers


# ---------------------------------------------------------------- a walk without an end


def test_a_source_whose_pages_never_end_is_left_at_last(database_url: str, shelf: Shelf) -> None:
    def answer(wire: Wire) -> bool | None:
        return reply(json.dumps({"see": [len(shelf.site.seen)]}).encode())(wire)

    with desk(database_url, shelf) as bell:
        shelf.pages = {f"/{n}": answer for n in ["all", *range(60)]}
        source, now = bell.setup.config.sources["s"], clock()
        with bell.setup.engine.begin() as connection:
            fence = duty.take(
                connection, "poll:s", now=now, lease=LEASE, far=DAY, owner=bell.setup.owner
            )  # fmt: skip
        assert fence is not None
        receipt = Poll(bell.setup, source, NOW, fence=fence, clock=clock, most=50).run()
        assert "more than 50 pages of one window" in receipt.incomplete
        assert len(shelf.asked()) < 60


# ---------------------------------------------------------------- pages of single notices


def test_a_known_notice_is_not_asked_for_again(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf) as bell:
        shelf.pages = {"/all": reply(b'{"see": [1, 2]}'), "/1": body(1), "/2": body(2)}
        assert bell.poll(NOW).new == 2
        shelf.pages |= {"/all": reply(b'{"see": [1, 2, 3]}'), "/3": body(3)}
        shelf.asked()
        assert bell.poll(NOW + DAY).new == 1
        assert shelf.asked() == ["/all", "/3"]


@pytest.mark.parametrize("answer", [reply(b"", 403), reply(b"", 404), reply(b"<html>no list")])
def test_where_a_notices_page_is_refused_what_is_known_stands_in(
    database_url: str, shelf: Shelf, answer: Callable[[Wire], bool | None]
) -> None:
    with desk(database_url, shelf) as bell:
        shelf.pages = {"/all": body()}
        bell.poll(NOW)
        shelf.pages = {"/all": reply(b'{"see": [1, 2]}'), "/1": answer, "/2": body(2)}
        assert not bell.poll(NOW + DAY).failed
        assert bell.titles() == ["short", "Supported living"]


def test_a_notices_page_that_is_only_late_is_waited_for(database_url: str, shelf: Shelf) -> None:
    with desk(database_url, shelf) as bell:
        shelf.pages = {"/all": body()}
        bell.poll(NOW)
        shelf.pages = {"/all": reply(b'{"see": [1]}'), "/1": reply(b"", 429, retry_after="300")}
        assert bell.poll(NOW + DAY).retry_after == 300
        assert bell.told() == []
        shelf.pages["/1"] = body(1)
        assert bell.poll(NOW + 2 * DAY).new == 1
        assert bell.titles() == ["Supported living"]
