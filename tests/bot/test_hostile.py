"""Hostile text: wherever a buyer can put any, it renders, keeps the limits and does no harm."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from bot.contract import Message
from bot.demo.blocks import ill_formed
from bot.model import Award, Change, Event, Lot, Step, Summary
from notifiers._mail import compose
from notifiers.slack import payload
from tests.bot.test_render import NOTIFIERS, Page, text, told
from tests.make import NOW, deadline, event, record
from tests.notifiers.rigs import texts

# What our own templates write in angle brackets for Slack: a link and its text, an instant.
OURS = re.compile(
    r"<https?://[\x21-\x3b\x3d\x3f-\x7b\x7d\x7e]+(\|[^<>|]*)?>"
    r"|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>"
)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


HOSTILE = [
    "<!channel> <!here|x> <@U123> <#C123> <!subteam^S1> <https://evil.example|Find a Tender>",
    "</td></table><script>alert(1)</script><img src=x onerror=alert(1)><style>*{}</style>",
    "Supply\r\nBcc: victim@example.org\r\n\r\nHello",
    "=?utf-8?q?Supply=0D=0ABcc:_victim@example.org?=",
    "a\u0085Bcc: victim@example.org\u2028Bcc: victim@example.org",
    "right \u202eto left\u2066 isolate\u2069",
    "nul \x00 escape \x1b]0;owned\x07 \x9b31m delete \x7f",
    "lone \ud800 surrogate \udfff",
    "{{ 7*7 }} {% for x in range(10**9) %}{# x #}",
    "'%s' %n {0} ${HOME} `id`",
    "👩‍👩‍👧‍👦 " * 60,
    "\u200b\u200b\ufeff",
    "*bold* _it_ ~no~ `code`\n> quote\n• fake",
    "x" * 10_000_000,
    "a " * 50_000 + "\ud800",
    "&amp; &lt;b&gt; &#x3c;",
    "",
]


def hostile(text: str) -> list[Event]:
    """The same text wherever a buyer can put one."""
    held = record(
        title=text,
        description=text,
        procedure=text,
        submission=text,
        places=(text,),
        url="https://example.org/" + text,
        lots=(Lot(text, text, text), Lot("2", text)),
        awards=(Award("1", (text,)),),
        deadlines=(deadline(lot=text[:50]),),
        steps=(Step("planning", text, "1", NOW - timedelta(days=9)),),
        kind=text,
    )
    changes = (
        Change("title", text, text),
        Change("documents", (text,), (text, text)),
        Change("lot-text", text, None, lot=text),
        Change("submission", text, text),
        Change("value", text, text),
        Change("cpv", (text,), (text,)),
    )
    more = {"record": held, "words": text, "notes": (text, text), "notice": text}
    return [
        event("new", **more),
        event("amended", changes=changes, **more),
        event("awarded", **more),
        Event(key="s", name="started", source=text, at=NOW, summary=Summary(text, 2, (held,))),
        Event(key="o", name="operators", source=text, at=NOW, notes=(text,)),
    ]


def harmless(what: Event) -> None:
    for notifier in NOTIFIERS:
        message = told(notifier, what)
        for part, seen in message.parts.items():
            assert not FORBIDDEN.search(seen), (notifier, part)
            assert len(seen) < 40_000, (notifier, part)
        assert len(message.parts.get("subject", "").splitlines()) <= 1
    slack_is_harmless(told("slack", what))
    mail_is_harmless(told("email", what))


def slack_is_harmless(message: Message) -> None:
    for occasion, mention in (("", ""), ("moved", "@bids"), ("closing", "<!here>")):
        body = payload(replace(message, occasion=occasion), {"moved": "@bids", "closing": "@here"})
        assert ill_formed(body) == ""
        assert body["blocks"][0]["type"] == "header"
        # Slack looks for names in the operator's own section alone, and only where it is asked to.
        assert [t["text"] for t in texts(body["blocks"]) if not t.get("verbatim", True)] == (
            [mention] if mention else []
        )
        assert body["link_names"] == (mention == "@bids")
        assert "@" not in body["text"] or not body["link_names"]
        for seen in (t["text"] for t in texts(body["blocks"][1:]) if t["type"] == "mrkdwn"):
            ours = OURS.sub("", seen.replace(mention, "") if mention else seen)
            assert not re.search("[<>]", re.sub(r"(?m)^> ", "", ours)), seen
            assert not re.search(r"&(?!amp;|lt;|gt;)", seen)
        assert not re.search("[<>]", body["text"])


def mail_is_harmless(message: Message) -> None:
    # The name of a conversation may be any text; every mail here belongs to one.
    message = replace(message, thread=message.key + message.parts["text"][:300])
    stop = "https://example.org/{recipient}"
    mail = compose(message, "Alerts <alerts@example.org>", unsubscribe=stop)
    assert {name.lower() for name in mail} == HEADERS - (
        set() if message.parts["topic"] else {"thread-topic"}
    )
    data = mail.as_bytes()
    sound(data)
    assert max(map(len, data.split(b"\r\n"))) <= 998
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    names = re.findall(r"(?m)^([^\s:]+):", head)
    assert {name.lower() for name in names} <= HEADERS and len(names) == len(mail.keys())
    assert len(str(mail["Subject"])) <= 200
    page = Page(message.parts["html"])
    assert page.tags <= ELEMENTS
    for name, value in page.attributes:
        assert not name.startswith("on") and name != "src"
        assert name != "href" or value.startswith(("http://", "https://"))


def sound(data: bytes) -> None:
    """RFC 5322: the library finds no defect in any part or header; and RFC 5545 in each file."""
    read = message_from_bytes(data, policy=default)
    assert data.isascii() and b"\0" not in data and b"\n" not in data.replace(b"\r\n", b"")
    for part in read.walk():
        assert not part.defects
        assert not [name for name, value in part.items() if value.defects]
        if part.get_content_type() == "text/calendar":
            (calendar,) = Calendar.from_ical(part.get_payload(decode=True), multiple=True)
            (entry,) = calendar.walk("VEVENT")
            assert not entry.errors and set(entry) <= PROPERTIES


PROPERTIES = {
    *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP"),
    *("ORGANIZER", "URL"),
}
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
    *("in-reply-to", "references", "thread-topic", "list-unsubscribe", "list-unsubscribe-post"),
    *("x-tenderbell-key", "mime-version", "content-type"),
}
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "span"),
    *("h1", "strong", "br", "a"),
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:24]))
def test_hostile_text_is_harmless_everywhere(text):
    for what in hostile(text):
        harmless(what)


def test_hostile_text_is_still_readable():
    what = event("new", record=record(title="<!channel> & {{ 7*7 }}", description="<b>x</b>"))
    assert "<!channel> & {{ 7*7 }}" in told("email", what).parts["subject"]
    assert "&lt;b&gt;x&lt;/b&gt;" in text("slack", what)
    assert "<b>x</b>" in Page(told("email", what).parts["html"]).text


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(st.characters(exclude_categories=()), max_size=400),
    description=st.text(st.characters(exclude_categories=()), max_size=2000),
    words=st.text(st.sampled_from("<>&|*_`~ \n\r\x00\u202e\ud800é👩=?-;"), max_size=2000),
)
def test_any_text_renders_within_every_limit(title, description, words):
    held = record(title=title, description=description)
    changes = (Change("title", title, words), Change("description", words, description))
    harmless(event("new", record=held, words=words))
    harmless(event("amended", record=held, words=words, changes=changes))
