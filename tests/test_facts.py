"""A delivery's facts are the same in the outbox and in what a webhook is sent."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from bot.cli import cli
from bot.contract import Message
from bot.demo.shapes import instant
from bot.render.facts import facts, together
from bot.wants import Delivery, Match
from notifiers.webhook import body
from tests.fakes import CARE, CONFIG, world
from tests.make import NOW, event
from tests.servers import Site, reply
from tests.test_story import PUBLISHED

HOOK = """
  crm: {{notify: webhook, url: "{hook}", secret: whatever}}
subscriptions:"""


def test_a_webhook_is_sent_what_the_outbox_prints(tmp_path: Path) -> None:
    with Site([reply(status=500), reply(status=204)]) as site:
        config = CONFIG.replace("\nsubscriptions:", HOOK.replace("{hook}", site.url))
        to_crm = CARE.replace("to: bids, ", "to: crm, ")
        database = f"sqlite:///{tmp_path / 'bell.db'}"
        start = instant("2025-11-19 09:00")
        with world(database, tmp_path, start, subscriptions=to_crm, config=config) as made:
            made.once(start)
            made.portal.publish("fts", PUBLISHED[0])
            assert made.once(instant("2025-11-20 12:00")).well
            done = CliRunner().invoke(cli, ["outbox", "--json", "--config", str(made.path)])
    posted = [json.loads(seen.body) for seen in site.seen]
    printed = [json.loads(line) for line in done.output.splitlines()]
    assert posted and printed, done.output
    for told in printed:
        mine = [post for post in posted if post["key"] == told["key"]]
        assert [post["attempts"] for post in mine] == list(range(1, told["attempts"] + 1))
        last = mine[-1]
        assert last.pop("message")["text"]
        # Posted first and settled then: the one instant is the earlier.
        assert last.pop("sent") <= told.pop("sent")
        assert last == told
    assert max(told["attempts"] for told in printed) == 2, "a failed attempt counts"


def test_a_digest_names_its_key_and_tells_each_delivery() -> None:
    delivery = Delivery(
        key="k",
        event="e",
        channel="crm",
        recipient="webhook",
        matches=(Match("Care", "CPV"),),
        due=NOW,
        digest="digest/crm/webhook/daily 07:30/2026-05-12T07:30",
    )
    one = facts(delivery, event(), status="waiting", attempts=0, sent=None)
    assert (one["digest"], one["sent"], one["subscriptions"]) == (delivery.digest, None, ["Care"])
    whole = together(delivery.digest, [one, one])
    parts = {"subject": "s", "text": "t"}
    message = Message(key=delivery.digest, recipient="webhook", parts=parts, at=NOW, facts=whole)
    told = json.loads(body(message))
    assert told["digest"] == delivery.digest and [e["key"] for e in told["entries"]] == ["k", "k"]
