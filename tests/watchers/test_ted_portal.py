"""A stand-in of TED on loopback that misbehaves: nothing of it is lost or told twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_all
from bot.cycle import Cycle, once
from bot.loop import clock
from bot.model import Event
from bot.setup import Setup
from bot.store import deliveries
from bot.store.engine import reading
from tests.servers import listening
from tests.watchers import ted

CONFIG = """
database: "{database}"
sources:
  ted: {{watch: ted, query: "buyer-country IN (IRL)", base_url: "{portal}", pause: 0}}
channels: {{screen: {{notify: console}}}}
subscriptions:
  - name: Harbours
    cpv: ["45252124"]
    remind: {{enquiry: [2d], submission: [7d]}}
    send: [{{to: screen}}]
"""
START = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# The golden story: a call for two lots, a later date for the second, the end of it.
CALL, CHANGE, END = ("310101-2026", "lots"), ("325202-2026", "change"), ("330303-2026", "cancelled")


class Portal:
    """Answers a search by the days asked for, two rows a page, and hands out documents."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.documents: dict[str, bytes] = {}
        self.faults: list[tuple[int, bytes]] = []  # of the next searches
        self.refused: dict[str, int] = {}  # number: status
        self.asked: list[str] = []

    def publish(self, number: str, case: str, day: str) -> None:
        self.rows.append(ted.row(publication_number=number, publication_date=f"{day}+02:00"))
        self.documents[number] = ted.body(case)

    def search(self, body: bytes) -> tuple[int, bytes]:
        said = json.loads(body)
        self.asked.append("search")
        if self.faults:
            return self.faults.pop(0)
        first, last = re.findall(r"PD[<>]=(\d{8})", said["query"])
        held = [
            r for r in self.rows if first <= r["publication-date"][:10].replace("-", "") <= last
        ]
        start = int(said.get("iterationNextToken") or 0)
        token = str(start + 2) if start + 2 < len(held) else None
        answer = {
            "notices": held[start : start + 2], "totalNoticeCount": len(held),
            "iterationNextToken": token, "timedOut": False,
        }  # fmt: skip
        return 200, json.dumps(answer).encode()

    def document(self, number: str) -> tuple[int, bytes]:
        self.asked.append(number)
        if number in self.refused:
            return self.refused[number], b"refused"
        return 200, self.documents[number]


def _day(row: dict[str, Any]) -> str:
    return str(row["publication-date"])[:10].replace("-", "")


@contextmanager
def served(portal: Portal) -> Iterator[str]:
    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._give(portal.search(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            found = re.fullmatch(r"/en/notice/(\d+-\d{4})/xml", self.path)
            self._give(portal.document(found[1]) if found else (404, b""))

        def _give(self, answer: tuple[int, bytes]) -> None:
            status, body = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status >= 500:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent: what was asked is in `asked`."""

    with listening(Line) as url:
        yield url


class Bell:
    def __init__(self, portal: Portal, setup: Setup) -> None:
        self.portal = portal
        self.setup = setup

    def once(self, now: datetime) -> Cycle:
        self.portal.asked.clear()
        return once(self.setup, now, clock)

    def events(self) -> list[Event]:
        with reading(self.setup.engine) as connection:
            return [e for _, e in deliveries.rows(connection) if e.name != "started"]

    def told(self) -> list[tuple[str, str | None]]:
        return [(e.name, e.notice) for e in self.events()]


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    portal = Portal()
    with served(portal) as url:
        path = tmp_path / "config.yaml"
        path.write_text(CONFIG.format(database=f"sqlite:///{tmp_path / 'bell.db'}", portal=url))
        made = Bell(portal, open_all(path, START))
        assert made.once(START).well
        yield made
        made.setup.engine.dispose()


def test_a_call_its_change_and_its_end_are_one_story(bell: Bell) -> None:
    bell.portal.publish(*CALL, "2026-05-07")
    assert bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    bell.portal.publish(*CHANGE, "2026-05-20")
    assert bell.once(datetime(2026, 5, 20, 12, 0, tzinfo=UTC)).well
    assert bell.once(datetime(2026, 5, 27, 16, 30, tzinfo=UTC)).well
    bell.portal.publish(*END, "2026-05-27")
    assert bell.once(datetime(2026, 5, 27, 17, 0, tzinfo=UTC)).well
    assert bell.told() == [
        ("new", "310101-2026"),
        ("amended", "325202-2026"),
        ("deadline", "325202-2026"),
        ("cancelled", "330303-2026"),
    ]
    moved, documents = bell.events()[1].changes
    assert (moved.field, moved.lot) == ("submission", "LOT-0002")
    assert (moved.was, moved.now) == ("2026-06-22T11:00:00Z", "2026-06-29T11:00:00Z")
    assert (documents.field, documents.now) == ("documents", "changed on 2026-05-18")
    enquiry = bell.events()[2].deadline
    assert enquiry and (enquiry.kind, enquiry.lot) == ("enquiry", None), "one date for all lots"


def test_pages_are_walked_and_known_documents_not_asked_for_again(bell: Bell) -> None:
    for number in range(5):
        procedure = f"0b1c2d3e-4f50-4a61-8b72-9c83ad94be0{number}"
        bell.portal.publish(f"31010{number}-2026", "lots", "2026-05-07")
        bell.portal.rows[-1]["procedure-identifier"] = procedure
        bell.portal.documents[f"31010{number}-2026"] = ted.body(
            "lots",
            ("00310101-2026", f"0031010{number}-2026"),
            ("0b1c2d3e-4f50-4a61-8b72-9c83ad94be05", procedure),
        )
    assert bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    assert sorted(bell.told()) == [("new", f"31010{n}-2026") for n in range(5)]
    assert bell.once(datetime(2026, 5, 8, 12, 0, tzinfo=UTC)).well
    assert set(bell.portal.asked) == {"search"}, "the days before are searched again, no more"


def test_a_search_that_timed_out_is_not_taken_for_all(bell: Bell) -> None:
    bell.portal.publish(*CALL, "2026-05-07")
    late = {"notices": [], "totalNoticeCount": 0, "iterationNextToken": None, "timedOut": True}
    bell.portal.faults = [(200, json.dumps(late).encode())] * 20
    assert not bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    bell.portal.faults = []
    assert bell.once(datetime(2026, 5, 7, 15, 0, tzinfo=UTC)).well
    assert bell.told() == [("new", "310101-2026")]


def test_where_a_document_is_refused_the_row_stands_in_and_says_so(bell: Bell) -> None:
    bell.portal.publish(*CALL, "2026-05-07")
    bell.portal.refused["310101-2026"] = 403
    assert bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    (event,) = bell.events()
    assert event.record and event.record.facts.title == "Dredging and survey of the inner harbour"
    kinds = {deadline.kind for deadline in event.record.facts.deadlines}
    assert kinds == {"submission"}, "the enquiry deadline stands in the document alone"


def test_a_document_that_is_late_holds_the_day_up(bell: Bell) -> None:
    bell.portal.publish(*CALL, "2026-05-07")
    bell.portal.refused["310101-2026"] = 502
    assert not bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    assert bell.told() == []
    bell.portal.refused.clear()
    assert bell.once(datetime(2026, 5, 7, 15, 0, tzinfo=UTC)).well
    assert bell.told() == [("new", "310101-2026")]


def test_a_page_for_people_instead_of_the_search_is_no_news(bell: Bell) -> None:
    bell.portal.publish(*CALL, "2026-05-07")
    bell.portal.faults = [(200, b"<html><title>Maintenance</title></html>")]
    assert not bell.once(datetime(2026, 5, 7, 12, 0, tzinfo=UTC)).well
    assert bell.once(datetime(2026, 5, 7, 15, 0, tzinfo=UTC)).well
    assert bell.told() == [("new", "310101-2026")]
