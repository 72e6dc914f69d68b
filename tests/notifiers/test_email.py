"""E-mail: what is sent, how it is encrypted, and each way to fail; against a server on loopback."""

from __future__ import annotations

import ssl
import traceback
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ValidationError

from bot.contract import Message
from bot.demo.smtp import Fault, Smtp
from bot.errors import DeliveryError
from notifiers.email import Email, compose
from tests.make import NOW, event, record
from tests.notifiers.rigs import CANARY, message

PEM = Path(__file__).parent / "data" / "loopback.pem"
FROM = "Tender alerts <alerts@example.org>"


class Quick(Email):
    """The same, tired of waiting sooner."""

    timeout: ClassVar[float] = 2.0


@pytest.fixture
def server():
    with Smtp() as running:
        yield running


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def mailer(url: str, **more: object) -> Email:
    return Quick.model_validate({"smtp": url, "from": FROM, "to": ["bids@example.org"]} | more)


def failed(notifier: Email, sent: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(sent or message("email"))
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value


# ---------------------------------------------------------------- what is sent


def test_a_mail_is_text_and_page_with_the_headers_of_a_machine(server):
    receipt = mailer(server.url).send(message("email"))
    (mail,) = server.received
    assert mail.sender == "alerts@example.org" and mail.recipients == ("bids@example.org",)
    found = mail.message
    assert found.get_content_type() == "multipart/alternative"
    plain, page = found.iter_parts()
    assert plain.get_content_type() == "text/plain" and page.get_content_type() == "text/html"
    assert "Fri 19 Jun 2026 12:00 BST" in plain.get_content()
    assert found["Subject"] == "New tender: Supported living services, Northwick"
    assert found["From"] == FROM and found["To"] == "bids@example.org"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == NOW
    assert found["Message-ID"] == receipt.reference and receipt.reference.endswith("@example.org>")
    assert found["List-Id"] == "<tenderbell.example.org>"


def test_two_attempts_carry_one_message_id_and_two_deliveries_two(server):
    notifier = mailer(server.url)
    server.faults.append(Fault("body", "", kept=True))
    assert failed(notifier).unknown
    notifier.send(message("email"))
    notifier.send(message("email", recipient="board@example.org"))
    first, again, other = (mail.message["Message-ID"] for mail in server.received)
    assert first == again != other


def test_every_recipient_is_a_delivery_of_its_own():
    notifier = mailer("smtp://mail.example.org", to=["a@example.org", "b@example.org"] * 2)
    assert notifier.recipients() == ("a@example.org", "b@example.org")


def test_a_line_that_is_a_single_dot_ends_nothing(server):
    sent = message("email")
    sent = replace(sent, parts={**sent.parts, "text": "first\n.\n.second\nQUIT"})
    mailer(server.url).send(sent)
    (mail,) = server.received
    plain = next(mail.message.iter_parts())
    assert plain.get_content().splitlines() == ["first", ".", ".second", "QUIT"]


@pytest.mark.parametrize(
    "title",
    [
        "Supply\r\nBcc: victim@example.org",
        "=?utf-8?q?a=0D=0ABcc:_victim@example.org?= " * 5,
        "=?utf-8?b?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm9yZw==?=",
        "a\x85Bcc: victim@example.org\u2028Bcc: victim@example.org",
        "é" * 500,
    ],
)
def test_a_title_forges_no_header(server, title):
    sent = message("email", event(record=record(title=title)))
    mailer(server.url).send(replace(sent, parts={**sent.parts, "subject": title}))
    (mail,) = server.received
    assert mail.recipients == ("bids@example.org",)
    assert set(map(str.lower, mail.message.keys())) == {
        *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
        *("x-tenderbell-key", "mime-version", "content-type"),
    }
    assert len(mail.message["Subject"]) <= 200
    assert max(map(len, mail.data.split(b"\r\n"))) <= 998


def test_a_sender_s_name_may_hold_any_letter():
    mail = compose(message("email"), "Ausschreibungen für Zürich <alerts@example.org>")
    assert b"alerts@example.org" in mail.as_bytes() and mail.as_bytes().isascii()


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"smtp": f"http://bot:{CANARY}@host"}, "smtp://"),
        ({"smtp": f"smtp://bot:{CANARY}@"}, "smtp://"),
        ({"smtp": f"smtp://bot:{CANARY}@host:99999"}, "smtp://"),
        ({"smtp": f"smtp://bot:{CANARY}@host?tls=off"}, "tls=none"),
        ({"smtp": f"smtp://bot:{CANARY}@host/inbox"}, "tls=none"),
        ({"from": "alerts"}, "alerts@example.com"),
        ({"from": "A\r\nBcc: v@example.org <alerts@example.org>"}, "alerts@example.com"),
        ({"to": []}, "at least 1"),
        ({"to": ["Bids <bids@example.org>"]}, "bare address"),
        ({"to": ["bids@example.org\r\nDATA"]}, "bare address"),
        ({"to": ["bids@example.org\n"]}, "bare address"),
        ({"to": ["ü@example.org"]}, "bare address"),
    ],
)
def test_a_wrong_option_is_refused_with_the_right_one(more, wanted):
    with pytest.raises(ValidationError) as caught:
        mailer(**({"url": "smtp://127.0.0.1"} | more))
    assert wanted in str(caught.value) and CANARY not in str(caught.value)


# ---------------------------------------------------------------- encryption and log-in


def test_a_server_elsewhere_without_starttls_gets_nothing():
    # 0.0.0.0 reaches this machine, and is not a loopback address.
    with Smtp(host="0.0.0.0", accounts={"bot": CANARY}) as server:
        error = failed(mailer(f"smtp://bot:{CANARY}@0.0.0.0:{server.port}"))
        assert error.channel and error.retry_after == 3600.0 and "STARTTLS" in str(error)
        assert not server.received
        mailer(f"smtp://bot:{CANARY}@0.0.0.0:{server.port}?tls=none").send(message("email"))
        assert server.received[0].user == "bot" and not server.received[0].encrypted


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_must_be_trusted(tls, implicit):
    with Smtp(host="0.0.0.0", tls=tls, implicit=implicit) as server:
        error = failed(mailer(server.url))
        assert error.channel and "not trusted" in str(error)
        assert not server.received


@pytest.mark.parametrize("implicit", [False, True])
def test_a_trusted_server_gets_the_password_and_the_mail_encrypted(tls, implicit, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    accounts = {"bot@example.org": "p@ss/ word"}
    with Smtp(host="0.0.0.0", tls=tls, implicit=implicit, accounts=accounts) as server:
        user = "bot%40example.org:p%40ss%2F%20word@"
        mailer(server.url.replace("://", f"://{user}")).send(message("email"))
        (mail,) = server.received
        assert mail.encrypted and mail.user == "bot@example.org"


def test_a_wrong_password_parks_the_channel():
    with Smtp(accounts={"bot": "right"}) as server:
        error = failed(mailer(f"smtp://bot:{CANARY}@127.0.0.1:{server.port}"))
        assert error.channel and error.retry_after == 3600.0 and not error.permanent


# ---------------------------------------------------------------- what can go wrong


AGAIN = {"permanent": False, "unknown": False, "channel": False, "retry_after": None}
NEVER = AGAIN | {"permanent": True}
PARKED = AGAIN | {"channel": True, "retry_after": 3600.0}
DOUBTFUL = AGAIN | {"unknown": True}
FAULTS = [
    (Fault("greeting", "421 4.3.2 too busy"), AGAIN),
    (Fault("greeting"), AGAIN),
    (Fault("EHLO"), AGAIN),
    (Fault("MAIL", "451 4.3.0 later"), AGAIN),
    (Fault("MAIL", "550 5.7.1 not your sender"), PARKED),
    (Fault("MAIL", "530 5.7.0 log in first"), PARKED),
    (Fault("RCPT", "421 4.7.0 greylisted"), AGAIN),
    (Fault("RCPT", "451 4.7.1 greylisted"), AGAIN),
    (Fault("RCPT", "550 5.1.1 no such user"), NEVER),
    (Fault("RCPT"), AGAIN),
    (Fault("DATA", "554 5.7.1 no"), NEVER),
    (Fault("DATA"), AGAIN),
    (Fault("body", "451 4.3.0 disk full"), AGAIN),
    (Fault("body", "554 5.7.1 looks like spam"), NEVER),
    (Fault("body"), DOUBTFUL),
    (Fault("body", kept=True), DOUBTFUL),
]


@pytest.mark.parametrize(("fault", "wanted"), FAULTS, ids=lambda x: str(getattr(x, "stage", "")))
def test_each_fault_says_what_to_do(server, fault, wanted):
    server.faults.append(fault)
    error = failed(mailer(server.url))
    assert {name: getattr(error, name) for name in wanted} == wanted
    assert fault.answer[:3] in str(error)
    mailer(server.url).send(message("email"))
    assert len(server.received) == 1 + fault.kept


def test_one_refused_recipient_does_not_touch_another(server):
    server.faults.append(Fault("RCPT", "550 5.1.1 no such user"))
    assert failed(mailer(server.url)).permanent
    mailer(server.url).send(message("email", recipient="board@example.org"))
    assert server.received[0].recipients == ("board@example.org",)


@pytest.mark.parametrize("stage", ["MAIL", "body"])
def test_a_mail_too_large_goes_again_as_text(server, stage):
    server.faults.append(Fault(stage, "552 5.3.4 too large"))
    mailer(server.url).send(message("email"))
    assert server.received[0].message.get_content_type() == "text/plain"
    assert server.sessions == 1


def test_a_mail_larger_than_the_server_s_size_is_not_even_tried():
    with Smtp(size=4000) as server:
        mailer(server.url).send(message("email"))
        assert server.received[0].message.get_content_type() == "text/plain"
    with Smtp(size=40) as server:
        assert failed(mailer(server.url)).permanent and not server.received


def test_a_huge_message_is_cut_to_what_servers_take(server):
    parts = {"subject": "x" * 10_000, "text": "é" * 5_000_000, "html": "<p>" + "x" * 5_000_000}
    huge = Message(key="k", recipient="bids@example.org", parts=parts, at=NOW)
    mailer(server.url).send(huge)
    assert len(server.received[0].data) < 2_000_000


def test_a_closed_port_is_tried_again():
    with Smtp() as server:
        notifier = mailer(server.url)
    error = failed(notifier)
    assert {name: getattr(error, name) for name in AGAIN} == AGAIN
