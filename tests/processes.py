"""Real `tenderbell` processes on loopback stand-ins that can be slow. Starts processes, listens."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from bot.app import open_all
from bot.cycle import once
from bot.demo import portal, slack, smtp
from bot.demo.pages import Answer
from bot.demo.shapes import Body, by, cf, codes, fts, item
from bot.loop import clock

ROOT = Path(__file__).parents[1]
LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
COUNCIL = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
CARE_CPV = codes(("85311000", "Social work services with accommodation"))
RECIPIENTS = ("bids>#bids", "mail>one@example.org", "mail>two@example.org")
CARE = """
  - name: Care
    cpv: ["85000000"]
    remind: {submission: [1h]}
    send: [{to: bids}, {to: mail}]
"""
CONFIG = """
database: "{database}"
sources:
{sources}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"}}
  mail: {{notify: email, smtp: "smtp://127.0.0.1:{smtp}", from: alerts@example.org,
         to: [one@example.org, two@example.org]}}
subscriptions:
{subscriptions}
"""


def until(condition: Callable[[], object], seconds: float = 30, what: str = "") -> None:
    """Return as soon as it holds; AssertionError when it does not within so many seconds."""
    assert reached(condition, seconds), f"not within {seconds} s: {what}"


def reached(condition: Callable[[], object], seconds: float) -> bool:
    """Whether it came to hold within so many seconds; asked again and again."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# ---------------------------------------------------------------- stand-ins that can be slow


class Gate:
    """What a stand-in goes through between taking something and answering: it may be shut."""

    def __init__(self) -> None:
        self.passed = 0  # arrivals, those that still wait included
        self.latency = 0.0  # seconds
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.passed += 1
        if self.latency:
            time.sleep(self.latency)
        self._open.wait(30)

    def open(self) -> None:
        self._open.set()

    def shut(self) -> None:
        self._open.clear()


class Portal(portal.Portal):
    """A portal of one source; knows when it was asked, by the monotonic clock."""

    def __init__(self, watch: str) -> None:
        super().__init__()
        self.watch, self.gate, self.times = watch, Gate(), list[float]()

    @property
    def kind(self) -> portal.Kind:
        return "fts" if self.watch == "find_a_tender" else "cf"

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        self.times.append(time.monotonic())
        answer = super().answer(target, headers)
        self.gate()
        return answer


class Slack(slack.Slack):
    """Slack, slow to answer what it took."""

    def __init__(self) -> None:
        self.gate = Gate()
        super().__init__()

    def take(self, method: str, body: Mapping[str, Any]) -> str:
        ts = super().take(method, body)
        self.gate()
        return ts


class Smtp(smtp.Smtp):
    """A mail server, slow to answer what it took."""

    def __init__(self) -> None:
        self.gate, self.keys = Gate(), list[str]()
        super().__init__()

    def keep(self, mail: smtp.Mail) -> None:
        self.keys.append(str(mail.message["X-Tenderbell-Key"]))
        super().keep(mail)
        self.gate()


# ---------------------------------------------------------------- processes


@dataclass(slots=True)
class Process:
    """A running verb and its log."""

    popen: subprocess.Popen[bytes]
    path: Path  # of what it writes to stderr

    @property
    def log(self) -> str:
        return self.path.read_text(errors="replace")

    @property
    def ended(self) -> bool:
        return self.popen.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        """As a lost power line would."""
        self.popen.kill()
        self.popen.wait()

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.popen.wait(seconds)


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "bot", *map(str, args)]


def run_verb(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """A verb run to its end."""
    return subprocess.run(
        command(*args), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


# ---------------------------------------------------------------- the stage


@dataclass(slots=True)
class Stage:
    """Portals, channels and one config, on which any number of processes act."""

    folder: Path
    database: str
    portals: dict[str, Portal]  # by source
    slack: Slack
    smtp: Smtp
    every: dict[str, str] = field(default_factory=dict)
    expected: list[str] = field(default_factory=list)  # keys of deliveries, in order
    _processes: list[Process] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(101))

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def configure(self, subscriptions: str = CARE) -> None:
        """Write the config file, ports of the stand-ins included."""
        sources = "\n".join(
            f"  {name}: {{watch: {site.watch}, every: {self.every.get(name, '10s')}, pause: 0,"
            f' base_url: "{site.url}"}}'
            for name, site in self.portals.items()
        )
        self.config.write_text(
            CONFIG.format(
                database=self.database,
                sources=sources,
                slack=self.slack.url,
                smtp=self.smtp.port,
                subscriptions=subscriptions,
            )
        )

    def calm(self, due: float = 0.0) -> None:
        """The first runs, an hour ago; each source is due again `due` seconds from now."""
        then = clock() - HOUR
        last = clock() - timedelta(seconds=10 - due)
        setup = open_all(self.config, then)
        assert once(setup, then, lambda: last).well
        setup.engine.dispose()
        self.slack.received.clear()
        self.smtp.keys.clear()
        for gate in self.gates:
            gate.passed = 0
        for site in self.portals.values():
            site.times.clear()

    # ------------------------------------------------------------ processes

    def start(self, *args: str) -> Process:
        """`tenderbell run`, or another verb, in a process of its own."""
        path = self.folder / f"{len(self._processes)}.log"
        with path.open("wb") as log:
            popen = subprocess.Popen(
                command(*(args or ("run",)), "--config", self.config),
                cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        process = Process(popen, path)
        self._processes.append(process)
        return process

    def serving(self) -> Process:
        """A service that has begun to work."""
        process = self.start()
        until(lambda: " run sources=" in process.log or process.ended, 30, "the service is up")
        assert not process.ended, process.log
        return process

    def end(self) -> None:
        for gate in self.gates:
            gate.open()
        for process in self._processes:
            if not process.ended:
                process.kill()

    @property
    def gates(self) -> list[Gate]:
        return [self.slack.gate, self.smtp.gate, *(site.gate for site in self.portals.values())]

    # ------------------------------------------------------------ what is published

    def publish(self, *, at: datetime | None = None, deadline: datetime | None = None) -> int:
        """A new tender on every portal, told to all from now on; its number."""
        number = next(self._numbers)
        self.amend(number, number, at=at, deadline=deadline)
        return number

    def amend(
        self,
        process: int,
        number: int | None = None,
        *,
        at: datetime | None = None,
        deadline: datetime | None = None,
    ) -> None:
        """An amendment of the tender `process`: another deadline. Find a Tender's alone."""
        number = number or next(self._numbers)
        first = process == number
        published = _wall(at or clock())
        end = deadline or clock() + timedelta(days=30, hours=number)
        told: dict[str, Any] = {
            "title": f"Supported living {process}",
            "description": "Care and support for adults in their own homes.",
            "status": "active",
            "value": {"amount": 500_000, "currency": "GBP"},
            "tenderPeriod": by(_wall(end)),
        }
        for source, site in self.portals.items():
            if site.kind == "fts":
                release = fts(
                    "UK4", published, number, process, (COUNCIL,), reference=f"NWBC-{process}",
                    items=[item("1", CARE_CPV, "UKD73")],
                    because=None if first else "The deadline is moved.", **told,
                )  # fmt: skip
            elif first:
                release = cf(
                    "tender", published, number, COUNCIL, name=f"care-{number}", cpv=CARE_CPV,
                    regions=("North West",), **told,
                )  # fmt: skip
            else:
                continue
            site.publish(site.kind, release)
            event = "new" if first else "amended"
            if at is None:
                self._expect(f"{source}:{release['ocid']}/{release['id']}/{event}")
            elif deadline:
                utc = deadline.astimezone(UTC)
                self._expect(f"{source}:{release['ocid']}/submission@{utc:%Y-%m-%dT%H:%M}Z/1h")

    def _expect(self, event: str) -> None:
        self.expected += [f"{event}>{recipient}" for recipient in RECIPIENTS]

    # ------------------------------------------------------------ what arrived

    def posts(self) -> list[str]:
        """Keys of deliveries, in the order in which Slack took them."""
        return [
            post.body["metadata"]["event_payload"]["delivery"] for post in list(self.slack.received)
        ]

    def arrived(self) -> Counter[str]:
        """How often each delivery arrived; a mail that nobody expected stands by its own name."""
        names = {digest(key): key for key in self.expected}
        mails = [names.get(mail, mail) for mail in list(self.smtp.keys)]
        return Counter(self.posts()) + Counter(mails)

    def keys_of(self, number: int, to: str) -> set[str]:
        """The deliveries expected of a notice of Find a Tender for `channel>recipient`."""
        return {key for key in self.expected if f"/{number:06}-" in key and key.endswith(f">{to}")}

    def missing(self) -> set[str]:
        return set(self.expected) - self.arrived().keys()

    def count(self) -> int:
        """Everything that any process did so far, as the stand-ins saw it."""
        return sum(gate.passed for gate in self.gates)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def digest(key: str) -> str:
    """How a mail names its delivery."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _wall(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M:%S}"


@contextmanager
def stage(folder: Path, database: str = "", **sources: str) -> Iterator[Stage]:
    """A stage with a portal for each source, `name="find_a_tender"`; ends what was started.

    The database is an SQLite file in `folder` unless it is named.
    """
    database = database or f"sqlite:///{folder / 'tenderbell.db'}"
    with ExitStack() as stack:
        portals = {
            name: stack.enter_context(Portal(watch))
            for name, watch in (sources or {"fts": "find_a_tender"}).items()
        }
        made = Stage(
            folder, database, portals, stack.enter_context(Slack()), stack.enter_context(Smtp())
        )
        stack.enter_context(made)
        made.configure()
        yield made
