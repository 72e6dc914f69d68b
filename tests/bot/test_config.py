"""What a good config becomes: every default, every criterion, the environment, the example file."""

from __future__ import annotations

import gc
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import certifi
import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

import notifiers
import watchers
from bot import cpv, regions, when
from bot.config import Config, load, schema
from bot.config.options import WEEKDAYS
from bot.contract import Message, Page, Receipt, Request, Response
from bot.errors import ConfigError
from bot.wants import Lead, Rhythm, Route

ROOT = Path(__file__).parents[2]
CANARY = "xoxb-canary-9f31"


class Portal(BaseModel):
    """A stand-in for a watcher: two options, and the defaults of its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    every: ClassVar[timedelta] = timedelta(minutes=15)
    pause: ClassVar[float] = 1.5
    cooldown: ClassVar[Mapping[int, float]] = {}
    overlap: ClassVar[timedelta] = timedelta(0)
    base_url: str = "https://portal.example.org"
    pages: int = 3

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        return []

    def read(self, response: Response, since: datetime) -> Page:
        return Page()


class Gazette(Portal):
    every: ClassVar[timedelta] = timedelta(hours=3)


class Screen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def recipients(self) -> tuple[str, ...]:
        return ("screen",)

    def send(self, message: Message) -> Receipt:
        return Receipt()


class Post(Screen):
    """A stand-in for a notifier with a secret, an alias, and a validator that tells too much."""

    server: SecretStr
    sender: str = Field(alias="from")
    to: tuple[str, ...] = ()
    loud: bool = False

    @field_validator("sender")
    @classmethod
    def _has_at(cls, sender: str) -> str:
        if "@" not in sender or ":" in sender:
            raise ValueError(
                f"{sender} is no address, nor is {sender!r}, and {sender[4:13]} is odd"
            )
        return sender

    @field_validator("server")
    @classmethod
    def _is_ours(cls, server: SecretStr) -> SecretStr:
        if not server.get_secret_value().startswith(("s", "https://post.example.org/hooks/")):
            raise ValueError("must start with https://post.example.org/hooks/")
        return server


WATCHERS: Mapping[str, type] = {"portal": Portal, "gazette": Gazette}
NOTIFIERS: Mapping[str, type] = {"screen": Screen, "post": Post}
HEAD = """\
sources:
  north: {watch: portal}
channels:
  screen: {notify: screen}
subscriptions:
"""
CARE = "  - {name: Care, words: [care], send: [{to: screen}]}\n"


def loaded(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, env or {}, WATCHERS, NOTIFIERS)


def one(folder: Path, *lines: str) -> object:
    """The subscription of a config whose only one has these lines beside name and send."""
    body = "".join(f"    {line}\n" for line in ("send: [{to: screen}]", *lines))
    return loaded(folder, f"{HEAD}  - name: Care\n{body}").subscriptions[0]


def lead(text: str, **span: int) -> Lead:
    return Lead(text, timedelta(**span))


def test_what_is_left_out_has_the_promised_default(tmp_path: Path) -> None:
    config = loaded(tmp_path, HEAD + CARE)
    assert config.database == "sqlite:///tenderbell.db"
    assert config.timezone == ZoneInfo("Europe/London")
    assert config.path == tmp_path / "config.yaml"
    assert config.warnings == ()
    source = config.sources["north"]
    assert (source.name, source.watch, source.watcher) == ("north", "portal", Portal())
    assert (source.every, source.pause) == (Portal.every, Portal.pause)
    assert source.backfill == timedelta(days=1)
    assert source.authorities is None
    channel = config.channels["screen"]
    assert (channel.name, channel.notify, channel.notifier) == ("screen", "screen", Screen())
    (care,) = config.subscriptions
    assert care.name == "Care"
    assert care.stages == ("planning", "tender")
    assert care.unstated is True
    assert care.send == (Route("screen", frozenset({"new", "amended", "cancelled", "deadline"})),)
    week_and_day = (lead("7d", days=7), lead("1d", days=1))
    assert care.remind == {
        "enquiry": (lead("2d", days=2),),
        "submission": week_and_day,
        "participation": week_and_day,
    }


def test_every_key_that_is_given_is_heard(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """\
database: postgresql+psycopg://bell@db.example.org/bell
timezone: Europe/Dublin
sources:
  north: {watch: portal, every: 10s, pause: 0, backfill: 2h, base_url: "http://localhost", pages: 9}
  south: {watch: gazette, pause: 2.5}
channels:
  screen: {notify: screen}
  post: {notify: post, server: s, from: a@example.org, to: [b@example.org], loud: yes}
subscriptions:
  - name: Children's care
    cpv: ["85300000", 80*]
    regions: [Wales, TLM]
    words: [supported living, "  looked after  "]
    not_words: [cleaning]
    value: {min: 50k, max: 20m, unstated: false}
    buyers: [Sefton*]
    suitability: [sme, vcse]
    stages: [award]
    remind: {enquiry: 1d, submission: [4h, 14d, 3d]}
    send:
      - {to: screen, on: [amended, cancelled], when: now}
      - {to: post, on: awarded}
""",
    )
    assert config.database == "postgresql+psycopg://bell@db.example.org/bell"
    assert config.timezone == ZoneInfo("Europe/Dublin")
    north, south = config.sources["north"], config.sources["south"]
    assert north.watcher == Portal(base_url="http://localhost", pages=9)
    assert (north.every, north.pause) == (timedelta(seconds=10), 0.0)
    assert north.backfill == timedelta(hours=2)
    assert (south.every, south.pause) == (Gazette.every, 2.5)
    post = config.channels["post"].notifier
    assert isinstance(post, Post)
    assert (post.sender, post.to, post.loud) == ("a@example.org", ("b@example.org",), True)
    (care,) = config.subscriptions
    assert care.cpv == (cpv.parse("85300000"), cpv.parse("80*"))
    assert care.regions == (regions.parse("Wales"), regions.parse("TLM"))
    assert (care.words, care.not_words) == (("supported living", "looked after"), ("cleaning",))
    assert (care.minimum, care.maximum, care.unstated) == (50_000.0, 20_000_000.0, False)
    assert (care.buyers, care.suitability, care.stages) == (
        ("Sefton*",),
        ("sme", "vcse"),
        ("award",),
    )
    assert care.remind["enquiry"] == (lead("1d", days=1),)
    assert care.remind["submission"] == (
        lead("14d", days=14),
        lead("3d", days=3),
        lead("4h", hours=4),
    )
    assert care.send == (
        Route("screen", frozenset({"amended", "cancelled"})),
        Route("post", frozenset({"awarded"})),
    )


REMIND = {
    "{}": {},
    "{enquiry: [2d]}": {"enquiry": ["2d"]},
    "{submission: [1d, 3d]}": {"submission": ["3d", "1d"], "participation": ["3d", "1d"]},
    "{submission: [3d], participation: 1d}": {"submission": ["3d"], "participation": ["1d"]},
    "{submission: 3d, participation: []}": {"submission": ["3d"]},
    "{submission: []}": {},
    "{standstill: [24h, 1d, 2d]}": {"standstill": ["2d", "24h"]},  # 1d is the same moment
    "{contract-end: 365d}": {"contract-end": ["365d"]},
    "{enquiry: [1d, 5  Working days, 1w, 1 working days]}": {
        "enquiry": ["1w", "5 working days", "1 working day", "1d"]
    },
}


@pytest.mark.parametrize("written", REMIND)
def test_leads_are_longest_first_and_expressions_of_interest_follow_submissions(
    tmp_path: Path, written: str
) -> None:
    care = one(tmp_path, "words: [care]", f"remind: {written}")
    held = {kind: [each.text for each in leads] for kind, leads in care.remind.items()}  # type: ignore[attr-defined]
    assert held == REMIND[written]


@pytest.mark.parametrize(
    ("written", "name", "held"),
    [
        ("words: care", "words", ("care",)),
        ("words: [NO, 12:30, 0x10, 03111100, on, 1_000]", "words",
         ("NO", "12:30", "0x10", "03111100", "on", "1_000")),
        ("words: [2026-05-12, 1e3, .5, 'null']", "words", ("2026-05-12", "1e3", ".5", "null")),
        ("cpv: 03111100", "cpv", (cpv.parse("03111100"),)),
        ("buyers: Smith & Sons*", "buyers", ("Smith & Sons*",)),
        ("value: {min: 0}", "minimum", 0.0),
        ("value: {max: 1m}", "minimum", None),
        ("suitability: sme", "suitability", ("sme",)),
        ("everything: true", "words", ()),
    ],
)  # fmt: skip
def test_a_scalar_keeps_its_text_and_one_entry_needs_no_list(
    tmp_path: Path, written: str, name: str, held: object
) -> None:
    assert getattr(one(tmp_path, written), name) == held


@pytest.mark.parametrize(
    ("written", "env", "held"),
    [
        ("${WORD}", {"WORD": "care"}, "care"),
        ("a ${WORD} ${WORD}", {"WORD": "care"}, "a care care"),
        ("${WORD:-care}", {}, "care"),
        ("${WORD:-care}", {"WORD": ""}, "care"),
        ("${WORD:-care}", {"WORD": "living"}, "living"),
        ("${WORD:-a:-b}", {}, "a:-b"),
        ("$${WORD}", {"WORD": "care"}, "${WORD}"),
        ("${A}", {"A": "${B}", "B": "no"}, "${B}"),  # what came from outside is not read again
        ("${A}", {"A": "x: [y]"}, "x: [y]"),
        ("$5 $WORD $$", {"WORD": "no"}, "$5 $WORD $$"),
    ],
)
def test_the_environment_fills_in_texts(
    tmp_path: Path, written: str, env: Mapping[str, str], held: str
) -> None:
    text = f'{HEAD}  - {{name: Care, words: ["{written}"], send: [{{to: screen}}]}}\n'
    assert loaded(tmp_path, text, env).subscriptions[0].words == (held,)


def test_an_anchor_saves_writing(tmp_path: Path) -> None:
    text = (
        HEAD
        + CARE.replace("[care]", "&w [care]")
        + CARE.replace("[care]", "*w").replace("Care", "Other")
    )
    assert [s.words for s in loaded(tmp_path, text).subscriptions] == [("care",), ("care",)]


def test_a_source_that_reads_what_another_reads_is_a_warning(tmp_path: Path) -> None:
    text = (HEAD + CARE).replace(
        "  north: {watch: portal}\n",
        "  north: {watch: portal}\n  far: {watch: portal, pages: 4}\n"
        "  again: {watch: portal, every: 2h, pages: '3'}\n  other: {watch: gazette}\n",
    )
    config = loaded(tmp_path, text)
    assert list(config.sources) == ["north", "far", "again", "other"]
    assert [str(w).partition("config.yaml:")[2] for w in config.warnings] == [
        "4:3: sources.again: reads the same as north, so each notice may be told twice; remove one"
    ]


def test_nothing_from_the_environment_is_in_a_repr(tmp_path: Path) -> None:
    text = (
        f"database: postgresql+psycopg://u:${{KEY}}@db/x\n{HEAD}{CARE}".replace(
            "watch: portal", 'watch: portal, base_url: "${KEY}"'
        )
        .replace(
            "channels:", "channels:\n  post: {notify: post, server: 's${KEY}', from: '${KEY}@x'}"
        )
        .replace("[care]", '["${KEY}"]')
    )
    config = loaded(tmp_path, text, {"KEY": CANARY})
    assert CANARY in config.database
    assert CANARY not in repr(config) + str(config) + repr(config.sources) + repr(config.channels)


def test_the_collector_of_garbage_is_left_as_it_was(tmp_path: Path) -> None:
    loaded(tmp_path, HEAD + CARE)
    with pytest.raises(ConfigError):
        loaded(tmp_path, "")
    assert gc.isenabled()


def test_the_schema_knows_each_plugin_and_its_options() -> None:
    whole = schema(WATCHERS, NOTIFIERS)
    assert set(whole["properties"]) == {
        "database", "timezone", "operators", "templates", "sources", "channels", "subscriptions",
    }  # fmt: skip
    assert whole["additionalProperties"] is False
    portal, post = whole["$defs"]["watch.portal"], whole["$defs"]["notify.post"]
    assert set(portal["properties"]) == {
        "watch", "path", "every", "pause", "backfill", "ca_bundle", "base_url", "pages",
    }  # fmt: skip
    assert portal["properties"]["watch"] == {"const": "portal"}
    assert portal["properties"]["backfill"]["default"] == "1d"
    assert portal["additionalProperties"] is False
    assert sorted(post["required"]) == ["from", "notify", "server"]
    chosen = whole["properties"]["sources"]["additionalProperties"]
    assert chosen["properties"]["watch"]["enum"] == ["gazette", "portal"]
    words = whole["$defs"]["SubscriptionKeys"]["properties"]["words"]
    assert [each["type"] for each in words["anyOf"]] == ["array", ["string", "number"]]
    assert words["anyOf"][0]["minItems"] == 1
    assert '"null"' not in repr(whole).replace("'", '"')


QUIETS: dict[str, tuple[str | None, list[str]]] = {
    "{hours: 20:00-07:00, days: [sat, sun]}": ("20:00 07:00", ["sat", "sun"]),
    "{hours: '12:30 - 24:00'}": ("12:30 00:00", []),
    "{days: sun}": (None, ["sun"]),
}


@pytest.mark.parametrize("written", QUIETS)
def test_a_channel_is_quiet_in_the_zone_of_the_config(tmp_path: Path, written: str) -> None:
    channel = f"screen: {{notify: screen, quiet: {written}}}"
    text = "timezone: Europe/Dublin\n" + (HEAD + CARE).replace("screen: {notify: screen}", channel)
    quiet = loaded(tmp_path, text).channels["screen"].quiet
    assert quiet is not None
    hours, days = QUIETS[written]
    assert (" ".join(f"{h:%H:%M}" for h in quiet.hours or ()) or None) == hours
    assert [WEEKDAYS[day] for day in sorted(quiet.days)] == days
    assert quiet.zone == ZoneInfo("Europe/Dublin")


def test_the_schema_shows_quiet_times_and_working_days() -> None:
    held = schema(*example_plugins())
    for notify in ("console", "slack", "email"):
        assert "quiet" in held["$defs"][f"notify.{notify}"]["properties"]
    shown = held["$defs"]["QuietKeys"]
    assert shown["properties"].keys() == {"hours", "days"} and not shown["additionalProperties"]
    assert "5 working days" in json.dumps(held)


def test_the_schema_wants_an_address_or_a_path() -> None:
    entry = schema(*example_plugins())["$defs"]["watch.ocds"]
    assert entry["anyOf"] == [{"required": ["url"]}, {"required": ["path"]}]
    assert entry["required"] == ["watch"]


def example_plugins() -> tuple[Mapping[str, type], Mapping[str, type]]:
    return watchers.load(), notifiers.load()


def test_the_example_at_the_root_loads_without_an_environment() -> None:
    config = load(ROOT / "config.yaml", {}, *example_plugins())
    assert list(config.sources) == ["find-a-tender", "contracts-finder"]
    assert list(config.channels) == ["screen"]
    assert len(config.subscriptions) == 3
    assert config.warnings == ()
    # The second spells out what the comments say is so when it is left out, as in the first.
    plain, written = config.subscriptions[:2]
    assert (written.stages, written.remind, written.send) == (
        plain.stages,
        plain.remind,
        plain.send,
    )
    assert plain.maximum == when.money("20m")


def test_the_channels_that_the_example_shows_in_comments_load_too(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    channels, _, subscriptions = text.partition("\nsubscriptions:")
    shown = re.sub(r"(?m)^  # (?=bids-|ops-)", "  ", re.sub(r"(?m)^  #   ", "    ", channels))
    path = tmp_path / "config.yaml"
    path.write_text(f"{shown}\nsubscriptions:{subscriptions}", encoding="utf-8")
    env = {
        "SLACK_BOT_TOKEN": "xoxb-0-example",
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/example",
        "SMTP_URL": "smtps://user:password@mail.example.com",
    }
    config = load(path, env, *example_plugins())
    assert list(config.channels) == ["screen", "bids-slack", "ops-hook", "bids-mail"]
    assert config.channels["bids-mail"].notifier.recipients() == (
        "bids@example.com",
        "board@example.com",
    )


def test_certificates_are_looked_for_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    shutil.copy(certifi.where(), tmp_path / "tls" / "more.pem")
    text = (HEAD + CARE).replace("{watch: portal}", "{watch: portal, ca_bundle: tls/more.pem}")
    source = loaded(tmp_path, text).sources["north"]
    assert source.authorities == tmp_path / "tls" / "more.pem"
    assert source.watcher == Portal(), "it is the bot's key, no option of the watcher"


PROMISED = """\
timezone: Europe/London
sources:
  find-a-tender: {watch: find_a_tender, every: 15m}
channels:
  bids-slack: {notify: slack, token: xoxb-1, channel: "#bids"}
  bids-mail: {notify: email, smtp: "smtps://mail.example.com", from: "Alerts <a@example.com>",
              to: [bids@example.com, board@example.com]}
subscriptions:
  - name: Children's and adult social care, North West and Scotland
    cpv: ["85300000", "80*"]
    regions: [North West, TLM, UKD73, LE3]
    words: [supported living, "looked after children"]
    not_words: [cleaning]
    value: {min: 50k, max: 20m, unstated: true}
    buyers: [Sefton*, "Leicestershire County Council"]
    stages: [planning, tender]
    remind:
      enquiry: [5 working days, 1d]
      submission: [14d, 3d, 1d, 4h]
    send:
      - {to: bids-slack, on: [amended, cancelled, deadline]}
      - {to: bids-mail, when: daily 07:30}
      - {to: bids-mail, when: weekly mon 08:00, on: [awarded], empty: true}
"""


def test_the_promised_subscription_loads(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(PROMISED)
    (care,) = load(path, {}, *example_plugins()).subscriptions
    usual = frozenset({"new", "amended", "cancelled", "deadline"})
    assert care.send == (
        Route("bids-slack", usual - {"new"}),
        Route("bids-mail", usual, Rhythm(time(7, 30))),
        Route("bids-mail", frozenset({"awarded"}), Rhythm(time(8), 0), empty=True),
    )
