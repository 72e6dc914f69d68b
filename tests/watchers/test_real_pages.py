"""Real saved pages, where they are: none of their notices is lost, and none cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.watchers import survey

# A folder with one of pages as served for each source; not part of the project.
PAGES = Path(
    os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
pytestmark = pytest.mark.skipif(
    not (PAGES / "find_a_tender").is_dir(), reason="no saved pages: set TENDERBELL_SHARED_DATA"
)


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
            kinds = {deadline.kind for deadline in notice.facts.deadlines}
            assert len(kinds & {"submission", "participation"}) == 1, notice.id


def test_the_table_of_the_survey_counts_every_notice():
    found = {(n.record, n.id): n for _, n in survey.notices(PAGES, "contracts_finder")}
    counts = [int(line.split()[2]) for line in survey.table(found)]
    assert sum(counts) == len(found)
