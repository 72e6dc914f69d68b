"""`check`: the config, every fault at once. Touches the config file."""

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
    """Every fault of the config, as file:line:column: where: what. Exit 2 if there is any."""
    from bot import app

    if schema:
        click.echo(json.dumps(app.schema(), indent=2))
        return
    config = app.load(path)
    for warning in config.warnings:
        print(f"{warning} (warning)", file=sys.stderr)
    if not quiet:
        click.echo(
            f"{path}: {len(config.sources)} sources, {len(config.channels)} channels, "
            f"{len(config.subscriptions)} subscriptions: all well"
        )
