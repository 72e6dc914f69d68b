"""What the README says is run: its commands, its samples, its config, its picture."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.app import load, open_all
from bot.cli import VERBS, cli
from bot.cycle import once
from bot.demo.shapes import instant
from bot.loop import clock
from bot.store import deliveries
from bot.store.engine import reading
from notifiers.webhook import signature
from tests.fakes import World, world
from tests.make import NOW
from tests.publishers import publishers, release
from tests.test_story import PUBLISHED

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
NOTICE = "075537-2025"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands(program: str) -> list[str]:
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]


REST = """
channels: {screen: {notify: console}}
subscriptions: [{name: All, everything: true, send: [{to: screen}]}]
"""
WHOLE = [sample for sample in blocks("yaml") if "channels:" in sample]
SOURCES = [sample for sample in blocks("yaml") if sample not in WHOLE]


@pytest.mark.parametrize("sample", WHOLE)
def test_a_config_in_the_readme_loads_without_any_environment(
    sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config.yaml").write_text(sample)
    config = load(tmp_path / "config.yaml")
    assert (len(config.sources), len(config.channels), len(config.subscriptions)) == (6, 4, 1)


@pytest.mark.parametrize("sample", SOURCES)
def test_sources_in_the_readme_are_read_from_publishers_of_their_shape(
    sample: str, tmp_path: Path
) -> None:
    """A week before anything is told, then a day: each notice comes from each publisher once."""
    start = datetime.fromisoformat("2026-05-04T12:00:00Z")
    day = timedelta(days=1)
    with publishers() as made:
        made.held = [release(n, start + n * day / 4) for n in range(-40, 40)]
        local = re.sub(r"https://[^/\"]+", made.url, sample).replace("{watch", "{pause: 0, watch")
        path = tmp_path / "config.yaml"
        path.write_text(f"database: sqlite:///{tmp_path}/bell.db\n{local}{REST}")
        setup = open_all(path, start)
        for at in (start, start + 4 * day, start + 5 * day):
            made.now = at
            made.asked.clear()
            assert once(setup, at, clock).well
        with reading(setup.engine) as connection:
            told = [e for _, e in deliveries.rows(connection) if e.name == "new"]
        setup.engine.dispose()
    seen = {
        name: sorted(e.notice for e in told if e.source == name) for name in setup.config.sources
    }
    expected = sorted(made.held[n]["id"] for n in range(41, 61))
    assert seen["south-africa"] == seen["peru"] == expected
    # A day comes when it is over: the first run has taken those before its own.
    over = f"{start + 5 * day:%Y-%m-%d}"
    whole = [r["id"] for r in made.held if f"{start:%Y-%m-%d}" <= r["date"][:10] < over]
    assert seen["germany"] == sorted(whole)
    pages = [target for target in made.asked if "releasesAfter" in target]
    assert 2 < len(pages) < 12, "read back to the last poll, and not to the beginning"
    assert not any(over in target for target in made.asked if "notice-exports" in target)


@pytest.mark.parametrize("command", commands("make"))
def test_a_make_target_of_the_readme_is_there(command: str) -> None:
    done = subprocess.run(
        [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f".venv/bin/{ {'demo': 'tenderbell demo', 'test': 'pytest'}[command.split()[1]] }" in (
        done.stdout
    )


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bot that has polled one planning notice, with its config on disk."""
    folder = tmp_path_factory.mktemp("readme")
    database = f"sqlite:///{folder / 'bell.db'}"
    with world(database, folder, instant("2025-11-19 09:00")) as made:
        made.portal.publish("fts", PUBLISHED[0])
        made.once(instant("2025-11-19 09:00"))
        made.once(instant("2025-11-20 12:00"))
        yield made


VERB_LINES = [line for line in commands("tenderbell") if line.split()[1] != "run"]


@pytest.mark.parametrize("command", VERB_LINES)
def test_a_command_of_the_readme_works(
    command: str, at_work: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a page that is written goes there
    stand_ins = {
        "NOTICE": NOTICE,
        "SOURCE": "fts",
        "CHANNEL": "bids",
        "DIR": str(tmp_path / "pages"),
    }
    verb, *rest = (stand_ins.get(word, word) for word in command.split()[1:])
    done = CliRunner().invoke(cli, [verb, *rest, "--config", str(at_work.path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 1), done.output
    assert done.output.strip()


def test_every_verb_is_in_the_readme_or_in_the_makefile() -> None:
    said = {line.split()[1] for line in commands("tenderbell")} | {"demo", "resend"}
    assert said == set(VERBS)


def test_the_demo_tells_its_week_and_leaves_its_messages(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["demo", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    for fact in ("New tender", "Amended", "Cancelled", "Enquiries close in 2 days", "Awarded"):
        assert fact in done.output
    mails = list((tmp_path / "out").glob("mail-*.eml"))
    assert len(mails) == len(list((tmp_path / "out").glob("mail-*.html"))) > 10
    page = (tmp_path / "out" / "slack.html").read_text()
    assert page.count("<article>") > 10
    shutil.rmtree(tmp_path / "out")


def test_the_sample_that_checks_a_webhook_s_signature_does() -> None:
    (sample,) = [block for block in blocks("python") if "def genuine" in block]
    held: dict[str, Any] = {}
    exec(sample, held)
    header, at = signature(b"{}", ["secret"], NOW), NOW.timestamp()
    assert held["genuine"](header, b"{}", "secret", at + 299)
    assert not held["genuine"](header, b"{}", "secret", at + 301)
    assert not held["genuine"](header, b"{ }", "secret", at)
    assert not held["genuine"](header, b"{}", "other", at)


def test_pictures_of_the_readme_are_there() -> None:
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / name).read_bytes().startswith(b"\x89PNG")
