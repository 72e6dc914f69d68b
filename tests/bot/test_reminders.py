"""Reminders to stake a bid on: late, missed, void, in working days, and around quiet times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.demo import slack
from bot.demo.shapes import by, instant
from bot.when import local
from tests.bot.test_cycle import cancelled, tender
from tests.fakes import CARE, CONFIG, World, world

# The quiet channel, and one beside it that is not.
QUIET = CONFIG.replace(
    'channel: "#bids",', 'channel: "#bids", quiet: {{hours: 20:00-07:00, days: [sat, sun]}},'
)
BOTH = CARE.replace("send: [", "send: [{to: mail}, ").replace(
    "[7d, 1d]", "[5 working days, 1d, 4h]"
)
START = instant("2026-05-11 09:00")  # a Monday


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    yield from _opened(database_url, tmp_path, CARE, CONFIG)


@pytest.fixture
def night(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A bot whose Slack channel is quiet at night and at week-ends, and whose mail is not."""
    yield from _opened(database_url, tmp_path, BOTH, QUIET)


def _opened(url: str, folder: Path, subscriptions: str, config: str) -> Iterator[World]:
    with world(url, folder, START, subscriptions=subscriptions, config=config) as made:
        assert made.once(START).well
        made.slack.received.clear()
        made.smtp.received.clear()
        yield made


def posted(bell: World) -> list[str]:
    """What Slack was sent since it was last asked, in order: the event or the lead."""
    kinds = {e.key: e.lead or str(e.name) for e in bell.events()}
    keys = [post.body["metadata"]["event_payload"]["delivery"] for post in bell.slack.received]
    bell.slack.received.clear()
    return [kinds[key.rsplit(">", 2)[0]] for key in keys]


def text(bell: World) -> str:
    return str(bell.slack.received[-1].body)


def mailed(bell: World) -> list[str]:
    """Subjects of one recipient's mails, without the title of the tender."""
    got = [m.message["Subject"] for m in bell.smtp.received if "one@" in str(m.message["To"])]
    bell.smtp.received.clear()
    return [str(subject).partition(": ")[0] for subject in got]


def walk(bell: World, *times: str) -> dict[str, list[str]]:
    """Cycles at these local times; what Slack was sent at each that sent anything."""
    seen = {}
    for at in times:
        bell.once(instant(at))
        if told := posted(bell):
            seen[at] = told
    return seen


def moved(number: int, at: str, to: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"title": "Supported living 101", "because": "Extended"}
    return tender(number, at, process=101, tenderPeriod=by(to), **(given | more))


# ---------------------------------------------------------------- nothing lost


def test_a_lead_crossed_before_an_amendment_was_read_is_told(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(instant("2026-05-13 09:00"))
    renamed = tender(
        102, "2026-06-18 12:10", process=101, title="Homes", because="The title was wrong"
    )
    bell.portal.publish("fts", renamed)
    bell.once(instant("2026-06-18 15:00"))
    assert posted(bell) == ["new", "1d", "amended"]


def test_a_lead_crossed_while_it_was_called_off_is_told_when_it_is_launched_again(
    bell: World,
) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    walk(bell, "2026-05-13 09:00", "2026-06-12 12:00")
    bell.portal.publish("fts", cancelled(102, "2026-06-17 10:00", process=101))
    walk(bell, "2026-06-17 11:00")
    bell.portal.publish("fts", moved(103, "2026-06-18 14:00", "2026-06-19 12:00"))
    assert walk(bell, "2026-06-18 15:00") == {"2026-06-18 15:00": ["1d", "new"]}


# ---------------------------------------------------------------- late, and too late


def test_a_reminder_after_downtime_says_how_late_it_is(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(instant("2026-05-13 09:00"))
    bell.once(instant("2026-06-12 12:59"))
    assert " late" not in text(bell), "an hour is no news"
    bell.once(instant("2026-06-18 15:00"))
    wanted = "3 hours late: it was due Thu 18 Jun 2026 12:00 BST, when the bot was not running"
    assert wanted in text(bell)
    assert "in 21 hours" in text(bell) or "tomorrow" in text(bell)


def test_a_reminder_after_an_outage_of_the_channel_says_so(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(instant("2026-05-13 09:00"))
    bell.slack.faults.append(slack.busy(7200))
    bell.once(instant("2026-06-12 12:00"))
    bell.once(instant("2026-06-12 14:30"))
    wanted = "2 hours 30 minutes late: it was due Fri 12 Jun 2026 12:00 BST, when the channel took"
    assert wanted in text(bell)


def test_a_reminder_missed_with_its_deadline_is_dropped_and_that_once(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(instant("2026-06-12 12:00"))
    assert posted(bell) == ["new", "7d"]
    assert bell.once(instant("2026-06-20 09:00")).well
    assert posted(bell) == []
    dropped = [(e.lead, row.why) for row, e in bell.rows() if row.status == "dropped"]
    assert dropped == [("1d", "the deadline has passed")]
    before = len(bell.rows())
    bell.portal.publish("fts", moved(102, "2026-06-20 13:00", "2026-06-19 12:00", title="Homes"))
    assert bell.once(instant("2026-06-21 09:00")).well
    assert len(bell.rows()) == before + 1, "the amendment"


def test_the_history_shows_the_reminder_that_was_missed(tmp_path: Path) -> None:
    with world(f"sqlite:///{tmp_path}/bell.db", tmp_path, START) as bell:
        bell.portal.publish("fts", tender(101, "2026-05-11 10:00"))
        for at in ("2026-05-11 09:00", "2026-05-11 11:00", "2026-06-20 09:00"):
            bell.once(instant(at))
        run = CliRunner().invoke(cli, ["history", "ocds-h6vhtk-000065", "--config", str(bell.path)])
    assert "  reminder dropped to bids #bids, the deadline has passed  [" in run.output


def test_a_deadline_that_had_passed_when_it_was_learned_of_leaves_no_line(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-05-12 11:00")))
    bell.once(instant("2026-05-14 09:00"))
    assert [e.name for e in bell.events() if e.lead] == []


# ---------------------------------------------------------------- a date that moved


def test_an_amendment_takes_back_the_reminders_of_the_old_date(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    walk(bell, "2026-05-13 09:00", "2026-06-12 12:00", "2026-06-18 12:00")
    bell.portal.publish("fts", moved(102, "2026-06-18 13:00", "2026-07-03 12:00"))
    bell.once(instant("2026-06-18 13:05"))
    assert "the reminders of 12 Jun 2026 and 18 Jun 2026 no longer hold" in text(bell)
    # What was taken back is not taken back again.
    bell.portal.publish("fts", moved(103, "2026-06-20 13:00", "2026-07-10 12:00"))
    bell.once(instant("2026-06-20 13:05"))
    assert posted(bell)[-1] == "amended"
    bell.once(instant("2026-07-03 12:00"))
    bell.portal.publish("fts", moved(104, "2026-07-03 13:00", "2026-07-17 12:00"))
    bell.once(instant("2026-07-03 13:05"))
    assert "the reminder of 3 Jul 2026 no longer holds" in text(bell)
    assert "18 Jun" not in text(bell)


def test_an_amendment_that_moves_no_date_takes_nothing_back(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    walk(bell, "2026-05-13 09:00", "2026-06-12 12:00")
    bell.portal.publish("fts", moved(102, "2026-06-12 13:00", "2026-06-19 12:00", title="Homes"))
    bell.once(instant("2026-06-12 13:05"))
    assert posted(bell)[-1:] == ["amended"]
    assert "no longer hold" not in str(bell.slack.received)


def test_only_who_got_the_reminder_hears_that_it_is_void(night: World) -> None:
    night.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    walk(night, "2026-05-13 09:00")
    night.slack.faults.append(slack.busy(7 * 24 * 3600))  # obeyed for a day
    night.once(instant("2026-06-12 12:00"))
    night.portal.publish("fts", moved(102, "2026-06-12 13:00", "2026-07-03 12:00"))
    night.smtp.received.clear()
    night.once(instant("2026-06-15 13:05"))
    assert "no longer hold" not in text(night)
    (mail, _) = night.smtp.received
    body = mail.message.get_body(("plain",))
    assert body and "the reminder of 12 Jun 2026 no longer holds" in body.get_content()


# ---------------------------------------------------------------- working days


def test_a_lead_in_working_days_skips_the_bank_holiday(night: World) -> None:
    """The last Monday of May is one: five working days before Friday 29th is the Thursday 21st."""
    night.portal.publish(
        "fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-05-29 12:00"))
    )
    walk(night, "2026-05-12 11:00")
    assert walk(night, "2026-05-21 11:59", "2026-05-21 12:00", "2026-05-22 12:00") == {
        "2026-05-21 12:00": ["5 working days"]
    }
    (key,) = [e.key for e in night.events() if e.lead]
    assert key.endswith("/submission@2026-05-29T11:00Z/5 working days")


# ---------------------------------------------------------------- quiet times


def test_what_happens_on_friday_evening_comes_on_monday_morning(night: World) -> None:
    night.portal.publish("fts", tender(101, "2026-05-15 21:00"))
    assert night.once(instant("2026-05-15 21:05")).well, "what is held is not owed"
    assert posted(night) == [] and mailed(night) == ["New tender, closes 19 Jun"]
    night.portal.publish("fts", moved(102, "2026-05-16 10:00", "2026-06-26 12:00"))
    assert walk(night, "2026-05-16 10:05", "2026-05-18 06:58", "2026-05-18 07:00") == {
        "2026-05-18 07:00": ["new", "amended"]
    }


def test_what_cannot_wait_comes_at_once_and_takes_the_earlier_news_with_it(night: World) -> None:
    night.portal.publish(
        "fts", tender(101, "2026-05-13 21:00", tenderPeriod=by("2026-05-29 12:00"))
    )
    night.portal.publish("fts", moved(102, "2026-05-13 22:00", "2026-05-14 12:00"))
    assert walk(night, "2026-05-13 21:05", "2026-05-13 22:05", "2026-05-14 07:00") == {
        "2026-05-13 22:05": ["new", "amended"]
    }


def test_a_cancellation_waits_as_well_unless_the_date_was_near(night: World) -> None:
    for number, date in ((101, "2026-06-19 12:00"), (102, "2026-05-14 12:00")):
        night.portal.publish("fts", tender(number, "2026-05-12 10:00", tenderPeriod=by(date)))
        stop = cancelled(number + 10, f"2026-05-13 2{number - 100}:00", process=number)
        night.portal.publish("fts", stop)
    walk(night, "2026-05-12 11:00", "2026-05-13 19:45")
    assert walk(night, "2026-05-13 21:05", "2026-05-13 22:05", "2026-05-14 07:00") == {
        "2026-05-13 22:05": ["cancelled"],
        "2026-05-14 07:00": ["cancelled"],
    }


def test_the_last_reminder_before_a_quiet_week_end_comes_on_friday(night: World) -> None:
    """The deadline is Monday at 09:00; a day before is Sunday, four hours before still night."""
    night.portal.publish(
        "fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-06-08 09:00"))
    )
    walk(night, "2026-05-12 11:00", "2026-06-01 09:00")
    mailed(night)
    assert walk(night, "2026-06-05 19:44", "2026-06-05 19:45", "2026-06-08 07:00") == {
        "2026-06-05 19:45": ["4h"]
    }
    (row,) = [row for row, e in night.rows() if e.lead == "4h" and row.channel == "bids"]
    assert local(row.sent, night.setup.config.timezone) == "Fri 5 Jun 2026 19:45 BST"
    assert " late" not in str(night.slack.received)


def test_the_other_channel_has_its_reminders_when_they_are_due(night: World) -> None:
    night.portal.publish(
        "fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-06-08 09:00"))
    )
    walk(night, "2026-05-12 11:00", "2026-06-01 09:00")
    mailed(night)
    seen = {}
    for at in ("2026-06-05 19:45", "2026-06-07 08:59", "2026-06-07 09:00", "2026-06-08 05:00"):
        night.once(instant(at))
        seen[at[5:]] = mailed(night)
    assert seen == {
        "06-05 19:45": [],
        "06-07 08:59": [],
        "06-07 09:00": ["Submission closes tomorrow, 8 Jun 09:00"],
        "06-08 05:00": ["Submission closes in 4 hours, today 09:00"],
    }


def test_a_reminder_missed_before_the_night_and_of_no_use_after_it_comes_at_night(
    night: World,
) -> None:
    night.portal.publish(
        "fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-06-03 09:00"))
    )
    walk(night, "2026-05-12 11:00", "2026-06-02 09:00")
    night.once(instant("2026-06-02 23:00"))
    assert "3 hours 15 minutes late: it was due Tue 2 Jun 2026 19:45 BST" in text(night)
    assert posted(night) == ["4h"]
    assert walk(night, "2026-06-03 05:00", "2026-06-03 07:00") == {}


def test_a_config_without_quiet_times_lets_go_of_no_more_than_it_did(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 22:00", tenderPeriod=by("2026-06-20 03:00")))
    assert walk(bell, "2026-05-12 22:05", "2026-06-12 20:00", "2026-06-13 03:00") == {
        "2026-05-12 22:05": ["new"],
        "2026-06-13 03:00": ["7d"],
    }


def test_quiet_times_that_are_new_in_the_config_bring_reminders_forward(
    bell: World, tmp_path: Path
) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00", tenderPeriod=by("2026-06-09 06:00")))
    walk(bell, "2026-05-12 11:00", "2026-06-02 09:00")
    text = bell.path.read_text().replace(
        'channel: "#bids",', 'channel: "#bids", quiet: {hours: 20:00-07:00},'
    )
    bell.path.write_text(text)
    bell.restart(instant("2026-06-03 09:00"))
    assert walk(bell, "2026-06-07 19:44", "2026-06-07 19:45", "2026-06-08 06:00") == {
        "2026-06-07 19:45": ["1d"]
    }


def test_the_first_run_and_the_bots_own_troubles_wait_too(
    database_url: str, tmp_path: Path
) -> None:
    with world(database_url, tmp_path, START, subscriptions=CARE, config=QUIET) as bell:
        assert bell.once(instant("2026-05-11 22:00")).well
        assert posted(bell) == []
        bell.once(instant("2026-05-12 07:00"))
        assert posted(bell) == ["started", "started"]


def test_once_says_what_is_held(night: World) -> None:
    night.portal.publish("fts", tender(101, "2026-05-15 21:00"))
    cycle = night.once(instant("2026-05-15 21:05"))
    assert (cycle.held, cycle.owed, cycle.well) == (1, 0, True)
