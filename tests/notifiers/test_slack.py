"""Slack: what is posted, and what becomes of each way to fail; against a stand-in on loopback."""

from __future__ import annotations

import re
import traceback
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.contract import Message
from bot.demo.slack import Fault, busy, refusal
from bot.demo.slack import Slack as Server
from bot.errors import DeliveryError
from bot.filters import mrkdwn
from notifiers.slack import SECTION, Slack, payload, sections
from tests.make import NOW
from tests.notifiers.rigs import CANARY, message

HTML = "<html><body>Sign in to the guest network</body></html>"


class Quick(Slack):
    """The same, tired of waiting sooner."""

    timeout: ClassVar[float] = 0.3


@pytest.fixture
def server():
    with Server(token=CANARY) as running:
        yield running


def bot(server: Server, **more: str) -> Slack:
    options = {"token": CANARY, "channel": "#bids", "base_url": server.url}
    return Quick.model_validate(options | more)


def hook(server: Server) -> Slack:
    return Quick.model_validate({"webhook": server.hook})


def failed(notifier: Slack) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(message("slack"))
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value


# ---------------------------------------------------------------- what is posted


def test_a_post_pings_nobody_unfurls_nothing_and_names_its_delivery(server):
    sent = message("slack")
    receipt = bot(server).send(sent)
    (post,) = server.received
    assert receipt.reference == post.ts != ""
    assert post.body["channel"] == "#bids"
    assert post.body["text"] == "New tender, closes 19 Jun: Supported living services, Northwick"
    assert post.body["unfurl_links"] is False and post.body["unfurl_media"] is False
    assert post.body["link_names"] is False and post.body["parse"] == "none"
    assert post.body["metadata"] == {
        "event_type": "tenderbell",
        "event_payload": {"delivery": sent.key},
    }
    header, *rest = post.body["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert all(block["text"]["verbatim"] for block in rest)


def test_a_webhook_gets_the_same_blocks_and_its_address_stays_secret(server):
    notifier = hook(server)
    assert notifier.send(message("slack")).reference == ""
    assert server.received[0].body["blocks"] == payload(message("slack"))["blocks"]
    assert notifier.recipients() == ("webhook",)


@pytest.mark.parametrize("base", ["", "/", "//"])
def test_the_prefix_of_the_api_may_end_with_or_without_a_slash(server, base):
    bot(server, base_url=server.url.rstrip("/") + base).send(message("slack"))
    assert server.received[0].method == "chat.postMessage"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": CANARY},
        {"channel": "#bids"},
        {"token": CANARY, "channel": " "},
        {"token": CANARY, "channel": "#bids", "webhook": "https://hooks.slack.com/x"},
        {"webhook": "https://hooks.slack.com/x", "channel": "#bids"},
        {"webhook": "hooks.slack.com/x"},
        {"token": CANARY, "channel": "#bids", "base_url": "slack.com"},
    ],
)
def test_half_a_channel_is_refused(options):
    with pytest.raises(ValidationError) as caught:
        Slack.model_validate(options)
    assert CANARY not in str(caught.value)


@given(st.text(st.sampled_from("<>&ab \n"), max_size=9000))
def test_sections_keep_the_limit_and_no_entity_is_cut(text):
    pieces = sections(str(mrkdwn(text)))
    assert all(0 < len(piece) <= SECTION for piece in pieces) and len(pieces) < 50
    for piece in pieces:
        assert not re.search(r"[<>]", piece)
        assert not re.search(r"&(?!amp;|lt;|gt;)", piece)
    kept = re.sub(r"\s", "", "".join(pieces))
    assert kept == re.sub(r"\s", "", str(mrkdwn(text))) or len(pieces) == 49


@pytest.mark.parametrize("before", [200, 250, 400, 500])
def test_a_link_is_never_cut(before):
    link = "<https://example.org/" + "a" * 1200 + "|" + "the notice " * 70 + ">"
    text = "word " * before + link + " word" * 100
    assert [piece for piece in sections(text) if link in piece]


# ---------------------------------------------------------------- what can go wrong


PARKED = {"permanent": False, "unknown": False, "channel": True, "retry_after": 3600.0}
AGAIN = {"permanent": False, "unknown": False, "channel": False, "retry_after": None}
DOUBTFUL = AGAIN | {"unknown": True}
FAULTS = {
    "rate limit": (busy(17), AGAIN | {"channel": True, "retry_after": 17.0}),
    "rate limit, no number": (
        Fault(429, "slow", {"Retry-After": "soon"}),
        AGAIN | {"channel": True, "retry_after": 30.0},
    ),
    **{
        name: (refusal(name), PARKED)
        for name in (
            *("channel_not_found", "is_archived", "not_in_channel", "token_revoked"),
            *("invalid_auth", "account_inactive", "missing_scope"),
        )
    },
    "internal": (refusal("internal_error"), AGAIN),
    "never heard of": (refusal("a_new_error"), AGAIN),
    "500": (Fault(500, HTML), AGAIN),
    "503, try later": (Fault(503, "busy", {"Retry-After": "5"}), AGAIN | {"retry_after": 5.0}),
    "a page instead": (Fault(200, HTML), DOUBTFUL),
    "an empty answer": (Fault(200, ""), DOUBTFUL),
    "no object": (Fault(200, "[1]"), DOUBTFUL),
    "cut short": (Fault(200, "{"), DOUBTFUL),
    "reset": (Fault(drop="before"), DOUBTFUL),
    "reset, message taken": (Fault(drop="after"), DOUBTFUL),
    "time-out": (Fault(drop="hang"), DOUBTFUL),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_of_the_api_says_what_to_do(server, case):
    fault, wanted = FAULTS[case]
    server.faults.append(fault)
    error = failed(bot(server))
    assert {name: getattr(error, name) for name in wanted} == wanted
    assert server.asked == 1


HOOKS = {
    "gone": (Fault(404, "no_service"), PARKED),
    "deleted": (Fault(410, "channel_is_archived"), PARKED),
    "deleted, no reason": (Fault(410, ""), PARKED),
    "wrong": (Fault(400, "invalid_token"), PARKED),
    "forbidden": (Fault(403, "action_prohibited"), PARKED),
    "rate limit": (
        Fault(429, "rate_limited", {"Retry-After": "9"}),
        AGAIN | {"channel": True, "retry_after": 9.0},
    ),
    "server": (Fault(500, "rollup_error"), AGAIN),
    "a page instead": (Fault(200, HTML), DOUBTFUL),
    "reset": (Fault(drop="after"), DOUBTFUL),
    "time-out": (Fault(drop="hang"), DOUBTFUL),
}


@pytest.mark.parametrize("case", HOOKS)
def test_each_fault_of_a_webhook_says_what_to_do(server, case):
    fault, wanted = HOOKS[case]
    server.faults.append(fault)
    error = failed(hook(server))
    assert {name: getattr(error, name) for name in wanted} == wanted
    assert server.asked == 1


@pytest.mark.parametrize("error", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
@pytest.mark.parametrize("kind", [bot, hook])
def test_what_slack_finds_too_much_is_posted_short_with_the_link(server, error, kind):
    server.faults.append(refusal(error) if kind is bot else Fault(400, error))
    kind(server).send(message("slack"))
    (post,) = server.received
    assert "blocks" not in post.body
    assert post.body["text"] == (
        "New tender, closes 19 Jun: Supported living services, Northwick\n"
        "<https://www.find-tender.service.gov.uk/Notice/000101-2026>"
    )


def test_what_slack_refuses_twice_is_given_up(server):
    server.faults.extend([refusal("invalid_blocks"), refusal("msg_too_long")])
    error = failed(bot(server))
    assert error.permanent and "msg_too_long" in str(error)


def test_a_fault_during_the_short_post_is_that_fault(server):
    server.faults.extend([refusal("invalid_blocks"), busy(3)])
    assert failed(bot(server)).retry_after == 3.0


def test_nothing_is_lost_when_a_port_is_closed():
    with Server(token=CANARY) as server:
        notifiers = (bot(server), hook(server))
    for notifier in notifiers:
        error = failed(notifier)
        assert not error.unknown and not error.permanent and not error.channel


def test_an_unknown_channel_names_the_remedy():
    with Server(token=CANARY, channels=("#other",)) as server:
        assert "invite the bot" in str(failed(bot(server)))


def test_secrets_are_not_logged(server, caplog):
    caplog.set_level(0)
    server.faults.extend([Fault(drop="before"), Fault(500, HTML)])
    for notifier in (bot(server), hook(server)):
        failed(notifier)
    assert CANARY not in caplog.text and "Supported living" not in caplog.text


def test_a_message_with_nothing_but_a_subject_is_posted(server):
    bare = Message(key="k", recipient="#bids", parts={"subject": "\x00", "text": "\n\n"}, at=NOW)
    bot(server).send(bare)
    assert server.received[0].body["text"] == "Tenderbell"


@pytest.mark.parametrize(
    ("options", "pace"),
    [
        ({"token": "xoxb-1", "channel": "#bids"}, 1.0),
        ({"webhook": "https://hooks.slack.com/services/T0/B0/x"}, 1.0),
        ({"token": "xoxb-1", "channel": "#b", "base_url": "http://127.0.0.1:1/api/"}, 0.0),
        ({"webhook": "https://chat.example.org/slack.com/x"}, 0.0),
    ],
)
def test_slack_itself_is_sent_one_message_a_second(options: dict[str, str], pace: float) -> None:
    assert Slack(**options).pace == pace
