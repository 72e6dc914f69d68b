"""Any walk of publishing, polling, crashing, waiting and sending tells each thing once, in time.

The oracle says what is owed. The databases, the portal and Slack's stand-in are real servers; a
process dies at a commit, just before it or just after, and another opens the same database.
`TENDERBELL_EXAMPLES=1000` walks longer.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, event, select

from bot.app import load
from bot.choice import Mute
from bot.cycle import poll
from bot.deliver import deliver
from bot.demo import faults, slack
from bot.demo.pages import Answer
from bot.demo.portal import Portal
from bot.demo.shapes import LONDON, Body, codes, fts, instant, item
from bot.ingest import remind
from bot.setup import Setup, open_setup
from bot.store import choices, deliveries, duty, outbox
from bot.store.engine import connect, reading, upgrade
from bot.store.tables import meta, notices
from bot.store.tables import outbox as table
from tests.oracle import Gathered, Night, Oracle, Said

# Before a change of the clocks in Europe and, in autumn, in America, and far from any.
STARTS = [instant(f"2026-{day} 09:00") for day in ("05-11", "03-27", "10-23")]
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BUYER = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
WINNER = Body("Larkfield Care Ltd", "LCLT-0001-AAAA", "Northwick", "L20 1AB", "UKD73")
CARE = codes(("85311000", "Social work services with accommodation"))
ROADS = codes(("45233141", "Road-maintenance works"))

# Several windows after a wait of days; a first run that reaches back to the start of every walk.
CONFIG = """
database: "{database}"
timezone: {zone}
sources:
  fts: {{watch: find_a_tender, base_url: "{portal}", pause: 0, window: 5d, backfill: 30d}}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"{quiet}}}
  late: {{notify: slack, token: xoxb-demo, channel: "#late", base_url: "{late}"}}
subscriptions:
  - name: Care
    cpv: ["85"]
    stages: [planning, tender, award]
    remind: {{submission: [7d, 1d], enquiry: [2d]}}
    send:
      - {{to: bids, on: [new, amended, cancelled, awarded, deadline]}}
      - {{to: late, on: [new, amended, cancelled, awarded, deadline], when: daily 07:30}}
"""


# ---------------------------------------------------------------- what goes wrong


class Crash(BaseException):
    """The process is gone: nothing in the program may catch this."""


class Fuse:
    """Ends the process at a commit of this engine, just before it or just after."""

    def __init__(self, engine: Engine) -> None:
        self.commits = 0  # that took effect
        self._at, self._after, self._blown = 0, False, False
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "reset", self._reset)

    def set(self, at: int, *, after: bool) -> None:
        self.commits, self._at, self._after = 0, at, after

    def _commit(self, _: Connection) -> None:
        if self.commits + 1 == self._at:
            if not self._after:
                self._at = 0
                raise Crash
            self._blown = True
        self.commits += 1

    def _reset(self, *_: Any) -> None:
        # The first thing that happens to a connection once its transaction is over.
        if self._blown:
            self._at, self._blown = 0, False
            raise Crash


def halved(answer: Answer) -> Answer:
    """A page that ends in the middle, and says that this is all of it."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


PORTAL_FAULTS: dict[str, Answer | faults.Fault] = {
    "404": faults.status(404),
    "503": faults.status(503, retry_after="3600"),
    "429": faults.status(429, retry_after="7200"),
    "html": faults.status(200, b"<html>down for maintenance</html>"),
    "halved": halved,
    # These two are asked again at once, after half a second of real time.
    "dropped": faults.dropped,
    "cut": faults.cut(40),
}
SLACK_FAULTS = {
    "429": slack.busy(60),
    "503": slack.Fault(503, "no server"),
    "refused": slack.refusal("channel_not_found"),
    "failed": slack.refusal("internal_error"),
    "html": slack.Fault(200, "<html>proxy</html>"),
    "dropped": slack.Fault(drop="before"),
    "lost": slack.Fault(drop="after"),
}
# What the channel as a whole suffers uses up no message's patience.
_WHOLE_CHANNEL = (SLACK_FAULTS["429"], SLACK_FAULTS["refused"])


# ---------------------------------------------------------------- what is published

# What a message says that tells several awards.
TOGETHER = re.compile(r"(\d+) notices of this procurement, told together: (\d+)-\d+ to (\d+)-")
SPANS = [HOUR, 23 * HOUR, 30 * HOUR, 3 * DAY, 7 * DAY, 7 * DAY + HOUR, 8 * DAY, 15 * DAY]
WAITS = [timedelta(minutes=1), timedelta(minutes=40), HOUR, 6 * HOUR, DAY, 2 * DAY, 6 * DAY]
# Shown so many minutes after its date; the overlap of two hours is there for this.
LATE = st.sampled_from([0, 0, 0, 1, 30, 110])
EDITS = (
    "submission", "submission", "enquiry", "no enquiry", "spoken", "unspoken", "back", "undo",
    "value", "title", "reason", "noise",
)  # fmt: skip


def release(said: Said) -> dict[str, Any]:
    """As Find a Tender would put it."""
    more: dict[str, Any] = {}
    kind = {"tender": "UK4", "stop": "UK12", "award": "UK6", "correct": "UK4"}[said.what]
    if said.what == "tender":
        names = {"submission": "tenderPeriod", "enquiry": "enquiryPeriod"}
        more = {
            "title": said.title,
            "description": said.text + asked(said),
            "value": {"amount": said.value, "currency": "GBP"},
            "status": "active",
            **{names[k]: {"endDate": _iso(at)} for k, at in said.deadlines.items()},
        }
    if said.what == "award":
        given = {"id": f"award-{said.number}", "status": "active", "suppliers": [WINNER.reference]}
        more = {"awards": [given], "status": "complete"}
    if said.what == "stop":
        more = {"status": "withdrawn"}
    elif said.what != "correct":
        more["items"] = [item("1", CARE if said.care else ROADS, "UKD73")]
    made = fts(
        kind, f"{said.published.astimezone(LONDON):%Y-%m-%d %H:%M:%S}", said.number, said.process,
        (BUYER, WINNER), reference="NWBC-1", because=said.because or None, **more,
    )  # fmt: skip
    if said.what == "correct":
        made |= {"tag": ["tenderUpdate"], "tender": corrected(said)}
    return made | {"date": _iso(said.published)}


def corrected(said: Said) -> dict[str, Any]:
    """The tender of a corrigendum of the legacy form: a line that moves the date, no more."""
    limit = {"section": "IV.2.2", "label": "Time limit for receipt of tenders"}
    line = {"where": limit, "newValue": {"date": _iso(said.deadlines["submission"])}}
    legacy = {"id": "32014L0024", "scheme": "CELEX"}
    amendments = [{"id": "1", "unstructuredChanges": [line]}]
    return {"id": "NWBC-1", "legalBasis": legacy, "amendments": amendments}


def asked(said: Said) -> str:
    """The sentence of the text that states until when questions may be asked."""
    if said.spoken is None:
        return ""
    at = said.spoken.astimezone(LONDON)
    return f" Clarification questions must be submitted by {at:%H:%M} on {at.day} {at:%B %Y}."


def _iso(at: datetime) -> str:
    return at.astimezone(LONDON).isoformat()


def noon(at: datetime) -> datetime:
    """Of the local day."""
    return at.astimezone(LONDON).replace(hour=12, minute=0, second=0).astimezone(at.tzinfo)


def edited(
    last: Said, past: Sequence[Said], edit: str, span: timedelta, number: int
) -> dict[str, Any]:
    """The fields of the next version of a tender."""
    dates = dict(last.deadlines)
    at = last.published + span
    match edit:
        case "submission" | "enquiry":
            return {"deadlines": dates | {edit: at}}
        case "no enquiry":
            return {"deadlines": {k: v for k, v in dates.items() if k != "enquiry"}}
        case "spoken" | "unspoken":
            return {"spoken": noon(at) if edit == "spoken" else None}
        case "back" | "undo":
            other = past[0] if edit == "back" else past[-2:][0]
            return {"deadlines": other.deadlines, "spoken": other.spoken}
        case "value" | "title":
            return {"value": number} if edit == "value" else {"title": f"Home care, part {number}"}
        case "reason":
            return {"because": f"Corrected for the reason numbered {number}"}
    return {"text": last.text.swapcase() + " "}


# ---------------------------------------------------------------- the walk


class Walk(RuleBasedStateMachine):
    """One bot, one portal, a channel told at once and one told daily; rules are what happens."""

    tenders: Bundle[int] = Bundle("tenders")

    def __init__(self, database: str, folder: Path, *channels: slack.Slack) -> None:
        super().__init__()
        self.setup: Setup | None = None
        self.said: dict[int, list[Said]] = {}  # by process, as published
        self.unread: list[Said] = []
        self.started = False
        self.lives = 0
        self.slacks = dict(zip(("bids", "late"), channels, strict=True))
        self.seen = dict.fromkeys(self.slacks, 0)
        for channel in channels:
            channel.received.clear()
            channel.shown.clear()
            channel.faults.clear()
        self.portal = Portal().__enter__()
        emptied(database)
        self.database, self.path = database, folder / "config.yaml"

    @initialize(
        target=tenders, start=st.sampled_from(STARTS), zone=st.sampled_from(ZONES),
        quiet=st.booleans(), calm=st.booleans(), stub=st.sampled_from(["", "", "", "correct"]),
        submission=st.sampled_from([3 * DAY, 8 * DAY, 15 * DAY]), spoken=st.booleans(),
    )  # fmt: skip
    def begin(
        self, start: datetime, zone: str, quiet: bool, calm: bool, stub: str,
        submission: timedelta, spoken: bool,
    ) -> int:  # fmt: skip
        """Where and when; with nights in which the channel is left in peace, or without.

        A first tender, from before the calm first run or from behind it.
        """
        self.start = self.now = start
        self.oracle = Oracle(Night(ZoneInfo(zone)) if quiet else None)
        self.late = Gathered(ZoneInfo(zone))
        self.oracles = {"bids": self.oracle, "late": self.late}
        config = CONFIG.format(
            database=self.database, portal=self.portal.url, slack=self.slacks["bids"].url,
            late=self.slacks["late"].url, zone=zone,
            quiet=", quiet: {hours: 20:00-07:00}" if quiet else "",
        )  # fmt: skip
        self.path.write_text(config)
        self.config = load(self.path)
        self._open()
        if not calm:
            self.cycle()
        return self._publish(True, 0, submission, None, spoken, stub)

    def _open(self) -> None:
        setup = open_setup(self.config, self.now)
        # Another process than the one before, though under the same number.
        self.lives += 1
        self.setup = replace(setup, owner=f"{setup.owner}-{self.lives}")
        self.fuse = Fuse(self.setup.engine)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.calm()
                self.now = self.late.after(self.now)
                self.cycle()
                self._complete()
        finally:
            if self.setup:
                self.setup.engine.dispose()
            self.portal.__exit__()

    # -------------------------------------------------------- publish

    @rule(
        target=tenders, care=st.sampled_from([True, True, True, False]), late=LATE,
        submission=st.sampled_from(SPANS), enquiry=st.sampled_from([None, None, DAY, 3 * DAY]),
        stub=st.sampled_from(["", "", "", "", "", "stop", "award", "correct"]),
        spoken=st.sampled_from([True, True, False]),
    )  # fmt: skip
    def publish(
        self, care: bool, late: int, submission: timedelta, enquiry: timedelta | None, spoken: bool,
        stub: Any,
    ) -> int:  # fmt: skip
        """A new tender; or first of all a stub, of a tender that was not seen."""
        return self._publish(care, late, submission, enquiry, spoken, stub)

    def _publish(
        self, care: bool, late: int, submission: timedelta, enquiry: timedelta | None, spoken: bool,
        stub: Any,
    ) -> int:  # fmt: skip
        process = len(self.said) + 1
        dates = {"submission": self.now + submission}
        if enquiry:
            dates["enquiry"] = dates["submission"] - enquiry
        said = Said(
            process=process, number=self._number(), what="tender", published=self._past(late),
            care=care, title=f"Supported living, area {process}", value=500_000, deadlines=dates,
            text="Care for adults in their own homes.",
            spoken=noon(self.now + submission - (enquiry or DAY)) if spoken else None,
        )  # fmt: skip
        self.said[process] = []
        self._show(replace(said, what=stub or "tender"))
        return process

    @rule(
        process=tenders, edit=st.sampled_from(EDITS), span=st.sampled_from(SPANS), late=LATE,
        what=st.sampled_from(["tender", "tender", "tender", "correct", "stop", "award", "again"]),
        more=st.booleans(),
    )  # fmt: skip
    def follow_up(
        self, process: int, what: Any, edit: str, span: timedelta, late: int, more: bool
    ) -> None:
        """The next notice of a process, or the last one once more.

        The whole notice anew, which launches it again after a stop; a corrigendum that moves the
        date for tenders; or a stub that states nothing but the end.
        """
        past, number, at = self.said[process], self._number(), self._past(late)
        if what == "again":
            self.portal.publish("fts", release(past[-1]))
            return
        given = replace(past[-1], what=what, number=number, published=at, because="")
        if what == "tender":
            given = replace(given, **edited(given, past, edit, span, number))
            given = replace(given, because="Corrected") if more else given
        if what == "correct":
            given = replace(given, deadlines={**given.deadlines, "submission": at + span})
        self._show(given)

    @rule(process=tenders, count=st.integers(2, 4), late=LATE)
    def let(self, process: int, count: int, late: int) -> None:
        """A framework: several awards, one after the other; they may be told together."""
        for _ in range(count):
            self.follow_up(process, "award", "more", HOUR, late, False)

    @rule(process=tenders, silent=st.booleans())
    def mute(self, process: int, silent: bool) -> None:
        """Somebody wants to hear nothing of it but its cancellation; or to hear of it again."""
        key = ("fts", f"ocds-h6vhtk-{process:06x}")
        muted = self.oracle.muted = self.late.muted
        with self.setup.engine.begin() as connection:
            if silent:
                choices.mute(connection, Mute(record=key, since=self.now), [key])
                muted.add(process)
            else:
                choices.unmute(connection, [key])
                muted.discard(process)

    def _number(self) -> int:
        return 101 + sum(map(len, self.said.values()))

    def _past(self, minutes: int) -> datetime:
        return self.now - timedelta(minutes=minutes)

    def _show(self, said: Said) -> None:
        self.said[said.process].append(said)
        self.unread.append(said)
        self.portal.publish("fts", release(said))

    # -------------------------------------------------------- work

    def wait(self, span: timedelta) -> None:
        # What lies before the first run's reach is not promised to be read.
        if self.started or self.now + span < self.start + 28 * DAY:
            self.now += span

    def wait_into_night(self, span: timedelta) -> None:
        """So long into the evening of the day, or into the night."""
        evening = self.now.astimezone(LONDON).replace(hour=20, minute=30).astimezone(UTC)
        self.wait(max(evening - self.now, timedelta()) + min(span, 9 * HOUR))

    def wait_for(self, nth: int, minutes: int) -> None:
        """To one of the next instants that count, or a minute beside it."""
        instants = [*self.oracle.instants(), self.late.after(self.now)]
        ahead = sorted(at for at in instants if at > self.now)
        if ahead:
            at = ahead[min(nth, len(ahead) - 1)] + timedelta(minutes=minutes)
            self.wait(max(at - self.now, timedelta()))

    # One rule, for Hypothesis leaves whole rules out of a walk, and time must pass in most.
    @rule(
        how=st.sampled_from(["instant", "instant", "instant", "span", "span", "night"]),
        nth=st.integers(0, 2), minutes=st.sampled_from([-1, 0, 0, 1]), span=st.sampled_from(WAITS),
        works=st.sampled_from([
            ("cycle",), ("cycle",), ("cycle",), ("poll", "remind"), ("poll",), ("remind",),
            ("deliver",), (),
        ]),
    )  # fmt: skip
    def pass_on(
        self, how: str, nth: int, minutes: int, span: timedelta, works: tuple[str, ...]
    ) -> None:
        """Time passes, and then some work is done or all of it."""
        if how == "instant":
            self.wait_for(nth, minutes)
        elif how == "night":
            self.wait_into_night(span)
        else:
            self.wait(span)
        for work in works:
            getattr(self, work)()

    def poll(self) -> None:
        self.portal.now = self.now
        calm, well = not self.started, False
        try:
            source = self.setup.config.sources["fts"]
            receipt = poll(self.setup, source, self.now, clock=lambda: self.now, force=True)
            assert receipt is not None
            well = not receipt.failed
        finally:
            self._read(calm, self.unread if well else None)

    def _read(self, calm: bool, folded: list[Said] | None) -> None:
        """Tell the oracle what took its place; after a failure or a crash the database knows."""
        stored = self._stored() if folded is None else {s.number: True for s in folded}
        news = [said for said in self.unread if stored.get(said.number)]
        for oracle in self.oracles.values():
            for number in stored:
                oracle.learned.setdefault(number, self.now)
            oracle.read(news, self.now, calm=calm)
        self.unread = [said for said in self.unread if not stored.get(said.number)]
        with reading(self.setup.engine) as connection:
            state = duty.source(connection, "fts")
        if calm and state and state.started:
            self.started = True
            for oracle in self.oracles.values():
                oracle.start(self.now)

    def _stored(self) -> dict[int, bool]:
        """Which notices the database has, and whether they are folded."""
        with reading(self.setup.engine) as connection:
            rows = connection.execute(select(notices.c.id, notices.c.folded)).all()
        return {int(id.partition("-")[0]): bool(folded) for id, folded in rows}

    def remind(self) -> None:
        before, done = self.fuse.commits, False
        try:
            remind(self.setup, self.now)
            done = True
        finally:
            if done or self.fuse.commits > before:
                for oracle in self.oracles.values():
                    oracle.remind(self.now)

    def deliver(self) -> None:
        for name in self.slacks:
            self._deliver(name)

    def _deliver(self, name: str) -> None:
        calls, before, done = self.slacks[name].calls, len(self.slacks[name].calls), False
        self.oracles[name].turn(self.now)
        try:
            channel = self.setup.config.channels[name]
            deliver(self.setup, channel, self.now, clock=lambda: self.now)
            done = True
        finally:
            # What was asked beside, to look something up or to edit it, is nobody's message.
            posts = [fault for method, fault in calls[before:] if method == "chat.postMessage"]
            if any(fault and fault not in _WHOLE_CHANNEL for fault in posts):
                self.oracles[name].harmed.append(self.now)
            self._took(name, posts, crashed=not done)
            self._gathered()

    def _took(self, name: str, faults: list[slack.Fault | None], *, crashed: bool) -> None:
        """Hand what arrived to the oracle: a fault takes the message only to lose the answer."""
        lost = [fault is not None for fault in faults if fault is None or fault.drop == "after"]
        received = self.slacks[name].received
        posts, self.seen[name] = received[self.seen[name] :], len(received)
        for place, (unanswered, post) in enumerate(zip(lost, posts, strict=True), 1):
            key = post.body["metadata"]["event_payload"]["delivery"]
            doubt = unanswered or (crashed and place == len(posts))
            if key.startswith("digest/"):
                self.late.posted(key, str(post.body), self.now, lost=doubt)
                continue
            found = TOGETHER.search(str(post.body))
            numbers = [int(number) for number in found.groups()] if found else []
            self.oracles[name].took(key, self.now, lost=doubt, together=numbers)

    def _gathered(self) -> None:
        """Hand to the oracle what is settled as told by a digest."""
        told = select(table.c.key, table.c.digest).where(
            table.c.digest != "", table.c.status == "sent"
        )
        with reading(self.setup.engine) as connection:
            rows = connection.execute(told).all()
        for key, digest in rows:
            if not self.late.owed[key].times:
                self.late.gathered(key, digest, self.now)

    def cycle(self) -> None:
        self.poll()
        self.remind()
        self.deliver()

    # -------------------------------------------------------- failure

    @rule(name=st.sampled_from(sorted(PORTAL_FAULTS)))
    def portal_fails(self, name: str) -> None:
        """Its next answer will be wrong."""
        self.portal.script("fts", PORTAL_FAULTS[name])

    @rule(
        names=st.lists(st.sampled_from(sorted(SLACK_FAULTS)), min_size=1, max_size=3),
        where=st.sampled_from(["bids", "late"]),
    )
    def slack_fails(self, names: list[str], where: str) -> None:
        self.slacks[where].faults.extend(SLACK_FAULTS[name] for name in names)

    @rule(
        work=st.sampled_from(["poll", "remind", "deliver", "deliver"]),
        at=st.integers(1, 4), after=st.booleans(),
    )  # fmt: skip
    def crash(self, work: str, at: int, after: bool) -> None:
        """The process ends at that commit of its work, if there is one, and another begins."""
        self.fuse.set(at, after=after)
        with suppress(Crash):
            getattr(self, work)()
        self.restart()

    def restart(self) -> None:
        self.setup.engine.dispose()
        self._open()

    # -------------------------------------------------------- what must hold

    @rule()
    def calm(self) -> None:
        """Faults end: one cycle tells all that is owed, the next nothing, nor does it write."""
        self.portal.heal("fts")
        for channel in self.slacks.values():
            channel.faults.clear()
        self.now += 2 * HOUR
        night = self.oracle.night and self.oracle.night.around(self.now)
        self.now = night[1] if night else self.now
        self.cycle()
        self._complete()
        before, asked = self._written(), self._asked()
        self.poll()
        self.fuse.commits = 0
        self.remind()
        self.deliver()
        assert self.fuse.commits == 0, "time stood still, and yet something was committed"
        assert self._asked() == asked, "nothing new, and yet something was sent"
        assert self._written() == before, "nothing new, and yet something was written"

    def _complete(self) -> None:
        with reading(self.setup.engine) as connection:
            assert outbox.owed(connection) == outbox.held(connection, self.now)
            rows: list[Any] = [row for row, _ in deliveries.rows(connection)]
        status = {row.key: row.status for row in rows}
        waiting = {row.key: row.due for row in rows if row.status == "waiting"}
        for oracle in self.oracles.values():
            mine = {row.key for row in rows if row.channel == oracle.place.partition(">")[0]}
            assert mine <= oracle.owed.keys(), "queued for nobody"
            for key in oracle.lacking(self.now):
                assert status.get(key) == "gave-up", f"never told: {key} ({status.get(key)})"
                assert oracle.given_up(key), f"given up too soon: {key}"
        slots = {key: due.slot for key, due in self.late.owed.items() if key in waiting}
        assert slots == waiting, "what waits, waits for the first digest that may tell of it"

    def _asked(self) -> int:
        return sum(channel.asked for channel in self.slacks.values())

    def _written(self) -> list[Any]:
        """Every table but the two that say when a source was last asked."""
        with reading(self.setup.engine) as connection:
            return [
                connection.execute(select(table).order_by(*table.primary_key)).all()
                for table in meta.sorted_tables
                if table.name not in ("jobs", "sources")
            ]


def emptied(database: str) -> None:
    """The schema, and no row: far cheaper than another database."""
    engine = connect(database)
    upgrade(engine)
    with engine.begin() as connection:
        for table in meta.sorted_tables:
            connection.execute(table.delete())
    engine.dispose()


def test_any_walk_tells_each_thing_once_and_in_time(database_url: str, tmp_path: Path) -> None:
    asked = os.environ.get("TENDERBELL_EXAMPLES")
    with slack.Slack() as at_once, slack.Slack() as daily:
        run_state_machine_as_test(
            cast(type[Walk], partial(Walk, database_url, tmp_path, at_once, daily)),
            settings=settings(
                max_examples=int(asked or 30),
                stateful_step_count=40,
                deadline=None,
                derandomize=asked is None,
                suppress_health_check=list(HealthCheck),
            ),
        )
