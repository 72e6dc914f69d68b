"""A YAML file as nodes that know their place, or why it is none. Reads one file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError, Problem

MOST_BYTES = 1 << 20

# No resolvers and no constructors: a scalar stays the text that was written (CPV 03111100,
# region NO, 12:30, 0x10), and no tag can build anything.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# YAML 1.2 section 5.1: what a stream may hold, without the byte order mark.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def compose(path: Path) -> yaml.Node:
    """The root node of the one document in the file at `path`.

    ConfigError when the file cannot be read, is over 1 MB, is not UTF-8, not YAML, or is empty.
    """
    file = str(path)
    text = _characters(file, _bytes(file, path))
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax(file, text, error)]) from None
    except (yaml.YAMLError, RecursionError):  # the second from the loader without libyaml
        raise ConfigError([_whole(file, "is not YAML, or is nested too deeply")]) from None
    if root is None:
        raise ConfigError([_whole(file, "is empty: it needs sources, channels and subscriptions")])
    return root


def line(text: str) -> str:
    """`text` on one line, without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def _whole(file: str, what: str, number: int = 1, column: int = 1) -> Problem:
    return Problem(file, number, column, "file", what)


def _bytes(file: str, path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        why = error.strerror if isinstance(error, OSError) and error.strerror else "bad file name"
        raise ConfigError([_whole(file, f"cannot be read: {why}")]) from None
    if len(raw) > MOST_BYTES:
        raise ConfigError([_whole(file, f"is larger than the limit of {MOST_BYTES:,} bytes")])
    return raw


def _characters(file: str, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        raise ConfigError([_whole(file, "is not UTF-8 text here", *_place(before))]) from None
    if found := _UNPRINTABLE.search(text):
        what = f"holds the control character U+{ord(found[0]):04X} here; remove it"
        raise ConfigError([_whole(file, what, *_place(text[: found.start()]))])
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column of what follows `before`, both from 1."""
    lines = _BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def _syntax(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    number, column = (mark.line, mark.column) if mark else (0, 0)
    what = f"is not YAML: {error.problem}"
    if error.context and error.context_mark and error.context_mark.line != number:
        what += f" ({error.context} that begins on line {error.context_mark.line + 1})"
    here = "".join(_BREAK.split(text)[number : number + 1])
    if "${" in here:
        what += '; inside [ ] or { } a variable stands in quotes: "${VAR}"'
    if here[column : column + 1] == "\t":
        what = "has a tab here: YAML is indented with spaces"
    return _whole(file, line(what), number + 1, column + 1)
