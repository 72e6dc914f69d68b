"""Planning: who gets what, once, with every subscription that wanted it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.choice import Follow
from bot.detect import reminders
from bot.model import Code, Event, Lot
from bot.plan import Planner
from bot.quiet import Quiet
from bot.stake import closing, is_open
from bot.wants import Delivery, Lead, Match, Rhythm, Route, Subscription
from tests.make import NOW, at, deadline, event, lead, record, subscription

ALL = frozenset({"new", "amended", "cancelled", "deadline"})
RECIPIENTS = {"screen": ("",), "mail": ("one@example.org", "two@example.org")}


def planner(*subscriptions: Subscription, since: dict | None = None) -> Planner:
    return Planner(subscriptions, RECIPIENTS, since or {})


def told(plan: Planner, *events: Event) -> list[tuple[str, str, list[str]]]:
    return [
        (d.channel, d.recipient, [m.subscription for m in d.matches])
        for d in plan.plan(list(events), NOW)
    ]


def test_one_delivery_a_recipient_however_many_subscriptions_match() -> None:
    care = subscription("Care", cpv=("853",), send=(Route("mail", ALL), Route("screen", ALL)))
    north = subscription("North", regions=("UKD",), send=(Route("mail", ALL),))
    assert told(planner(care, north), event()) == [
        ("mail", "one@example.org", ["Care", "North"]),
        ("mail", "two@example.org", ["Care", "North"]),
        ("screen", "", ["Care"]),
    ]


def test_the_key_is_event_channel_and_recipient() -> None:
    (delivery,) = planner(subscription()).plan([event()], NOW)
    assert delivery.key == "find-a-tender:ocds-h6vhtk-0a0001/000101-2026/new>screen>"
    assert delivery.matches == (Match("Care", "everything"),)


@pytest.mark.parametrize(("name", "told_of"), [("new", 1), ("awarded", 0)])
def test_a_route_hears_what_it_asked_for(name: str, told_of: int) -> None:
    assert len(told(planner(subscription()), event(name))) == told_of


def crossed(now: str) -> list[Event]:
    tender = record(deadlines=(deadline(learned=NOW),))
    leads = {"submission": (lead("7d"), lead("3d"), lead("1d"))}
    return reminders(tender, at(now), leads)


def test_a_reminder_goes_to_those_who_asked_for_its_lead() -> None:
    week = subscription("Week", remind={"submission": (lead("7d"),)})
    day = subscription("Day", remind={"submission": (lead("1d"),)})
    plan = planner(week, day)
    assert told(plan, *crossed("2026-06-12T12:00")) == [("screen", "", ["Week"])]


def test_of_several_crossed_at_once_only_the_tightest_is_sent() -> None:
    ladder = subscription("Ladder", remind={"submission": (lead("7d"), lead("3d"), lead("1d"))})
    (delivery,) = planner(ladder).plan(crossed("2026-06-18T12:00"), NOW)
    assert delivery.event.endswith("/1d")


def test_the_tightest_counts_for_the_recipient_over_all_his_subscriptions() -> None:
    week = subscription("Week", remind={"submission": (lead("7d"),)})
    three = subscription("Three", remind={"submission": (lead("3d"),)})
    (delivery,) = planner(week, three).plan(crossed("2026-06-17T12:00"), NOW)
    assert (delivery.event[-3:], delivery.matches[0].subscription) == ("/3d", "Three")


def test_a_new_subscription_brings_no_flood_of_leads_crossed_before() -> None:
    since = {"Care": {"submission/7d": at("2026-06-14"), "submission/1d": at("2026-06-14")}}
    plan = planner(subscription(), since=since)
    assert told(plan, *crossed("2026-06-14T00:00")) == []
    assert len(told(plan, *crossed("2026-06-18T12:00"))) == 1


def test_the_leads_of_all_subscriptions_are_one_ladder() -> None:
    plan = planner(subscription(), subscription("B", remind={"submission": (lead("3d"),)}))
    assert {at.text for at in plan.leads["submission"]} == {"7d", "1d", "3d"}


def test_the_calm_first_run_tells_each_subscription_what_is_open_next_to_close_first() -> None:
    late = record(id="late", deadlines=(deadline("submission", "2026-07-01"),))
    soon = record(id="soon", deadlines=(deadline("submission", "2026-06-01"),))
    roads = subscription("Roads", cpv=("45",))
    plan = planner(subscription(), roads)
    (care, _), (none, deliveries) = plan.started("fts", [late, soon], NOW)
    assert care.summary is not None
    assert none.summary is not None
    assert (care.summary.open, [r.id for r in care.summary.first]) == (2, ["soon", "late"])
    assert (none.summary.open, [d.key for d in deliveries]) == (0, ["fts/started/Roads>screen>"])


def test_open_is_what_can_still_be_answered() -> None:
    assert is_open(record(), NOW)
    assert is_open(record(deadlines=()), NOW)
    assert not is_open(record(), at("2026-06-19T11:00"))
    assert not is_open(record(status="cancelled"), NOW)
    assert not is_open(record(status="awarded"), NOW)


def test_the_next_date_to_act_by() -> None:
    dates = (deadline("engagement", "2026-05-20"), deadline())
    assert closing(record(deadlines=dates), NOW) == at("2026-05-20")
    assert closing(record(deadlines=dates), at("2026-05-21")) == at("2026-06-19T11:00")
    assert closing(replace(record(), facts=record().facts), at("2026-07-01")) is None


# ---------------------------------------------------------------- lots


def in_lots(*deadlines: tuple[str | None, str], closed: str = "") -> list[Event]:
    """The reminders, a week ahead, of a notice whose lot 1 is care and whose lot 2 is roads."""
    lots = tuple(
        Lot(id, cpv=(Code(code),), status="cancelled" if id == closed else "active")
        for id, code in (("1", "85311000"), ("2", "45233141"))
    )
    dates = tuple(deadline(when=when, lot=lot, learned=NOW) for lot, when in deadlines)
    held = record(lots=lots, cpv=(), deadlines=dates)
    days = [at(when) - timedelta(days=7) for _, when in deadlines]
    return [e for day in days for e in reminders(held, day, {"submission": (lead("7d"),)})]


def heard(*events: Event) -> list[tuple[str | None, list[str]]]:
    """Which lot's reminder is for whom."""
    plan = planner(subscription("Care", cpv=("853",)), subscription("All", cpv=("45", "853")))
    by_key = {e.key: e.deadline for e in events}
    return [
        (by_key[d.event].lot, [m.subscription for m in d.matches])  # type: ignore[union-attr]
        for d in plan.plan(events, NOW)
    ]


def test_who_matched_by_one_lot_is_not_reminded_of_another() -> None:
    assert heard(*in_lots(("1", "2026-06-19"), ("2", "2026-06-26"))) == [
        ("1", ["Care", "All"]),
        ("2", ["All"]),
    ]


def test_a_date_of_the_whole_or_of_a_lot_that_nobody_listed_is_for_all() -> None:
    assert heard(*in_lots((None, "2026-06-19"))) == [(None, ["Care", "All"])]
    assert heard(*in_lots(("9", "2026-06-19"))) == [("9", ["Care", "All"])]


def test_a_date_of_the_whole_is_not_for_those_whose_lots_are_closed() -> None:
    assert heard(*in_lots((None, "2026-06-19"), closed="1")) == [(None, ["All"])]
    assert heard(*in_lots((None, "2026-06-19"), closed="2")) == [(None, ["Care", "All"])]


def test_an_amendment_of_another_lot_is_told() -> None:
    (reminder,) = in_lots(("2", "2026-06-26"))
    assert told(
        planner(subscription("Care", cpv=("853",))), event("amended", record=reminder.record)
    )


# ---------------------------------------------------------------- quiet times

LONDON = ZoneInfo("Europe/London")
NIGHT = Quiet(LONDON, (time(20), time(7)), frozenset({5, 6}))
LADDER = {"submission": (lead("3d"), lead("1d"), lead("4h"))}
SEND = (Route("mail", ALL), Route("screen", ALL))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def sent(ends: str, *times: str) -> dict[str, list[str]]:
    """Of a tender with this deadline: what is newly planned on each channel at each local time."""
    tender = record(deadlines=(deadline(when=local(ends).isoformat(), learned=at("2026-01-01")),))
    ladder = subscription(remind=LADDER, send=SEND)
    plan = Planner([ladder], {"mail": ("",), "screen": ("",)}, {}, quiets={"screen": NIGHT})
    known: set[str] = set()
    seen: dict[str, list[str]] = {}
    for now in map(local, times):
        planned = plan.plan(plan.reminders(tender, now, None), now)
        fresh = [d for d in planned if d.key not in known]
        known |= {d.key for d in fresh}
        assert all(d.due == now for d in fresh)
        if fresh:
            day = f"{now.astimezone(LONDON):%a %H:%M}"
            seen[day] = [f"{d.channel} {d.event.rpartition('/')[2]}" for d in fresh]
    return seen


def test_each_channel_has_its_own_time_for_a_reminder() -> None:
    """The deadline is a Thursday at five in the morning; one channel is quiet at night."""
    monday = ("2026-06-15 04:59", "2026-06-15 05:00", "2026-06-15 06:59", "2026-06-15 07:00")
    wednesday = ("2026-06-17 05:00", "2026-06-17 07:00", "2026-06-17 19:44", "2026-06-17 19:45")
    assert sent("2026-06-18 05:00", *monday, *wednesday, "2026-06-18 01:00") == {
        "Mon 05:00": ["mail 3d"],
        "Mon 07:00": ["screen 3d"],
        "Wed 05:00": ["mail 1d"],
        "Wed 07:00": ["screen 1d"],
        "Wed 19:45": ["screen 4h"],
        "Thu 01:00": ["mail 4h"],
    }


def test_of_several_brought_forward_to_one_time_the_tightest_comes() -> None:
    """The deadline is a Monday at nine: a day before is Sunday, four hours before is night."""
    days = ("2026-06-19 09:00", "2026-06-19 19:45", "2026-06-21 09:00")
    assert sent("2026-06-22 09:00", *days, "2026-06-22 05:00", "2026-06-22 07:00") == {
        "Fri 09:00": ["mail 3d", "screen 3d"],
        "Fri 19:45": ["screen 4h"],
        "Sun 09:00": ["mail 1d"],
        "Mon 05:00": ["mail 4h"],
    }


def test_over_both_changes_of_the_clocks() -> None:
    for ends in ("2026-03-30 09:00", "2026-10-26 09:00"):
        friday = local(ends).astimezone(LONDON) - timedelta(days=3)
        evening = [f"{friday:%Y-%m-%d} {time}" for time in ("19:44", "19:45")]
        assert sent(ends, *evening)["Fri 19:45"] == ["screen 4h"]


def test_the_tightest_is_told_by_when_it_is_due_and_not_by_how_it_is_written() -> None:
    """Three working days before a Tuesday are five days; a lead of four days is nearer."""
    ladder = (Lead("3 working days", workdays=3), lead("4d"))
    tender = record(deadlines=(deadline("submission", "2026-06-23T11:00", learned=NOW),))
    plan = planner(subscription(remind={"submission": ladder}))
    now = at("2026-06-20")
    (delivery,) = plan.plan(plan.reminders(tender, now, None), now)
    assert delivery.event.endswith("/4d")


def test_a_lead_asked_for_at_night_is_not_brought_forward_to_before_that() -> None:
    since = {"Care": {"submission/4h": local("2026-06-17 21:00")}}
    night = Planner(
        [subscription(remind={"submission": (lead("4h"),)})], RECIPIENTS, since,
        quiets={"screen": NIGHT},
    )  # fmt: skip
    ends = local("2026-06-18 08:00").isoformat()
    tender = record(deadlines=(deadline(when=ends, learned=at("2026-05-01")),))
    for now, planned in (("2026-06-17 22:00", 0), ("2026-06-18 04:00", 1)):
        happened = night.reminders(tender, local(now), None)
        found = night.plan(happened, local(now))
        assert [(d.due, d.urgent) for d in found] == [(local(now), True)] * planned


NEAR, FAR = "2026-06-18 12:00", "2026-07-10 12:00"


@pytest.mark.parametrize(("name", "was", "now", "waits"), [
    ("new", None, FAR, True),
    ("new", None, NEAR, False),
    ("amended", FAR, FAR, True),
    ("amended", FAR, NEAR, False),
    ("amended", NEAR, FAR, False),
    ("cancelled", FAR, FAR, True),
    ("cancelled", NEAR, NEAR, False),
])  # fmt: skip
def test_at_night_only_what_somebody_may_have_to_act_on_before_noon_does_not_wait(
    name: str, was: str | None, now: str, waits: bool
) -> None:
    before, after = (
        record(deadlines=(deadline(when=local(ends).isoformat()),)) if ends else None
        for ends in (was, now)
    )
    night = Planner([subscription()], RECIPIENTS, {}, quiets={"screen": NIGHT})
    evening, morning = local("2026-06-17 22:00"), local("2026-06-18 07:00")
    (delivery,) = night.plan([event(name, record=after, before=before)], evening)
    assert (delivery.due, delivery.urgent) == ((morning, False) if waits else (evening, True))


def test_the_bots_own_troubles_wait() -> None:
    night = Planner([subscription()], RECIPIENTS, {}, ["screen"], {"screen": NIGHT})
    trouble = Event(key="channel mail/x", name="operators", source="", at=NOW)
    (delivery,) = night.health([trouble], local("2026-06-20 12:00"))
    assert delivery.due == local("2026-06-22 07:00")


def test_the_first_run_waits() -> None:
    night = Planner([subscription()], RECIPIENTS, {}, quiets={"screen": NIGHT})
    ((_, [delivery]),) = night.started("fts", [], local("2026-06-20 12:00"))
    assert delivery.due == local("2026-06-22 07:00")


@pytest.mark.parametrize(
    ("lead_text", "names", "last"),
    [
        ("1d", ["Care"], True),
        ("7d", ["Care"], False),
        ("7d", ["Weekly"], True),
        ("7d", ["Weekly", "Care"], False),
        ("1d", ["gone by now"], True),
    ],
)
def test_the_last_reminder_is_the_nearest_of_those_who_asked_for_it(lead_text, names, last):
    weekly = subscription("Weekly", remind={"submission": (lead("7d"),)})
    planner = Planner([subscription("Care"), weekly], {"screen": ("",)}, {})
    end = deadline()
    due = end.at - lead(lead_text).span
    assert planner.last(event("deadline", deadline=end, lead=lead_text, at=due), names) is last
    assert not planner.last(event("new"), names)


# ---------------------------------------------------------------- digests

DAILY, WEEKLY = Rhythm(time(7, 30)), Rhythm(time(8), 0)
HEARD = frozenset({"new", "amended", "cancelled", "awarded", "deadline"})
TUESDAY = local("2026-05-12 10:00")


def gathered(*routes: Route, event: Event, now: datetime = TUESDAY, **more: Any) -> list[Delivery]:
    held = Planner([subscription(send=routes)], RECIPIENTS, {}, zone=LONDON, **more)
    return held.plan([event], now)


def test_what_a_digest_route_wants_waits_for_its_slot() -> None:
    first, second = gathered(Route("mail", HEARD, DAILY), event=event())
    assert first.due == second.due == local("2026-05-13 07:30")
    assert first.digest == "digest/mail/one@example.org/daily 07:30/2026-05-13T07:30"
    assert second.digest == "digest/mail/two@example.org/daily 07:30/2026-05-13T07:30"
    assert not first.urgent
    assert first.key == f"{event().key}>mail>one@example.org"


@pytest.mark.parametrize(("rhythms", "due", "named"), [
    ((DAILY, WEEKLY), "2026-05-13 07:30", "daily 07:30"),
    ((WEEKLY, Rhythm()), "2026-05-12 11:00", "hourly"),
    ((WEEKLY, None), "2026-05-12 10:00", ""),
    ((None, DAILY), "2026-05-12 10:00", ""),
])  # fmt: skip
def test_the_soonest_wins_and_all_who_want_it_are_named(
    rhythms: tuple[Rhythm | None, ...], due: str, named: str
) -> None:
    asked = [
        subscription(f"S{n}", send=(Route("screen", HEARD, rhythm),))
        for n, rhythm in enumerate(rhythms)
    ]
    (delivery,) = Planner(asked, RECIPIENTS, {}, zone=LONDON).plan([event()], TUESDAY)
    assert delivery.due == local(due)
    assert (named in delivery.digest) if named else delivery.digest == ""
    assert [m.subscription for m in delivery.matches] == ["S0", "S1"]


def test_two_routes_of_one_subscription_name_it_once() -> None:
    (delivery,) = gathered(
        Route("screen", HEARD, DAILY), Route("screen", HEARD, WEEKLY), event=event()
    )
    assert delivery.due == local("2026-05-13 07:30")
    assert delivery.matches == (Match("Care", "everything"),)


@pytest.mark.parametrize(("name", "was", "now", "waits"), [
    ("new", None, "2026-05-13 12:00", True),
    ("new", None, "2026-05-13 07:30", False),
    ("new", None, "2026-05-12 18:00", False),
    ("new", None, "2026-05-12 09:00", True),  # it is over: nobody can act on it any more
    ("amended", "2026-05-12 18:00", "2026-06-19 12:00", False),
    ("amended", "2026-06-19 12:00", "2026-05-12 18:00", False),
    ("cancelled", "2026-05-12 18:00", "2026-05-12 18:00", False),
    ("awarded", "2026-05-01 18:00", "2026-05-01 18:00", True),
])  # fmt: skip
def test_nothing_is_held_for_a_digest_past_a_date_to_act_by(
    name: str, was: str | None, now: str, waits: bool
) -> None:
    before, after = (
        record(deadlines=(deadline(when=local(ends).isoformat()),)) if ends else None
        for ends in (was, now)
    )
    given = event(name, record=after, before=before)
    (delivery,) = gathered(Route("screen", HEARD, DAILY), event=given)
    assert (delivery.due, bool(delivery.digest)) == (
        (local("2026-05-13 07:30"), True) if waits else (TUESDAY, False)
    )


@pytest.mark.parametrize(("text", "ends", "waits"), [
    ("7d", "2026-05-19 10:00", True),
    ("2d", "2026-05-14 10:00", True),
    ("1d", "2026-05-13 10:00", False),  # two and a half hours would be left
    ("4h", "2026-05-12 14:00", False),
])  # fmt: skip
def test_a_reminder_waits_for_a_digest_that_leaves_half_of_its_time(
    text: str, ends: str, waits: bool
) -> None:
    tender = record(deadlines=(deadline(when=local(ends).isoformat(), learned=at("2026-01-01")),))
    ladder = {"submission": (lead(text),)}
    asked = subscription(remind=ladder, send=(Route("screen", HEARD, DAILY),))
    (reminder,) = reminders(tender, TUESDAY, ladder)
    (delivery,) = Planner([asked], RECIPIENTS, {}, zone=LONDON).plan([reminder], TUESDAY)
    assert (delivery.due == TUESDAY, delivery.digest == "") == (not waits, not waits)


def test_a_slot_in_the_quiet_time_moves_to_its_end() -> None:
    (delivery,) = gathered(
        Route("screen", HEARD, Rhythm(time(6))), event=event(), quiets={"screen": NIGHT}
    )
    assert delivery.due == local("2026-05-13 07:00")
    assert delivery.digest == "digest/screen//daily 06:00/2026-05-13T07:00"


def test_what_cannot_wait_for_a_digest_follows_the_quiet_time_as_ever() -> None:
    """A tender of which half of the time is left in the morning, though not until the slot."""
    soon = event(record=record(deadlines=(deadline(when=local("2026-05-14 07:00").isoformat()),)))
    late = local("2026-05-12 21:00")
    (delivery,) = gathered(
        Route("screen", HEARD, WEEKLY), event=soon, now=late, quiets={"screen": NIGHT}
    )
    assert (delivery.due, delivery.digest) == (local("2026-05-13 07:00"), "")


def test_the_first_run_and_the_bots_own_troubles_come_at_once() -> None:
    asked = subscription(send=(Route("screen", HEARD, DAILY),))
    held = Planner([asked], RECIPIENTS, {}, ["screen"], zone=LONDON)
    ((_, started),) = held.started("fts", [record()], TUESDAY)
    trouble = Event(key="channel mail/x", name="operators", source="", at=NOW)
    for delivery in (*started, *held.health([trouble], TUESDAY)):
        assert (delivery.due, delivery.digest) == (TUESDAY, "")


def test_what_is_followed_comes_at_once() -> None:
    asked = subscription(send=(Route("screen", HEARD, DAILY),))
    held = Planner([asked], RECIPIENTS, {}, zone=LONDON)
    key = ("find-a-tender", record().id)
    followed = {key: (Follow(key, "screen", at("2026-05-01")),)}
    (delivery,) = held.plan([event()], TUESDAY, followed)
    assert (delivery.due, delivery.digest, len(delivery.matches)) == (TUESDAY, "", 2)


def test_the_readers_of_a_channels_digests() -> None:
    quiet = subscription("Quiet", send=(Route("mail", HEARD, DAILY), Route("screen", HEARD)))
    loud = subscription("Loud", send=(Route("mail", HEARD, DAILY, empty=True),))
    held = Planner([quiet, loud], RECIPIENTS, {}, zone=LONDON)
    assert [(r.recipient, r.slots.rhythm, r.empty) for r in held.readers("mail")] == [
        ("one@example.org", DAILY, ("Loud",)),
        ("two@example.org", DAILY, ("Loud",)),
    ]
    assert held.readers("screen") == []
