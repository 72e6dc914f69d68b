"""The portals of Proactis: months and types, notices without an id, the false `Z`, corrigenda."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bot.contract import Page, Request, Response, Watcher
from bot.errors import ReadError
from bot.fold import fold
from bot.model import Notice, Record
from tests.watchers.golden import SINCE
from watchers._proactis import OVERLAP, mend, months
from watchers.public_contracts_scotland import PublicContractsScotland
from watchers.sell2wales import Sell2Wales

LONDON = ZoneInfo("Europe/London")
API = "https://api.publiccontractsscotland.gov.uk/v1/Notices"
VIEW = "https://www.publiccontractsscotland.gov.uk/search/show/search_view.aspx?ID="
OCID = "ocds-r6ebe6-0000900201"
KINDS = {"scotland": PublicContractsScotland, "wales": Sell2Wales}
each = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def release(tender: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A contract notice; `tender` replaces members of its tender, None takes one out."""
    about = {
        "title": "Respite care",
        "status": "active",
        "items": [{"id": "1", "relatedLot": "1", "deliveryAddresses": [{"region": "UKM71"}]}],
        "tenderPeriod": {"endDate": "2026-06-19T12:00:00Z"},
        "lots": [{"id": "1", "status": "active"}],
        "documents": [{"id": "MAY490301", "url": f"{VIEW}MAY490301"}],
        **(tender or {}),
    }
    found = {
        "ocid": OCID,
        "id": "rls-7-MAY490301",
        "date": "2026-05-11T00:00:00Z",
        "tag": ["tender"],
        "parties": [{"id": "org-3", "name": "Strathmore Council", "roles": ["buyer"]}],
        "tender": {name: value for name, value in about.items() if value is not None},
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def read(body: bytes, number: int = 2, kind: type[Any] = PublicContractsScotland) -> Page:
    watcher: Watcher = kind()
    url = f"{API}?dateFrom=05-2026&noticeType={number}&outputType=0"
    return watcher.read(Response(Request(url), 200, {}, body), SINCE)


def notice(found: dict[str, Any], number: int = 2) -> Notice:
    package = {"publisher": {"name": "Public Contracts Scotland"}, "releases": [found]}
    (one,) = read(json.dumps(package).encode(), number).found
    loaded = one.load()
    assert (loaded.record, loaded.id) == (one.record, one.id)
    return loaded


def deadlines(found: dict[str, Any]) -> dict[str, str]:
    """`{"submission": "2026-06-19T11:00:00Z"}`, with `|` behind it where only a date was stated."""
    return {
        one.kind: f"{one.at:%Y-%m-%dT%H:%M:%SZ}" + ("|" if one.dated else "")
        for one in notice(found).facts.deadlines
    }


def folded(*notices: Notice) -> Record:
    record = None
    for one in notices:
        record = fold(record, one, source="scotland", learned=SINCE)
    assert record is not None
    return record


# ---------------------------------------------------------------- requests


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=LONDON).astimezone(UTC)


def asked(watcher: Watcher, since: str, now: str) -> list[Request]:
    return [*watcher.start(at(since), at(now))]


def test_each_month_is_asked_for_type_by_type_the_newest_last() -> None:
    watcher = PublicContractsScotland(types=(2, 14))
    found = asked(watcher, "2026-05-29T09:00", "2026-07-02T10:00")
    assert [request.part for request in found] == [
        "2026-05 type 2", "2026-05 type 14", "2026-06 type 2", "2026-06 type 14",
        "2026-07 type 2", "2026-07 type 14",
    ]  # fmt: skip
    assert found[1].url == f"{API}?dateFrom=05-2026&noticeType=14&outputType=0"
    assert [request.window for request in found[::2]] == [
        (at("2026-05-29T09:00"), at("2026-06-01T00:00")),
        (at("2026-06-01T00:00"), at("2026-07-01T00:00")),
        (at("2026-07-01T00:00"), at("2026-07-02T10:00")),
    ]


def test_wales_is_asked_in_english_or_in_welsh() -> None:
    (english,) = asked(Sell2Wales(types=(51,)), "2026-05-04T09:00", "2026-05-04T10:00")
    assert english.url == (
        "https://api.sell2wales.gov.wales/v1/Notices"
        "?dateFrom=05-2026&noticeType=51&outputType=0&locale=2057"
    )
    (welsh,) = asked(
        Sell2Wales(types=(51,), locale=1106, base_url="http://127.0.0.1:8080"),
        "2026-05-04T09:00",
        "2026-05-04T10:00",
    )
    assert welsh.url.startswith("http://127.0.0.1:8080/v1/Notices?")
    assert welsh.url.endswith("&locale=1106")


@each
def test_calls_come_before_corrections_plans_and_awards(kind: type[Any]) -> None:
    types = kind().types
    urgent = [types.index(number) for number in (2, 5, 102 if 102 in types else 51)]
    assert max(urgent) < types.index(14) < types.index(1) < types.index(3) < types.index(20)
    assert len(types) == len(set(types))
    assert {1, 2, 3, 14, 15, 20, 21, 24, 25} < set(types)


@given(
    day=st.integers(1, 3),
    minute=st.integers(0, 24 * 60 - 1),
    month=st.integers(1, 12),
    year=st.integers(2020, 2035),
)
def test_the_month_before_is_read_until_the_third(
    day: int, minute: int, month: int, year: int
) -> None:
    now = datetime(year, month, day, minute // 60, minute % 60, tzinfo=LONDON).astimezone(UTC)
    read_again = [begin.astimezone(LONDON).month for begin, _ in months(now - OVERLAP, now)]
    assert (month - 2) % 12 + 1 in read_again


def test_later_in_the_month_only_that_month_is_read() -> None:
    now = at("2026-07-04T00:00")
    assert len([*months(now - OVERLAP, now)]) == 1


INSTANTS = st.datetimes(
    datetime.fromisoformat("2020-01-01"),
    datetime.fromisoformat("2035-01-01"),
    timezones=st.just(UTC),
)


@given(since=INSTANTS, span=st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_a_request_asks_for_the_month_of_its_window(since: datetime, span: timedelta) -> None:
    for request in PublicContractsScotland(types=(2,)).start(since, since + span):
        assert request.window is not None
        begin, end = (bound.astimezone(LONDON) for bound in request.window)
        asked = parse_qs(urlsplit(request.url).query)["dateFrom"]
        assert asked == [f"{begin:%m-%Y}"] == [f"{end - timedelta(microseconds=1):%m-%Y}"]


@each
@pytest.mark.parametrize("types", [(), (0,), (1000,), ("two",), (-2, 2)])
def test_types_that_are_none_are_refused(kind: type[BaseModel], types: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError, match="type"):
        kind(types=types)


def test_options_come_as_text_from_the_config() -> None:
    given = Sell2Wales.model_validate({"types": ["2", "14", "2"], "locale": "1106"})
    assert (given.types, given.locale) == ((2, 14), 1106)
    with pytest.raises(ValidationError, match="2057 for English or 1106 for Welsh, not 1033"):
        Sell2Wales(locale=1033)


# ---------------------------------------------------------------- pages


@each
@pytest.mark.parametrize("body", [b'{"uri":"x","publisher":{}}', b'\xef\xbb\xbf {"version":"1.1"}'])
def test_a_package_without_releases_is_an_empty_page(kind: type[Any], body: bytes) -> None:
    assert read(body, kind=kind) == Page()


@each
@pytest.mark.parametrize(
    "body",
    [
        b"Error converting data type nvarchar to float.",
        b'"Error converting data type nvarchar to float."',
        b'{"Message":"An error has occurred."}',
        b"<!DOCTYPE html><html><body>Server Error in '/' Application.</body></html>",
        b'{"version":"1.1","releases":null}',
        b'{"version":"1.1","records":null}',
        b'{"version":"1.1"',
        b"null",
        b"\xef\xbb\xbf",
        b"",
    ],
)
def test_an_error_is_never_an_empty_page(kind: type[Any], body: bytes) -> None:
    with pytest.raises(ReadError):
        read(body, kind=kind)


def test_a_broken_release_is_set_aside_and_the_rest_read() -> None:
    good, bad = json.dumps(release()), json.dumps(release(ocid=None, id="rls-2-MAY490302"))
    page = read(f'{{"version":"1.1","releases":[{bad},{good}]}}'.encode())
    assert [one.id for one in page.found] == ["MAY490301"]
    assert [fault.why for fault in page.faults] == ["no usable ocid: ''"]
    assert page.complete


def test_a_lone_release_with_a_number_out_of_range_is_read() -> None:
    body = json.dumps(release()).replace('"tag"', '"value": 1e9999, "tag"').encode()
    assert [one.load().facts.title for one in read(body).found] == ["Respite care"]


# ---------------------------------------------------------------- identity


def test_the_counter_of_an_answer_is_no_part_of_an_id() -> None:
    ids = {notice(release(id=f"rls-{n}-MAY490301", buyer={"id": f"org-{n}"})).id for n in (1, 184)}
    assert ids == {"MAY490301"}


@pytest.mark.parametrize(
    ("documents", "id"),
    [
        ([{"id": "x", "url": f"{VIEW}MAY490301"}], "MAY490301"),
        ([{"id": "9"}, {"id": "x", "url": f"{VIEW.upper()}may490301"}], "MAY490301"),
        ([{"id": "9"}, {"id": "10"}], "9@2026-05-11T00:00:00Z"),
        ([], "2026-05-11T00:00:00Z"),
    ],
)
def test_a_release_without_an_id_is_known_by_its_page_or_its_document(
    documents: list[dict[str, str]], id: str
) -> None:
    assert notice(release({"documents": documents}, id=None)).id == id


def test_of_several_pages_the_newest_is_the_notices_own() -> None:
    pages = [{"id": c, "documentType": "contractNotice", "url": VIEW + c}
             for c in ("JUN419809", "JAN438658", "DEC430000")]  # fmt: skip
    found = notice(release({"documents": pages}, id=f"{OCID}-2022-01-25T00:00:00Z"))
    assert found.facts.url == f"{VIEW}JAN438658"
    assert found.links == (f"{VIEW}JUN419809", f"{VIEW}DEC430000")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/search_view.aspx?ID=MAY490301",
        "javascript:alert('/search_view.aspx?ID=MAY490301",
    ],
)
def test_the_page_is_built_from_the_code_not_taken_from_the_release(url: str) -> None:
    found = notice(release({"documents": [{"id": "1", "url": url}]}, id=None))
    assert found.facts.url == f"{VIEW}MAY490301"


def test_numbers_of_parties_are_no_identifiers() -> None:
    (buyer,) = notice(release()).facts.buyers or ()
    assert (buyer.name, buyer.id) == ("Strathmore Council", "")


@pytest.mark.parametrize(
    ("stated", "link"),
    [
        ("2019/S 028-061639", "ted:061639-2019"),
        ("2025/S 000-004224", "https://www.find-tender.service.gov.uk/Notice/004224-2025"),
        ("EF-12", "EF-12"),
    ],
)
def test_notices_of_the_journals_are_linked_by_their_own_names(stated: str, link: str) -> None:
    related = {"relationship": ["planning"], "scheme": "EU-OJ", "identifier": stated}
    assert notice(release(relatedProcesses=[related])).links == (link,)


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("2026-06-19T12:00:00Z", "2026-06-19T11:00:00Z"),
        ("2026-12-04T12:00:00Z", "2026-12-04T12:00:00Z"),
        ("2026-06-19T12:00:00", "2026-06-19T11:00:00Z"),
        ("2026-06-19T12:00:00+00:00", "2026-06-19T11:00:00Z"),
        ("2026-06-19T12:00:00+01:00", "2026-06-19T11:00:00Z"),
        ("2026-06-19T12:00:00+02:00", "2026-06-19T10:00:00Z"),
        ("2026-06-19T00:00:00Z", "2026-06-19T22:59:59Z|"),
        ("2026-06-19", "2026-06-19T22:59:59Z|"),
        ("2026-12-04T00:00:00Z", "2026-12-04T23:59:59Z|"),
    ],
)
def test_times_are_british_and_midnight_is_a_date(stated: str, told: str) -> None:
    period, opening = {"endDate": stated}, {"date": stated}
    found = release({"tenderPeriod": period, "bidOpening": opening, "awardPeriod": period})
    assert deadlines(found) == {"submission": told, "opening": told, "award": told}


def test_a_day_of_publication_begins_in_london_and_orders_by_number() -> None:
    first, second = notice(release()), notice(release(id="rls-1-MAY490309"))
    assert first.published == second.published == datetime(2026, 5, 10, 23, tzinfo=UTC)
    assert (first.published, first.id) < (second.published, second.id)
    assert notice(release(date="2026-01-20T00:00:00Z")).published == at("2026-01-20T00:00")


# ---------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("number", "more", "kind", "stage"),
    [
        (2, {}, "F02", "tender"),
        (102, {"tag": []}, "Website Contract Notice", "tender"),
        (1, {"tag": None}, "F01", "planning"),
        (103, {"tag": None}, "Website Contract Award Notice", "award"),
        (21, {"tag": ["planning"]}, "F21", "planning"),
        (3, {"tag": ["award", "contract"]}, "F03", "award"),
        (20, {"tag": ["awardUpdate", "contractUpdate"]}, "F20", "contract"),
        (2, {"noticetype": "OJEU - F24 - Concession Notice"}, "F24", "tender"),
        (2, {"noticetype": "Site Notice - Quick Quote Award", "tag": ["award"]},
         "Quick Quote Award", "award"),
        (77, {}, "tender", "tender"),
    ],
)  # fmt: skip
def test_a_kind_is_what_the_portals_list_calls_it(
    number: int, more: dict[str, Any], kind: str, stage: str
) -> None:
    found = notice(release(**more), number)
    assert (found.kind, found.stage) == (kind, stage)


def moved(to: str) -> dict[str, Any]:
    where = {"section": "IV.2.2", "label": "Time limit for receipt of tenders"}
    old = {"date": "2026-06-19T12:00:00Z"}
    change = {"where": where, "oldValue": old, "newValue": {"date": to}}
    return {"amendments": [{"id": "1", "unstructuredChanges": [change]}]}


STUB = {"items": None, "lots": None, "tenderPeriod": None, "status": None}


def submission(record: Record) -> list[str]:
    return [
        f"{d.at:%Y-%m-%dT%H:%MZ}" for d in record.facts.deadlines if d.kind == "submission"
    ]  # fmt: skip


def corrigendum(tender: dict[str, Any], **more: Any) -> Notice:
    made = release(tender, id="rls-1-MAY490302", date="2026-05-20T00:00:00Z", **more)
    return notice(made, 14)


def test_a_corrigendum_moves_the_deadline_and_erases_nothing() -> None:
    found = corrigendum(STUB | moved("2026-06-26T12:00:00Z"))
    assert (found.kind, found.update, found.restates) == ("F14", True, False)
    record = folded(notice(release()), found)
    assert submission(record) == ["2026-06-26T11:00Z"]
    assert record.facts.lots and record.status == "open"


def test_the_line_of_a_corrigendum_holds_where_the_field_says_another_date() -> None:
    found = corrigendum(moved("2026-06-26T12:00:00Z"))
    assert not found.restates
    assert submission(folded(notice(release()), found)) == ["2026-06-26T11:00Z"]


def test_a_corrigendum_that_states_the_whole_notice_replaces_it() -> None:
    whole = corrigendum({"tenderPeriod": {"endDate": "2026-07-03T12:00:00Z"}})
    assert (whole.update, whole.restates) == (True, True)
    assert submission(folded(notice(release()), whole)) == ["2026-07-03T11:00Z"]


def test_a_corrigendum_of_a_plan_leaves_it_a_plan() -> None:
    plan = notice(release({"tenderPeriod": None}, tag=["planning"]), 1)
    found = corrigendum(STUB, tag=["planningUpdate"])
    assert folded(plan, found).stage == "planning"


def test_a_corrigendum_that_withdraws_the_tender_cancels_it() -> None:
    found = corrigendum(STUB | {"status": "withdrawn"})
    assert folded(notice(release()), found).status == "cancelled"


# ---------------------------------------------------------------- words and places


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("must:rn (a) attend;rn (b) sign.rn rn End", "must:\n(a) attend;\n(b) sign.\nEnd"),
        ("ID=2343rn (SC Ref:1)", "ID=2343\n(SC Ref:1)"),
        ("Renewalsrn Works", "Renewals\nWorks"),
        ("the end.rn", "the end."),
        ("return, turn and learn", "return, turn and learn"),
        ("to learn more", "to learn more"),
        ("Hightown Housern 3 Road", "Hightown Housern 3 Road"),
        ("y cadarn a'r asgwrn hwn", "y cadarn a'r asgwrn hwn"),
        ("a modern, western barn.", "a modern, western barn."),
        ("an RN nurse; rn twice", "an RN nurse; rn twice"),
        ("the intern's turn", "the intern's turn"),
        ("ONLY -rnnghomes", "ONLY -rnnghomes"),
    ],
)
def test_line_breaks_come_back_only_where_they_are_certain(stated: str, told: str) -> None:
    assert mend(stated) == told


@given(st.text(alphabet="abernost uyw.\n", max_size=60))
def test_words_that_end_as_english_and_welsh_ones_do_keep_their_letters(text: str) -> None:
    kept = [word for word in text.split() if len(word) > 2 and word[-3:-2] in "aeiouwy"]
    assert all(word in mend(text).split() for word in kept)


@pytest.mark.parametrize(
    ("item", "places"),
    [
        ({"deliveryAddresses": [{"region": "UKM82"}]}, ("UKM82",)),
        ({"deliveryAddresses": [{"region": "UKM"}], "deliveryLocation": {"description": "Fife"}},
         ("UKM", "Fife")),
        ({"deliveryAddresses": [{"region": "UKM82"}],
          "deliveryLocation": {"description": "Scotland"}}, ("UKM82",)),
        ({"deliveryAddresses": [{"region": "UK"}],
          "deliveryLocation": {"description": "The old ropeworks"}}, ("UK",)),
        ({"deliveryLocation": {"description": "The old ropeworks"}}, ("The old ropeworks",)),
        ({"deliveryAddresses": None, "deliveryLocation": "Fife"}, None),
    ],
)  # fmt: skip
def test_places_are_regions_and_words_that_tell_more(
    item: dict[str, Any], places: tuple[str, ...] | None
) -> None:
    assert notice(release({"items": [{"id": "1", **item}]})).facts.places == places


def test_codes_get_the_official_label() -> None:
    found = notice(release({"classification": {"id": "85300000", "scheme": "CPV"}}))
    (code,) = found.facts.cpv or ()
    assert (code.id, code.label) == ("85300000", "Social work and related services")


def test_the_compiled_release_of_a_file_is_read(tmp_path: Path) -> None:
    seed = Path(__file__).parents[3] / "shared" / "seeds"
    found = sorted(seed.glob("public-contracts-scotland_*_compiled-release.json"))
    if not found:
        pytest.skip("the seeds are not beside the checkout")
    response = Response(Request(found[0].as_uri()), 200, {}, found[0].read_bytes())
    (one,) = PublicContractsScotland().read(response, SINCE).found
    facts = one.load().facts
    assert facts.title and facts.buyers and facts.cpv and facts.url
    assert facts.places == ("UKM50",)
    assert [(d.kind, f"{d.at:%Y-%m-%dT%H:%MZ}") for d in facts.deadlines] == [
        ("submission", "2021-08-13T11:00Z")
    ]
