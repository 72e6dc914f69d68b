"""The composition root, the only importer of plug-ins. Touches config and database."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import notifiers
import watchers
from bot import config
from bot.config import Config
from bot.contract import Message
from bot.errors import ConfigError, Problem

if TYPE_CHECKING:
    from bot.setup import Setup


def load(path: Path) -> Config:
    """The config, checked by the plug-ins that it names; ConfigError with every fault."""
    return config.load(path, os.environ, watchers.load(), notifiers.load())


def tried(config: Config) -> tuple[list[Problem], list[Problem]]:
    """The faults of the config's own templates, and what is likely a mistake among them."""
    if config.templates is None:
        return [], []
    # Not above: a config without own templates is checked without any.
    from bot.render import trial

    try:
        used = {channel.notify for channel in config.channels.values()}
        return (
            trial.faults(config.templates, config.timezone, used),
            trial.doubts(config.templates, notifiers.load()),
        )
    except OSError as error:
        raise ConfigError(f"{config.templates}: templates: {error.strerror}") from None


def posted(message: Message) -> dict[str, Any]:
    """What a channel of Slack posts of a message."""
    from notifiers.slack import payload

    return payload(message)


def schema() -> dict[str, object]:
    """The JSON Schema of the config, with the options of every plug-in."""
    return config.schema(watchers.load(), notifiers.load())


def open_all(path: Path, now: datetime, running: Setup | None = None) -> Setup:
    """Config and database, ready for a cycle; ConfigError when either cannot be used.

    `running` is what a reload replaces.
    """
    # Not above: `check` needs neither a database nor templates, and answers at once without them.
    from bot.setup import open_setup

    return open_setup(load(path), now, running)
