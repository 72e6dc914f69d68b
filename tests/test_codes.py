"""`codes` as a user runs it: real processes without a config, and with a bot that has read."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import OperationalError

from bot.cli import cli
from bot.demo.pages import Release
from bot.demo.shapes import codes, fts, instant, item
from bot.model import Code, Facts, Record
from bot.store import process
from bot.store.engine import connect, look, reading, upgrade
from bot.store.labels import labels
from tests.fakes import World, world
from tests.processes import COUNCIL, ROOT, command

LABEL = "Social work services with accommodation"
# Loaded for an answer out of the package's tables, they would double the time it takes.
HEAVY = ("pydantic", "yaml", "sqlalchemy", "msgspec", "httpx", "jinja2")


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("codes", *args), cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def invoke(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, ["codes", *map(str, args)], standalone_mode=False)


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bot that has read notices with labels of codes that the package does not label."""
    folder = tmp_path_factory.mktemp("codes")
    with world(f"sqlite:///{folder / 'bell.db'}", folder, instant("2026-06-01 09:00")) as made:
        for number, label in enumerate((LABEL, LABEL, "Sozialwesen mit Unterkunft")):
            made.portal.publish("fts", tender(number, label))
        made.once(instant("2026-06-01 09:00"))
        yield made


def tender(number: int, label: str) -> Release:
    lot = item("1", codes(("85311000", label)), "UKD73")
    return fts(
        "UK4", "2026-06-01 08:00", 71000 + number, 410 + number, (COUNCIL,), title="Care homes",
        reference=f"NWBC-{number}", items=[lot],
    )  # fmt: skip


# ---------------------------------------------------------------- without a config


def test_words_find_codes_and_say_what_to_write(tmp_path: Path) -> None:
    done = run(tmp_path, "cpv", "social", "care")
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.split(maxsplit=1) == ["85300000", "Social work and related services"]
    assert "in 85000000 Health and social work services" in done.stdout
    assert last.startswith('In config.yaml:  cpv: ["85300000"]')
    assert list(tmp_path.iterdir()) == []


def test_a_name_finds_a_region_and_its_parents(tmp_path: Path) -> None:
    done = run(tmp_path, "region", "merseyside")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("UKD7      Merseyside\n")
    assert "in UKD North West < ENG England < UK United Kingdom" in done.stdout
    assert "regions: [Merseyside]" in done.stdout


def test_a_code_shows_its_place_and_what_is_below() -> None:
    shown = invoke("region", "L1").output
    assert shown.startswith("L1 is read as UKD:\nUKD       North West\n")
    assert "\n  UKD7      Merseyside\n" in shown
    assert "regions: [North West]" in shown
    assert invoke("region", "TLD72").output.startswith("UKD72     Liverpool\n")
    shown = invoke("cpv", "85").output
    assert "\n  85300000  Social work and related services\n" in shown


def test_without_words_the_top_of_the_tree_is_shown() -> None:
    assert len(invoke("cpv").output.splitlines()) == 45 + 1
    shown = invoke("region").output
    assert shown.startswith("UK ") and "UKK       South West\n" in shown


def test_json_is_one_object_a_line() -> None:
    lines = [json.loads(line) for line in invoke("region", "UKD7", "--json").output.splitlines()]
    assert [line["code"] for line in lines] == ["UKD7", "UKD71", "UKD72", "UKD73", "UKD74"]
    assert lines[0] == {
        "code": "UKD7",
        "label": "Merseyside",
        "parents": ["UKD", "ENG", "UK", "EUROPE", "WORLD"],
        "aliases": ["TLD7", "Liverpool City Region"],
        "write": "Merseyside",
    }
    care = json.loads(invoke("cpv", "home", "care", "--json").output)
    assert (care["code"], care["parents"]) == ("85300000", ["85000000"])


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("region", "mersyside"), "did you mean merseyside?"),
        (("cpv", "qqqqqqq"), "`tenderbell codes cpv` shows the top"),
        (("cpv", "85300000-3"), "check digit 2, not 3"),
        (("cpv", "86"), "no division 86"),
        (("region", "ZZ99"), "unknown place"),
        (("region", "\x1bqqqqqqqq\n"), "nothing is called"),
    ],
)
def test_what_finds_nothing_exits_1_and_says_what_would(args: tuple[str, ...], told: str) -> None:
    done = invoke(*args)
    assert done.return_value == 1
    assert told in done.stderr and "\x1b" not in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_another_kind_of_code_is_a_usage_fault(tmp_path: Path) -> None:
    done = run(tmp_path, "nuts", "x")
    assert done.returncode == 2 and "cpv" in done.stderr and done.stderr.count("\n") == 1


def test_an_answer_out_of_the_tables_loads_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys; from bot.cli import cli\n"
        "cli.main(['codes', 'cpv', 'social', 'care'], standalone_mode=False)\n"
        "cli.main(['codes', 'region', 'L1'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


# ---------------------------------------------------------------- with what notices taught


def test_labels_are_learned_from_the_notices_that_were_read(at_work: World) -> None:
    done = invoke("cpv", "with accommodation", "--config", at_work.path)
    assert done.return_value == 0
    assert done.output.startswith(f"85311000  {LABEL}\n"), done.output  # two of three call it so
    assert "in 85300000 Social work and related services < 85000000" in done.output
    assert f"  85311000  {LABEL}\n" in invoke("cpv", "853", "--config", at_work.path).output
    assert invoke("cpv", "with accommodation").return_value == 1


def test_a_faulty_config_does_not_hide_what_was_learned(at_work: World, tmp_path: Path) -> None:
    """Whoever looks up a code is in the midst of writing the file."""
    written = at_work.path.read_text() + '\n  - name: Half done\n    cpv: ["8531\n'
    (tmp_path / "broken.yaml").write_text(written)
    assert invoke("cpv", "social", "--config", tmp_path / "broken.yaml").return_value == 0
    written = at_work.path.read_text() + "\n  - name: Half done\n    cvp: x\n"
    (tmp_path / "faulty.yaml").write_text(written)
    assert LABEL in invoke("cpv", "85311000", "--config", tmp_path / "faulty.yaml").output


@pytest.mark.parametrize(
    "database",
    [
        "sqlite:///{folder}/none.db",
        "sqlite:///{folder}/empty.db",
        "sqlite:///{folder}/other.db",
        "sqlite:///{folder}/text.db",
        "sqlite:///{folder}",
        "sqlite:///:memory:",
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "mysql://x",
        "nonsense",
        "${{NOT_SET_ANYWHERE}}",
    ],
)
def test_a_database_that_is_not_there_is_neither_made_nor_missed(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("a letter")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE letters (body TEXT)")
    other.close()
    path = tmp_path / "config.yaml"
    path.write_text(f'database: "{database.format(folder=tmp_path)}"\n')
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    done = invoke("cpv", "social work", "--config", path)
    assert (done.return_value, done.stderr) == (0, ""), done.output
    assert done.output.startswith("85000000 ")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_config_that_was_named_and_is_not_there_is_told(tmp_path: Path) -> None:
    done = invoke("cpv", "social work", "--config", tmp_path / "nowhere.yaml")
    assert done.return_value == 0
    assert "nowhere.yaml: no such file" in done.stderr


def test_looking_writes_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    made = connect(f"sqlite:///{tmp_path / 'bell.db'}")
    upgrade(made)
    made.dispose()
    before = (tmp_path / "bell.db").read_bytes()
    engine = look(f"sqlite:///{tmp_path / 'bell.db'}")
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM notices")
    with reading(engine) as connection:
        assert labels(connection) == {}
    engine.dispose()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"bell.db": before}


def test_labels_are_learned_from_either_database(database_url: str) -> None:
    made = connect(database_url)
    code = Code("85311000", LABEL)
    record = Record(
        source="fts", id="ocds-1", revision=1, stage="tender", status="open", kind="UK4",
        notice="1", published=instant("2026-06-01 09:00"), facts=Facts(cpv=(code,)),
    )  # fmt: skip
    with made.begin() as connection:
        process.save(connection, [(record, None)])
        process.save(connection, [(replace(record, id="ocds-2", facts=Facts()), None)])
    made.dispose()
    engine = look(database_url)
    with reading(engine) as connection:
        assert labels(connection) == {"85311000": LABEL}
    engine.dispose()
