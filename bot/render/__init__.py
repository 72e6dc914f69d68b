"""A delivery becomes a message, laid out by its notifier's templates. Pure but for reading them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from bot.contract import Message
from bot.filters import cut, line, mrkdwn
from bot.model import Delivery, Event
from bot.render.facts import in_flight
from bot.render.view import view

SUBJECT = 200
_HERE = Path(__file__).resolve().parent.parent
# In the wheel the templates lie inside the package; in a checkout at the top.
TEMPLATES = next(
    path for path in (_HERE / "templates", _HERE.parent / "templates") if path.is_dir()
)
_LINES = re.compile(r"\n{3,}")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates reach the view's public fields and nothing else; sums of strings stay small."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        # `"a" * 10**9` would ask for a gigabyte: a layout has no need of any of the three.
        raise ValueError(f"templates cannot use the operator {operator}")


class Renderer:
    """The templates, compiled once, and the zone in which times are told."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        loader = FileSystemLoader(TEMPLATES)
        self._html = _sandbox(loader, autoescape=True)
        # With autoescape on, whatever is no Markup yet is escaped on output: `finalize` comes first
        # and makes Slack's escape of it, so that no template can forget it.
        self._mrkdwn = _sandbox(loader, autoescape=True, finalize=mrkdwn)
        self._plain = _sandbox(loader, autoescape=False)
        self._parts = _parts(TEMPLATES)

    def render(
        self, notifier: str, event: Event, delivery: Delivery, now: datetime, *, attempts: int = 1
    ) -> Message:
        """The message of one event for one recipient, worded for `now` (UTC).

        A notifier with no templates of its own gets the console's. `attempts` counts this one.
        """
        folder = notifier if notifier in self._parts else "console"
        told = view(event, delivery, now, self._zone)
        parts = {}
        for part in self._parts[folder]:
            text = self._template(folder, event.name, part).render(view=told)
            parts[part] = cut(line(text), SUBJECT) if part == "subject" else _tidy(text)
        return Message(
            key=delivery.key,
            recipient=delivery.recipient,
            parts=parts,
            at=now,
            facts=in_flight(delivery, event, now, attempts),
        )

    def plain(
        self, event: Event, delivery: Delivery, now: datetime, *, attempts: int = 1
    ) -> Message:
        """What can be told without templates: better than silence when one of them fails."""
        facts = event.record.facts if event.record else None
        title = cut(line(facts.title or ""), SUBJECT) if facts else ""
        subject = f"{event.name}: {title}" if title else str(event.name)
        link = (facts.url or "") if facts else ""
        why = "; ".join(match.reason for match in delivery.matches)
        text = _tidy("\n".join(filter(None, (subject, link, why))))
        parts = {
            "subject": subject,
            "text": str(mrkdwn(text)),
            "html": f"<pre>{escape(text)}</pre>",
        }
        return Message(
            key=delivery.key,
            recipient=delivery.recipient,
            parts=parts,
            at=now,
            facts=in_flight(delivery, event, now, attempts),
        )

    def _template(self, folder: str, name: str, part: str) -> Template:
        env = self._plain
        if part == "html":
            env = self._html
        elif folder == "slack" and part != "subject":
            env = self._mrkdwn
        return env.select_template([f"{folder}/{name}.{part}.j2", f"{folder}/default.{part}.j2"])


def _parts(root: Path) -> Mapping[str, tuple[str, ...]]:
    """The parts of each notifier's messages: those of which it has a default."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        names = sorted(path.name.split(".")[1] for path in folder.glob("default.*.j2"))
        if names:
            found[folder.name] = tuple(names)
    return found


def _sandbox(
    loader: FileSystemLoader,
    *,
    autoescape: bool,
    finalize: Callable[[object], Markup] | None = None,
) -> _Sandbox:
    return _Sandbox(
        loader=loader,
        autoescape=autoescape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _tidy(text: str) -> str:
    return _LINES.sub("\n\n", "\n".join(part.rstrip() for part in text.split("\n"))).strip()
