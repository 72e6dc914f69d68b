"""A stage for real `tenderbell` processes: loopback stand-ins and a config. Starts processes."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import open_all
from bot.cycle import once
from bot.demo.shapes import JSON, Body, by, cf, codes, fts, item
from bot.loop import clock
from tests.slow import Gate, Portal, Slack, Smtp, reached, until

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

    def serves(self) -> None:
        """Return when it has begun to work."""
        until(lambda: " run sources=" in self.log or self.ended, 30, "the service is up")
        assert not self.ended, self.log

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


def run_verb(
    *args: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A verb run to its end, in this environment or in `env`."""
    return subprocess.run(
        command(*args), cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


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
        """The first runs, an hour ago; a source polled every 10 s is due in `due` seconds."""
        then = clock() - HOUR
        last = clock() - timedelta(seconds=10 - due)
        setup = open_all(self.config, then)
        assert once(setup, then, lambda: last).well
        setup.engine.dispose()
        self.slack.received.clear()
        self.smtp.keys.clear()
        for gate in self.gates:
            gate.passed = 0
            gate.times.clear()
        for site in self.portals.values():
            site.times.clear()

    # ------------------------------------------------------------ processes

    def start(self, env: Mapping[str, str] | None = None) -> Process:
        """`tenderbell run` in a process of its own."""
        path = self.folder / f"{len(self._processes)}.log"
        verb = command("run", "--config", self.config)
        with path.open("wb") as log:
            popen = subprocess.Popen(verb, cwd=ROOT, env=env, stderr=log)
        process = Process(popen, path)
        self._processes.append(process)
        return process

    def serving(self, env: Mapping[str, str] | None = None) -> Process:
        """A service that has begun to work."""
        process = self.start(env)
        process.serves()
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

    def publish(
        self, *, at: datetime | None = None, deadline: datetime | None = None, new: bool = False
    ) -> int:
        """A new tender on every portal, told to all from now on; its number.

        One published `at` a stated time is no news unless it is `new`; with a `deadline`, the
        reminder is expected.
        """
        number = next(self._numbers)
        self.amend(number, number, at=at, deadline=deadline, new=new)
        return number

    def amend(
        self,
        process: int,
        number: int | None = None,
        *,
        at: datetime | None = None,
        deadline: datetime | None = None,
        new: bool = False,
    ) -> None:
        """An amendment of the tender `process`: another deadline. Find a Tender's alone."""
        number = number or next(self._numbers)
        first = process == number
        published = _wall(at or clock())
        end = deadline or clock() + timedelta(days=30, hours=number)
        told: dict[str, Any] = {
            "description": "Care and support for adults in their own homes.",
            "status": "active",
            "value": {"amount": 500_000, "currency": "GBP"},
            "tenderPeriod": by(_wall(end)),
        }
        for place, (source, site) in enumerate(self.portals.items()):
            if site.kind == "cf" and not first:
                continue
            make = _fts if site.kind == "fts" else _cf
            # Nothing in common, or what several portals publish would be told as one.
            apart = 10_000 * place
            told["title"] = f"Supported living {process} for {source}"
            release = make(published, number + apart, process + apart, **told)
            site.publish(site.kind, release)
            if at is None or new:
                event = "new" if first else "amended"
                self._expect(f"{source}:{release['ocid']}/{release['id']}/{event}")
            if at and deadline:
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

    def mails(self) -> list[str]:
        """Keys of deliveries, in the order of the mails; the digest of one not expected."""
        names = {digest(key): key for key in self.expected}
        return [names.get(mail, mail) for mail in list(self.smtp.keys)]

    def arrived(self) -> Counter[str]:
        """How often each delivery arrived; a mail that nobody expected stands by its own name."""
        return Counter(self.posts()) + Counter(self.mails())

    def keys_of(self, number: int, to: str) -> set[str]:
        """The deliveries expected of a notice of Find a Tender for `channel>recipient`."""
        return {key for key in self.expected if f"/{number:06}-" in key and key.endswith(f">{to}")}

    def missing(self) -> set[str]:
        return set(self.expected) - self.arrived().keys()

    def all_arrive(self, patience: float = 40) -> None:
        """Return when nothing is missing; AssertionError when for so many seconds nothing comes.

        However slow the machine is: a poll is due every 14 s at most, a look for what is owed
        every 15 s.
        """
        left = len(self.missing())
        while left:
            before = left
            reached(lambda before=before: len(self.missing()) < before, patience)  # type: ignore[misc]
            left = len(self.missing())
            assert left < before, (
                f"nothing came for {patience} s; missing: {sorted(self.missing())[:5]}"
            )

    def assert_once(self) -> None:
        """Everything expected arrived, nothing else, nothing twice; and nothing is owed."""
        assert run_verb("once", "--config", self.config).returncode == 0
        assert self.arrived() == Counter(self.expected)

    def count(self) -> int:
        """Everything that any process did so far, as the stand-ins saw it."""
        return sum(gate.passed for gate in self.gates)


def digest(key: str) -> str:
    """How a mail names its delivery."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _fts(at: str, number: int, process: int, **told: Any) -> JSON:
    because = None if number == process else "The deadline is moved."
    return fts(
        "UK4", at, number, process, (COUNCIL,), reference=f"NWBC-{process}",
        items=[item("1", CARE_CPV, "UKD73")], because=because, **told,
    )  # fmt: skip


def _cf(at: str, number: int, process: int, **told: Any) -> JSON:
    name = f"care-{process}"
    return cf("tender", at, number, COUNCIL, name=name, cpv=CARE_CPV, regions=("UKD",), **told)


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
        posts, mails = Slack(), Smtp()
        stack.enter_context(posts)
        stack.enter_context(mails)
        made = Stage(folder, database, portals, posts, mails)
        stack.callback(made.end)
        made.configure()
        yield made
