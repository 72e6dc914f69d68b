"""The demo's week: as large and as varied as it says, and every notice readable by its watcher."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from bot import cpv, regions
from bot.contract import Request, Response
from bot.demo.notices import END, START, story
from bot.demo.pages import APIS, Kind, page
from bot.model import Notice
from watchers.contracts_finder import ContractsFinder
from watchers.find_a_tender import FindATender

STORY = story()


def read(kind: Kind, releases: list[Any]) -> list[Notice]:
    answer = page(kind, "http://127.0.0.1:1", "", releases, None)
    request = Request(f"http://127.0.0.1:1{APIS[kind].path}")
    watcher = FindATender() if kind == "fts" else ContractsFinder()
    found = watcher.read(Response(request, 200, {}, answer.body), START)
    assert found.faults == ()
    return [one.load() for one in found.found]


NOTICES = [read(kind, [release])[0] for _, kind, release in STORY]


def of(title: str) -> list[Notice]:
    return [notice for notice in NOTICES if title in (notice.facts.title or "")]


def deadlines(notice: Notice, kind: str) -> list[str]:
    return [f"{d.at:%d %H:%M}" for d in notice.facts.deadlines if d.kind == kind]


def test_it_tells_of_twelve_procurements_on_two_portals() -> None:
    assert len(STORY) == 25
    assert len({notice.facts.title for notice in NOTICES}) == 12
    assert {kind for _, kind, _ in STORY} == {"fts", "cf"}


def test_it_is_the_same_every_time_and_in_order() -> None:
    assert story() == STORY
    assert sorted(STORY, key=lambda told: told[0]) == STORY
    assert sum(at < START for at, _, _ in STORY) == 3
    assert START - timedelta(days=1) < STORY[0][0] and STORY[-1][0] < END


@pytest.mark.parametrize("kind", ["UK1", "UK2", "UK3", "UK4", "UK6", "UK7", "UK12"])
def test_it_holds_every_kind_of_notice(kind: str) -> None:
    assert kind in {notice.kind for notice in NOTICES}


def test_ids_and_instants_are_what_the_releases_say() -> None:
    for (at, _, release), notice in zip(STORY, NOTICES, strict=True):
        assert (notice.record, notice.id) == (release["ocid"], release["id"])
        assert notice.published == at
        assert notice.remarks == ()
    assert len({notice.id for notice in NOTICES}) == 25


def test_codes_and_places_are_real_ones() -> None:
    codes = {code for notice in NOTICES for code in notice.facts.cpv or ()}
    assert len(codes) > 10
    assert all(cpv.normal(code.id) and cpv.label(code.id[:3]) and code.label for code in codes)
    places = {place for notice in NOTICES for place in notice.facts.places or ()}
    assert len(places) > 8
    assert None not in {regions.place(place) for place in places}


def test_addresses_lead_nowhere_but_to_example_org_and_the_portals() -> None:
    hosts = set(re.findall(r"(?:@|//)([a-z.-]+)", str(STORY)))
    portals = {"www.find-tender.service.gov.uk", "www.contractsfinder.service.gov.uk"}
    law = {"www.legislation.gov.uk"}
    assert {host for host in hosts if not host.endswith("example.org")} == portals | law


def test_the_framework_gains_a_lot_and_a_week() -> None:
    first, other_portal, second, third = of("Supported living")
    assert deadlines(first, "submission") == ["19 11:00"]
    assert deadlines(second, "submission") == deadlines(third, "submission") == ["26 11:00"]
    assert [len(n.facts.lots or ()) for n in (first, second, third)] == [2, 3, 3]
    assert len(third.facts.documents or ()) == 1
    assert any("900104-2026" in link for link in other_portal.links)


def test_the_catering_deadline_moves_closer_without_a_word() -> None:
    first, second = of("School catering")
    assert deadlines(first, "submission") > deadlines(second, "submission") == ["10 11:00"]
    assert second.words == "Attachment replaced."


def test_the_quay_wall_is_called_off() -> None:
    tender, end = of("quay wall")
    assert tender.status == "open" and end.cancels is not None
    assert not end.restates


def test_the_small_tenders_end_with_a_supplier() -> None:
    for title, supplier in (("open days", "Common Tongue CIC"), ("Mowing", "Greenhand")):
        last = of(title)[-1]
        assert last.stage in ("award", "contract")
        assert supplier in last.facts.awards[0].suppliers[0]


def test_the_playground_edit_says_so_only_by_its_id() -> None:
    first, edit = of("playground")
    assert first.record == edit.record and first.id != edit.id
    assert [n.facts.value.amount for n in (first, edit) if n.facts.value] == [12_000, 120_000]
