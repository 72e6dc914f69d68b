"""Sends messages by SMTP, one mail a recipient; talks to the mail server that the config names."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from email.utils import parseaddr
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import cut, line, link
from notifiers._mail import RECIPIENT, compose

if TYPE_CHECKING:
    import smtplib

_PARKED = 3600.0
_PORTS = {"smtp": 587, "smtps": 465}
# An address that every server takes: ASCII, one `@`, nothing that ends a header or a command.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_LONGEST_URL = 500  # so that the header with it stays below the 998 characters of a line


class Email(BaseModel):
    """One mail server and its recipients: `smtp`, `from` and `to`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )

    timeout: ClassVar[float] = 20.0  # seconds, for each answer
    pace: ClassVar[float] = 0.0
    converses: ClassVar[bool] = False

    smtp: SecretStr
    sender: str = Field(alias="from")
    to: tuple[str, ...] = Field(min_length=1)
    unsubscribe: str = ""  # takes a POST that ends the alerts of {recipient}, as RFC 8058 says

    @field_validator("smtp")
    @classmethod
    def _server(cls, value: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(value.get_secret_value())
            known = parts.scheme in _PORTS and parts.hostname and parts.port != 0
        except ValueError:
            known = None
        if not known:
            raise ValueError("must be smtp://user:password@host:587 or smtps://host:465")
        if parts.query not in ("", "tls=none") or parts.path not in ("", "/") or parts.fragment:
            raise ValueError("may only end in ?tls=none after the port")
        return value

    @field_validator("sender")
    @classmethod
    def _from(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if line(value) != value.strip() or not _ADDRESS.fullmatch(address):
            raise ValueError("must be an address, as in Tender alerts <alerts@example.com>")
        return value

    @field_validator("to")
    @classmethod
    def _to(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not _ADDRESS.fullmatch(address):
                raise ValueError("each must be a bare address, as in bids@example.com")
        return tuple(dict.fromkeys(value))

    @field_validator("unsubscribe")
    @classmethod
    def _one_click(cls, value: str) -> str:
        probe = value.replace(RECIPIENT, "x")
        if len(value) > _LONGEST_URL or not probe.startswith("https://") or link(probe) != probe:
            raise ValueError("must be an https address, as in https://example.com/stop/{recipient}")
        return value

    @model_validator(mode="after")
    def _tells_them_apart(self) -> Email:
        if self.unsubscribe and len(self.to) > 1 and RECIPIENT not in self.unsubscribe:
            raise ValueError("unsubscribe must hold {recipient} where there is more than one")
        return self

    def recipients(self) -> tuple[str, ...]:
        return self.to

    def send(self, message: Message) -> Receipt:
        """Hand one mail to the server; the receipt is its Message-ID, the same on every attempt.

        A mail that the server finds too large is sent once more with its text alone.
        """
        with self.batch() as send:
            return send(message)

    @contextmanager
    def batch(self) -> Iterator[Send]:
        """The same `send` over one connection, opened with the first mail, closed at the end."""
        with closing(_Line(self._connect)) as connection:
            yield lambda message: self._send(connection, message)

    def _send(self, connection: _Line, message: Message) -> Receipt:
        mail = compose(message, self.sender, unsubscribe=self.unsubscribe)
        try:
            connection.hand_over(message.recipient, self._address, mail.as_bytes())
        except _TooLarge:
            small = compose(message, self.sender, unsubscribe=self.unsubscribe, small=True)
            try:
                connection.hand_over(message.recipient, self._address, small.as_bytes())
            except _TooLarge as error:
                raise DeliveryError(f"the mail is too large: {error}", permanent=True) from None
        return Receipt(str(mail["Message-ID"]))

    @property
    def _address(self) -> str:
        return parseaddr(self.sender)[1]

    def _connect(self) -> smtplib.SMTP:
        """A connection, encrypted and logged in as the URL asks."""
        import smtplib

        url = urlsplit(self.smtp.get_secret_value())
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        # The name that we greet with: asking the machine for its own may take long.
        ours = self._address.rpartition("@")[2]
        with _told():
            session = (
                smtplib.SMTP_SSL(
                    host, port, ours, timeout=self.timeout, context=ssl.create_default_context()
                )
                if url.scheme == "smtps"
                else smtplib.SMTP(host, port, ours, timeout=self.timeout)
            )
        try:
            with _told():
                if url.scheme == "smtp" and url.query != "tls=none" and not _loopback(host):
                    session.starttls(context=ssl.create_default_context())
                if url.username:
                    session.login(unquote(url.username), unquote(url.password or ""))
                else:
                    session.ehlo_or_helo_if_needed()
        except BaseException:
            _end(session)
            raise
        return session


class _TooLarge(Exception):
    """552, or more than the server's own SIZE."""


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ---------------------------------------------------------------- one connection


class _Line:
    """One connection for several mails: opened when wanted, and anew when it has gone."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        self._session: smtplib.SMTP | None = None

    def hand_over(self, recipient: str, sender: str, mail: bytes) -> None:
        """One transaction, command by command: after the last byte a lost answer means "unknown".

        smtplib closes a connection that broke or was silent for too long, so that a late answer
        is never taken for that to another command.
        """
        import smtplib

        session = self._ready()
        limit = session.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail):
            raise _TooLarge(f"{len(mail)} bytes, the server takes {limit}")
        size = [f"size={len(mail)}"] if session.has_extn("size") else []
        with _told():
            _expect(session.mail(sender, size), "sender")
            _expect(session.rcpt(recipient), "recipient")
            _expect(session.docmd("DATA"), "mail", fine=354)
            session.send(re.sub(rb"(?m)^\.", b"..", mail) + b".\r\n")
        try:
            answer = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(
                f"the server took the mail and its answer never came: {_said(error)}", unknown=True
            ) from None
        _expect(answer, "mail")

    def _ready(self) -> smtplib.SMTP:
        """The connection, with nothing begun: an idle one may have been closed meanwhile."""
        if self._session is not None and not _alive(self._session):
            self.close()
        if self._session is None:
            self._session = self._connect()
        return self._session

    def close(self) -> None:
        if self._session is not None:
            _end(self._session)
        self._session = None


def _alive(session: smtplib.SMTP) -> bool:
    """Whether the server is still there; it forgets what was begun."""
    import smtplib

    try:
        return session.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _end(session: smtplib.SMTP) -> None:
    """Part politely: every mail is settled, so a server that hangs up first changes nothing."""
    import smtplib

    with suppress(OSError, smtplib.SMTPException):
        if session.sock is not None:
            session.quit()
    session.close()


# ---------------------------------------------------------------- what the server answers


def _expect(answer: tuple[int, bytes], what: str, *, fine: int = 250) -> None:
    code, text = answer
    if code == fine or (fine == 250 and code == 251):
        return
    why = f"the server refuses the {what}: {code} {_readable(text)}"
    if code == 552 or (code == 523):
        raise _TooLarge(why)
    if code in (530, 535) or (what == "sender" and code >= 500):
        # The account or the sender, so every mail of the channel.
        raise DeliveryError(why, channel=True, retry_after=_PARKED)
    raise DeliveryError(why, permanent=500 <= code < 600)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong before a mail is handed over, as DeliveryError; none of it is doubtful."""
    import smtplib

    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        parked = error.smtp_code >= 500
        raise DeliveryError(
            f"the server refuses the log-in: {error.smtp_code}; check user and password",
            channel=True,
            retry_after=_PARKED if parked else None,
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError(
            "the server offers no STARTTLS or no log-in: use smtps://, or ?tls=none on a net"
            " that you trust",
            channel=True,
            retry_after=_PARKED,
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(
            f"the server's certificate is not trusted: {error.verify_message}",
            channel=True,
            retry_after=_PARKED,
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the mail server cannot be reached: {_said(error)}") from None


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    code = getattr(error, "smtp_code", None)
    if isinstance(code, int):
        return f"it answered {code} {_readable(getattr(error, 'smtp_error', b''))}".strip()
    return getattr(error, "strerror", None) or type(error).__name__


def _readable(text: bytes | str) -> str:
    return cut(line(text.decode("utf-8", "replace") if isinstance(text, bytes) else text), 200)
