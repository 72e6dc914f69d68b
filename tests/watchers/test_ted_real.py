"""Real notices of TED, where they are: each states what its form must, and none is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.contract import Request, Response
from bot.model import Notice
from tests.watchers import golden, survey

# A folder with `ted/`, documents as they were published; not part of the project.
FOLDER = Path(
    os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
pytestmark = pytest.mark.skipif(
    not (FOLDER / "ted").is_dir(), reason="no saved notices of TED: set TENDERBELL_SHARED_DATA"
)
REGISTERS = {"X01", "X02"}  # of European companies: no procurement, so no buyer and no CPV


@pytest.fixture(scope="module")
def notices() -> dict[Path, Notice]:
    return dict(survey.documents(FOLDER))


def test_every_document_is_read_but_the_samples_of_what_is_invalid(notices: dict[Path, Notice]):
    missed = {path for path in (FOLDER / "ted").rglob("*.xml") if path not in notices}
    assert all(path.name.startswith("INVALID_") for path in missed)
    assert len(notices) > 200


def test_every_notice_states_title_buyer_cpv_place_and_date(notices: dict[Path, Notice]):
    for path, notice in notices.items():
        if notice.kind not in REGISTERS:
            facts = notice.facts
            assert facts.title and facts.buyers and facts.cpv and facts.places, path
        if "sdk_examples" not in path.parent.name:
            assert notice.published and notice.facts.url and "-" in notice.id, path


def test_the_number_of_a_document_is_that_of_its_file(notices: dict[Path, Notice]):
    for path, notice in notices.items():
        number = path.stem.replace("_", "-").lstrip("0")
        if number[:1].isdigit() and number[-5] == "-" and number.count("-") == 1:
            assert notice.id == number


def test_every_legacy_call_with_a_limit_in_its_form_has_a_deadline(notices: dict[Path, Notice]):
    for path, notice in notices.items():
        text = path.read_bytes()
        if b"<DATE_RECEIPT_TENDERS>" in text or b"<DT_DATE_FOR_SUBMISSION>" in text:
            kinds = {deadline.kind for deadline in notice.facts.deadlines}
            kinds |= {edit.deadline.kind for edit in notice.edits if edit.deadline}
            assert kinds & {"submission", "participation"} or notice.stage == "award", path


def test_every_eforms_call_with_a_time_limit_has_a_deadline(notices: dict[Path, Notice]):
    limits = (b"TenderSubmissionDeadlinePeriod", b"RequestReceptionPeriod", b"InterestExpression")
    for path, notice in notices.items():
        if notice.stage == "tender" and any(limit in path.read_bytes() for limit in limits):
            kinds = {deadline.kind for deadline in notice.facts.deadlines}
            assert kinds & {"submission", "participation"}, path


def test_a_saved_page_of_the_search_is_read():
    path = FOLDER / "ted" / "api_v3_search_2026-05.json"
    request = Request(f"file://{path}")
    page = golden.watcher("ted").read(Response(request, 200, {}, path.read_bytes()), golden.SINCE)
    assert page.complete and not page.faults and len(page.found) == 10
    for found in page.found:
        facts = found.load().facts
        assert facts.title and facts.buyers and facts.cpv and facts.places and facts.url
