"""Pages that show a message as Slack shows it: its marks, blocks and threads, all else escaped."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.mail import mail
from bot.pages.mrkdwn import html
from bot.pages.slack import Shown, channel


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* and _sly_ and ~gone~", "<b>bold</b> and <i>sly</i> and <s>gone</s>"),
        ("2*3*4, snake_case_name, a ~ b ~ c", "2*3*4, snake_case_name, a ~ b ~ c"),
        ("*a _b_ c*", "<b>a <i>b</i> c</b>"),
        ("* no *", "* no *"),
        ("a &amp; b &lt;c&gt; &amp;lt;", "a &amp; b &lt;c&gt; &amp;lt;"),
        ('"x" <script>', '"x" <a href="">'),
        ("`*code*`", "<code>*code*</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        (
            "*<https://a.example.org/?a=1&amp;b=2|A &amp; B>*",
            '<b><a href="https://a.example.org/?a=1&amp;b=2" rel="noreferrer">A &amp; B</a></b>',
        ),
        (
            "<https://a.example.org/_x_>",
            '<a href="https://a.example.org/_x_" rel="noreferrer">https://a.example.org/_x_</a>',
        ),
        ("<javascript:alert(1)|go>", "<span>go</span>"),
        ("<!date^1781866800^{date_short} at {time}|19 Jun 12:00>", "<time>19 Jun 12:00</time>"),
        ("<!here> <@U1> <#C1|bids>", "<mark>@here</mark> <mark>@U1</mark> <mark>bids</mark>"),
        ("a\n> b\n> c\nd", "a<blockquote>b<br>c</blockquote>d"),
        ("&gt; b", "<blockquote>b</blockquote>"),
        (":warning: :no_such:", "⚠️ :no_such:"),
        (
            ":large_green_circle: *Open*",
            '<span style="color:#2b9e5f">●</span> <b>Open</b>',
        ),
        ("a\x000\x00b", "a0b"),
    ],
)
def test_marks_are_shown_as_slack_shows_them(text: str, shown: str) -> None:
    if "<script>" in text:
        assert html(text) == '"x" <span>script</span>'
        return
    assert html(text) == shown


class Sound(HTMLParser):
    """Fails where a tag is not closed in its place, or is none of those that a page is made of."""

    TAGS = frozenset({"b", "i", "s", "code", "pre", "a", "span", "time", "mark", "blockquote"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in self.TAGS or tag == "br"
        assert {name for name, _ in attrs} <= {"href", "rel"}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.text(alphabet="<>|&;!@#*_~`:\n \x00/abhtps.0123\"'{}^=", max_size=60))
def test_no_text_breaks_the_page(text: str) -> None:
    Sound(html(text))


BODY = {
    "text": "fallback",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "New *tender* <b>"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*Why*"},
            "fields": [
                {"type": "mrkdwn", "text": "*Buyer*\nNorthwick"},
                {"type": "plain_text", "text": "*as it is*"},
            ],
            "accessory": {"type": "image", "image_url": "//x.example/i.png", "alt_text": "map"},
        },
        {"type": "divider"},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Open"},
                    "url": "https://tenders.example.org/1",
                    "style": "primary",
                },
                {"type": "button", "text": {"type": "plain_text", "text": "Mute"}},
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Bad"},
                    "url": "javascript:alert(1)",
                },
            ],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "_UK4_"}]},
        {"type": "novelty", "deep": [{"text": {"type": "plain_text", "text": "<unknown>"}}]},
    ],
}  # fmt: skip


def test_every_block_is_shown_and_an_unknown_one_by_its_text() -> None:
    page = channel("#bids", [Shown(BODY, "10:00")])
    for part in (
        "<h2>New *tender* &lt;b&gt;</h2>",
        "<b>Why</b>",
        "<div><b>Buyer</b><br>Northwick</div>",
        "<div>*as it is*</div>",
        "map",
        "<hr>",
        '<a class="button primary" href="https://tenders.example.org/1"',
        '<span class="button">Mute</span>',
        '<span class="button">Bad</span>',
        "<i>UK4</i>",
        "&lt;unknown&gt;",
    ):
        assert part in page, part
    assert "fallback" not in page and "i.png" not in page and "javascript" not in page


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"blocks": None, "text": 5},
        {"blocks": ["x", 3, {"type": "section"}, {"type": "header", "text": None}]},
        {"blocks": [{"type": "context", "elements": [{"type": "x"}, None]}]},
    ],
)
def test_an_ill_formed_message_is_still_a_page(body: dict[str, Any]) -> None:
    assert channel("#bids", [Shown(body)]).count("<article>") == 1


def test_answers_stand_below_what_they_answer() -> None:
    def post(text: str, ts: str, thread: str = "") -> Shown:
        return Shown({"text": text, "reply_broadcast": text == "two"}, ts=ts, thread=thread)

    posts = [post("one", "1"), post("other", "2"), post("two", "3", "1"), post("lost", "4", "9")]
    page = channel("#bids", posts)
    assert page.count("<article>") == 4
    places = [page.index(f">{text}<") for text in ("one", "two", "other", "lost")]
    assert places == sorted(places)
    assert page.count("1 reply") == 1 and page.count("also sent to the channel") == 1


def test_a_mail_is_shown_with_both_its_parts_and_loads_nothing() -> None:
    page = mail("A <b>", {"From": "x <a@example.org>", "To": ""}, "<p>Hello</p>", "1 < 2")
    assert "<h1>A &lt;b&gt;</h1>" in page and "x &lt;a@example.org&gt;" in page
    assert "<dt>To</dt>" not in page
    assert "<p>Hello</p>" in page and "<pre>1 &lt; 2</pre>" in page
    assert "default-src 'none'" in page
    assert "<template" not in mail("A", {}, "", "text")
