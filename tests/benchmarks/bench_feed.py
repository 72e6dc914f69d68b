"""Feeds to notices, by what feedparser alone takes for the same bytes. Pure."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import feedparser

from bot.contract import Page, Request, Response
from tests.benchmarks.figure import Figure, medians, ratio, seconds
from tests.benchmarks.pages import prose
from watchers.feed import Feed

_SINCE = datetime(2026, 5, 1, tzinfo=UTC)
_URL = "https://feeds.northwick.example.org/tenders.xml"


def run(*, entries: int = 500, rounds: int = 5) -> list[Figure]:
    """Every entry identified and read, as at first; identified alone, as when nothing is new."""
    body, watcher = invented(entries), Feed(url=_URL)
    response = Response(Request(_URL), 200, {}, body)

    def page() -> Page:
        return watcher.read(response, _SINCE)

    def bare() -> None:
        feedparser.parse(io.BytesIO(body))

    def read() -> None:
        assert all(found.load().facts.cpv for found in page().found)

    assert len(page().found) == entries
    read()  # a service that runs on has loaded its libraries
    first = [(seconds(bare), seconds(read)) for _ in range(rounds)]
    again = [(seconds(bare), seconds(page)) for _ in range(rounds)]
    return [
        _figure("feed, by feedparser", 0.25, entries, len(body), first),
        _figure("feed again, by feedparser", 2, entries, len(body), again),
    ]


def invented(entries: int) -> bytes:
    """An RSS feed of as many entries, about 1 kB each."""
    chance = random.Random(5)
    items = "".join(_item(chance, number) for number in range(entries))
    return f'<rss version="2.0"><channel><title>Tenders</title>{items}</channel></rss>'.encode()


def _item(chance: random.Random, number: int) -> str:
    text = (
        f"&lt;p&gt;{prose(chance, 90)}&lt;/p&gt;&lt;ul&gt;&lt;li&gt;CPV: 85311000-2&lt;/li&gt;"
        "&lt;li&gt;Closing date: 19 June 2026 12:00&lt;/li&gt;&lt;/ul&gt;"
    )
    return (
        f"<item><title>{prose(chance, 9)}</title><link>https://bids.example.org/{number}</link>"
        f'<guid isPermaLink="false">n-{number}</guid><category>Tender notice</category>'
        "<pubDate>Tue, 12 May 2026 08:30:00 GMT</pubDate><author>Northwick Borough Council</author>"
        f"<description>{text}</description></item>"
    )


def _figure(
    name: str, aim: float, entries: int, size: int, rounds: Sequence[tuple[float, float]]
) -> Figure:
    bare, ours = medians(rounds)
    detail = (
        f"{entries / ours:,.0f} entries/s: {ours * 1e3:.0f} ms for {size / 1e3:.0f} kB,"
        f" feedparser {bare * 1e3:.0f} ms"
    )
    return Figure(name, ratio(rounds), aim, "x", detail)
