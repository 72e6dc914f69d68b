"""`preview` and `send-test` as a user calls them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import main
from bot.demo import slack, smtp
from bot.render.example import KINDS
from tests.bot.test_cycle import START, tender
from tests.fakes import CARE, CONFIG, World, world

DAY = timedelta(days=1)


@pytest.fixture
def bell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    with world(f"sqlite:///{tmp_path}/bell.db", tmp_path, START, subscriptions=CARE) as made:
        yield made


def verb(bell: World, *args: str, code: int = 0) -> str:
    """What a verb printed; `code` is how it must end."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as end:
        main([*args, "--config", str(bell.path)])
    assert end.value.code == code, printed.getvalue()
    return printed.getvalue()


def own(bell: World, name: str, text: str) -> None:
    """Give the config a template of its own."""
    path = bell.path.parent / "own" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    config = bell.path.read_text()
    if "templates:" not in config:
        bell.path.write_text(f"templates: own\n{config}")


# ---------------------------------------------------------------- preview


@pytest.mark.parametrize("client", ["console", "slack", "email"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_every_kind_is_shown_and_nothing_is_sent(
    bell: World, kind: str, client: str
) -> None:
    before = sorted(bell.path.parent.iterdir())
    told = verb(bell, "preview", kind, "--as", client)
    words = {"started": "37 open now", "operators": "503", "digest": "Home care for adults"}
    word = words.get(kind, "Supported living services")
    assert word in told
    new = set(bell.path.parent.iterdir()) - set(before)
    page = bell.path.parent / f"preview-{kind}-{client}.html"
    assert new == ({page} if client != "console" else set())
    if client != "console":
        assert told.rstrip().endswith(page.name) and word in page.read_text()
    assert not bell.slack.received and not bell.smtp.received and bell.rows() == []


def test_a_page_is_written_where_it_is_wanted(bell: World) -> None:
    told = verb(bell, "preview", "new", "--as", "slack", "--output", "x.html")
    assert told.endswith("x.html\n")
    page = (bell.path.parent / "x.html").read_text()
    assert "<h2>Now out to tender, closes 19 Jun: Supported living services, Northwick</h2>" in page
    assert "<article>" in page and "tenders.example.org" in page
    assert "--output" in verb(bell, "preview", "new", "--output", "y.html", code=2)


def test_the_page_of_a_mail_names_its_sender_and_has_both_parts(bell: World) -> None:
    verb(bell, "preview", "amended", "--as", "email")
    page = (bell.path.parent / "preview-amended-email.html").read_text()
    assert "<dd>Alerts &lt;alerts@example.org&gt;</dd>" in page
    assert page.count("Bidders asked for more time") == 2
    assert "<pre>Deadline moved to 19 Jun 12:00" in page


def test_a_sample_is_shown_by_the_config_s_own_templates(bell: World) -> None:
    own(bell, "console/new.text.j2", "Ours: {{ view.title }}")
    assert verb(bell, "preview", "new") == "Ours: Supported living services, Northwick\n"
    own(bell, "console/new.text.j2", "{{ view.nope }}")
    told = verb(bell, "preview", "new")
    assert "console/new.text.j2:1: there is no 'nope'" in told and "Submission deadline" in told


def test_a_delivery_is_shown_as_it_was_sent(bell: World) -> None:
    bell.once(START)
    bell.portal.publish("fts", tender(101, "2026-05-12 10:00"))
    bell.once(START + 2 * DAY)
    (row,) = [row for row, event in bell.rows() if event.name == "new"]
    sent = [post.body for post in bell.slack.received][-1]
    told = verb(bell, "preview", row.key)
    assert sent["blocks"][0]["text"]["text"] in told
    told = verb(bell, "preview", row.key, "--as", "slack")
    assert told.rstrip().endswith("preview-message-slack.html")
    assert "000101-2026" in verb(bell, "preview", row.key, "--as", "email")
    assert [post.body for post in bell.slack.received][-1] == sent
    assert {row.status for row, _ in bell.rows()} == {"sent"}


def test_an_unknown_key_is_one_line(bell: World) -> None:
    told = verb(bell, "preview", "amend", code=1)
    assert told == "no such delivery, nor kind of message: amend (did you mean amended?)\n"
    assert "tenderbell outbox" in verb(bell, "preview", "fts:ocds/x/new>bids>#bids", code=1)


# ---------------------------------------------------------------- send-test


def test_slack_gets_one_of_each_kind_marked_as_a_test(bell: World) -> None:
    told = verb(bell, "send-test", "bids")
    assert [line.split(" to ")[0] for line in told.splitlines()] == list(KINDS)
    assert all("sent" in line for line in told.splitlines())
    posts = [str(post.body) for post in bell.slack.received]
    assert len(posts) == len(KINDS)
    for post in posts:
        assert "TEST: " in post
    assert all("the notice is invented" in post for post in posts)
    assert bell.rows() == []


def test_each_recipient_of_a_mail_channel_gets_them(bell: World) -> None:
    told = verb(bell, "send-test", "mail")
    assert len(told.splitlines()) == len(bell.smtp.received) == 2 * len(KINDS)
    mails = [held.message for held in bell.smtp.received]
    assert {mail["To"] for mail in mails} == {"one@example.org", "two@example.org"}
    assert {mail["Subject"].strip()[:6] for mail in mails} == {"TEST: "}
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    verb(bell, "send-test", "mail")
    assert len({held.message["Message-ID"] for held in bell.smtp.received}) == 2 * len(mails)


def test_nothing_of_a_test_is_remembered_and_no_database_is_needed(bell: World) -> None:
    bell.setup.engine.dispose()
    database = bell.path.parent / "bell.db"
    database.unlink()
    verb(bell, "send-test", "bids")
    verb(bell, "preview", "new")
    assert not database.exists()


def test_a_channel_that_refuses_is_told_with_its_reason(bell: World) -> None:
    bell.slack.faults.append(slack.refusal("token_revoked"))
    told = verb(bell, "send-test", "bids", code=1)
    assert told.splitlines() == [
        "new to #bids: failed: Slack says token_revoked: the token was revoked: make another"
    ]
    bell.smtp.faults.append(smtp.Fault("RCPT", "550 no such user"))
    told = verb(bell, "send-test", "mail", code=1)
    assert "new to one@example.org: failed: the server refuses the recipient: 550" in told
    assert told.count(": sent") == 2 * len(KINDS) - 1


def test_a_test_says_that_an_own_template_failed(bell: World) -> None:
    own(bell, "slack/new.text.j2", "{{ view.nope }}")
    told = verb(bell, "send-test", "bids", code=1)
    assert told.count(": sent") == len(KINDS)
    assert "slack/new.text.j2:1: there is no 'nope'" in told


def test_an_unknown_channel_is_a_usage_fault(bell: World) -> None:
    assert verb(bell, "send-test", "bid", code=2) == (
        "tenderbell: there is no channel 'bid' (did you mean bids?)\n"
    )


def test_a_terminal_is_tested_too(tmp_path: Path) -> None:
    with world(f"sqlite:///{tmp_path}/bell.db", tmp_path, START, subscriptions=CARE,
               config=CONFIG.replace("channels:", "channels:\n  screen: {{notify: console}}"),
               ) as made:  # fmt: skip
        told = verb(made, "send-test", "screen")
    assert told.count("TEST: ") == len(KINDS)
