"""The frame: the tests' databases, what the wheel holds, what the locks say. Builds a wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def make_a_table(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (name TEXT)"))
        connection.execute(text("INSERT INTO only_here VALUES ('Łódź')"))
        assert connection.execute(text("SELECT name FROM only_here")).scalar() == "Łódź"
    engine.dispose()


def test_a_test_gets_an_empty_database_of_each_kind(database_url: str) -> None:
    make_a_table(database_url)


def test_and_the_next_test_another_one(database_url: str) -> None:
    make_a_table(database_url)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in a wheel, built by the hatchling that is installed, offline."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_a_wheel_installs_three_packages_and_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "bot",
        "watchers",
        "notifiers",
    }


@pytest.mark.parametrize(
    ("folder", "inside"), [("templates", "bot/templates"), ("bot/data", "bot/data")]
)
def test_a_wheel_holds_every_template_and_table(wheel: list[str], folder: str, inside: str) -> None:
    here = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    names = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in here}
    names = {name for name in names if "__pycache__" not in name}
    assert names and names <= set(wheel)


def test_a_wheel_holds_the_example_config_the_licence_and_every_module(wheel: list[str]) -> None:
    modules = {
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "watchers", "notifiers")
        for path in (ROOT / package).rglob("*.py")
    }
    assert modules <= set(wheel)
    assert "bot/data/config.yaml" in wheel
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_version_and_hash_and_names_no_place(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    pin = re.compile(r"[a-z0-9-]+==[0-9a-z.]+( ; [\w =!'.<>]+)? \\|    --hash=sha256:\w{64}( \\)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_the_locks_hold_what_the_project_asks_for_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, everything = (pins(lock) for lock in LOCKS)
    assert runtime <= everything
    groups = project["dependency-groups"]
    extra = project["project"]["optional-dependencies"]["postgres"]
    tools = [line for line in groups["dev"] if isinstance(line, str)]
    wanted = project["project"]["dependencies"] + groups["build"]
    assert names(wanted) <= {name for name, _ in runtime}
    assert names(wanted + extra + tools) <= {name for name, _ in everything}


def pins(lock: str) -> set[tuple[str, str]]:
    found = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return set(found)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in requirements}
