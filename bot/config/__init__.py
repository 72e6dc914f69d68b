"""The configuration: `config.yaml` and the environment, or every fault at once. Reads files."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from bot.config import document
from bot.config.document import Document
from bot.config.faults import Place, constant_messages, keys_of, problems
from bot.config.options import (
    ChannelKeys,
    FileKeys,
    PluginKeys,
    SourceKeys,
    quiet,
    subscription,
)
from bot.config.scalars import meant
from bot.config.schema import schema as schema
from bot.contract import Notifier, Watcher
from bot.errors import ConfigError, Problem
from bot.quiet import Quiet
from bot.wants import Subscription


@dataclass(frozen=True, slots=True)
class Source:
    """One portal to watch. `pause` is in seconds between two requests."""

    name: str
    watch: str
    watcher: Watcher = field(repr=False)  # an option may have come from the environment
    every: timedelta
    pause: float
    backfill: timedelta
    authorities: Path | None = None  # a PEM file of certificates to trust beside the known ones
    path: Path | None = None  # a glob of files to read in place of the network


@dataclass(frozen=True, slots=True)
class Channel:
    """A named destination of one notifier."""

    name: str
    notify: str
    notifier: Notifier = field(repr=False)
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the file says, complete. `warnings` are likely mistakes that do no harm."""

    database: str = field(repr=False)
    timezone: ZoneInfo
    sources: Mapping[str, Source]
    channels: Mapping[str, Channel]
    subscriptions: tuple[Subscription, ...] = field(repr=False)
    # By the subscription's name: the file that calendar programs read its deadlines from.
    calendars: Mapping[str, Path] = field(default_factory=dict)
    operators: tuple[str, ...] = ()  # channels that hear of the bot's own troubles
    templates: Path | None = None  # a folder whose templates stand in for those built in
    path: Path
    warnings: tuple[Problem, ...] = ()


FILES_EVERY = timedelta(minutes=1)  # how often to look for files where the config does not say

Plugins = Mapping[str, type]  # by name in the config; the classes are frozen pydantic models
Built = dict[tuple[str, str], Any]  # the plug-in of each section's each entry


def load(path: Path, env: Mapping[str, str], watchers: Plugins, notifiers: Plugins) -> Config:
    """The configuration in the file at `path`, `${VAR}` filled in from `env`.

    ConfigError with every fault at once, in the order of the file. No value that came from `env`
    is in it, nor in the `repr` of what is returned.
    """
    with _uncollected():
        held = document.read(path, env)
        keys, built = _checked(held, watchers, notifiers)
        sources = {
            name: _source(name, k, built["sources", name], path.parent)
            for name, k in keys.sources.items()
        }
        return Config(
            database=keys.database,
            timezone=keys.timezone,
            sources=sources,
            channels={
                name: Channel(
                    name, k.notify, built["channels", name], quiet(k.quiet, keys.timezone)
                )
                for name, k in keys.channels.items()
            },
            subscriptions=tuple(map(subscription, keys.subscriptions)),
            calendars={s.name: path.parent / s.calendar for s in keys.subscriptions if s.calendar},
            operators=keys.operators,
            templates=path.parent / keys.templates if keys.templates else None,
            path=path,
            warnings=tuple(_twins(held, sources)),
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing built meanwhile is garbage, and looking for some took three quarters of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _checked(held: Document, watchers: Plugins, notifiers: Plugins) -> tuple[FileKeys, Built]:
    """The keys and the plug-ins, or every fault of the document in one ConfigError."""
    found = list(held.problems)
    keys = None
    try:
        context = {"channels": _mapping(held.data, "channels").keys()}
        keys = FileKeys.model_validate(held.data, context=context)
    except ValidationError as error:
        found += problems(held, error)
    built = _plugins(held, "sources", "watch", watchers, SourceKeys, found)
    built |= _plugins(held, "channels", "notify", notifiers, ChannelKeys, found)
    found += _same_names(held)
    found += _unusable(held)
    found += _no_folder(held)
    found += _calendars(held)
    # Outside of `except`: a chained ValidationError would print what it was given.
    if keys is None or found:
        raise ConfigError(sorted(set(found), key=lambda p: (p.line, p.column, p.where, p.what)))
    return keys, built


def _source(name: str, keys: SourceKeys, watcher: Watcher, folder: Path) -> Source:
    usual = watcher.every if keys.path is None else FILES_EVERY
    return Source(
        name=name,
        watch=keys.watch,
        watcher=watcher,
        every=usual if keys.every is None else keys.every,
        pause=watcher.pause if keys.pause is None else keys.pause,
        backfill=keys.backfill,
        authorities=folder / keys.ca_bundle if keys.ca_bundle else None,
        path=None if keys.path is None else folder / keys.path,
    )


def _mapping(raw: Any, name: str) -> dict[str, Any]:
    inner = raw.get(name) if isinstance(raw, dict) else None
    return inner if isinstance(inner, dict) else {}


def _plugins(
    held: Document,
    section: str,
    key: str,
    known: Plugins,
    own: type[PluginKeys],
    found: list[Problem],
) -> Built:
    """The plug-in of each entry of a section; what is wrong with one is added to `found`.

    Read from the raw section, so that a fault elsewhere does not hide the faults of an option.
    """
    built: Built = {}
    for name, given in _mapping(held.data, section).items():
        chosen = given.get(key) if isinstance(given, dict) else None
        if not isinstance(chosen, str):
            continue  # told by the model of the file
        if chosen not in known:
            if told := held.problem((section, name, key), _no_plugin(key, chosen, known)):
                found.append(told)
            continue
        plugin: type[BaseModel] = known[chosen]
        found += _unmet(held, (section, name), given, getattr(plugin, "needs", ()))
        options = {k: v for k, v in given.items() if k not in own.model_fields}
        place = Place((*keys_of(own), *keys_of(plugin)))
        try:
            built[section, name] = plugin.model_validate(options)
        except ValidationError as error:
            constant = constant_messages(plugin, held.masked(options))
            found += problems(held, error, (section, name), {(): place}, constant)
    return built


def _unmet(
    held: Document, loc: tuple[str, str], given: Mapping[str, Any], needs: Iterable[str]
) -> Iterator[Problem]:
    """What a watcher needs to know of the network, where files are not read in place of it."""
    for option in needs:
        if ("path" in given) != (option in given):
            continue
        if option in given:
            told = held.problem((*loc, option), "stands beside path: remove one of them", key=True)
        else:
            told = held.problem(loc, "is needed, or a path to read files from", missing=option)
        if told:
            yield told


def _no_plugin(key: str, name: str, known: Plugins) -> str:
    hint = meant(name, known) or f"; known are {', '.join(sorted(known))}"
    return f"there is no {name[:60]!r}{hint}"


def _same_names(held: Document) -> Iterator[Problem]:
    """Names of subscriptions that stand twice: history and `explain` know them by name."""
    raw = held.data.get("subscriptions") if isinstance(held.data, dict) else None
    first: dict[str, int] = {}
    for number, given in enumerate(raw if isinstance(raw, list) else ()):
        name = given.get("name") if isinstance(given, dict) else None
        if not isinstance(name, str):
            continue
        before = first.setdefault(name.strip(), number)
        if before != number:
            what = f"the name stands twice: subscriptions[{before}] has it too"
            if problem := held.problem(("subscriptions", number, "name"), what):
                yield problem


def _unusable(held: Document) -> Iterator[Problem]:
    """Certificate files that cannot be used; their names are relative to the config's folder."""
    for name, given in _mapping(held.data, "sources").items():
        bundle = given.get("ca_bundle") if isinstance(given, dict) else None
        if not isinstance(bundle, str):
            continue
        import ssl  # rarely wanted, and it would slow every start

        file = Path(held.file).parent / bundle
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        except ssl.SSLError:
            what = f"{bundle[:60]!r} holds no certificate: it must be a file in PEM"
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
            why = getattr(error, "strerror", None) or "bad file name"
            what = f"{bundle[:60]!r} cannot be read: {why}"
        else:
            continue
        if problem := held.problem(("sources", name, "ca_bundle"), what):
            yield problem


def _no_folder(held: Document) -> Iterator[Problem]:
    """A folder of templates that is not there; its name is relative to the config's folder."""
    folder = _mapping({"": held.data}, "").get("templates")
    if not isinstance(folder, str):
        return
    with suppress(OSError, ValueError):  # ValueError: a name with a NUL in it
        if (Path(held.file).parent / folder).is_dir():
            return
    if problem := held.problem(("templates",), f"there is no folder {folder[:60]!r}"):
        yield problem


def _calendars(held: Document) -> Iterator[Problem]:
    """Calendar files that could not be written: a slip must not overwrite anything else."""
    raw = held.data.get("subscriptions") if isinstance(held.data, dict) else None
    first: dict[Path, int] = {}
    for number, given in enumerate(raw if isinstance(raw, list) else ()):
        name = given.get("calendar") if isinstance(given, dict) else None
        if not isinstance(name, str):
            continue
        file = Path(held.file).parent / name
        before = first.setdefault(file, number)
        what = _no_calendar(name, file)
        if before != number:
            what = f"subscriptions[{before}] writes the same file"
        if what and (problem := held.problem(("subscriptions", number, "calendar"), what)):
            yield problem


def _no_calendar(name: str, file: Path) -> str:
    if file.suffix.lower() != ".ics":
        return f"{name[:60]!r} must end in .ics"
    try:
        if not file.parent.is_dir():
            return f"there is no folder {str(Path(name).parent)[:60]!r}: make it first"
        return f"{name[:60]!r} is a folder" if file.is_dir() else ""
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        return f"{name[:60]!r}: {getattr(error, 'strerror', None) or 'bad file name'}"


def _twins(held: Document, sources: Mapping[str, Source]) -> Iterator[Problem]:
    """A source that reads what another one reads already: each notice would be told twice."""
    firsts: dict[str, list[Source]] = {}
    for source in sources.values():
        others = firsts.setdefault(source.watch, [])
        twin = next(
            (o for o in others if (o.watcher, o.path) == (source.watcher, source.path)), None
        )
        if twin is None:
            others.append(source)
            continue
        what = f"reads the same as {twin.name}, so each notice may be told twice; remove one"
        if problem := held.problem(("sources", source.name), what, key=True):
            yield problem
