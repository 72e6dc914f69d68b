"""When operators are told that a source fails, falls silent or says less than it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alarm import report
from bot.demo import slack
from bot.demo.pages import Answer
from bot.health import Alarm, Stated, failing, lacking, partly, silent, stated
from bot.store import deliveries
from bot.store.engine import reading
from tests import make
from tests.fakes import CARE, CONFIG, world

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# ---------------------------------------------------------------- failing


def test_a_short_outage_is_nobodys_business() -> None:
    assert failing(2, NOW - 5 * HOUR, "answered 500", NOW) is None
    assert failing(9, NOW - timedelta(minutes=50), "answered 500", NOW) is None
    told = failing(3, NOW - 2 * HOUR, "answered 500", NOW)
    assert told == Alarm("failing", "cannot be read for 2 hours", "answered 500")


def test_a_source_that_was_never_asked_before_has_not_failed_for_long() -> None:
    assert failing(5, None, "answered 500", NOW) is None


def test_pieces_are_told_once_they_have_failed_again_and_again() -> None:
    assert partly([("2026-05 type 2", 2, "answered 500")]) is None
    told = partly([("2026-05 type 2", 3, "answered 500"), ("2026-05 type 3", 9, "answered 500")])
    assert told and told.text == "2 pieces of it cannot be read"
    assert "2026-05 type 2: answered 500" in told.detail


# ---------------------------------------------------------------- silent


def office_hours(until: datetime, weeks: int = 4) -> list[datetime]:
    """News in each hour from 8 to 17 of each weekday."""
    first = until - weeks * 7 * DAY
    hours = (first.replace(minute=20) + HOUR * n for n in range(weeks * 7 * 24))
    return [at for at in hours if at < until and at.weekday() < 5 and 8 <= at.hour < 18]


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 5, 12, 9, 0, tzinfo=UTC),  # the last news an hour ago
        datetime(2026, 5, 12, 7, 0, tzinfo=UTC),  # a night
        datetime(2026, 5, 11, 8, 0, tzinfo=UTC),  # a week-end
    ],
)
def test_a_quiet_night_or_week_end_is_no_silence(now: datetime) -> None:
    assert silent(office_hours(now), now) is None


def test_a_working_day_without_news_is_silence() -> None:
    last = datetime(2026, 5, 11, 18, 0, tzinfo=UTC)  # Monday evening
    assert silent(office_hours(last), last + DAY - HOUR) is None
    told = silent(office_hours(last), last + DAY)
    assert told and told.text == "has published nothing for 1 day 1 hour"


def test_over_a_week_end_silence_is_as_long_as_it_should_be() -> None:
    friday = datetime(2026, 5, 8, 18, 0, tzinfo=UTC)
    assert silent(office_hours(friday), friday + 2 * DAY) is None
    assert silent(office_hours(friday), friday + 3 * DAY) is not None


def test_without_a_rhythm_there_is_no_silence() -> None:
    assert silent([], NOW) is None
    assert silent(office_hours(NOW - 5 * DAY, weeks=1), NOW) is None, "too little is known"
    weekly = [NOW - n * 7 * DAY for n in range(1, 5)]
    assert silent(weekly, NOW + 10 * DAY) is None, "one notice a week is no rhythm"


# ---------------------------------------------------------------- what is stated


def day(number: int, **without: int) -> Stated:
    fields = dict.fromkeys(("title", "buyers", "cpv", "places", "deadlines", "url"), number)
    return {"tender": {"notices": number, **(fields | without)}}


def test_a_field_that_vanishes_is_told() -> None:
    before = [day(30) for _ in range(5)]
    assert lacking(before) == []
    (told,) = lacking([day(25, cpv=1), *before])
    assert told.kind == "field cpv in tender"
    assert told.text == "states no CPV code in its tender notices any more"
    assert told.detail == "4% of the last 25 state it; before it was 100%"


LONG = [day(30) for _ in range(4)]


@pytest.mark.parametrize(
    "polls",
    [
        pytest.param([day(10, cpv=0), *LONG], id="too few to say"),
        pytest.param([day(25, cpv=15), *LONG], id="fewer, and still many"),
        pytest.param([day(25, cpv=0), day(40)], id="little is known of what was usual"),
    ],
)
def test_a_field_that_only_varies_is_not(polls: list[Stated]) -> None:
    assert lacking(polls) == []


def test_what_was_never_stated_is_not_missed() -> None:
    assert lacking([day(25, deadlines=0), *(day(30, deadlines=3) for _ in range(5))]) == []


def test_stubs_are_not_counted() -> None:
    full, bare = make.notice(), make.notice(id="2", cpv=None)
    stub = make.notice(id="3", restates=False, title=None)
    assert stated([full, bare, stub])["tender"] == {
        "notices": 2, "title": 2, "buyers": 2, "cpv": 1, "places": 2, "deadlines": 2, "url": 2,
    }  # fmt: skip


# ---------------------------------------------------------------- told once

HEARD = CONFIG.replace("timezone:", "operators: [bids]\ntimezone:")


def test_an_alarm_is_told_once_and_once_that_it_is_over(database_url: str, tmp_path: Path) -> None:
    alarm = Alarm("failing", "cannot be read for 2 hours", "answered 500")
    with world(database_url, tmp_path, NOW, subscriptions=CARE, config=HEARD) as bell:
        told = []
        for hour, found in enumerate([[alarm], [alarm], [], [], [alarm]]):
            with bell.setup.engine.begin() as connection:
                report(connection, bell.setup, "source fts", found, NOW + hour * HOUR)
            with reading(bell.setup.engine) as connection:
                told = [event.notes for _, event in deliveries.rows(connection)]
        assert told == [
            ("The source fts cannot be read for 2 hours", "answered 500"),
            ("The source fts is well again", "after 2 hours"),
            ("The source fts cannot be read for 2 hours", "answered 500"),
        ]


def test_a_dead_source_is_told_in_slack_once_and_its_recovery(
    database_url: str, tmp_path: Path
) -> None:
    with world(database_url, tmp_path, NOW, subscriptions=CARE, config=HEARD) as bell:
        bell.once(NOW)
        bell.slack.received.clear()
        bell.portal.script("fts", *[Answer(status=404)] * 30)
        for half in range(1, 12):
            assert not bell.once(NOW + half * HOUR / 2).well
        (told,) = [str(post.body) for post in bell.slack.received]
        assert "The source fts cannot be read for" in told
        assert "answered 404" in told
        bell.portal.heal("fts")
        assert bell.once(NOW + DAY).well
        assert bell.once(NOW + DAY + HOUR).well
        assert ["is well again" in str(post.body) for post in bell.slack.received] == [False, True]


def test_a_parked_channel_is_told_once_by_another_way(database_url: str, tmp_path: Path) -> None:
    heard = HEARD.replace("operators: [bids]", "operators: [bids, mail]")
    with world(database_url, tmp_path, NOW, subscriptions=CARE, config=heard) as bell:
        bell.slack.faults += [slack.refusal("token_revoked")] * 2
        bell.once(NOW)
        bell.once(NOW + 2 * HOUR)
        bell.once(NOW + 2 * HOUR)
        mails = [str(mail.data) for mail in bell.smtp.received]
        assert len(mails) == 2, "one to each address"
        assert all("The channel bids takes no messages" in mail for mail in mails)
        bell.once(NOW + 4 * HOUR)
        assert len(bell.slack.received) == 2, "the first run of each source"
        bell.once(NOW + 4 * HOUR)
        assert len(bell.smtp.received) == 4, "and that it is well again"
