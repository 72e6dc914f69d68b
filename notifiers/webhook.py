"""Posts each delivery as signed JSON to an address of the operator's; talks to that address."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.when import pause

SIGNATURE, DELIVERY = "X-Tenderbell-Signature", "X-Tenderbell-Delivery"
# The address or the secret needs a person: messages wait, and one probe an hour asks again.
_PARKED = 3600.0
_PARKING = {
    401: "check the secret",
    402: "the receiver wants to be paid",
    403: "check the address and the secret",
    404: "check the address",
    405: "the address takes no POST: check it",
    407: "a proxy wants a login",
    410: "the address is gone: make another",
    415: "the address takes no JSON: check it",
    421: "check the address",
    451: "the receiver must not take it",
}
# Refused now, and perhaps not the next time: RFC 9110 15.5.9, RFC 8470 5.2, RFC 4918 11.3.
_PASSING = frozenset({408, 423, 425})
_SECONDS = 30.0  # of a pause that was asked for without saying how long
# What may stand in an address that goes out as it is: no space, no control, no other alphabet.
_PLAIN = re.compile(r"[!-~]{1,2000}")


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Webhook(BaseModel):
    """One address and the secret that signs for it: `url` and `secret`.

    Of several secrets each signs, so that a receiver can be given a new one without a gap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    timeout: ClassVar[float] = 10.0  # seconds to connect, and as many for all that follows
    pace: ClassVar[float] = 0.0
    converses: ClassVar[bool] = False

    url: SecretStr
    secret: Annotated[tuple[SecretStr, ...], BeforeValidator(_several), Field(min_length=1)]

    @field_validator("url")
    @classmethod
    def _address(cls, value: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(value.get_secret_value())
            known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            known = None
        if not known or not _PLAIN.fullmatch(value.get_secret_value()):
            raise ValueError("must be an address in plain ASCII, as https://crm.example.com/hook")
        if parts.username is not None:
            raise ValueError("must have no user or password in it: the signature stands for them")
        return value

    @field_validator("secret")
    @classmethod
    def _said(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(each.get_secret_value().strip() for each in value):
            raise ValueError("must not be empty")
        return value

    def recipients(self) -> tuple[str, ...]:
        return ("webhook",)

    def send(self, message: Message) -> Receipt:
        """Post the delivery; any 2xx means that it was taken. The receipt is empty."""
        data = body(message)
        signed = signature(data, [each.get_secret_value() for each in self.secret], message.at)
        status, headers = self._post(
            data,
            {
                "Content-Type": "application/json",
                "User-Agent": "Tenderbell",
                SIGNATURE: signed,
                DELIVERY: delivery_id(message.key),
            },
        )
        return _settled(status, headers)

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def _post(self, data: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
        url = urlsplit(self.url.get_secret_value())
        try:
            link = _opened(url, self.timeout)
        except (OSError, ValueError) as error:  # ValueError: a host that is no name at all
            raise DeliveryError(f"the webhook cannot be reached: {_told(error)}") from None
        with link, _watched(link, self.timeout) as late:
            try:
                return _exchanged(link, url, data, headers)
            except _Failed as error:
                why = "it took too long" if late.is_set() else error.why
                where = "answer never came" if error.whole else "end was not ready to listen"
                raise DeliveryError(f"the webhook's {where}: {why}", unknown=error.whole) from None


# ---------------------------------------------------------------- what is posted


def body(message: Message) -> bytes:
    """The facts as `outbox --json` has them, and `message`: subject and text, for people."""
    words = {name: message.parts.get(name, "") for name in ("subject", "text")}
    told = json.dumps({**message.facts, "message": words}, ensure_ascii=False, allow_nan=False)
    return told.encode("utf-8", "replace")  # half a character is no UTF-8, and no reason to fail


def signature(data: bytes, secrets: list[str], at: datetime) -> str:
    """`t=1747040400,v1=5257…`: Unix seconds, and HMAC-SHA256 of `t.body` by each secret, in hex."""
    stamp = str(int(at.timestamp()))
    signed = stamp.encode() + b"." + data
    proofs = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={stamp}", *(f"v1={proof}" for proof in proofs)])


def delivery_id(key: str) -> str:
    """The same for every attempt at a delivery, and safe in a header whatever its key holds."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


# ---------------------------------------------------------------- over the wire
#
# By hand rather than with a client: no redirect is followed and no proxy of the environment used,
# it is known whether the receiver had the whole of it, and a receiver that sends a byte now and
# then, which resets the time-out of every client, is left all the same.


class _Failed(Exception):
    """No answer: why, and whether the whole request was handed over before."""

    def __init__(self, error: Exception, *, whole: bool) -> None:
        super().__init__()
        self.why, self.whole = _told(error), whole


def _opened(url: SplitResult, timeout: float) -> socket.socket:
    """A connection to the address's host; its handshake of TLS is still to be made."""
    host, secure = url.hostname or "", url.scheme == "https"
    link = socket.create_connection((host, url.port or (443 if secure else 80)), timeout)
    if not secure:
        return link
    try:
        return ssl.create_default_context().wrap_socket(
            link, server_hostname=host, do_handshake_on_connect=False
        )
    except BaseException:
        link.close()
        raise


@contextmanager
def _watched(link: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """The connection ends after so many seconds; whether it came to that."""
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(OSError):
            # Not an SSLSocket's own method, which may only be called where the socket is used.
            socket.socket.shutdown(link, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def _exchanged(
    link: socket.socket, url: SplitResult, data: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str]]:
    """The status and headers of the answer. Its body is not read: nothing depends on it."""
    connection = http.client.HTTPConnection(url.hostname or "")
    connection.sock, connection.auto_open = link, 0
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        if isinstance(link, ssl.SSLSocket):
            link.do_handshake()
    except (OSError, ValueError) as error:
        raise _Failed(error, whole=False) from None
    whole = False
    # A receiver may refuse what is too large before it has read it all, say so and hang up.
    with suppress(OSError):
        connection.request("POST", target, data, {"Host": url.netloc, **headers})
        whole = True
    try:
        with connection.getresponse() as answer:
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Failed(error, whole=whole) from None


def _told(error: Exception) -> str:
    """What went wrong, without the address, which is a secret."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


# ---------------------------------------------------------------- what was answered


def _settled(status: int, headers: Mapping[str, str]) -> Receipt:
    if 200 <= status < 300:
        return Receipt()
    stated = pause(headers.get("retry-after", ""), headers.get("date", ""))
    if status == 429 or (status == 503 and stated is not None):
        wait = _SECONDS if stated is None else stated
        raise DeliveryError("the webhook asks for a pause", channel=True, retry_after=wait)
    if status in _PARKING or 300 <= status < 400:
        remedy = _PARKING.get(status, "it leads elsewhere: write the new address in the config")
        raise DeliveryError(
            f"the webhook answered {status}: {remedy}", channel=True, retry_after=_PARKED
        )
    if status >= 500 or status in _PASSING:
        raise DeliveryError(f"the webhook answered {status}", retry_after=stated)
    if status >= 400:
        raise DeliveryError(f"the webhook refuses the delivery: {status}", permanent=True)
    raise DeliveryError(f"the webhook's answer was none: {status}", unknown=True)
