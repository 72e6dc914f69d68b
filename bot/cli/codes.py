"""`codes`: CPV codes and regions for a subscription. Reads the config and the database, if any."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bot import codes as lookup
from bot.cli.common import as_json, clean, line, options

SHOWN = 20  # lines of a terminal; the rest is counted
_INDENT = 10


@click.command(epilog="Example: tenderbell codes cpv social work; tenderbell codes region L1")
@click.argument("kind", type=click.Choice(["cpv", "region"]))
@click.argument("words", nargs=-1)
@as_json
@options
@click.pass_context
def codes(
    ctx: click.Context,
    path: Path,
    kind: str,
    words: tuple[str, ...],
    json_: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Find CPV codes or regions by WORDS, or show a code's place in the tree and what is below it.

    Every word must occur; the beginning of a word is enough. Without words: the top of the tree.
    Labels of CPV codes below the groups are learned from the notices that were read. Exit 1 if
    nothing is found.
    """
    asked = " ".join(words).strip()
    try:
        node = (lookup.cpv_node if kind == "cpv" else lookup.region_node)(asked) if asked else None
    except ValueError as error:
        click.echo(clean(str(error)), err=True)
        return 1
    named = () if node is None else (node,)
    if kind == "cpv":
        given = ctx.get_parameter_source("path") is not click.core.ParameterSource.DEFAULT
        tree = lookup.cpv_tree(_learned(path, given=given, verbose=verbose), *named)
    else:
        tree = lookup.region_tree(*named)
    found, below = _found(tree, node, asked)
    if json_:
        for entry in (*found, *below):
            line(_facts(tree, entry))
    else:
        if node is not None and kind == "region" and asked.upper() not in (node, f"TL{node[2:]}"):
            click.echo(f"{clean(asked)} is read as {node}:")
        _print(tree, found, below, asked)
    if not found:
        hint = lookup.meant(tree, asked)
        near = f"did you mean {hint}?" if hint else f"`tenderbell codes {kind}` shows the top"
        click.echo(f"nothing is called {clean(asked)!r}: {near}", err=True)
    return 0 if found else 1


def _found(
    tree: lookup.Tree, node: str | None, asked: str
) -> tuple[list[lookup.Entry], list[lookup.Entry]]:
    """What answers, and what is below it where that was asked for."""
    if node is not None:
        return [tree.entries[node]], tree.below(node)
    return (lookup.find(tree, asked) if asked else _top(tree)), []


def _top(tree: lookup.Tree) -> list[lookup.Entry]:
    if tree.kind == "cpv":
        return sorted((e for e in tree.entries.values() if not e.parents), key=lambda e: e.code)
    home = [tree.entries["UK"], *tree.below("UK"), *tree.below("ENG")]
    return [*home, *(tree.entries[node] for node in ("EU", "EUROPE", "ROW"))]


# ---------------------------------------------------------------- how it is told


def _facts(tree: lookup.Tree, entry: lookup.Entry) -> dict[str, object]:
    return {
        "code": entry.code,
        "label": entry.label,
        "parents": [tree.code(node) for node in entry.parents],
        "aliases": list(entry.aliases),
        "write": entry.write,
    }


def _print(
    tree: lookup.Tree, found: list[lookup.Entry], below: list[lookup.Entry], asked: str
) -> None:
    for entry in found if not asked else found[:SHOWN]:
        for text in _lines(tree, entry, whole=bool(asked)):
            click.echo(text)
    if asked and len(found) > SHOWN:
        click.echo(f"and {len(found) - SHOWN} more: add a word, or ask with --json")
    for entry in below:
        click.echo(f"  {entry.code:<{_INDENT}}{clean(entry.label)}")
    if found:
        click.echo(f"In config.yaml:  {tree.kind}: [{found[0].write}]{_means(found[0])}")


def _lines(tree: lookup.Tree, entry: lookup.Entry, *, whole: bool) -> Iterator[str]:
    unnamed = "(no label is known here)" if tree.kind == "cpv" else "(no name is known here)"
    yield f"{entry.code:<{_INDENT}}{clean(entry.label) or unnamed}"
    around = [node for node in entry.parents if node not in lookup.VAST]
    if whole and entry.aliases:
        yield f"{'':{_INDENT}}also {clean(', '.join(entry.aliases))}"
    if whole and around:
        places = (f"{tree.code(node)} {tree.label(node)}".strip() for node in around)
        yield f"{'':{_INDENT}}in {clean(' < '.join(places))}"


def _means(entry: lookup.Entry) -> str:
    return f"   # {clean(entry.label)}, and all below it" if entry.label else "   # all below it"


# ---------------------------------------------------------------- what notices taught


def _learned(path: Path, *, given: bool, verbose: bool) -> dict[str, str]:
    """Labels from the database that the config names; none where anything of that is missing.

    Nothing is made and nothing fails for want of them: the tables of the package answer as well.
    """
    if not path.is_file():
        if given:
            click.echo(f"{path}: no such file, so no label is learned from notices", err=True)
        return {}
    # Imported here: without a config file, the answer needs neither YAML nor a database.
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from bot.config import document
    from bot.config.options import FileKeys
    from bot.errors import ConfigError
    from bot.store.engine import look, reading
    from bot.store.labels import labels

    try:
        # Not the whole config: whoever looks up a code is writing one, and it may be half done.
        held = document.read(path, os.environ)
        stated = held.data.get("database") if isinstance(held.data, dict) else None
        engine = look(str(stated or FileKeys.model_fields["database"].default))
        with reading(engine) as connection:
            found = labels(connection)
        engine.dispose()
        return found
    except (ConfigError, SQLAlchemyError) as error:
        if verbose:
            print(f"no label is learned from notices: {type(error).__name__}", file=sys.stderr)
        return {}
