"""Digests as they are told: in order, counted, cut, and harmless whatever is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.blocks import ill_formed
from bot.model import Award, Buyer, Change, Event, Step, Value
from bot.render import Renderer
from bot.render.digest import Digest, digest_view, span
from bot.render.told import DigestView
from bot.wants import Delivery, Match
from bot.when import iso
from notifiers.slack import payload
from tests.bot.test_render import Page
from tests.make import at, deadline, event, record

LONDON = ZoneInfo("Europe/London")
RENDERER = Renderer(LONDON)
END = at("2026-11-26T07:30")
START = END - timedelta(days=1)
NOW = END + timedelta(seconds=20)
DAY = timedelta(days=1)
KEY = "digest/mail/bids@example.org/daily 07:30/2026-11-26T07:30"

Entry = tuple[Event, Delivery]


def entry(name: str, number: int = 1, ends: float | None = 30, *, why: str = "Care",
          hour: int = 0, **more: Any) -> Entry:  # fmt: skip
    """An event of a procurement that closes in so many days."""
    held = record(
        id=f"ocds-h6vhtk-{number:06x}",
        notice=f"{number:06}-2026",
        title=more.pop("title", f"Tender {number}"),
        url=more.pop("url", f"https://example.org/{number}"),
        deadlines=(deadline(when=iso(END + ends * DAY)[:16]),) if ends is not None else (),
        status=more.pop("status", "cancelled" if name == "cancelled" else "open"),
        **{k: more.pop(k) for k in ("value", "steps", "stage", "buyers", "source") if k in more},
    )
    if name == "deadline":
        more |= {"deadline": held.facts.deadlines[0], "lead": "7d"}
    key = f"{held.key}/{held.notice}/{name}/{hour}"
    told = event(name, record=held, at=START + timedelta(hours=hour), key=key, **more)
    matches = tuple(Match(one, "CPV 85311000 under 85300000") for one in why.split("+"))
    delivery = Delivery(
        key=f"{key}>mail>bids@example.org", event=key, channel="mail",
        recipient="bids@example.org", matches=matches, due=END, digest=KEY,
    )  # fmt: skip
    return told, delivery


def made(*entries: Entry, **more: Any) -> Digest:
    given: dict[str, Any] = {"key": KEY, "channel": "mail", "recipient": "bids@example.org",
                             "start": START, "end": END}  # fmt: skip
    return Digest(entries=entries, **(given | more))


def seen(*entries: Entry, now: datetime = NOW, **more: Any) -> DigestView:
    return digest_view(made(*entries, **more), now, LONDON)


def sections(view: DigestView) -> dict[str, list[str]]:
    return {s.heading: [item.title for item in s.items] for s in view.sections}


MOVED = (Change("submission", iso(END + 23 * DAY), iso(END + 30 * DAY)),)


# ---------------------------------------------------------------- order and counts


def test_sections_in_order_and_in_each_what_closes_first() -> None:
    view = seen(
        entry("awarded", 1, None),
        entry("cancelled", 2),
        entry("amended", 3, changes=MOVED),
        entry("new", 4, 20),
        entry("new", 5, 3),
        entry("new", 6, None),
        entry("deadline", 7, 6),
        entry("deadline", 8, 1),
    )
    assert sections(view) == {
        "Closing soon": ["Tender 8", "Tender 7"],
        "New": ["Tender 5", "Tender 4", "Tender 6"],
        "Amended": ["Tender 3"],
        "Cancelled": ["Tender 2"],
        "Awarded": ["Tender 1"],
    }
    assert view.title == "3 new, 1 moved, 1 cancelled, 1 awarded, 3 close this week"
    assert view.subject == f"Tenders, Thu 26 Nov: {view.title}"
    assert view.kicker == "Wed 25 Nov 07:30 to Thu 26 Nov 07:30"


COUNTS: dict[str, tuple[Sequence[Entry], str]] = {
    "one that closes": ([entry("new", 1, 2)], "1 new, 1 closes this week"),
    "an amendment of no date": (
        [entry("amended", changes=(Change("value", "1 GBP", "2 GBP"),))], "1 amended",
    ),
    "a date that was not stated before has not moved": (
        [entry("amended", changes=(Change("submission", None, iso(END + 30 * DAY)),))],
        "1 amended",
    ),
    "new and moved at once is new": (
        [entry("new"), entry("amended", hour=1, changes=MOVED)], "1 new",
    ),
    "moved twice is moved once": (
        [entry("amended", changes=MOVED), entry("amended", hour=1, changes=MOVED)], "1 moved",
    ),
    "a reminder of long before": ([entry("deadline", 1, 14)], "1 to be reminded of"),
    "a reminder of what has moved": (
        [entry("deadline", 1, 5), entry("amended", 1, 5, hour=1, changes=MOVED)],
        "1 moved, 1 closes this week",
    ),
    "cancelled after it was new": ([entry("new", status="cancelled"), entry("cancelled", hour=1)],
                                   "1 cancelled"),
    "nothing": ([], "nothing new"),
}  # fmt: skip


@pytest.mark.parametrize("case", COUNTS)
def test_the_line_on_top_counts_each_procurement_once(case: str) -> None:
    entries, line = COUNTS[case]
    view = seen(*entries)
    assert view.title == line[:1].upper() + line[1:]
    assert view.subject == f"Tenders, Thu 26 Nov: {line}"


WHOLE = (Change("status", "open", "cancelled"),)


@pytest.mark.parametrize(("entries", "heading"), [
    ([entry("new"), entry("amended", hour=1, changes=MOVED)], "New"),
    ([entry("new"), entry("deadline", hour=1)], "Closing soon"),
    ([entry("amended", changes=MOVED, status="cancelled"), entry("cancelled", hour=1)],
     "Cancelled"),
    ([entry("cancelled", status="open", changes=WHOLE), entry("new", hour=1)], "New"),
    ([entry("cancelled", status="open", changes=WHOLE)], "Cancelled"),
    ([entry("new", ends=None, status="awarded"), entry("awarded", ends=None, hour=1)], "Awarded"),
    ([entry("deadline", ends=-1)], "Closing soon"),
])  # fmt: skip
def test_a_procurement_stands_under_one_heading(entries: list[Entry], heading: str) -> None:
    assert sections(seen(*entries)) == {heading: ["Tender 1"]}


# ---------------------------------------------------------------- an item


def the_item(*entries: Entry, **more: Any) -> Any:
    (section,) = seen(*entries, **more).sections
    (item,) = section.items
    return item


def test_an_item_says_who_buys_for_how_much_and_until_when() -> None:
    bought = (Buyer("Northwick Borough Council"), Buyer("Easthaven"), Buyer("Westmoor"))
    item = the_item(
        entry("new", 1, 3, value=Value(153242728.68, None, "GBP"), buyers=bought, why="Care+North"),
    )
    assert item.buyer == "Northwick Borough Council and 2 more"
    assert item.value == "£153.2 million excl. VAT"
    assert item.next == "Submission deadline Sun 29 Nov 2026 07:30 GMT, in 3 days"
    assert (item.why, item.url) == ("Care, North", "https://example.org/1")


def test_a_reminder_tells_its_own_deadline() -> None:
    told, delivery = entry("deadline", 1, 9)
    enquiry = deadline("enquiry", iso(END + 2 * DAY)[:16])
    held = told.record and told.record.having(deadlines=(enquiry, *told.record.facts.deadlines))
    item = the_item((replace(told, record=held, deadline=enquiry), delivery))
    assert item.next.startswith("Enquiry deadline Sat 28 Nov 2026")


FACTS: dict[str, tuple[Sequence[Entry], tuple[str, ...]]] = {
    "a date moved": (
        [entry("amended", changes=MOVED)],
        ("Submission deadline moved from 19 Dec to 26 Dec 07:30 (+7 days)",),
    ),
    "over the year": (
        [entry("amended", changes=(
            Change("submission", "2026-12-30T12:00:00Z", "2027-01-10T12:00:00Z"),
        ))],
        ("Submission deadline moved from 30 Dec to 10 Jan 2027 12:00 (+11 days)",),
    ),
    "an hour moved": (
        [entry("amended", changes=(
            Change("submission", "2026-12-26T12:00:00Z", "2026-12-26T14:00:00Z"),
        ))],
        ("Submission deadline moved from 26 Dec 12:00 to 26 Dec 14:00 (+2 hours)",),
    ),
    "moved twice": (
        [entry("amended", changes=MOVED), entry("amended", hour=1, changes=(
            Change("submission", iso(END + 30 * DAY), iso(END + 37 * DAY)),
        ))],
        ("Submission deadline moved from 19 Dec to 2 Jan 2027 07:30 (+14 days)",),
    ),
    "moved and back": (
        [entry("amended", changes=MOVED), entry("amended", hour=1, changes=(
            Change("submission", iso(END + 30 * DAY), iso(END + 23 * DAY)),
        ))],
        ("Submission deadline moved, and moved back to 19 Dec 07:30",),
    ),
    "first stated": (
        [entry("amended", changes=(Change("enquiry", None, "2026-12-04"),))],
        ("Enquiry deadline set to 4 Dec",),
    ),
    "no longer stated": (
        [entry("amended", changes=(Change("enquiry", "2026-12-04", None),))],
        ("Enquiry deadline no longer stated",),
    ),
    "read from the text": (
        [entry("amended", changes=(Change("enquiry", None, "2026-12-04", origin="words"),))],
        ("Enquiry deadline set to 4 Dec (read from the notice's text)",),
    ),
    "three and more, dates first": (
        [entry("amended", changes=(
            Change("value", "1200000 GBP", "1500000 GBP"), Change("description", "a", "b"),
            Change("documents", None, ("Prices.xlsx",)), Change("title", "A", "B"), *MOVED,
        ))],
        (
            "Submission deadline moved from 19 Dec to 26 Dec 07:30 (+7 days)",
            "Value: £1,200,000 → £1,500,000",
            "Description changed",
            "and 2 more changes",
        ),
    ),
    "a value there and back": (
        [entry("amended", changes=(Change("value", "1 GBP", "2 GBP"),)),
         entry("amended", hour=1, changes=(Change("value", "2 GBP", "1 GBP"),))],
        ("Value changed and changed back",),
    ),
    "an award": (
        [entry("awarded", 1, None, decisions=(
            Award("1", ("Hartwell Care Ltd",), Value(1.2e6, 1.4e6, "GBP")), Award("2", ()),
        ))],
        (
            "Awarded to Hartwell Care Ltd (£1,200,000 excl. VAT)",
            "Awarded to a supplier not named",
        ),
    ),
    "a cancellation says nothing twice": ([entry("cancelled", changes=WHOLE)], ()),
    "planned": ([entry("new", stage="planning", status="planned")],
                ("Planned: not out to tender yet",)),
    "planned before": (
        [entry("new", steps=(Step("planning", "UK2", "1", START),))], ("Now out to tender",),
    ),
    "new and near": ([entry("new"), entry("deadline", hour=1)], ("New",)),
}  # fmt: skip


@pytest.mark.parametrize("case", FACTS)
def test_what_happened_in_short(case: str) -> None:
    entries, facts = FACTS[case]
    assert the_item(*entries).facts == facts


def test_notes_of_one_stand_with_it_and_of_all_on_top() -> None:
    repeat, flag = "may be a repeat", "closes on a Sunday"
    view = seen(entry("new", 1, notes=(repeat, flag)), entry("new", 2, notes=(repeat,)))
    assert view.notes == (repeat,)
    assert [item.notes for item in view.sections[0].items] == [(flag,), ()]


def test_what_two_portals_publish_is_told_once_where_its_conversation_is_known() -> None:
    one = entry("new", 1, 9, source="find-a-tender")
    two = entry("new", 2, 9, source="contracts-finder", hour=1, why="North")
    assert len(seen(one, two).sections[0].items) == 2
    keys = [told.record.key for told, _ in (one, two) if told.record]
    item = the_item(one, two, conversations=dict.fromkeys(keys, keys[0]))
    assert item.why == "Care, North"
    assert seen(one, two, conversations={keys[1]: keys[0]}).title == "1 new"


# ---------------------------------------------------------------- the window


@pytest.mark.parametrize(("start", "end", "told"), [
    ("2026-11-25T07:30", "2026-11-26T07:30", "Wed 25 Nov 07:30 to Thu 26 Nov 07:30"),
    ("2026-06-25T06:30", "2026-06-26T06:30", "Thu 25 Jun 07:30 to Fri 26 Jun 07:30"),
    ("2026-11-26T07:00", "2026-11-26T08:00", "Thu 26 Nov 07:00 to 08:00"),
    ("2025-12-29T08:00", "2026-01-05T08:00", "Mon 29 Dec 2025 08:00 to Mon 5 Jan 08:00"),
    # The hour that comes twice.
    ("2026-10-25T00:00", "2026-10-25T01:00",
     "Sun 25 Oct 2026 01:00 BST to Sun 25 Oct 2026 01:00 GMT"),
])  # fmt: skip
def test_the_window_in_local_time(start: str, end: str, told: str) -> None:
    assert span(at(start), at(end), NOW, LONDON) == told


def test_one_that_was_made_up_says_so() -> None:
    view = seen(entry("new"), start=END - 3 * DAY, made_up=True)
    assert view.kicker == "Mon 23 Nov 07:30 to Thu 26 Nov 07:30"
    assert view.notes == ("Made up: digests of this time were missed",)


def test_a_digest_of_nothing() -> None:
    told = Event(key=KEY, name="digest", source="", at=END)
    delivery = Delivery(key="k", event=KEY, channel="mail", recipient="bids@example.org",
                        matches=(Match("Care", "nothing new"),), due=END, digest=KEY)  # fmt: skip
    for text in everywhere(made((told, delivery))).values():
        assert "Wed 25 Nov 07:30 to Thu 26 Nov 07:30" in text
        assert "No notice, change or reminder for Care." in text


# ---------------------------------------------------------------- many


def many(number: int) -> list[Entry]:
    names = ("new", "amended", "cancelled", "awarded", "deadline")
    return [
        entry(names[n % 5], n, 1 + (n * 7) % 60, changes=MOVED if n % 5 == 1 else ())
        for n in range(number)
    ]


def test_of_many_those_that_close_first_are_shown_and_the_rest_is_counted() -> None:
    view = seen(*many(400))
    titles = [title for held in sections(view).values() for title in held]
    assert len(titles) == 50
    near = sorted((1 + (n * 7) % 60, n) for n in range(400) if n % 5 == 4)
    assert titles == [f"Tender {n}" for _, n in near[:50]]
    assert [(s.heading, s.count) for s in view.sections] == [("Closing soon", 80)]
    assert view.more == (
        "and 350 more (30 closing, 80 new, 80 amended, 80 cancelled, 80 awarded):"
        " `tenderbell outbox` lists them"
    )


@pytest.mark.parametrize("number", [1, 12, 400])
def test_every_channel_shows_the_same(number: int) -> None:
    entries = many(number)
    shown = {s.heading: s for s in seen(*entries).sections}
    for channel, text in everywhere(made(*entries)).items():
        assert text.count("example.org/") == min(number, 20 if channel == "slack" else 50)
        for heading in shown:
            assert heading.casefold() in text.casefold(), channel
        assert ("tenderbell outbox" in text) == (number > 50)


def everywhere(digest: Digest) -> dict[str, str]:
    mail = RENDERER.digest("email", digest, NOW)
    assert mail.key == digest.key
    page = Page(mail.parts["html"])
    addresses = " ".join(value for name, value in page.attributes if name == "href")
    return {
        "console": RENDERER.digest("console", digest, NOW).parts["text"],
        "slack": RENDERER.digest("slack", digest, NOW).parts["text"],
        "mail": mail.parts["text"],
        "page": f"{page.text} {addresses}",
    }


# ---------------------------------------------------------------- hostile texts

HOSTILE = (
    "<script>alert(1)</script>", "</td></table><img src=x onerror=x>", "<!channel> <@U1|x>",
    "a&b<c>", "{{ view.key }}", "x" * 5000, "\u202eevil\u2066", "=?utf-8?q?x?=", "a\r\nBcc: x",
    "*bold* _it_ `code`", "|>", "",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=80), min_size=5, max_size=5))
def test_no_text_does_harm(texts: list[str]) -> None:
    title, buyer, words, why, url = texts
    hostile = entry(
        "amended", 1, 3, title=title, buyers=(Buyer(buyer),), words=words,
        url=f"https://example.org/{url}", notes=(words,),
        changes=(Change("title", title, buyer), Change("cpv", None, (words,), lot=title)),
    )  # fmt: skip
    hostile = hostile[0], replace(hostile[1], matches=(Match(why, why),))
    digest = made(hostile, entry("awarded", 2, None, decisions=(Award("1", (title,)),)))
    mail = RENDERER.digest("email", digest, NOW)
    page = Page(mail.parts["html"])
    assert not page.tags & {"script", "img", "iframe", "form"}
    links = [value for name, value in page.attributes if name == "href"]
    assert all(link.startswith("https://example.org/") for link in links)
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "\n" not in mail.parts["subject"] and "\r" not in mail.parts["text"]
    slack = RENDERER.digest("slack", digest, NOW).parts["text"]
    for piece in slack.split("<")[1:]:
        assert piece.startswith("https://example.org/")


def test_in_slack_the_most_and_longest_items_stay_within_its_limits() -> None:
    entries = [entry("amended", n, title="Care &amp; " * 40, changes=MOVED) for n in range(400)]
    posted = payload(RENDERER.digest("slack", made(*entries), NOW))
    assert ill_formed(posted) == ""
    assert "tenderbell outbox" in posted["blocks"][-2]["text"]["text"]


def test_without_templates_the_titles_and_addresses_are_told() -> None:
    message = RENDERER.plain_digest("email", made(*many(60)), NOW)
    assert message.key == KEY
    assert message.parts["subject"].startswith("Tenders, Thu 26 Nov: 12 new")
    assert message.parts["text"].count("https://example.org/") == 50
    assert "and 10 more" in message.parts["text"]
    assert "<pre>" in message.parts["html"]
