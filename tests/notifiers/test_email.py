"""E-mail: what is sent, how it is encrypted, and each way to fail; against a server on loopback."""

from __future__ import annotations

import ssl
import traceback
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ValidationError

from bot.contract import Attachment, Message
from bot.demo.smtp import Fault, Smtp
from bot.errors import DeliveryError
from notifiers._mail import compose
from notifiers.email import Email
from tests.make import NOW, event, record
from tests.notifiers.rigs import CANARY, message

PEM = Path(__file__).parent / "data" / "loopback.pem"
FROM = "Tender alerts <alerts@example.org>"


class Quick(Email):
    """The same, tired of waiting sooner."""

    timeout: ClassVar[float] = 2.0


class Hasty(Email):
    """The same, for servers that never answer."""

    timeout: ClassVar[float] = 0.3


OPTIONS = {"from": FROM, "to": ["bids@example.org"]}


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
    return Quick.model_validate(OPTIONS | {"smtp": url} | more)


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
    assert found.get_content_type() == "multipart/mixed"
    words, *files = found.iter_parts()
    assert words.get_content_type() == "multipart/alternative" and len(files) == 2
    plain, page = words.iter_parts()
    assert plain.get_content_type() == "text/plain" and page.get_content_type() == "text/html"
    assert "Fri 19 Jun 2026 12:00 BST" in plain.get_content()
    title = "Supported living services, Northwick"
    assert found["Subject"] == f"New tender, closes 19 Jun: {title}"
    assert found["From"] == FROM and found["To"] == "bids@example.org"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == NOW
    assert found["Message-ID"] == receipt.reference and receipt.reference.endswith("@example.org>")
    assert found["List-Id"] == "<tenderbell.example.org>"


def test_whoever_wants_no_more_writes_to_the_sender(server):
    mailer(server.url).send(message("email"))
    found = server.received[0].message
    stop = "<mailto:alerts@example.org?subject=Unsubscribe%20bids%40example.org>"
    assert found["List-Unsubscribe"] == stop and found["List-Unsubscribe-Post"] is None


def test_with_an_address_on_the_web_one_click_is_enough(server):
    url = "https://example.org/stop?who={recipient}&list=" + "x" * 120
    mailer(server.url, unsubscribe=url).send(message("email", recipient="a+b@example.org"))
    found = server.received[0].message
    page, mailto = found["List-Unsubscribe"].split(", ")
    assert page == f"<https://example.org/stop?who=a%2Bb%40example.org&list={'x' * 120}>"
    assert mailto == "<mailto:alerts@example.org?subject=Unsubscribe%20a%2Bb%40example.org>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def threaded(name: str, recipient: str = "bids@example.org", **parts: str) -> Message:
    sent = message("email", event(key=f"{name}/{len(parts)}"), recipient)
    return replace(sent, thread=name, parts={**sent.parts, **parts})


def test_all_mails_of_a_procurement_answer_one_that_was_never_sent(server):
    notifier = mailer(server.url, to=["bids@example.org", "board@example.org"])
    notifier.send(threaded("fts:ocds-1"))
    notifier.send(threaded("fts:ocds-1", subject="Deadline moved"))
    notifier.send(threaded("fts:ocds-1", "board@example.org"))
    notifier.send(threaded("fts:ocds-2"))
    notifier.send(message("email"))
    first, second, board, other, alone = (mail.message for mail in server.received)
    assert first["In-Reply-To"] == first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Thread-Topic"] == second["Thread-Topic"] == "Supported living services, Northwick"
    roots = {found["References"] for found in (first, board, other)}
    assert len(roots) == 3 and roots.isdisjoint({m.message["Message-ID"] for m in server.received})
    assert alone["References"] is None and alone["In-Reply-To"] is None


def test_a_long_name_of_the_sender_s_host_breaks_no_id(server):
    sender = f"alerts@{'a' * 60}.{'b' * 60}.{'c' * 60}.example.org"
    notifier = mailer(server.url, **{"from": sender})
    notifier.send(threaded("fts:ocds-1"))
    found = server.received[0].message
    for name in ("Message-ID", "References", "In-Reply-To", "List-Id", "List-Unsubscribe"):
        assert sender.partition("@")[2] in found[name] and "=?" not in found[name]
    assert b"=?" not in server.received[0].data.partition(b"\r\n\r\n")[0]


def test_a_subject_begins_on_its_own_line(server):
    title = "Submission closes tomorrow, 8 Jun 09:00: Supported living services, Northwick"
    mailer(server.url).send(threaded("a", subject=title))
    mailer(server.url).send(threaded("b", subject=f"{title} und für Zürich, {title}"))
    plain, encoded = server.received
    assert f"Subject: {title[:60]}".encode() in plain.data and plain.message["Subject"] == title
    assert encoded.message["Subject"] == f"{title} und für Zürich, {title}"
    for mail in server.received:
        head = mail.data.partition(b"\r\n\r\n")[0]
        assert max(map(len, head.split(b"\r\n"))) <= 100


# ---------------------------------------------------------------- attachments


def test_a_deadline_comes_as_a_calendar_file(server):
    mailer(server.url).send(message("email"))
    _, *files = server.received[0].message.iter_parts()
    names = [part.get_filename() for part in files]
    assert names == ["ask-questions-by-2026-06-05.ics", "submit-by-2026-06-19.ics"]
    for part in files:
        assert part.get_content_type() == "text/calendar" and part.is_attachment()
        assert part.get_param("method") == "PUBLISH" and part.get_param("charset") == "utf-8"
        assert part.get_payload(decode=True).startswith(b"BEGIN:VCALENDAR\r\n")


def attached(*files: Attachment) -> Message:
    return replace(message("email"), attachments=files)


def test_what_is_too_large_to_attach_is_named_in_the_text(server):
    small, large = b"x" * 1000, b"y" * 900_000
    sent = attached(
        Attachment("a.ics", "text/calendar", small), Attachment("b.pdf", "application/pdf", large)
    )
    mailer(server.url).send(sent)
    words, *files = server.received[0].message.iter_parts()
    assert [part.get_filename() for part in files] == ["a.ics"]
    text = next(words.iter_parts()).get_content()
    assert text.rstrip().endswith("Left out, for this mail would be too large: b.pdf")
    assert len(server.received[0].data) < 1_000_000


def test_a_mail_that_goes_as_text_alone_names_what_it_had(server):
    server.faults.append(Fault("body", "552 5.3.4 too large"))
    mailer(server.url).send(message("email"))
    found = server.received[0].message
    assert found.get_content_type() == "text/plain"
    assert "too large: ask-questions-by-2026-06-05.ics, submit-by" in found.get_content()


def test_an_attachment_forges_nothing(server):
    sent = attached(
        Attachment(
            "a\r\nBcc: v@example.org/../é.ics", "text/calendar", b"x", {"method": "A\r\nB: c"}
        ),
        Attachment("b.ics", "text/calendar\r\nBcc: v@example.org", b"x"),
    )
    mailer(server.url).send(sent)
    (mail,) = server.received
    _, *files = mail.message.iter_parts()
    assert [part.get_filename() for part in files] == ["a-Bcc-v-example.org-..-.ics"]
    assert b"\r\nB:" not in mail.data and b"\r\nBcc" not in mail.data


# ---------------------------------------------------------------- several mails


def test_a_batch_is_one_connection(server):
    notifier = mailer(server.url)
    with notifier.batch() as send:
        assert server.sessions == 0
        for number in range(3):
            send(threaded(f"fts:{number}"))
    assert server.sessions == 1 and len(server.received) == 3
    one = ["MAIL", "RCPT", "DATA"]
    assert server.heard == ["EHLO", *one, "RSET", *one, "RSET", *one, "QUIT"]


def test_a_batch_logs_in_once(server):
    with Smtp(accounts={"bot": "right"}) as server:
        notifier = mailer(f"smtp://bot:right@127.0.0.1:{server.port}")
        with notifier.batch() as send:
            send(threaded("fts:1"))
            send(threaded("fts:2"))
        assert server.heard.count("AUTH") == 1 and len(server.received) == 2


@pytest.mark.parametrize("answer", ["", "421 4.4.2 idle for too long"])
def test_a_server_that_hung_up_meanwhile_is_called_again(server, answer):
    with mailer(server.url).batch() as send:
        send(threaded("fts:1"))
        server.faults.append(Fault("RSET", answer))
        send(threaded("fts:2"))
    assert server.sessions == 2 and len(server.received) == 2


@pytest.mark.parametrize(
    ("fault", "sessions"),
    [
        (Fault("RCPT", "550 5.1.1 no such user"), 1),
        (Fault("RCPT", "451 4.7.1 greylisted"), 1),
        (Fault("RCPT"), 2),
        (Fault("middle"), 2),
        (Fault("body"), 2),
        (Fault("body", "554 5.7.1 looks like spam"), 1),
    ],
    ids=str,
)
def test_a_mail_that_fails_does_not_touch_the_next_of_the_batch(server, fault, sessions):
    server.faults.append(fault)
    with mailer(server.url).batch() as send:
        with pytest.raises(DeliveryError):
            send(threaded("fts:1"))
        send(threaded("fts:2"))
    assert server.sessions == sessions and len(server.received) == 1
    assert server.received[0].message["References"] == compose_root("fts:2")


def compose_root(name: str) -> str:
    return str(compose(threaded(name), FROM)["References"])


def test_a_mail_whose_answer_never_came_is_not_sent_again_by_the_batch(server):
    server.faults.append(Fault("body", kept=True))
    with mailer(server.url).batch() as send, pytest.raises(DeliveryError) as caught:
        send(threaded("fts:1"))
    assert caught.value.unknown and len(server.received) == 1 and server.sessions == 1


def test_a_late_answer_is_not_taken_for_the_next_one(server):
    server.faults.append(Fault("RCPT", silent=True))
    with Hasty.model_validate(OPTIONS | {"smtp": server.url}).batch() as send:
        with pytest.raises(DeliveryError):
            send(threaded("fts:1"))
        send(threaded("fts:2"))
    assert server.sessions == 2 and len(server.received) == 1


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
    plain = mail.message.get_body(("plain",))
    assert plain.get_content().splitlines() == ["first", ".", ".second", "QUIT"]


# A thread, attachments and an address to unsubscribe by: every header there is.
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "list-id", "auto-submitted"),
    *("in-reply-to", "references", "thread-topic", "list-unsubscribe", "list-unsubscribe-post"),
    *("x-tenderbell-key", "mime-version", "content-type"),
}


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
    parts = {**sent.parts, "subject": title, "topic": title}
    stop = "https://example.org/{recipient}"
    mailer(server.url, unsubscribe=stop).send(replace(sent, parts=parts, thread=title))
    (mail,) = server.received
    assert mail.recipients == ("bids@example.org",)
    assert set(map(str.lower, mail.message.keys())) == HEADERS
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
        ({"unsubscribe": f"http://example.org/{CANARY}"}, "https"),
        ({"unsubscribe": "mailto:stop@example.org"}, "https"),
        ({"unsubscribe": "https://example.org/a>, <mailto:v@example.org"}, "https"),
        ({"unsubscribe": "https://example.org/\r\nBcc: v@example.org"}, "https"),
        ({"unsubscribe": "https://user:word@example.org/"}, "https"),
        ({"unsubscribe": f"https://example.org/{'x' * 500}"}, "https"),
        ({"unsubscribe": "https://example.org/", "to": ["a@b.org", "c@b.org"]}, "{recipient}"),
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
    (Fault("greeting", silent=True), AGAIN),
    (Fault("MAIL", silent=True), AGAIN),
    (Fault("RCPT", "452 4.2.2 mailbox full"), AGAIN),
    (Fault("DATA", silent=True), AGAIN),
    (Fault("middle"), DOUBTFUL),
    (Fault("body", silent=True), DOUBTFUL),
    (Fault("body"), DOUBTFUL),
    (Fault("body", kept=True), DOUBTFUL),
]


@pytest.mark.parametrize(("fault", "wanted"), FAULTS, ids=lambda x: str(getattr(x, "stage", "")))
def test_each_fault_says_what_to_do(server, fault, wanted):
    server.faults.append(fault)
    error = failed(Hasty.model_validate(OPTIONS | {"smtp": server.url}))
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
