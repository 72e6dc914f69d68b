"""The four errors, each with the data that its catcher decides on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the config, and where it stands."""

    file: str
    line: int
    column: int
    where: str  # "subscriptions[0].cpv[1]"
    what: str  # what is wrong and what to do

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.where}: {self.what}"


class ConfigError(Exception):
    """The config cannot be used. `problems` names every fault at once."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = [] if isinstance(problems, str) else list(problems)
        super().__init__(problems if isinstance(problems, str) else "\n".join(map(str, problems)))


class FetchError(Exception):
    """A source did not answer as it should. `retry_after` is in seconds, None if not stated."""

    def __init__(
        self, why: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after


class ReadError(Exception):
    """A page or a notice could not be read. `raw` is its text, for setting it aside."""

    def __init__(self, why: str, *, raw: str = "") -> None:
        super().__init__(why)
        self.raw = raw


class DeliveryError(Exception):
    """A channel did not take a message.

    `permanent`: no later attempt of this message can help. `unknown`: the message was handed over
    and the answer never came. `channel`: the fault is the channel's (a revoked token, a rate
    limit), so its other messages wait too. `gone`: what was to be edited is not there any more.
    `retry_after` is in seconds.
    """

    def __init__(
        self,
        why: str,
        *,
        permanent: bool = False,
        unknown: bool = False,
        channel: bool = False,
        gone: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(why)
        self.permanent = permanent
        self.unknown = unknown
        self.channel = channel
        self.gone = gone
        self.retry_after = retry_after
