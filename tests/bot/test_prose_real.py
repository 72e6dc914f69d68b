"""Real prose, where it is: what is read of it is right, and how much of what there is."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests import prose

# A folder with one of pages as served for each source; not part of the project.
PAGES = Path(
    os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
pytestmark = pytest.mark.skipif(
    not (PAGES / "find_a_tender").is_dir(), reason="no saved pages: set TENDERBELL_SHARED_DATA"
)


@pytest.fixture(scope="module")
def texts() -> list[prose.Text]:
    return list(prose.texts(PAGES))


@pytest.fixture(scope="module")
def result(texts: list[prose.Text]) -> prose.Result:
    return prose.measure(texts)


def test_what_is_read_is_right(result: prose.Result):
    assert result.total.precision >= 0.97, result.mistakes
    assert result.total.right > 90


def test_most_of_what_there_is_is_read(result: prose.Result):
    assert result.total.recall >= 0.90, result.mistakes


def test_what_was_held_back_is_read_as_well_as_the_rest(texts: list[prose.Text]):
    held = prose.measure(texts, held=True).total
    assert held.precision >= 0.97 and held.recall >= 0.88


def test_every_label_speaks_of_a_date_of_its_text(texts: list[prose.Text]):
    said = {(source, notice.id, place): text for source, notice, place, text in texts}
    for row in prose.rows_of_labels():
        text = said[row["source"], row["notice"], row["place"]]
        assert 0 <= int(row["offset"]) < len(text)
        assert bool(row["why"]) == (row["kind"] == "-"), row


def test_refusals_and_deadlines_are_both_many():
    kinds = Counter(row["kind"] == "-" for row in prose.rows_of_labels())
    assert kinds[True] >= 75 and kinds[False] >= 75
