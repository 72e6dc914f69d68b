"""Messages: what each kind of event says in each channel, and that no text can do harm in any."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from jinja2 import StrictUndefined, UndefinedError
from jinja2.exceptions import SecurityError

from bot.contract import Link, Message
from bot.model import Award, Change, Event, Lot, Step, Summary, Value
from bot.render import Renderer
from bot.render.sandbox import Sandbox
from bot.wants import Delivery, Match
from tests.make import NOW, at, deadline, event, record

LONDON = ZoneInfo("Europe/London")
RENDERER = Renderer(LONDON)
NOTIFIERS = ("console", "slack", "email")
REASON = "CPV 85311000 under 85300000; place UKD73 in North West"
NOTICE = "https://www.find-tender.service.gov.uk/Notice/000101-2026"


CARE = (Match("Care", REASON),)


def told(notifier: str, what: Event, now=NOW, matches=CARE) -> Message:
    delivery = Delivery(
        key=f"{what.key}>bids>x",
        event=what.key,
        channel="bids",
        recipient="bids@example.org",
        matches=matches,
        due=NOW,
    )
    return RENDERER.render(notifier, what, delivery, now)


def text(notifier: str, what: Event, now=NOW, matches=CARE) -> str:
    return told(notifier, what, now, matches).parts["text"]


class Page(HTMLParser):
    """What a mail program would make of the page: its elements, their attributes, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def in_slack(message: Message) -> str:
    """What a reader sees in Slack, each field as one line of label and value."""
    fields = re.sub(r"\*\n", ": ", message.parts["fields"])
    for brief, label in BRIEF.items():
        fields = re.sub(rf"\*{brief}\b", label, fields)
    parts = message.parts
    seen = "\n".join((parts["status"], fields, parts["text"], parts["context"]))
    return re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", seen).replace("*", "")


BRIEF = {"Submit by": "Submission deadline", "Enquiries by": "Enquiry deadline"}


def everywhere(what: Event, now=NOW, matches=CARE) -> dict[str, str]:
    """What a reader sees: console, Slack, the mail's text, the mail's page."""
    mail = told("email", what, now, matches)
    return {
        "console": text("console", what, now, matches),
        "slack": in_slack(told("slack", what, now, matches)),
        "mail": mail.parts["text"],
        "page": Page(mail.parts["html"]).text,
    }


# ---------------------------------------------------------------- each kind of event


MOVED = event(
    "amended",
    words="Bidders asked for more time.",
    changes=(
        Change("submission", "2026-06-05T11:00:00Z", "2026-06-19T11:00:00Z"),
        Change("value", "1200000 GBP", "1500000 GBP"),
        Change("documents", None, ("Pricing schedule.xlsx",)),
    ),
)
OLDER = (Step("planning", "UK2", "090000-2025", at("2025-11-20T10:54")),)
KINDS = {
    "new": (
        event("new"),
        [
            "Submission deadline",
            "Fri 19 Jun 2026 12:00 BST",
            "Enquiry deadline",
            "Fri 5 Jun 2026 12:00 BST",
            "£1,500,000 excl. VAT, £1,800,000 incl. VAT",
            "Northwick Borough Council",
            "85311000",
            "UKD73",
            "Care and support for adults",
        ],
    ),
    "new after planning": (
        event("new", record=record(steps=OLDER)),
        ["Planning notice UK2 on 20 Nov 2025"],
    ),
    "amended": (
        MOVED,
        [
            "Bidders asked for more time.",
            "Fri 5 Jun 2026 12:00 BST",
            "Fri 19 Jun 2026 12:00 BST",
            "+14 days",
            "£1,200,000",
            "Documents added",
            "Pricing schedule.xlsx",
        ],
    ),
    "cancelled": (
        event("cancelled", record=record(status="cancelled"), words="The funding was withdrawn."),
        ["The funding was withdrawn.", "no longer stands"],
    ),
    "awarded": (
        event(
            "awarded",
            record=record(
                stage="award",
                status="awarded",
                awards=(Award("1", ("Harbour Care CIC",), Value(900_000.0, None, "GBP")),),
            ),
        ),
        ["Harbour Care CIC", "£900,000 excl. VAT"],
    ),
    "deadline": (
        event("deadline", deadline=deadline(), lead="7d"),
        ["Submission deadline", "Fri 19 Jun 2026 12:00 BST"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_says_what_matters(kind):
    what, wanted = KINDS[kind]
    for channel, seen in everywhere(what).items():
        for words in [*wanted, REASON, "000101-2026"]:
            assert words in seen, f"{channel}: {words!r} is missing from\n{seen}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_links_to_the_notice(kind):
    what, _ = KINDS[kind]
    assert NOTICE in text("console", what)
    assert told("slack", what).links[0] == Link("Open notice", NOTICE)
    assert NOTICE in text("email", what)
    assert ("href", NOTICE) in Page(told("email", what).parts["html"]).attributes


@pytest.mark.parametrize(
    ("what", "subject"),
    [
        (event("new"), "New tender, closes 19 Jun: "),
        (
            event("new", record=record(stage="planning", kind="UK2")),
            "Planned procurement, closes 19 Jun: ",
        ),
        (event("new", record=record(steps=OLDER)), "Now out to tender, closes 19 Jun: "),
        (MOVED, "Deadline moved to 19 Jun 12:00: "),
        (event("amended", words="A typing error."), "Amended: "),
        (event("cancelled", record=record(status="cancelled")), "Cancelled: "),
        (event("cancelled", record=record(status="awarded")), "Cancellation notice: "),
        (event("awarded"), "Awarded: "),
    ],
)
def test_the_subject_says_what_happened(what, subject):
    for notifier in ("slack", "email"):
        found = told(notifier, what).parts["subject"]
        assert found == subject + "Supported living services, Northwick"


def test_a_reminder_says_how_long_there_is():
    now = at("2026-06-12T11:00")
    what = event("deadline", deadline=deadline(), lead="7d")
    subject = told("slack", what, now).parts["subject"]
    assert (
        subject == "Submission closes in 7 days, 19 Jun 12:00: Supported living services, Northwick"
    )
    assert "Enquiry deadline: Fri 5 Jun 2026 12:00 BST, passed" in text("console", what, now)


def test_the_first_run_names_what_closes_first():
    first = (record(title="Short breaks"), record(title="Day centres", deadlines=(), url=None))
    what = Event(
        key="fts/started/Care",
        name="started",
        source="fts",
        at=NOW,
        summary=Summary("Care", 37, first),
    )
    for seen in everywhere(what).values():
        for words in ("Short breaks", "Fri 19 Jun 2026 12:00 BST", "Day centres", "and 35 more"):
            assert words in seen
    assert told("email", what).parts["subject"] == "Watching fts for Care: 37 open now"


def test_the_operators_hear_the_reason():
    why = "fts has not answered since 09:00: 503 Service Unavailable"
    what = Event(key="fts/down", name="operators", source="fts", at=NOW, notes=(why, "More."))
    for notifier in NOTIFIERS:
        assert why in "".join(told(notifier, what).parts.values())
        assert "More." in text(notifier, what) + told(notifier, what).parts.get("status", "")


# ---------------------------------------------------------------- dates, changes, lists


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        (deadline(when="2026-06-19T22:59:59", dated=True), "19 Jun 2026, end of day"),
        (deadline(when="2026-06-19T22:59"), "19 Jun 2026, end of day"),
        (deadline(when="2026-12-18T12:00"), "18 Dec 2026 12:00 GMT"),
        (deadline(firm=False), "(expected)"),
        (deadline(origin="words"), "(read from the notice's text)"),
        (deadline(when="2026-05-01T11:00"), "passed"),
        (deadline(lot="LOT-0002"), "Submission deadline (Lot 2)"),
        (deadline(when="9999-12-31T23:59:59"), "9999-12-31T23:59:59Z, far ahead"),
        (deadline(when="0001-01-01T00:00:00"), "0001-01-01T00:00:00Z, passed"),
    ],
)
def test_a_deadline_is_told_as_it_is_known(end, wanted):
    for channel, seen in everywhere(event("new", record=record(deadlines=(end,)))).items():
        seen = seen.replace("Z far", "Z, far").replace("Z passed", "Z, passed")
        seen = seen.replace(", expected", " (expected)").replace(
            ", read from the notice's text", " (read from the notice's text)"
        )
        assert wanted in seen, channel


def test_a_date_read_from_the_text_comes_with_its_sentence():
    words = "Please reply by 12 noon on 19 June 2026 <b>or call</b>."
    end = deadline(origin="words", words=words)
    for name, more in (("new", {}), ("deadline", {"deadline": end, "lead": "7d"})):
        for channel, seen in everywhere(
            event(name, record=record(deadlines=(end,)), **more)
        ).items():
            assert "Please reply by 12 noon on 19 June 2026" in seen, channel
    for seen in everywhere(event("amended", record=record(deadlines=(end,)))).values():
        assert "Please reply" not in seen


def test_one_date_of_many_lots_is_one_line():
    ends = tuple(deadline(lot=f"LOT-{n:04}") for n in range(1, 10))
    seen = text("console", event("new", record=record(deadlines=ends)))
    assert "Submission deadline (9 lots): Fri 19 Jun 2026 12:00 BST" in seen
    assert seen.count("19 Jun 2026") == 1


def test_long_lists_end_with_how_many_are_left():
    changes = tuple(Change("lot-added", None, f"Area {n}", f"{n}") for n in range(1, 20))
    lots = tuple(Lot(f"{n}", f"Area {n}") for n in range(1, 23))
    for seen in everywhere(event("amended", changes=changes)).values():
        assert "Area 12" in seen and "Area 13" not in seen and "and 7 more" in seen
    for seen in everywhere(event("new", record=record(lots=lots))).values():
        assert "Lot 10: Area 10" in seen and "Area 11" not in seen and "and 12 more" in seen


def test_the_lots_that_matched_are_named_and_come_first():
    lots = tuple(Lot(f"LOT-{n:04}", f"Area {n}") for n in range(1, 41))
    held = record(lots=lots)
    reason = "lot 2: CPV 85311000 under 85300000; lot 35 as well"
    matches = (Match("Care", reason, ("LOT-0002", "LOT-0035")),)
    for channel, seen in everywhere(event("new", record=held), matches=matches).items():
        assert "Lots 2 and 35 of 40 match" in seen and "Area 2; Area 35" in seen, channel
        assert seen.index("Lot 35: Area 35") < seen.index("Lot 1: Area 1"), channel
        assert reason in seen, channel
    (one,) = (Match("Care", "lot 2: CPV 85311000", ("LOT-0002",)),)
    seen = text("console", event("amended", record=held), matches=(one,))
    assert "Lot 2 of 40 matches: Area 2" in seen


def test_no_lot_is_named_where_one_subscription_is_met_by_the_whole():
    held = record(lots=(Lot("1", "North"), Lot("2", "South")))
    matches = (Match("Care", "lot 2: word 'south'", ("2",)), Match("All", "everything"))
    assert "of 2 match" not in text("console", event("new", record=held), matches=matches)


def test_only_the_new_awards_are_told():
    first = Award("1", ("Harbour Care CIC",))
    before = record(stage="award", awards=(first,))
    after = record(stage="award", awards=(first, Award("2", ("Beacon Support",))))
    seen = text("console", event("awarded", record=after, before=before))
    assert "Beacon Support" in seen and "Harbour" not in seen


def test_an_award_s_own_decisions_are_told_where_the_record_before_is_not_kept():
    awards = (Award("1", ("Harbour Care CIC",)), Award("2", ("Beacon Support",)))
    after = record(stage="award", awards=awards)
    seen = text("console", event("awarded", record=after, decisions=awards[1:]))
    assert "Beacon Support" in seen and "Harbour" not in seen


def test_a_reminder_of_a_contract_s_end_counts_the_days():
    end = deadline("contract-end", "2026-11-08T23:59:59", dated=True)
    held = record(stage="contract", status="awarded", deadlines=(end,))
    seen = told("email", event("deadline", record=held, deadline=end, lead="180d"))
    assert seen.parts["subject"].startswith("Contract ends in 180 days, 8 Nov: ")


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (Change("description", None, "Bids by post."), "Description, added: Bids by post."),
        (Change("lot-text", "By post.", None, "2"), "Lot description (Lot 2), taken out: By post."),
        (Change("contract-extension", "2032-09-30", "2033-09-30"), "30 Sep 2032 → Fri 30 Sep 2033"),
        (Change("engagement-text", "On 1 June.", "On 8 June."), "Market engagement: On 1 June. →"),
        (Change("submission", "2026-06-05", "2026-06-19T11:00:00Z"), "Fri 5 Jun 2026, end of day"),
        (Change("submission", "2026-06-05", "2026-06-19T11:00:00Z"), "(+14 days)"),
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-05"), "forward by 14 days"),
        (Change("submission", None, "2026-06-19T11:00:00Z"), "not stated → Fri 19 Jun 2026"),
        (Change("value", "153242728.68 GBP", None), "£153.2 million (£153,242,728.68)"),
        (Change("lot-value", "5 EUR", "6 EUR", lot="LOT-0003"), "Value (Lot 3): €5 → €6"),
        (Change("region", ("UKD73",), ("Mars",)), "→ Mars"),
        (Change("award-criteria", "Price 60 %", "Price 40 %"), "Award criteria: Price 60 % →"),
        (Change("submission", "soon", "later"), "Submission deadline: soon → later"),
        (Change("enquiry", None, "2026-06-01", origin="words"), "read from the notice's text"),
        (Change("new-thing", "a", "b"), "New thing: a → b"),
        (Change("submission", "9999-12-31", "0001-01-01T00:00Z"), "9999-12-31 → 0001-01-01"),
        (
            Change("submission", "2026-06-19T11:00:00Z", "2026-06-16T11:00:00Z"),
            "brought forward by 3 days",
        ),
    ],
)
def test_a_change_reads_as_was_and_now(change, wanted):
    assert wanted in text("console", event("amended", changes=(change,)))


# ---------------------------------------------------------------- the sandbox


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("{{ ''.__class__.__mro__ }}", SecurityError),
        ("{{ [].append(1) }}", SecurityError),
        ("{{ cycler.__init__.__globals__ }}", SecurityError),
        ("{{ lipsum.__globals__ }}", (SecurityError, UndefinedError)),
        ("{{ 'a' * 10**9 }}", ValueError),
        ("{{ '%1000000000d' % 1 }}", ValueError),
        ("{{ view.nothing }}", UndefinedError),
    ],
)
def test_a_template_cannot_leave_the_sandbox(source, error):
    env = Sandbox(undefined=StrictUndefined)
    with pytest.raises(error):
        env.from_string(source).render(view=object())
