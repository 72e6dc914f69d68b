"""`fetch` as a user runs it, against the bundled portal: what is saved, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.contract import Request, Response
from bot.demo.pages import Answer, Release
from bot.demo.portal import Portal
from bot.demo.shapes import codes, fts, item
from bot.loop import clock
from tests.processes import COUNCIL, LONDON, run_verb
from watchers.find_a_tender import FindATender

CONFIG = """
database: "sqlite:///{folder}/bell.db"
sources:
  fts: {{watch: find_a_tender, base_url: "{portal}", pause: 0}}
  dead: {{watch: find_a_tender, base_url: "http://127.0.0.1:1", pause: 0, every: 11s}}
channels:
  screen: {{notify: console}}
subscriptions:
  - {{name: All, everything: true, send: [{{to: screen}}]}}
"""


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with Portal() as made:
        (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tmp_path, portal=made.url))
        yield made


def release(number: int) -> Release:
    at = (clock() - timedelta(minutes=30)).astimezone(LONDON)
    lot = item("1", codes(("85311000", "Social work services with accommodation")), "UKD73")
    made = dict(
        fts("UK4", f"{at:%Y-%m-%d %H:%M}", 71000 + number, number, (COUNCIL,), items=[lot],
            title=f"Care {number}", reference=f"NWBC-{number}",
            description="Ask Jo Bloggs: jo.bloggs@example.org, 0151 496 0000. Caf\u00e9, 1e9999.")
    )  # fmt: skip
    for party in made["parties"]:
        party["contactPoint"] = {"name": "Jo Bloggs", "email": "jo.bloggs@example.org"}
    return made


def fetch(folder: Path, *args: str) -> Result:
    config = ("--config", str(folder / "config.yaml"))
    return CliRunner().invoke(cli, ["fetch", *args, *config], standalone_mode=False)


def test_the_present_pages_are_saved_without_their_contacts(portal: Portal, tmp_path: Path) -> None:
    for number in range(150):
        portal.publish("fts", release(number))
    done = fetch(tmp_path, "fts", "--save", str(tmp_path / "out"))
    assert done.return_value == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "page-001.headers", "page-001.json", "page-002.headers", "page-002.json",
    ]  # fmt: skip
    ids = set()
    for name in ("page-001", "page-002"):
        body = (tmp_path / "out" / f"{name}.json").read_bytes()
        page = FindATender().read(Response(Request(portal.url), 200, {}, body), ANY)
        assert not page.faults
        ids |= {found.id for found in page.found}
        notice = page.found[0].load()
        assert notice.facts.description is not None
        # A name within a text is not told from any other words.
        assert notice.facts.description.startswith("Ask Jo Bloggs: removed, removed.")
        assert "Caf\u00e9, 1e9999" in notice.facts.description
        assert b"jo.bloggs" not in body and b"496" not in body
        headers = (tmp_path / "out" / f"{name}.headers").read_text()
        assert headers.startswith("HTTP 200\ncontent-type: application/json")
    assert len(ids) == 150
    assert not (tmp_path / "bell.db").exists()


ANY = datetime(2000, 1, 1, tzinfo=UTC)


def test_only_so_many_pages_are_asked_for(portal: Portal, tmp_path: Path) -> None:
    for number in range(350):
        portal.publish("fts", release(number))
    done = fetch(tmp_path, "fts", "--save", str(tmp_path / "out"), "--pages", "2", "--json")
    told = [json.loads(line) for line in done.output.splitlines()]
    assert [line["notices"] for line in told] == [100, 100]
    assert [Path(line["file"]).name for line in told] == ["page-001.json", "page-002.json"]
    assert len(portal.requests) == 2


def test_since_reaches_back(portal: Portal, tmp_path: Path) -> None:
    since = f"{clock() - timedelta(days=3):%Y-%m-%dT%H:%M}Z"
    assert (
        fetch(tmp_path, "fts", "--save", str(tmp_path / "out"), "--since", since).return_value == 0
    )
    assert f"{clock() - timedelta(days=3):%Y-%m-%d}" in portal.requests[0].target


def test_no_cookie_is_kept(portal: Portal, tmp_path: Path) -> None:
    headers = {
        "Content-Type": "application/json", "Set-Cookie": "session=1", "X-Request-Id": "7",
        "ETag": '"jo.bloggs@example.org"', "Server": "x",
    }  # fmt: skip
    portal.script("fts", Answer(headers=headers, body=b'{"releases": []}'))
    assert fetch(tmp_path, "fts", "--save", str(tmp_path / "out")).return_value == 0
    status, *kept = (tmp_path / "out" / "page-001.headers").read_text().splitlines()
    assert status == "HTTP 200"
    names = [line.partition(":")[0] for line in kept]
    assert names == ["content-type", "date", "etag"]
    assert kept[-1] == 'etag: "removed"'


@pytest.mark.parametrize(
    ("body", "file", "left"),
    [
        (
            b'{"releases": 1e9999, "x": "jo@example.org"',
            "page-001.json",
            b'{"releases": 1e9999, "x": "removed"',
        ),
        (b"<html>jo@example.org</html>", "page-001.xml", b"<html>removed</html>"),
    ],
)
def test_a_page_that_cannot_be_read_is_saved_and_told(
    body: bytes, file: str, left: bytes, portal: Portal, tmp_path: Path
) -> None:
    portal.script("fts", Answer(body=body))
    done = fetch(tmp_path, "fts", "--save", str(tmp_path / "out"))
    assert done.return_value == 1
    assert "not readable" in done.stderr
    assert (tmp_path / "out" / file).read_bytes() == left


def test_a_page_in_which_contacts_are_not_found_is_not_saved(
    portal: Portal, tmp_path: Path
) -> None:
    portal.script("fts", Answer(body='{"releases": []}'.encode("utf-16")))
    done = fetch(tmp_path, "fts", "--save", str(tmp_path / "out"))
    assert (done.return_value, list((tmp_path / "out").iterdir())) == (1, [])
    assert "not saved" in done.stderr and "UTF-16" in done.stderr


def test_a_dead_source_is_told_in_a_line(portal: Portal, tmp_path: Path) -> None:
    done = fetch(tmp_path, "dead", "--save", str(tmp_path / "out"))
    assert done.return_value == 1
    assert "no connection" in done.stderr and "no page was had" in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("ftx", "--save", "{out}"), "did you mean fts?"),
        (("fts",), "--save"),
        (("fts", "--save", "{out}", "--pages", "0"), "--pages"),
        (("fts", "--save", "{out}", "--since", "2026-06-12"), "an instant with an offset"),
        (("fts", "--save", "{out}", "--since", "2999-01-01T00:00Z"), "not in the past"),
        (("fts", "--save", "{full}"), "holds pages already"),
        (("fts", "--save", "{file}"), "file"),
    ],
)
def test_a_usage_fault_is_one_line_and_touches_nothing(
    args: tuple[str, ...], told: str, portal: Portal, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "page-001.json").write_text("{}")
    (tmp_path / "file").touch()
    named = {name: tmp_path / name for name in ("out", "full", "file")}
    done = run_verb(
        "fetch", *(arg.format(**named) for arg in args), "--config", tmp_path / "config.yaml"
    )
    assert done.returncode == 2, done.stderr
    assert told in done.stderr and done.stderr.count("\n") == 1
    assert portal.requests == []
    assert (tmp_path / "full" / "page-001.json").read_text() == "{}"
