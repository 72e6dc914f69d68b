"""The words of the program for who wants to hear what, and what is sent to whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from bot.model import EventName, Stage


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before a deadline a reminder is due, and how the config writes it."""

    text: str
    span: timedelta = timedelta()
    workdays: int = 0  # in place of a span: working days of the buyer's nation


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a digest goes out: each full hour of UTC, each local day, or each week."""

    at: time | None = None  # local; None for each hour
    weekday: int | None = None  # Monday is 0; None for each day

    @property
    def text(self) -> str:
        """`hourly`, `daily 07:30` or `weekly mon 08:00`."""
        if self.at is None:
            return "hourly"
        day = "daily" if self.weekday is None else f"weekly {WEEKDAYS[self.weekday]}"
        return f"{day} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of `send:`: a channel, the events that it hears of, and when."""

    to: str
    on: frozenset[EventName]
    when: Rhythm | None = None  # None: each as soon as it is known
    empty: bool = False  # a digest that has nothing to say says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants which events. Every criterion given must hold; a tuple means any of."""

    name: str
    cpv: tuple[str, ...] = ()  # digit prefixes: "853" covers 85300000 and all below it
    regions: tuple[str, ...] = ()  # nodes of the region tree
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unstated: bool = True  # a notice without a value passes the band
    buyers: tuple[str, ...] = ()  # names, `*` stands for any run of characters
    suitability: tuple[Literal["sme", "vcse"], ...] = ()
    stages: tuple[Stage, ...] = ("planning", "tender")
    remind: Mapping[str, tuple[Lead, ...]] = field(default_factory=dict)
    send: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A subscription that an event met, and why."""

    subscription: str
    reason: str  # "CPV 85311000 under 85300000; place UKM50 in Scotland"
    lots: tuple[str, ...] = ()  # that meet it as the notice stands; empty where the whole does


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one recipient of one channel, once, however many subscriptions match."""

    key: str
    event: str  # the event's key
    channel: str
    recipient: str
    matches: tuple[Match, ...] = ()
    due: datetime  # UTC
    urgent: bool = False  # due in the channel's quiet time, for it could not wait
    digest: str = ""  # the key of the digest that it waits for, see `bot.slots`; "" for none
