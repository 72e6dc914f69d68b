"""What every template may say, as plain ready strings, and how lists of them are cut. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from bot.contract import Link
from bot.filters import money
from bot.model import Value
from bot.render import dates
from bot.render.wording import Diff

T = TypeVar("T")
F = TypeVar("F")
# What the heading says already is not listed again.
IN_HEADING: Mapping[str, Set[str]] = {"cancelled": {"status"}, "awarded": {"supplier", "status"}}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of facts."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One notice of a list: its title, who buys, what comes next, its page."""

    title: str
    buyer: str
    next: str
    url: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The beginning of a list, and what to say of the rest: "and 7 more" or ""."""

    shown: tuple[T, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a template may say. Each string is of one line, cleaned and cut, in no markup."""

    name: str  # the event's
    kicker: str  # what happened, in a few words: "Submission deadline in 3 days"
    title: str
    status: str = ""  # how it stands now, where the message is kept up to date: "Open"
    mark: str = ""  # the same in one word: open, soon, closed, cancelled, awarded, planned
    rows: tuple[Row, ...] = ()
    deadlines: Listed[dates.Dated] = Listed()
    changes: Listed[Diff] = Listed()
    awards: Listed[Row] = Listed()
    lots: Listed[Row] = Listed()
    items: Listed[Item] = Listed()
    words: str = ""  # the buyer's own
    description: str = ""
    history: tuple[str, ...] = ()  # how it came here, oldest first
    notes: tuple[str, ...] = ()
    reasons: Listed[str] = Listed()
    url: str = ""  # http(s), plain ASCII, or ""
    host: str = ""
    links: tuple[Link, ...] = ()  # the notice, where to bid, a calendar
    elsewhere: tuple[Row, ...] = ()  # the same on other portals: host and address
    footer: str = ""  # the notice's form, number, day and source
    subject: str = ""  # "Deadline moved to 19 Jun 12:00: Supported living, Sefton"

    def __post_init__(self) -> None:
        if not self.subject:
            told = f"{self.kicker}: {self.title}" if self.title else self.kicker
            object.__setattr__(self, "subject", told)


# ---------------------------------------------------------------- of a digest

SectionName = Literal["closing", "new", "amended", "cancelled", "awarded"]


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One procurement. Each string is of one line, cleaned and cut, in no markup."""

    title: str
    buyer: str
    value: str
    next: str  # "Submission deadline Fri 5 Jun 2026 12:00 BST, in 3 days", or ""
    facts: tuple[str, ...]  # "Submission deadline moved from 3 Jan to 10 Jan 12:00"
    words: str  # the buyer's own
    notes: tuple[str, ...]
    url: str
    host: str
    why: str  # the names of the subscriptions


@dataclass(frozen=True, slots=True)
class Section:
    """What is told under one heading; `count` of it there are, shown or not."""

    name: SectionName
    heading: str
    count: int
    items: tuple[DigestItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """Everything that a template may say of a digest."""

    kicker: str  # the window: "Wed 25 Nov 07:30 to Thu 26 Nov 07:30"
    title: str  # "4 new, 2 moved, 3 close this week"
    subject: str
    sections: tuple[Section, ...] = ()
    more: str = ""  # "and 31 more (20 new, 11 amended): …"
    notes: tuple[str, ...] = ()
    empty: str = ""  # what is said where there is nothing
    name: str = "digest"
    reasons: Listed[str] = field(default_factory=Listed)
    footer: str = ""


# ---------------------------------------------------------------- in few words


def listed(given: Sequence[F], limit: int, tell: Callable[[F], T]) -> Listed[T]:
    """The first so many of a list as they are told, and how many are left."""
    left = len(given) - limit
    return Listed(tuple(map(tell, given[:limit])), f"and {left} more" if left > 0 else "")


def joined(given: Iterable[str], limit: int, tell: Callable[[str], str]) -> str:
    """`A, B and 3 more`, each once."""
    told = list(dict.fromkeys(given))
    shown = [text for text in map(tell, told[:limit]) if text]
    left = len(told) - limit
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")


def figure(value: Value | None) -> str:
    """One figure for a list: without VAT where that is stated."""
    if value is None or value.net is None:
        return money(value)
    return money(Value(value.net, None, value.currency))
