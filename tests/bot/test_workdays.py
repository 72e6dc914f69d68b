"""Working days: whose they are, which count, and the same time of day over both clock changes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import workdays
from bot.model import Buyer, Record
from bot.workdays import ENGLAND, NORTHERN_IRELAND, SCOTLAND, WALES, Nation, before, nation
from tests.make import record

ROOT = Path(__file__).parents[2]
IRELAND, GREECE = Nation("IE", None, "Europe/Dublin"), Nation("GR", None, "Europe/Athens")
CYPRUS = Nation("CY", None, "Europe/Nicosia")


def local(text: str, its: Nation | None = ENGLAND) -> datetime:
    zone = ZoneInfo(its.zone) if its else UTC
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


# whose days, the instant, how many working days before it, the day that is meant; local times.
# Public holidays as the governments publish them.
COUNTED = {
    "a plain week": (ENGLAND, "2026-06-19 12:00", 5, "2026-06-12 12:00"),
    "one day": (ENGLAND, "2026-06-19 12:00", 1, "2026-06-18 12:00"),
    "from a Monday": (ENGLAND, "2026-06-22 12:00", 1, "2026-06-19 12:00"),
    "from a Sunday": (ENGLAND, "2026-06-21 17:00", 1, "2026-06-19 17:00"),
    "from a Saturday, two": (ENGLAND, "2026-06-20 17:00", 2, "2026-06-18 17:00"),
    "Easter in England": (ENGLAND, "2026-04-08 12:00", 3, "2026-04-01 12:00"),
    "Easter Monday in Scotland": (SCOTLAND, "2026-04-08 12:00", 3, "2026-04-02 12:00"),
    "the second of January in Scotland": (SCOTLAND, "2026-01-06 10:00", 2, "2025-12-31 10:00"),
    "and in England": (ENGLAND, "2026-01-06 10:00", 2, "2026-01-02 10:00"),
    "St Andrew's Day": (SCOTLAND, "2026-12-01 10:00", 1, "2026-11-27 10:00"),
    "which Wales has not": (WALES, "2026-12-01 10:00", 1, "2026-11-30 10:00"),
    "the Boyne, in lieu of a Sunday": (NORTHERN_IRELAND, "2026-07-14 10:00", 1, "2026-07-10 10:00"),
    "Boxing Day, in lieu of a Saturday": (ENGLAND, "2026-12-29 10:00", 1, "2026-12-24 10:00"),
    "St Brigid's Day in Ireland": (IRELAND, "2026-02-03 10:00", 1, "2026-01-30 10:00"),
    "Clean Monday in Greece": (GREECE, "2026-02-24 10:00", 1, "2026-02-20 10:00"),
    "no nation's: Good Friday counts": (None, "2026-04-06 10:00", 1, "2026-04-03 10:00"),
    "no nation's: a week-end does not": (None, "2026-04-06 10:00", 2, "2026-04-02 10:00"),
    "over the clocks going forward": (ENGLAND, "2026-03-31 12:00", 3, "2026-03-26 12:00"),
    "over the clocks going back": (ENGLAND, "2026-10-27 12:00", 3, "2026-10-22 12:00"),
    "the last second of a day, forward": (ENGLAND, "2026-03-30 23:59:59", 1, "2026-03-27 23:59:59"),
    "the last second of a day, back": (ENGLAND, "2026-10-26 23:59:59", 1, "2026-10-23 23:59:59"),
    "an hour that the clocks leave out": (ENGLAND, "2026-03-29 01:30", 1, "2026-03-27 02:30"),
    "a day that is another in London": (CYPRUS, "2026-06-22 00:30", 1, "2026-06-19 00:30"),
}  # fmt: skip


@pytest.mark.parametrize("case", COUNTED)
def test_working_days_before(case: str) -> None:
    its, at, days, due = COUNTED[case]
    assert before(local(at, its), days, its) == local(due, its)


@given(
    st.integers(0, 100 * 365 * 24 * 60),
    st.integers(1, 60),
    st.sampled_from([ENGLAND, SCOTLAND, NORTHERN_IRELAND, IRELAND, GREECE, None]),
)
def test_so_many_working_days_lie_between_at_one_time_of_day(
    minutes: int, days: int, its: Nation | None
) -> None:
    zone = ZoneInfo(its.zone) if its else UTC
    at = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = before(at, days, its)
    there, then = at.astimezone(zone), due.astimezone(zone)
    assert then.time() == there.time()
    between = [then.date() + timedelta(n) for n in range((there.date() - then.date()).days)]
    assert between[0].weekday() < 5
    week = sum(day.weekday() < 5 for day in between)
    if its is None:
        assert week == days
    else:
        assert days <= week <= days + 20, "a year has fewer holidays than that"


def test_every_nation_has_a_calendar_and_no_year_that_a_notice_may_name_breaks_it() -> None:
    nations = set(workdays._NATIONS.values())
    assert len(nations) == 27 + 4
    for its in nations:
        for year in (2026, 2030, 2050):
            due = before(local(f"{year}-12-26 10:00", its), 1, its)
            assert due.day != 25, f"{its} works on Christmas Day"
        for year in (1900, 1950, 2999):
            assert before(local(f"{year}-12-26 10:00", its), 1, its).year == year


# ---------------------------------------------------------------- whose days they are


def bought(*places: str, at: tuple[str, ...] = (), id: str = "12ab-2026") -> Record:
    buyers = tuple(Buyer(f"Buyer {n}", place=place) for n, place in enumerate(places))
    return record(id=id, buyers=buyers or None, places=at or None)


FTS, PCS, WAL = "ocds-h6vhtk-0a0001", "ocds-r6ebe6-0000012345", "ocds-kuma6s-012345"
WHOSE = {
    "an English region": (bought("UKD72"), ENGLAND),
    "the same by its ITL code": (bought("TLD72"), ENGLAND),
    "a Scottish one": (bought("UKM50"), SCOTLAND),
    "a Welsh one": (bought("UKL22"), WALES),
    "a Northern Irish one": (bought("UKN06"), NORTHERN_IRELAND),
    "a postcode": (bought("EH1 1BB"), SCOTLAND),
    "a name": (bought("Wales"), WALES),
    "a country": (bought("IE061"), IRELAND),
    "Greece, by its NUTS prefix": (bought("EL303"), GREECE),
    "Greece, by its ISO code": (bought("GR"), GREECE),
    "the buyer's before the place of the works": (bought("UKM50", at=("UKD72",)), SCOTLAND),
    "the first buyer that has a place": (bought("", "UKL22", "UKM50"), WALES),
    "the place, where no buyer has one": (bought("", at=("UKN06", "UKN")), NORTHERN_IRELAND),
    "wider than a nation, of the portal of Scotland": (bought("UK", id=PCS), SCOTLAND),
    "wider than a nation, of a portal for many": (bought(at=("UK",)), ENGLAND),
    "places in two nations, of Find a Tender": (bought(at=("UKM", "UKD"), id=FTS), ENGLAND),
    "nothing known, of the portal of Scotland": (bought(id=PCS), SCOTLAND),
    "nothing known, of the portal of Wales": (bought(id=WAL), WALES),
    "nothing known, of a portal for many nations": (bought(), None),
    "places in two countries": (bought(at=("IE", "FR")), None),
    "Europe": (bought("EU"), None),
    "a country outside": (bought("ZA"), None),
    "no place at all": (bought("see the documents"), None),
}


@pytest.mark.parametrize("case", WHOSE)
def test_whose_working_days_are_those_of(case: str) -> None:
    bought, whose = WHOSE[case]
    assert nation(bought) == whose


# ---------------------------------------------------------------- what it costs

LEAN = """
import sys
from pathlib import Path
from bot.app import open_all
from bot.ingest import remind
from bot.loop import Loop, clock
setup = open_all(Path(sys.argv[1]), clock())
remind(setup, clock())
Loop(setup, lambda old: old)
assert "holidays" not in sys.modules, "loaded"
"""


@pytest.mark.parametrize("lead", ["7d", "5 working days"])
def test_the_calendars_are_not_loaded_before_a_day_is_counted(lead: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"database: sqlite:///{tmp_path}/bell.db\nsources: {{fts: {{watch: find_a_tender}}}}\n"
        "channels: {screen: {notify: console, quiet: {hours: 20:00-07:00}}}\nsubscriptions:\n"
        "  - {name: All, everything: true, send: [{to: screen}], "
        f"remind: {{enquiry: [{lead}]}}}}"
    )
    run = [sys.executable, "-c", LEAN, str(config)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
