"""The contracts that a watcher and a notifier keep, and what passes over them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol

from bot.model import Notice

# What may be worth a louder word than usual: it is new, a deadline moved, all is called off, or it
# is the last reminder of a deadline.
Occasion = Literal["", "new", "moved", "cancelled", "closing"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a message leads: a button or a link."""

    label: str
    url: str  # http(s), plain ASCII


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    kind: str  # its media type, as text/calendar
    content: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the media type: method=PUBLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered delivery, ready to send: its parts by the templates' suffix."""

    key: str  # the delivery's key: what a Message-ID or Slack metadata is derived from
    recipient: str
    parts: Mapping[str, str]  # {"subject": …, "text": …, "html": …}: what the templates made
    at: datetime  # UTC, when it was rendered
    thread: str = ""  # the conversation that it belongs to, the same for ever; "" for none
    root: str = ""  # what the channel answered to the conversation's first message; "" begins one
    occasion: Occasion = ""
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)  # as `outbox --json` tells them


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the channel answered: a Slack channel's id and `ts`, a Message-ID."""

    reference: str = ""
    anew: bool = False  # what it was to answer is gone: the conversation begins again with it


Send = Callable[[Message], Receipt]


Window = tuple[datetime, datetime]  # half-open, UTC


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request that a watcher wants made."""

    url: str
    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None  # what this request is to read; follow-ups inherit it
    part: str = ""  # "2026-06 type 2": a piece that may fail alone, and is then asked for later
    conditional: bool = False  # send the validators of the last answer; a 304 is no news
    notice: tuple[str, str] | None = None  # record and id of all it brings: once known, not asked
    instead: Found | None = None  # what stands in for that notice where its page is refused


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request: a 2xx with its whole body, its codings undone."""

    request: Request
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A notice seen on a page, identified but not decoded: what is known already costs no more."""

    record: str
    id: str
    load: Callable[[], Notice]  # raises ReadError


@dataclass(frozen=True, slots=True)
class Fault:
    """A piece of a page that could not be read, with its raw text."""

    id: str  # the notice id where it could be told, else a hash of the raw text
    why: str
    raw: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one response held."""

    found: tuple[Found, ...] = ()
    faults: tuple[Fault, ...] = ()
    follow: tuple[Request, ...] = ()
    complete: bool = True  # False: the source cut the walk short; the window must be split
    why: str = ""  # the reason of an incomplete page


class Watcher(Protocol):
    """One kind of source: bytes in, notices out. Its fields are its options in the YAML; no I/O.

    A watcher that cannot do without an option, such as a feed's `url`, names it in a class variable
    `needs` and leaves it None by default: a source with a `path` has its files read, and needs no
    network. A file comes as the answer to a request for its `file:` address, without a window.
    """

    every: ClassVar[timedelta]  # how often to poll where the config does not say
    pause: ClassVar[float]  # seconds between two requests: the source's own politeness
    cooldown: ClassVar[Mapping[int, float]]  # seconds of silence that a status asks for
    overlap: ClassVar[timedelta]  # how far behind the watermark each poll reads again

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """The first request of each window from `since` to `now` (UTC), oldest window first."""
        ...

    def read(self, response: Response, since: datetime) -> Page:
        """All notices of a response; ReadError when the body cannot be parsed at all."""
        ...


class Notifier(Protocol):
    """One kind of channel. Its fields are its options in the YAML; secrets are SecretStr."""

    @property
    def pace(self) -> float:
        """Seconds between two messages of the service, on average; 0 where nobody minds."""
        ...

    @property
    def converses(self) -> bool:
        """Whether what it posts can be answered, edited and found again: it is a `Conversing`."""
        ...

    def recipients(self) -> tuple[str, ...]:
        """Who hears of an event on this channel; never a secret."""
        ...

    def send(self, message: Message) -> Receipt:
        """Hand the message over; DeliveryError says whether a later attempt may help."""
        ...

    def batch(self) -> AbstractContextManager[Send]:
        """`send` for several messages one after the other: over one connection where that helps."""
        ...


class Conversing(Notifier, Protocol):
    """A notifier that holds one conversation a procurement: a first message, and answers to it."""

    def edit(self, message: Message) -> None:
        """Put the message in the place of the one at `message.root`; DeliveryError as of `send`.

        `permanent` where that one cannot be edited any more, `gone` where it is no more.
        """
        ...

    def find(self, message: Message, since: datetime) -> Receipt | None:
        """What the channel answered to this message, if it took it since then (UTC).

        DeliveryError where it cannot be looked up; of the `channel` where it can later.
        """
        ...
