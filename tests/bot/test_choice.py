"""What a follow and a mute come to, as a table, and how a mute is worded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.choice import (
    FOLLOWED,
    Follow,
    Mute,
    concerning,
    day,
    described,
    known_before,
    reason,
    silencing,
)
from bot.model import Buyer, Step
from bot.plan import Planner
from tests.make import NOW, at, deadline, event, lead, record, subscription

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
HERE = ("find-a-tender", "ocds-h6vhtk-0a0001")
OWN = Mute(record=HERE, since=NOW)
BUYER = Mute(buyer="northwick*", since=NOW)
ELSE = Mute(buyer="Southwick*", since=NOW)
ENDED = replace(OWN, until=NOW)
EARLY, LATE = (Follow(HERE, "screen", NOW + n * HOUR) for n in (-1, 1))
MAIL = replace(LATE, channel="mail")

# The event, the mutes, the follows; the mute that silences it on the channel `screen`.
SITUATIONS = {
    "nobody chose anything": ("amended", [], [], None),
    "muted": ("amended", [OWN], [], OWN),
    "a reminder of what is muted": ("deadline", [OWN], [], OWN),
    "its cancellation is told": ("cancelled", [OWN], [], None),
    "its cancellation too": ("cancelled", [replace(OWN, all=True)], [], replace(OWN, all=True)),
    "its award is silent": ("awarded", [OWN], [], OWN),
    "over": ("amended", [ENDED], [], None),
    "its buyer is muted": ("new", [BUYER], [], BUYER),
    "its buyer's cancellation": ("cancelled", [BUYER], [], None),
    "another buyer is muted": ("new", [ELSE], [], None),
    "a follow beats the buyer's mute": ("amended", [BUYER], [EARLY], None),
    "on its own channel alone": ("amended", [BUYER], [MAIL], BUYER),
    "a mute beats an earlier follow": ("amended", [OWN], [EARLY], OWN),
    "a later follow beats a mute": ("amended", [OWN], [LATE], None),
    "a later follow on any channel": ("amended", [OWN], [MAIL], None),
    "one of the two is lifted": ("amended", [BUYER, OWN], [MAIL], BUYER),
    "its own mute is named first": ("amended", [BUYER, OWN], [], OWN),
    "one lets the cancellation pass, one does not": (
        "cancelled", [OWN, replace(BUYER, all=True)], [], replace(BUYER, all=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_silences_an_event(situation: str) -> None:
    name, mutes, follows, expected = SITUATIONS[situation]
    held = concerning(mutes, [record()], NOW)
    assert silencing(event(name), "screen", held, follows) == expected


NAMES = {
    "Northwick Borough Council": True,
    "northwick  BOROUGH-council": True,
    "Northwick*": True,
    "*council": True,
    "Northwick": False,
    "Northwick Council": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_buyer_is_compared_as_subscriptions_compare_it(name: str) -> None:
    mute = Mute(buyer=name, since=NOW)
    assert bool(concerning([mute], [record()], NOW)) is NAMES[name]
    assert concerning([mute], [record(buyers=None)], NOW) == []


def test_either_spelling_of_two_portals_is_the_buyer() -> None:
    twin = record(source="cf", buyers=(Buyer("NBC Procurement"),))
    assert concerning([Mute(buyer="NBC*", since=NOW)], [record(), twin], NOW)


REASONS = {
    "muted": Mute(record=HERE, since=NOW),
    "muted until 3 June: too small for us": Mute(
        record=HERE, since=NOW, until=at("2026-06-02T23:00"), why="too small for us"
    ),
    "muted until 3 June 2027": Mute(record=HERE, since=NOW, until=at("2027-06-02T23:00")),
    "muted until 3 June 12:30": Mute(record=HERE, since=NOW, until=at("2026-06-03T11:30")),
    "buyer Northwick* muted: far away": Mute(buyer="Northwick*", since=NOW, why="far away"),
}


@pytest.mark.parametrize("told", REASONS)
def test_the_reason_of_a_dropped_message(told: str) -> None:
    assert reason(REASONS[told], NOW, LONDON) == told


def test_a_mute_is_described_with_its_beginning() -> None:
    mute = replace(BUYER, until=at("2026-06-02T23:00"), why="far away", all=True)
    assert described(mute, NOW, LONDON) == (
        "buyer northwick* muted since 12 May 10:00 until 3 June, cancellations too: far away"
    )
    assert day(at("2026-12-31T23:59"), NOW, ZoneInfo("Asia/Tokyo")) == "1 January 2027 08:59"


STEP = Step("tender", "UK4", "000101-2026", NOW)
TWINS = {
    "it stood there before it was followed": (STEP, LATE, "cf"),
    "it came there afterwards": (STEP, EARLY, None),
    "only a plan stood there": (replace(STEP, stage="planning"), LATE, None),
    "another channel follows": (STEP, MAIL, None),
}


@pytest.mark.parametrize("situation", TWINS)
def test_what_a_follower_knows_already(situation: str) -> None:
    step, follow, where = TWINS[situation]
    twin = record(source="cf", steps=(step,))
    assert known_before(event("new"), "screen", [twin], [follow]) == where
    assert known_before(event("amended"), "screen", [twin], [follow]) is None


# ---------------------------------------------------------------- planned

RECIPIENTS = {"screen": ("",), "mail": ("one@example.org", "two@example.org")}
LEADS = {"submission": (lead("7d"), lead("1d"))}


def planned(*events: str, follow: Follow = EARLY, **more: str) -> list[tuple[str, list[str]]]:
    """Who is told of these events of what is followed, and why, where Care asks for `more`."""
    planner = Planner([subscription(**more)], RECIPIENTS, {}, followers=LEADS)
    told = [event(name) for name in events]
    return [
        (f"{d.channel} {d.recipient}".strip(), [m.subscription for m in d.matches])
        for d in planner.plan(told, NOW, {HERE: (follow,)})
    ]


def test_a_followed_event_names_every_reason_once() -> None:
    assert planned("new") == [("screen", ["Care", FOLLOWED.subscription])]
    assert planned("new", cpv=("99",)) == [("screen", [FOLLOWED.subscription])]
    assert planned("awarded") == [("screen", [FOLLOWED.subscription])]


def test_every_recipient_of_the_channel_hears_of_it() -> None:
    told = planned("amended", follow=replace(EARLY, channel="mail"), cpv=("99",))
    assert told == [("mail one@example.org", [""]), ("mail two@example.org", [""])]


def test_a_channel_that_is_gone_hears_nothing() -> None:
    assert planned("amended", follow=replace(EARLY, channel="gone"), cpv=("99",)) == []


def reminded(lead_: str, when: str, follow: Follow, now: str) -> list[str]:
    due = deadline(learned=NOW - HOUR)
    told = event(
        "deadline", record=record(deadlines=(due,)), deadline=due, lead=lead_, at=at(when),
        key=f"{':'.join(HERE)}/{due.key}/{lead_}",
    )  # fmt: skip
    planner = Planner([subscription(cpv=("99",))], RECIPIENTS, {}, followers=LEADS)
    return [d.event.rsplit("/", 1)[1] for d in planner.plan([told], at(now), {HERE: (follow,)})]


def test_reminders_are_those_of_the_usual_ladder_crossed_since_it_is_followed() -> None:
    week = "2026-06-12T11:00"
    assert reminded("7d", week, EARLY, week) == ["7d"]
    assert reminded("14d", "2026-06-05T11:00", EARLY, "2026-06-05T11:00") == []
    assert reminded("7d", week, replace(EARLY, since=at("2026-06-13")), "2026-06-13") == []


def test_only_what_is_followed_wakes_for_the_usual_ladder() -> None:
    planner = Planner([subscription(remind={"submission": (lead("3d"),)})], RECIPIENTS, {},
                      followers=LEADS)  # fmt: skip
    assert [x.text for x in planner.ladder(record(), {})["submission"]] == ["3d"]
    held = planner.ladder(record(), {HERE: (EARLY,)})["submission"]
    assert {x.text for x in held} == {"3d", "7d", "1d"}
