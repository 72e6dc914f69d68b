"""What every notifier keeps to, whichever file of the folder it stands in."""

from __future__ import annotations

import subprocess
import sys
import traceback

import pytest
from pydantic import ValidationError

import notifiers
from bot.contract import Receipt
from bot.errors import DeliveryError
from bot.model import Event, Summary
from tests.make import NOW, deadline, event, record
from tests.notifiers.rigs import CANARY, NOTIFIERS, RIGS, message

EVENTS = {
    "new": event("new"),
    "amended": event("amended", words="More time."),
    "cancelled": event("cancelled"),
    "awarded": event("awarded"),
    "deadline": event("deadline", deadline=deadline(), lead="7d"),
    "started": Event(
        key="a/started/Care",
        name="started",
        source="a",
        at=NOW,
        summary=Summary("Care", 1, (record(),)),
    ),
    "empty": Event(
        key="a/started/None", name="started", source="a", at=NOW, summary=Summary("None", 0)
    ),
    "operators": Event(key="a/down", name="operators", source="a", at=NOW, notes=("a is down",)),
}
rigs = pytest.mark.parametrize("name", RIGS)


def test_every_notifier_of_the_folder_is_under_contract():
    here = {"apprise", "console", "email", "slack", "webhook"}
    assert set(NOTIFIERS) == {kind for kind, _ in RIGS.values()} == here


def test_loading_does_not_pay_for_what_is_not_used():
    code = (
        "import sys, notifiers; notifiers.load();"
        "sys.exit(bool({'slack_sdk', 'smtplib', 'apprise', 'requests'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_module_with_no_notifier_is_refused():
    with pytest.raises(TypeError, match="must hold one notifier class, and holds 0"):
        notifiers._notifier("bot.errors")


@rigs
@pytest.mark.parametrize("kind", EVENTS)
def test_each_kind_of_event_arrives_once(name, kind):
    module, rig = RIGS[name]
    with rig() as it:
        receipt = it.notifier.send(message(module, EVENTS[kind], it.notifier.recipients()[0]))
        assert isinstance(receipt, Receipt)
        assert len(it.arrived()) == 1


@rigs
def test_recipients_are_names_and_no_secrets(name):
    with RIGS[name][1]() as it:
        found = it.notifier.recipients()
        assert found and all(isinstance(one, str) for one in found)
        assert CANARY not in "".join(found)


@rigs
def test_options_cannot_be_changed_and_show_no_secret(name):
    with RIGS[name][1]() as it:
        for field in (*type(it.notifier).model_fields, "other"):
            with pytest.raises(ValidationError):
                setattr(it.notifier, field, "x")
        assert CANARY not in repr(it.notifier) + str(it.notifier) + it.notifier.model_dump_json()


@rigs
def test_an_unknown_option_is_refused_without_showing_the_others(name):
    with RIGS[name][1]() as it:
        secret = {
            "token": CANARY,
            "webhook": f"ftp://{CANARY}",
            "smtp": f"ftp://bot:{CANARY}@host",
            "url": f"ftp://{CANARY}",
            "urls": [f"ftp://{CANARY}"],
            "chanel": "#bids",
        }
        with pytest.raises(ValidationError) as caught:
            type(it.notifier).model_validate(secret)
        assert CANARY not in str(caught.value) and "chanel" in str(caught.value)


@rigs
def test_a_channel_that_is_down_asks_for_another_attempt(name):
    module, rig = RIGS[name]
    with rig() as it:
        it.down()
        with pytest.raises(DeliveryError) as caught:
            it.notifier.send(message(module, recipient=it.notifier.recipients()[0]))
        assert not caught.value.permanent and not caught.value.unknown
        assert CANARY not in "".join(traceback.format_exception(caught.value))
