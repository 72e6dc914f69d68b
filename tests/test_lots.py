"""A call for two lots, end to end: who hears of which lot, and what becomes of a lot called off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.shapes import instant
from bot.model import Event
from tests.fakes import World, world
from tests.processes import run_verb
from tests.watchers import ted

CONFIG = """
database: "{database}"
timezone: Europe/Dublin
sources:
  ted: {{watch: ted, path: "drop/*.xml"}}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"}}
  mail: {{notify: email, smtp: "smtp://127.0.0.1:{smtp}", from: "Alerts <alerts@example.org>",
         to: [one@example.org]}}
subscriptions:
{subscriptions}
"""
SUBSCRIPTIONS = """
  - name: Surveys
    cpv: ["7135"]
    regions: [NUTS IE063]
    value: {max: 400k}
    remind: {submission: [7d], enquiry: []}
    send: [{to: bids, on: [new, amended, cancelled, deadline]}]
  - name: Harbours
    cpv: ["4525", "7135"]
    remind: {submission: [7d], enquiry: []}
    send: [{to: mail, on: [new, amended, cancelled, deadline]}]
"""
START = instant("2026-05-06 09:00")
CALLED_OFF = (
    ("cor-buy", "cancel"),
    ("The tenders for lot 2 may come a week later.", "Lot 2 is not awarded this year."),
    ("2026-06-29+01:00", "2026-06-22+01:00"),
)
LATER = (
    ("00325202-2026", "00328888-2026"),
    ("2026-05-20+02:00", "2026-05-27+02:00"),
    ("The tenders for lot 2 may come a week later.", "The opening is public."),
    ("2026-06-29+01:00", "2026-06-22+01:00"),
)


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    (tmp_path / "drop").mkdir()
    with world(database_url, tmp_path, START, subscriptions=SUBSCRIPTIONS, config=CONFIG) as made:
        assert made.once(START).well
        made.slack.received.clear()
        made.smtp.received.clear()
        yield made


def publish(bell: World, number: str, case: str, *changes: tuple[str, str]) -> None:
    path = bell.path.parent / "drop" / f"{number}.xml"
    path.write_bytes(ted.body(case, *changes))
    os.utime(path, (1_770_000_000, 1_770_000_000))


def told(bell: World, channel: str) -> list[str]:
    """What was queued for a channel: each event, a reminder by its lot."""
    found: list[tuple[str, Event]] = [
        (row.channel, event)  # type: ignore[attr-defined]
        for row, event in bell.rows()
        if event.name != "started"
    ]
    return [
        f"{e.deadline.lot} in {e.lead}" if e.deadline else str(e.name)
        for to, e in found
        if to == channel
    ]


def days(bell: World, *days: str) -> None:
    for day in days:
        assert bell.once(instant(f"{day} 13:00")).well


def test_a_lot_has_its_own_reminder_for_those_who_matched_by_it(bell: World) -> None:
    publish(bell, "310101", "lots")
    days(bell, "2026-05-07", "2026-06-08", "2026-06-15")
    assert told(bell, "bids") == ["new", "LOT-0002 in 7d"]
    assert told(bell, "mail") == ["new", "LOT-0001 in 7d", "LOT-0002 in 7d"]
    first, last = (str(post.body) for post in bell.slack.received)
    assert "*Lot 2 of 2 matches:* Survey" in first
    assert "Why: Surveys: lot 2: CPV 71351923 under 71350000; place IE063" in first
    assert "value 300,000 EUR" in first
    assert "Submission of lot 2 closes in 7 days, 22 Jun 12:00" in last
    dredging = str(bell.smtp.received[1].message)
    assert "Submission deadline (Lot 1: Dredging) in 7 days" in dredging


def test_a_lot_that_is_called_off_is_told_and_counted_down_no_more(bell: World) -> None:
    publish(bell, "310101", "lots")
    publish(bell, "325202", "change", *CALLED_OFF)
    days(bell, "2026-05-07", "2026-05-20")
    assert told(bell, "bids") == told(bell, "mail") == ["new", "amended"]
    said = str(bell.slack.received[-1].body)
    assert "Lot 2 is not awarded this year." in said
    assert "*Status (Lot 2: Survey)*" in said and "*cancelled*" in said
    # A later notice repeats the lot and its date without a word of its end.
    publish(bell, "328888", "change", *LATER)
    days(bell, "2026-05-27", "2026-06-08", "2026-06-15", "2026-06-16")
    assert told(bell, "bids") == ["new", "amended", "amended"]
    assert told(bell, "mail") == ["new", "amended", "amended", "LOT-0001 in 7d"]


def test_an_amendment_of_another_lot_is_told_and_names_it(bell: World) -> None:
    publish(bell, "310101", "lots")
    publish(
        bell,
        "325202",
        "change",
        ("2026-06-15+01:00</cbc:EndDate>", "2026-06-18+01:00</cbc:EndDate>"),
        ("2026-06-29+01:00", "2026-06-22+01:00"),
    )
    days(bell, "2026-05-07", "2026-05-20", "2026-06-11")
    assert told(bell, "bids") == ["new", "amended"]
    assert "*Submission deadline (Lot 1: Dredging)* (+3 days)" in str(bell.slack.received[-1].body)
    assert told(bell, "mail") == ["new", "amended", "LOT-0001 in 7d"]


def test_explain_names_the_lot_that_decided(bell: World) -> None:
    publish(bell, "310101", "lots")
    days(bell, "2026-05-07")
    config = ("--config", bell.path, "310101-2026")
    shown = run_verb("explain", *config, "--subscription", "Surveys").stdout
    assert "Surveys: matches; lot 2: CPV 71351923 under 71350000; place IE063" in shown
    bell.path.write_text(bell.path.read_text().replace('["7135"]', '["45"]'))
    shown = run_verb("explain", *config, "--subscription", "Surveys").stdout
    assert "no match; lots: no lot meets all at once; CPV by lot 1, value by lot 2" in shown
