"""What goes wrong between a portal and its client, each as a change of an ordinary answer. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from bot.demo.pages import Answer

Fault = Callable[[Answer], Answer]


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer of another status: `status(429, b"Rate limit", retry_after="120")`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=code, headers={"Content-Type": "text/plain", **named}, body=body)


def dropped(answer: Answer) -> Answer:
    """The line is cut before the first byte."""
    return replace(answer, dropped=True)


def cut(sent: int) -> Fault:
    """The head announces the whole body, the line is cut after `sent` bytes of it."""
    return lambda answer: replace(answer, sent=sent)


def replaced(old: bytes, new: bytes) -> Fault:
    """Other bytes in the body: a number that is none, a character of another encoding."""

    def fault(answer: Answer) -> Answer:
        if old not in answer.body:
            raise ValueError(f"the page holds no {old!r} to replace")
        return replace(answer, body=answer.body.replace(old, new, 1))

    return fault


def doubled(answer: Answer) -> Answer:
    """The page tells its first release twice."""
    package = json.loads(answer.body)
    package["releases"][:0] = package["releases"][:1]
    return replace(answer, body=json.dumps(package).encode())


def unlinked(answer: Answer) -> Answer:
    """The page that has a successor does not say so: the walk ends too early, with status 200."""
    package = json.loads(answer.body)
    package.pop("links", None)
    return replace(answer, body=json.dumps(package).encode())


def untouched(answer: Answer) -> Answer:
    """Nothing: to let a request through before the next fault."""
    return answer
