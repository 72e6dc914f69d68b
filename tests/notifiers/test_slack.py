"""Slack: what is posted, and what becomes of each way to fail; against a stand-in on loopback."""

from __future__ import annotations

import re
import traceback
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.contract import Link, Message
from bot.demo.blocks import ill_formed
from bot.demo.slack import Fault, busy, refusal
from bot.demo.slack import Slack as Server
from bot.errors import DeliveryError
from bot.filters import mrkdwn
from bot.loop import clock
from notifiers._blocks import SECTION, sections
from notifiers.slack import Slack, payload
from tests.make import NOW, deadline, event, record
from tests.notifiers.rigs import CANARY, message, texts

HTML = "<html><body>Sign in to the guest network</body></html>"


class Quick(Slack):
    """The same, tired of waiting sooner."""

    timeout: ClassVar[float] = 0.3


@pytest.fixture
def server():
    with Server(token=CANARY) as running:
        yield running


def bot(server: Server, **more: Any) -> Slack:
    options = {"token": CANARY, "channel": "#bids", "base_url": server.url}
    return Quick.model_validate(options | more)


def hook(server: Server) -> Slack:
    return Quick.model_validate({"webhook": server.hook})


def address(length: int) -> str:
    return "https://example.org/".ljust(length, "x")


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
    assert receipt.reference == f"C0BIDS00/{post.ts}" == post.reference
    assert post.body["channel"] == "#bids"
    assert post.body["text"] == "New tender, closes 19 Jun: Supported living services, Northwick"
    assert post.body["unfurl_links"] is False and post.body["unfurl_media"] is False
    assert post.body["link_names"] is False and post.body["parse"] == "none"
    assert post.body["metadata"] == {
        "event_type": "tenderbell",
        "event_payload": {"delivery": sent.key},
    }
    header, *rest = post.body["blocks"]
    assert header["text"] == {
        "type": "plain_text",
        "text": "New tender, closes 19 Jun: Supported living services, Northwick",
        "emoji": False,
    }
    assert all(text["verbatim"] for text in texts(rest) if text["type"] == "mrkdwn")
    assert ill_formed(post.body) == ""


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
    assert all(0 < len(piece) <= SECTION for piece in pieces)
    for piece in pieces:
        assert not re.search(r"[<>]", piece)
        assert not re.search(r"&(?!amp;|lt;|gt;)", piece)
    kept = re.sub(r"\s", "", "".join(pieces))
    assert kept == re.sub(r"\s", "", str(mrkdwn(text)))


@pytest.mark.parametrize("before", [200, 250, 400, 500])
def test_a_link_is_never_cut(before):
    link = "<https://example.org/" + "a" * 1200 + "|" + "the notice " * 70 + ">"
    text = "word " * before + link + " word" * 100
    assert [piece for piece in sections(text) if link in piece]


LONG = st.text(st.sampled_from("<>&@ab \n") | st.characters(), max_size=9000)


@settings(max_examples=80, deadline=None)
@given(
    parts=st.fixed_dictionaries(
        dict.fromkeys(("subject", "text"), LONG),
        optional=dict.fromkeys(("header", "status", "fields", "context"), LONG),
    ),
    paragraphs=st.integers(1, 120),
    links=st.lists(st.builds(Link, LONG, st.integers(1, 3500).map(address)), max_size=8),
    occasion=st.sampled_from(["", "moved", "closing"]),
)
def test_any_message_keeps_the_limits(parts, paragraphs, links, occasion):
    escaped = {name: str(mrkdwn(text)) for name, text in parts.items()}
    escaped["text"] = "\n\n".join([escaped["text"]] * paragraphs)
    sent = message("slack")
    sent = replace(sent, parts=escaped, links=tuple(links), occasion=occasion)
    body = payload(sent, {"moved": "@bids"})
    assert ill_formed(body) == ""
    for text in texts(body["blocks"]):
        if text["type"] == "mrkdwn":
            ours = re.sub(r"<https://[^|<>]*\|the notice>", "", text["text"])
            assert not re.search(r"[<>]", ours)
            assert not re.search(r"&(?!amp;|lt;|gt;)", text["text"])


def test_what_is_left_out_is_counted_and_says_where_to_read_it():
    words = "\n\n".join(f"{n:04} " + "word " * 100 for n in range(100))
    sent = replace(message("slack"), parts={"subject": "s", "text": words})
    body = payload(sent)
    *shown, last = [block["text"]["text"] for block in body["blocks"] if block["type"] == "section"]
    left = sum(len(part.strip("\n")) for part in words.split("\n\n")[len(shown) :])
    assert last == (
        f"_{left:,} more characters are left out here; read them in"
        " <https://www.find-tender.service.gov.uk/Notice/000101-2026|the notice>._"
    )


def test_fields_stand_side_by_side_and_the_rest_of_many_is_counted():
    parts = {"subject": "s", "text": "", "fields": "\n\n".join(f"*{n}*\n{n}" for n in range(14))}
    section = payload(replace(message("slack"), parts=parts))["blocks"][1]
    told = [field["text"] for field in section["fields"]]
    assert told == [*(f"*{n}*\n{n}" for n in range(9)), "_5 more in the notice_"]


def test_a_long_title_is_whole_below_its_heading():
    title = "Supported living " * 11
    blocks = payload(replace(message("slack"), parts={"subject": title, "text": "."}))["blocks"]
    assert blocks[0]["text"]["text"].endswith("…") and len(blocks[0]["text"]["text"]) <= 150
    assert blocks[1]["text"]["text"] == title.strip()


def test_buttons_lead_to_the_notice_the_portal_and_a_calendar(server):
    held = record(submission="https://bids.example.org/t/101?a=1&b=2")
    bot(server).send(message("slack", event(record=held)))
    (actions,) = [b for b in server.received[0].body["blocks"] if b["type"] == "actions"]
    assert [one["text"]["text"] for one in actions["elements"]] == [
        *("Open notice", "Submission portal", "Add to calendar"),
    ]
    assert actions["elements"][1]["url"] == "https://bids.example.org/t/101?a=1&b=2"
    asked = parse_qs(urlsplit(actions["elements"][2]["url"]).query)
    assert asked["dates"] == ["20260605T103000Z/20260605T110000Z"]
    assert asked["text"] == ["Enquiry deadline: Supported living services, Northwick"]


def test_an_instant_is_told_in_the_reader_s_zone_and_in_ours(server):
    held = record(deadlines=(deadline(), deadline("enquiry", "2026-06-05T22:59:59", dated=True)))
    bot(server).send(message("slack", event(record=held)))
    seen = str(server.received[0].body["blocks"])
    assert "<!date^1781866800^{date_short_pretty} {time}|Fri 19 Jun 2026 12:00 BST>" in seen
    assert "*Enquiries by*\\nFri 5 Jun 2026, end of day" in seen


# ---------------------------------------------------------------- whom it calls

CALLED = {
    "@here": "<!here>",
    "@channel": "<!channel>",
    "<!everyone>": "<!everyone>",
    "S0123ABCD": "<!subteam^S0123ABCD>",
    "<!subteam^S0123ABCD>": "<!subteam^S0123ABCD>",
    "U0123ABCD": "<@U0123ABCD>",
    "<@W0123ABCD>": "<@W0123ABCD>",
    "@bids": "@bids",
}


@pytest.mark.parametrize("given", CALLED)
def test_an_occasion_calls_whom_the_config_names(server, given):
    notifier = bot(server, mention={"moved": given})
    for occasion in ("moved", "cancelled", ""):
        notifier.send(replace(message("slack"), occasion=occasion))
    first, *others = [post.body for post in server.received]
    section = next(b for b in first["blocks"] if b.get("text", {}).get("verbatim") is False)
    assert section["text"]["text"] == CALLED[given]
    assert first["link_names"] is (given == "@bids")
    for body in others:
        assert body["link_names"] is False and CALLED[given] not in str(body)


def test_no_text_of_a_notice_calls_anybody(server):
    held = record(title="Ask @bids, @here and <!channel> <@U0123ABCD>", description="@bids")
    notifier = bot(server, mention={"moved": "@bids"})
    notifier.send(replace(message("slack", event(record=held)), occasion="moved"))
    body = server.received[0].body
    assert body["link_names"] is True and "@" not in body["text"] and "<" not in body["text"]
    loose = [text for text in texts(body["blocks"]) if text.get("verbatim") is False]
    assert [text["text"] for text in loose] == ["@bids"]


@pytest.mark.parametrize(
    "mention",
    [{"moved": ""}, {"moved": "bids"}, {"moved": "@bids and @board"}, {"moved": "<b>"},
     {"new": "@bids"}, {"moved": "@Bids\n"}, "@bids"],
)  # fmt: skip
def test_whom_to_call_is_checked(mention):
    with pytest.raises(ValidationError):
        Slack.model_validate({"token": CANARY, "channel": "#bids", "mention": mention})


# ---------------------------------------------------------------- threads, edits, look-ups


def test_a_reply_goes_to_its_thread_and_the_channel_s_id(server):
    notifier = bot(server)
    root = notifier.send(message("slack")).reference
    receipt = notifier.send(replace(message("slack"), root=root))
    second = server.received[1]
    assert second.body["channel"] == "C0BIDS00" and second.root == server.received[0].ts
    assert receipt.reference == second.reference and not receipt.anew
    assert "reply_broadcast" not in second.body


@pytest.mark.parametrize(
    "error",
    ["thread_not_found", "message_not_found", "cannot_reply_to_message", "channel_not_found"],
)
def test_a_reply_whose_root_is_gone_begins_anew(server, error):
    notifier = bot(server)
    root = notifier.send(message("slack")).reference
    server.faults.append(refusal(error))
    receipt = notifier.send(replace(message("slack"), root=root))
    assert receipt.anew and "thread_ts" not in server.received[1].body
    assert server.received[1].body["channel"] == "#bids"


def test_an_edit_takes_the_place_of_the_message(server):
    notifier = bot(server)
    root = notifier.send(message("slack")).reference
    other = replace(message("slack", event("cancelled")), root=root)
    notifier.edit(other)
    assert (
        len(server.received) == 1 and server.shown[root].body["blocks"] == payload(other)["blocks"]
    )
    edit = server.edits[0].body
    assert edit["parse"] == "none" and edit["link_names"] is False


EDITS = {
    "deleted": (refusal("message_not_found"), {"permanent": True, "gone": True}),
    "too late": (refusal("edit_window_closed"), {"permanent": True, "gone": False}),
    "of another": (refusal("cant_update_message"), {"permanent": True, "gone": False}),
    "archived": (refusal("is_inactive"), {"permanent": True, "gone": False, "channel": False}),
    "too long": (refusal("msg_too_long"), {"permanent": True, "gone": False}),
    "rate limit": (busy(7), {"permanent": False, "channel": True, "retry_after": 7.0}),
    "revoked": (refusal("token_revoked"), {"permanent": False, "channel": True}),
    "a page": (Fault(200, HTML), {"permanent": False, "unknown": True}),
    "500": (Fault(500, HTML), {"permanent": False, "channel": False}),
}


@pytest.mark.parametrize("case", EDITS)
def test_each_fault_of_an_edit_says_what_to_do(server, case):
    notifier = bot(server)
    root = notifier.send(message("slack")).reference
    fault, wanted = EDITS[case]
    server.faults.append(fault)
    with pytest.raises(DeliveryError) as caught:
        notifier.edit(replace(message("slack"), root=root))
    assert {name: getattr(caught.value, name) for name in wanted} == wanted
    assert CANARY not in "".join(traceback.format_exception(caught.value))


SINCE = NOW - timedelta(days=300)


def test_a_message_is_found_by_its_metadata_also_by_a_process_that_never_posted(server):
    server.channels = ("#other", "#bids")
    notifier = bot(server)
    sent = message("slack")
    assert notifier.find(sent, SINCE) is None
    receipt = notifier.send(sent)
    reply = replace(message("slack", event("amended")), root=receipt.reference)
    answer = notifier.send(reply)
    for one in (notifier, bot(server), bot(server, channel="C0BIDS00")):
        assert one.find(sent, SINCE) == receipt
        assert one.find(reply, SINCE) == answer
        assert one.find(replace(sent, key="other"), SINCE) is None
    assert notifier.find(sent, clock() + timedelta(minutes=1)) is None


def test_a_reply_that_was_posted_anew_is_found_as_that(server):
    notifier = bot(server)
    root = notifier.send(message("slack")).reference
    server.delete(root)
    reply = replace(message("slack", event("amended")), root=root)
    receipt = notifier.send(reply)
    assert receipt.anew and notifier.find(reply, SINCE) == receipt


@pytest.mark.parametrize("missing", ["channels:history", "channels:read"])
def test_a_look_up_needs_its_scopes(server, missing):
    server.scopes -= {missing}
    with pytest.raises(DeliveryError):
        bot(server).find(message("slack"), SINCE)
    found = bot(server, channel="C0BIDS00").find if missing == "channels:read" else None
    assert found is None or found(message("slack"), SINCE) is None


def test_a_channel_that_was_renamed_cannot_be_looked_through(server):
    server.channels = ("#tenders",)
    with pytest.raises(DeliveryError, match="lists no channel #bids"):
        bot(server).find(message("slack"), SINCE)


def test_a_look_up_ends_where_there_is_too_much(server):
    notifier = bot(server)
    sent = message("slack")
    for _ in range(401):
        server.take("chat.postMessage", {"channel": "#bids", "text": "chat"})
    with pytest.raises(DeliveryError, match="too much"):
        notifier.find(sent, SINCE)
    receipt = notifier.send(sent)
    assert notifier.find(sent, SINCE) == receipt, "the newest are looked at first"


def test_a_webhook_holds_no_conversation_and_a_bot_does(server):
    assert bot(server).converses and not hook(server).converses
    hook(server).send(replace(message("slack"), root="C0/1", occasion="moved"))
    assert "thread_ts" not in server.received[0].body


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
