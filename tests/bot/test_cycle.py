"""Cycles against loopback portals and channels: what comes out under each fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cycle import poll
from bot.demo import faults, slack, smtp
from bot.demo.pages import Answer
from bot.demo.shapes import Body, by, codes, fts, instant, item
from bot.loop import clock
from bot.poll import LEASE
from bot.setup import mark_seen
from bot.store import duty, process
from bot.store.engine import reading
from bot.wants import Delivery
from tests.fakes import CARE as CARE_BY_SLACK
from tests.fakes import CONFIG, World, world
from tests.make import event, record

COUNCIL = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
CARE = codes(("85311000", "Social work services with accommodation"))
START = instant("2026-05-11 09:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Windows as wide as they usually are: several between two polls.
USUAL = CONFIG.replace(", window: 31d", "")


def tender(number: int, at: str, *, process: int | None = None, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "reference": f"NWBC-{number}",
        "title": f"Supported living {number}",
        "description": "Care and support for adults in their own homes.",
        "status": "active",
        "items": [item("1", CARE, "UKD73")],
        "value": {"amount": 500000, "currency": "GBP"},
        "tenderPeriod": by("2026-06-19 12:00"),
    }
    return fts("UK4", at, number, process or number, (COUNCIL,), **(given | more))


def cancelled(number: int, at: str, *, process: int) -> dict[str, Any]:
    return fts("UK12", at, number, process, (COUNCIL,), reference="X", status="withdrawn")


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A bot whose sources had their calm first run at START, with nothing published yet."""
    with world(database_url, tmp_path, START, config=USUAL) as made:
        assert made.once(START).well
        made.slack.received.clear()
        made.smtp.received.clear()
        yield made


def told(bell: World) -> list[tuple[str, str | None]]:
    return [(str(e.name), e.notice) for e in bell.events() if e.name != "started"]


def sent(bell: World) -> list[str]:
    return [row.key for row, _ in bell.rows() if row.status == "sent" and row.record]


# ---------------------------------------------------------------- the straight line


def test_a_notice_is_told_once_however_often_it_is_polled(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    for hours in range(24, 30):
        assert bell.once(START + hours * HOUR).well
    assert told(bell) == [("new", "000101-2026")]
    assert len(bell.slack.received) == 1


def test_three_amendments_between_two_polls_are_three_events_in_order(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    for number, day in ((102, 15), (103, 16), (104, 15)):
        date = by(f"2026-06-{day + 5} 12:00")
        bell.portal.publish(
            "fts",
            tender(number, f"2026-05-12 1{number - 100}:00", process=101, tenderPeriod=date,
                   title="Supported living 101", because="Date moved"),
        )  # fmt: skip
    assert bell.once(START + 2 * DAY).well
    assert told(bell) == [
        ("new", "000101-2026"),
        ("amended", "000102-2026"),
        ("amended", "000103-2026"),
        ("amended", "000104-2026"),
    ]
    assert [e.changes[0].now for e in bell.events()[-3:]] == [
        "2026-06-20T11:00:00Z",
        "2026-06-21T11:00:00Z",
        "2026-06-20T11:00:00Z",
    ]
    assert [post.body["metadata"]["event_payload"] for post in bell.slack.received] != []


def test_an_older_notice_that_arrives_late_is_put_in_its_place_and_moves_nothing_back(
    bell: World,
) -> None:
    first = tender(101, "2026-05-12 11:00")
    update = tender(
        102, "2026-05-12 12:00", process=101, title="Supported living 101",
        tenderPeriod=by("2026-06-26 12:00"), because="Extended",
    )  # fmt: skip
    bell.portal.publish("fts", update)
    assert bell.once(instant("2026-05-12 12:05")).well
    bell.portal.publish("fts", first)  # within the overlap, though older than the watermark
    assert bell.once(instant("2026-05-12 12:20")).well
    assert told(bell) == [("new", "000102-2026")]
    with reading(bell.setup.engine) as connection:
        history = process.history(connection, "fts", "ocds-h6vhtk-000065")
        record = process.load(connection, "fts", ["ocds-h6vhtk-000065"])["ocds-h6vhtk-000065"]
    assert [notice.id for notice, _ in history] == ["000101-2026", "000102-2026"]
    assert record.facts.deadlines[0].at == instant("2026-06-26 12:00")


def test_a_reminder_dies_with_the_tender(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.portal.publish("fts", cancelled(102, "2026-06-12 10:00", process=101))
    bell.once(START + 2 * DAY)
    bell.once(instant("2026-06-12 11:30"))
    bell.once(instant("2026-06-18 12:30"))
    assert told(bell) == [("new", "000101-2026"), ("cancelled", "000102-2026")]


def test_a_reminder_that_waits_while_the_deadline_moves_is_dropped(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(START + 2 * DAY)
    bell.slack.faults.extend([slack.busy(3600)])
    bell.once(instant("2026-06-12 12:00"))
    moved = tender(
        102, "2026-06-12 12:10", process=101, title="Supported living 101",
        tenderPeriod=by("2026-06-29 12:00"), because="Extended",
    )  # fmt: skip
    bell.portal.publish("fts", moved)
    bell.once(instant("2026-06-12 14:00"))
    statuses = {e.lead or str(e.name): row.status for row, e in bell.rows() if row.record}
    assert statuses == {"new": "sent", "7d": "dropped", "amended": "sent"}


def test_a_reminder_after_downtime_is_the_tightest_that_still_helps(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(START + 2 * DAY)
    bell.once(instant("2026-06-18 15:00"))
    assert [e.lead for e in bell.events() if e.lead] == ["1d"]


def test_a_reminder_that_fell_due_before_the_amendment_was_read_is_told(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    assert bell.once(instant("2026-05-12 11:00")).well
    bell.portal.publish("fts", tender(102, "2026-06-12 10:00", process=101, title="Other title"))
    assert bell.once(instant("2026-06-12 13:00")).well
    assert [e.lead or e.name for e in bell.events() if e.record] == ["new", "amended", "7d"]


# ---------------------------------------------------------------- the calm first run


def test_the_first_run_tells_what_is_open_in_one_message_a_subscription(
    database_url: str, tmp_path: Path
) -> None:
    with world(database_url, tmp_path, START) as bell:
        for number, day in ((101, "2026-06-19"), (102, "2026-06-01"), (103, "2026-05-10")):
            dates = by(f"{day} 12:00")
            bell.portal.publish("fts", tender(number, "2026-05-10 12:00", tenderPeriod=dates))
        bell.portal.publish("fts", tender(104, "2026-05-10 13:00", items=[]))
        assert bell.once(START).well
        (summary,) = [e.summary for e in bell.events() if e.summary and e.source == "fts"]
        assert (summary.open, [r.id[-2:] for r in summary.first]) == (2, ["66", "65"])
        assert len(bell.slack.received) == 2  # a source
        bell.once(instant("2026-05-25 13:00"))
        assert [e.lead for e in bell.events() if e.lead] == ["7d"], (
            "reminders come as for any other"
        )


def test_a_first_run_that_fails_half_way_is_still_the_first_run(
    database_url: str, tmp_path: Path
) -> None:
    with world(database_url, tmp_path, START, config=USUAL) as bell:
        bell.portal.publish("fts", tender(101, "2026-05-10 12:00"))
        gone = faults.status(404)
        bell.portal.script("fts", faults.untouched, faults.untouched, gone)
        assert not bell.once(START).well
        assert bell.once(START + HOUR).well
        assert told(bell) == []
        assert [e.summary.open for e in bell.events() if e.summary and e.source == "fts"] == [1]


# ---------------------------------------------------------------- sources that fail


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(404),
        faults.status(400),
        faults.status(200, b"<html>down for maintenance</html>"),
        faults.status(200, b""),
        faults.status(200, b"null"),
        faults.status(200, b'{"releases": 7}'),
        faults.status(429, b"too many", **{"Retry-After": "3600"}),
    ],
    ids=["404", "400", "html", "empty", "null", "no list", "429"],
)
def test_a_source_that_fails_is_marked_and_its_gap_is_read_later(bell: World, fault: Any) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.portal.script("fts", fault)
    cycle = bell.once(START + 2 * DAY)
    assert not cycle.well
    assert [(p.source, p.failed) for p in cycle.polls] == [("fts", True), ("cf", False)]
    with reading(bell.setup.engine) as connection:
        state = duty.source(connection, "fts")
    assert state is not None
    assert (state.failures, state.watermark) == (1, START)
    assert bell.once(START + 3 * DAY).well
    assert told(bell) == [("new", "000101-2026")]


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(503),
        faults.dropped,
        faults.cut(300),
        faults.status(429, **{"Retry-After": "0"}),
    ],
    ids=["503", "dropped", "cut", "429 at once"],
)
def test_what_passes_in_seconds_is_tried_again_within_the_poll(bell: World, fault: Any) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.portal.script("fts", fault)
    assert bell.once(START + 2 * DAY).well
    assert told(bell) == [("new", "000101-2026")]


def test_a_wait_that_the_source_asked_for_sets_its_next_run(bell: World) -> None:
    bell.portal.script("fts", faults.status(429, b"slow down", **{"Retry-After": "7200"}))
    before = clock()
    bell.once(START + DAY)
    with reading(bell.setup.engine) as connection:
        due = duty.due(connection)
    assert due["poll:fts"] >= before + timedelta(hours=2)
    assert due["poll:cf"] <= clock() + timedelta(minutes=15)


def test_one_bad_release_of_many_costs_itself_alone(bell: World) -> None:
    for number in range(101, 106):
        bell.portal.publish("fts", tender(number, f"2026-05-12 10:0{number - 100}"))

    def broken(answer: Answer) -> Answer:
        return replace(answer, body=answer.body.replace(b'"NWBC-103"', b"000,"))

    bell.portal.script("fts", *[broken] * 9)
    cycle = bell.once(instant("2026-05-12 10:10"))
    assert sorted(notice or "" for _, notice in told(bell)) == [
        f"000{n}-2026" for n in (101, 102, 104, 105)
    ]
    assert [p.aside for p in cycle.polls] == [1, 0]
    bell.portal.heal("fts")
    bell.once(instant("2026-05-12 10:25"))
    assert len(told(bell)) == 5, "mended at the source, it is told"


def test_a_walk_cut_short_is_asked_again_in_halves(bell: World) -> None:
    for number in range(101, 221):
        minute = number - 101
        at = f"2026-05-11 1{minute // 60}:{minute % 60:02}"
        bell.portal.publish("fts", tender(number, at))
    # The first window holds them all, on two pages.
    bell.portal.script("fts", faults.unlinked)
    cycle = bell.once(START + DAY)
    assert cycle.well
    assert cycle.polls[0].pages > cycle.polls[0].windows + 1
    assert len(told(bell)) == 120


def test_a_link_that_leads_in_a_circle_ends_the_walk_and_is_reported(bell: World) -> None:
    for number in range(101, 221):
        bell.portal.publish("fts", tender(number, "2026-05-11 12:00"))
    circle = faults.replaced(b"cursor=", b"limit=100&cursor=")
    bell.portal.script("fts", *[circle] * 60)
    cycle = bell.once(START + DAY)
    assert len(told(bell)) <= 120
    assert len(bell.portal.requests) < 200
    bell.portal.heal("fts")
    assert bell.once(START + DAY + HOUR).well
    assert len(told(bell)) == 120
    assert cycle is not None


def test_a_dead_source_hides_nothing_of_the_other(bell: World) -> None:
    bell.portal.script("cf", *[faults.status(404)] * 5)
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    assert not bell.once(START + 2 * DAY).well
    assert sent(bell) and told(bell) == [("new", "000101-2026")]


# ---------------------------------------------------------------- channels that fail


def test_a_rate_limit_is_waited_out_within_a_minute(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.slack.faults.append(slack.busy(1))
    assert bell.once(START + 2 * DAY).well
    assert len(bell.slack.received) == 1


@pytest.mark.parametrize("error", ["token_revoked", "channel_not_found", "is_archived"])
def test_a_parked_channel_loses_nothing(bell: World, error: str) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.portal.publish("fts", tender(102, "2026-05-12 11:00"))
    bell.slack.faults.append(slack.refusal(error))
    assert not bell.once(START + 2 * DAY).well
    assert bell.slack.asked == 3, "one attempt, and the second message is not tried in vain"
    assert bell.once(START + 3 * DAY).well
    assert len(bell.slack.received) == 2


def test_an_answer_that_never_came_is_sent_again_and_says_so(bell: World) -> None:
    bell.slack.scopes = frozenset({"chat:write"})  # so that it cannot be looked up
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.slack.faults.append(slack.Fault(drop="after"))
    assert bell.once(START + 2 * DAY).well
    first, second = bell.slack.received
    assert "may be a repeat" not in str(first.body)
    assert "may be a repeat" in str(second.body)


# ---------------------------------------------------------------- the config changes meanwhile


def reconfigured(bell: World, subscriptions: str) -> None:
    text = bell.path.read_text()
    bell.path.write_text(text[: text.index("subscriptions:")] + "subscriptions:\n" + subscriptions)
    bell.restart(START)


WANTED = """
  - name: {name}
    cpv: ["{cpv}"]
    send: [{{to: bids}}]
"""


def owed_one(bell: World) -> None:
    """A message that Slack has not taken yet."""
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.slack.faults.append(slack.refusal("channel_not_found"))
    assert bell.once(START + 2 * DAY).owed == 1


def test_what_waits_for_a_removed_subscription_is_dropped_and_says_so(bell: World) -> None:
    owed_one(bell)
    reconfigured(bell, WANTED.format(name="Roads", cpv="45000000"))
    cycle = bell.once(START + 3 * DAY)
    assert (cycle.channels["bids"].dropped, cycle.owed, bell.slack.received) == (1, 0, [])
    assert [row.why for row, _ in bell.rows() if row.record] == [
        "no subscription wants it any more"
    ]


def test_what_waits_for_a_renamed_subscription_is_sent_once(bell: World) -> None:
    owed_one(bell)
    reconfigured(bell, WANTED.format(name="Social care", cpv="85000000"))
    assert bell.once(START + 3 * DAY).well
    assert bell.once(START + 4 * DAY).well
    assert len(bell.slack.received) == 1


def test_a_restored_backup_repeats_nothing_that_is_marked_as_seen(bell: World) -> None:
    """The portal has what was told since the backup; only what is newer is told."""
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.portal.publish("fts", tender(102, "2026-05-12 15:00"))
    mark_seen(bell.setup, instant("2026-05-12 12:00"))
    bell.restart(START + 2 * DAY)
    assert bell.once(START + 2 * DAY).well
    assert [(row.status, row.why) for row, e in bell.rows() if e.notice == "000101-2026"] == [
        ("dropped", "marked as seen until 2026-05-12T11:00:00Z")
    ]
    assert sent(bell) == ["fts:ocds-h6vhtk-000066/000102-2026/new>bids>#bids"]


MAIL = """
  - name: Care by mail
    cpv: ["85"]
    send: [{to: mail}]
"""


@pytest.fixture
def mail(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world(database_url, tmp_path, START, subscriptions=MAIL) as made:
        assert made.once(START).well
        made.smtp.received.clear()
        made.portal.publish("fts", tender(101, "2026-05-12 10:00"))
        yield made


def recipients(bell: World) -> list[str]:
    return sorted(name for mail in bell.smtp.received for name in mail.recipients)


def test_each_recipient_has_a_delivery_of_his_own(mail: World) -> None:
    assert mail.once(START + 2 * DAY).well
    assert recipients(mail) == ["one@example.org", "two@example.org"]


def test_greylisting_of_one_recipient_delays_no_other(mail: World) -> None:
    mail.smtp.faults.append(smtp.Fault("RCPT", "451 4.7.1 try again later"))
    assert mail.once(START + 2 * DAY).well  # the first step of the retries is within a minute
    assert recipients(mail) == ["one@example.org", "two@example.org"]
    assert len({m.message["Message-ID"] for m in mail.smtp.received}) == 2


def test_a_refused_recipient_is_given_up_and_seen(mail: World) -> None:
    mail.smtp.faults.append(smtp.Fault("RCPT", "550 5.1.1 no such user"))
    assert not mail.once(START + 2 * DAY).well
    assert recipients(mail) == ["two@example.org"]
    assert sorted(row.status for row, _ in mail.rows() if row.record) == ["gave-up", "sent"]


def test_a_connection_lost_after_the_data_gives_one_repeat_with_the_same_id(mail: World) -> None:
    mail.smtp.faults.append(smtp.Fault("body", kept=True))
    assert mail.once(START + 2 * DAY).well
    ids = [m.message["Message-ID"] for m in mail.smtp.received]
    assert (len(ids), len(set(ids))) == (3, 2)


# ---------------------------------------------------------------- processes


def test_a_source_is_polled_by_one_process_at_a_time(bell: World) -> None:
    source = bell.setup.config.sources["fts"]
    with bell.setup.engine.begin() as connection:
        far = timedelta()
        fence = duty.take(
            connection, "poll:fts", now=clock(), lease=LEASE, far=far, owner="elsewhere:1"
        )
    assert fence is not None
    assert poll(bell.setup, source, START + DAY, clock=clock, force=True) is None
    assert bell.once(START + DAY).busy == ["fts"]


def test_a_process_that_lost_its_lease_writes_nothing(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    source = bell.setup.config.sources["fts"]

    def stealing(answer: Answer) -> Answer:
        """While the page is on its way, another process takes the job over."""
        with bell.setup.engine.begin() as connection:
            duty.bury(connection, bell.setup.owner)
            given = {"now": clock(), "lease": LEASE, "far": timedelta()}
            duty.take(connection, "poll:fts", owner="elsewhere:1", **given)
        return answer

    bell.portal.now = START + 2 * DAY
    bell.portal.script("fts", stealing)
    assert poll(bell.setup, source, START + 2 * DAY, clock=clock, force=True) is None
    assert told(bell) == []


def test_a_restart_goes_on_where_the_last_process_stopped(bell: World) -> None:
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(START + 2 * DAY)
    bell.restart(START + 2 * DAY)
    bell.portal.publish("fts", tender(102, "2026-05-13 10:00"))
    assert bell.once(START + 3 * DAY).well
    assert told(bell) == [("new", "000101-2026"), ("new", "000102-2026")]


def test_a_removed_address_gets_nothing_that_was_queued_for_it(mail: World) -> None:
    mail.smtp.faults.extend([smtp.Fault("RCPT", "451 later")] * 9)
    assert not mail.once(START + 2 * DAY).well
    mail.path.write_text(mail.path.read_text().replace("one@example.org, ", ""))
    mail.smtp.faults.clear()
    mail.smtp.received.clear()
    mail.restart(START + 3 * DAY)
    mail.once(START + 3 * DAY)
    assert recipients(mail) == ["two@example.org"]
    assert sorted(row.status for row, _ in mail.rows() if row.record) == ["dropped", "sent"]


def test_a_template_that_fails_costs_its_looks_and_not_the_message(bell: World) -> None:
    class Torn:
        """A record whose value no template can lay out."""

        def __init__(self) -> None:
            self.amount = self.net = self.gross = object()
            self.currency = "GBP"

    held = bell.setup.renderer
    broken = event("new", record=record(value=Torn()))
    delivery = Delivery(key="k", event="e", channel="bids", recipient="#bids", due=START)
    with pytest.raises(Exception, match=r"."):
        held.render("slack", broken, delivery, START)
    told = held.plain("slack", broken, delivery, START)
    assert "Supported living services, Northwick" in told.parts["subject"]
    assert "https://www.find-tender.service.gov.uk/" in told.parts["text"]


def test_the_mails_of_a_round_go_over_one_connection(database_url: str, tmp_path: Path) -> None:
    by_mail = CARE_BY_SLACK.replace("{to: bids,", "{to: mail,")
    with world(database_url, tmp_path, START, subscriptions=by_mail) as bell:
        bell.once(START)
        before = bell.smtp.sessions
        for number in (101, 102, 103):
            bell.portal.publish("fts", tender(number, "2026-05-11 10:00"))
        bell.smtp.faults.append(smtp.Fault("RCPT", "550 5.1.1 no such user"))
        bell.once(START + HOUR)
        assert bell.smtp.sessions == before + 1
        got = [str(mail.message["Subject"]) for mail in bell.smtp.received]
        assert sum("Supported living 10" in subject for subject in got) == 5
