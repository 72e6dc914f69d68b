"""What is said of a bad config: every fault at once, where it stands, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot import cpv, regions, when
from bot.config import load
from bot.errors import ConfigError
from tests.bot.test_config import CARE, HEAD, NOTIFIERS, WATCHERS, loaded

SOURCE = "sources:\n  north: "
REST = "\nchannels:\n  screen: {notify: screen}\nsubscriptions:\n" + CARE
CHANNEL = "sources: {north: {watch: portal}}\nchannels:\n  screen: {notify: screen}\n  mine: "
THEN = "\nsubscriptions:\n" + CARE
SEND = "\n    send: [{to: screen}]\n"
NAMED = f"{HEAD}  - name: Care\n    "  # what follows begins at 7:5


def faults(folder: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    """`line:column: where: what` of each fault."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, env)
    assert all(p.file == str(folder / "config.yaml") for p in caught.value.problems)
    return [f"{p.line}:{p.column}: {p.where}: {p.what}" for p in caught.value.problems]


def said(parse: Callable[[str], object], text: str) -> str:
    """What a parser of another room says of a text."""
    with pytest.raises(ValueError) as caught:
        parse(text)
    return str(caught.value)


ONE: dict[str, tuple[str, str]] = {
    # ------------------------------------------------------------ the file
    "empty": ("", "1:1: file: is empty: it needs sources, channels and subscriptions"),
    "comment alone": ("# x\n", "1:1: file: is empty: it needs sources, channels and subscriptions"),
    "a list": ("- a", "1:1: file: wants keys and values (key: value), not a list"),
    "a text": ("hello", "1:1: file: wants keys and values (key: value), not a single text"),
    "open bracket": (
        "sources: [a\nchannels: b\n",
        "2:9: file: is not YAML: did not find expected ',' or ']'"
        " (while parsing a flow sequence that begins on line 1)",
    ),
    "two colons": (
        "sources: a: b",
        "1:11: file: is not YAML: mapping values are not allowed in this context",
    ),
    "variable in brackets": (
        SOURCE + "{watch: portal, base_url: ${URL}}" + REST,
        "2:37: file: is not YAML: did not find expected ',' or '}';"
        ' inside [ ] or { } a variable stands in quotes: "${VAR}"',
    ),
    "tab": ("sources:\n\tnorth: x", "2:1: file: has a tab here: YAML is indented with spaces"),
    "control": ("a: b\nc: \x07", "2:4: file: holds the control character U+0007 here; remove it"),
    "two documents": (
        HEAD + CARE + "---\na: b",
        "7:1: file: is not YAML: but found another document"
        " (expected a single document in the stream that begins on line 1)",
    ),
    "no anchor": ("a: *b", "1:4: file: is not YAML: found undefined alias"),
    "one key twice": (
        HEAD + CARE + "timezone: UTC\ntimezone: UTC",
        "8:1: timezone: is given twice: first at line 7, column 1; keep one",
    ),
    "one name twice": (
        "sources:\n  north: {watch: portal}\n  north: {watch: gazette}" + REST,
        "3:3: sources.north: is given twice: first at line 2, column 3; keep one",
    ),
    "a list as a key": (
        HEAD + CARE + "? [a]\n: b",
        "7:3: ?: a key must be plain text",
    ),
    "tag": (
        NAMED + "words: [!!python/name:os.system x]" + SEND,
        "7:13: subscriptions[0].words[0]: has a tag (!…); tags are refused, remove it",
    ),
    "tag of a list": (
        NAMED + "words: !!set [x]" + SEND,
        "7:12: subscriptions[0].words: has a tag (!…); tags are refused, remove it",
    ),
    "no value": (
        NAMED + "words:" + SEND,
        "7:11: subscriptions[0].words: has no value: write one, remove the line",
    ),
    "null": (
        NAMED + "words: [null]" + SEND,
        "7:13: subscriptions[0].words[0]: has no value: write one, remove the line,"
        ' or write "null" in quotes if that is a text',
    ),
    "itself": (
        "sources: &a\n  b: *a",
        "1:10: sources" + ".b" * 16 + ": is nested more than 16 levels deep",
    ),
    # ------------------------------------------------------------ the environment
    "not set": (
        NAMED + "words: ['x ${NOPE}']" + SEND,
        "7:13: subscriptions[0].words[0]: the environment variable NOPE is not set",
    ),
    "set to nothing": (
        NAMED + "words: ${EMPTY}" + SEND,
        "7:12: subscriptions[0].words: the environment variable EMPTY is empty",
    ),
    "half a variable": (
        NAMED + "words: ${NOPE" + SEND,
        "7:12: subscriptions[0].words: has a ${ without its }; write $${ for a plain ${",
    ),
    "no variable": (
        NAMED + "words: ${A-B}" + SEND,
        "7:12: subscriptions[0].words: ${A-B} is not ${VAR} or ${VAR:-default}",
    ),
    # ------------------------------------------------------------ the top
    "unknown key": (
        HEAD + CARE + "tmezone: UTC",
        "7:1: tmezone: unknown key (did you mean timezone?)",
    ),
    "operators": (
        HEAD + CARE + "operators: [scren]",
        "7:13: operators[0]: there is no channel 'scren' (did you mean screen?)",
    ),
    "templates": (
        HEAD + CARE + "templates: own",
        "7:12: templates: there is no folder 'own'",
    ),
    "no channels": (
        "sources: {north: {watch: portal}}\nsubscriptions: [{name: a, words: b, send: [{to: c}]}]",
        "1:1: channels: is needed; 2:49: subscriptions[0].send[0].to: there is no channel 'c'",
    ),
    "no source at all": (
        "sources: {}" + REST,
        "1:10: sources: must not be empty: give at least one, or remove the key",
    ),
    "no subscription": (
        HEAD.strip() + " []",
        "5:16: subscriptions: must not be empty: give at least one, or remove the key",
    ),
    "zone": (
        HEAD + CARE + "timezone: Europe/Lodnon",
        "7:11: timezone: there is no time zone 'Europe/Lodnon' (did you mean Europe/London?)",
    ),
    "zone outside": (
        HEAD + CARE + "timezone: ../../etc/passwd",
        "7:11: timezone: there is no time zone '../../etc/passwd'",
    ),
    "zone without end": (
        HEAD + CARE + f"timezone: {'z' * 300}",
        f"7:11: timezone: there is no time zone '{'z' * 60}'",
    ),
    "other database": (
        HEAD + CARE + "database: mysql://bell:hunter2@db/bell",
        "7:11: database: wants sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
    ),
    "driver": (
        HEAD + CARE + "database: postgresql://bell:hunter2@db/bell",
        "7:11: database: wants sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME;"
        " the driver is psycopg, so the address begins with postgresql+psycopg://",
    ),
    "memory": (
        HEAD + CARE + "database: 'sqlite:///:memory:'",
        "7:11: database: wants sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME;"
        " what is held in memory is lost when the program stops",
    ),
    # ------------------------------------------------------------ sources
    "no watch": (SOURCE + "{every: 15m}" + REST, "2:10: sources.north.watch: is needed"),
    "watch": (
        SOURCE + "{watch: Por-tal}" + REST,
        "2:18: sources.north.watch: there is no 'Por-tal' (did you mean portal?)",
    ),
    "watch, nothing like it": (
        SOURCE + "{watch: xyz}" + REST,
        "2:18: sources.north.watch: there is no 'xyz'; known are gazette, portal",
    ),
    "every": (
        SOURCE + "{watch: portal, every: often}" + REST,
        f"2:33: sources.north.every: {said(when.span, 'often')}",
    ),
    "too often": (
        SOURCE + "{watch: portal, every: 9s}" + REST,
        "2:33: sources.north.every: is too short: a source may be polled every 10s at most",
    ),
    "far too long": (
        SOURCE + "{watch: portal, backfill: 99999d}" + REST,
        "2:36: sources.north.backfill: '99999d' is longer than the limit of ten years",
    ),
    "pause": (
        SOURCE + "{watch: portal, pause: 1s}" + REST,
        "2:33: sources.north.pause: wants a number",
    ),
    "pause below nothing": (
        SOURCE + "{watch: portal, pause: -1}" + REST,
        "2:33: sources.north.pause: must be at least 0",
    ),
    "pause for ever": (
        SOURCE + "{watch: portal, pause: inf}" + REST,
        "2:33: sources.north.pause: wants a finite number",
    ),
    "certificates, none there": (
        SOURCE + "{watch: portal, ca_bundle: none.pem}" + REST,
        "2:37: sources.north.ca_bundle: 'none.pem' cannot be read: No such file or directory",
    ),
    "certificates, a folder": (
        SOURCE + "{watch: portal, ca_bundle: .}" + REST,
        "2:37: sources.north.ca_bundle: '.' cannot be read: Is a directory",
    ),
    "certificates, no PEM": (
        SOURCE + "{watch: portal, ca_bundle: config.yaml}" + REST,
        "2:37: sources.north.ca_bundle: 'config.yaml' holds no certificate:"
        " it must be a file in PEM",
    ),
    "certificates, a list": (
        SOURCE + "{watch: portal, ca_bundle: [a.pem]}" + REST,
        "2:37: sources.north.ca_bundle: wants a text, not a list",
    ),
    "option": (
        SOURCE + "{watch: portal, bas_url: x}" + REST,
        "2:26: sources.north.bas_url: unknown key (did you mean base_url?)",
    ),
    "option of the bot": (
        SOURCE + "{watch: portal, backfil: 2d}" + REST,
        "2:26: sources.north.backfil: unknown key (did you mean backfill?)",
    ),
    "option's value": (
        SOURCE + "{watch: portal, pages: many}" + REST,
        "2:33: sources.north.pages: wants a whole number",
    ),
    "option, nothing like it": (
        SOURCE + "{watch: portal, xyz: 1}" + REST,
        "2:26: sources.north.xyz: unknown key;"
        " known are watch, path, every, pause, backfill, ca_bundle, base_url, pages",
    ),
    "name": (
        "sources:\n  a/b: {watch: portal}" + REST,
        "2:3: sources.a/b: a name is at most 64 letters, digits, dots, hyphens and underscores",
    ),
    "a source that is a text": (
        SOURCE + "portal" + REST,
        "2:10: sources.north: wants keys and values (key: value), not a single text",
    ),
    # ------------------------------------------------------------ channels
    "notify": (
        CHANNEL + "{notify: screeen}" + THEN,
        "4:18: channels.mine.notify: there is no 'screeen' (did you mean screen?)",
    ),
    "mention": (
        CHANNEL + "{notify: screen, mention: x}" + THEN,
        "4:26: channels.mine.mention: unknown key; known are notify, quiet",
    ),
    "alias": (
        CHANNEL + "{notify: post, server: s, form: a@b}" + THEN,
        "4:9: channels.mine.from: is needed;"
        " 4:35: channels.mine.form: unknown key (did you mean from?)",
    ),
    "loud": (
        CHANNEL + "{notify: post, server: s, from: a@b, loud: very}" + THEN,
        "4:52: channels.mine.loud: wants true or false",
    ),
    # ------------------------------------------------------------ subscriptions
    "no name": (
        HEAD + "  - words: [a]\n    send: [{to: screen}]",
        "6:5: subscriptions[0].name: is needed",
    ),
    "empty name": (
        HEAD + "  - {name: ' ', words: a, send: [{to: screen}]}",
        "6:12: subscriptions[0].name: must not be empty",
    ),
    "two lines": (
        HEAD + '  - {name: "a\\nb", words: a, send: [{to: screen}]}',
        "6:12: subscriptions[0].name: must be one line of printable characters",
    ),
    "name twice": (
        HEAD + CARE + CARE.replace("Care", "' Care'"),
        "7:12: subscriptions[1].name: the name stands twice: subscriptions[0] has it too",
    ),
    "cpv": (
        NAMED + "cpv: [853000, '853000001x']" + SEND,
        f"7:19: subscriptions[0].cpv[1]: {said(cpv.parse, '853000001x')}",
    ),
    "region": (
        NAMED + "regions: [Wales, Wessexshire]" + SEND,
        f"7:22: subscriptions[0].regions[1]: {said(regions.parse, 'Wessexshire')}",
    ),
    "a text that is a list": (
        NAMED + "words: supported living, care" + SEND,
        "7:12: subscriptions[0].words: several entries are a list: write [one, two]",
    ),
    "no word": (
        NAMED + "words: []" + SEND,
        "7:12: subscriptions[0].words: must not be empty: give at least one, or remove the key",
    ),
    "empty word": (
        NAMED + "words: ['']" + SEND,
        "7:13: subscriptions[0].words[0]: must not be empty",
    ),
    "too many words": (
        NAMED + f"words: [{'a, ' * 1001}]" + SEND,
        "7:12: subscriptions[0].words: has too many entries: the limit is 1000",
    ),
    "a word that is a mapping": (
        NAMED + "words: [supported: living]" + SEND,
        "7:13: subscriptions[0].words[0]: wants a text, not keys and values",
    ),
    "band": (
        NAMED + "value: {min: lots}" + SEND,
        f"7:18: subscriptions[0].value.min: {said(when.money, 'lots')}",
    ),
    "band upside down": (
        NAMED + "value: {min: 2m, max: 50k}" + SEND,
        "7:12: subscriptions[0].value: min is larger than max, so nothing can match",
    ),
    "band without ends": (
        NAMED + "value: {unstated: false}" + SEND,
        "7:12: subscriptions[0].value: needs min or max",
    ),
    "band's key": (
        NAMED + "value: {mx: 3}" + SEND,
        "7:13: subscriptions[0].value.mx: unknown key (did you mean max?)",
    ),
    "suitability": (
        NAMED + "suitability: [smes]" + SEND,
        "7:19: subscriptions[0].suitability[0]: 'smes' is not one of sme or vcse"
        " (did you mean sme?)",
    ),
    "stage": (
        NAMED + "words: a\n    stages: [tenders]" + SEND,
        "8:14: subscriptions[0].stages[0]: 'tenders' is not one of planning, tender, award or"
        " contract (did you mean tender?)",
    ),
    "kind of deadline": (
        NAMED + "words: a\n    remind: {submision: 7d}" + SEND,
        "8:14: subscriptions[0].remind.submision: 'submision' is not one of enquiry, submission,"
        " participation, engagement, expected-notice, opening, award, standstill, contract-start"
        " or contract-end (did you mean submission?)",
    ),
    "lead": (
        NAMED + "words: a\n    remind: {enquiry: [2d, soon]}" + SEND,
        f"8:28: subscriptions[0].remind.enquiry[1]: {said(when.span, 'soon')}",
    ),
    "lead of nothing": (
        NAMED + "words: a\n    remind: {enquiry: 0d}" + SEND,
        "8:23: subscriptions[0].remind.enquiry:"
        " a reminder comes before its deadline: write 1h or more",
    ),
    # ------------------------------------------------------------ quiet times
    "quiet without anything": (
        CHANNEL + "{notify: screen, quiet: {}}" + THEN,
        "4:33: channels.mine.quiet: needs hours or days",
    ),
    "quiet all day": (
        CHANNEL + "{notify: screen, quiet: {hours: 07:00-07:00}}" + THEN,
        "4:41: channels.mine.quiet.hours: begins when it ends: the whole day would be quiet",
    ),
    "quiet all but half an hour": (
        CHANNEL + "{notify: screen, quiet: {hours: 07:30-07:00}}" + THEN,
        "4:33: channels.mine.quiet: leaves less than an hour to send anything in: shorten it",
    ),
    "quiet all week": (
        CHANNEL + "{notify: screen, quiet: {days: [mon, tue, wed, thu, fri, sat, sun]}}" + THEN,
        "4:33: channels.mine.quiet: leaves less than an hour to send anything in: shorten it",
    ),
    "quiet for ever between days and hours": (
        CHANNEL + "{notify: screen, quiet: {hours: 00:00-23:30, days: [sat, sun]}}" + THEN,
        "4:33: channels.mine.quiet: leaves less than an hour to send anything in: shorten it",
    ),
    "quiet hours of no form": (
        CHANNEL + "{notify: screen, quiet: {hours: 8pm to 7am}}" + THEN,
        "4:41: channels.mine.quiet.hours: '8pm to 7am' is not a part of the day: write 20:00-07:00",
    ),
    "quiet day": (
        CHANNEL + "{notify: screen, quiet: {days: [saturday]}}" + THEN,
        "4:41: channels.mine.quiet.days[0]: 'saturday' is not one of mon, tue, wed, thu, fri, sat"
        " or sun",
    ),
    "quiet key": (
        CHANNEL + "{notify: screen, quiet: {hour: 20:00-07:00}}" + THEN,
        "4:34: channels.mine.quiet.hour: unknown key (did you mean hours?)",
    ),
    # ------------------------------------------------------------ leads in working days
    "working days of no number": (
        NAMED + "words: a\n    remind: {enquiry: [5 workdays]}" + SEND,
        "8:24: subscriptions[0].remind.enquiry[0]:"
        " '5 workdays' is not a number of working days: write 5 working days",
    ),
    "no working days": (
        NAMED + "words: a\n    remind: {enquiry: [0 working days]}" + SEND,
        "8:24: subscriptions[0].remind.enquiry[0]:"
        " a reminder comes before its deadline: write 1 working day or more",
    ),
    "working days of years": (
        NAMED + "words: a\n    remind: {enquiry: [251 working days]}" + SEND,
        "8:24: subscriptions[0].remind.enquiry[0]:"
        " '251 working days' is longer than the limit of 250 working days",
    ),
    "calendar": (
        NAMED + "words: a\n    calendar: config.yaml" + SEND,
        "8:15: subscriptions[0].calendar: 'config.yaml' must end in .ics",
    ),
    "calendar's folder": (
        NAMED + "words: a\n    calendar: nowhere/care.ics" + SEND,
        "8:15: subscriptions[0].calendar: there is no folder 'nowhere': make it first",
    ),
    "calendar in a list": (
        NAMED + "words: a\n    calendar: [care.ics]" + SEND,
        "8:15: subscriptions[0].calendar: wants a text, not a list",
    ),
    "calendar's name": (
        NAMED + f"words: a\n    calendar: {'x' * 300}.ics" + SEND,
        f"8:15: subscriptions[0].calendar: '{'x' * 60}': File name too long",
    ),
    "two of one calendar": (
        NAMED
        + "words: a\n    calendar: care.ics"
        + SEND
        + "\n  - name: b\n    words: a\n    calendar: ./care.ics"
        + SEND,
        "13:15: subscriptions[1].calendar: subscriptions[0] writes the same file",
    ),
    "key": (
        NAMED + "word: a\n    everything: true" + SEND,
        "7:5: subscriptions[0].word: unknown key (did you mean words?)",
    ),
    "nothing is wanted": (
        NAMED + "not_words: [a]" + SEND,
        "6:5: subscriptions[0]: has no criterion: give one of cpv, regions, words, value, buyers,"
        " suitability, or everything: true to hear of every notice",
    ),
    "everything is false": (
        NAMED + "everything: false" + SEND,
        "6:5: subscriptions[0]: has no criterion: give one of cpv, regions, words, value, buyers,"
        " suitability, or everything: true to hear of every notice",
    ),
    # ------------------------------------------------------------ send
    "no send": (NAMED + "words: a", "6:5: subscriptions[0].send: is needed"),
    "send to nobody": (
        NAMED + "words: a\n    send: []",
        "8:11: subscriptions[0].send: must not be empty: give at least one, or remove the key",
    ),
    "send is a text": (
        NAMED + "words: a\n    send: screen",
        "8:11: subscriptions[0].send: wants a list, not a single text",
    ),
    "send's entry is a text": (
        NAMED + "words: a\n    send: [screen]",
        "8:12: subscriptions[0].send[0]: wants keys and values (key: value), not a single text",
    ),
    "to": (
        NAMED + "words: a\n    send: [{to: scren}]",
        "8:17: subscriptions[0].send[0].to: there is no channel 'scren' (did you mean screen?)",
    ),
    "on": (
        NAMED + "words: a\n    send: [{to: screen, on: [new, ammended]}]",
        "8:35: subscriptions[0].send[0].on[1]: 'ammended' is not one of new, amended, cancelled,"
        " awarded or deadline (did you mean amended?)",
    ),
    "when": (
        NAMED + "words: a\n    send: [{to: screen, when: dayly 07:30}]",
        "8:31: subscriptions[0].send[0].when: 'dayly 07:30' is not known: write now, hourly,"
        " daily 07:30 or weekly mon 08:00 (did you mean daily?)",
    ),
    "when, nothing like it": (
        NAMED + "words: a\n    send: [{to: screen, when: soon}]",
        "8:31: subscriptions[0].send[0].when: 'soon' is not known: write now, hourly,"
        " daily 07:30 or weekly mon 08:00",
    ),
    "when, a list": (
        NAMED + "words: a\n    send: [{to: screen, when: [daily]}]",
        "8:31: subscriptions[0].send[0].when:"
        " wants now, or how often a digest comes, as in daily 07:30",
    ),
    "when, too much": (
        NAMED + "words: a\n    send: [{to: screen, when: hourly 07:30}]",
        "8:31: subscriptions[0].send[0].when: hourly is a word alone: '07:30' is too much",
    ),
    "when, daily at no time": (
        NAMED + "words: a\n    send: [{to: screen, when: daily}]",
        "8:31: subscriptions[0].send[0].when:"
        " daily needs a time and nothing else, as in daily 07:30",
    ),
    "when, daily at a time that is none": (
        NAMED + "words: a\n    send: [{to: screen, when: daily 24:00}]",
        "8:31: subscriptions[0].send[0].when: '24:00' is no time of day: write 07:30 or 18:00",
    ),
    "when, weekly without a day": (
        NAMED + "words: a\n    send: [{to: screen, when: weekly 08:00}]",
        "8:31: subscriptions[0].send[0].when:"
        " weekly needs a day and a time, as in weekly mon 08:00",
    ),
    "when, weekly on a day that is none": (
        NAMED + "words: a\n    send: [{to: screen, when: weekly tuseday 08:00}]",
        "8:31: subscriptions[0].send[0].when: 'tuseday' is no day of the week:"
        " mon, tue, wed, thu, fri, sat, sun (did you mean tue?)",
    ),
    "empty without a digest": (
        NAMED + "words: a\n    send: [{to: screen, empty: true}]",
        "8:12: subscriptions[0].send[0]:"
        " empty goes with a digest: add when, as in when: daily 07:30",
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_a_fault_says_where_what_and_how_to_mend_it(tmp_path: Path, case: str) -> None:
    text, told = ONE[case]
    assert "; ".join(faults(tmp_path, text, {"EMPTY": ""})) == told


def test_every_fault_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
database: mysql://x
sorces: {}
sources:
  north: {watch: portle, evry: 1m}
  south: {watch: portal, every: 1s, pages: x}
channels:
  post: {notify: post, server: "${SERVER}", from: nobody}
subscriptions:
  - name: Care
    words:
    send: [{to: poste, on: [awarde]}, {to: post, when: hurly}]
  - {name: Care, cpv: x, remind: {enquiry: y}}
"""
    told = [line.partition(": ")[0:3:2] for line in faults(tmp_path, text)]
    assert [(place, rest.partition(": ")[0]) for place, rest in told] == [
        ("1:11", "database"),
        ("2:1", "sorces"),
        ("4:18", "sources.north.watch"),
        ("5:33", "sources.south.every"),
        ("5:44", "sources.south.pages"),
        ("7:32", "channels.post.server"),
        ("7:51", "channels.post.from"),
        ("10:11", "subscriptions[0].words"),
        ("11:17", "subscriptions[0].send[0].to"),
        ("11:29", "subscriptions[0].send[0].on[0]"),
        ("11:56", "subscriptions[0].send[1].when"),
        ("12:5", "subscriptions[1].send"),
        ("12:12", "subscriptions[1].name"),
        ("12:23", "subscriptions[1].cpv"),
        ("12:44", "subscriptions[1].remind.enquiry"),
    ]


def test_a_fault_prints_as_one_line_of_the_promised_form(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, HEAD + CARE + '"time\\nzone\\e[2J": UTC')
    (line,) = str(caught.value).splitlines()
    assert line.startswith(
        f"{tmp_path / 'config.yaml'}:7:1: time zone\N{REPLACEMENT CHARACTER}[2J: "
    )
    assert line.isprintable()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"a: b\nc: d\xff", "2:5: file: is not UTF-8 text here"),
        (b"#" * 1_048_577, "1:1: file: is larger than the limit of 1,048,576 bytes"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load(path, {}, WATCHERS, NOTIFIERS)
    assert str(caught.value) == f"{path}:{told}"


@pytest.mark.parametrize(
    ("name", "why"),
    [("none.yaml", "No such file or directory"), (".", "Is a directory"), ("\0", "bad file name")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name, {}, WATCHERS, NOTIFIERS)
    assert [p.what for p in caught.value.problems] == [f"cannot be read: {why}"]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff" + HEAD + CARE).subscriptions
