"""How a mail looks: every text stands out from what is behind it, and old programs can show it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

import pytest

from bot.model import Event, Summary
from tests.bot.test_render import KINDS, told
from tests.make import NOW, deadline, event, record

# WCAG 2.2, 1.4.3: text of this size needs so much.
ENOUGH = 4.5
STARTED = Event(
    key="fts/started/Care",
    name="started",
    source="fts",
    at=NOW,
    summary=Summary("Care", 37, (record(), record(url=None, deadlines=()))),
)
PAGES = {name: what for name, (what, _) in KINDS.items()} | {
    "started": STARTED,
    "elsewhere": event(elsewhere=(("cf", "https://www.contractsfinder.example.org/notice/1"),)),
    "read from words": event(
        record=record(deadlines=(deadline(origin="words", words="Reply by noon."),))
    ),
}
VOID = {"meta", "br", "img"}


class Rule(NamedTuple):
    """One selector of the dark style sheet and the colours that it sets."""

    parts: tuple[str, ...]  # ".ink", "a": the last is the element's own, the others around it
    set: dict[str, str]
    weight: tuple[int, int, int]  # classes, elements, place


class Element(NamedTuple):
    """An open element: its name, classes and colours, as they are inherited."""

    tag: str
    classes: frozenset[str]
    ink: str
    paper: str
    hidden: bool


def rules(page: str) -> list[Rule]:
    dark = re.search(r"prefers-color-scheme: dark\) \{\n(.*?)\n\}", page, re.DOTALL)
    assert dark
    found = []
    for place, (selectors, body) in enumerate(re.findall(r"\s*([^{}]+) \{([^}]*)\}", dark[1])):
        assert all("!important" in each for each in body.split(";") if each.strip())
        for selector in selectors.split(","):
            parts = tuple(selector.split())
            classes = sum(part.startswith(".") for part in parts)
            found.append(Rule(parts, colours(body), (classes, len(parts) - classes, place)))
    return found


def colours(style: str) -> dict[str, str]:
    found = re.findall(r"(?:^|[;\s])(color|background):\s*(#[0-9a-f]{6})", style)
    return dict(found)


class Look(HTMLParser):
    """Each text of a page with its colour and the one behind it, in light or in dark."""

    def __init__(self, page: str, *, dark: bool) -> None:
        super().__init__()
        self._rules = rules(page) if dark else []
        self._open = [Element("", frozenset(), "#000000", "#ffffff", hidden=False)]
        self.seen: set[tuple[str, str, str]] = set()
        self.feed(page)
        self.close()
        assert len(self._open) == 1, "an element was left open"

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        given = dict(attrs)
        style = given.get("style") or ""
        classes = frozenset((given.get("class") or "").split())
        around = self._open[-1]
        own = {"color": "#0000ee"} if tag == "a" else {}
        own |= colours(style)
        self._open.append(Element(tag, classes, "", "", hidden=False))
        for rule in sorted(self._rules, key=lambda rule: rule.weight):
            if self._fits(rule):
                own |= rule.set
        hidden = around.hidden or "display:none" in style or tag in ("style", "title", "head")
        ink, paper = own.get("color", around.ink), own.get("background", around.paper)
        self._open[-1] = Element(tag, classes, ink, paper, hidden)

    def _fits(self, rule: Rule) -> bool:
        def fits(element: Element, part: str) -> bool:
            return part[1:] in element.classes if part[0] == "." else part == element.tag

        *outer, last = rule.parts
        if not fits(self._open[-1], last):
            return False
        around = iter(reversed(self._open[:-1]))
        return all(any(fits(each, part) for each in around) for part in reversed(outer))

    def handle_endtag(self, tag):
        assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        here = self._open[-1]
        if data.strip() and not here.hidden:
            self.seen.add((data.strip()[:40], here.ink, here.paper))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 of two colours."""

    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dim, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_every_text_stands_out(kind, dark):
    look = Look(told("email", PAGES[kind]).parts["html"], dark=dark)
    assert len(look.seen) > 4
    assert len({paper for _, _, paper in look.seen}) > 1
    for words, ink, paper in look.seen:
        assert contrast(ink, paper) >= ENOUGH, f"{words!r}: {ink} on {paper}"


@pytest.mark.parametrize("kind", PAGES)
def test_old_mail_programs_can_show_it(kind):
    page = told("email", PAGES[kind]).parts["html"]
    # Outlook knows no maximal width, and takes a cell's colour from its attribute.
    assert page.count("<!--[if mso]>") == page.count("<![endif]-->") == 2
    for style in re.findall(r'<(?:td|table)[^>]*style="([^"]*)"', page):
        for colour in re.findall(r"background:(#[0-9a-f]{6})", style):
            assert f'bgcolor="{colour}"' in page
    assert not re.search(r"<(script|img|link|iframe|form|svg)|url\(|@import|flex|grid", page)
    assert len(page) < 102_000, "Gmail clips a longer one"
