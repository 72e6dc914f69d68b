"""`check`: the config and its templates, every fault at once. Reads files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.cli.common import options


@click.command(epilog="Example: tenderbell check --config config.yaml")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the config.")
@options
def check(path: Path, schema: bool, verbose: bool, quiet: bool) -> None:
    """Every fault of the config, as file:line:column: where: what. Exit 2 if there is any.

    Own templates are tried with every kind of message, on every kind of channel that is used.
    """
    from bot import app
    from bot.errors import ConfigError

    if schema:
        click.echo(json.dumps(app.schema(), indent=2))
        return
    config = app.load(path)
    faults, doubts = app.tried(config)
    for warning in (*config.warnings, *doubts):
        print(f"{warning} (warning)", file=sys.stderr)
    if faults:
        raise ConfigError(faults)
    if not quiet:
        click.echo(
            f"{path}: {len(config.sources)} sources, {len(config.channels)} channels, "
            f"{len(config.subscriptions)} subscriptions: all well"
        )
