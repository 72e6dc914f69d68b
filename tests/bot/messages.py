"""Messages about awkward notices, as they are and as they were approved. Reads files.

`python -m tests.bot.messages` writes what is expected anew: read the difference first.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import posted
from bot.contract import Message
from bot.model import Award, Buyer, Change, Event, Lot, Value
from bot.render import Renderer
from bot.render.example import KINDS, entries, message_of
from bot.samples import bare
from bot.wants import Match

DATA = Path(__file__).parent / "data" / "messages"
CHANNELS = ("console", "email", "slack")
RENDERER = Renderer(ZoneInfo("Europe/London"))
# Whatever a text might try in a mail, a page or Slack; `\r\nBcc:` would be a header of its own.
ATTACK = (
    '<script>alert(1)</script><img src="https://evil.example/x.png"> <!channel> <@U012AB3CD>'
    " @everyone <https://evil.example|click> *bold* _sly_ `code` > quote & &lt;b&gt;"
    " </td></table> {{ view.url }}\r\nBcc: victim@example.org =?utf-8?q?=0ASubject:_x?="
)
_RTL = "خدمات الرعاية 🏥👩‍⚕️ \u202eevil\u202c שירותי סיעוד"


def _everywhere(text: str) -> Callable[[Event], Event]:
    """The same event with a text in each place that a notice's text may come to."""

    def awkward(event: Event) -> Event:
        if event.summary is not None:
            first = tuple(r.having(title=text, buyers=(Buyer(text),)) for r in event.summary.first)
            summary = replace(event.summary, subscription=text, first=first)
            return replace(event, source=text, summary=summary)
        if event.record is None:
            return replace(event, source=text, notes=(text, text))
        deadlines = tuple(
            replace(d, words=text, origin="words") for d in event.record.facts.deadlines
        )
        record = event.record.having(
            title=text,
            description=text,
            buyers=(Buyer(text, text, text),),
            places=(text,),
            procedure=text,
            submission=text,
            contact=text,
            value=Value(1.0, 2.0, text),
            lots=(Lot(text, text), Lot("2", text)),
            deadlines=deadlines,
            awards=(Award("1", (text,), lots=(text,)),),
            url=f"https://tenders.example.org/{text}",
        )
        changes = (Change("description", text, f"{text}."), Change(text, text, text, lot=text))
        return replace(
            event,
            record=replace(record, kind=text, notice=text),
            notice=text,
            decisions=record.facts.awards if event.decisions else (),
            changes=changes if event.changes else (),
            words=text,
            notes=(text,),
            elsewhere=(("x", f"https://tenders.example.org/?q={text}"),),
        )

    return awkward


def _with(**facts: object) -> Callable[[Event], Event]:
    """The same event about a notice that states these facts instead."""

    def awkward(event: Event) -> Event:
        if event.record is None:
            return event
        return replace(event, record=event.record.having(**facts))

    return awkward


_LOTS = tuple(
    Lot(f"LOT-{n:04}", f"Area {n}", value=Value(50_000.0 * n, None, "GBP")) for n in range(1, 41)
)
NOTICES: Mapping[str, Callable[[Event], Event]] = {
    "plain": lambda event: event,
    "long-title": _with(title="A framework for supported living and outreach, " * 5 + "Northwick"),
    "no-value": _with(value=None),
    "forty-lots": _with(lots=_LOTS),
    "attack": _everywhere(ATTACK),
    "right-to-left": _everywhere(_RTL),
    "broken-title": _with(title="Supported living\r\nservices\r\n\r\n\u2028Northwick\x00\x1b[31m"),
    "empty": bare,
}
# Of each awkward notice these are kept for reading; every other kind is only checked.
KEPT = ("new", "amended")


def message(notice: str, kind: str, channel: str) -> Message:
    told = [(NOTICES[notice](event), delivery) for event, delivery in entries(kind)]
    if notice == "attack":
        told = [(event, replace(sent, matches=(Match(ATTACK, ATTACK),))) for event, sent in told]
    return message_of(RENDERER, channel, kind, told)


def cases() -> list[str]:
    """`notice.kind` of each case that is kept."""
    return [
        f"{notice}.{kind}" for notice in NOTICES for kind in (KINDS if notice == "plain" else KEPT)
    ]


def made(case: str) -> Iterator[tuple[str, str]]:
    """The name and text of each file of a case: every part, and what is posted to Slack."""
    notice, kind = case.split(".")
    for channel in CHANNELS:
        told = message(notice, kind, channel)
        for part, text in told.parts.items():
            yield f"{channel}.{part}.txt", f"{text}\n"
        if channel == "slack":
            whole = json.dumps(posted(told), indent=1, ensure_ascii=False, default=str)
            yield "slack.payload.txt", f"{whole}\n"


def write() -> None:
    shutil.rmtree(DATA, ignore_errors=True)
    for case in cases():
        (DATA / case).mkdir(parents=True)
        for name, text in made(case):
            (DATA / case / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
