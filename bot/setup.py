"""The config, database, plan and templates that a cycle works with. Touches the database."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
from sqlalchemy import Engine

from bot.config import Config
from bot.config.options import DEFAULT_LEADS
from bot.detect import Leads
from bot.errors import ConfigError
from bot.model import AFTER_AWARD
from bot.plan import Planner
from bot.render import Renderer
from bot.store import choices, duty, process
from bot.store.engine import connect, reading, upgrade
from bot.wants import Subscription
from bot.when import iso

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Setup:
    """One config at work. A reload makes another; both may share the database for a moment."""

    config: Config
    engine: Engine
    planner: Planner
    renderer: Renderer
    owner: str  # this process, as leases name it
    seen_until: datetime | None = None  # UTC; what happened until then is not told any more

    @property
    def conversing(self) -> list[tuple[str, str]]:
        """The channels, each with a recipient, whose first messages are kept up to date."""
        return [
            (channel.name, recipient)
            for channel in self.config.channels.values()
            if channel.notifier.converses
            for recipient in channel.notifier.recipients()
        ]


def open_setup(config: Config, now: datetime, running: Setup | None = None) -> Setup:
    """Connect, bring the schema up to date, and note since when each reminder is wanted.

    A reload gives what is `running`, whose connections serve on. ConfigError when the database
    cannot be used.
    """
    layouts = renderer(config)
    same = running is not None and running.config.database == config.database
    engine = running.engine if running and same else connect(config.database)
    upgrade(engine)
    owner = f"{socket.gethostname()}:{os.getpid()}:{_LIFE}"
    _bury_the_dead(engine, owner)
    recipients = {c.name: c.notifier.recipients() for c in config.channels.values()}
    since = _wanted_since(engine, config.subscriptions, now)
    quiets = {c.name: c.quiet for c in config.channels.values() if c.quiet}
    planner = Planner(
        config.subscriptions, recipients, since, config.operators, quiets,
        followers=DEFAULT_LEADS, zone=config.timezone,
    )  # fmt: skip
    _reset_ladders(engine, planner, now)
    with reading(engine) as connection:
        seen = process.setting(connection, "seen-until")
    until = datetime.fromisoformat(seen) if seen else None
    return Setup(config, engine, planner, layouts, owner, until)


def renderer(config: Config) -> Renderer:
    """The templates that the config asks for; ConfigError when its folder cannot be read."""
    try:
        return Renderer(config.timezone, config.templates)
    except OSError as error:
        raise ConfigError(f"{config.templates}: templates: {error.strerror}") from None


def mark_seen(setup: Setup, until: datetime) -> Setup:
    """Take for seen what was published or fell due until then (UTC), for ever.

    For a database restored from a backup: what was told since is read again, and not told again.
    """
    with setup.engine.begin() as connection:
        process.set_setting(connection, "seen-until", iso(until))
    return replace(setup, seen_until=until)


def _bury_the_dead(engine: Engine, me: str) -> None:
    """Leases of killed processes of this machine are free at once, not when they expire."""
    with reading(engine) as connection:
        held = duty.owners(connection) - {me}
    dead = [owner for owner in held if _dead(owner, me)]
    if dead:
        with engine.begin() as connection:
            for owner in dead:
                duty.bury(connection, owner)


# A process that was restarted under the number of its predecessor is not the same.
_LIFE = uuid4().hex[:8]


def _dead(owner: str, me: str) -> bool:
    host, pid, _ = owner.rsplit(":", 2)
    my_host, my_pid, _ = me.rsplit(":", 2)
    return host == my_host and (pid == my_pid or not _alive(int(pid)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# ---------------------------------------------------------------- since when a reminder is wanted

Since = dict[str, dict[str, datetime]]  # by subscription, then by `submission/7d`
_since = msgspec.json.Decoder(Since)


def _wanted_since(engine: Engine, subscriptions: tuple[Subscription, ...], now: datetime) -> Since:
    """A lead counts from when it was first asked for: a new subscription brings no flood.

    A renamed subscription keeps its times: they are kept under its criteria as well.
    """
    with reading(engine) as connection:
        stored = process.setting(connection, "reminders")
    old = _since.decode(stored) if stored else {}
    new: Since = {}
    for subscription in subscriptions:
        known = old.get(_criteria(subscription), {}) | old.get(subscription.name, {})
        wanted = {
            f"{kind}/{lead.text}": known.get(f"{kind}/{lead.text}", now)
            for kind, ladder in subscription.remind.items()
            for lead in ladder
        }
        new[subscription.name] = new[_criteria(subscription)] = wanted
    if new != old:
        with engine.begin() as connection:
            process.set_setting(connection, "reminders", msgspec.json.encode(new).decode())
    return new


def _criteria(subscription: Subscription) -> str:
    named = msgspec.to_builtins(subscription)
    kept = {k: v for k, v in named.items() if k not in ("name", "remind", "send")}
    return msgspec.json.encode(kept, order="sorted").decode()


def _reset_ladders(engine: Engine, planner: Planner, now: datetime) -> None:
    """When leads or quiet times differ from those that next reminders were computed with."""
    ladders = _texts(planner.leads), _texts(planner.followers), sorted(map(repr, planner.quiets))
    text = msgspec.json.encode(ladders).decode()
    with reading(engine) as connection:
        if process.setting(connection, "ladders") == text:
            return
    with engine.begin() as connection:
        # From long ago: what fell due while the bot was down is still to be told.
        long_ago = now - timedelta(days=3650)
        followed = choices.followed(connection)
        wakes = [(r, planner.wake(r, long_ago, followed)) for r in process.live(connection)]
        if not AFTER_AWARD.isdisjoint(planner.leads):
            late = ((r, planner.wake(r, long_ago)) for r in process.settled(connection))
            wakes += [(record, at) for record, at in late if at]
        process.set_wake(connection, wakes)
        process.set_setting(connection, "ladders", text)


def _texts(leads: Leads) -> dict[str, list[str]]:
    return {kind: sorted(lead.text for lead in leads[kind]) for kind in sorted(leads)}
