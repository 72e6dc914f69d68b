"""A YAML file as plain texts, `${ENV}` filled in, and where each of them stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from bot.config.compose import compose, line
from bot.errors import ConfigError, Problem

Loc = tuple[str | int, ...]  # the way to a value: ("subscriptions", 0, "cpv", 1)

MOST_LEVELS = 16  # the config needs six
MOST_REPEATS = 2_000  # values that aliases may stand for: a dozen "&lead" shorthands, never a bomb
MOST_PROBLEMS = 1_000  # a file of another kind altogether must not print a million lines

_TAG = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_VARIABLE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_VARIABLE_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_PIECES = re.compile(r"[\s/:@?&=,;'\"\\]+")  # what parts the words of an address
# Words of an address that tell nothing of what is secret in it, and that a message may need.
_HARMLESS = frozenset({"", "http", "https", "smtp", "smtps", "true", "false", "localhost"})


class Document:
    """What the file says. `data` holds dict, list, str and None (where the file has no value).

    `problems` are the faults of the writing itself; a value with one is skipped by `problem`,
    because whatever else is wrong with it follows from that.
    """

    def __init__(self, file: str, root: yaml.Node, env: Mapping[str, str]) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._root = root
        self._env = env
        self._secrets: dict[str, str] = {}  # a value that came from the environment → `${VAR}`
        self._index: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self._faulty: set[int] = set()
        self._seen: set[int] = set()
        self._repeats = 0
        self._path: list[str | int] = []
        self.data = self._value(root)

    # ------------------------------------------------------------ where things stand

    def problem(
        self, loc: Loc, what: str, *, key: bool = False, missing: str = "", constant: bool = False
    ) -> Problem | None:
        """The problem of the value at `loc` (or of its key), None where one is known already.

        What the file does not hold (`missing` is its name) stands where its nearest parent
        stands. Nothing that came from the environment stays in the text, unless the caller knows
        that nothing of it is there (`constant`).
        """
        names, node, name_node = self._find(loc)
        if id(node) in self._faulty:
            return None
        if missing:
            names.append(missing)
        mark = (name_node if key and name_node is not None else node).start_mark
        return self._problem(mark, _where(names), what if constant else self.hide(what))

    def written(self, loc: Loc) -> str | None:
        """The text at `loc` as the file has it, `${VAR}` and all; None where it is no text."""
        node = self._find(loc)[1]
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def bare(self, loc: Loc) -> bool:
        """Whether nothing is written at `loc`: no text, no entry."""
        return not self._find(loc)[1].value

    def kind(self, loc: Loc) -> str:
        """What stands at `loc`, in words."""
        node = self._find(loc)[1]
        if isinstance(node, yaml.MappingNode):
            return "keys and values"
        return "a list" if isinstance(node, yaml.SequenceNode) else "a single text"

    def masked(self, value: Any) -> Any:
        """The same value, with nothing in its texts that came from the environment."""
        if isinstance(value, dict):
            return {name: self.masked(held) for name, held in value.items()}
        if isinstance(value, list):
            return [self.masked(held) for held in value]
        return self.hide(value) if isinstance(value, str) else value

    def hide(self, text: str) -> str:
        """`text` without anything that came from the environment."""
        for value, name in sorted(self._secrets.items(), key=lambda item: -len(item[0])):
            text = _hidden(text, value, name)
        return text

    def _find(self, loc: Loc) -> tuple[list[str | int], yaml.Node, yaml.Node | None]:
        """The way to the nearest value that the file holds, that value, and its key.

        A validator's way also names branches of unions and items of a text that was taken for a
        list of one; what is not in the file is passed over.
        """
        node: yaml.Node = self._root
        name_node: yaml.Node | None = None
        names: list[str | int] = []
        for part in loc:
            if isinstance(node, yaml.MappingNode) and isinstance(part, str):
                if found := self._keys(node).get(part):
                    name_node, node = found
                    names.append(part)
            elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
                node, name_node = node.value[part], None
                names.append(part)
        return names, node, name_node

    def _keys(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if id(node) not in self._index:
            pairs = [(name, value) for name, value in node.value]
            self._index[id(node)] = {
                name.value: (name, value)
                for name, value in reversed(pairs)  # the first of two keys holds
                if isinstance(name, yaml.ScalarNode)
            }
        return self._index[id(node)]

    def _problem(self, mark: Any, where: str, what: str) -> Problem:
        return Problem(self.file, mark.line + 1, mark.column + 1, line(where), line(what))

    # ------------------------------------------------------------ what they say

    def _value(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._text(node)
        if len(self._path) > MOST_LEVELS:
            self._refuse(node, f"is nested more than {MOST_LEVELS} levels deep")
        self._repeat(node, len(node.value))
        if isinstance(node, yaml.SequenceNode):
            if node.tag != f"{_TAG}seq":
                self._tag(node)
            return list(self._items(node))
        assert isinstance(node, yaml.MappingNode)  # YAML has no fourth kind
        if node.tag != f"{_TAG}map":
            self._tag(node)
        return self._mapping(node)

    def _items(self, node: yaml.SequenceNode) -> Iterator[Any]:
        path = self._path
        path.append(0)
        for number, item in enumerate(node.value):
            path[-1] = number
            yield self._value(item)
        path.pop()

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        path = self._path
        path.append("")
        held: dict[str, Any] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode) or name.tag != f"{_TAG}str":
                path[-1] = "?"
                self._fault(name, "a key must be plain text")
                continue
            path[-1] = name.value
            if name.value in held:
                first = self._keys(node)[name.value][0].start_mark
                stands = f"line {first.line + 1}, column {first.column + 1}"
                self._fault(name, f"is given twice: first at {stands}; keep one")
                continue
            held[name.value] = self._value(value)
        path.pop()
        return held

    def _text(self, node: yaml.ScalarNode) -> str | None:
        if node.tag != f"{_TAG}str":
            self._tag(node)
        text: str = node.value
        if not node.style and text in _NULLS:  # plain: not in quotes, not a block
            advice = f', or write "{text}" in quotes if that is a text' if text else ""
            self._fault(node, f"has no value: write one, remove the line{advice}")
            return None
        if "$" not in text:
            return text
        self._repeat(node, 1)
        return _VARIABLE.sub(lambda found: self._variable(node, found), text)

    def _variable(self, node: yaml.Node, found: re.Match[str]) -> str:
        whole, inside = found[0], found[1]
        if whole == "$${":
            return "${"
        if inside is None:
            self._fault(node, "has a ${ without its }; write $${ for a plain ${")
            return whole
        named = _VARIABLE_NAME.fullmatch(inside)
        if named is None:
            self._fault(node, f"${{{inside[:60]}}} is not ${{VAR}} or ${{VAR:-default}}")
            return whole
        name, default = named.groups()
        value = self._env.get(name, "")
        if not value:
            if default is None:
                state = "empty" if name in self._env else "not set"
                self._fault(node, f"the environment variable {name} is {state}")
                return whole  # a text stands in for it, so that nothing else seems to be missing
            return str(default)
        self._secrets[value] = f"${{{name}}}"
        return value

    def _tag(self, node: yaml.Node) -> None:
        self._fault(node, "has a tag (!…); tags are refused, remove it")

    def _repeat(self, node: yaml.Node, cost: int) -> None:
        if id(node) in self._seen:
            self._repeats += cost + 1
            if self._repeats > MOST_REPEATS:
                self._refuse(node, f"aliases (*…) repeat more than {MOST_REPEATS:,} values")
        self._seen.add(id(node))

    def _fault(self, node: yaml.Node, what: str) -> None:
        self._faulty.add(id(node))
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(self._problem(node.start_mark, _where(self._path), what))

    def _refuse(self, node: yaml.Node, what: str) -> NoReturn:
        self._fault(node, what)
        raise ConfigError(self.problems)


def read(path: Path, env: Mapping[str, str]) -> Document:
    """The file at `path`, `${VAR}` and `${VAR:-default}` filled in from `env`.

    ConfigError when it is not YAML or is built to exhaust its reader; every lesser fault is kept in
    the document's `problems`.
    """
    return Document(str(path), compose(path), env)


def _hidden(text: str, secret: str, name: str) -> str:
    """`text` with `name` for the secret, for any word of it, and for any eight characters of it.

    A validator may repeat a piece of an address: its password, its host, its beginning.
    """
    forms = {secret, repr(secret)[1:-1]}
    for form in forms:
        for quote in "'\"`":
            text = text.replace(f"{quote}{form}{quote}", name)
    for piece in sorted({*forms, *_PIECES.split(secret)}, key=len, reverse=True):
        if len(piece) >= 4 and piece.lower() not in _HARMLESS:
            text = text.replace(piece, name)
    known = {form[at : at + 8] for form in forms for at in range(len(form) - 7)}
    shown, at = "", 0
    while at < len(text):
        end = at
        while text[end : end + 8] in known:
            end += 1
        run = text[at : end + 7] if end > at else text[at]
        shown += name if end > at and set(_PIECES.split(run.lower())) - _HARMLESS else run
        at += len(run)
    return shown


def _where(path: list[str | int]) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if len(part) <= 60 else f"{part[:60]}…")
    return text or "file"
