"""TED's search: what is asked for, where a walk ends, and what a row says alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.contract import Request, Response
from bot.errors import ReadError
from bot.model import Notice, Value
from tests.watchers import golden
from tests.watchers.ted import body, found, page, row
from watchers._ted_search import FIELDS, LIMIT
from watchers.ted import Ted

UUID = "11111111-2222-4333-8444-555555555501"
FOLDER = "0b1c2d3e-4f50-4a61-8b72-9c83ad94be05"


def alone(**more: Any) -> Notice:
    """The row as the notice that stands in for its document."""
    (request,) = page(row(**more)).follow
    assert request.instead is not None
    return request.instead.load()


def sent(request: Request) -> dict[str, Any]:
    assert request.method == "POST" and request.body
    said: dict[str, Any] = json.loads(request.body)
    return said


# ---------------------------------------------------------------- asking


def test_each_day_of_brussels_is_asked_for_with_the_operators_query():
    since = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the clocks change in the night to the 29th
    requests = list(Ted(query="buyer-country IN (IRL)").start(since, since + timedelta(days=2)))
    queries = [sent(request)["query"] for request in requests]
    assert queries == [
        f"(buyer-country IN (IRL)) AND PD>={day} AND PD<={day}"
        for day in ("20260328", "20260329", "20260330")
    ]
    assert [request.window for request in requests] == [
        (since, datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), since + timedelta(days=2)),
    ]
    assert {request.url for request in requests} == {"https://api.ted.europa.eu/v3/notices/search"}
    assert sent(requests[0])["paginationMode"] == "ITERATION"
    assert sent(requests[0])["scope"] == "ALL"


def test_a_page_of_full_rows_stays_below_the_limit_of_values():
    assert LIMIT * (len(FIELDS) + 1) <= 10_000
    assert len(set(FIELDS)) == len(FIELDS)


def test_base_url_stands_for_both_hosts():
    watcher = Ted(query="FT~bridge", base_url="http://127.0.0.1:8080")
    (request,) = watcher.start(golden.SINCE, golden.NOW)
    assert request.url == "http://127.0.0.1:8080/v3/notices/search"
    data = json.dumps({"notices": [row()], "totalNoticeCount": 1}).encode()
    answer = watcher.read(Response(request, 200, {}, data), golden.SINCE)
    assert [r.url for r in answer.follow] == ["http://127.0.0.1:8080/en/notice/310101-2026/xml"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "buyer-country IN (IRL",
        "a=1) OR (b=2",
        'FT~"bridge',
        "a=1 sort  by PD DESC",
        "a=1\x00",
        "a" * 5001,
    ],
)
def test_a_query_that_would_escape_its_brackets_is_refused(query: str):
    with pytest.raises(ValidationError):
        Ted(query=query)


def test_brackets_in_quotes_are_words():
    assert Ted(query='FT~"bridge :) (old" AND\n a=1').query == 'FT~"bridge :) (old" AND a=1'


def test_languages_are_those_of_ted():
    assert Ted(query="a=1", languages=("GA", "eng")).languages == ("gle", "eng")
    with pytest.raises(ValidationError, match="no language of TED"):
        Ted(query="a=1", languages=("xx",))


# ---------------------------------------------------------------- the walk


def test_a_token_leads_to_the_next_page_first():
    first = page(row(), totalNoticeCount=251, iterationNextToken="t1")
    more, document = first.follow
    assert sent(more) == sent(golden.request("ted")) | {"iterationNextToken": "t1"}
    assert more.window == document.window == golden.request("ted").window
    assert first.complete
    second = page(row(), request=more, totalNoticeCount=251, iterationNextToken="t2")
    assert sent(second.follow[0])["iterationNextToken"] == "t2"


def test_the_walk_ends_with_the_total_an_empty_page_or_no_token():
    (more, _) = page(row(), totalNoticeCount=2, iterationNextToken="t1").follow
    for last in (
        page(row(), totalNoticeCount=1, iterationNextToken="t1"),
        page(totalNoticeCount=0),
        page(request=more, totalNoticeCount=2, iterationNextToken="t2"),
        page(row(), request=more, totalNoticeCount=2),
    ):
        assert last.complete
        assert all(request.notice for request in last.follow)


def test_a_walk_that_cannot_go_on_is_incomplete():
    (more, _) = page(row(), totalNoticeCount=2, iterationNextToken="t1").follow
    again = page(row(), request=more, totalNoticeCount=500, iterationNextToken="t1")
    assert "same page again" in again.why
    short = page(row(), totalNoticeCount=500)
    assert "1 of 500" in short.why
    timed = page(row(), timedOut=True, iterationNextToken="t1")
    assert "timed out" in timed.why
    for cut in (again, short, timed):
        assert not cut.complete
        assert len(cut.follow) == 1, "what was found is read all the same"


@pytest.mark.parametrize(
    "said", [{}, {"notices": None}, {"notices": {}}, {"message": "Too many requests"}, [], None]
)
def test_what_is_no_page_is_never_no_news(said: Any):
    asked = golden.request("ted")
    with pytest.raises(ReadError, match="no page of the TED search"):
        golden.watcher("ted").read(Response(asked, 200, {}, json.dumps(said).encode()), golden.NOW)


def test_a_row_told_twice_is_one_notice_and_a_broken_one_is_set_aside():
    got = page(row(), row(), 7, row(publication_number=None), row(publication_number="x" * 99))
    assert len(got.follow) == 1
    assert [fault.why for fault in got.faults] == ["a row without a publication number"] * 3


def test_a_saved_page_leads_nowhere():
    got = page(row(), request=Request("file:///rows.json"), totalNoticeCount=999)
    assert got.complete and not got.follow
    (one,) = got.found
    assert one.load().remarks[0].startswith("read from the search result alone")


# ---------------------------------------------------------------- a row


def test_a_row_and_its_document_are_one_notice():
    (request,) = page(row()).follow
    document = found(body("lots"))
    assert request.notice == (document.record, document.id) == (FOLDER, "310101-2026")
    assert request.instead and (request.instead.record, request.instead.id) == request.notice


def test_a_row_and_the_document_of_a_plan_are_one_notice():
    plan = {"form_type": "planning", "notice_type": "pin-only", "procedure_identifier": None}
    own = "11111111-2222-4333-8444-555555555505"
    (request,) = page(row(publication_number="311105-2026", notice_identifier=own, **plan)).follow
    document = found(body("plan"))
    assert request.notice == (document.record, document.id)

    changed = f"{UUID}-01"
    block = f"<efac:Changes><efbc:ChangedNoticeIdentifier>{changed}</efbc:ChangedNoticeIdentifier>"
    kept = "<efac:NoticeSubType>"
    document = found(body("plan", (kept, f"{block}</efac:Changes>{kept}")))
    more = {"change_notice_version_identifier": changed, "notice_identifier": own}
    (request,) = page(row(publication_number="311105-2026", **more, **plan)).follow
    assert request.notice == (document.record, document.id) == (UUID, "311105-2026")


def test_what_a_row_cannot_name_is_asked_for_without_a_name():
    """The search writes a publication number for a UUID that it knows; the document does not."""
    plan = {"form_type": "planning", "notice_type": "pin-only", "procedure_identifier": None}
    (request,) = page(row(change_notice_version_identifier="300001-2026", **plan)).follow
    assert request.notice is None and request.instead

    old = {"procedure_identifier": None, "notice_identifier": None}
    (request,) = page(row(**old)).follow
    assert request.notice == ("310101-2026", "310101-2026")
    for kind in ({"form_type": "result"}, {"form_type": "change", "notice_type": "corr"}):
        (request,) = page(row(**old, **kind)).follow
        assert request.notice is None and request.instead


def test_results_and_modifications_are_read_from_the_row_alone():
    for kind in ("result", "dir-awa-pre", "cont-modif", "completion"):
        got = page(row(form_type=kind))
        assert len(got.found) == 1 and not got.follow
        assert got.found[0].load().remarks == ()
    for kind in ("planning", "competition", "consultation", "change", "unheard-of"):
        assert len(page(row(form_type=kind)).follow) == 1
    assert len(page(row(form_type="result", change_reason_code="cor-buy")).follow) == 1


def test_a_stand_in_says_what_it_is_and_states_what_it_can():
    notice = alone()
    assert notice.remarks[0] == (
        "read from the search result alone: the enquiry deadline and the lots are not in it"
    )
    assert (notice.kind, notice.stage, notice.status) == ("16", "tender", "open")
    assert notice.published == datetime(2026, 5, 7, 7, 0, tzinfo=UTC)
    assert notice.facts.title == "Dredging and survey of the inner harbour"
    assert notice.facts.places == ("IE063",)
    assert [code.id for code in notice.facts.cpv or ()] == ["45252124", "71351923"]
    (deadline,) = notice.facts.deadlines
    assert deadline.at == datetime(2026, 6, 15, 11, 0, tzinfo=UTC)
    assert "different submission dates" in notice.remarks[1]


def test_a_stand_in_for_a_change_erases_nothing():
    notice = alone(
        change_reason_code=["cancel"],
        change_description={"eng": "Put off."},
        change_reason_description={"fra": ["Reporté."]},
        change_notice_version_identifier="300001-2026",
    )
    assert notice.update and not notice.restates
    assert (notice.status, notice.cancels) == ("cancelled", "tender")
    assert notice.words == "The notice was cancelled.\nPut off.\nReporté."
    assert notice.links == ("ted:300001-2026",)


def test_dates_without_their_times_are_days():
    notice = alone(
        deadline_receipt_tender_date_lot=["2026-06-15+01:00"] * 3,
        deadline_receipt_tender_time_lot=["12:00:00+01:00", "14:00:00+01:00"],
        deadline_receipt_request_date_lot=["soon"],
    )
    (deadline,) = notice.facts.deadlines
    assert deadline.dated and deadline.at == datetime(2026, 6, 15, 22, 59, 59, tzinfo=UTC)
    assert notice.remarks[1:] == ("the participation date cannot be read: soon ",)


def test_a_title_is_in_a_wanted_language_if_only_the_heading_is():
    french = {"title_proc": {"fra": "Dragage"}}
    heading = {"notice_title": {"eng": "France – Dredging", "fra": "France – Dragage"}}
    assert alone(**french, **heading).facts.title == "France – Dredging"
    assert alone(**french, notice_title={"fra": "France"}).facts.title == "Dragage"


def test_a_result_without_a_winner_ends_the_tender():
    def outcome(**more: Any) -> tuple[Any, Any]:
        (one,) = page(row(form_type="result", **more)).found
        notice = one.load()
        return notice.status, notice.cancels

    assert outcome() == ("awarded", None)
    assert outcome(winner_selection_status=["clos-nw", "selec-w"]) == ("awarded", None)
    assert outcome(winner_selection_status=["open-nw", "clos-nw"]) == (None, None)
    closed = {"winner_selection_status": ["clos-nw", "clos-nw"]}
    assert outcome(**closed) == ("ended", None)
    assert outcome(**closed, non_award_justification=["no-rece"]) == ("ended", None)
    assert outcome(**closed, non_award_justification=["no-rece", "chan-need"]) == (
        "cancelled",
        "tender",
    )


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [None, {}, 3], {"eng": {"a": 1}}, True])
def test_no_shape_of_a_member_loses_the_row(junk: Any):
    for name in FIELDS[1:]:
        if name == "publication-date":
            continue
        got = page(row() | {name: junk})
        for request in got.follow:
            assert request.instead and request.instead.load().id == "310101-2026"
        assert len(got.follow) + len(got.found) == 1


def test_a_row_without_a_date_is_set_aside_when_it_is_read():
    (request,) = page(row(publication_date="tomorrow")).follow
    with pytest.raises(ReadError, match="no publication date") as error:
        assert request.instead
        request.instead.load()
    assert "310101-2026" in error.value.raw


def test_figures_of_a_row():
    assert alone(estimated_value_proc="600000.00", estimated_value_cur_proc="EUR").facts.value == (
        Value(600000.0, None, "EUR")
    )
    for undisclosed in (0, -1, "0.00", [], "many"):
        assert alone(total_value=undisclosed).facts.value is None
