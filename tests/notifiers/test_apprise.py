"""Apprise: what reaches a service, and what becomes of each way to fail; on loopback."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.contract import Message
from bot.errors import DeliveryError
from notifiers.apprise import Apprise, _worded
from tests.make import NOW, event, record
from tests.notifiers import rigs
from tests.notifiers.rigs import CANARY, apprise, message
from tests.servers import Answer, Site, Wire, dripping, reply, silent

# What the library's own examples look like; none of these is a real address.
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TEAMS = "https://prod-1.logic.azure.com:443/workflows/WFID/triggers/manual/paths/invoke?sig=SIG"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"


class Quick(Apprise):
    """The same, tired of waiting sooner."""

    timeout: ClassVar[float] = 1.5


def quick(*urls: str) -> Any:
    apprise({"urls": "json://127.0.0.1"})  # what the library imports, it has imported then
    return Quick.model_validate({"urls": list(urls)})


def at(site: Site, path: str = "") -> str:
    return f"json://user:{CANARY}@127.0.0.1:{site.port}/{CANARY}{path}?rto=0.4"


@pytest.fixture
def taking() -> Iterator[Site]:
    with Site([reply(connection="close")]) as site:
        yield site


def sent(notifier: Any, what: Message | None = None) -> None:
    for recipient in notifier.recipients():
        notifier.send(what or message("apprise", recipient=recipient))


def failed(notifier: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sent(notifier)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize(
    ("kind", "sign"),
    [("new", "info"), ("amended", "info"), ("awarded", "info"), ("cancelled", "warning")],
)
def test_a_service_gets_the_subject_as_title_and_the_text_without_it(taking, kind, sign):
    notifier = quick(at(taking))
    (name,) = notifier.recipients()
    what = message("apprise", event(kind), name)
    assert notifier.send(what).reference == ""
    (seen,) = taking.seen
    told = json.loads(seen.body)
    assert (told["title"], told["type"]) == (what.parts["subject"], sign)
    assert told["title"] not in told["message"] and told["attachments"] == []
    assert what.parts["text"].endswith(told["message"]) and "CPV 85311000" in told["message"]


def test_each_address_is_a_recipient_and_one_that_fails_does_not_repeat_the_others(taking):
    with Site([reply(status=500)]) as broken:
        notifier = quick(at(taking), at(broken))
        good, bad = notifier.recipients()
        notifier.send(message("apprise", recipient=good))
        with pytest.raises(DeliveryError, match=f"{bad} answered 500"):
            notifier.send(message("apprise", recipient=bad))
    assert len(taking.seen) == len(broken.seen) == 1


def test_a_recipient_is_named_by_its_service_and_no_part_of_its_address():
    notifier = quick(DISCORD, TEAMS, TELEGRAM)
    names = notifier.recipients()
    assert [name.rpartition("-")[0] for name in names] == ["discord", "workflows", "telegram"]
    assert all(re.fullmatch(r"[a-z]+-[0-9a-f]{6}", name) for name in names)
    assert quick(TELEGRAM).recipients() == names[2:], "the same wherever it stands"
    assert notifier.pace == 5.5, "what the slowest of them asks for"


def test_an_address_that_left_the_config_is_no_recipient():
    with pytest.raises(DeliveryError) as caught:
        quick(DISCORD).send(message("apprise", recipient="discord-000000"))
    assert caught.value.permanent


def test_nobody_is_called_and_no_link_hides_where_it_leads(taking):
    title = (
        "@everyone <!channel> <@U1> a@everyone [home](http://evil.example) bids@hereford.example"
    )
    notifier = quick(at(taking))
    (name,) = notifier.recipients()
    notifier.send(message("apprise", event(record=record(title=title, description=title)), name))
    told = json.loads(taking.seen[0].body)
    for text in (told["title"], told["message"]):
        assert not re.search(r"@(everyone|channel)|<[!@]|\]\(", text)
        assert "bids@hereford.example" in text and "\u2060everyone" in text


@pytest.fixture(scope="module")
def three() -> list[Any]:
    return list(quick(DISCORD, TEAMS, TELEGRAM)._services.values())


@given(st.text(st.sampled_from("a @<>](\n…") | st.characters(), max_size=200), st.integers(0, 90))
def test_a_text_keeps_the_limits_of_every_service(three, word, times):
    text = word * times
    page = "https://www.find-tender.service.gov.uk/Notice/000101-2026"
    parts = {"subject": f"New: {text[:190]}", "text": f"{text}\n\n{page}\nWhy: all of it"}
    what = Message(key="k", recipient="", parts=parts, at=NOW)
    for service in three:
        title, body = _worded(what, service)
        most = service.body_maxlen - (len(title) if service.title_maxlen <= 0 else 0)
        assert 0 < len(body) <= most and page in body
        assert service.title_maxlen <= 0 or len(title) <= service.title_maxlen


# ---------------------------------------------------------------- what can go wrong


AGAIN = {"permanent": False, "unknown": False, "channel": False, "retry_after": None}
PARKED = AGAIN | {"channel": True, "retry_after": 3600.0}
DOUBTFUL = AGAIN | {"unknown": True}


def hang_up(wire: Wire) -> None:
    """Nothing said, and the connection ended."""


FAULTS: dict[str, tuple[Answer, dict[str, object]]] = {
    **{str(n): (reply(status=n), PARKED) for n in (401, 403, 404, 410)},
    "429": (reply(status=429), AGAIN | {"channel": True, "retry_after": 30.0}),
    "400": (reply(status=400), AGAIN),
    "413": (reply(status=413), AGAIN | {"permanent": True}),
    "500": (reply(status=500), AGAIN),
    "redirect": (reply(status=302, location="/other"), AGAIN),
    "hung up": (hang_up, DOUBTFUL),
    "silent": (silent, DOUBTFUL),
    "drips": (dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.2), DOUBTFUL),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_of_the_only_service_says_what_to_do(case):
    answer, wanted = FAULTS[case]
    with Site([answer]) as site:
        begun = time.monotonic()
        error = failed(quick(at(site)))
        assert time.monotonic() - begun < 15
        assert {name: getattr(error, name) for name in wanted} == wanted
        assert len(site.seen) == 1, "asked once, and no redirect followed"


def test_one_service_of_several_does_not_stop_the_channel(taking):
    with Site([reply(status=403)]) as site:
        error = failed(quick(at(site), at(taking)))
    assert not error.channel and error.retry_after == 3600.0


def test_nothing_is_lost_when_the_port_is_closed():
    with Site([reply()]) as site:
        notifier = quick(at(site))
    error = failed(notifier)
    assert not (error.permanent or error.unknown or error.channel)


def test_nothing_of_the_library_s_log_is_passed_on():
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    root, keep = logging.getLogger(), Keep()
    root.addHandler(keep)
    try:
        with Site([reply(status=500)]) as site:
            failed(quick(at(site)))
    finally:
        root.removeHandler(keep)
    assert not [told for told in seen if CANARY in told or "JSON" in told]


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ([], "at least 1 item"),
        ([f"nope://{CANARY}"], "address 1 is none that Apprise knows"),
        ([f"file:///etc/{CANARY}"], "address 1 is none that Apprise knows"),
        (["json://example.org", f"{CANARY}"], "address 2 is none that Apprise knows"),
        ([f"syslog://local0/?logpid={CANARY}"], "leads to this machine itself"),
        ([f"{TELEGRAM}/{CANARY}"], "has several targets: give each its own address"),
        ([f"json://{CANARY}.example", f" json://{CANARY}.example"], "the same address twice"),
    ],
)
def test_what_cannot_work_is_refused_without_showing_it(urls, said):
    apprise({"urls": "json://127.0.0.1"})
    with pytest.raises(ValidationError) as caught:
        Apprise.model_validate({"urls": urls})
    assert said in str(caught.value) and CANARY not in str(caught.value)


def test_an_address_that_repeats_by_itself_is_still_one_target(taking):
    assert len(quick(at(taking) + "&retry=2").recipients()) == 1


WITHOUT = """
import sys
sys.modules["apprise"] = None
from tests.notifiers.rigs import NOTIFIERS
try:
    NOTIFIERS["apprise"].model_validate({"urls": ["json://example.org"]})
except ValueError as error:
    sys.exit("install 'tenderbell[apprise]'" not in str(error))
sys.exit(2)
"""


def test_without_the_library_the_config_says_what_to_install():
    assert subprocess.run([sys.executable, "-c", WITHOUT], check=False).returncode == 0
    assert rigs.NOTIFIERS["apprise"] is Apprise
