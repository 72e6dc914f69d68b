"""The script that tells saved pages as changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import pairs
from tests.watchers.ocds import release


def test_consecutive_notices_of_a_process_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = release(
        {"tenderPeriod": {"endDate": "2026-06-26T12:00:00+01:00"}}, tag=["tenderUpdate"]
    )
    moved |= {"id": "000102-2026", "date": "2026-05-13T10:00:00+01:00"}
    folder = tmp_path / "find_a_tender"
    folder.mkdir()
    page = {"version": "1.1", "releases": [moved, release()]}
    (folder / "page.json").write_text(json.dumps(page))
    pairs.main(tmp_path)
    told = capsys.readouterr().out
    assert "submission: '2026-06-19T11:00:00Z' → '2026-06-26T11:00:00Z'" in told
    assert told.split()[-3:] == ["find_a_tender", "amended", "1"]
