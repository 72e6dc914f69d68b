"""The calendar file of a subscription: what is in it, when it is written, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from bot.choice import Mute
from bot.demo.shapes import by, instant
from bot.feeds import Feeds
from bot.model import Lot, Record
from bot.store import choices, health, joins, process
from tests.bot.test_cycle import START, cancelled, tender
from tests.fakes import CARE, CONFIG, World, world
from tests.make import NOW, at, deadline, record

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = CARE.replace("    remind:", "    calendar: care.ics\n    remind:")
OTHER = """
  - name: North
    regions: [North West]
    calendar: feeds/north.ics
    send: [{to: bids}]
"""


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    (tmp_path / "feeds").mkdir()
    config = CONFIG.replace("sources:", "operators: [mail]\nsources:")
    with world(database_url, tmp_path, START, subscriptions=FEED + OTHER, config=config) as made:
        yield made


def shown(bell: World, name: str = "care.ics") -> list[str]:
    """The summaries in a feed, without the title."""
    calendar = Calendar.from_ical((bell.path.parent / name).read_bytes())
    return [str(e["SUMMARY"]).rpartition(":")[0] for e in calendar.walk("VEVENT")]


def hold(bell: World, *records: Record) -> None:
    with bell.setup.engine.begin() as connection:
        process.save(connection, [(each, None) for each in records])


def inode(bell: World) -> int:
    return (bell.path.parent / "care.ics").stat().st_ino


# ---------------------------------------------------------------- a cycle


def test_a_cycle_writes_the_file_and_it_follows_what_is_published(bell):
    assert bell.once(START).well and shown(bell) == shown(bell, "feeds/north.ics") == []
    bell.portal.publish("fts", tender(101, "2026-05-11 10:00", process=1))
    bell.once(START + HOUR)
    assert shown(bell) == ["Submit by"] and shown(bell, "feeds/north.ics") == ["Submit by"]
    moved = tender(102, "2026-05-11 11:00", process=1, tenderPeriod=by("2026-06-26 12:00"))
    bell.portal.publish("fts", moved)
    bell.once(START + 3 * HOUR)
    assert b"DTSTART:20260626T110000Z" in (bell.path.parent / "care.ics").read_bytes()
    bell.portal.publish("fts", cancelled(103, "2026-05-11 13:00", process=1))
    bell.once(START + 5 * HOUR)
    assert shown(bell) == ["Cancelled: Submit by"]
    bell.once(instant("2026-06-26 12:00"))
    assert shown(bell) == []


def test_a_file_is_written_only_when_it_differs(bell):
    hold(bell, record())
    assert Feeds(bell.setup).refresh(NOW) == 2
    before = inode(bell)
    assert Feeds(bell.setup).refresh(NOW + HOUR) == 0 and inode(bell) == before
    assert [path.name for path in bell.path.parent.iterdir() if path.name.startswith(".")] == []


def test_what_has_passed_leaves_when_it_passes(bell):
    hold(bell, record())
    feeds = Feeds(bell.setup)
    feeds.refresh(at("2026-06-05T10:59"))
    assert feeds.refresh(at("2026-06-05T11:00")) == 2
    assert shown(bell) == ["Submit by"]


def test_nothing_is_read_again_before_there_is_news(bell):
    feeds = Feeds(bell.setup)
    feeds.refresh(NOW)
    hold(bell, record())
    assert feeds.refresh(NOW + timedelta(minutes=59)) == 0
    with bell.setup.engine.begin() as connection:
        health.leave(connection, "fts", NOW + HOUR / 2, 1, {}, {})
    assert feeds.refresh(NOW + timedelta(minutes=59)) == 2
    hold(bell, record(id="b"))
    assert feeds.refresh(NOW + 2 * HOUR) == 2, "an hour is the longest"


# ---------------------------------------------------------------- whose deadlines


def test_a_feed_holds_the_lots_that_its_subscription_matched(bell):
    lots = (Lot("1", "Care", places=("UKD73",)), Lot("2", "Roads", places=("UKI31",)))
    ends = (deadline(lot="1"), deadline(lot="2", when="2026-06-22T11:00"))
    hold(bell, record(lots=lots, deadlines=ends, places=("UKD73", "UKI31")))
    Feeds(bell.setup).refresh(NOW)
    assert len(shown(bell, "feeds/north.ics")) == 1 and len(shown(bell)) == 2


def test_what_nobody_asked_for_is_not_in_it(bell):
    hold(bell, record(cpv=(), places=("UKI31",)), record(id="b", status="awarded", stage="award"))
    Feeds(bell.setup).refresh(NOW)
    assert shown(bell, "feeds/north.ics") == []


def test_what_two_portals_publish_is_in_it_once(bell):
    two = record(source="fts"), record(source="cf", id="b")
    hold(bell, *two)
    Feeds(bell.setup).refresh(NOW)
    assert len(shown(bell)) == 4
    like = joins.Likeness(1.0, "both are named X")
    with bell.setup.engine.begin() as connection:
        keys = [(one.source, one.id) for one in two]
        joins.join(connection, *keys, like, NOW, twins=True)
    Feeds(bell.setup).refresh(NOW)
    assert len(shown(bell)) == 2


@pytest.mark.parametrize("buyer", ["", "Northwick*"])
def test_what_is_muted_leaves_it_until_it_is_told_again(bell, buyer):
    hold(bell, record())
    feeds = Feeds(bell.setup)
    feeds.refresh(NOW)
    given = Mute(
        record=None if buyer else ("find-a-tender", record().id),
        buyer=buyer,
        since=NOW,
        until=NOW + 2 * DAY,
    )
    with bell.setup.engine.begin() as connection:
        choices.mute(connection, given, [] if buyer else [given.record])
    assert feeds.refresh(NOW + HOUR / 2) == 2 and shown(bell) == []
    feeds.refresh(NOW + 2 * DAY)
    assert len(shown(bell)) == 2


# ---------------------------------------------------------------- a file that cannot be written


def alarms(bell: World) -> list[str]:
    return [event.notes[0] for event in bell.events() if event.name == "operators"]


def test_a_file_that_cannot_be_written_is_told_once_and_stops_nothing(bell, caplog):
    (bell.path.parent / "care.ics").mkdir()
    bell.portal.publish("fts", tender(101, "2026-05-11 10:00"))
    bell.once(START)
    bell.once(START + HOUR)
    assert alarms(bell) == ["The calendar Care cannot be written"]
    assert "care.ics: Is a directory" in caplog.text
    assert shown(bell, "feeds/north.ics") == ["Submit by"]
    (bell.path.parent / "care.ics").rmdir()
    bell.once(START + 2 * HOUR)
    assert alarms(bell)[1:] == ["The calendar Care is well again"]
    assert shown(bell) == ["Submit by"]


def test_a_file_that_could_not_be_written_is_tried_again_soon(bell):
    (bell.path.parent / "care.ics").mkdir()
    feeds = Feeds(bell.setup)
    feeds.refresh(NOW)
    (bell.path.parent / "care.ics").rmdir()
    assert feeds.refresh(NOW + timedelta(minutes=4)) == 0
    assert feeds.refresh(NOW + timedelta(minutes=5)) == 1


def test_the_mode_of_the_file_and_a_link_to_it_stay(bell):
    folder = bell.path.parent
    (folder / "elsewhere.ics").write_text("old")
    (folder / "elsewhere.ics").chmod(0o640)
    (folder / "care.ics").symlink_to("elsewhere.ics")
    Feeds(bell.setup).refresh(NOW)
    assert (folder / "care.ics").is_symlink()
    assert (folder / "elsewhere.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert (folder / "elsewhere.ics").stat().st_mode & 0o777 == 0o640
