"""Sends messages to any service that the library Apprise speaks to; talks to those services."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
)

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import clean, cut, line

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

# The address or its token needs a person: tried again once an hour.
_PARKED, _PAUSE = 3600.0, 30.0
_PARKING = frozenset({401, 403, 404, 410})
# Plug-ins that show a message on the machine's own desktop or log: a service has neither.
_LOCAL = frozenset(
    {"NotifyBlink1", "NotifyDBus", "NotifyGLib", "NotifyGnome", "NotifyMacOSX", "NotifySyslog"}
    | {"NotifyWindows"}
)
# The library answers yes or no, and says in its log why. Only these words of it are ever told on,
# for an address, a token or a part of one may stand beside them.
_STATUS = re.compile(r"\berror=(\d{3})\b")
_UNHEARD = re.compile(r"Read timed out|Connection aborted|Remote end closed|Connection reset")
# What calls people or hides where a link leads, in the markup of one service or another: a notice
# may do neither. `@` stays as it is inside of an e-mail address.
_LIVE = re.compile(
    r"@(?=(?:everyone|here|channel|all)(?![\w-]|\.\w))|(?<![\w.+-])@(?=\w)|<(?=[@!#])|\](?=\()"
)
_APART = "\u2060"  # a word joiner: nothing to see, and no markup any more
_ADDRESS = re.compile(r"^https?://\S+$", re.MULTILINE)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Apprise(BaseModel):
    """Addresses as Apprise writes them, each a recipient of its own: `urls`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    timeout: ClassVar[float] = 20.0  # seconds for one service, its answer included
    converses: ClassVar[bool] = False

    urls: Annotated[tuple[SecretStr, ...], BeforeValidator(_several), Field(min_length=1)]

    _services: Mapping[str, NotifyBase] = PrivateAttr(default_factory=dict)

    @field_validator("urls")
    @classmethod
    def _understood(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        found = dict(_services(value, cls.timeout))
        if len(found) < len(value):
            raise ValueError("has the same address twice")
        return value

    def model_post_init(self, context: object) -> None:
        # Kept, for some of them log in first, or keep a distance between two messages.
        self._services = dict(_services(self.urls, self.timeout))

    @property
    def pace(self) -> float:
        """What the slowest of the services asks for; none where nobody is counting."""
        return max(float(s.request_rate_per_sec or 0) for s in self._services.values())

    def recipients(self) -> tuple[str, ...]:
        """The service and a hash of the address, as `discord-3f2a61`: the address is a secret."""
        return tuple(self._services)

    def send(self, message: Message) -> Receipt:
        """Hand the message to the service of its recipient; the library tells no receipt."""
        from apprise import Apprise as Sender
        from apprise import NotifyFormat
        from apprise.result import AppriseResultStatus as Status

        service = self._services.get(message.recipient)
        if service is None:
            raise DeliveryError("there is no such address in the config any more", permanent=True)
        title, text = _worded(message, service)
        sender = Sender(asset=service.asset)
        sender.add(service)
        with sender.notify(
            body=text,
            title=title,
            notify_type=_KINDS.get(str(message.facts.get("event")), "info"),
            body_format=NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        ) as result:
            if result:
                return Receipt()
            late = result.status == Status.TIMEOUT
            raise self._failed(message.recipient, late, [e.message for e in result.logs()])

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def _failed(self, name: str, late: bool, log: Iterable[str]) -> DeliveryError:
        """The fault of one service. Only where it is the channel's only one is it the channel's."""
        told = "\n".join(log)
        alone = len(self._services) == 1
        status = int(found[-1]) if (found := _STATUS.findall(told)) else 0
        if status in _PARKING:
            why = f"{name} answered {status}: check the address and its token"
            return DeliveryError(why, channel=alone, retry_after=_PARKED)
        if status == 429:
            return DeliveryError(f"{name} asks for a pause", channel=alone, retry_after=_PAUSE)
        if status:
            return DeliveryError(f"{name} answered {status}", permanent=status == 413)
        if late or _UNHEARD.search(told):
            return DeliveryError(f"{name}: the answer never came", unknown=True)
        return DeliveryError(f"{name} cannot be reached, or refuses the message")


# A colour and a sign, where the service has one.
_KINDS = {"cancelled": "warning", "deadline": "warning", "operators": "failure"}


def _worded(message: Message, service: NotifyBase) -> tuple[str, str]:
    """Title and text within the limits of the service, with nothing in them that it would obey.

    A text that is too long ends in the notice's address.
    """
    text = clean(message.parts["text"])
    title = line(message.parts.get("subject", "")) or cut(line(text.split("\n")[0]), 200)
    head, _, rest = text.partition("\n")
    # The text of a terminal begins with its subject, which is the title here.
    if rest.strip() and line(head).startswith(title.removesuffix("…")):
        text = rest.strip()
    title, text = _LIVE.sub(rf"\g<0>{_APART}", title), _LIVE.sub(rf"\g<0>{_APART}", text)
    if 0 < service.title_maxlen < len(title):
        title = cut(title, service.title_maxlen)
    # Some room for what the library escapes, and for the title where it becomes part of the text.
    most = service.body_maxlen * 9 // 10 - (0 if service.title_maxlen > 0 else len(title))
    if len(text) > most:
        found = _ADDRESS.findall(text)
        end = f"\nThe rest is in the notice.\n{found[-1]}" if found else ""
        end = end if len(end) < most // 2 else ""
        text = cut(text, max(most - len(end), 1)) + end
    return title, text


# ---------------------------------------------------------------- the library


def _services(urls: Iterable[SecretStr], timeout: float) -> Iterator[tuple[str, NotifyBase]]:
    """Each address as the library understands it; ValueError, without the address, where not."""
    asset = _asset(timeout)
    from apprise import Apprise as Sender
    from apprise import OverflowMode

    for number, url in enumerate(urls, 1):
        written = url.get_secret_value().strip()
        service = Sender.instantiate(written, asset=asset)
        if service is None:
            raise ValueError(f"address {number} is none that Apprise knows, or it needs a library")
        kind = type(service).__name__
        if kind in _LOCAL:
            raise ValueError(f"address {number} leads to this machine itself, and to no service")
        # One that fails must not have the others told again.
        if len(service) > service.retry + 1:
            raise ValueError(f"address {number} has several targets: give each its own address")
        service.overflow_mode = OverflowMode.TRUNCATE
        mark = hashlib.sha256(written.encode()).hexdigest()[:6]
        yield f"{kind.removeprefix('Notify').lower()}-{mark}", service


@cache
def _asset(timeout: float) -> AppriseAsset:
    """How the library is to work: nothing on disk, no pictures, no redirects, no endless wait."""
    try:
        from apprise import AppriseAsset
    except ImportError:
        raise ValueError("needs a library: install 'tenderbell[apprise]'") from None
    # Its log has addresses in it, which are secrets: it is read here, and goes nowhere else.
    log = logging.getLogger("apprise")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.DEBUG)
    return AppriseAsset(
        app_id="Tenderbell",
        app_desc="Tenderbell",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        async_mode=False,
        http_redirects=False,
        service_timeout=timeout,
        secure_logging=True,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        language="en",
    )
