"""Whether Slack would take a message of that form: the limits of Block Kit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# docs.slack.dev/reference/block-kit: of a message, of each block, of each element.
_TEXT, _BLOCKS, _TOGETHER = 4000, 50, 13_000
_HEADER, _SECTION, _FIELDS, _FIELD = 150, 3000, 10, 2000
_ELEMENTS, _BUTTONS, _LABEL, _URL = 10, 25, 75, 3000


def ill_formed(body: Mapping[str, Any]) -> str:
    """The error by which Slack refuses a message's form, "" where it takes it."""
    text, blocks = body.get("text") or "", body.get("blocks") or []
    if not text and not blocks:
        return "no_text"
    if len(text) > _TEXT:
        return "msg_too_long"
    if len(blocks) > _BLOCKS or not all(map(_fine, blocks)):
        return "invalid_blocks"
    if sum(len(text) for block in blocks for text in _texts(block)) > _TOGETHER:
        return "msg_blocks_too_long"
    return ""


def _fine(block: Mapping[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "header":
        return _of("plain_text", block.get("text"), _HEADER)
    if kind == "section":
        fields = block.get("fields") or []
        told = [_of("mrkdwn", block["text"], _SECTION)] if "text" in block else []
        told += [_of("mrkdwn", field, _FIELD) for field in fields]
        return bool(told) and all(told) and len(fields) <= _FIELDS
    elements = block.get("elements") or []
    if kind == "context":
        told = [_of("mrkdwn", element, _SECTION) for element in elements]
        return bool(told) and all(told) and len(elements) <= _ELEMENTS
    if kind == "actions":
        return 0 < len(elements) <= _BUTTONS and all(map(_button, elements))
    return False


def _button(element: Mapping[str, Any]) -> bool:
    url = element.get("url") or ""
    web = url.startswith(("https://", "http://")) and len(url) <= _URL
    return element.get("type") == "button" and web and _of("plain_text", element["text"], _LABEL)


def _of(kind: str, text: Any, limit: int) -> bool:
    if not isinstance(text, Mapping) or text.get("type") != kind:
        return False
    told = text.get("text")
    return isinstance(told, str) and 0 < len(told) <= limit and bool(told.strip())


def _texts(held: Any) -> Iterator[str]:
    if isinstance(held, Mapping):
        for name, value in held.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(held, list):
        for value in held:
            yield from _texts(value)
