"""Digests from the portal to the outbox: who waits for which slot, over days and downtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cycle import poll
from bot.demo.shapes import Body, by, codes, fts, instant, item
from bot.digests import close, digest
from bot.loop import clock
from bot.model import Event
from bot.store import deliveries, duty
from tests.fakes import World, world
from tests.processes import run_verb

CARE = codes(("85311000", "Social work services with accommodation"))
SUBSCRIPTIONS = """
  - name: Care
    cpv: ["853"]
    remind: {submission: [7d, 1d]}
    send:
      - {to: bids, on: [amended, cancelled, deadline]}
      - {to: mail, when: daily 07:30%s}
"""
CONFIG = """
database: "{database}"
timezone: Europe/London
sources:
  fts: {{watch: find_a_tender, every: 15m, base_url: "{portal}", pause: 0, window: 31d}}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"}}
  mail: {{notify: email, smtp: "smtp://127.0.0.1:{smtp}", from: "Alerts <alerts@example.org>",
         to: [one@example.org]}}
subscriptions:
{subscriptions}
"""
FIRST = instant("2026-11-23 09:00")
MINUTE = timedelta(minutes=1)


@contextmanager
def bell(database: str, folder: Path, first: datetime = FIRST, more: str = "") -> Iterator[World]:
    with world(database, folder, first, subscriptions=SUBSCRIPTIONS % more, config=CONFIG) as made:
        assert made.once(first).well
        yield made


def tender(process: int, at: str, ends: str = "2027-01-29 12:00", number: int = 0) -> Any:
    body = Body(f"Council {process}", f"CNCL-{process:04}-AAAA", "Northwick", "L20 1AA", "UKD73")
    return fts(
        "UK4", at, number or process, process, (body,), reference=f"C-{process}",
        title=f"Care {process}", status="active", items=[item("1", CARE, "UKD73")],
        tenderPeriod=by(ends),
    )  # fmt: skip


def mailed(made: World) -> list[tuple[str, str, str]]:
    """Of each delivery by mail: what it tells, its digest's slot, and how it stands."""
    rows: list[Any] = [(row, event) for row, event in made.rows() if row.channel == "mail"]
    return [
        (_what(event), row.digest.rpartition("/")[2], row.status)
        for row, event in rows
        if event.name != "started"
    ]


def _what(event: Event) -> str:
    number = f" {int(event.record.id[-6:], 16)}" if event.record else ""
    return f"{event.lead or event.name}{number}"


def test_what_comes_in_a_day_goes_out_in_the_morning(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        made.portal.publish("fts", tender(2, "2026-11-24 16:00"))
        first = made.once(instant("2026-11-24 11:00"))
        assert (first.gathered, first.held, first.owed, first.well) == (1, 0, 0, True)
        made.once(instant("2026-11-24 17:00"))
        cycle = made.once(instant("2026-11-25 07:20"))
        waiting = [
            ("new 1", "2026-11-25T07:30", "waiting"),
            ("new 2", "2026-11-25T07:30", "waiting"),
        ]
        assert (mailed(made), cycle.gathered) == (waiting, 2)
        assert {row.due for row, _ in made.rows() if row.digest} == {instant("2026-11-25 07:30")}
        cycle = made.once(instant("2026-11-25 07:30"))
        assert (cycle.gathered, cycle.owed) == (0, 0)
        assert mailed(made) == [(what, slot, "sent") for what, slot, _ in waiting]
        # What is published at the slot is of the next window.
        made.portal.publish("fts", tender(3, "2026-11-25 07:30"))
        made.once(instant("2026-11-25 07:30"))
        assert mailed(made)[2:] == [("new 3", "2026-11-26T07:30", "waiting")]


def test_what_another_channel_hears_at_once_is_not_held(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        made.once(instant("2026-11-24 11:00"))
        moved = tender(1, "2026-11-24 12:00", "2027-02-26 12:00", 2)
        made.portal.publish("fts", moved)
        made.once(instant("2026-11-24 13:00"))
        slack = [(e.name, row.status) for row, e in made.rows() if row.channel == "bids"]
        assert slack[1:] == [("amended", "sent")]
        assert [what for what, _, status in mailed(made) if status == "waiting"] == [
            "new 1",
            "amended 1",
        ]


def test_a_tender_that_closes_before_the_slot_is_told_at_once(
    database_url: str, tmp_path: Path
) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00", "2026-11-25 07:00"))
        made.once(instant("2026-11-24 11:00"))
        assert mailed(made)[0] == ("new 1", "", "sent")


def test_missed_digests_are_made_up_as_one_with_their_whole_window(
    database_url: str, tmp_path: Path
) -> None:
    with bell(database_url, tmp_path) as made:
        made.once(instant("2026-11-24 09:00"))
        for day in (24, 25):
            made.portal.publish("fts", tender(day, f"2026-11-{day} 10:00"))
            at = instant(f"2026-11-{day} 11:00")
            made.portal.now = at
            # The poll alone: the bot dies before it sends anything.
            (source,) = made.setup.config.sources.values()
            assert poll(made.setup, source, at, clock=clock, force=True)
        slots = [slot for _, slot, _ in mailed(made)]
        assert slots == ["2026-11-25T07:30", "2026-11-26T07:30"]
        back = instant("2026-11-27 12:00")
        close(made.setup, "mail", back)
        assert [slot for _, slot, _ in mailed(made)] == ["2026-11-27T07:30"] * 2
        key = next(row.digest for row, _ in made.rows() if row.digest)
        told = digest(made.setup, key, "mail", "one@example.org", [])
        assert (told.start, told.end, told.made_up) == (
            instant("2026-11-24 07:30"), instant("2026-11-27 07:30"), True,
        )  # fmt: skip
        made.once(back)
        assert {status for _, _, status in mailed(made)} == {"sent"}
        made.once(instant("2026-11-28 07:30"))
        assert len(mailed(made)) == 2


def test_what_was_planned_while_its_digest_went_out_waits_for_the_next(
    database_url: str, tmp_path: Path
) -> None:
    """A poll that began before the slot commits after it; what cannot wait comes alone."""
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        made.once(instant("2026-11-24 11:00"))
        slot = instant("2026-11-25 07:30")
        made.once(slot)
        (source,) = made.setup.config.sources.values()
        made.portal.publish("fts", tender(2, "2026-11-25 07:20"))
        made.portal.publish("fts", tender(3, "2026-11-25 07:20", "2026-11-25 18:00"))
        made.portal.now = slot
        assert poll(made.setup, source, slot - MINUTE, clock=clock, force=True)
        assert [slot for _, slot, _ in mailed(made)] == ["2026-11-25T07:30"] * 3
        made.once(slot + MINUTE)
        assert mailed(made) == [
            ("new 1", "2026-11-25T07:30", "sent"),
            ("new 3", "", "sent"),
            ("new 2", "2026-11-26T07:30", "waiting"),
        ]


def test_a_reminder_that_waited_for_its_digest_is_not_called_late(
    database_url: str, tmp_path: Path
) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00", "2026-12-08 12:00"))
        for at in ("2026-11-24 11:00", "2026-11-25 07:30", "2026-12-01 12:00", "2026-12-02 07:30"):
            made.once(instant(at))
        assert mailed(made)[1] == ("7d 1", "2026-12-02T07:30", "sent")
        body = made.smtp.received[-1].message.get_body(("plain",))
        assert body and "Care 1" in body.get_content()
        assert "late" not in body.get_content()


# ---------------------------------------------------------------- nothing to say


def test_a_digest_of_nothing_is_sent_where_it_is_wanted(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path, more=", empty: true") as made:
        made.once(instant("2026-11-23 18:00"))
        assert mailed(made) == []  # the first sight of a rhythm is its beginning
        for hour in ("07:20", "07:30", "07:31", "18:00"):
            made.once(instant(f"2026-11-24 {hour}"))
        assert mailed(made) == [("digest", "2026-11-24T07:30", "sent")]
        made.portal.publish("fts", tender(1, "2026-11-24 19:00"))
        made.once(instant("2026-11-24 20:00"))
        made.once(instant("2026-11-25 07:30"))
        assert [what for what, _, _ in mailed(made)] == ["digest", "new 1"]


def test_down_over_several_slots_it_says_so_once_of_the_whole_time(
    database_url: str, tmp_path: Path
) -> None:
    with bell(database_url, tmp_path, more=", empty: true") as made:
        made.once(instant("2026-11-24 07:30"))
        made.restart(instant("2026-11-27 12:00"))
        made.once(instant("2026-11-27 12:00"))
        assert mailed(made) == [
            ("digest", "2026-11-24T07:30", "sent"),
            ("digest", "2026-11-27T07:30", "sent"),
        ]
        key = made.rows()[-1][0].digest
        told = digest(made.setup, key, "mail", "one@example.org", [])
        assert (told.start, told.made_up) == (instant("2026-11-24 07:30"), True)


def test_nothing_is_said_of_nothing_unless_it_is_wanted(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path) as made:
        made.once(instant("2026-11-24 07:30"))
        made.once(instant("2026-11-25 07:30"))
        assert mailed(made) == []


def test_the_autumn_hour_says_it_once(database_url: str, tmp_path: Path) -> None:
    start = instant("2026-10-24 12:00")
    given = (SUBSCRIPTIONS % ", empty: true").replace("07:30", "01:30")
    with world(database_url, tmp_path, start, subscriptions=given, config=CONFIG) as made:
        made.once(start)
        at = instant("2026-10-25 00:15")
        for _ in range(10):  # 00:15 BST to 02:30 GMT
            made.once(at)
            at += timedelta(minutes=20)
        assert mailed(made) == [("digest", "2026-10-25T01:30", "sent")]


def test_a_clock_that_is_put_back_says_nothing_twice(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path, more=", empty: true") as made:
        # The digest of the 25th is in that of the 26th, which was sent already.
        for day in ("24 07:30", "26 07:30", "25 12:00", "24 12:00", "26 07:31"):
            made.once(instant(f"2026-11-{day}"))
        assert [slot for _, slot, _ in mailed(made)] == ["2026-11-24T07:30", "2026-11-26T07:30"]


# ---------------------------------------------------------------- beside it


def test_after_a_change_of_the_clock_digests_are_not_sent_early(
    database_url: str, tmp_path: Path
) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        made.once(instant("2026-11-24 11:00"))
        for now, due in (
            (instant("2026-11-24 12:00"), instant("2026-11-25 07:30")),
            (instant("2026-10-24 12:00"), instant("2026-10-24 12:00")),  # nobody waits so long
        ):
            with made.setup.engine.begin() as connection:
                duty.disbelieve(connection, now, longest=timedelta(), lease=MINUTE)
            assert {row.due for row, _ in made.rows() if row.digest} == {due}


def test_a_delivery_that_is_sent_again_comes_by_itself(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path, more=", empty: true") as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        for at in ("2026-11-24 07:30", "2026-11-24 11:00", "2026-11-25 07:30"):
            made.once(instant(at))
        rows = [row for row, e in made.rows() if row.channel == "mail" and e.name != "started"]
        with made.setup.engine.begin() as connection:
            for row in rows:
                assert deliveries.again(connection, row.key, instant("2026-11-25 08:00"))
        # A digest of nothing is nothing without its digest.
        assert mailed(made) == [
            ("digest", "2026-11-24T07:30", "waiting"),
            ("new 1", "", "waiting"),
        ]


def test_the_verbs_speak_of_digests(database_url: str, tmp_path: Path) -> None:
    with bell(database_url, tmp_path) as made:
        made.portal.publish("fts", tender(1, "2026-11-24 10:00"))
        made.once(instant("2026-11-24 11:00"))

        def said(*args: str) -> str:
            done = run_verb(*args, "--config", str(made.path))
            return done.stdout + done.stderr

        rows = map(json.loads, said("outbox", "--json").splitlines())
        assert [row["digest"] for row in rows if row["event"] == "new"] == [
            "digest/mail/one@example.org/daily 07:30/2026-11-25T07:30"
        ]
        promise = "waiting to mail one@example.org, for the digest of Wed 25 Nov 2026 07:30 GMT"
        assert promise in said("history", "000001-2026")
        assert "for the digest of Wed 25 Nov 2026 07:30 GMT" in said("explain", "000001-2026")
        assert "1 deliveries wait for a digest" in said("once", "--at", "2026-11-24T12:00:00Z")


@pytest.mark.parametrize("hour", ["07:30", "08:30"])
def test_the_window_of_a_digest_is_the_day_before_it(
    database_url: str, tmp_path: Path, hour: str
) -> None:
    with bell(database_url, tmp_path) as made:
        key = f"digest/mail/one@example.org/daily {hour}/2026-03-29T{hour}"
        told = digest(made.setup, key, "mail", "one@example.org", [])
        # The clocks were put on in that night.
        assert (told.start, told.end, told.made_up) == (
            instant(f"2026-03-28 {hour}"), instant(f"2026-03-29 {hour}"), False,
        )  # fmt: skip
        assert told.end - told.start == timedelta(hours=23)
