"""What the tests of the notifiers share: messages, and each notifier with a stand-in behind it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import notifiers
from bot.contract import Message
from bot.demo.slack import Slack as SlackServer
from bot.demo.smtp import Smtp
from bot.model import Event
from bot.render import Renderer
from bot.wants import Delivery, Match
from tests.make import NOW, event
from tests.servers import Site, reply

CANARY = "xoxb-canary-5f1c"
NOTIFIERS = notifiers.load()
_RENDERER = Renderer(ZoneInfo("Europe/London"))


def message(kind: str, what: Event | None = None, recipient: str = "bids@example.org") -> Message:
    """An event as the notifier `kind` is given it."""
    told = what or event()
    delivery = Delivery(
        key=f"{told.key}>bids>{recipient}",
        event=told.key,
        channel="bids",
        recipient=recipient,
        matches=(Match("Care", "CPV 85311000 under 85300000"),),
        due=NOW,
    )
    return _RENDERER.render(kind, told, delivery, NOW)


def texts(held: Any) -> Iterator[Any]:
    """Every text object of some blocks."""
    if isinstance(held, dict):
        if held.get("type") in ("mrkdwn", "plain_text"):
            yield held
        for value in held.values():
            yield from texts(value)
    elif isinstance(held, list):
        for value in held:
            yield from texts(value)


@dataclass(frozen=True, slots=True)
class Rig:
    """A notifier whose channel stands, what arrived there, and the secret that it knows."""

    notifier: Any
    arrived: Callable[[], list[str]]
    down: Callable[[], None]


@contextmanager
def _console() -> Iterator[Rig]:
    stream = io.StringIO()

    def arrived() -> list[str]:
        return [part for part in stream.getvalue().split("─" * 100) if part.strip()]

    yield Rig(NOTIFIERS["console"]().onto(stream), arrived, stream.close)


@contextmanager
def _slack() -> Iterator[Rig]:
    with SlackServer(token=CANARY) as server:
        options = {"token": CANARY, "channel": "#bids", "base_url": server.url}
        yield Rig(
            NOTIFIERS["slack"].model_validate(options),
            lambda: [str(post.body) for post in server.received],
            server.stop,
        )


@contextmanager
def _webhook() -> Iterator[Rig]:
    with SlackServer(token=CANARY) as server:
        yield Rig(
            NOTIFIERS["slack"].model_validate({"webhook": server.hook}),
            lambda: [str(post.body) for post in server.received],
            server.stop,
        )


@contextmanager
def _email() -> Iterator[Rig]:
    with Smtp(accounts={"bot": CANARY}) as server:
        options = {
            "smtp": f"smtp://bot:{CANARY}@127.0.0.1:{server.port}",
            "from": "Alerts <alerts@example.org>",
            "to": ["bids@example.org", "board@example.org"],
        }
        yield Rig(
            NOTIFIERS["email"].model_validate(options),
            lambda: [mail.data.decode() for mail in server.received],
            server.stop,
        )


def _site() -> Site:
    return Site([reply(b"taken", connection="close")])


@contextmanager
def _signed() -> Iterator[Rig]:
    with _site() as server:
        options = {"url": f"{server.url}/hook?token={CANARY}", "secret": CANARY}
        yield Rig(
            NOTIFIERS["webhook"].model_validate(options),
            lambda: [post.body.decode() for post in server.seen],
            server.stop,
        )


def apprise(options: Mapping[str, Any]) -> Any:
    """The notifier; what its library imports for the first time is not up to date everywhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return NOTIFIERS["apprise"].model_validate(options)


@contextmanager
def _apprise() -> Iterator[Rig]:
    with _site() as server:
        options = {"urls": [f"json://user:{CANARY}@127.0.0.1:{server.port}/{CANARY}"]}
        yield Rig(
            apprise(options), lambda: [post.body.decode() for post in server.seen], server.stop
        )


# Every notifier needs a line here, or the contract's first test fails.
RIGS = {
    "console": ("console", _console),
    "slack": ("slack", _slack),
    "webhook": ("slack", _webhook),
    "email": ("email", _email),
    "signed webhook": ("webhook", _signed),
    "apprise": ("apprise", _apprise),
}
