"""What several verbs share: options, and the way facts are printed. Touches the terminal."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def options(function: F) -> F:
    """`--config`, `-v` and `-q`: every verb has them."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Only warnings."),
        click.option("-v", "--verbose", is_flag=True, help="More detail."),
        click.option(
            "--config", "path", type=click.Path(path_type=Path), default="config.yaml",
            show_default=True, help="The config file.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


as_json = click.option("--json", "json_", is_flag=True, help="Facts as JSON, one object a line.")


def instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """The callback of an option that takes an instant with an offset."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter("an instant with an offset, such as 2026-06-12T09:00:00+01:00")
    return at


def logs(*, verbose: bool, quiet: bool) -> None:
    """Logging to stderr, one line a job run."""
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("tenderbell").setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def clean(text: str) -> str:
    """A portal's text without what could steer a terminal."""
    return _CONTROL.sub("", text).replace("\n", " ")


def line(value: Any) -> None:
    """One JSON object on a line of its own."""
    import msgspec  # not above: help, and what prints no JSON, answers sooner without it

    click.echo(msgspec.json.encode(value).decode())
