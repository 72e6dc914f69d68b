"""What a feed's address, pages and entries become: requests, identities, versions, facts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.contract import Request, Response
from bot.detect import told
from bot.errors import ReadError
from bot.fold import fold, order
from bot.model import Event, Notice, Record
from tests.watchers.feeds import (
    SINCE,
    URL,
    atom,
    entry,
    item,
    notice,
    page,
    rss,
)
from watchers.feed import Feed

NOW = SINCE + timedelta(hours=1)
DAY = timedelta(days=1)


def events(*bodies: bytes) -> list[Event]:
    """What is told of the documents of a feed, each polled a day after the one before."""
    held: dict[str, Record] = {}
    seen: set[tuple[str, str]] = set()
    happened: list[Event] = []
    for day, body in enumerate(bodies):
        since = SINCE + day * DAY
        fresh = [f.load() for f in page(body, since).found if (f.record, f.id) not in seen]
        for one in sorted(fresh, key=order):
            seen.add((one.record, one.id))
            before = held.get(one.record)
            assert before is None or order(one) > (before.published, before.notice)
            after = held[one.record] = fold(before, one, source="f", learned=since + DAY)
            happened += [event] if (event := told(before, after, one)) else []
    return happened


# ---------------------------------------------------------------- requests and pages


def test_a_feed_is_asked_once_and_conditionally():
    assert list(Feed(url=URL).start(SINCE, NOW)) == [Request(URL, conditional=True)]


@pytest.mark.parametrize(
    "url",
    ["", "tenders.xml", "file:///etc/passwd", "ftp://a.example/x", "feed://a.example/x",
     "https://user:secret@a.example/x", "https://a.example/x y", "https://[::1/x", "https:///x",
     "https://a.example:99999/x", "https://a.example/x#top", "javascript:alert(1)"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ValidationError):
        Feed(url=url)


def test_a_time_zone_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="no time zone"):
        Feed(url=URL, timezone="Europe/Atlantis")


NEXT = '<link xmlns="http://www.w3.org/2005/Atom" rel="{}" href="{}"/>'


@pytest.mark.parametrize(
    ("rel", "href", "asked"),
    [
        ("next", "?page=2", f"{URL}?page=2"),
        ("next", "/archive/1.xml", "https://feeds.northwick.example.org/archive/1.xml"),
        ("prev-archive", "1.xml", "https://feeds.northwick.example.org/1.xml"),
        (
            "next",
            "http://feeds.northwick.example.org:80/2",
            "https://feeds.northwick.example.org/2",
        ),
        ("next last", "2.xml#x", "https://feeds.northwick.example.org/2.xml"),
        ("next", URL, None),
        ("next", "", None),
        ("self", "2.xml", None),
    ],
)
def test_the_next_page_is_asked_of_the_same_host(rel: str, href: str, asked: str | None):
    found = page(rss(item(), more=NEXT.format(rel, href)))
    assert [request.url for request in found.follow] == ([asked] if asked else [])
    assert found.complete


@pytest.mark.parametrize(
    "href",
    ["https://evil.example/2.xml", "//evil.example/2", "file:///etc/passwd", "javascript:x",
     "https://feeds.northwick.example.org:8443/2", "https://[::1", "2.xml?q=a b", "2.xml?q=é"],
)  # fmt: skip
def test_a_next_page_elsewhere_is_not_asked_and_not_forgotten(href: str):
    found = page(rss(item(), more=NEXT.format("next", href)))
    assert (found.follow, found.complete) == ((), False)
    assert found.why.startswith("the next link")


def test_the_two_names_of_spains_platform_are_one_host():
    url = "https://contrataciondelsectorpublico.gob.es/sindicacion/a.atom"
    more = '<link rel="next" href="https://contrataciondelestado.es/sindicacion/b.atom"/>'
    (follow,) = page(atom(entry(), more=more), url=url).follow
    assert follow.url == "https://contrataciondelsectorpublico.gob.es/sindicacion/b.atom"


def test_older_pages_are_left_alone():
    more = NEXT.format("next", "?page=2")
    old = item(pubDate="Mon, 11 May 2026 08:30:00 GMT")
    assert page(rss(old, item(), more=more)).follow
    found = page(rss(old, more=more))
    assert (found.follow, found.complete, len(found.found)) == ((), True, 1)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"version": "https://jsonfeed.org/version/1"}', b"<html><body/></html>",
     b"<!DOCTYPE html><html><body>Down</body></html>", b"<rss version='2.0'/>",
     b"<OPML><body/></OPML>", b"/etc/passwd", b"https://feeds.northwick.example.org/"],
)  # fmt: skip
def test_what_is_no_feed_is_never_no_news(body: bytes):
    with pytest.raises(ReadError):
        page(body)


def test_a_feed_without_entries_is_no_news():
    assert page(rss()) == page(atom())
    assert page(rss()).complete


# ---------------------------------------------------------------- identity and versions


@pytest.mark.parametrize(
    ("said", "record"),
    [
        ({"guid": "g-1", "link": "https://a.example/1"}, "g-1"),
        ({"guid": " g-1\n"}, "g-1"),
        ({"guid": "", "link": "https://a.example/1"}, "https://a.example/1"),
    ],
)
def test_the_record_is_the_guid_else_the_link(said: dict[str, str], record: str):
    assert notice(rss(item(**said))).record == record


def test_without_guid_and_link_the_record_is_its_title_and_summary():
    one, other, same = (
        notice(rss(item(title, guid="", pubDate=date))).record
        for title, date in (("Parks", ""), ("Roads", ""), ("Parks", "Wed, 13 May 2026 08:30 GMT"))
    )
    assert one == same != other
    assert one.startswith("sha256:")


def test_a_giant_guid_is_named_by_its_hash():
    one, other = (notice(rss(item(guid="x" * 300 + end))) for end in "ab")
    assert len(one.record) < 60
    assert one.record != other.record


def test_a_document_written_anew_says_nothing_new():
    as_it_was = rss(
        item(text="Closing date: 19 June 2026", more='<category domain="d">x</category>')
    )
    anew = b"""<?xml version='1.0' encoding='ISO-8859-1' ?>
      <!-- generated --><rss version='2.0'><channel><language>en-gb</language>
      <item><pubDate>Tue, 12 May 2026 08:30:00 GMT</pubDate>
        <category  domain='d' ><![CDATA[x]]></category>
        <description><![CDATA[Closing date:   19 June 2026]]></description>
        <guid>n-1</guid><title>Grounds &#109;aintenance</title></item></channel></rss>"""
    assert [f.id for f in page(as_it_was).found] == [f.id for f in page(anew).found]


XML_TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=40,
).filter(lambda text: text.strip())


@given(title=XML_TEXT, text=XML_TEXT, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_identity_does_not_depend_on_the_encoding(title: str, text: str, encoding: str):
    body = rss(item(title, text))
    (one,), (other,) = page(body).found, page(body.decode().encode(encoding)).found
    assert (one.record, one.id) == (other.record, other.id)


def test_each_entry_stands_once():
    assert len(page(rss(item(), item(), item(guid="n-2"))).found) == 2


def test_a_changed_text_is_told_though_its_date_stays():
    first = item(text="Closing date: 12 June 2026")
    second = item(text="Closing date: 26 June 2026")
    third = item(text="Closing date: 12 June 2026. Again.")
    said = events(rss(first), rss(first), rss(second), rss(second), rss(third))
    assert [event.name for event in said] == ["new", "amended", "amended"]
    assert [(c.field, c.was, c.now) for c in said[1].changes][:1] == [
        ("submission", "2026-06-12", "2026-06-26")
    ]


def test_a_fresh_date_alone_is_no_amendment():
    dates = ("2026-05-12T08:30:00Z", "2026-05-13T08:30:00Z", "2026-05-14T08:30:00+02:00")
    assert [event.name for event in events(*(atom(entry(updated=at)) for at in dates))] == ["new"]


def test_there_and_back_again_is_two_amendments():
    said = events(
        *(
            atom(entry(updated=at, more=f"<summary>Deadline: {day} June 2026</summary>"))
            for at, day in (
                ("2026-05-12T08:30:00Z", 12),
                ("2026-05-13T08:30:00Z", 26),
                ("2026-05-14T08:30:00Z", 12),
            )
        )
    )
    assert [event.name for event in said] == ["new", "amended", "amended"]


def test_an_undated_entry_that_changes_is_an_amendment():
    said = events(rss(item(text="Parks", pubDate="")), rss(item(text="Parks, roads", pubDate="")))
    assert [event.name for event in said] == ["new", "amended"]


def test_what_is_known_is_told_apart_without_reading_it():
    bad = item(more="<category/>" * 6_000)
    (found,) = page(rss(bad)).found
    with pytest.raises(ReadError, match="too many"):
        found.load()


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Tue, 12 May 2026 08:30:00 GMT", "2026-05-12T08:30:00"),
        ("Tue, 12 May 2026 08:30:00 +0200", "2026-05-12T06:30:00"),
        ("Tue, 12 May 2026 08:30:00 EDT", "2026-05-12T12:30:00"),
        ("Tue, 12 May 2026 08:30:00 -0000", "2026-05-12T08:30:00"),
        ("Tue, 12 May 2026 08:30:00", "2026-05-12T06:30:00"),
        ("Tue, 12 May 2026 08:30:00 CEST", "2026-05-12T06:30:00"),
        ("2026-05-12 08:30", "2026-05-12T06:30:00"),
        ("2026-05-12", "2026-05-11T22:00:00"),
        ('<b content="2026-05-12T08:30:00Z">12 May</b>', "2026-05-12T08:30:00"),
    ],
)
def test_dates_of_publication_in_every_writing(written: str, at: str):
    found = notice(rss(item(pubDate=written)), SINCE - DAY, timezone="Europe/Madrid")
    assert found.published == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "yesterday", "12/05/26", "0001-01-01T00:00:00Z", "9" * 99])
def test_without_a_date_it_appeared_since_the_last_poll(written: str):
    found = notice(rss(item(pubDate=written)))
    assert found.published == SINCE
    assert found.remarks == ("the feed does not say when it was published",)


# ---------------------------------------------------------------- facts


def test_html_is_read_as_words():
    text = "<p>One &amp; two</p><script>alert(1)</script><ul><li>three<li>four</ul>5 < 6"
    assert notice(rss(item(text=text))).facts.description == "One & two\n\nthree\nfour\n5 < 6"


def test_a_title_stays_a_title():
    assert notice(rss(item("Repair of <Bridge 3> &amp; roads"))).facts.title == (
        "Repair of <Bridge 3> & roads"
    )


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://a.example/n?id=1&x=2", "https://a.example/n?id=1&x=2"),
        ("/n/1", "https://feeds.northwick.example.org/n/1"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://good.example@evil.example/", None),
        ("file:///etc/passwd", None),
    ],
)
def test_only_web_addresses_become_links(link: str, url: str | None):
    assert notice(rss(item(link=link))).facts.url == url


@pytest.mark.parametrize(
    ("guid", "url"), [("https://a.example/n/1", "https://a.example/n/1"), ("n-1", None)]
)
def test_a_guid_is_a_link_where_it_is_an_address(guid: str, url: str | None):
    assert notice(rss(item(guid=guid))).facts.url == url


@pytest.mark.parametrize(
    ("text", "author", "buyer"),
    [
        ("Buyer: Eastmere Academies; more", "", "Eastmere Academies"),
        ("Órgano de Contratación: Junta de Ejemplo", "", "Junta de Ejemplo"),
        ("<p>Contracting authority: <b>Northwick Homes</b></p>", "", "Northwick Homes"),
        ("Parks", "Northwick Borough Council", "Northwick Borough Council"),
        ("Parks", "clerk@example.org (Stadt Südhausen)", "Stadt Südhausen"),
        ("Parks", "Alex Example", None),
        ("Parks", "admin", None),
        ("The buyer is looking for: chairs", "", None),
    ],
)
def test_a_buyer_is_who_is_called_one(text: str, author: str, buyer: str | None):
    buyers = notice(rss(item(text=text, author=author))).facts.buyers
    assert [one.name for one in buyers or ()] == ([buyer] if buyer else [])


@pytest.mark.parametrize(
    ("category", "stage", "status", "cancels"),
    [
        ("Contract award notice", "award", "awarded", None),
        ("Prior information notice", "planning", "planned", None),
        ("Cancellation notice", "tender", "cancelled", "tender"),
        ("News about awards", "tender", "open", None),
    ],
)
def test_the_kind_is_what_a_category_calls_it(
    category: str, stage: str, status: str, cancels: str | None
):
    found = notice(rss(item(more=f"<category>{category}</category>")))
    assert (found.stage, found.status, found.cancels) == (stage, status, cancels)


def test_an_award_repeats_deadlines_as_history():
    award = item(text="Deadline: 19 June 2026", more="<category>Award notice</category>")
    assert notice(rss(award)).facts.deadlines == ()


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ("<category>country/sn - Senegal</category>", ("SN",)),
        ("<category>Region: Scotland</category>", ("Scotland",)),
        ("<category>Scotland Yard</category>", None),
        ('<x:coverage xmlns:x="http://purl.org/dc/elements/1.1/">UKK30</x:coverage>', ("UKK30",)),
        ('<g:featureName xmlns:g="http://www.georss.org/georss">Wales</g:featureName>', ("Wales",)),
        ("<category>country/xx - Nowhere</category>", None),
    ],
)
def test_a_place_is_what_is_marked_as_one(more: str, places: tuple[str, ...] | None):
    assert notice(rss(item(more=more))).facts.places == places


def test_the_same_procurement_elsewhere():
    text = (
        '<a href="https://ted.europa.eu/en/notice/-/detail/605902-2020">TED</a> ocds-h6vhtk-0a0001 '
        '<a href="https://www.find-tender.service.gov.uk/Notice/000101-2026?origin=x">FTS</a>'
    )
    assert notice(rss(item(text=text))).links == (
        "ted:605902-2020",
        "ocds-h6vhtk-0a0001",
        "https://www.find-tender.service.gov.uk/Notice/000101-2026",
    )


def test_the_operators_language_goes_before_the_feeds():
    body = rss(item(text="Closing date: 03/06/2026"), language="en")
    assert notice(body).facts.deadlines == ()
    (deadline,) = notice(body, language="en-GB").facts.deadlines
    assert f"{deadline.at:%d %m}" == "03 06"


# ---------------------------------------------------------------- saved feeds

_SHARED = os.environ.get("TENDERBELL_SHARED_DATA")
SAVED = (Path(_SHARED) if _SHARED else Path(__file__).parents[3] / "shared" / "data") / "feeds"
with_saved = pytest.mark.skipif(
    not SAVED.is_dir(), reason="no saved feeds: set TENDERBELL_SHARED_DATA"
)


def saved(name: str, url: str) -> Iterable[Notice]:
    body = (SAVED / name).read_bytes()
    found = Feed(url=url).read(
        Response(Request(url), 200, {}, body), datetime.min.replace(tzinfo=UTC) + DAY
    )
    assert found.complete and not found.faults
    return [one.load() for one in found.found]


@with_saved
def test_a_saved_feed_with_codes_and_deadlines_in_its_categories():
    found = list(saved("govwizely_trade_leads/mca_mca_leads.xml", "http://www.dgmarket.com/"))
    assert len(found) == 3
    for one in found:
        facts = one.facts
        assert facts.cpv and facts.buyers and facts.places and facts.url
        assert [d.kind for d in facts.deadlines] == ["submission"]


@with_saved
def test_a_saved_feed_with_dates_in_html():
    found = list(saved("govwizely_trade_leads/ustda_rss.xml", "http://www.ustda.gov/"))
    assert [one.published.date().isoformat() for one in found] == ["2015-10-28"] * 3
    assert [len(one.facts.deadlines) for one in found] == [1, 0, 0]
    tape = yaml.safe_load((SAVED / "ustda_vcr_2020" / "test_get_entries.yaml").read_text())
    one = notice(tape["interactions"][0]["response"]["body"]["string"].encode(), SINCE - 4000 * DAY)
    assert (one.record, one.published.isoformat()) == ("2467", "2020-02-03T05:00:00+00:00")


@with_saved
def test_a_saved_atom_feed_with_pages():
    url = "https://www.fpds.gov/ezsearch/FEEDS/ATOM?s=FPDS"
    body = (SAVED / "fpds_atom" / "full_response.xml").read_bytes()
    found = page(body, datetime(2013, 1, 1, tzinfo=UTC), url=url)
    assert len(found.found) == 10
    assert [request.url[-8:] for request in found.follow] == ["start=10"]
    assert all(one.load().facts.title for one in found.found)


@with_saved
@pytest.mark.parametrize("name", ["uk_Notices.xml", "uk_Closed.xml", "ustda_leads.xml"])
def test_saved_xml_that_is_no_feed(name: str):
    with pytest.raises(ReadError, match="no feed but <"):
        page((SAVED / "govwizely_trade_leads" / name).read_bytes())
