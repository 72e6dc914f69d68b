"""Pieces of a source that fail by themselves, and are asked for again until they are read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.contract import Request
from bot.errors import FetchError, ReadError
from bot.retry import part_again


@dataclass(frozen=True, slots=True)
class Part:
    """A piece that is still to be read."""

    request: Request
    failures: int  # in a row
    since: datetime  # UTC, of the first failure
    due: datetime  # UTC, not asked before
    error: str
    # Set when it failed in the source's first run: what was published before is told to nobody.
    begun: datetime | None

    def __str__(self) -> str:
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        return f"{self.request.part}: {self.error} ({self.failures}× since {since})"


Owed = Mapping[str, Part]  # by name


def alone(request: Request, error: FetchError | ReadError, silence: Collection[int]) -> bool:
    """Whether only this piece failed: the server answered, and did not ask for `silence`."""
    if not request.part:
        return False
    return isinstance(error, ReadError) or error.status not in (None, 429, 503, *silence)


def failed(
    before: Part | None,
    request: Request,
    error: FetchError | ReadError,
    now: datetime,
    every: timedelta,
    begun: datetime | None,
) -> Part:
    """The piece after one more failure at `now` (UTC): asked for ever more rarely."""
    failures = before.failures + 1 if before else 1
    return Part(
        request=request,
        failures=failures,
        since=before.since if before else now,
        due=now + part_again(failures, every),
        error=str(error),
        begun=before.begun if before else begun,
    )


def later(owed: Owed, now: datetime) -> dict[str, Part]:
    """Those that are not to be asked for yet."""
    return {name: part for name, part in owed.items() if part.due > now}


def due(requests: Sequence[Request], owed: Owed, now: datetime) -> Iterator[tuple[Request, bool]]:
    """What to ask at `now` (UTC), and whether a window is read to its end with it.

    A piece that keeps failing is left out until it is due; one that is older than what the watcher
    would ask for now is asked for as it was.
    """
    current, waiting = {request.part for request in requests}, later(owed, now)
    for name, part in list(owed.items()):
        if name not in current and name not in waiting:
            yield part.request, False
    for number, request in enumerate(requests):
        following = requests[number + 1].window if number + 1 < len(requests) else None
        if request.part not in waiting:
            yield request, following != request.window
