"""Files in place of the network: which are read, which are not, and what is told of each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from bot import files
from bot.app import load, open_all
from bot.cli import cli
from bot.contract import Page, Request, Response
from bot.cycle import Cycle, once, poll
from bot.demo.pages import page as portal_page
from bot.errors import ConfigError
from bot.files import Entry, parted, verdict
from bot.loop import clock
from bot.receipt import PollReceipt
from bot.setup import Setup
from bot.store import deliveries, duty
from bot.store.engine import reading
from bot.store.tables import notices
from tests.test_story import PUBLISHED
from tests.watchers import ocds
from watchers.ocds import Ocds

SECOND = 10**9
NOW = 1_780_000_000 * SECOND
OLD = 1_770_000_000
CONFIG = """
database: "{database}"
sources:
  drop: {{watch: ocds, path: "drop/**/*.json", backfill: 1d}}
channels: {{screen: {{notify: console}}}}
subscriptions: [{{name: All, everything: true, send: [{{to: screen}}]}}]
"""


# ---------------------------------------------------------------- what is to be done


def entry(stamp: str = "5 1", changed: int = OLD * SECOND, why: str = "") -> Entry:
    return Entry("a.json", Path("/drop/a.json"), stamp, changed, why)


@pytest.mark.parametrize(
    ("found", "known", "expected"),
    [
        (entry(), None, "read"),
        (entry(), ("5 1", "abc"), "known"),
        (entry(), ("4 1", "abc"), "compare"),
        (entry(), ("4 1", ""), "read"),
        (entry(changed=NOW - SECOND), None, "unsettled"),
        (entry(changed=NOW - SECOND), ("4 1", "abc"), "unsettled"),
        (entry(changed=NOW - SECOND), ("5 1", "abc"), "known"),
        (entry(changed=NOW - 2 * SECOND), None, "read"),
        (entry(changed=NOW + SECOND), None, "unsettled"),
        (entry(changed=NOW + 10**6 * SECOND), None, "read"),
        (entry(why="is no plain file", changed=NOW), None, "read"),
        (entry(why="is no plain file"), ("4 1", "abc"), "read"),
    ],
)
def test_what_is_to_be_done_with_a_file(found: Entry, known: Any, expected: str) -> None:
    assert verdict(found, known, NOW) == expected


@pytest.mark.parametrize(
    ("pattern", "folder", "rest"),
    [
        ("/x/drop/*.json", "/x/drop", "*.json"),
        ("/x/drop/2026-??/[a-f]*.json", "/x/drop", "2026-??/[a-f]*.json"),
        ("/x/**/*.json", "/x", "**/*.json"),
        ("/x/drop/one.json", "/x/drop", "one.json"),
        ("/*.json", "/", "*.json"),
    ],
)
def test_a_pattern_is_a_folder_and_the_names_in_it(pattern: str, folder: str, rest: str) -> None:
    assert parted(Path(pattern)) == (Path(folder), rest)


# ---------------------------------------------------------------- a folder


@dataclass(slots=True)
class Drop:
    """A folder, and a bot that reads it as if the files had lain there for long."""

    folder: Path
    setup: Setup
    day: int = 0
    receipts: list[PollReceipt] = field(default_factory=list)

    def put(self, name: str, body: bytes | dict[str, Any], changed: float = OLD) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
        os.utime(path, (changed, changed))
        return path

    def poll(self) -> PollReceipt:
        self.day += 1
        now = datetime.fromisoformat("2026-05-12T09:00:00Z") + timedelta(days=self.day)
        source = self.setup.config.sources["drop"]
        receipt = poll(self.setup, source, now, clock=clock, force=True)
        assert receipt is not None
        return receipt

    def told(self) -> list[tuple[str, str | None]]:
        with reading(self.setup.engine) as connection:
            return [(e.name, e.notice) for _, e in deliveries.rows(connection) if e.record]

    def held(self) -> int:
        with reading(self.setup.engine) as connection:
            return connection.execute(select(func.count()).select_from(notices)).scalar_one()

    def state(self) -> Any:
        with reading(self.setup.engine) as connection:
            return duty.source(connection, "drop")


@pytest.fixture
def drop(database_url: str, tmp_path: Path) -> Iterator[Drop]:
    (tmp_path / "drop").mkdir()
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(database=database_url))
    setup = open_all(path, datetime.fromisoformat("2026-05-12T09:00:00Z"))
    yield Drop(tmp_path / "drop", setup)
    setup.engine.dispose()


def tender(number: int, **more: Any) -> dict[str, Any]:
    return ocds.release(id=f"{number:06}-2026", ocid=f"ocds-h6vhtk-{number:06}", **more)


def test_the_first_run_is_calm_and_what_comes_later_is_told_once(drop: Drop) -> None:
    drop.put("a.json", tender(1))
    first = drop.poll()
    assert (first.windows, first.new, first.events, first.failed) == (1, 1, 0, False)
    assert drop.state().started
    drop.put("b.json", {"releases": [tender(1), tender(2)]})
    later = drop.poll()
    assert (later.windows, later.notices, later.new) == (1, 2, 1)
    again = drop.poll()
    assert (again.windows, again.notices, again.failed) == (0, 0, False)
    assert drop.told() == [("new", "000002-2026")]


def test_files_are_read_in_the_order_of_their_names_and_left_where_they_are(drop: Drop) -> None:
    before = {}
    for name, number in (("c.json", 3), ("a.json", 1), ("2026/b.json", 2)):
        path = drop.put(name, tender(number))
        before[path] = path.stat().st_mtime_ns
    opened = files.Files(drop.setup.engine, "drop", drop.folder / "**/*.json", clock())
    asked = [opened.named(request) for request in opened.requests()]
    assert asked == ["2026/b.json", "a.json", "c.json"]
    assert drop.poll().new == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_file_that_changes_is_read_again(drop: Drop) -> None:
    drop.put("a.json", tender(1))
    drop.poll()
    moved = tender(1, date="2026-05-13T10:00:00Z", tag=["tenderUpdate"])
    moved |= {"id": "000009-2026"}
    moved["tender"]["tenderPeriod"]["endDate"] = "2026-07-01T12:00:00+01:00"
    drop.put("a.json", moved, changed=OLD + 60)
    assert drop.poll().new == 1
    assert drop.told() == [("amended", "000009-2026")]


def test_a_file_that_was_only_touched_is_not_read_again(drop: Drop) -> None:
    drop.put("a.json", tender(1))
    drop.poll()
    drop.put("a.json", tender(1), changed=OLD + 60)
    assert drop.poll().windows == 0
    with reading(drop.setup.engine) as connection:
        ((stamp, _),) = files.process.files(connection, "drop").values()
    assert stamp.endswith(f" {(OLD + 60) * SECOND}"), "and is known at sight the next time"


def test_a_file_that_may_still_be_written_waits(drop: Drop) -> None:
    drop.poll()
    drop.put("a.json", tender(1), changed=clock().timestamp())
    receipt = drop.poll()
    assert (receipt.windows, receipt.failed, receipt.retry_after) == (0, False, 2.0)
    drop.put("a.json", tender(1))
    assert drop.poll().new == 1


def test_a_first_run_is_not_over_while_a_file_is_being_written(drop: Drop) -> None:
    drop.put("a.json", tender(1), changed=clock().timestamp())
    drop.put("b.json", tender(2))
    receipt = drop.poll()
    assert (receipt.new, receipt.incomplete) == (
        1,
        ["a.json: may still be written, and is read then"],
    )
    drop.put("a.json", tender(1))
    assert not drop.poll().failed
    assert drop.told() == [], "what lay there before the first run is no news"


def test_once_waits_for_a_file_that_was_just_put_there(drop: Drop) -> None:
    drop.put("a.json", tender(1), changed=clock().timestamp())
    cycle: Cycle = once(drop.setup, clock(), clock)
    assert cycle.well
    assert [(p.new, p.failed) for p in cycle.polls] == [(1, False)]


# ---------------------------------------------------------------- what cannot be read

BAD = {
    "not JSON": (b"<html>", "a web page came instead of JSON"),
    "cut": (b'{"releases":[{"ocid"', "the page breaks off"),
    "an error": (b'{"error":"quota"}', "quota"),
}


@pytest.mark.parametrize(("body", "why"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read_is_told_once_and_stops_no_other(
    drop: Drop, body: bytes, why: str
) -> None:
    drop.poll()
    for name, content in (("a.json", tender(1)), ("b.json", body), ("c.json", tender(3))):
        drop.put(name, content)
    receipt = drop.poll()
    assert (receipt.windows, receipt.new, receipt.aside) == (3, 2, 1)
    assert len(receipt.incomplete) == 1
    assert re.search(f"^b.json: .*{why}", receipt.incomplete[0])
    assert drop.state().error == receipt.incomplete[0]
    again = drop.poll()
    assert (again.windows, again.failed, drop.state().error) == (0, False, "")
    drop.put("b.json", tender(2), changed=OLD + 60)
    assert drop.poll().new == 1
    drop.put("b.json", body, changed=OLD + 120)
    assert drop.poll().failed, "another change, another word"


def test_a_release_that_cannot_be_read_costs_neither_its_file_nor_the_next(drop: Drop) -> None:
    drop.put("a.json", {"releases": [{"id": "x"}, tender(1)]})
    receipt = drop.poll()
    assert (receipt.new, receipt.aside, receipt.failed) == (1, 1, False)


def test_a_page_that_may_be_short_names_its_file(drop: Drop) -> None:
    body = ocds.body(tender(1), tender(2, x="@")).replace(b'"@"', b"[[[[")
    drop.put("a.json", body)
    receipt = drop.poll()
    assert receipt.new == 1
    assert receipt.incomplete[0].startswith("a.json: the last release is broken")
    assert drop.poll().windows == 0


def test_a_file_beyond_the_limit_is_not_opened(drop: Drop) -> None:
    path = drop.put("a.json", b"")
    with path.open("r+b") as opened:
        opened.truncate(files.LIMIT + 1)
    os.utime(path, (OLD, OLD))
    drop.put("b.json", tender(2))
    receipt = drop.poll()
    assert receipt.new == 1
    assert receipt.incomplete == ["a.json: has 67,108,865 bytes, more than the limit of 67,108,864"]
    assert not drop.poll().failed


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_read(
    drop: Drop, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(tender(9)))
    (drop.folder / "out.json").symlink_to(secret)
    (drop.folder / "up").symlink_to(tmp_path)
    (drop.folder / "nowhere.json").symlink_to("gone.json")
    (drop.folder / "round.json").symlink_to("round.json")
    drop.put("in.json", tender(1))
    (drop.folder / "link.json").symlink_to("in.json")
    receipt = drop.poll()
    assert receipt.incomplete == ["out.json: leads out of the folder by a link"]
    assert drop.held() == 1
    assert not drop.poll().failed


def test_the_folder_itself_may_be_a_link(drop: Drop, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    drop.folder.rename(elsewhere)
    drop.folder.symlink_to(elsewhere)
    drop.put("a.json", tender(1))
    assert drop.poll().new == 1


def test_a_pipe_is_refused_and_holds_nobody_up(drop: Drop) -> None:
    os.mkfifo(drop.folder / "a.json")
    assert drop.poll().incomplete == ["a.json: is no plain file"]
    assert not drop.poll().failed


def test_a_file_put_in_place_of_another_while_it_is_read_is_left(drop: Drop) -> None:
    path = drop.put("a.json", tender(1))
    opened = files.Files(drop.setup.engine, "drop", drop.folder / "*.json", clock())
    (request,) = opened.requests()
    drop.put("a.json", tender(2), changed=OLD + 60)
    with pytest.raises(files.Unsettled, match="changed while it was read"):
        opened.get(request)
    path.unlink()
    with pytest.raises(files.Unsettled, match="gone"):
        opened.get(request)
    path.symlink_to("/etc/hostname")
    with pytest.raises(files.FetchError, match="cannot be opened"):
        opened.get(request)


def test_hidden_files_and_folders_are_passed_over(drop: Drop) -> None:
    drop.put(".a.json", b"half")
    drop.put(".git/b.json", b"half")
    (drop.folder / "folder.json").mkdir()
    assert (drop.poll().windows, drop.poll().failed) == (0, False)


def test_a_name_of_odd_bytes_is_told_and_remembered(drop: Drop) -> None:
    name = os.fsdecode(b"\xff\n\x1b[2J.json")
    drop.put(name, b"?")
    receipt = drop.poll()
    assert receipt.incomplete == [r"\xff\n\x1b[2J.json: the body is not JSON"]
    assert not drop.poll().failed


def test_a_folder_that_is_not_there_is_a_fault(drop: Drop) -> None:
    drop.folder.rmdir()
    assert re.search("the folder .*drop is not there", drop.poll().error)


def test_a_repeat_poll_writes_nothing_but_its_receipt(drop: Drop) -> None:
    drop.put("a.json", tender(1))
    drop.put("b.json", b"?")
    drop.poll()
    with reading(drop.setup.engine) as connection:
        before = connection.execute(select(files.process.read_files)).all()
    drop.poll()
    with reading(drop.setup.engine) as connection:
        assert connection.execute(select(files.process.read_files)).all() == before


# ---------------------------------------------------------------- any watcher, any verb


def test_a_saved_page_of_a_portal_is_read_and_its_next_link_is_not_followed(
    database_url: str, tmp_path: Path
) -> None:
    saved = json.loads(portal_page("fts", "https://x.example", "", PUBLISHED, None).body)
    saved["links"] = {"next": "https://www.find-tender.service.gov.uk/etc/passwd?cursor=a"}
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "page.json").write_text(json.dumps(saved))
    os.utime(tmp_path / "drop" / "page.json", (OLD, OLD))
    path = tmp_path / "config.yaml"
    path.write_text(
        CONFIG.format(database=database_url).replace("watch: ocds", "watch: find_a_tender")
    )
    setup = open_all(path, clock())
    receipt = poll(setup, setup.config.sources["drop"], clock(), clock=clock, force=True)
    assert receipt is not None
    assert (receipt.pages, receipt.new, receipt.failed) == (1, len(PUBLISHED), False)
    setup.engine.dispose()


class Leading(Ocds, frozen=True):
    """A watcher that would have more asked of the network for each page."""

    def read(self, response: Response, since: datetime) -> Page:
        page = super().read(response, since)
        return replace(page, follow=(Request("https://x.example/more"),))


def test_what_a_watcher_would_ask_of_the_network_is_not_asked(drop: Drop) -> None:
    drop.put("a.json", tender(1))
    source = replace(drop.setup.config.sources["drop"], watcher=Leading())
    receipt = poll(drop.setup, source, clock(), clock=clock, force=True)
    assert receipt is not None
    assert (receipt.pages, receipt.new, receipt.failed) == (1, 1, False)


def test_once_and_history_work_on_two_folders(tmp_path: Path) -> None:
    for name, number in (("north", 1), ("south", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json").write_text(json.dumps(tender(number, tag=["compiled"])))
        os.utime(tmp_path / name / "a.json", (OLD, OLD))
    sources = "{north: {watch: ocds, path: north/*.json}, south: {watch: ocds, path: south/*.json}}"
    path = tmp_path / "config.yaml"
    text = CONFIG.format(database=f"sqlite:///{tmp_path}/bell.db")
    path.write_text(re.sub(r"sources:\n.*\n", f"sources: {sources}\n", text))
    done = CliRunner().invoke(cli, ["once", "--config", str(path)])
    assert done.exit_code == 0, done.output
    for number in (1, 2):
        told = CliRunner().invoke(
            cli, ["history", f"ocds-h6vhtk-{number:06}", "--json", "--config", str(path)]
        )
        # One procurement twice, as far as anybody can tell: the history shows both.
        first, second = (json.loads(line) for line in told.stdout.splitlines())
        assert first["deadlines"] == second["deadlines"] != []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{watch: ocds}", "is needed, or a path to read files from"),
        ('{watch: ocds, path: a.json, url: "https://x.example"}', "stands beside path: remove one"),
        ("{watch: ocds, path: drop/}", "wants the names of files"),
        ("{watch: ocds, path: a**b.json}", r"\*\* stands for folders"),
        ("{watch: ocds, path: drop/**}", r"\*\* stands for folders"),
        ('{watch: ocds, path: ""}', "must not be empty"),
        ("{watch: ocds, url: x}", "an address as in"),
    ],
)
def test_a_source_needs_an_address_or_files(tmp_path: Path, source: str, why: str) -> None:
    path = tmp_path / "config.yaml"
    text = CONFIG.format(database=f"sqlite:///{tmp_path}/bell.db")
    path.write_text(re.sub(r"drop: .*", f"drop: {source}", text))
    with pytest.raises(ConfigError, match=why):
        load(path)


def test_files_are_looked_for_every_minute_and_below_the_config(drop: Drop) -> None:
    source = drop.setup.config.sources["drop"]
    assert source.every == timedelta(minutes=1)
    assert source.path == drop.setup.config.path.parent / "drop/**/*.json"


def test_two_folders_of_one_watcher_are_no_twins(tmp_path: Path) -> None:
    text = CONFIG.format(database=f"sqlite:///{tmp_path}/bell.db")
    path = tmp_path / "config.yaml"
    for other, warned in (("other/*.json", 0), ("drop/**/*.json", 1)):
        path.write_text(
            text.replace("sources:", f"sources:\n  more: {{watch: ocds, path: {other}}}")
        )
        setup = open_all(path, clock())
        assert len(setup.config.warnings) == warned
        setup.engine.dispose()
