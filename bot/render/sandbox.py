"""What a template may do: all that a layout needs, and little else of an operator's own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import Any

from jinja2 import (
    Environment,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    nodes,
    pass_environment,
)
from jinja2.filters import FILTERS, do_replace
from jinja2.loaders import BaseLoader
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing, pass_eval_context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from bot.meant import meant

# Of one message by an operator's own templates: characters of any text that is made on the way,
# entries of a list, and turns of loops, calls and inclusions together.
LONGEST, ENTRIES, STEPS = 500_000, 10_000, 50_000

# A layout's filters. None makes markup of text (`safe`, `urlize`, `tojson`), as everything is
# escaped where it is put out; none makes much of little (`center`, `format`, `indent`, `wordwrap`,
# `batch`, `round`, `sum`, `xmlattr`) or something else each time (`random`).
ALLOWED = (
    *("capitalize", "count", "d", "default", "first", "groupby", "items", "last", "length", "list"),
    *("lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr"),
    *("sort", "string", "title", "trim", "truncate", "unique", "upper", "wordcount"),
)
# Methods of texts that give nothing longer than the text; `replace` and `join` are there as
# filters, which count.
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        {
            *("capitalize", "casefold", "count", "endswith", "find", "index", "isalpha", "isdigit"),
            *("islower", "isspace", "isupper", "lower", "lstrip", "partition", "removeprefix"),
            *("removesuffix", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines"),
            *("startswith", "strip", "title", "upper"),
        }
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
_steps: ContextVar[list[int]] = ContextVar("steps")


class TooMuch(ValueError):
    """A template asks for more than any message needs."""


class Missing(StrictUndefined):
    """A name that is not there: whatever is done with it fails, and says what there is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name, held = str(self._undefined_name), self._undefined_obj
        if held is missing:
            return no_such(name, ["view"])
        if isinstance(held, (list, tuple)):
            return f"there is no entry {name} in a list of {len(held)} here"
        if is_dataclass(held):
            return no_such(name, public(type(held)))
        return f"there is no {name!r} in {type(held).__name__} here"


def public(held: Any) -> list[str]:
    """What a template may ask of a dataclass: its fields and properties."""
    properties = [name for name, value in vars(held).items() if isinstance(value, property)]
    return [*(f.name for f in fields(held)), *properties]


def no_such(name: str, known: list[str]) -> str:
    """`there is no 'tilte' (did you mean title?)`."""
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    return f"there is no {shown!r}" + (meant(name, known) or f"; there is {', '.join(known)}")


class Sandbox(ImmutableSandboxedEnvironment):
    """For templates that somebody else wrote: whatever they say, they end soon and stay small.

    They reach the view's public fields and nothing else. What is doubled line by line, in a
    variable, a block, a macro or an inclusion, is measured where it is put together. Each text is
    escaped where it is put out, and nothing undoes that.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        counted = {"join": _join, "replace": _replace, "counted": _counted}
        self.filters = {name: FILTERS[name] for name in ALLOWED} | counted
        self.globals = {
            name: self.globals[name] for name in ("cycler", "dict", "joiner", "namespace", "range")
        }

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator != "+":
            # `"a" * 10**9` would ask for a gigabyte: a layout has no need of any of the three.
            raise ValueError(f"templates cannot use the operator {operator}")
        if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            _bounded(len(left) + len(right), ENTRIES)
        if isinstance(left, str) and isinstance(right, str):
            _bounded(len(left) + len(right))
        return left + right

    def call(__self, __context: Context, __obj: Any, *args: Any, **more: Any) -> Any:
        # Its own arguments are named so that they cannot meet those of a template.
        _step()
        return super().call(__context, __obj, *args, **more)

    def get_template(self, *args: Any, **more: Any) -> Template:
        _step()
        return super().get_template(*args, **more)

    def select_template(self, *args: Any, **more: Any) -> Template:
        _step()
        return super().select_template(*args, **more)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        return None  # no format at all: `"{:999999999}".format(1)`

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if not callable(value) or type(obj).__module__ not in ("builtins", "markupsafe"):
            return True
        return any(isinstance(obj, kind) and attr in names for kind, names in METHODS.items())

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Whatever is made of pieces: a page, a block that is set, what a macro gives."""
        return "".join(_measured(parts))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for number, what in refusals(self, tree):
            raise TemplateSyntaxError(what, number, name, filename)
        _Counting().visit(tree)
        return tree


def refusals(env: Environment, tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line and reason of whatever a template must not use."""
    for node in tree.find_all(nodes.ScopedEvalContextModifier):
        yield node.lineno, "autoescape cannot be switched: every text is escaped"
    for found in tree.find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", {*env.filters} - {"counted"})
        if isinstance(found, nodes.Test):
            kind, known = ("test", {*env.tests})
        if found.name is not None and found.name not in known:
            yield found.lineno, _no_such_filter(kind, found.name, sorted(known))


def _no_such_filter(kind: str, name: str, known: list[str]) -> str:
    if kind == "filter" and name in ("safe", "e", "escape", "forceescape"):
        return f"there is no filter {name!r}: every text is escaped where it is put out"
    there = "is not to be used" if name in FILTERS and kind == "filter" else "is not there"
    hint = meant(name, known) or f"; there is {', '.join(known)}"
    return f"the {kind} {name!r} {there}{hint}"


def environment(
    kind: type[Environment],
    loader: BaseLoader,
    *,
    autoescape: bool,
    finalize: Callable[[object], Markup] | None = None,
) -> Environment:
    """An environment whose output is escaped for HTML, as `finalize` does, or not at all."""
    return kind(
        loader=loader,
        autoescape=autoescape,
        finalize=finalize,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def metered(template: Template, **view: Any) -> str:
    """What a template makes of a view; TooMuch when it takes too many steps or characters."""
    token = _steps.set([STEPS])
    try:
        return template.render(**view)
    finally:
        _steps.reset(token)


# ---------------------------------------------------------------- counting


class _Counting(NodeTransformer):
    """Every loop counts its turns, and `a ~ b` becomes the filter that counts characters."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        whole = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(whole, "join", [], [], None, None, lineno=node.lineno)


def _step() -> None:
    left = _steps.get(None)
    if left is not None:  # None: while templates are compiled
        left[0] -= 1
        if left[0] < 0:
            raise TooMuch(f"takes more than {STEPS:,} steps: are there loops within loops?")


def _counted(given: Iterable[Any]) -> Iterator[Any]:
    for item in given:
        _step()
        yield item


def _bounded(length: int, limit: int = LONGEST) -> None:
    if length > limit:
        raise TooMuch(f"makes more than any message holds: the limit is {limit:,}")


def _measured(parts: Iterable[str]) -> Iterator[str]:
    total = 0
    for part in parts:
        total += len(part)
        _bounded(total)
        yield part


@pass_environment
def _join(env: Environment, given: Iterable[Any], between: Any = "", attribute: Any = None) -> str:
    """As Jinja's own, within the limit, and by the escape of the environment."""
    if attribute is not None:
        given = (env.getitem(item, attribute) for item in given)
    items = list(given)
    _bounded(len(items), LONGEST)
    marked = env.autoescape and any(isinstance(i, Markup) for i in (between, *items))
    if not marked:
        return str(between).join(_spaced(map(str, items), len(str(between))))
    told: Callable[[Any], Any] = env.finalize or escape
    texts = [str(told(item)) for item in items]
    return Markup(str(told(between)).join(_spaced(texts, len(str(told(between))))))


def _spaced(texts: Iterable[str], between: int) -> Iterator[str]:
    total = 0
    for text in texts:
        total += len(text) + between
        _bounded(total)
        yield text


@pass_eval_context
def _replace(context: EvalContext, text: Any, old: Any, new: Any, count: int | None = None) -> str:
    """As Jinja's own, within the limit."""
    found = str(text).count(str(old)) if count is None else min(count, len(str(text)) + 1)
    # Escaped, a character may become five.
    _bounded(len(str(text)) + found * 5 * len(str(new)))
    return do_replace(context, text, old, new, count)
