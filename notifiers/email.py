"""Sends messages by SMTP, one mail a recipient; talks to the mail server that the config names."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP as RULES
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import clean, cut, line

if TYPE_CHECKING:
    import smtplib

SUBJECT = 200
# Servers and notification services begin to refuse mails at 2 MB; ours are some 20 kB.
_SIZE = 1_000_000
_PARKED = 3600.0
_PORTS = {"smtp": 587, "smtps": 465}
# An address that every server takes: ASCII, one `@`, nothing that ends a header or a command.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_POLICY = RULES.clone(cte_type="7bit")
_HEADERS = {
    *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
    *("x-tenderbell-key", "mime-version", "content-type", "content-transfer-encoding"),
}


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

    def recipients(self) -> tuple[str, ...]:
        return self.to

    def send(self, message: Message) -> Receipt:
        """Hand one mail to the server; the receipt is its Message-ID, the same on every attempt.

        A mail that the server finds too large is sent once more with its text alone.
        """
        mail = compose(message, self.sender)
        with self._session() as session:
            try:
                _hand_over(session, message.recipient, self._address, mail.as_bytes())
            except _TooLarge:
                small = compose(message, self.sender, html=False)
                with _told_at(session):
                    session.rset()
                try:
                    _hand_over(session, message.recipient, self._address, small.as_bytes())
                except _TooLarge as error:
                    raise DeliveryError(f"the mail is too large: {error}", permanent=True) from None
        return Receipt(str(mail["Message-ID"]))

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    @property
    def _address(self) -> str:
        return parseaddr(self.sender)[1]

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and logged in as the URL asks."""
        import smtplib

        url = urlsplit(self.smtp.get_secret_value())
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        # The name that we greet with: asking the machine for its own may take long.
        ours = self._address.rpartition("@")[2]
        with _told_at(None):
            session = (
                smtplib.SMTP_SSL(
                    host, port, ours, timeout=self.timeout, context=ssl.create_default_context()
                )
                if url.scheme == "smtps"
                else smtplib.SMTP(host, port, ours, timeout=self.timeout)
            )
        try:
            with _told_at(session):
                if url.scheme == "smtp" and url.query != "tls=none" and not _loopback(host):
                    session.starttls(context=ssl.create_default_context())
                if url.username:
                    session.login(unquote(url.username), unquote(url.password or ""))
                else:
                    session.ehlo_or_helo_if_needed()
            yield session
        finally:
            # The mail is settled by now: a server that hangs up first changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
            session.close()


class _TooLarge(Exception):
    """552, or more than the server's own SIZE."""


def compose(message: Message, sender: str, *, html: bool = True) -> EmailMessage:
    """The mail: text and HTML as alternatives, every header fixed by the message alone."""
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(line(name), addr_spec=address)
    mail["To"] = Address(addr_spec=message.recipient)
    mail["Subject"] = cut(line(message.parts["subject"]), SUBJECT) or "Tender notice"
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{_digest(message.key)}@{domain}>"
    mail["List-Id"] = f"<tenderbell.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    # Short enough for one line: a key of any length and alphabet stays a single word.
    mail["X-Tenderbell-Key"] = _digest(message.key)
    text = clean(message.parts["text"])
    if len(text) > _SIZE // 4:
        text, html = cut(text, _SIZE // 4), False
    mail.set_content(text + "\n")
    page = message.parts.get("html", "")
    if html and page and len(page) <= _SIZE // 4:
        mail.add_alternative(page + "\n", subtype="html")
    _checked(mail)
    return mail


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def _checked(mail: EmailMessage) -> None:
    """No header but ours came out, whatever the text was: folding has been fooled before."""
    names = [name.lower() for name in BytesHeaderParser().parsebytes(mail.as_bytes())]
    if len(names) != len(set(names)) or not set(names) <= _HEADERS:
        raise DeliveryError("the subject would forge a header", permanent=True)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ---------------------------------------------------------------- what the server answers


def _hand_over(session: smtplib.SMTP, recipient: str, sender: str, mail: bytes) -> None:
    """One transaction, command by command: after the last byte a lost answer means "unknown"."""
    import smtplib

    limit = session.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(mail):
        raise _TooLarge(f"{len(mail)} bytes, the server takes {limit}")
    size = [f"size={len(mail)}"] if session.has_extn("size") else []
    with _told_at(session):
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
def _told_at(session: smtplib.SMTP | None) -> Iterator[None]:
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
