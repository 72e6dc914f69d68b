"""A hostile config, and one with secrets: refused within limits, no secret is told."""

from __future__ import annotations

import contextlib
import random
import traceback
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.config import load
from bot.errors import ConfigError
from tests.bot.test_config import CANARY, CARE, HEAD, NOTIFIERS, WATCHERS, loaded
from tests.bot.test_config_faults import CHANNEL, NAMED, REST, SEND, SOURCE, THEN, faults


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    lists = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lists += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert faults(tmp_path, "\n".join(lists))[-1].endswith(
        "aliases (*…) repeat more than 2,000 values"
    )
    grown = f"a: &a '${{X}}{'x' * 1000}'\nb: [{'*a, ' * 9000}]"
    assert "repeat more than" in faults(tmp_path, grown, {"X": "y" * 1000})[-1]


def test_depth_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "[" * 400 + "]" * 400) == [
        "1:18: " + "[0]" * 16 + "[0]: is nested more than 16 levels deep"
    ]
    assert "nest" in faults(tmp_path, "[" * 100_000)[0]


def test_a_file_of_faults_is_told_up_to_a_limit(tmp_path: Path) -> None:
    told = faults(tmp_path, "\n".join(f"key{n}: 1" for n in range(20_000)))
    assert len(told) <= 1_001


@pytest.mark.parametrize(
    "text",
    [
        CHANNEL + "{notify: post, server: s, from: '${KEY}'}" + THEN,  # the validator tells it
        CHANNEL + "{notify: post, server: s, from: 'smtp://u:${KEY}@:x/'}" + THEN,
        CHANNEL + "{notify: post, server: ['${KEY}'], from: a@b}" + THEN,
        CHANNEL + "{notify: '${KEY}'}" + THEN,
        SOURCE + "{watch: '${KEY}'}" + REST,
        SOURCE + "{watch: portal, every: '${KEY}', pause: '${KEY}', pages: '${KEY}'}" + REST,
        HEAD + CARE + "timezone: ${KEY}\ndatabase: ${KEY}",
        NAMED + "cpv: ${KEY}\n    regions: ['${KEY}']\n    stages: ['${KEY}']" + SEND,
        NAMED + "value: {min: '${KEY}', unstated: '${KEY}'}\n    suitability: '${KEY}'" + SEND,
        NAMED + "words: a\n    send: [{to: '${KEY}', on: ['${KEY}'], when: '${KEY}'}]",
        NAMED + "words: a\n    remind: {enquiry: '${KEY}'}" + SEND,
        HEAD + CARE.replace("Care", "'${KEY}'") * 2,
        HEAD + CARE.replace("Care", '"${KEY}\\u0001"'),
    ],
)
@pytest.mark.parametrize("key", [CANARY, 'it\'s \\ "quoted" canary', "canary:part@host/x"])
def test_a_secret_is_in_no_message_and_no_traceback(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text, {"KEY": key})
    error = caught.value
    shown = str(error) + repr(error.problems) + "".join(traceback.format_exception(error))
    assert "canary" not in shown
    assert error.__context__ is None


def test_a_message_that_holds_no_secret_is_told_as_it_is(tmp_path: Path) -> None:
    text = CHANNEL + "{notify: post, server: '${KEY}', from: a@b}" + THEN
    assert faults(tmp_path, text, {"KEY": "ftp://post.example.org/hooks/canary"}) == [
        "4:32: channels.mine.server: must start with https://post.example.org/hooks/"
    ]


# ---------------------------------------------------------------- nothing else is ever raised

WORDS = [
    "sources",
    "watch",
    "portal",
    "channels",
    "screen",
    "notify",
    "subscriptions",
    "name",
    "cpv",
    "regions",
    "words",
    "value",
    "min",
    "max",
    "send",
    "to",
    "on",
    "when",
    "remind",
    "submission",
    "7d",
    "everything",
    "true",
    "timezone",
    "database",
    "${A}",
    "${A:-b}",
    "post",
    "from",
    "server",
    "every",
    "15m",
    "pause",
    "1e999",
    "-0",
    "99999999999999999d",
    "1e400m",
    "nan",
    "Europe",
    "zone.tab",
    "sqlite:///x",
    "١٢d",
]
MARKS = [
    "a",
    ": ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a ",
    "!!x ",
    "? ",
    "|\n",
    "%",
    "'",
    '"',
    "---",
    "...",
    "${A}",
    "${",
    "#",
    "<<",
    "\t",
    "\u2028",
    "\x85",
]
scalars = st.sampled_from(WORDS) | st.text(max_size=8)
trees = st.recursive(
    scalars | st.none() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=4),
    max_leaves=15,
)
loose = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@loose
@given(text=st.text(max_size=200) | st.lists(st.sampled_from(MARKS), max_size=40).map("".join))
@example(text="? - a\n: b")
@example(text="&a [*a, *a]")
@example(text="{&a a: *a, *a : b}")
def test_whatever_the_file_holds_only_a_config_error_is_raised(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError) as caught:
        load(path, {"A": "b"}, WATCHERS, NOTIFIERS)
    assert caught.value.problems


@loose
@given(top=st.dictionaries(st.sampled_from(WORDS), trees), seed=st.integers(0, 99))
def test_whatever_the_tree_only_a_config_error_is_raised(
    tmp_path: Path, top: dict[Any, object], seed: int
) -> None:
    """A good config of which one branch is replaced by anything, or a tree that is none at all."""
    good: dict[str, object] = yaml.safe_load(HEAD + CARE)
    for key, value in top.items():
        node: Any = good
        chance = random.Random(seed)
        while isinstance(node, (dict, list)) and node:
            at: Any = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if chance.random() < 0.4 or not isinstance(node[at], (dict, list)):
                node[at if chance.random() < 0.7 or isinstance(node, list) else key] = value
                break
            node = node[at]
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(good, allow_unicode=True), encoding="utf-8")
    with contextlib.suppress(ConfigError):
        load(path, {"A": "b"}, WATCHERS, NOTIFIERS)
