"""An operator's own templates tried with every kind of message, and their faults. Reads files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, TemplateError, nodes

from bot.errors import Problem
from bot.meant import meant
from bot.render.example import DIGESTS, KINDS, entries, scant, view_of
from bot.render.layouts import TEMPLATES, Layouts, reached
from bot.render.own import SUFFIX, Failure, Own, read
from bot.render.sandbox import no_such, public, refusals
from bot.render.told import DigestView, View


def faults(folder: Path, zone: ZoneInfo, notifiers: Collection[str]) -> list[Problem]:
    """What fails when each of these notifiers tells every kind of message, each fault once.

    Of a name that is not there it does not matter whether a sample comes to its line.
    """
    own = read(folder)
    layouts = Layouts(own)
    found: defaultdict[Failure, list[str]] = defaultdict(list)
    for failure in _unusable(own, layouts):
        found[failure] = []
    torn = {failure.template for failure in found}
    for failure in _unknown(own, layouts, notifiers):
        found[failure] = []
    for kind, failure in _tried(own, layouts, zone, notifiers):
        # What cannot be parsed is told once, and not by each that includes it.
        if failure.template not in torn and kind not in found[failure]:
            found[failure].append(kind)
    told = (
        Problem(str(own.folder / f.template), f.line, 1, _where(kinds), f.what)
        for f, kinds in found.items()
    )
    return sorted(told, key=lambda p: (p.file, p.line, p.what))


def doubts(folder: Path, notifiers: Collection[str]) -> list[Problem]:
    """Files of the folder that none of these notifiers looks for: mistakes that do no harm."""
    own = read(folder)
    layouts = Layouts(own)
    names = sorted(set(_names(layouts, notifiers)))
    used = {name for n in notifiers for kind in KINDS for name in layouts.used(n, kind)}
    odd = [name for name in own.names if name not in used and name not in names]
    # A read-me is welcome; a template without its suffix is not.
    odd += [name for name in own.others if f"{name}{SUFFIX}" in names]
    return [
        Problem(
            str(own.folder / name),
            1,
            1,
            "template",
            f"no notifier looks for it{_hint(name, names)}",
        )
        for name in odd
    ]


def _hint(name: str, names: list[str]) -> str:
    return meant(name, names) or meant(f"{name}{SUFFIX}", names)


def _names(layouts: Layouts, notifiers: Collection[str]) -> Iterator[str]:
    """Every name that one of these notifiers looks for."""
    for notifier in notifiers:
        for part in layouts.kinds_of(notifier):
            for kind in KINDS:
                yield from layouts.lookups(notifier, kind, part)


def _where(kinds: list[str]) -> str:
    shown = kinds[:3] + ([f"{len(kinds) - 3} more"] if len(kinds) > 3 else [])
    return ", ".join(shown) or "template"


# ---------------------------------------------------------------- what each file says


def _unusable(own: Own, layouts: Layouts) -> Iterator[Failure]:
    """What cannot be parsed, or asks for what a template must not use."""
    env = layouts.environment("console", "text")
    for name in own.names:
        try:
            env.get_template(name)
        except TemplateError as error:
            found = own.failure(error) or Failure(name, 1, str(error))
            asked = [Failure(name, *refused) for refused in refusals(env, _tree(own, name))]
            yield from asked if found in asked else [found]


def _tree(own: Own, name: str) -> nodes.Template:
    """What a template says, be it allowed or not; nothing where that cannot be read."""
    file = TEMPLATES / name
    text = own.texts.get(name) or (file.read_text(encoding="utf-8") if file.is_file() else "")
    try:
        return Environment().parse(text, name)
    except TemplateError:
        return nodes.Template([])


# Names that Jinja itself gives, some of them within a loop or a macro alone.
_ALWAYS = ("view", "loop", "caller", "varargs", "kwargs", "self", "super")


def _unknown(own: Own, layouts: Layouts, notifiers: Collection[str]) -> Iterator[Failure]:
    """Names that are nowhere: in a template that is looked for, and of the view in any."""
    env = layouts.environment("console", "text")
    entries = set(_names(layouts, notifiers))
    for name in own.texts:
        tree = _tree(own, name)
        if name in entries:  # what is included may be given more by what includes it
            given = {*_ALWAYS, *env.globals}
            for part in reached(env, name):
                given |= _given(_tree(own, part))
            asked = {n.name: n.lineno for n in reversed([*tree.find_all(nodes.Name)])}
            for unknown in sorted(set(asked) - given):
                yield Failure(name, asked[unknown], no_such(unknown, ["view"]))
        yield from _not_of_the_view(name, tree)


def _given(tree: nodes.Template) -> set[str]:
    """The names that a template gives: a block may use what is set outside of it."""
    names = {n.name for n in tree.find_all(nodes.Name) if n.ctx != "load"}
    names |= {macro.name for macro in tree.find_all(nodes.Macro)}
    names |= {found.target for found in tree.find_all(nodes.Import)}
    for found in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in found.names}
    return names


def _not_of_the_view(name: str, tree: nodes.Template) -> Iterator[Failure]:
    kind = name.partition("/")[2].partition(".")[0]
    # What serves several kinds may ask for what any of them holds: it is tried with each.
    held = [View] * (kind != DIGESTS) + [DigestView] * (kind == DIGESTS or kind not in KINDS)
    known = list(dict.fromkeys(field for view in held for field in public(view)))
    aliases = {"view"} | {
        assigned.target.name
        for assigned in tree.find_all(nodes.Assign)
        if isinstance(assigned.target, nodes.Name)
        and isinstance(assigned.node, nodes.Name)
        and assigned.node.name == "view"
    }
    for asked in tree.find_all(nodes.Getattr):
        of_view = isinstance(asked.node, nodes.Name) and asked.node.name in aliases
        if of_view and asked.attr not in known:
            yield Failure(name, asked.lineno, no_such(asked.attr, known))


# ---------------------------------------------------------------- what each message becomes

_NEEDED = frozenset({"subject", "header", "text", "html"})


def _tried(
    own: Own, layouts: Layouts, zone: ZoneInfo, notifiers: Collection[str]
) -> Iterator[tuple[str, Failure]]:
    """The kind of message and what failed in it, by samples that say much and that say little."""
    for notifier in sorted(notifiers):
        for kind in KINDS:
            for what, given in ((kind, entries(kind)), *scant(kind)):
                told = view_of(kind, given, zone)
                for part in layouts.kinds_of(notifier):
                    for failure in _failing(own, layouts, (notifier, kind, part), told):
                        yield what, failure


def _failing(
    own: Own, layouts: Layouts, place: tuple[str, str, str], told: View | DigestView
) -> Iterator[Failure]:
    """What is wrong with one part of a message: `place` is its notifier, its kind and the part."""
    entry = _first(layouts.lookups(*place), own.names)
    try:
        text = layouts.part(*place, told)
    except Exception as error:
        # A built-in one may fail for what an own one gives it, or takes from it.
        blamed = _first(layouts.used(*place[:2]), own.names)
        yield own.failure(error) or Failure(
            blamed, 1, f"a built-in template fails with it: {error}"
        )
    else:
        # Other parts may well be empty, as the facts of a message that has none; and so may the
        # text be of one that has a header and more besides.
        spare = {"text"} if "header" in layouts.kinds_of(place[0]) else set()
        if entry and not text and place[2] in _NEEDED - spare:
            yield Failure(entry, 1, f"makes an empty {place[2]}")


def _first(names: Collection[str], among: Collection[str]) -> str:
    return next((name for name in names if name in among), "")
