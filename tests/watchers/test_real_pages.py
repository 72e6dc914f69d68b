"""Real saved pages, where they are: none of their notices is lost, and none cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.contract import Request, Response
from bot.errors import ReadError
from bot.flags import flags
from bot.fold import fold
from bot.model import Notice
from tests.watchers import survey
from tests.watchers.golden import SINCE
from watchers.ocds import Ocds

# A folder with one of pages as served for each source; not part of the project.
PAGES = Path(
    os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
pytestmark = pytest.mark.skipif(
    not (PAGES / "find_a_tender").is_dir(), reason="no saved pages: set TENDERBELL_SHARED_DATA"
)


SEEDS = PAGES.parent / "seeds"


def read(path: Path) -> list[Notice]:
    """A file as a source with a `path` reads it by the watcher for any publisher."""
    page = Ocds().read(Response(Request(path.as_uri()), 200, {}, path.read_bytes()), SINCE)
    assert (page.faults, page.complete, page.follow) == ((), True, ())
    return [found.load() for found in page.found]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="no saved compiled releases beside the pages")
def test_compiled_releases_are_read_with_all_that_they_state():
    for path in SEEDS.glob("*_compiled-release.json"):
        release = json.loads(path.read_text())
        (notice,) = read(path)
        assert (notice.record, notice.id) == (release["ocid"], release["id"])
        assert notice.facts.title == release["tender"]["title"]
        assert [b.name for b in notice.facts.buyers or ()] == [release["buyer"]["name"]]
        item = release["tender"]["items"][0]["additionalClassifications"][0]
        assert [code.id for code in notice.facts.cpv or ()] == [item["id"]]
        kinds = {deadline.kind for deadline in notice.facts.deadlines}
        assert "submission" in kinds
        assert ("enquiry" in kinds) == ("enquiryPeriod" in release["tender"])
        assert notice.facts.url and notice.facts.value


def test_packages_of_other_publishers_are_read():
    for path in (PAGES / "ocds_other").glob("*.json"):
        releases = json.loads(path.read_text())["releases"]
        found = read(path)
        assert [n.id for n in found] == [release["id"] for release in releases]
        assert all(n.facts.title and n.facts.buyers and n.facts.url for n in found)
        priced = [r for r in releases if r["awards"][0]["value"]["amount"]]
        assert sum(1 for n in found if n.facts.awards[0].value) == len(priced)


@pytest.mark.parametrize("source", ["find_a_tender", "contracts_finder", "sell2wales"])
def test_the_pages_of_the_portals_are_read_by_it_too(source: str):
    own = {(n.record, n.id): n for _, n in survey.notices(PAGES, source)}
    found = {}
    for path in sorted((PAGES / source).rglob("*.json")):
        try:
            found |= {(n.record, n.id): n for n in read(path)}
        except ReadError:
            continue
    assert own.keys() <= found.keys()
    for key, notice in own.items():
        assert found[key].facts.title and found[key].stage == notice.stage


def stated(source: str) -> set[tuple[str, str]]:
    found = set()
    for path in (PAGES / source).rglob("*.json"):
        page = json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
        if isinstance(page, dict):
            alone = [page] if "ocid" in page else []
            found |= {(r["ocid"], named(r)) for r in page.get("releases", alone)}
    return found


def named(release: dict[str, Any]) -> str:
    """Its id; releases of Public Contracts Scotland of 2019 have none, but their notice's page."""
    documents = release["tender"]["documents"] if "id" not in release else ()
    return release.get("id") or next(d["id"] for d in documents if "search_view" in d["url"])


@pytest.mark.parametrize("source", survey.SOURCES)
def test_every_release_becomes_a_notice(source: str):
    found = {(n.record, n.id): n for _, n in survey.notices(PAGES, source)}
    assert found.keys() == stated(source)
    for notice in found.values():
        facts = notice.facts
        assert facts.title and facts.buyers and facts.places and facts.url
        if notice.restates:
            assert facts.cpv
        assert notice.remarks == () or notice.kind == "tender"


@pytest.mark.parametrize("source", survey.SOURCES)
def test_every_live_tender_has_a_deadline(source: str):
    """UK13 apart, each tender notice of the saved days states one of the two."""
    for _, notice in survey.notices(PAGES, source):
        if notice.stage == "tender" and notice.status == "open" and notice.kind != "UK13":
            stated = [d for d in notice.facts.deadlines if d.origin == "field"]
            kinds = {deadline.kind for deadline in stated}
            assert len(kinds & {"submission", "participation"}) == 1, notice.id


def test_the_table_of_the_survey_counts_every_notice():
    found = {(n.record, n.id): n for _, n in survey.notices(PAGES, "contracts_finder")}
    counts = [int(line.split()[2]) for line in survey.table(found)]
    assert sum(counts) == len(found)


@pytest.mark.parametrize("source", survey.SOURCES)
def test_few_calls_have_odd_deadlines_so_that_a_note_is_worth_reading(source: str):
    calls = [n for _, n in survey.notices(PAGES, source) if n.stage == "tender"]
    odd = 0
    for notice in calls:
        record = fold(None, notice, source=source, learned=notice.published)
        odd += bool(flags(None, record, notice, ()))
    assert odd < len(calls) / 8
