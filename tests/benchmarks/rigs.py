"""A database of the bot's own in a temporary folder, with many subscriptions. Touches the disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bot.config import Channel, Config, Source
from bot.contract import Watcher
from bot.model import EventName
from bot.setup import Setup, open_setup
from bot.wants import Route
from notifiers.console import Console
from tests import make
from tests.benchmarks.bench_match import subscriptions

_HEARD: frozenset[EventName] = frozenset({"new", "amended", "cancelled", "deadline"})
_REMIND = {"enquiry": (make.lead("2d"),), "submission": (make.lead("7d"), make.lead("1d"))}


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of an SQLite database that is not there yet."""
    with TemporaryDirectory(prefix="tenderbell-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def opened(
    database: str, now: datetime, number: int, watchers: Mapping[str, Watcher] | None = None
) -> Iterator[Setup]:
    """The bot on an empty database, with a console and `number` subscriptions that use it."""
    asked = (
        replace(one, remind=_REMIND, send=(Route("screen", _HEARD),))
        for one in subscriptions(number)
    )
    every = timedelta(minutes=15)
    config = Config(
        database=database,
        timezone=ZoneInfo("Europe/London"),
        sources={
            name: Source(name, name, watcher, every, 0.0, timedelta(days=1))
            for name, watcher in (watchers or {}).items()
        },
        channels={"screen": Channel("screen", "console", Console())},
        subscriptions=tuple(asked),
        path=Path("config.yaml"),
    )
    setup = open_setup(config, now)
    try:
        yield setup
    finally:
        setup.engine.dispose()
