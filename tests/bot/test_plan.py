"""Planning: who gets what, once, with every subscription that wanted it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detect import reminders
from bot.model import Code, Event, Lot, Match, Route, Subscription
from bot.plan import Planner, closing, is_open
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
