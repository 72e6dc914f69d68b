"""Every golden page reads as its `expected.json` says; a watcher without one fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import watchers
from tests.watchers import golden

CASES = golden.cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_page_reads_as_expected(case: Path):
    expected = json.loads((case / "expected.json").read_text())
    assert golden.told(golden.read(case)) == expected


@pytest.mark.parametrize("name", watchers.load())
def test_every_watcher_has_a_golden_page(name: str):
    assert any(case.parent.name == name for case in CASES), f"tests/watchers/data/{name} is empty"
