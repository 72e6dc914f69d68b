"""Several deliveries told in one message: awards of one procurement, and digests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.attempt import LEASE, MARGIN
from bot.bundle import bundles
from bot.deliver import deliver
from bot.demo import slack
from bot.model import Award, Code, Event
from bot.receipt import ChannelReceipt
from bot.retry import Sent
from bot.same import Likeness
from bot.store import claiming, claims, deliveries, joins, outbox, process
from bot.store.engine import reading
from bot.wants import Delivery, Match
from tests.fakes import World, world
from tests.make import NOW, event, record
from tests.test_machine import Crash, Fuse

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SLOT = NOW + DAY
DIGEST = "digest/bids/#bids/daily 10:00/2026-05-13T10:00"
REPEAT = "may be a repeat"
# Of a subscription that is gone, about what no other one wants.
GONE, ROADS = (Match("Roads", "CPV 45233141"),), (Code("45233141"),)


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world(database_url, tmp_path, NOW - DAY) as made:
        made.slack.scopes = frozenset({"chat:write"})  # so that nothing can be looked up
        yield made


def award(number: int, **more: Any) -> Event:
    held = record(notice=f"{number:06}-2026", published=NOW + number * MINUTE, status="awarded")
    given = {"decisions": (Award(str(number), (f"Coaches {number} Ltd",)),)}
    return event("awarded", **(given | {"record": held} | more))


def put(bell: World, *happened: Event, due: datetime = NOW, **more: Any) -> list[str]:
    """Queue each for the channel; the deliveries' keys."""
    given: dict[str, Any] = {
        "channel": "bids",
        "recipient": "#bids",
        "matches": (Match("Care", "CPV 85"),),
        "due": due,
    }
    planned = [Delivery(key=f"{e.key}>bids>#bids", event=e.key, **(given | more)) for e in happened]
    with bell.setup.engine.begin() as connection:
        outbox.queue(connection, happened, planned)
    return [one.key for one in planned]


def send(bell: World, now: datetime = NOW, **more: Any) -> ChannelReceipt:
    channel = bell.setup.config.channels["bids"]
    return deliver(bell.setup, channel, now, clock=lambda: now, **more)


def posts(bell: World) -> list[str]:
    """The deliveries by which the messages that came are named."""
    return [p.body["metadata"]["event_payload"]["delivery"] for p in bell.slack.received]


def rows(bell: World) -> dict[str, Any]:
    return {row.key: row for row, _ in bell.rows()}  # type: ignore[attr-defined]


def states(bell: World) -> Counter[str]:
    return Counter(row.status for row in rows(bell).values())


def crash(bell: World, commit: int, now: datetime = NOW) -> None:
    """The process ends right before that commit of a round of deliveries; another begins."""
    fuse = Fuse(bell.setup.engine)
    fuse.set(commit, after=False)
    with suppress(Crash):
        send(bell, now)
        raise AssertionError("it went on to its end")
    bell.restart(now)


# ---------------------------------------------------------------- awards


def test_the_awards_of_a_framework_that_wait_together_are_one_message(bell: World) -> None:
    keys = put(bell, *(award(n) for n in range(1, 38)))
    receipt = send(bell)
    assert posts(bell) == keys[:1]
    body = str(bell.slack.received[0].body)
    assert "37 notices of this procurement, told together: 000001-2026 to 000037-2026" in body
    assert "Coaches 1 Ltd" in body
    assert (receipt.sent, receipt.told) == (1, 37)
    assert receipt.several == " (37 deliveries)"
    held = rows(bell)
    assert states(bell) == {"sent": 37}
    assert len({row.reference for row in held.values()}) == 1 and held[keys[0]].reference
    assert {row.attempts for row in held.values()} == {1}
    assert not send(bell).sent


def test_each_recipient_and_procurement_has_a_message_of_its_own(bell: World) -> None:
    other = replace(award(3), key="other/awarded", record=record(id="ocds-h6vhtk-0a0002"))
    first, _ = put(bell, award(1), award(2))
    (second,) = put(bell, other)
    # The same id on another portal is another record.
    elsewhere = replace(award(4), key="cf/awarded", source="cf")
    (third,) = put(bell, replace(elsewhere, record=record(source="cf")))
    send(bell)
    assert posts(bell) == [first, second, third]


def test_a_cancellation_between_two_awards_keeps_them_apart_and_in_order(bell: World) -> None:
    off = event("cancelled", record=record(notice="000003-2026", published=NOW + 3 * MINUTE))
    one, two, three, four = put(bell, award(1), award(2), off, award(4))
    receipt = send(bell)
    assert posts(bell) == [one, three, four]
    assert rows(bell)[two].reference == rows(bell)[one].reference
    assert (receipt.sent, receipt.told) == (3, 4)


def test_the_reasons_of_all_are_told(bell: World) -> None:
    put(bell, award(1))
    put(bell, award(2), matches=(Match("Care", "CPV 85"), Match("Care", "CPV 98")))
    send(bell)
    body = str(bell.slack.received[0].body)
    assert body.count("CPV 85") == 1 and body.count("CPV 98") == 1


def test_an_award_that_must_not_be_told_leaves_the_others(bell: World) -> None:
    keys = put(bell, award(1), award(2), award(3))
    gone = award(4)
    assert gone.record
    put(bell, replace(gone, record=gone.record.having(cpv=ROADS)), matches=GONE)
    receipt = send(bell)
    assert (receipt.sent, receipt.told, receipt.dropped) == (1, 3, 1)
    assert {rows(bell)[key].status for key in keys} == {"sent"}
    assert "3 notices of this procurement" in str(bell.slack.received[0].body)


def test_an_answer_that_never_came_is_asked_for_with_the_same_awards_only(bell: World) -> None:
    one, two = put(bell, award(1), award(2))
    bell.slack.faults.append(slack.Fault(drop="after"))
    send(bell)
    assert states(bell) == {"unknown": 2}
    (three,) = put(bell, award(3))
    # A failure that is certain takes no doubt away: nor does one of looking it up, just before.
    bell.slack.faults.extend([slack.Fault(503, "no server")] * 2)
    send(bell, NOW + MINUTE)
    assert states(bell) == {"unknown": 2, "waiting": 1}
    send(bell, NOW + DAY)
    assert posts(bell) == [one, one, three]
    first, again, last = (str(post.body) for post in bell.slack.received)
    assert REPEAT in again and REPEAT not in first and REPEAT not in last
    assert "2 notices" in again
    assert rows(bell)[two].status == "sent"


def test_a_crash_between_sending_and_settling_repeats_one_message_and_says_so(
    bell: World,
) -> None:
    keys = put(bell, *(award(n) for n in range(1, 6)))
    crash(bell, 3)  # after the claim, and after what is in flight was marked
    assert states(bell) == {"unknown": 5}
    (late,) = put(bell, award(7))
    send(bell, NOW + MINUTE)
    assert posts(bell) == [keys[0], keys[0], late]
    assert REPEAT in str(bell.slack.received[1].body)
    assert REPEAT not in str(bell.slack.received[2].body)
    assert states(bell) == {"sent": 6}


def test_a_crash_before_sending_leaves_nothing_in_doubt(bell: World) -> None:
    keys = put(bell, *(award(n) for n in range(1, 6)))
    crash(bell, 2)
    assert states(bell) == {"waiting": 5}
    send(bell, NOW + MINUTE)
    assert posts(bell) == keys[:1]
    assert REPEAT not in str(bell.slack.received[0].body)


def test_awards_that_are_refused_together_are_tried_alone(bell: World) -> None:
    keys = put(bell, award(1), award(2), award(3))
    refused = slack.refusal("invalid_blocks")
    # The long form, the short form; and then of the first by itself once more.
    bell.slack.faults.extend([refused, refused, refused, refused])
    receipt = send(bell)
    assert posts(bell) == keys[1:]
    assert [rows(bell)[key].status for key in keys] == ["gave-up", "sent", "sent"]
    assert (receipt.sent, receipt.told, receipt.gave_up) == (2, 2, 1)


def test_one_of_them_sent_again_goes_alone(bell: World) -> None:
    _, two, three = put(bell, award(1), award(2), award(3))
    send(bell)
    put(bell, award(4))
    with bell.setup.engine.begin() as connection:
        assert deliveries.again(connection, two, NOW)
        assert deliveries.again(connection, three, NOW)
    send(bell)
    assert [k.split("/")[1] for k in posts(bell)] == [
        "000001-2026", "000002-2026", "000003-2026", "000004-2026"
    ]  # fmt: skip
    assert "told together" not in "".join(str(p.body) for p in bell.slack.received[1:])


# ---------------------------------------------------------------- leases


def claim(bell: World, **more: Any) -> list[claims.Claim]:
    given: dict[str, Any] = {"now": NOW, "real": NOW, "lease": LEASE, "owner": "host:1:a"}
    with bell.setup.engine.begin() as connection:
        return claiming.claim(connection, "bids", **(given | more))


def test_what_is_told_together_is_nobody_elses(bell: World) -> None:
    put(bell, award(1), award(2))
    put(bell, *(waiting(n) for n in range(3)), digest=DIGEST, due=SLOT)
    assert len(claim(bell, now=SLOT)) == 2
    assert len(claim(bell, now=SLOT, owner="host:2:b")) == 3
    assert claim(bell, now=SLOT, owner="host:3:c") == []


def test_those_whose_lease_was_lost_are_told_of(bell: World) -> None:
    put(bell, *(waiting(n) for n in range(3)), digest=DIGEST, due=SLOT)
    held = claim(bell, now=SLOT)
    with bell.setup.engine.begin() as connection:
        deliveries.again(connection, held[1].delivery.key, NOW)
        assert claims.hold(connection, held, NOW + 2 * LEASE) == [held[1]]
        assert claims.settle(connection, [(c, Sent("ts")) for c in held], NOW) == [held[1]]
    assert states(bell) == {"sent": 2, "waiting": 1}


def test_the_leases_of_many_are_renewed_while_they_are_looked_through(bell: World) -> None:
    put(bell, *(waiting(n) for n in range(12)), digest=DIGEST, due=SLOT)
    time, stolen = [SLOT], list[claims.Claim]()

    def clock() -> datetime:
        time[0] += MARGIN / 2
        return time[0]

    def stopping() -> bool:  # asked before each delivery, and before all are claimed
        if time[0] >= SLOT + MARGIN:
            stolen.extend(claim(bell, now=SLOT, real=time[0], owner="host:2:b"))
        return False

    channel = bell.setup.config.channels["bids"]
    receipt = deliver(bell.setup, channel, SLOT, clock=clock, stopping=stopping)
    assert time[0] - SLOT > LEASE
    assert stolen == []
    assert (receipt.sent, receipt.told) == (1, 12)


def test_a_service_that_stops_gives_a_digest_back(bell: World) -> None:
    put(bell, *(waiting(n) for n in range(3)), digest=DIGEST, due=SLOT)
    asked = iter([False] * 3)
    receipt = send(bell, SLOT, stopping=lambda: next(asked, True))
    assert (receipt.sent, posts(bell)) == (0, [])
    assert states(bell) == {"waiting": 3}
    assert {row.attempts for row in rows(bell).values()} == {0}
    assert len(claim(bell, now=SLOT, owner="host:2:b")) == 3


def test_workers_share_awards_and_digests_and_never_double(bell: World) -> None:
    for number in range(6):
        held = [award(n, key=f"r{number}/{n}/awarded") for n in range(5)]
        put(bell, *(replace(e, record=record(id=f"r{number}")) for e in held))
    for number in range(6):
        of = [waiting(10 * number + n) for n in range(7)]
        put(bell, *of, digest=f"{DIGEST[:-5]}1{number}:00", due=SLOT)

    def work(owner: int) -> list[str]:
        done = []
        while found := claim(bell, now=SLOT, owner=f"host:{owner}:x", most=2):
            for bundle in bundles(found):
                assert len(bundle.claims) == (7 if bundle.digest else 5)
                with bell.setup.engine.begin() as connection:
                    outcomes = [(c, Sent("ts")) for c in bundle.claims]
                    assert claims.settle(connection, outcomes, NOW) == []
                done += [c.delivery.key for c in bundle.claims]
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [key for keys in pool.map(work, range(4)) for key in keys]
    done += work(9)  # what another had locked at the very end
    assert len(done) == len(set(done)) == 72


# ---------------------------------------------------------------- digests


def waiting(number: int, **more: Any) -> Event:
    title = f"Supported living {number}"
    return event(record=record(id=f"ocds-h6vhtk-{number:06}", title=title, **more))


def unwanted(number: int) -> Event:
    return waiting(number, cpv=ROADS)


def test_what_waits_for_a_digest_is_one_message_at_its_slot(bell: World) -> None:
    keys = put(bell, *(waiting(n) for n in range(1, 41)), digest=DIGEST, due=SLOT)
    assert not send(bell, SLOT - MINUTE).told
    receipt = send(bell, SLOT)
    assert posts(bell) == [DIGEST]
    assert (receipt.sent, receipt.told) == (1, 40)
    held = rows(bell)
    assert {held[key].status for key in keys} == {"sent"}
    assert len({row.reference for row in held.values()}) == 1
    assert not send(bell, SLOT).sent


def test_a_digest_and_what_is_told_at_once_do_not_wait_for_each_other(bell: World) -> None:
    waits = event(record=record())
    put(bell, waits, digest=DIGEST, due=SLOT)
    later = event("amended", record=record(notice="000102-2026", published=NOW + MINUTE))
    (urgent,) = put(bell, later, urgent=True)
    send(bell)
    assert posts(bell) == [urgent]
    row = rows(bell)[f"{waits.key}>bids>#bids"]
    assert (row.status, row.due) == ("waiting", SLOT)
    # Nor does what is not sent yet hold up the digest.
    last = event("cancelled", record=record(notice="000103-2026", published=NOW))
    put(bell, last)
    bell.slack.faults.append(slack.Fault(503, "no server"))
    send(bell, SLOT)
    assert posts(bell) == [urgent, DIGEST]


def test_a_digest_that_could_not_be_sent_holds_nothing_up(bell: World) -> None:
    put(bell, event(record=record()), digest=DIGEST, due=SLOT)
    bell.slack.faults.append(slack.Fault(503, "no server"))
    send(bell, SLOT)
    later = record(notice="000102-2026", published=SLOT)
    (at_once,) = put(bell, event("amended", record=later), due=SLOT)
    send(bell, SLOT)
    assert posts(bell) == [at_once]


def test_awards_in_a_digest_are_lines_of_it(bell: World) -> None:
    put(bell, award(1), award(2), digest=DIGEST, due=SLOT)
    (alone,) = put(bell, award(3))
    send(bell)
    send(bell, SLOT)
    assert posts(bell) == [alone, DIGEST]


def test_a_digest_tells_the_state_of_its_own_time(bell: World) -> None:
    one = waiting(1)
    put(bell, one, digest=DIGEST, due=SLOT)
    assert one.record
    with bell.setup.engine.begin() as connection:
        process.save(connection, [(one.record.having(title="Home care, by now"), None)])
    send(bell, SLOT)
    body = str(bell.slack.received[0].body)
    assert "Home care, by now" in body and "Supported living 1" not in body


def test_what_must_not_be_told_is_settled_by_itself(bell: World) -> None:
    keys = put(bell, *(waiting(n) for n in range(3)), digest=DIGEST, due=SLOT)
    (gone,) = put(bell, unwanted(4), digest=DIGEST, due=SLOT, matches=GONE)
    receipt = send(bell, SLOT)
    assert (receipt.sent, receipt.told, receipt.dropped) == (1, 3, 1)
    assert rows(bell)[gone].status == "dropped"
    assert {rows(bell)[key].status for key in keys} == {"sent"}


def test_the_same_from_two_portals_is_one_line_of_a_digest(bell: World) -> None:
    one = waiting(1)
    assert one.record
    twin = replace(one.record, source="cf", id="0cb2e8f4-55a1-4b3e-9d0f-000000000001")
    other = event(record=twin)
    with bell.setup.engine.begin() as connection:
        keys = [(r.source, r.id) for r in (one.record, twin)]
        joins.join(connection, keys[1], keys[0], Likeness(1.0, "the same"), twins=True, at=NOW)
        process.save(connection, [(one.record, None), (twin, None)])
    put(bell, one, other, digest=DIGEST, due=SLOT)
    receipt = send(bell, SLOT)
    assert (receipt.sent, receipt.told) == (1, 2)
    assert str(bell.slack.received[0].body).count("Supported living 1") == 1


def test_a_digest_of_which_nothing_is_left_is_not_sent(bell: World) -> None:
    put(bell, unwanted(1), unwanted(2), digest=DIGEST, due=SLOT, matches=GONE)
    assert send(bell, SLOT).dropped == 2
    assert posts(bell) == []


def test_an_empty_digest_says_so(bell: World) -> None:
    happened = Event(key=DIGEST, name="digest", source="", at=SLOT)
    put(bell, happened, digest=DIGEST, due=SLOT)
    # Even where what it had is no longer to be told.
    put(bell, unwanted(1), digest=DIGEST, due=SLOT, matches=GONE)
    receipt = send(bell, SLOT)
    assert posts(bell) == [DIGEST]
    assert (receipt.sent, receipt.told, receipt.dropped) == (1, 1, 1)


def test_a_crash_repeats_the_same_digest_and_what_came_too_late_is_another(bell: World) -> None:
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    crash(bell, 3, SLOT)
    # Found by a poll that had begun before the slot, and committed after it.
    (late,) = put(bell, waiting(3), digest=DIGEST, due=SLOT)
    send(bell, SLOT)
    assert posts(bell) == [DIGEST, DIGEST, f"{DIGEST}+"]
    _, again, last = (str(post.body) for post in bell.slack.received)
    assert REPEAT in again and "Supported living 3" not in again
    assert REPEAT not in last and "Supported living 3" in last
    assert rows(bell)[late].digest == f"{DIGEST}+"
    # And so on: neither key ever names another message.
    put(bell, waiting(4), digest=DIGEST, due=SLOT)
    send(bell, SLOT)
    assert posts(bell)[3:] == [f"{DIGEST}++"]


def test_what_comes_while_a_digest_is_in_doubt_is_another(bell: World) -> None:
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    bell.slack.faults.append(slack.Fault(drop="after"))
    send(bell, SLOT)
    put(bell, waiting(3), digest=DIGEST, due=SLOT)
    send(bell, SLOT)
    send(bell, SLOT + DAY)
    assert posts(bell) == [DIGEST, f"{DIGEST}+", DIGEST]
    assert states(bell) == {"sent": 3}


def test_a_digest_that_fails_is_tried_again_whole(bell: World) -> None:
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    bell.slack.faults.append(slack.Fault(503, "no server"))
    assert send(bell, SLOT).retrying == 2
    assert states(bell) == {"retrying": 2}
    send(bell, SLOT + DAY)
    assert posts(bell) == [DIGEST]
    assert REPEAT not in str(bell.slack.received[0].body)


def test_a_digest_that_is_refused_for_good_is_given_up_as_a_whole(bell: World) -> None:
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    bell.slack.faults.extend([slack.refusal("invalid_blocks")] * 2)
    assert send(bell, SLOT).gave_up == 2
    assert posts(bell) == []


def test_one_row_of_a_digest_sent_again_goes_alone(bell: World) -> None:
    one, _ = put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    send(bell, SLOT)
    with bell.setup.engine.begin() as connection:
        assert deliveries.again(connection, one, SLOT)
    send(bell, SLOT)
    assert posts(bell) == [DIGEST, one]


def test_several_digests_come_one_after_the_other(bell: World) -> None:
    other = DIGEST.replace("T10:00", "T11:00")
    put(bell, waiting(1), waiting(2), digest=DIGEST, due=SLOT)
    put(bell, waiting(3), digest=other, due=SLOT + 60 * MINUTE)
    receipt = send(bell, SLOT + DAY)
    assert posts(bell) == [DIGEST, other]
    assert (receipt.sent, receipt.told) == (2, 3)


def test_thousands_of_rows_are_claimed_and_settled_in_few_statements(bell: World) -> None:
    put(bell, *(waiting(n) for n in range(2_000)), digest=DIGEST, due=SLOT)
    held = claim(bell, now=SLOT)
    assert len(bundles(held)) == 1
    assert [c.event.record and c.event.record.id for c in held] == [
        f"ocds-h6vhtk-{n:06}" for n in range(2_000)
    ]
    with bell.setup.engine.begin() as connection:
        assert claims.settle(connection, [(c, Sent("ts")) for c in held], NOW) == []
    with reading(bell.setup.engine) as connection:
        assert outbox.owed(connection) == 0
