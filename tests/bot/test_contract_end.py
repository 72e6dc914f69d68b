"""A contract's end is counted down for whoever asks for it, long after its tender is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.shapes import Body, codes, fts, instant, item, london
from tests.fakes import World, world

COUNCIL = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
CARE = codes(("85311000", "Social work services with accommodation"))
START = instant("2026-05-11 09:00")
ASKED = """
  - name: Care
    cpv: ["853"]
    remind: {submission: [7d], contract-end: [180d, 30d]}
    send: [{to: bids, on: [awarded, deadline]}]
"""
NOT_ASKED = ASKED.replace(", contract-end: [180d, 30d]", "")


def contract(number: int = 201, **period: str) -> dict[str, Any]:
    """A contract details notice: no tender was ever seen."""
    dates = {"startDate": london("2026-06-01"), "endDate": london("2027-05-31 23:59:59")} | period
    award = {"id": "1", "suppliers": [{"id": "S", "name": "Harbour Care CIC"}], "items":
             [item("1", CARE, "UKD73")]}  # fmt: skip
    signed = {"id": "1", "awardID": "1", "status": "active", "period": dates,
              "dateSigned": london("2026-05-10")}  # fmt: skip
    return fts(
        "UK7", "2026-05-12 10:00", number, 201, (COUNCIL,), reference="NWBC-201",
        title="Supported living, Northwick", awards=[award], contracts=[signed],
    )  # fmt: skip


@pytest.fixture
def bell(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    asked = getattr(request, "param", ASKED)
    with world(database_url, tmp_path, START, subscriptions=asked) as made:
        assert made.once(START).well
        made.portal.publish("fts", contract())
        made.once(instant("2026-05-12 12:00"))
        made.slack.received.clear()
        yield made


def posts(bell: World) -> list[str]:
    return [str(post.body["text"]) for post in bell.slack.received]


def told(bell: World) -> list[str]:
    return [f"{e.deadline.kind} {e.lead}" for e in bell.events() if e.deadline]


def test_the_end_of_a_contract_never_tendered_is_told_half_a_year_before(bell: World) -> None:
    bell.once(instant("2026-12-01 12:00"))
    assert posts(bell) == []
    bell.once(instant("2026-12-03 00:30"))
    (text,) = posts(bell)
    assert text.startswith("Contract ends in 179 days, 31 May 2027: Supported living, Northwick")
    bell.once(instant("2027-05-02 12:00"))
    assert told(bell) == ["contract-end 180d", "contract-end 30d"]
    bell.once(instant("2027-06-01 12:00"))
    assert len(posts(bell)) == 2


@pytest.mark.parametrize("bell", [NOT_ASKED], indirect=True)
def test_nobody_hears_of_it_unasked_and_whoever_asks_later_does(bell: World) -> None:
    bell.once(instant("2026-12-03 12:00"))
    assert posts(bell) == []
    config = bell.path.read_text()
    bell.path.write_text(config.replace("submission: [7d]", "contract-end: [30d]"))
    bell.restart(instant("2026-12-10 12:00"))
    bell.once(instant("2026-12-10 12:00"))
    assert posts(bell) == []
    bell.once(instant("2027-05-02 12:00"))
    assert told(bell) == ["contract-end 30d"]


def test_a_contract_that_is_broken_off_ends_no_more(bell: World) -> None:
    end = contract(301) | {"date": london("2026-09-01 10:00"), "tag": ["contractTermination"]}
    end["contracts"] = [end["contracts"][0] | {"status": "terminated"}]
    end["contracts"][0]["documents"][0]["noticeType"] = "UK11"
    bell.portal.publish("fts", end)
    bell.once(instant("2026-09-01 12:00"))
    bell.once(instant("2026-12-03 12:00"))
    assert told(bell) == []
