"""Matching an event that has a before and an after: stages, and amendments out of a field."""

from __future__ import annotations

from bot import regions
from bot.match import Index, misses, reason
from bot.model import Code
from tests.make import event, record, subscription

ROADS = (Code("45233000"),)
NORTH_WEST, SCOTLAND = "UKD", "UKM"


def test_an_award_is_told_to_who_wanted_the_tender_it_ends() -> None:
    told = event("awarded", record=record(stage="award"), before=record(stage="tender"))
    assert reason(subscription(cpv=("853",)), told) == "CPV 85311000 under 85300000"
    assert Index([subscription(cpv=("853",))]).matches(told)


def test_a_later_notice_of_an_awarded_record_is_not() -> None:
    told = event("amended", record=record(stage="contract"), before=record(stage="award"))
    assert misses(subscription(), told) == (
        "stage: award, then contract; the subscription wants planning, tender",
    )


def test_who_was_told_of_a_notice_hears_that_it_was_amended_out_of_his_field() -> None:
    told = event("amended", record=record(places=("UKM50",)), before=record(places=("UKD73",)))
    ask = subscription(regions=(NORTH_WEST,), cpv=("853",))
    place = f"place UKD73 in {regions.name(NORTH_WEST)}"
    assert misses(ask, told) == ()
    assert reason(ask, told) == f"before the amendment: CPV 85311000 under 85300000; {place}"
    assert [m.reason for m in Index([ask]).matches(told)] == [reason(ask, told)]


def test_criteria_that_held_only_partly_before_and_partly_after_do_not_hold() -> None:
    before, after = record(places=("UKD73",)), record(places=("UKM50",), cpv=ROADS)
    ask = subscription(regions=(SCOTLAND,), cpv=("853",))
    told = event("amended", record=after, before=before)
    assert misses(ask, told) == ("CPV: none of 45233000 is under 85300000",)
    assert Index([ask]).matches(told) == []


def test_an_amendment_that_leaves_a_subscription_met_is_told_by_what_holds_now() -> None:
    told = event("amended", record=record(places=("UKM50",)), before=record(places=("UKD73",)))
    ask = subscription(regions=(NORTH_WEST, SCOTLAND))
    assert [m.reason for m in Index([ask]).matches(told)] == ["place UKM50 in Scotland"]
    assert reason(ask, told) == "place UKM50 in Scotland"


def test_those_met_before_and_those_met_now_come_in_the_order_of_the_subscriptions() -> None:
    told = event("amended", record=record(places=("UKM50",)), before=record(places=("UKD73",)))
    asks = [
        subscription("was", regions=(NORTH_WEST,)),
        subscription("is", regions=(SCOTLAND,)),
        subscription("never", regions=("UKL",)),
    ]
    assert [m.subscription for m in Index(asks).matches(told)] == ["was", "is"]
