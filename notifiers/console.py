"""Prints messages to the terminal; touches standard output."""

from __future__ import annotations

import shutil
import sys
import textwrap
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, TextIO

from pydantic import BaseModel, ConfigDict, PrivateAttr

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import clean

_WIDTH = 100


class Console(BaseModel):
    """The terminal that the program runs in; it has no options."""

    pace: ClassVar[float] = 0.0
    converses: ClassVar[bool] = False

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    _stream: TextIO | None = PrivateAttr(default=None)

    def onto(self, stream: TextIO) -> Console:
        """The same console, printing to `stream`."""
        other = Console()
        other._stream = stream
        return other

    def recipients(self) -> tuple[str, ...]:
        return ("",)

    def send(self, message: Message) -> Receipt:
        """Print the message; DeliveryError when the terminal is gone."""
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            text = _wrapped(clean(message.parts["text"]), _width(stream))
            # A terminal that is no UTF-8 shows "?" rather than nothing.
            stream.write(text.encode(encoding, "replace").decode(encoding) + "\n\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"cannot print: {error}", channel=True) from error
        return Receipt()

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)


def _width(stream: TextIO) -> int:
    if not stream.isatty():
        return _WIDTH
    return max(40, min(shutil.get_terminal_size((_WIDTH, 24)).columns, 120))


def _wrapped(text: str, width: int) -> str:
    """Long lines broken at words, under the line that they continue; addresses stay whole."""
    rule = "─" * width
    lines = [rule]
    for line in text.split("\n"):
        lines += textwrap.wrap(
            line,
            width,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)
