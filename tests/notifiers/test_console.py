"""The terminal: readable lines, no escapes, no traceback when it is gone."""

from __future__ import annotations

import io

import pytest

from bot.errors import DeliveryError
from notifiers.console import Console
from tests.make import event, record
from tests.notifiers.rigs import message


def printed(text: str, stream: io.TextIOBase | None = None) -> str:
    stream = stream or io.StringIO()
    Console().onto(stream).send(message("console", event(record=record(description=text))))
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


def test_a_terminal_gets_no_escapes():
    seen = printed("\x1b]0;owned\x07 \x1b[2J \x9b31m red \u202e")
    assert "owned" in seen and "red" in seen
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(seen)


def test_long_lines_are_broken_at_words_and_addresses_are_not():
    seen = printed("word " * 100)
    assert max(map(len, seen.split("\n"))) <= 100
    assert "https://www.find-tender.service.gov.uk/Notice/000101-2026" in seen.split("\n")


def test_a_terminal_without_unicode_shows_question_marks():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    printed("naïve café", stream)
    assert b"na?ve caf?" in raw.getvalue()


def test_standard_output_is_the_default(capsys):
    Console().send(message("console"))
    assert "New tender, closes 19 Jun: Supported living services" in capsys.readouterr().out


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_terminal_that_is_gone_is_the_channel_s_fault():
    with pytest.raises(DeliveryError, match="cannot print") as caught:
        printed("text", Gone())
    assert caught.value.channel and not caught.value.permanent
