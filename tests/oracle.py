"""What one subscription should be told of a history of tenders, worked out on its own. Pure.

It shares no code with the program: it restates the promises of the design in the fewest words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

# The subscription of the machine: these reminders, and the CPV that a process has or has not.
LEADS = {
    "submission": {"7d": timedelta(days=7), "1d": timedelta(days=1)},
    "enquiry": {"2d": timedelta(days=2)},
}
HEARD = ("planning", "tender", "award")
PATIENCE = timedelta(days=3)
Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Night:
    """The hours from 20:00 to 07:00 of a zone, in which the channel is left in peace."""

    zone: ZoneInfo

    def around(self, at: datetime) -> Period | None:
        """The night that an instant lies in; UTC."""
        today = at.astimezone(self.zone).date()
        for evening in (today - timedelta(days=1), today):
            start = datetime.combine(evening, time(20), self.zone).astimezone(UTC)
            end = datetime.combine(evening + timedelta(days=1), time(7), self.zone).astimezone(UTC)
            if start <= at < end:
                return start, end
        return None

    def moment(self, due: datetime, deadline: datetime, known: datetime, *, last: bool) -> datetime:
        """When a reminder is to come: by day as it is due; of a night before it, or behind it."""
        period = self.around(due)
        if period is None:
            return due
        start, end = period[0] - timedelta(minutes=15), period[1]
        waits = keeps(due, end, deadline)
        if waits and not last:
            return end
        return start if start >= known else end if waits else due


def keeps(since: datetime, until: datetime, date: datetime) -> bool:
    """Whether at least half of the time to a date is left when the night is over."""
    return date - until >= (date - since) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One publication: a whole tender notice, or a stub that stops, awards or corrects it."""

    process: int
    number: int
    what: Literal["tender", "stop", "award", "correct"]
    published: datetime
    care: bool  # whether the subscription's CPV covers it
    title: str = ""
    text: str = ""
    value: int = 0
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    spoken: datetime | None = None  # until when the text lets questions be asked
    because: str = ""

    @property
    def read(self) -> Mapping[str, datetime]:
        """What the text adds to the fields: a date ahead, of a kind that no field states."""
        ahead = self.spoken if self.spoken and self.spoken > self.published else None
        return {"enquiry": ahead} if ahead and "enquiry" not in self.deadlines else {}

    @property
    def place(self) -> tuple[datetime, int]:
        return self.published, self.number


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a process stands after some of its notices."""

    status: str
    stage: str
    title: str = ""
    text: str = ""
    value: int = 0
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    read: frozenset[str] = frozenset()  # the kinds of those that only the text states
    spoken: datetime | None = None  # the date in the text, in force or not
    awards: int = 0
    whole: bool = False  # a whole notice was seen
    coded: bool = False  # its CPV is known
    words: str = field(default="", compare=False)  # why it was last amended


@dataclass(slots=True)
class Due:
    """A message that is owed: about what, known since when, and what became of it."""

    key: str
    process: int
    happened: tuple[datetime, int]  # published, or fallen due; and the notice's number
    known: datetime
    turn: int  # of reading or reminding, in which it became known
    held: datetime  # until when it need not be told, and must not in the night
    deadline: tuple[str, datetime] | None = None
    may: bool = False  # told or not: nobody is harmed
    times: int = 0  # how often the channel took it
    allowed: int = 1
    stale: bool = False  # a reminder that was untrue when its turn may have come
    slot: datetime | None = None  # of the first digest that may tell of it; None: told alone


def record(process: int) -> str:
    return f"fts:ocds-h6vhtk-{process:06x}"


def stand(history: Sequence[Said]) -> Stand | None:
    """The fold: a whole notice replaces everything, a stub changes what it is about."""
    now: Stand | None = None
    for said in history:
        kept = now or Stand("open", "tender")
        kept = replace(kept, words=said.because or kept.words)
        if said.what == "tender":
            now = Stand(
                "open", "tender", said.title, said.text, said.value,
                {**said.deadlines, **said.read}, frozenset(said.read), said.spoken, kept.awards,
                whole=True, coded=True, words=kept.words,
            )  # fmt: skip
        elif said.what == "stop":
            now = replace(kept, status="cancelled")
        elif said.what == "award":
            now = replace(kept, status="awarded", stage="award", awards=kept.awards + 1, coded=True)
        else:
            dates = {**kept.deadlines, "submission": said.deadlines["submission"]}
            now = replace(kept, deadlines=dates)
    return now


def event(before: Stand | None, after: Stand, said: Said) -> str | None:
    """The one thing that a notice is to its reader, who knew `before`."""
    if said.what == "award":
        return "awarded"
    if said.what == "stop":
        return None if before and before.status == "cancelled" else "cancelled"
    if said.what == "correct":
        return "amended" if before is None or _moved(before, after, said) else None
    if before is None or not before.whole or before.status == "cancelled":
        return "new"
    # The same words again are left over from the last amendment.
    because = said.because and said.because != before.words
    return "amended" if because or _moved(before, after, said) else None


def _moved(before: Stand, after: Stand, said: Said) -> bool:
    plain = ("status", "title", "value", "spoken")
    if any(getattr(before, name) != getattr(after, name) for name in plain):
        return True
    for kind in before.deadlines.keys() | after.deadlines.keys():
        was, now = before.deadlines.get(kind), after.deadlines.get(kind)
        # A date that is over when the next notice leaves it out is no news.
        # Nor is one that stood in the text alone.
        if was != now and (now or (was and was > said.published and kind not in before.read)):
            return True
    return False


class Oracle:
    """What was read, what is owed for it, and what the channel took."""

    def __init__(self, night: Night | None = None, place: str = "bids>#bids") -> None:
        self.night, self.place = night, place
        self.muted: set[int] = set()
        self.history: dict[int, list[Said]] = {}
        self.learned: dict[int, datetime] = {}  # by the notice's number: when it was first read
        self.owed: dict[str, Due] = {}
        self.turns = 0
        self.harmed: list[datetime] = []  # when an attempt failed through the message's own fault

    # -------------------------------------------------------- what happens

    def read(self, news: Sequence[Said], now: datetime, *, calm: bool) -> None:
        """These notices took their places, all in one poll; a calm first run tells of none."""
        self.turns += 1
        for said in sorted(news, key=lambda one: one.place):
            self._fold(said, now, calm=calm)

    def _fold(self, said: Said, now: datetime, *, calm: bool) -> None:
        past = self.history.setdefault(said.process, [])
        before, last = stand(past), past[-1].place if past else None
        past.append(said)
        past.sort(key=lambda one: one.place)
        after = stand(past)
        assert after is not None
        late = last is not None and said.place < last
        if late and before and (before == after or before.status == after.status == "cancelled"):
            return
        name = event(before, after, said)
        stood = [one for one in (before, after) if one]
        heard = any(one.coded for one in stood) and any(one.stage in HEARD for one in stood)
        # A tender that is read after its own award: too late to act on, so either is right.
        may = late and after.status == "awarded" and said.what == "tender"
        if calm or name is None or not said.care or not (heard or may):
            return
        # The tender of which only a stub was known is told as if nothing had been.
        stake = [after] if late and before and not before.whole and name == "new" else stood
        self._owe(f"{record(said.process)}/{said.number:06}-2026/{name}", said.process,
                  said.place, now, may=may,
                  dates=[at for one in stake for at in one.deadlines.values()])  # fmt: skip

    def remind(self, now: datetime) -> None:
        """One pass: of each deadline the tightest lead that was crossed since we knew it.

        Of one that has passed by now a line in the history may say that it was missed.
        """
        self.turns += 1
        for process, past in self.history.items():
            present = stand(past)
            if not (present and present.status == "open" and present.coded and past[0].care):
                continue
            for kind, at in present.deadlines.items():
                known = self._known(past, kind, at)
                crossed = [
                    (span, text)
                    for text, span in LEADS[kind].items()
                    if known <= at - span and self._moment(kind, span, at, known) <= now
                ]
                if crossed:
                    span, text = min(crossed)
                    key = f"{record(process)}/{kind}@{at:%Y-%m-%dT%H:%M}Z/{text}"
                    self._owe(key, process, (at - span, 0), now, deadline=(kind, at), may=at <= now,
                              dates=[at])  # fmt: skip

    def _moment(self, kind: str, span: timedelta, at: datetime, known: datetime) -> datetime:
        if self.night is None:
            return at - span
        last = span == min(LEADS[kind].values())
        return self.night.moment(at - span, at, known, last=last)

    def instants(self) -> list[datetime]:
        """When a deadline passes, a lead is crossed, or the night around it begins or ends."""
        dates = [
            (kind, at)
            for past in self.history.values()
            if past[0].care and (present := stand(past))
            for kind, at in present.deadlines.items()
        ]
        spans = {kind: (timedelta(), *leads.values()) for kind, leads in LEADS.items()}
        found = {at - span for kind, at in dates for span in spans[kind]}
        if self.night:
            nights = [period for at in found if (period := self.night.around(at))]
            found |= {start - timedelta(minutes=15) for start, _ in nights}
            found |= {end for _, end in nights}
        return sorted(found)

    def _known(self, past: Sequence[Said], kind: str, at: datetime) -> datetime:
        """Since when: the first reading of any notice since which the date has stood unmoved."""
        since: list[datetime] = []
        for place, said in enumerate(past):
            now = stand(past[: place + 1])
            if now is None or now.deadlines.get(kind) != at:
                since = []
            elif said.what == "tender" or (said.what == "correct" and kind == "submission"):
                since.append(self.learned[said.number])
        return min(since)

    def _owe(
        self, key: str, process: int, happened: tuple[datetime, int], known: datetime,
        *, deadline: tuple[str, datetime] | None = None, may: bool = False,
        dates: Iterable[datetime] = (),
    ) -> None:  # fmt: skip
        full, dates = f"{key}>{self.place}", list(dates)
        night = self.night.around(known) if self.night else None
        held = night and all(keeps(known, night[1], date) for date in dates if date > known)
        until = night[1] if night and held else known
        due = Due(full, process, happened, known, self.turns, until, deadline, may)
        due.slot = self.slot(due, dates) if process else None
        self.owed.setdefault(full, due)

    def slot(self, due: Due, dates: Sequence[datetime]) -> datetime | None:
        """When it is told with others, given the dates at stake; None: at once."""
        return None

    def start(self, now: datetime) -> None:
        """The first run was read to its end: one message says so."""
        self._owe("fts/started/Care", 0, (now, 0), now)

    # -------------------------------------------------------- what is sent

    def turn(self, now: datetime) -> None:
        """The channel's turn at `now`: what is untrue by now, or muted, need not be sent."""
        for due in self.owed.values():
            due.stale = due.stale or self.untrue(due, now) or self.silenced(due)

    def silenced(self, due: Due) -> bool:
        """Whether its procurement is muted, and it is no cancellation."""
        return due.process in self.muted and "/cancelled>" not in due.key

    def untrue(self, due: Due, now: datetime) -> bool:
        """Whether a reminder's deadline has passed, moved, or died with its tender."""
        if due.deadline is None:
            return False
        kind, at = due.deadline
        present = stand(self.history[due.process])
        holds = present and present.status == "open" and present.deadlines.get(kind) == at
        return not holds or at <= now

    def took(
        self, key: str, now: datetime, *, lost: bool, together: Sequence[int] = ()
    ) -> list[Due]:
        """The channel took a message at `now`; `lost`: its answer never came.

        `together`: it says of itself that it tells so many awards, from this number to that one.
        What was told is given back.
        """
        assert key in self.owed, f"told what nobody should hear: {key}"
        told = self._together(self.owed[key], *together) if together else [self.owed[key]]
        for due in told:
            due.times += 1
            assert due.times <= due.allowed, f"a repeat without a cause: {due.key}"
            due.allowed += lost
            assert not self.untrue(due, now), f"told what is not true at {now}: {due.key}"
            assert not self.silenced(due), f"told what is muted: {due.key}"
            # What cannot wait takes along what happened before it.
            assert due.slot is None, f"told alone, and could wait for {due.slot}: {due.key}"
            with_it = [other for other in self.alone() if other.process == due.process]
            assert any(other.held <= now for other in with_it if other is due or not other.times), (
                f"told in the night at {now}: {due.key}"
            )
            for other in self.alone():
                apart = other.times and other.process == due.process and other not in told
                assert not (apart and _precedes(due, other)), f"{due.key} came after {other.key}"
        return told

    def _together(self, first: Due, count: int, start: int, end: int) -> list[Due]:
        """The awards that a message tells, in the order in which they were known and happened."""
        queue = sorted(
            (due for due in self.alone() if due.process == first.process),
            key=lambda due: (due.known, due.happened),
        )
        awards = [due for due in queue if due.key.partition(">")[0].endswith("/awarded")]
        told = awards[awards.index(first) :][:count]
        said = told[0].happened[1], told[-1].happened[1], len(told)
        assert said == (start, end, count), f"{first.key} tells {said}, not {start} to {end}"
        between = queue[queue.index(told[0]) : queue.index(told[-1])]
        for due in between:
            settled = due.times or due.may or due.stale or self.given_up(due.key)
            assert due in told or settled, f"{first.key} tells what comes after {due.key}"
        return told

    def alone(self) -> list[Due]:
        """What is told by itself: all but what waits for a digest."""
        return [due for due in self.owed.values() if due.slot is None]

    def lacking(self, now: datetime) -> list[str]:
        """What should have been told by `now` and was not."""
        return [
            d.key
            for d in self.owed.values()
            if not (d.times or d.may or d.stale or (d.slot and d.slot > now))
        ]

    def given_up(self, key: str) -> bool:
        """Whether the patience with this message may be at its end."""
        return any(at - self.owed[key].known > PATIENCE for at in self.harmed)


class Gathered(Oracle):
    """The same for a channel that is told at 07:30 of each day, but for what cannot wait."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(None, "late>#late")
        self._zone = zone
        self._posted: dict[str, tuple[datetime, str]] = {}  # each digest: when, and its body
        self.doubts: dict[str, int] = {}  # how often its answer was lost

    def after(self, at: datetime) -> datetime:
        """The first 07:30 later than that; UTC."""
        day = at.astimezone(self._zone).date()
        slots = (
            datetime.combine(day + timedelta(days=n), time(7, 30), self._zone).astimezone(UTC)
            for n in range(2)
        )
        return next(slot for slot in slots if slot > at)

    def slot(self, due: Due, dates: Sequence[datetime]) -> datetime | None:
        """A reminder waits while half of its time is left, anything else while no date passes."""
        slot = self.after(due.known)
        if due.deadline:
            return slot if keeps(due.known, slot, due.deadline[1]) else None
        return None if any(due.known < at <= slot for at in dates) else slot

    def posted(self, key: str, body: str, now: datetime, *, lost: bool) -> None:
        """The channel took a digest: in time, and again only after a doubt."""
        again, doubts = key in self._posted, self.doubts.get(key, 0)
        assert not again or doubts, f"a repeat without a cause: {key}"
        assert self._slot_of(key) <= now, f"too soon, at {now}: {key}"
        self.doubts[key] = doubts - again + lost
        self._posted[key] = (now, body)

    def _slot_of(self, key: str) -> datetime:
        local = datetime.fromisoformat(key.rpartition("/")[2])
        return local.replace(tzinfo=self._zone).astimezone(UTC)

    def gathered(self, key: str, digest: str, now: datetime) -> None:
        """A delivery is settled at `now`, as told by this digest."""
        due = self.owed[key]
        assert digest in self._posted, f"told by what was never sent: {digest} {key}"
        assert due.slot, f"told with others, and could not wait: {key}"
        assert due.slot <= self._slot_of(digest), f"in the digest of an earlier time: {key}"
        due.times += 1
        assert due.times == 1, f"told twice: {key}"
        at, body = self._posted[digest]
        present = stand(self.history[due.process])
        if at == now:  # else it was found later to have arrived
            assert not self.untrue(due, now), f"told what is not true at {now}: {key}"
            assert not self.silenced(due), f"told what is muted: {key}"
            assert present and (not present.whole or present.title in body), f"no word of {key}"


def _precedes(one: Due, other: Due) -> bool:
    """Cause before effect: it happened earlier, and was known no later.

    A reminder that falls due in the instant of a notice may come before it or after.
    """
    if one.happened[0] == other.happened[0] and (one.deadline or other.deadline):
        return False
    return one.happened < other.happened and one.turn <= other.turn
