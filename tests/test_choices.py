"""`follow` and `mute` while a bot is at work: the verbs as a user calls them, then cycles."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.cli import main
from bot.cycle import poll
from bot.demo.shapes import LONDON, Body, by, cf, codes, fts, item
from bot.loop import clock
from bot.store import choices
from bot.store.engine import reading
from tests.fakes import World, world
from tests.processes import run_verb

CARE = codes(("85311000", "Social work services with accommodation"))
ROADS = codes(("45233141", "Road-maintenance works"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# The verbs go by the real clock, which lies between what is published at START and at NOW. At noon
# no clock is changed.
NOW = clock().replace(hour=12, minute=0, second=0, microsecond=0) + DAY
START = NOW - 5 * DAY
END = NOW + 30 * DAY
SUBSCRIPTIONS = """
  - name: Care
    cpv: ["853"]
    remind: {submission: [3d]}
    send: [{to: bids, on: [new, amended, cancelled, awarded, deadline]}]
"""


def wall(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}"


def named(number: int, at: datetime = START) -> str:
    """The id of a notice of Find a Tender."""
    return f"{number:06}-{at.astimezone(LONDON).year}"


def council(number: int) -> Body:
    return Body(f"Council {number}", f"CNCL-{number:04}-AAAA", "Northwick", "L20 1AA", "UKD73")


def national(process: int, number: int, at: datetime, **more: Any) -> dict[str, Any]:
    """On Find a Tender: a tender of a council of its own."""
    given: dict[str, Any] = {
        "reference": f"C-{process}", "title": f"Works and services {process}", "status": "active",
        "description": "For adults.", "items": [item("1", CARE, "UKD73")],
        "tenderPeriod": by(wall(END)),
    }  # fmt: skip
    return fts("UK4", wall(at), number, process, (council(process),), **(given | more))


def withdrawn(process: int, number: int, at: datetime) -> dict[str, Any]:
    return fts("UK12", wall(at), number, process, (council(process),), reference="X",
               status="withdrawn")  # fmt: skip


@pytest.fixture
def bell(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world(database_url, tmp_path, START, subscriptions=SUBSCRIPTIONS) as made:
        assert made.once(START).well
        yield made


def verb(bell: World, line: str, *more: str, code: int = 0) -> str:
    """What a verb printed; `code` is how it must end.

    It is run here, with connections of its own: a process takes a hundred times as long.
    """
    args = [*line.split(), *more, "--config", str(bell.path)]
    printed = io.StringIO()
    with (
        redirect_stdout(printed),
        redirect_stderr(printed),
        hung_up(),
        pytest.raises(SystemExit) as end,
    ):
        main(args)
    assert end.value.code == code, printed.getvalue()
    return printed.getvalue()


@contextmanager
def hung_up() -> Iterator[None]:
    """What is connected here to a database is closed at the end, as with the end of a process."""
    opened: list[Any] = []

    def keep(connection: Any, _: object) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", keep)
    try:
        yield
    finally:
        event.remove(Pool, "connect", keep)
        for connection in opened:
            connection.close()


def about(bell: World, process: int) -> list[str]:
    """Each delivery about a process: `amended bids sent`, a reason where it was dropped."""
    end = f"-{process:06x}"
    return [
        f"{told.lead or told.name} {row.channel} {row.status}: {row.why}".removesuffix(": ")
        for row, told in bell.rows()
        if row.record.endswith(end)
    ]  # fmt: skip


def reasons(bell: World, process: int, name: str) -> list[str]:
    """The reasons that a delivery of an event names."""
    rows = map(json.loads, verb(bell, "outbox --json").splitlines())
    (row,) = [r for r in rows if r["event"] == name and r["title"].endswith(f" {process}")]
    return [*row["subscriptions"], *(["followed"] if row["followed"] else [])]


# ---------------------------------------------------------------- every choice, side by side

# What is done with each procurement, and what is then told of an amendment and a cancellation.
SENT = ["amended bids sent", "cancelled bids sent"]
DROPPED = ["amended bids dropped: muted", "cancelled bids sent"]
CHOICES: dict[tuple[str, ...], list[str]] = {
    (): SENT,
    ("mute N",): DROPPED,
    ("mute N --all",): ["amended bids dropped: muted", "cancelled bids dropped: muted"],
    ("mute N --why small",): ["amended bids dropped: muted: small", "cancelled bids sent"],
    ("mute N", "unmute N"): SENT,
    ("mute N --all", "mute N"): DROPPED,
    ("mute --buyer B",): ["amended bids dropped: buyer B muted", "cancelled bids sent"],
    ("mute --buyer B", "unmute --buyer b"): SENT,
    ("follow N --to bids",): SENT,
    ("follow N --to bids", "mute N"): DROPPED,
    ("mute N", "follow N --to bids"): SENT,
    ("mute --buyer B", "follow N --to bids"): SENT,
    ("follow N --to bids", "mute --buyer B"): SENT,
    ("follow N --to bids", "unfollow N"): SENT,
}


def test_of_each_procurement_what_was_chosen_last_is_told(bell: World) -> None:
    cases = dict(enumerate(CHOICES, 101))
    for number in cases:
        bell.portal.publish("fts", national(number, number, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    for number, lines in cases.items():
        for line in lines:
            name = f"Council {number}"
            words = {"N": named(number), "B": name, "b": name.upper()}
            verb(bell, "", *(words.get(word, word) for word in line.split()))
    for number in cases:
        news = NOW + HOUR
        changed = national(number, number + 100, news, tenderPeriod=by(wall(END + DAY)))
        bell.portal.publish("fts", changed)
        bell.portal.publish("fts", withdrawn(number, number + 200, news + HOUR))
    assert bell.once(NOW + 3 * HOUR).well
    told = {lines: about(bell, number)[1:] for number, lines in cases.items()}
    wanted = {
        lines: [one.replace("buyer B", f"buyer Council {number}") for one in CHOICES[lines]]
        for number, lines in cases.items()
    }
    assert told == wanted
    (both,) = [n for n, lines in cases.items() if lines == ("mute N", "follow N --to bids")]
    assert reasons(bell, both, "amended") == ["Care", "followed"]


# ---------------------------------------------------------------- followed


def test_what_no_subscription_wants_is_told_whole_where_it_is_followed(bell: World) -> None:
    roads = {"items": [item("1", ROADS, "UKD73")]}
    bell.portal.publish("fts", national(101, 101, START + HOUR, **roads))
    assert bell.once(START + 2 * HOUR).well
    said = verb(bell, f"follow {named(101)} --to mail")
    assert said.startswith("followed on mail: Works and services 101 (fts:ocds-h6vhtk-000065)\n")
    assert "next: Submission deadline" in said
    bell.smtp.received.clear()
    later = END + 7 * DAY
    bell.portal.publish(
        "fts", national(101, 102, NOW + HOUR, **roads, tenderPeriod=by(wall(later)))
    )
    for at in (NOW + 2 * HOUR, later - 8 * DAY, later - 7 * DAY, later - 2 * DAY, later - DAY):
        assert bell.once(at).well
    told = ["amended mail sent"] * 2 + ["7d mail sent"] * 2 + ["1d mail sent"] * 2
    assert about(bell, 101) == told
    for mail in bell.smtp.received:
        body = mail.message.get_body(("plain",))
        assert body
        assert "Why: you follow it" in body.get_content().splitlines()
    verb(bell, f"unfollow {named(101)}")
    bell.portal.publish("fts", withdrawn(101, 103, later - HOUR))
    assert bell.once(later).well
    assert about(bell, 101) == told


def test_a_reminder_of_what_was_followed_late_is_not_of_a_lead_that_was_past(bell: World) -> None:
    near = by(wall(NOW + 3 * DAY))
    bell.portal.publish("fts", national(101, 101, START, tenderPeriod=near))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, f"follow {named(101)} --to mail")
    for hours in (2, 47, 49):
        assert bell.once(NOW + hours * HOUR).well
    assert [one for one in about(bell, 101) if "mail" in one] == ["1d mail sent"] * 2


def test_what_nobody_was_to_be_reminded_of_wakes_for_its_follower(bell: World) -> None:
    roads = {"items": [item("1", ROADS, "UKD73")]}
    bell.portal.publish("fts", national(101, 101, START + HOUR, **roads))
    assert bell.once(START + 2 * HOUR).well
    assert bell.once(END - 3 * DAY).well  # when the subscriptions' own ladder is over
    verb(bell, f"follow {named(101)} --to bids")
    for at in (END - 2 * DAY, END - DAY):
        assert bell.once(at).well
    assert about(bell, 101) == ["7d bids sent", "1d bids sent"]


def test_what_is_followed_wakes_for_its_reminders_whatever_the_config_asks(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, f"follow {named(101)} --to bids")
    bell.path.write_text(bell.path.read_text().replace("[3d]", "[2d]"))
    bell.restart(NOW + HOUR)
    for days in (7, 2, 1):
        assert bell.once(END - days * DAY + HOUR).well
    assert about(bell, 101)[1:] == ["7d bids sent", "2d bids sent", "1d bids sent"]


def test_what_is_unfollowed_before_it_is_sent_is_dropped(bell: World) -> None:
    roads = {"items": [item("1", ROADS, "UKD73")]}
    bell.portal.publish("fts", national(101, 101, START + HOUR, **roads))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, f"follow {named(101)} --to bids")
    bell.portal.publish("fts", national(101, 102, NOW + HOUR, **roads, because="More"))
    read(bell, NOW + 2 * HOUR)
    verb(bell, f"unfollow {named(101)}")
    assert bell.once(NOW + 2 * HOUR).well
    assert about(bell, 101) == ["amended bids dropped: not followed any more"]


# ---------------------------------------------------------------- muted


def read(bell: World, now: datetime) -> None:
    """Poll only: what is told waits to be sent."""
    bell.portal.now = now
    receipt = poll(bell.setup, bell.setup.config.sources["fts"], now, clock=clock, force=True)
    assert receipt
    assert not receipt.failed


def test_what_waits_is_silenced_and_restored(bell: World) -> None:
    """Three wait: one is muted, one muted and unmuted again, and one was muted for a while."""
    for number in (101, 102, 103):
        bell.portal.publish("fts", national(number, number, NOW))
    read(bell, NOW + HOUR)
    until = (clock() + 90 * DAY).astimezone(LONDON)
    verb(bell, f"mute {named(101, NOW)} --until {until:%Y-%m-%d} --why", "too small for us")
    verb(bell, f"mute {named(102, NOW)}")
    verb(bell, f"unmute {named(102, NOW)}")
    verb(bell, f"mute {named(103, NOW)} --until {wall(NOW + 3 * HOUR).replace(' ', 'T')}")
    assert bell.once(NOW + 4 * HOUR).well
    year = f" {until.year}" if until.year != NOW.astimezone(LONDON).year else ""
    why = f"muted until {until.day} {until:%B}{year}: too small for us"
    assert about(bell, 101) == [f"new bids dropped: {why}"]
    assert about(bell, 102) == about(bell, 103) == ["new bids sent"]
    key = next(row.key for row, _ in bell.rows() if row.why == why)
    for shown in ("outbox --status dropped", f"history {named(101, NOW)}",
                  f"explain {named(101, NOW)}"):  # fmt: skip
        assert why in verb(bell, shown)
    verb(bell, "resend", key)
    assert about(bell, 101) == ["new bids sent"]


def test_reminders_of_what_is_muted_are_silent(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, "mute --buyer", "council*")
    assert bell.once(END - 3 * DAY).well
    assert about(bell, 101) == ["new bids sent", "3d bids dropped: buyer council* muted"]


# ---------------------------------------------------------------- on several portals


def local(at: datetime, **more: Any) -> dict[str, Any]:
    """The tender 101 on Contracts Finder."""
    given: dict[str, Any] = {
        "name": "care", "cpv": CARE, "regions": ("North West",), "title": "Works and services 101",
        "description": "For adults.", "status": "active", "tenderPeriod": by(wall(END)),
    }  # fmt: skip
    return cf("tender", wall(at), 1, council(101), **(given | more))


def test_all_portals_are_followed_and_a_second_one_is_no_news(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, "follow ocds-h6vhtk-000065 --to mail")
    bell.portal.publish("cf", local(NOW + HOUR))
    assert bell.once(NOW + 2 * HOUR).well
    mails = [(row.source, row.status, row.why) for row, e in bell.rows() if row.channel == "mail"]
    assert mails == [("cf", "dropped", "fts published the same before it was followed")] * 2
    # What only the second one says is told; a reminder comes from one of them.
    change = national(101, 102, NOW + DAY, tenderPeriod=by(wall(END + DAY)))
    bell.portal.publish("fts", change)
    moved = local(NOW + DAY + HOUR, tenderPeriod=by(wall(END + DAY)), first=wall(NOW + HOUR))
    moved["id"], moved["tag"] = f"{moved['id']}-2", ["tenderAmendment"]
    bell.portal.publish("cf", moved)
    for at in (NOW + 2 * DAY, END - 6 * DAY, END):
        assert bell.once(at).well
    sent = [e.lead or e.name for row, e in bell.rows() if row.channel == "mail" and row.sent]
    assert sent == [told for told in ("amended", "7d", "1d") for _ in range(2)]


def test_what_is_joined_to_what_is_followed_wakes_for_it(bell: World) -> None:
    roads = {"items": [item("1", ROADS, "UKD73")]}
    other = local(START + HOUR, title="Resurfacing", cpv=ROADS)
    page = other["tender"]["documents"][0]["url"]
    bell.portal.publish("cf", other)
    bell.portal.publish("fts", national(101, 101, START + HOUR, **roads, tenderPeriod=None))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, "follow ocds-h6vhtk-000065 --to bids")
    link = {"links": [{"rel": "canonical", "href": page}]}
    change = national(101, 102, NOW, **roads, tenderPeriod=None, because="See the other page")
    bell.portal.publish("fts", change | link)
    for at in (NOW + HOUR, END - 7 * DAY, END - DAY):
        assert bell.once(at).well
    told = [f"{row.source} {e.lead or e.name} {row.status}" for row, e in bell.rows() if row.record]
    assert told == ["fts amended sent", "cf 7d sent", "cf 1d sent"]


def test_all_portals_are_muted(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, "mute ocds-h6vhtk-000065")
    bell.portal.publish("cf", local(NOW + HOUR))
    assert bell.once(NOW + 2 * HOUR).well
    assert [(row.source, row.why) for row, e in bell.rows() if row.status == "dropped"] == [
        ("cf", "muted")
    ]
    assert json.loads(verb(bell, "following --json"))["elsewhere"]
    # By whichever of its notices it is called.
    (key,) = [row.record for row, _ in bell.rows() if row.source == "cf" and row.record]
    assert "not muted any more" in verb(bell, f"unmute {key}")


# ---------------------------------------------------------------- what the verbs say


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_verbs_are_processes_beside_a_service(bell: World) -> None:
    """Each once, while another process holds the database open."""
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    one = named(101)
    for line, said in (
        (f"follow {one} --to bids", "followed on bids: Works and services 101"),
        (f"unfollow {one}", "Works and services 101"),
        (f"mute {one}", "Works and services 101"),
        ("following", "Works and services 101"),
        (f"explain {one}", "muted since"),
    ):
        done = run_verb(*line.split(), "--config", bell.path)
        assert (done.returncode, done.stderr) == (0, ""), line
        assert said in done.stdout, line
    bell.portal.publish("fts", national(101, 102, NOW + HOUR, tenderPeriod=by(wall(END + DAY))))
    assert bell.once(NOW + 2 * HOUR).well
    assert about(bell, 101) == ["new bids sent", "amended bids dropped: muted"]
    done = run_verb("unmute", one, "--config", bell.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert bell.once(NOW + 3 * HOUR).well
    bell.portal.publish("fts", withdrawn(101, 103, NOW + 3 * HOUR))
    assert bell.once(NOW + 4 * HOUR).well
    assert about(bell, 101)[-1] == "cancelled bids sent"


def test_what_was_chosen_is_listed_and_explained(bell: World) -> None:
    for number in (101, 102):
        bell.portal.publish("fts", national(number, number, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    assert verb(bell, "following") == "nothing is followed, and nothing is muted\n"
    verb(bell, f"follow {named(101)} --to bids")
    assert "followed on bids since" in verb(bell, f"follow {named(101)} --to bids")
    assert "silent there too" in verb(bell, f"mute {named(101)} --why", "too small")
    assert "Council 101, Council 102" in verb(bell, "mute --buyer", "Council*")
    assert "did you mean Council 101" in verb(bell, "mute --buyer", "Concil 101")
    rows = [json.loads(row) for row in verb(bell, "following --json").splitlines()]
    assert [(r["what"], r["record"], r["channel"], r["buyer"], r["why"]) for r in rows] == [
        ("follow", "ocds-h6vhtk-000065", "bids", None, ""),
        ("mute", "ocds-h6vhtk-000065", None, None, "too small"),
        ("mute", None, None, "Council*", ""),
        ("mute", None, None, "Concil 101", ""),
    ]
    assert rows[0]["title"] == "Works and services 101"
    assert rows[0]["next"] == {"kind": "submission", "at": f"{END:%Y-%m-%dT%H:%M:%SZ}", "lot": None}
    text = verb(bell, "following")
    assert text.count("Works and services 101") == 2
    assert text.count("next: Submission deadline") == 2
    told = verb(bell, f"explain {named(101)}")
    assert "muted since" in told
    assert ": too small\n" in told
    assert "followed on bids since" in told
    assert "buyer Council* muted since" in verb(bell, f"explain {named(102)}")
    lifted = verb(bell, f"follow {named(101)} --to bids")
    assert "no longer muted since" in lifted
    assert "still silent: buyer Council*" in verb(bell, f"unmute {named(102)}", code=1)
    assert "did you mean Council*" in verb(bell, "unmute --buyer", "Councl*", code=1)
    assert "covered by Council*" in verb(bell, "unmute --buyer", "Council 7", code=1)


def summaries(bell: World) -> list[tuple[int, list[str]]]:
    """How many are open by each first run's message, and which it names."""
    return [
        (e.summary.open, [str(r.facts.title)[-3:] for r in e.summary.first])
        for _, e in bell.rows()
        if e.summary and e.source == "fts"
    ]


def test_a_first_run_does_not_count_what_is_muted(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path, START, subscriptions=SUBSCRIPTIONS) as bell:
        for number in (101, 102, 103):
            bell.portal.publish("fts", national(number, number, NOW - HOUR))
        verb(bell, "mute --buyer", "council 102")
        soon = f"{clock() + 3 * HOUR:%Y-%m-%dT%H:%M}"  # over by the time of the run
        verb(bell, "mute --buyer", "Council 103", "--until", soon)
        assert bell.once(NOW).well
        assert summaries(bell) == [(2, ["101", "103"])]


def test_what_a_first_run_counts_follows_the_last_choice(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    held = [e.record for _, e in bell.rows() if e.record]
    for line, counted in (
        ("mute --buyer", 0),
        ("mute N", 0),
        ("follow N --to bids", 1),
        ("mute --buyer", 1),
        ("mute N", 0),
    ):
        verb(bell, line.replace("N", named(101)), *(["Council 101"] if "buyer" in line else []))
        with reading(bell.setup.engine) as connection:
            assert len(choices.audible(connection, held, clock())) == counted, line


def test_a_follow_on_a_channel_that_is_gone_is_unwell(bell: World) -> None:
    bell.portal.publish("fts", national(101, 101, START + HOUR))
    assert bell.once(START + 2 * HOUR).well
    verb(bell, f"follow {named(101)} --to mail")
    config = bell.path.read_text()
    kept = [one for one in config.splitlines(keepends=True)
            if "mail:" not in one and "one@example.org" not in one]  # fmt: skip
    bell.path.write_text("".join(kept))
    text = verb(bell, "status", code=1)
    gone = "FAIL channel mail: 0 sent, 0 waiting, 0 failing, 0 given up, 0 dropped; not in the"
    assert gone in text
    assert "put it back, or nobody hears of the 1 procurement it follows\n" in text
    verb(bell, f"unfollow {named(101)}")
    assert "mail" not in verb(bell, "status", code=1 if "FAIL" in text.replace(gone, "") else 0)


# A line that cannot be done: how it ends, and what it says.
REFUSED = {
    "follow 000999-2026 --to bids": (1, "000999-2026: not known; nothing with this id was read"),
    "unfollow 000999-2026": (1, "not known"),
    "mute 000999-2026": (1, "not known"),
    "unmute 000999-2026": (1, "not known"),
    "follow N": (2, "there are several channels, say --to which: bids, mail"),
    "follow N --to bid": (2, "there is no channel 'bid' (did you mean bids?)"),
    "follow N --to zebra": (2, "there is no channel 'zebra'; there are: bids, mail"),
    "unfollow N": (1, "not followed: Works and services 101"),
    "unmute N": (1, "not muted: Works and services 101"),
    "unmute --buyer nobody": (1, "not muted: buyer nobody"),
    "mute": (2, "say which NOTICE, or --buyer NAME, and not both"),
    "mute N --buyer B": (2, "and not both"),
    "mute --buyer *": (2, "--buyer: a name is wanted"),
    "mute N --until 2020-01-01": (2, "--until: 2020-01-01T00:00:00Z has passed"),
    "mute N --until soon": (2, "--until: 'soon' is not a date"),
}


@pytest.fixture
def local_bell(tmp_path: Path) -> Iterator[World]:
    """For what has nothing to do with the kind of database; it knows the tender 101."""
    with world(f"sqlite:///{tmp_path}/b.db", tmp_path, START, subscriptions=SUBSCRIPTIONS) as made:
        made.portal.publish("fts", national(101, 101, START - HOUR))
        assert made.once(START).well
        yield made


def test_what_cannot_be_done_is_one_line(local_bell: World) -> None:
    for line, (code, words) in REFUSED.items():
        said = verb(local_bell, line.replace("N", named(101)), code=code)
        assert words in said, line
        assert said.count("\n") == 1, said
    assert verb(local_bell, "following") == "nothing is followed, and nothing is muted\n"


def test_the_only_channel_is_meant(local_bell: World) -> None:
    kept = [one for one in local_bell.path.read_text().splitlines(keepends=True)
            if "mail:" not in one and "one@example.org" not in one]  # fmt: skip
    local_bell.path.write_text("".join(kept))
    assert verb(local_bell, f"follow {named(101)}").startswith("followed on bids: ")
