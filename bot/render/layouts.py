"""Which templates make a message's parts, and in which escape each is written. Reads files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, Template, TemplateError
from jinja2.loaders import BaseLoader
from jinja2.meta import find_referenced_templates

from bot.filters import cut, line, mrkdwn
from bot.render.own import Own
from bot.render.sandbox import Sandbox, environment, metered

SUBJECT = 200
# Parts that are plain text of one line, whatever the notifier.
OF_ONE_LINE = frozenset({"subject", "header"})
# The notifier whose texts are written in mrkdwn.
ESCAPED = "slack"
# A notifier with no templates of its own gets these.
USUAL = "console"
_HERE = Path(__file__).resolve().parent.parent
# In the wheel the templates lie inside the package; in a checkout at the top.
TEMPLATES = next(
    path for path in (_HERE / "templates", _HERE.parent / "templates") if path.is_dir()
)
_LINES = re.compile(r"\n{3,}")


class Layouts:
    """The templates of all notifiers: those built in, or those with an operator's own among them.

    Own templates are kept to what a layout needs, and so is all that they include. Those built in
    need no watching, which would cost more than the rest of their work.
    """

    def __init__(self, own: Own | None = None) -> None:
        self._own = own
        kind: type[Environment] = Sandbox if own else Environment
        loader: BaseLoader = FileSystemLoader(TEMPLATES)
        if own:
            loader = ChoiceLoader([own.loader(), loader])
        self._html = environment(kind, loader, autoescape=True)
        # With autoescape on, whatever is no Markup yet is escaped on output: `finalize` comes first
        # and makes Slack's escape of it, so that no template can forget it.
        self._mrkdwn = environment(kind, loader, autoescape=True, finalize=mrkdwn)
        self._plain = environment(kind, loader, autoescape=False)
        self._parts = _parts(TEMPLATES)
        self._used: dict[tuple[str, str], tuple[str, ...]] = {}

    def parts(self, notifier: str, name: str, told: object) -> dict[str, str]:
        """Each part of a notifier's message of that kind; templates see `told` as `view`."""
        return {part: self.part(notifier, name, part, told) for part in self.kinds_of(notifier)}

    def part(self, notifier: str, name: str, part: str, told: object) -> str:
        """One part, by its template."""
        env = self.environment(notifier, part)
        template = env.select_template(self.lookups(notifier, name, part))
        text = self._rendered(template, told)
        return cut(line(text), SUBJECT) if part in OF_ONE_LINE else tidy(text)

    def kinds_of(self, notifier: str) -> tuple[str, ...]:
        """The parts of a notifier's messages."""
        return self._parts.get(notifier, self._parts[USUAL])

    def lookups(self, notifier: str, name: str, part: str) -> list[str]:
        """The names under which a template is looked for: the first that is there is taken."""
        folders = [notifier] if notifier in self._parts else [notifier, USUAL]
        return [f"{folder}/{kind}.{part}.j2" for folder in folders for kind in (name, "default")]

    def environment(self, notifier: str, part: str) -> Environment:
        """In which a part's template is compiled, and so how its texts are escaped."""
        if part == "html":
            return self._html
        escaped = notifier == ESCAPED and part not in OF_ONE_LINE
        return self._mrkdwn if escaped else self._plain

    def used(self, notifier: str, name: str) -> tuple[str, ...]:
        """The own templates that a message of that kind is made with."""
        if (notifier, name) not in self._used:
            found: dict[str, None] = {}
            for part in self.kinds_of(notifier):
                env = self.environment(notifier, part)
                for entry in self.lookups(notifier, name, part):
                    if parts := list(reached(env, entry)):
                        found |= dict.fromkeys(parts)
                        break
            own = self._own.names if self._own else []
            self._used[notifier, name] = tuple(name for name in found if name in own)
        return self._used[notifier, name]

    def _rendered(self, template: Template, told: object) -> str:
        return metered(template, view=told) if self._own else template.render(view=told)


def reached(env: Environment, name: str, seen: set[str] | None = None) -> Iterator[str]:
    """A template and those that it includes, extends or imports by name; none if it is not there.

    What cannot be parsed includes nothing.
    """
    seen = set() if seen is None else seen
    if name in seen or env.loader is None:
        return
    seen.add(name)
    try:
        source, _, _ = env.loader.get_source(env, name)
    except TemplateError as error:
        if getattr(error, "lineno", None):
            yield name
        return
    yield name
    try:
        further = [found for found in find_referenced_templates(env.parse(source)) if found]
    except TemplateError:
        return
    for found in further:
        yield from reached(env, found, seen)


def _parts(root: Path) -> Mapping[str, tuple[str, ...]]:
    """The parts of each notifier's messages: those of which it has a default."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        names = sorted(path.name.split(".")[1] for path in folder.glob("default.*.j2"))
        if names:
            found[folder.name] = tuple(names)
    return found


def tidy(text: str) -> str:
    """Without spaces that end a line, and with one empty line where there are several."""
    return _LINES.sub("\n\n", "\n".join(map(str.rstrip, text.split("\n")))).strip()
