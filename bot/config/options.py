"""What `config.yaml` may hold: its keys, their defaults and what each means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from bot.config.scalars import (
    MOST_ENTRIES,
    Ahead,
    Cpv,
    Database,
    Entries,
    EntriesOrNone,
    Glob,
    Hours,
    Interval,
    Money,
    Name,
    Region,
    Span,
    Text,
    Title,
    When,
    Zone,
    meant,
)
from bot.model import DeadlineKind, Stage
from bot.quiet import LEAST, Quiet
from bot.wants import WEEKDAYS, Lead, Route, Subscription, Weekday

Told = Literal["new", "amended", "cancelled", "awarded", "deadline"]
TOLD: tuple[Told, ...] = ("new", "amended", "cancelled", "deadline")
CRITERIA = ("cpv", "regions", "words", "value", "buyers", "suitability")


class Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PluginKeys(BaseModel):
    """Keys of the bot beside a plug-in's own, which are checked by the plug-in's class."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class SourceKeys(PluginKeys):
    watch: Annotated[str, Field(description="The kind of source: a file of watchers/.")]
    path: Annotated[
        Glob | None, Field(description="Files to read in place of the network, as in drop/*.json.")
    ] = None
    every: Annotated[Interval | None, Field(description="How often to poll; at least 10s.")] = None
    pause: Annotated[
        float | None,
        Field(ge=0, le=3600, allow_inf_nan=False, description="Seconds between two requests."),
    ] = None
    backfill: Annotated[
        Span,
        Field(description="How far back the first run reads.", json_schema_extra={"default": "1d"}),
    ] = timedelta(days=1)
    ca_bundle: Annotated[
        str | None,
        Field(description="A PEM file of certificates to trust beside the known authorities."),
    ] = None


class QuietKeys(Keys):
    """When a channel is left in peace, in the config's time zone."""

    hours: Annotated[Hours | None, Field(description="Of every day, as in 20:00-07:00.")] = None
    days: Annotated[
        Entries[Weekday] | None, Field(description="Whole days of the week, as in [sat, sun].")
    ] = None

    @model_validator(mode="after")
    def _leaves_time(self) -> QuietKeys:
        if not self.hours and not self.days:
            raise ValueError("needs hours or days")
        kept = quiet(self, ZoneInfo("UTC"))
        if kept and kept.shortest_opening < LEAST:
            raise ValueError("leaves less than an hour to send anything in: shorten it")
        return self


class ChannelKeys(PluginKeys):
    notify: Annotated[str, Field(description="The kind of channel: a file of notifiers/.")]
    quiet: Annotated[
        QuietKeys | None,
        Field(description="Messages wait until it ends, but those that would come too late."),
    ] = None


def _channel(name: str, info: ValidationInfo) -> str:
    known = (info.context or {}).get("channels", ())
    if name not in known:
        raise ValueError(f"there is no channel {name[:60]!r}{meant(name, known)}")
    return name


class RouteKeys(Keys):
    to: Annotated[str, AfterValidator(_channel), Field(description="The name of a channel.")]
    on: Annotated[Entries[Told], Field(description="Which events it hears of.")] = TOLD
    when: Annotated[
        When,
        Field(
            description="now: each event as soon as it is known; else a digest.",
            json_schema_extra={"default": "now"},
        ),
    ] = None
    empty: Annotated[
        bool, Field(description="Whether a digest that has nothing to say is sent all the same.")
    ] = False

    @model_validator(mode="after")
    def _gathered(self) -> RouteKeys:
        if self.empty and self.when is None:
            raise ValueError("empty goes with a digest: add when, as in when: daily 07:30")
        return self


class ValueKeys(Keys):
    min: Annotated[Money | None, Field(description="At least, as in 50k.")] = None
    max: Annotated[Money | None, Field(description="At most, as in 1.5m.")] = None
    unstated: Annotated[bool, Field(description="Whether a notice without a value passes.")] = True

    @model_validator(mode="after")
    def _ordered(self) -> ValueKeys:
        if not {"min", "max"} & self.model_fields_set:
            raise ValueError("needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max, so nothing can match")
        return self


class SubscriptionKeys(Keys):
    """Who wants which events. Every criterion given must hold; a list means any of.

    Where a list is wanted, a single text stands for a list of one.
    """

    name: Annotated[Title, Field(description="How messages and commands name it; unique.")]
    cpv: Annotated[
        Entries[Cpv] | None, Field(description="A CPV code and all below it, or a prefix with *.")
    ] = None
    regions: Annotated[
        Entries[Region] | None, Field(description="Names, ITL or NUTS codes, postcode districts.")
    ] = None
    words: Annotated[Entries[Text] | None, Field(description="Words or phrases.")] = None
    not_words: Annotated[
        Entries[Text] | None, Field(description="Words that rule a notice out.")
    ] = None
    value: Annotated[ValueKeys | None, Field(description="The band of the estimate.")] = None
    buyers: Annotated[
        Entries[Text] | None, Field(description="Buyers' names; * is any run of characters.")
    ] = None
    suitability: Entries[Literal["sme", "vcse"]] | None = None
    stages: Entries[Stage] = ("planning", "tender")
    remind: Annotated[
        dict[DeadlineKind, EntriesOrNone[Ahead]] | None,
        Field(description="Kind of deadline: how long before it; {} is no reminder at all."),
    ] = None
    send: Annotated[tuple[RouteKeys, ...], Field(min_length=1, max_length=MOST_ENTRIES)]
    calendar: Annotated[
        str | None,
        Field(description="A file for calendar programs, as in feeds/care.ics, kept up to date."),
    ] = None
    everything: Annotated[
        bool, Field(description="Needed where no criterion is given: every notice is meant.")
    ] = False

    @model_validator(mode="after")
    def _wants_something(self) -> SubscriptionKeys:
        if not self.everything and self.model_fields_set.isdisjoint(CRITERIA):
            raise ValueError(
                f"has no criterion: give one of {', '.join(CRITERIA)},"
                " or everything: true to hear of every notice"
            )
        return self


class FileKeys(Keys):
    """The configuration of Tenderbell."""

    database: Annotated[
        Database, Field(description="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.")
    ] = "sqlite:///tenderbell.db"
    timezone: Annotated[
        Zone, Field(validate_default=True, description="Whose days and hours messages speak in.")
    ] = "Europe/London"  # type: ignore[assignment]
    operators: Annotated[
        Entries[Annotated[str, AfterValidator(_channel)]],
        Field(description="Channels that hear of the bot's own troubles, once each."),
    ] = ()
    templates: Annotated[
        Text | None, Field(description="A folder whose templates stand in for those built in.")
    ] = None
    sources: Annotated[dict[Name, SourceKeys], Field(min_length=1)]
    channels: Annotated[dict[Name, ChannelKeys], Field(min_length=1)]
    subscriptions: Annotated[list[SubscriptionKeys], Field(min_length=1)]


def quiet(keys: QuietKeys | None, zone: ZoneInfo) -> Quiet | None:
    """The quiet time that the keys describe, in that zone."""
    if keys is None:
        return None
    return Quiet(zone, keys.hours, frozenset(WEEKDAYS.index(day) for day in keys.days or ()))


def subscription(keys: SubscriptionKeys) -> Subscription:
    """The subscription that the keys describe."""
    value = keys.value or None
    return Subscription(
        name=keys.name,
        cpv=keys.cpv or (),
        regions=keys.regions or (),
        words=keys.words or (),
        not_words=keys.not_words or (),
        minimum=value.min if value else None,
        maximum=value.max if value else None,
        unstated=value.unstated if value else True,
        buyers=keys.buyers or (),
        suitability=keys.suitability or (),
        stages=keys.stages,
        remind=DEFAULT_LEADS if keys.remind is None else _leads(keys.remind),
        send=tuple(Route(r.to, frozenset(r.on), r.when, r.empty) for r in keys.send),
    )


def _leads(given: Mapping[DeadlineKind, tuple[Lead, ...]]) -> dict[str, tuple[Lead, ...]]:
    """Longest first, each length once; kinds without a lead are left out.

    In a two-stage procedure the day to express interest is the day to submit by, so
    `participation` follows `submission` unless it is given.
    """
    held: dict[str, tuple[Lead, ...]] = {}
    for kind, leads in given.items():
        lengths = {(lead.span, lead.workdays): lead for lead in reversed(leads)}
        held[kind] = tuple(sorted(lengths.values(), key=_length, reverse=True))
    if "submission" in held:
        held.setdefault("participation", held["submission"])
    return {kind: leads for kind, leads in held.items() if leads}


def _length(lead: Lead) -> timedelta:
    """About how long: holidays make working days take longer."""
    return lead.span or lead.workdays * timedelta(days=7) / 5


DEFAULT_LEADS: Mapping[str, tuple[Lead, ...]] = _leads(
    {
        "enquiry": (Lead("2d", timedelta(days=2)),),
        "submission": (Lead("7d", timedelta(days=7)), Lead("1d", timedelta(days=1))),
    }
)
