"""The webhook: what is posted and signed, and what becomes of each way to fail; on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.contract import Message
from bot.errors import DeliveryError
from notifiers.webhook import DELIVERY, SIGNATURE, Webhook, body, delivery_id, signature
from tests.make import NOW, event, record
from tests.notifiers.rigs import CANARY, message
from tests.servers import Answer, Site, Wire, authority, dripping, raw, reply, silent

SECRET = "correct horse battery staple"
PATIENCE = 30  # seconds for what ends after 2 s; a busy machine may take longer


class Quick(Webhook):
    """The same, tired of waiting sooner, though not before a busy machine has come to answer."""

    timeout: ClassVar[float] = 2.0


def hook(url: str, kind: type[Webhook] = Webhook, **more: object) -> Webhook:
    return kind.model_validate({"url": f"{url}/in?token={CANARY}", "secret": SECRET} | more)


@pytest.fixture
def taking() -> Iterator[Site]:
    with Site([reply(status=204)]) as site:
        yield site


def failed(notifier: Webhook, what: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(what or message("webhook", recipient="webhook"))
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told and SECRET not in told
    return caught.value


# What a receiver does: the same lines as in the README.
def genuine(header: str, received: bytes, secret: str, now: float) -> bool:
    """Whether Tenderbell signed this body with the secret in the last five minutes."""
    fields = [part.partition("=")[::2] for part in header.split(",")]
    stamp = next((value for name, value in fields if name == "t"), "")
    wanted = hmac.new(secret.encode(), stamp.encode() + b"." + received, hashlib.sha256).hexdigest()
    signed = any(hmac.compare_digest(wanted, value) for name, value in fields if name == "v1")
    return signed and abs(now - int(stamp)) <= 300


# ---------------------------------------------------------------- what is posted


def test_a_delivery_is_one_signed_json_object(taking):
    sent = message("webhook", event("amended"), recipient="webhook")
    assert hook(taking.url).send(sent).reference == ""
    (seen,) = taking.seen
    assert seen.line == f"POST /in?token={CANARY} HTTP/1.1"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["host"] == taking.url.removeprefix("http://")
    assert genuine(seen.headers[SIGNATURE.lower()], seen.body, SECRET, NOW.timestamp())
    told = json.loads(seen.body)
    words = told.pop("message")
    assert told == json.loads(json.dumps(sent.facts)) and told["key"] == sent.key
    assert (told["status"], told["attempts"], told["sent"]) == ("sent", 1, "2026-05-12T09:00:00Z")
    assert words["subject"] == "Amended: Supported living services, Northwick"
    assert words["text"].startswith(words["subject"] + "\n") and "CPV" in words["text"]


def test_each_attempt_carries_the_same_id_and_a_signature_of_its_own_time(taking):
    first = message("webhook", recipient="webhook")
    later = replace(first, at=first.at + timedelta(minutes=2))
    other = message("webhook", event("cancelled"), recipient="webhook")
    for each in (first, later, other):
        hook(taking.url).send(each)
    ids = [seen.headers[DELIVERY.lower()] for seen in taking.seen]
    assert ids[0] == ids[1] != ids[2]
    assert taking.seen[0].headers[SIGNATURE.lower()] != taking.seen[1].headers[SIGNATURE.lower()]


def test_a_signature_does_not_hold_for_another_body_secret_or_time(taking):
    hook(taking.url).send(message("webhook", recipient="webhook"))
    (seen,) = taking.seen
    header, now = seen.headers[SIGNATURE.lower()], NOW.timestamp()
    assert genuine(header, seen.body, SECRET, now + 299)
    assert not genuine(header, seen.body, SECRET, now + 301)
    assert not genuine(header, seen.body, SECRET, now - 301)
    assert not genuine(header, seen.body + b" ", SECRET, now)
    assert not genuine(header, seen.body, SECRET + "x", now)
    stamp = int(now)
    moved = header.replace(f"t={stamp}", f"t={stamp + 200}")
    assert moved != header and not genuine(moved, seen.body, SECRET, now)


def test_while_a_secret_is_replaced_both_sign(taking):
    hook(taking.url, secret=["new secret", "old secret"]).send(message("webhook"))
    (seen,) = taking.seen
    for secret in ("new secret", "old secret"):
        assert genuine(seen.headers[SIGNATURE.lower()], seen.body, secret, NOW.timestamp())


@given(
    st.binary(max_size=300),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3),
    st.integers(0, 4_000_000_000).map(lambda stamp: datetime.fromtimestamp(stamp, UTC)),
)
def test_any_body_and_secret_is_proved_and_any_other_is_not(data, secrets, at):
    header = signature(data, secrets, at)
    assert re.fullmatch(r"t=\d+(,v1=[0-9a-f]{64})+", header)
    assert all(genuine(header, data, secret, at.timestamp()) for secret in secrets)
    assert not genuine(header, data + b"x", secrets[0], at.timestamp())
    assert "x" in secrets or not genuine(header, data, "x", at.timestamp())


@given(st.text(), st.text())
def test_an_id_is_safe_in_a_header_and_one_key_s_own(key, other):
    assert re.fullmatch(r"[0-9a-f]{64}", delivery_id(key))
    assert delivery_id(key) == delivery_id(key)
    assert (delivery_id(key) == delivery_id(other)) == (
        key.encode("utf-8", "replace") == other.encode("utf-8", "replace")
    )


@given(st.text(), st.text(), st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_any_text_becomes_strict_json_in_utf8(subject, text, facts):
    parts = {"subject": subject, "text": text}
    made = body(Message(key="k", recipient="webhook", parts=parts, at=NOW, facts=facts))
    assert json.loads(made.decode("utf-8"))["message"].keys() == {"subject", "text"}


def test_a_hostile_title_stays_inside_its_json(taking):
    title = 'x"}\r\nX-Evil: 1\r\n\r\n{"'
    hook(taking.url).send(message("webhook", event(record=record(title=title))))
    (seen,) = taking.seen
    assert "x-evil" not in seen.headers and json.loads(seen.body)["title"] == title


# ---------------------------------------------------------------- what can go wrong


AGAIN = {"permanent": False, "unknown": False, "channel": False, "retry_after": None}
PARKED = AGAIN | {"channel": True, "retry_after": 3600.0}
DOUBTFUL = AGAIN | {"unknown": True}
REFUSED = AGAIN | {"permanent": True}
NOON, LATER = "Tue, 12 May 2026 12:00:00 GMT", "Tue, 12 May 2026 12:01:30 GMT"


def quiet(seconds: float) -> dict[str, object]:
    return AGAIN | {"channel": True, "retry_after": seconds}


def hang_up(wire: Wire) -> None:
    """Nothing said, and the connection ended."""


def mute(wire: Wire) -> None:
    """Nothing read and nothing said until the server stops."""
    wire.stopped.wait()


FAULTS: dict[str, tuple[Answer, dict[str, object]]] = {
    "429 with seconds": (reply(status=429, retry_after="17"), quiet(17.0)),
    "429 with a date": (reply(status=429, retry_after=LATER, date=NOON), quiet(90.0)),
    "429 for ever": (reply(status=429, retry_after="9" * 400), quiet(86_400.0)),
    "429 alone": (reply(status=429), quiet(30.0)),
    "429 with nonsense": (reply(status=429, retry_after="soon"), quiet(30.0)),
    "503 with seconds": (reply(status=503, retry_after="5"), quiet(5.0)),
    "503 with a date": (reply(status=503, retry_after=LATER, date=NOON), quiet(90.0)),
    "503 alone": (reply(status=503), AGAIN),
    "500": (reply(b"<html>oops", status=500), AGAIN),
    "502 with seconds": (reply(status=502, retry_after="9"), AGAIN | {"retry_after": 9.0}),
    **{str(n): (reply(status=n), PARKED) for n in (401, 403, 404, 405, 410, 415, 407)},
    **{str(n): (reply(status=n), REFUSED) for n in (400, 409, 413, 418, 422)},
    **{str(n): (reply(status=n), AGAIN) for n in (408, 425, 599)},
    **{str(n): (reply(status=n, location="/x"), PARKED) for n in (301, 302, 303, 307, 308)},
    "304": (reply(status=304), PARKED),
    "103": (raw(b"HTTP/1.1 103 Early\r\n\r\n"), DOUBTFUL),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH\r\n"), DOUBTFUL),
    "endless head": (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500), DOUBTFUL),
    "giant header": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000), DOUBTFUL),
    "hung up": (hang_up, DOUBTFUL),
}
ENDLESS: dict[str, tuple[Answer, dict[str, object]]] = {
    "silent": (silent, DOUBTFUL),
    "drips its first line": (dripping(b"HTTP/1.1 ", b"2", 0.05), DOUBTFUL),
    "drips its head": (dripping(b"HTTP/1.1 500 No\r\n", b"X: y\r\n", 0.05), AGAIN),
    "drips continues": (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), DOUBTFUL),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_answer_says_what_to_do(case):
    answer, wanted = FAULTS[case]
    with Site([answer]) as site:
        error = failed(hook(site.url))
        assert {name: getattr(error, name) for name in wanted} == wanted
        assert len(site.seen) == 1, "asked once, and no redirect followed"


def test_an_answer_without_end_is_left_after_a_while():
    def left(case: str) -> None:
        answer, wanted = ENDLESS[case]
        with Site([answer]) as site:
            begun = time.monotonic()
            error = failed(hook(site.url, Quick))
            assert time.monotonic() - begun < PATIENCE, case
            assert {name: getattr(error, name) for name in wanted} == wanted, case
            assert len(site.seen) == 1, case

    with ThreadPoolExecutor() as pool:
        list(pool.map(left, ENDLESS))


def test_a_redirect_says_that_it_is_one():
    with Site([reply(status=301, location=f"/{CANARY}")]) as site:
        assert "301" in str(error := failed(hook(site.url))) and "new address" in str(error)


SUCCESSES = [200, 201, 202, 204, 299]


def test_any_success_is_taken_though_its_head_has_no_end():
    def taken(status: int) -> None:
        with Site([dripping(b"HTTP/1.1 %d OK\r\n" % status, b"X: y\r\n", 0.05)]) as site:
            begun = time.monotonic()
            hook(site.url, Quick).send(message("webhook"))
            assert time.monotonic() - begun < PATIENCE, status

    with ThreadPoolExecutor() as pool:
        list(pool.map(taken, SUCCESSES))


@pytest.mark.parametrize("status", SUCCESSES)
def test_any_success_is_taken_and_its_body_is_not_waited_for(status):
    with Site([dripping(b"HTTP/1.1 %d OK\r\n\r\n" % status, b"X: y\r\n", 0.05)]) as site:
        begun = time.monotonic()
        hook(site.url).send(message("webhook"))
        assert time.monotonic() - begun < Webhook.timeout


def test_nothing_is_lost_when_the_port_is_closed():
    with Site([reply()]) as site:
        notifier = hook(site.url)
    error = failed(notifier)
    assert not (error.permanent or error.unknown or error.channel)
    assert "refused" in str(error)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70 + ".example"])
def test_a_host_that_is_none_is_tried_again(host):
    error = failed(hook(f"http://{host}"))
    assert not (error.permanent or error.unknown) and "reached" in str(error)


def test_a_body_refused_before_it_was_read_is_refused_for_good():
    def early(wire: Wire) -> None:
        wire.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    large = replace(message("webhook"), parts={"subject": "s", "text": "x" * 30_000_000})
    with Unread([early]) as site:
        assert failed(Webhook.model_validate({"url": site.url, "secret": SECRET}), large).permanent


def test_a_receiver_that_takes_no_more_was_not_told():
    large = replace(message("webhook"), parts={"subject": "s", "text": "x" * 30_000_000})
    with Unread([mute]) as site:
        error = failed(hook(site.url, Quick), large)
    assert not error.unknown and not error.permanent and "too long" in str(error)


class Unread(Site):
    """A site that reads no request, and answers all the same."""

    def _talk(self, link, number):
        self.answers[0](Wire(link, self._stopped))
        self._stopped.wait(1)


def test_no_proxy_of_the_environment_is_used(taking, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    hook(taking.url).send(message("webhook"))
    assert len(taking.seen) == 1


def test_tls_is_verified_and_bounded(tmp_path: Path, monkeypatch):
    trusted, context = authority(tmp_path)
    with Site([reply(status=204)], tls=context) as site:
        error = failed(hook(site.url))
        assert "certificate is not trusted" in str(error) and not error.unknown
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        Webhook.model_validate({"url": site.url, "secret": SECRET}).send(message("webhook"))
        assert len(site.seen) == 1
        assert site.seen[0].headers["host"] == site.url.removeprefix("https://")
    with Unread([dripping(b"", b"\x16\x03\x03\x40\x00" + b"\0" * 5, 0.1)]) as site:
        error = failed(hook(site.url.replace("http:", "https:"), Quick))
        assert not error.unknown and not error.permanent


def test_nothing_secret_is_logged(caplog):
    caplog.set_level(0)
    with Site([reply(status=500)]) as site:
        failed(hook(site.url))
    assert CANARY not in caplog.text and SECRET not in caplog.text


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "https://example.org"},
        {"secret": CANARY},
        {"url": "https://example.org", "secret": ""},
        {"url": "https://example.org", "secret": " "},
        {"url": "https://example.org", "secret": []},
        {"url": "https://example.org", "secret": [CANARY, ""]},
        *(
            {"url": url, "secret": CANARY}
            for url in (
                f"ftp://example.org/{CANARY}",
                f"https:///{CANARY}",
                f"https://example.org:99999/{CANARY}",
                f"https://example.org:0/{CANARY}",
                f"https://user:{CANARY}@example.org",
                f"https://example.org/a b/{CANARY}",
                f"https://example.org/\r\nX: {CANARY}",
                f"https://example.org/ü{CANARY}",
                f"https://[::1/{CANARY}",
                f"{CANARY}",
            )
        ),
    ],
)
def test_half_a_webhook_is_refused(options):
    with pytest.raises(ValidationError) as caught:
        Webhook.model_validate(options)
    assert CANARY not in str(caught.value)
