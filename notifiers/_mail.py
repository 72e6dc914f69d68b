"""A message as a mail: its headers, its thread, its parts, all fixed by the message alone. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP as RULES
from email.policy import Policy
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from bot.contract import Attachment, Message
from bot.errors import DeliveryError
from bot.filters import clean, cut, line

SUBJECT = 200
_LINE = 78  # characters, RFC 5322, 2.1.1
# Servers and notification services begin to refuse mails at 2 MB; ours are some 20 kB.
SIZE = 1_000_000
# Where the address to unsubscribe by names who does.
RECIPIENT = "{recipient}"
_HEADERS = {
    *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
    *("in-reply-to", "references", "thread-topic"),
    *("list-unsubscribe", "list-unsubscribe-post"),
    *("x-tenderbell-key", "mime-version", "content-type", "content-transfer-encoding"),
}
_KIND = re.compile(r"([a-z]{1,40})/([a-z0-9.+-]{1,80})")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class _Verbatim(UnstructuredHeader, BaseHeader):
    """Addresses and ids, each on a line of its own: as text, a long one would be encoded."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """RFC 5322, 2.1.1 allows lines of 998 characters; what stands here is shorter."""
        folded = str(self).replace(", ", ",\r\n ")
        return f"{self.name}: {folded}\r\n"


class _Words(UnstructuredHeader, BaseHeader):
    """Text for people. The library's own folding may leave the first line of it empty."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """Plain ASCII at its spaces; any other text in encoded words (RFC 2047)."""
        if not self.isascii():
            encoded = Header(str(self), "utf-8", header_name=self.name).encode(linesep="\r\n")
            return f"{self.name}: {encoded}\r\n"
        first, *others = str(self).split(" ")
        lines = [f"{self.name}: {first}"]
        for word in others:
            if len(lines[-1]) + len(word) < _LINE:
                lines[-1] += f" {word}"
            else:
                lines.append(f" {word}")
        return "\r\n".join([*lines, ""])


_REGISTRY = HeaderRegistry()
for _name in ("in-reply-to", "references", "list-unsubscribe", "list-id"):
    _REGISTRY.map_to_type(_name, _Verbatim)
for _name in ("subject", "thread-topic"):
    _REGISTRY.map_to_type(_name, _Words)
_POLICY = RULES.clone(cte_type="7bit", header_factory=_REGISTRY)


def compose(
    message: Message, sender: str, *, unsubscribe: str = "", small: bool = False
) -> EmailMessage:
    """The mail: text and HTML as alternatives, and the attachments beside them.

    A `small` one is its text alone. `unsubscribe` is an https address, or "". What is left out for
    its size is named in the text.
    """
    mail = EmailMessage(policy=_POLICY)
    _head(mail, message, sender, unsubscribe)
    text = clean(message.parts["text"])
    page = message.parts.get("html", "")
    if small or len(text) > SIZE // 4 or len(page) > SIZE // 4:
        text, page = cut(text, SIZE // 4), ""
    room = 0 if small else SIZE - len(text.encode()) - len(page.encode())
    taken, left_out = _fitting(message.attachments, room)
    if left_out:
        names = ", ".join(_name_of(one) for one in left_out)
        text += f"\n\nLeft out, for this mail would be too large: {names}"
    mail.set_content(text + "\n")
    if page:
        mail.add_alternative(page + "\n", subtype="html")
    for one in taken:
        _attach(mail, one)
    _checked(mail)
    return mail


def _head(mail: EmailMessage, message: Message, sender: str, unsubscribe: str) -> None:
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    mail["From"] = Address(line(name), addr_spec=address)
    mail["To"] = Address(addr_spec=message.recipient)
    mail["Subject"] = cut(line(message.parts["subject"]), SUBJECT) or "Tender notice"
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{_digest(message.key)}@{domain}>"
    if message.thread:
        root = f"<{_digest(f'thread{message.thread}>{message.recipient}')}@{domain}>"
        # No mail has this id: every mail of the thread answers it, whichever comes first.
        mail["In-Reply-To"] = root
        mail["References"] = root
        if topic := cut(line(message.parts.get("topic", "")), SUBJECT):
            # Outlook and Exchange keep those of one topic together, whatever their subjects are.
            mail["Thread-Topic"] = topic
    mail["List-Id"] = f"<tenderbell.{domain}>"
    # RFC 2369, 3.2 and RFC 8058, 3.1: only an https address takes a click.
    wish = quote(f"Unsubscribe {message.recipient}", safe="")
    mailto = f"<mailto:{quote(address, safe='@')}?subject={wish}>"
    if unsubscribe:
        page = unsubscribe.replace(RECIPIENT, quote(message.recipient, safe=""))
        mail["List-Unsubscribe"] = f"<{page}>, {mailto}"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        mail["List-Unsubscribe"] = mailto
    mail["Auto-Submitted"] = "auto-generated"
    # Short enough for one line: a key of any length and alphabet stays a single word.
    mail["X-Tenderbell-Key"] = _digest(message.key)


def _fitting(given: Iterable[Attachment], room: int) -> tuple[list[Attachment], list[Attachment]]:
    """Those for which there is room, in their order, and the others."""
    taken: list[Attachment] = []
    left_out: list[Attachment] = []
    for one in given:
        size = len(one.content) * 3 // 2  # base64 with its line ends, and the part's headers
        fits = size <= room and _KIND.fullmatch(one.kind) is not None
        (taken if fits else left_out).append(one)
        room -= size if fits else 0
    return taken, left_out


def _name_of(attachment: Attachment) -> str:
    return _UNFIT.sub("-", attachment.name).strip("-.")[:80] or "attachment"


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    kind, _, subtype = attachment.kind.partition("/")
    params = {name: _UNFIT.sub("", value) for name, value in attachment.parameters.items()}
    if kind == "text":
        params.setdefault("charset", "utf-8")
    mail.add_attachment(
        attachment.content, kind, subtype, filename=_name_of(attachment), params=params
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def _checked(mail: EmailMessage) -> None:
    """No header but ours came out, whatever the text was: folding has been fooled before."""
    names = [name.lower() for name in BytesHeaderParser().parsebytes(mail.as_bytes())]
    if len(names) != len(set(names)) or not set(names) <= _HEADERS:
        raise DeliveryError("the subject would forge a header", permanent=True)
