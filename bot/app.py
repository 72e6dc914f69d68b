"""The composition root: the only importer of watchers and notifiers. Touches config and database."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import notifiers
import watchers
from bot import config
from bot.config import Config
from bot.setup import Setup, open_setup


def load(path: Path) -> Config:
    """The config, its options checked by the plug-ins that it names; ConfigError with every fault."""
    return config.load(path, os.environ, watchers.load(), notifiers.load())


def schema() -> dict[str, object]:
    """The JSON Schema of the config, with the options of every plug-in."""
    return config.schema(watchers.load(), notifiers.load())


def open_all(path: Path, now: datetime) -> Setup:
    """Config and database, ready for a cycle; ConfigError when either cannot be used."""
    return open_setup(load(path), now)
