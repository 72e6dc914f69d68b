"""Every kind of message on every channel about awkward notices: as approved, and harmless."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.app import posted
from bot.demo.slack import ill_formed
from bot.pages.mail import mail
from bot.pages.slack import Shown, channel
from bot.render.example import KINDS
from notifiers.email import compose
from tests.bot import messages
from tests.bot.messages import CHANNELS, DATA, NOTICES

EVERY = [(notice, kind) for notice in NOTICES for kind in KINDS]
VOID = {"meta", "br", "hr", "img", "link", "input", "base"}


@pytest.mark.parametrize("case", [path.name for path in sorted(DATA.iterdir())])
def test_a_message_is_as_it_was_approved(case: str) -> None:
    """`python -m tests.bot.messages` writes them anew, to be read before they are kept."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DATA / case).iterdir()}
    now = dict(messages.made(case))
    assert set(kept) == set(now)
    for name, text in now.items():
        assert text == kept[name], f"{case}/{name}"


def test_every_case_is_kept_and_no_other() -> None:
    assert sorted(path.name for path in DATA.iterdir()) == sorted(messages.cases())


class Page(HTMLParser):
    """A page as a mail program reads it; what is left open, or closed unopened, is a fault."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.words += data


# The notice, the other portal's, whom to ask; and a calendar that a button fills in.
_LEADS = r"(https://(tenders|contracts)\.example\.org/|mailto:|https://calendar\.google\.com/calendar/render\?)"


def harmless(page: str) -> Page:
    """Nothing that runs or is fetched, and links that lead to the notice alone."""
    read = Page(page)
    assert read.tags.isdisjoint({"script", "img", "iframe", "object", "form", "svg", "base"})
    for name, value in read.attributes:
        assert not name.startswith("on") and name not in ("src", "background", "srcset")
        if name == "href":
            assert re.match(_LEADS, value), value
        assert "url(" not in value
    return read


@pytest.mark.parametrize(("notice", "kind"), EVERY)
def test_a_mail_has_no_header_but_ours_and_its_page_is_sound(notice: str, kind: str) -> None:
    told = messages.message(notice, kind, "email")
    plain = messages.message("plain", kind, "email")
    sent = [
        message_from_bytes(compose(m, "Alerts <alerts@example.org>").as_bytes(), policy=default)
        for m in (told, plain)
    ]
    assert sorted(sent[0].keys()) == sorted(sent[1].keys())
    assert "Bcc" not in sent[0] and len(sent[0].get_all("Subject", [])) == 1
    assert "\n" not in told.parts["subject"] and told.parts["subject"].strip()
    read = harmless(told.parts["html"])
    assert read.tags <= Page(plain.parts["html"]).tags | {"a", "table", "tr", "td", "br", "strong",
                                                          "span", "h1", "p"}  # fmt: skip
    assert "{{" not in told.parts["html"] or notice == "attack"


@pytest.mark.parametrize(("notice", "kind"), EVERY)
def test_slack_takes_the_message_and_nobody_is_called(notice: str, kind: str) -> None:
    body: Any = json.loads(json.dumps(posted(messages.message(notice, kind, "slack")), default=str))
    assert ill_formed(body) == ""
    for text in marked(body["blocks"]):
        for inside in re.findall(r"<([^<>]*)>", text):
            assert re.match(r"https://(tenders|contracts)\.example\.org/|!date\^\d+\^", inside), (
                text
            )
        assert "<" not in re.sub(r"<[^<>]*>", "", text)
    for word in ("<!channel>", "<@U012AB3CD>", "<https://evil.example"):
        assert word not in "".join(marked(body["blocks"])) + body.get("text", "")


def marked(part: Any) -> list[str]:
    """The texts in which Slack reads marks."""
    if isinstance(part, list):
        return [text for item in part for text in marked(item)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if part.get("type") == "mrkdwn" else []
    return own + [text for value in part.values() for text in marked(value)]


@pytest.mark.parametrize(("notice", "kind"), EVERY)
def test_a_terminal_is_not_steered(notice: str, kind: str) -> None:
    told = messages.message(notice, kind, "console").parts["text"]
    assert told and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", told)


@pytest.mark.parametrize(("notice", "kind"), EVERY)
def test_the_pages_that_show_a_message_are_sound_too(notice: str, kind: str) -> None:
    told = {name: messages.message(notice, kind, name) for name in CHANNELS}
    shown = Shown(posted(told["slack"]), "10:00", "1")
    reply = Shown(posted(told["slack"]), "11:00", "2", "1")
    page = harmless(channel("#bids", [shown, reply]))
    assert "1 reply" in page.words
    parts = told["email"].parts
    harmless(mail(parts["subject"], {"To": "a@example.org"}, parts["html"], parts["text"]))
