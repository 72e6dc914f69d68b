"""Stand-ins of portal, Slack and mail server that can be slow, and waiting. Listens on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.demo import portal, slack, smtp
from bot.demo.pages import Answer, Kind


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


class Gate:
    """What a stand-in goes through between taking something and answering: it may be shut."""

    def __init__(self) -> None:
        self.passed = 0  # arrivals, those that still wait included
        self.times: list[float] = []  # of each, by the monotonic clock
        self.latency = 0.0  # seconds
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.passed += 1
            self.times.append(time.monotonic())
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
    def kind(self) -> Kind:
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
