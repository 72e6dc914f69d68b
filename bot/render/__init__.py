"""A delivery becomes a message, laid out by its notifier's templates. Pure but for reading them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import escape

from bot.calendar import attachments
from bot.contract import Message
from bot.filters import cut, line, mrkdwn
from bot.model import Event
from bot.render.digest import ITEMS, SLACK_ITEMS, Digest, digest_view, titles
from bot.render.facts import Later, in_flight, together
from bot.render.layouts import ESCAPED, SUBJECT, Layouts, tidy
from bot.render.own import Failure, Own, read
from bot.render.state import State
from bot.render.told import View
from bot.render.view import view
from bot.wants import Delivery


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one of the operator's own templates."""

    template: str  # its name: "slack/default.text.j2"
    version: str  # the same as long as its text is
    failed: str  # file, line and reason; "" where it worked


class Renderer:
    """The templates, compiled once, and the zone in which times are told.

    Those of `own`, a folder, stand in for the built-in ones of the same names; a message that they
    fail to make is made by the built-in ones alone. OSError when the folder cannot be listed.
    """

    def __init__(self, zone: ZoneInfo, own: Path | None = None) -> None:
        self._zone = zone
        self._built_in = Layouts()
        self._own = read(own) if own else None
        self._mixed = Layouts(self._own) if self._own else None
        self._judged: set[tuple[str, bool]] = set()
        self._untold: deque[Verdict] = deque()

    def render(
        self,
        notifier: str,
        event: Event,
        delivery: Delivery,
        now: datetime,
        *,
        attempts: int = 1,
        state: State | None = None,
    ) -> Message:
        """The message of one event for one recipient, worded for `now` (UTC).

        `state` is how the record stands, for a message that is kept up to date. A notifier with no
        templates of its own gets the console's. `attempts` counts this one.
        """
        told = self.view(event, delivery, now, state)
        parts = self._laid_out(notifier, event.name, told)
        # What goes with a message is said by its templates, so that another may leave it out.
        calendar = parts.pop("attach", "") == "calendar" and event.record
        return Message(
            key=delivery.key,
            recipient=delivery.recipient,
            parts=parts,
            at=now,
            links=told.links,
            attachments=attachments(event, calendar, now, self._zone) if calendar else (),
            facts=in_flight(delivery, event, now, attempts),
        )

    def view(
        self, event: Event, delivery: Delivery, now: datetime, state: State | None = None
    ) -> View:
        """What the templates of a message are given as `view`."""
        return view(event, delivery, now, self._zone, state)

    def verdicts(self) -> list[Verdict]:
        """What is newly known of the own templates: each that failed, or worked, is named once."""
        found = []
        while self._untold:
            found.append(self._untold.popleft())
        return found

    def _laid_out(self, notifier: str, name: str, told: object) -> dict[str, str]:
        """Each part of a message by its template, which sees `told` as `view`."""
        if self._own is None or self._mixed is None:
            return self._built_in.parts(notifier, name, told)
        used = self._mixed.used(notifier, name)
        try:
            parts = self._mixed.parts(notifier, name, told)
        except Exception as error:
            # Where these fail as well, the facts are at fault and not the own templates.
            parts = self._built_in.parts(notifier, name, told)
            found = self._own.failure(error) or Failure((*used, "?")[0], 1, str(error))
            where = f"{self._own.folder / found.template}:{found.line}"
            self._judge(self._own, found.template, f"{where}: {found.what}")
            return parts
        for template in used:
            self._judge(self._own, template, "")
        return parts

    def _judge(self, own: Own, template: str, failed: str) -> None:
        key = template, bool(failed)
        if key not in self._judged:
            self._judged.add(key)
            self._untold.append(Verdict(template, own.version(template), failed))

    def digest(self, notifier: str, digest: Digest, now: datetime) -> Message:
        """The message of a digest, worded for `now` (UTC)."""
        most = SLACK_ITEMS if notifier == "slack" else ITEMS
        told = digest_view(digest, now, self._zone, most)
        parts = self._laid_out(notifier, "digest", told)
        parts.pop("attach", "")
        return _of_digest(digest, parts, now)

    def plain_digest(self, notifier: str, digest: Digest, now: datetime) -> Message:
        """As `plain`: the titles and the addresses."""
        parts = _unadorned(notifier, *titles(digest, now, self._zone))
        return _of_digest(digest, parts, now)

    def plain(
        self, notifier: str, event: Event, delivery: Delivery, now: datetime, *, attempts: int = 1
    ) -> Message:
        """What can be told without templates: better than silence when one of them fails."""
        facts = event.record.facts if event.record else None
        title = cut(line(facts.title or ""), SUBJECT) if facts else ""
        subject = f"{event.name}: {title}" if title else str(event.name)
        link = (facts.url or "") if facts else ""
        why = "; ".join(match.reason for match in delivery.matches)
        return Message(
            key=delivery.key,
            recipient=delivery.recipient,
            parts=_unadorned(notifier, subject, "\n".join(filter(None, (subject, link, why)))),
            at=now,
            facts=in_flight(delivery, event, now, attempts),
        )


def _of_digest(digest: Digest, parts: Mapping[str, str], now: datetime) -> Message:
    def facts() -> Mapping[str, Any]:
        told = [in_flight(delivery, event, now) for event, delivery in digest.entries]
        return together(digest.key, told)

    return Message(
        key=digest.key,
        recipient=digest.recipient,
        parts=parts,
        at=now,
        facts=Later(facts),
    )


def _unadorned(notifier: str, subject: str, text: str) -> dict[str, str]:
    text = tidy(text)
    told = str(mrkdwn(text)) if notifier == ESCAPED else text
    return {"subject": subject, "text": told, "html": f"<pre>{escape(text)}</pre>"}
