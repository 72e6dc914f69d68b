"""How soon the program answers, and what an idle service holds. Starts processes, reads /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.demo.portal import Portal
from bot.demo.slack import Slack
from bot.demo.smtp import Smtp
from bot.store.engine import connect, upgrade
from tests.benchmarks.figure import Figure, medians
from tests.fakes import CARE, CONFIG

ROOT = Path(__file__).parents[2]
# httpx brings its own command line along where rich is installed: here, but not with Tenderbell.
_AS_INSTALLED = "import sys; sys.modules['rich'] = None; from bot.cli import main; main()"
_CALM = 3.0  # seconds after the first polls until the service has come to rest
_PATIENCE = 30.0  # seconds that it may take to begin


def run(*, rounds: int = 15, calm: float = _CALM, idle: float = 10.0) -> list[Figure]:
    """Medians of whole processes with warm caches; then a service that waits for its next poll."""
    with _home() as (folder, portal):
        figures = _answers(folder, rounds)
        if sys.platform == "linux":
            figures += _resting(folder, portal, calm, idle)
    return figures


@contextmanager
def _home() -> Iterator[tuple[Path, Portal]]:
    """A folder with a config for both portals, Slack and e-mail, and those to talk to."""
    with (
        TemporaryDirectory(prefix="tenderbell-") as name,
        Portal() as portal,
        Slack() as slack,
        Smtp() as smtp,
    ):
        folder = Path(name)
        text = CONFIG.format(
            database=f"sqlite:///{folder}/bench.db", portal=portal.url, slack=slack.url,
            smtp=smtp.port, subscriptions=CARE,
        )  # fmt: skip
        (folder / "config.yaml").write_text(text)
        yield folder, portal


def _answers(folder: Path, rounds: int) -> list[Figure]:
    bot = ("-m", "bot")
    check = (*bot, "check", "--config", str(folder / "config.yaml"))
    commands = (("-c", "pass"), (*bot, "--help"), check)
    for command in commands:
        _seconds(command)  # writes the byte code, warms the disk's cache
    bare, help_, checked = medians([tuple(map(_seconds, commands)) for _ in range(rounds)])
    return [
        Figure(name, taken * 1e3, aim, "ms", f"{taken / bare:.1f}x `python -c pass`", most=True)
        for name, taken, aim in (("start, --help", help_, 100), ("start, check", checked, 400))
    ]


def _seconds(arguments: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begun


# ---------------------------------------------------------------- an idle service


def _resting(folder: Path, portal: Portal, calm: float, idle: float) -> list[Figure]:
    config = str(folder / "config.yaml")
    command = [sys.executable, "-c", _AS_INSTALLED, "run", "-q", "--config", config]
    _migrate(f"sqlite:///{folder}/bench.db")
    with subprocess.Popen(command, cwd=ROOT) as service:
        try:
            _await_polls(portal, service)
            time.sleep(calm)
            before = _ticks(service.pid)
            time.sleep(idle)
            spent = (_ticks(service.pid) - before) / os.sysconf("SC_CLK_TCK")
            held = _resident(service.pid)
        finally:
            service.send_signal(signal.SIGTERM)
    return [
        Figure("run, resident", held, 80, "MB", "both portals polled, Slack and e-mail", most=True),
        Figure("run, idle CPU", 100 * spent / idle, 0.1, "% of a core",
               f"{spent * 1e3:.0f} ms in {idle:g} s", most=True),
    ]  # fmt: skip


def _migrate(url: str) -> None:
    """Only the very first start of a service imports alembic, which takes another 10 MB."""
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def _await_polls(portal: Portal, service: subprocess.Popen[bytes]) -> None:
    """Until both sources were asked; AssertionError when the service ends or asks nothing."""
    last = time.monotonic() + _PATIENCE
    while {asked.kind for asked in portal.requests} < {"fts", "cf"}:
        assert service.poll() is None, "the service ended"
        assert time.monotonic() < last, "the service polls nothing"
        time.sleep(0.05)


def _resident(pid: int) -> float:
    """Megabytes (10^6 bytes) of memory that the process has in RAM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) * 1024 / 1e6
    raise AssertionError("no VmRSS")


def _ticks(pid: int) -> int:
    """CPU time of the process, in the system's ticks."""
    # The name of the program, in brackets, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
