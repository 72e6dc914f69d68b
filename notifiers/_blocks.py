"""A message as Block Kit, within Slack's limits whatever its text is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.contract import Link, Message
from bot.filters import cut, line, mrkdwn

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block

# docs.slack.dev/reference/block-kit/blocks: header, section, its fields, context, actions.
HEADER, SECTION, BLOCKS = 150, 3000, 50
FIELDS, FIELD = 10, 2000
ELEMENTS, ELEMENT = 10, 2000
BUTTONS, LABEL, URL = 5, 75, 3000
# All text of a message together: above some 13,000 characters Slack answers msg_blocks_too_long,
# and a long message cannot be edited later.
TOTAL = 10_000
# Kept for what says how much is left out.
_TAIL = 200
# Where a text must not be cut: inside an entity or between the brackets of a link.
_OPEN = re.compile(r"&[a-z]*$|<[^>]*$")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")


@dataclass(slots=True)
class _Room:
    """What is left of the message's limits."""

    blocks: int = BLOCKS
    characters: int = TOTAL
    left_out: int = field(default=0)  # characters

    def takes(self, text: str, kept: int) -> bool:
        """Whether a section still fits beside `kept` other blocks; it is counted if so."""
        if self.left_out or self.blocks <= kept or self.characters < len(text) + _TAIL:
            self.left_out += length(text)
            return False
        self.blocks -= 1
        self.characters -= len(text)
        return True


def blocks(message: Message, mention: str = "") -> list[dict[str, Any]]:
    """The message's parts from top to bottom, checked against Slack's own models.

    `mention` is the operator's: it has a section to itself, the only one that Slack looks for
    names in.
    """
    from slack_sdk.models.blocks import HeaderBlock, PlainTextObject

    parts = message.parts
    subject = line(parts.get("header") or parts["subject"]) or "Tenderbell"
    header = HeaderBlock(text=PlainTextObject(text=cut(subject, HEADER), emoji=False))
    last = list(_last(message, mention))
    room = _Room(BLOCKS - 1 - len(last), TOTAL - sum(map(_size, last)) - HEADER)
    first = list(_fields(parts.get("fields", "")))
    room.blocks -= len(first)
    room.characters -= sum(map(_size, first))
    state = [_section(text) for text in sections(parts.get("status", "")) if room.takes(text, 1)]
    # The rest of a long title, in place of half a sentence.
    if len(subject) > HEADER and room.takes(full := str(mrkdwn(subject)), 1):
        state.append(_section(full))
    body = [_section(text) for text in sections(parts["text"]) if room.takes(text, 1)]
    if room.left_out:
        body.append(_section(_rest(room.left_out, message.links)))
    laid = [header, *state, *first, *body, *last]
    return [block.to_dict() for block in laid]


def _fields(text: str) -> Iterator[Block]:
    """Each paragraph a field, two of them side by side."""
    from slack_sdk.models.blocks import SectionBlock

    told = list(_paragraphs(text))
    if len(told) > FIELDS:
        told = [*told[: FIELDS - 1], f"_{len(told) - FIELDS + 1} more in the notice_"]
    # Ten long ones would leave no room for anything else.
    limit = min(FIELD, TOTAL // 2 // max(len(told), 1))
    if told:
        yield SectionBlock(fields=[_text(_within(text, limit)) for text in told])


def _last(message: Message, mention: str) -> Iterator[Block]:
    """What closes a message: the mention, the buttons, and in small print why it came."""
    from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ContextBlock, PlainTextObject

    if mention:
        yield _section(mention, verbatim=False)
    buttons = [
        ButtonElement(
            text=PlainTextObject(text=cut(line(link.label), LABEL) or "Open", emoji=False),
            url=link.url,
        )
        for link in message.links[:BUTTONS]
        if len(link.url) <= URL
    ]
    if buttons:
        yield ActionsBlock(elements=buttons)
    small = [text for text in message.parts.get("context", "").split("\n") if text.strip()]
    if len(small) > ELEMENTS:
        small = [*small[: ELEMENTS - 1], f"and {len(small) - ELEMENTS + 1} more"]
    if small:
        limit = min(ELEMENT, TOTAL // 4 // len(small))
        yield ContextBlock(elements=[_text(_within(text, limit)) for text in small])


def sections(text: str) -> list[str]:
    """A text in pieces of at most 3,000 characters, cut at blank lines, else where it is safe."""
    pieces: list[str] = []
    for rest in _paragraphs(text):
        while len(rest) > SECTION:
            at = _safe(rest, SECTION)
            pieces.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        pieces.append(rest)
    return [piece for piece in pieces if piece.strip()]


def length(text: str) -> int:
    """How many characters a reader sees of an escaped text."""
    return len(_ENTITY.sub("&", text))


def _paragraphs(text: str) -> Iterator[str]:
    for part in text.split("\n\n"):
        if part.strip():
            yield part.strip("\n")


def _within(text: str, limit: int) -> str:
    """At most `limit` characters; what is cut says how much of it is left out."""
    if len(text) <= limit:
        return text
    at = _safe(text, limit - 60)
    return f"{text[:at].rstrip()}… _({length(text[at:]):,} more characters in the notice)_"


def _safe(text: str, limit: int) -> int:
    """The last place up to `limit` where a line, a word, or at least no entity is cut."""
    head = text[:limit]
    for mark in ("\n", " "):
        at = head.rfind(mark)
        if at > limit // 2 and not _OPEN.search(head[:at]):
            return at
    cut_open = _OPEN.search(head)
    return cut_open.start() if cut_open and cut_open.start() > 0 else limit


def _rest(left_out: int, links: Sequence[Link]) -> str:
    where = "the notice" if links else "`tenderbell outbox`"
    if links and len(url := str(mrkdwn(links[0].url))) < SECTION - _TAIL:
        where = f"<{url}|the notice>"
    more = "character is" if left_out == 1 else "characters are"
    return f"_{left_out:,} more {more} left out here; read them in {where}._"


def _section(text: str, *, verbatim: bool = True) -> Block:
    from slack_sdk.models.blocks import SectionBlock

    return SectionBlock(text=_text(text, verbatim=verbatim))


def _text(text: str, *, verbatim: bool = True) -> Any:
    """`verbatim`: Slack makes no links and no mentions of its own out of the text."""
    from slack_sdk.models.blocks import MarkdownTextObject

    return MarkdownTextObject(text=text, verbatim=verbatim)


def _size(block: Block) -> int:
    """How many characters of text a block holds."""
    return sum(len(text) for text in _texts(block.to_dict()))


def _texts(held: Any) -> Iterator[str]:
    if isinstance(held, dict):
        for name, value in held.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(held, list):
        for value in held:
            yield from _texts(value)
