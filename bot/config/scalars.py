"""How a value of `config.yaml` is read from its text, and what is said when it cannot be. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from bot import cpv, regions, slots, when
from bot.meant import meant as meant
from bot.wants import Lead, Rhythm

MOST_ENTRIES = 1_000  # of one list: the whole CPV in one subscription is a mistake, not a wish
MOST_WORKING = 250  # about a year
LONGEST = timedelta(days=3_660)  # ten years; what is longer cannot be subtracted from every date

T = TypeVar("T")
# An editor reads 85300000 as a number; this program reads every scalar as it is written.
_TEXT = {"type": ["string", "number"]}


@dataclass(frozen=True)
class Reads:
    """A value that `parse` makes of its text; a ValueError of `parse` is what the user is told."""

    parse: Callable[[str], Any]
    wanted: str
    example: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        once = lru_cache(2_048)(self.parse)  # thousands of subscriptions name the same codes

        def read(value: object) -> Any:
            if not isinstance(value, str):
                raise ValueError(f"wants {self.wanted}, as in {self.example}")
            return once(value)

        return core_schema.no_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return _TEXT | {"description": f"{self.wanted}, as in {self.example}"}


class OrOne:
    """Of a list: a single text stands for a list of one.

    With a comma in it, it is a list written as a text: refused, for it would match nothing.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        held = handler(schema)
        return {"anyOf": [held, held["items"]]}


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    if "," in value:
        raise ValueError("several entries are a list: write [one, two]")
    return [value]


def _span(text: str) -> timedelta:
    span = when.span(text)
    if span > LONGEST:
        raise ValueError(f"{text[:40]!r} is longer than the limit of ten years")
    return span


def _interval(text: str) -> timedelta:
    span = _span(text)
    if span < timedelta(seconds=10):
        raise ValueError("is too short: a source may be polled every 10s at most")
    return span


def _lead(text: str) -> Lead:
    if "work" in text.casefold():
        return _working(text)
    span = _span(text)
    if not span:
        raise ValueError("a reminder comes before its deadline: write 1h or more")
    return Lead(text.strip(), span)


def _working(text: str) -> Lead:
    found = re.fullmatch(r"(\d+) ?working days?", " ".join(text.casefold().split()), re.ASCII)
    if not found or len(text) > 60:
        raise ValueError(f"{text[:40]!r} is not a number of working days: write 5 working days")
    number = int(found[1])
    if not number:
        raise ValueError("a reminder comes before its deadline: write 1 working day or more")
    if number > MOST_WORKING:
        raise ValueError(f"{text[:40]!r} is longer than the limit of {MOST_WORKING} working days")
    return Lead(f"{number} working day" + "s" * (number > 1), workdays=number)


def _hours(text: str) -> tuple[time, time]:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d) ?- ?([01]\d|2[0-4]):([0-5]\d)", text.strip())
    if not found or (found[3] == "24" and found[4] != "00"):
        raise ValueError(f"{text[:40]!r} is not a part of the day: write 20:00-07:00")
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4]))
    if start == end:
        raise ValueError("begins when it ends: the whole day would be quiet")
    return start, end


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = meant(name, available_timezones())
        raise ValueError(f"there is no time zone {name[:60]!r}{hint}") from None


def _database(url: str) -> str:
    """The address of the state. It may hold a password, so no message repeats it."""
    if re.fullmatch(r"sqlite:///(?!:memory:).+|postgresql\+psycopg://.+", url):
        return url
    hint = ""
    if re.match(r"postgres(ql)?(\+\w+)?://", url):
        hint = "; the driver is psycopg, so the address begins with postgresql+psycopg://"
    elif ":memory:" in url:
        hint = "; what is held in memory is lost when the program stops"
    raise ValueError(f"wants sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME{hint}")


def _title(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


def _glob(text: str) -> str:
    """A pattern of file names; what `pathlib` would refuse later is refused here."""
    if not text.isprintable() or text.endswith("/"):
        raise ValueError("wants the names of files, as in drop/*.json")
    if any("**" in part and part != "**" for part in text.split("/")) or text.endswith("**"):
        raise ValueError("** stands for folders, as in drop/**/*.json")
    return text


def _name(text: str) -> str:
    # Keys of events are `source:record/…`, and the keys of deliveries name their channel.
    if not re.fullmatch(r"\w[\w.-]{0,63}", text):
        raise ValueError("a name is at most 64 letters, digits, dots, hyphens and underscores")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), WithJsonSchema(_TEXT)]
Title = Annotated[Text, Field(max_length=200), AfterValidator(_title)]
Glob = Annotated[Text, AfterValidator(_glob)]
Name = Annotated[str, AfterValidator(_name)]
Database = Annotated[str, AfterValidator(_database)]
Zone = Annotated[ZoneInfo, Reads(_zone, "a time zone", "Europe/London")]
Span = Annotated[timedelta, Reads(_span, "a length of time", "30m, 2h or 1d")]
Interval = Annotated[timedelta, Reads(_interval, "a length of time", "30m, 2h or 1d")]
Money = Annotated[float, Reads(when.money, "an amount", "50k or 1.5m")]
Cpv = Annotated[str, Reads(cpv.parse, "a CPV code or a prefix of one", "85300000 or 853*")]
Region = Annotated[str, Reads(regions.parse, "a region's name or code", "Wales, TLM or LE3")]
Ahead = Annotated[Lead, Reads(_lead, "how long before", "7d, 4h or 5 working days")]
Hours = Annotated[tuple[time, time], Reads(_hours, "a part of the day", "20:00-07:00")]
When = Annotated[
    Rhythm | None, Reads(slots.rhythm, "now, or how often a digest comes", "daily 07:30")
]
Entries = Annotated[tuple[T, ...], Field(min_length=1, max_length=MOST_ENTRIES), OrOne()]
EntriesOrNone = Annotated[tuple[T, ...], Field(max_length=MOST_ENTRIES), OrOne()]
