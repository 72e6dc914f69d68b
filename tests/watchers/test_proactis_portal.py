"""A portal of Proactis on loopback that misbehaves: nothing of it is lost or told twice."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.app import open_all
from bot.cli.find import named
from bot.cycle import Cycle, once
from bot.loop import clock
from bot.setup import Setup
from bot.store import deliveries
from bot.store.engine import reading
from tests.servers import authority, listening
from tests.watchers.test_proactis import VIEW, moved, release

CONFIG = """
database: "{database}"
sources:
  scotland:
    {{watch: public_contracts_scotland, base_url: "{portal}", pause: 0, types: [2, 14, 102]{more}}}
channels: {{screen: {{notify: console}}}}
subscriptions:
  - name: All
    everything: true
    remind: {{}}
    send: [{{to: screen}}]
"""
START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PUBLISHER = {"publisher": {"name": "Public Contracts Scotland"}, "version": "1.1"}
BROKEN = (500, b"Error converting data type nvarchar to float.")

Part = tuple[str, int]  # "05-2026", 2


class Portal:
    """Answers by month and type; a part that nothing was published in has no `releases`."""

    def __init__(self) -> None:
        self.held: dict[Part, list[dict[str, Any]]] = {}
        self.faults: dict[Part, tuple[int, bytes]] = {}
        self.asked: list[Part] = []

    def answer(self, target: str) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(target).query)
        part = query["dateFrom"][0], int(query["noticeType"][0])
        self.asked.append(part)
        if part in self.faults:
            return self.faults[part]
        held = self.held.get(part)
        # The counter before an id is that of the answer, so it is another one each time.
        number = len(self.asked)
        numbered = [
            r | {"id": f"rls-{number + n}-{r['id']}"} if "id" in r else r
            for n, r in enumerate(held or ())
        ]
        package = PUBLISHER | ({"releases": numbered} if held else {})
        return 200, b"\xef\xbb\xbf" + json.dumps(package).encode()


@contextmanager
def served(portal: Portal, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Line(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = portal.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent: what was asked is in `asked`."""

    with listening(Line, tls) as url:
        yield url


class Bell:
    def __init__(self, portal: Portal, setup: Setup) -> None:
        self.portal = portal
        self.setup = setup

    def once(self, now: datetime) -> Cycle:
        return once(self.setup, now, clock)

    def told(self) -> list[tuple[str, str | None]]:
        with reading(self.setup.engine) as connection:
            events = [event for _, event in deliveries.rows(connection)]
        return [(str(e.name), e.notice) for e in events if e.name != "started"]

    def held(self, address: str) -> list[tuple[str, str]]:
        with reading(self.setup.engine) as connection:
            return named(connection, address)


@contextmanager
def opened(
    folder: Path, now: datetime, portal: Portal, tls: ssl.SSLContext | None = None, more: str = ""
) -> Iterator[Bell]:
    with served(portal, tls) as url:
        path = folder / "config.yaml"
        database = f"sqlite:///{folder / 'bell.db'}"
        path.write_text(CONFIG.format(database=database, portal=url, more=more))
        setup = open_all(path, now)
        try:
            yield Bell(portal, setup)
        finally:
            setup.engine.dispose()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    """A bot after its calm first run at START, with nothing published yet."""
    with opened(tmp_path, START, Portal()) as made:
        assert made.once(START).well
        yield made


def call(code: str, ocid: int, day: str = "2026-05-12", **more: Any) -> dict[str, Any]:
    made = release(
        {"documents": [{"id": code, "url": f"{VIEW}{code}"}]}, ocid=f"ocds-r6ebe6-{ocid:010}"
    )
    return made | {"id": code, "date": f"{day}T00:00:00Z", **more}


def unnamed(code: str, ocid: int) -> dict[str, Any]:
    made = call(code, ocid)
    del made["id"]
    return made


def test_a_notice_is_told_once_though_its_counter_changes_with_each_answer(bell: Bell) -> None:
    bell.portal.held["05-2026", 2] = [call("MAY490401", 1), unnamed("MAY490402", 2)]
    for hours in range(1, 4):
        assert bell.once(START + timedelta(hours=hours)).well
    assert bell.told() == [("new", "MAY490401"), ("new", "MAY490402")]
    assert bell.held(f"{VIEW}MAY490401") == [("scotland", "ocds-r6ebe6-0000000001")]
    canonical = "https://api.publiccontractsscotland.gov.uk/v1/Notice?id=ocds-r6ebe6-0000000002"
    assert bell.held(canonical) == [("scotland", "ocds-r6ebe6-0000000002")]


def test_a_corrigendum_of_the_same_day_is_told_after_its_notice(bell: Bell) -> None:
    change = {"tenderPeriod": None, "lots": None, "items": None, "status": None}
    corrected = release(change | moved("2026-06-26T12:00:00Z"), ocid="ocds-r6ebe6-0000000001")
    bell.portal.held["05-2026", 2] = [call("MAY490401", 1)]
    bell.portal.held["05-2026", 14] = [corrected | {"id": "MAY490409", "date": "2026-05-12"}]
    bell.once(START + DAY)
    assert bell.told() == [("new", "MAY490401"), ("amended", "MAY490409")]
    with reading(bell.setup.engine) as connection:
        last = [event for _, event in deliveries.rows(connection)][-1]
    (moves,) = last.changes
    assert (moves.field, moves.was, moves.now) == (
        "submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z",
    )  # fmt: skip


def test_a_part_that_fails_hides_nothing_that_was_read_and_is_made_up_for(bell: Bell) -> None:
    bell.portal.held["05-2026", 2] = [call("MAY490401", 1)]
    bell.portal.held["05-2026", 14] = [call("MAY490402", 2)]
    bell.portal.held["05-2026", 102] = [call("MAY490403", 3)]
    bell.portal.faults["05-2026", 14] = BROKEN
    assert not bell.once(START + DAY).well
    assert bell.told() == [("new", "MAY490401"), ("new", "MAY490403")]
    bell.portal.faults.clear()
    bell.once(START + 3 * DAY)
    assert sorted(bell.told()) == [("new", f"MAY49040{n}") for n in (1, 2, 3)]


def test_an_error_page_with_status_200_is_no_empty_month(bell: Bell) -> None:
    bell.portal.faults["05-2026", 2] = (200, b"<html>Server Error</html>")
    assert not bell.once(START + DAY).well


def test_a_notice_of_a_months_last_day_is_told_in_the_next_month(bell: Bell) -> None:
    bell.once(datetime(2026, 5, 31, 21, 0, tzinfo=UTC))
    bell.portal.held["05-2026", 2] = [call("MAY490499", 9, "2026-05-31")]
    bell.portal.asked.clear()
    assert bell.once(datetime(2026, 6, 3, 20, 0, tzinfo=UTC)).well
    assert bell.told() == [("new", "MAY490499")]
    assert bell.portal.asked[0] == ("05-2026", 2)


def test_a_first_run_early_in_a_month_does_not_tell_the_month_before_afterwards(
    tmp_path: Path,
) -> None:
    portal = Portal()
    portal.held["05-2026", 2] = [call(f"MAY49050{n}", n, "2026-05-06") for n in range(1, 9)]
    first = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
    with opened(tmp_path, first, portal) as made:
        assert made.once(first).well
        assert made.once(first + timedelta(hours=1)).well
        assert made.told() == []


def test_a_month_cut_short_is_not_asked_for_in_halves(bell: Bell) -> None:
    broken = json.dumps(call("MAY490402", 2))[:-9]
    body = f'{{"version":"1.1","releases":[{json.dumps(call("MAY490401", 1))},{broken}]}}'
    bell.portal.faults["05-2026", 2] = (200, body.encode())
    bell.portal.asked.clear()
    assert not bell.once(START + DAY).well
    assert bell.portal.asked.count(("05-2026", 2)) == 1
    assert bell.told() == [("new", "MAY490401")]


def test_a_host_without_its_intermediate_is_read_by_the_certificates_of_the_config(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    _, tls = authority(folder)
    with opened(tmp_path, START, Portal(), tls) as made:
        (receipt,) = made.once(START).polls
        assert "the TLS certificate was refused" in receipt.error
    with opened(tmp_path, START, Portal(), tls, ", ca_bundle: tls/ca.pem") as made:
        assert made.once(START).well
