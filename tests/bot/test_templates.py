"""An operator's own templates: what they may do, what `check` finds, and what a failure costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.render import Renderer, Verdict
from bot.render.example import KINDS, entries, message_of, scant, view_of
from bot.render.layouts import TEMPLATES, Layouts
from bot.render.own import LARGEST, Own, read
from bot.render.sandbox import ALLOWED, LONGEST, STEPS, public
from bot.render.told import DigestView, Listed, View
from bot.render.trial import doubts, faults
from bot.samples import NOW, SAMPLES, delivery
from tests.bot.test_cycle import START, tender
from tests.fakes import CARE, World, world
from tests.fakes import CONFIG as WHOLE

LONDON = ZoneInfo("Europe/London")
ALL = ("console", "email", "slack")
BUILT_IN = Renderer(LONDON)


def folder(root: Path, **files: str) -> Path:
    """A folder of templates: `slack__new__text` is slack/new.text.j2, `shared__a` shared/a.j2."""
    for name, text in files.items():
        parts = name.split("__")
        path = root / "own" / f"{'/'.join(parts[:2])}{''.join(f'.{p}' for p in parts[2:])}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "own"


def text(own: Path, notifier: str = "console", kind: str = "new", part: str = "text") -> str:
    """What a sample becomes by the own templates alone; their errors are raised."""
    view = view_of(kind, entries(kind), LONDON)
    return Layouts(read(own)).part(notifier, kind, part, view)


def found(own: Path, notifiers: tuple[str, ...] = ALL) -> list[str]:
    """The faults as `check` prints them, without the folder and the kinds of message."""
    return [
        f"{Path(p.file).relative_to(own)}:{p.line}:{p.column}: {p.what}"
        for p in faults(own, LONDON, notifiers)
    ]


# ---------------------------------------------------------------- they take the place of others


def test_an_own_template_takes_the_place_of_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    own = folder(tmp_path, slack__new__text="*Neu:* {{ view.title }}")
    event = SAMPLES["new"]
    mine, built_in = Renderer(LONDON, own), BUILT_IN
    told = mine.render("slack", event, delivery(event), NOW)
    usual = built_in.render("slack", event, delivery(event), NOW)
    assert told.parts == {**usual.parts, "text": "*Neu:* Supported living services, Northwick"}
    for kind in ("amended", "started"):
        event = SAMPLES[kind]
        assert mine.render("slack", event, delivery(event), NOW) == built_in.render(
            "slack", event, delivery(event), NOW
        )


def test_a_layout_and_a_shared_part_take_the_place_of_others_too(tmp_path: Path) -> None:
    own = folder(
        tmp_path,
        email___layout__html="<p>House style {{ view.title }}</p>{% block body %}{% endblock %}",
        shared__notice__txt="As we put it.",
    )
    assert text(own, "email", part="html").startswith("<p>House style Supported")
    assert text(own, "email").endswith("As we put it.")
    assert text(own, "console").endswith("As we put it.")


def test_every_built_in_template_is_fit_to_be_copied_and_changed() -> None:
    """What is built in keeps to what an own template may do, and makes the same by it."""
    empty = Layouts(Own(Path("/nowhere"), {}, {}, ()))
    for notifier in ALL:
        for kind in KINDS:
            for told in (entries(kind), *(few for _, few in scant(kind))):
                view = view_of(kind, told, LONDON)
                assert empty.parts(notifier, kind, view) == Layouts().parts(notifier, kind, view)


def test_a_folder_of_copies_has_no_fault_and_no_doubt(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for path in TEMPLATES.glob("*/*.j2"):
        copy = own / path.relative_to(TEMPLATES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    assert found(own) == []
    assert doubts(own, ALL) == []


def test_a_digest_may_be_laid_out_anew(tmp_path: Path) -> None:
    own = folder(
        tmp_path,
        console__digest__text="{% for s in view.sections %}{{ s.heading }} {{ s.count }}. "
        "{% endfor %}{{ view.more or view.empty or 'That is all.' }}",
    )
    assert found(own) == [] and doubts(own, ALL) == []
    told = message_of(Renderer(LONDON, own), "console", "digest", entries("digest"))
    assert told.parts["text"] == (
        "Closing soon 2. New 2. Amended 2. Cancelled 1. Awarded 1. That is all."
    )


def test_a_notifier_without_templates_may_be_given_some(tmp_path: Path) -> None:
    own = folder(tmp_path, pager__default__text="{{ view.kicker }}")
    assert text(own, "pager") == "Now out to tender"
    assert text(own, "bell") == text(folder(tmp_path / "b", shared__x="x"), "console")


# ---------------------------------------------------------------- what they may not do


@pytest.mark.parametrize(
    "source",
    [
        "{{ view.title|safe }}",
        "{{ view.title|e }}",
        "{{ view.title|urlize }}",
        "{{ view.title|tojson }}",
        "{% autoescape false %}{{ view.title }}{% endautoescape %}",
        "{{ view.title|center(10**9) }}",
        "{{ view.title|center(999999999) }}",
        "{{ view.title|indent(999999999) }}",
        "{{ view.title|wordwrap(1, wrapstring=view.description) }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ 5|round(-999999999) }}",
        "{{ [1]|batch(999999999, 'x')|list }}",
        "{{ ['center']|map('center', 999999999)|list }}",
        "{{ view.title.center(999999999) }}",
        "{{ view.title.ljust(999999999) }}",
        "{{ view.title.rjust(999999999) }}",
        "{{ view.title.zfill(999999999) }}",
        "{{ 'a\tb'.expandtabs(999999999) }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{0:999999999}'.format_map({}) }}",
        "{{ ''['format'](1) }}",
        "{{ 'a'.replace('a', view.title) }}",
        "{{ 'a'.join(view.title) }}",
        "{{ 'a'.translate({97: view.title}) }}",
        "{{ 'a'.encode() }}",
        "{{ (1).to_bytes(999999999, 'big') }}",
        "{{ {}.update({1: 2}) }}",
        "{{ view.title * 999999999 }}",
        "{{ 2 ** 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ lipsum(n=999999999) }}",
        "{{ view.__class__ }}",
        "{{ view.rows.__class__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ range(999999999)|list }}",
        # Doubled until it is too much: by each thing that can put texts together.
        "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = [1, 2] %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a = [a, a]|join %}" * 40 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a = a|list|join(a) %}" * 8 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a = a|replace('a', a) %}" * 8 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a = a|replace('', a) %}" * 8 + "{{ a }}",
        "{% set a = 'aaaaaaaa' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
        "{% set a %}{{ 'aaaaaaaa' }}{% endset %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ view.description }}{{ view.description }}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'console/default.text.j2' %}",
        "{% include '../bot/model.py' %}",
        "{% include '/etc/hostname' %}",
    ],
)  # fmt: skip
def test_what_an_own_template_must_not_do_is_refused(source: str, tmp_path: Path) -> None:
    """It fails, and soon, for `check` to tell; in service the built-in one stands in."""
    own = folder(tmp_path, console__default__text=source)
    with pytest.raises(Exception, match=r"."):
        text(own)
    event = SAMPLES["new"]
    usual = BUILT_IN.render("console", event, delivery(event), NOW)
    assert Renderer(LONDON, own).render("console", event, delivery(event), NOW) == usual


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("{{ view.host.removeprefix('tenders.') }}", "example.org"),
        ("{{ view.title|replace('Supported', 'Good')|upper }}", "GOOD LIVING SERVICES, NORTHWICK"),
        ("{{ view.title.split(',')|last|trim }}", "Northwick"),
        ("{{ 'a' ~ 1 ~ view.name }}", "a1new"),
        ("{{ view.rows|map(attribute='label')|join(', ')|truncate(20) }}", "Lot 1 of 2..."),
        ("{% set n = namespace(i=0) %}{% for r in view.rows %}{% set n.i = n.i + 1 %}{% endfor %}"
         "{{ n.i }}", "8"),
        ("{% for r in view.rows[:2] %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/2 2/2"),
        ("{{ {'new': 'Neu'}.get(view.name, view.name) }}", "Neu"),
        ("{{ ['a', 'b']|join('<') }}", "a<b"),
        ("{{ cycler('x', 'y').next() }}", "x"),
    ],
)  # fmt: skip
def test_what_a_layout_needs_is_there(source: str, made: str, tmp_path: Path) -> None:
    assert text(folder(tmp_path, console__default__text=source)) == made


HOSTILE = "<script>alert(1)</script> & <!channel> <https://evil.example|here>"


@pytest.mark.parametrize(
    "source",
    [
        "{{ view.title }}",
        "{{ view.title ~ '' }}",
        "{{ view.title + '' }}",
        "{{ [view.title, '']|join }}",
        "{% set t %}{{ view.title }}{% endset %}{{ t ~ view.title }}{{ [t, view.title]|join }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(view.title) }}{{ m(view.title)|upper }}",
        "{% filter trim %}{{ view.title }}{% endfilter %}",
        "{{ view.title|replace('&', '<b>') }}",
        "{% set b %}b{% endset %}{{ view.title|replace('script', b) }}",
        "{{ view.title|list|join }}",
        "{{ view.title|string|default('x')|trim }}",
    ],
)
@pytest.mark.parametrize(("notifier", "part"), [("email", "html"), ("slack", "text")])
def test_no_own_template_lets_a_notice_s_text_through_as_markup(
    source: str, notifier: str, part: str, tmp_path: Path
) -> None:
    own = folder(tmp_path, **{f"{notifier}__new__{part}": source})
    event = SAMPLES["new"]
    assert event.record
    event = replace(event, record=event.record.having(title=HOSTILE))
    view = BUILT_IN.view(event, delivery(event), NOW)
    made = Layouts(read(own)).part(notifier, "new", part, view)
    assert "alert" in made.lower()
    assert "<" not in made and ">" not in made


# ---------------------------------------------------------------- what `check` finds


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (
            {"slack__new__text": "\n{{ view.tilte }}"},
            ["slack/new.text.j2:2:1: there is no 'tilte' (did you mean title?)"],
        ),
        (
            {"slack__new__text": "a{% if view.name == 'x' %}\n{{ vew.title }}{% endif %}"},
            ["slack/new.text.j2:2:1: there is no 'vew' (did you mean view?)"],
        ),
        (
            {"slack__new__text": "a{% set v = view %}{% if 0 %}\n\n{{ v.ros }}{% endif %}"},
            ["slack/new.text.j2:3:1: there is no 'ros' (did you mean rows?)"],
        ),
        (
            {"email__new__html": "a\n{% for d in view.deadlines.shown %}{{ d.lable }}{% endfor %}"},
            ["email/new.html.j2:2:1: there is no 'lable' (did you mean label?)"],
        ),
        (
            {"console__default__text": "{{ view.title }}\n{% for x in %}"},
            ["console/default.text.j2:2:1: Expected an expression, got 'end of statement block'"],
        ),
        (
            {"console__default__text": "{% endif %}"},
            ["console/default.text.j2:1:1: Encountered unknown tag 'endif'."],
        ),
        (
            {"console__new__text": "a\n{{ view.title|safe }}\n{{ view.title|uper }}{{ view.x }}"},
            [
                "console/new.text.j2:2:1: there is no filter 'safe': every text is escaped where it"
                " is put out",
                "console/new.text.j2:3:1: the filter 'uper' is not there (did you mean upper?)",
                "console/new.text.j2:3:1: there is no 'x'; there is ",
            ],
        ),
        (
            {"console__new__text": "x\n{{ view.deadlines.shown[0].at }}"},
            ["console/new.text.j2:2:1: there is no entry 0 in a list of 0 here"],
        ),
        (
            {"console__new__text": "x\n{% include 'shared/nothing.j2' %}"},
            ["console/new.text.j2:2:1: shared/nothing.j2"],
        ),
        (
            {"console__new__text": "{% include 'shared/a.j2' %}", "shared__a": "\n\n{{ view|"},
            ["shared/a.j2:3:1: unexpected end of template"],
        ),
        (
            {"console__digest__text": "{{ view.title }}\n{% if 0 %}{{ view.lots }}{% endif %}"},
            ["console/digest.text.j2:2:1: there is no 'lots'"],
        ),
        (
            {"console__new__text": "{{ view.title }}{% if 0 %}{{ view.sections }}{% endif %}"},
            ["console/new.text.j2:1:1: there is no 'sections'"],
        ),
        (
            {"shared__digest__txt": "{{ view.sections[0].items[0].lable }}"},
            # Neither is there of a digest of nothing.
            ["shared/digest.txt.j2:1:1: there is no 'lable' (did you mean value?)",
             "shared/digest.txt.j2:1:1: there is no entry 0 in a list of 0 here"],
        ),
        ({"console__new__text": "{# nothing #}"}, ["console/new.text.j2:1:1: makes an empty text"]),
        (
            {"console__new__text": "{% for a in range(9999) %}{% for b in range(9999) %}"
             "{% endfor %}{% endfor %}"},
            ["console/new.text.j2:1:1: takes more than 50,000 steps: are there loops within"],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(
    files: dict[str, str], wanted: list[str], tmp_path: Path
) -> None:
    told = found(folder(tmp_path, **files))
    assert len(told) == len(wanted), told
    for line, start in zip(told, wanted, strict=True):
        assert line.startswith(start)


def test_a_file_that_is_no_text_or_far_too_long_is_a_fault(tmp_path: Path) -> None:
    own = folder(tmp_path, console__new__text="x", slack__new__text="x" * (LARGEST + 1))
    (own / "console/new.text.j2").write_bytes(b"\xff\xfe")
    assert found(own) == [
        "console/new.text.j2:1:1: is no text in UTF-8",
        f"slack/new.text.j2:1:1: has more than {LARGEST:,} bytes",
    ]


def test_only_the_channels_of_the_config_are_tried_and_every_file_is_parsed(tmp_path: Path) -> None:
    own = folder(
        tmp_path,
        slack__new__text="{{ view.deadlines.shown[0].at }}",
        email__new__html="{% if %}",
    )
    assert [line.split(":")[0] for line in found(own, ("console",))] == ["email/new.html.j2"]
    assert len(found(own, ("console", "slack"))) == 2


def test_a_template_that_nobody_looks_for_is_named(tmp_path: Path) -> None:
    own = folder(
        tmp_path,
        slack__amend__text="x",
        console__default__html="x",
        shared__mine="x",
        shared__used="x",
        slack__new__text="{% include 'shared/used.j2' %}",
    )
    (own / "slack/awarded.text").write_text("x")
    (own / "README.md").write_text("Ours.")
    told = {Path(p.file).relative_to(own).as_posix(): p.what for p in doubts(own, ALL)}
    assert set(told) == {
        "slack/amend.text.j2", "console/default.html.j2", "shared/mine.j2", "slack/awarded.text"
    }  # fmt: skip
    assert "did you mean slack/amended.text.j2?" in told["slack/amend.text.j2"]
    assert "did you mean slack/awarded.text.j2?" in told["slack/awarded.text"]


CONFIG = """
database: sqlite:///{folder}/bell.db
sources: {{fts: {{watch: find_a_tender}}}}
channels: {{screen: {{notify: console}}}}
templates: own
subscriptions: [{{name: All, everything: true, send: [{{to: screen}}]}}]
"""


def check(root: Path) -> tuple[int, str]:
    (root / "config.yaml").write_text(CONFIG.format(folder=root))
    done = CliRunner().invoke(cli, ["check", "--config", str(root / "config.yaml")])
    told = f"{done.output}{'' if isinstance(done.exception, SystemExit) else done.exception or ''}"
    return done.exit_code, told


def test_check_tries_the_templates_and_leaves_with_2(tmp_path: Path) -> None:
    own = folder(tmp_path, console__new__text="{{ view.titel }}", console__ammended__text="x")
    code, told = check(tmp_path)
    assert code != 0
    assert f"{own}/console/new.text.j2:1:1: " in told and "(did you mean title?)" in told
    assert "console/ammended.text.j2:1:1: template: no notifier looks for it" in told
    (own / "console/new.text.j2").write_text("{{ view.title }}")
    code, told = check(tmp_path)
    assert code == 0 and "all well" in told and "(warning)" in told


# ---------------------------------------------------------------- in service


def test_a_message_is_wholly_the_built_in_one_when_one_of_its_templates_fails(
    tmp_path: Path,
) -> None:
    own = folder(tmp_path, email__new__subject="Ours", email__new__text="{{ view.nope }}")
    renderer, event = Renderer(LONDON, own), SAMPLES["new"]
    usual = BUILT_IN.render("email", event, delivery(event), NOW)
    assert renderer.render("email", event, delivery(event), NOW) == usual
    renderer.render("email", event, delivery(event), NOW)
    (told,) = renderer.verdicts()
    assert told.template == "email/new.text.j2"
    assert told.failed.startswith(f"{own}/email/new.text.j2:1: there is no 'nope'")
    assert renderer.verdicts() == []


def test_the_own_templates_are_not_blamed_for_what_no_template_can_tell(tmp_path: Path) -> None:
    class Torn:
        amount = net = gross = object()
        currency = "GBP"

    renderer = Renderer(LONDON, folder(tmp_path, console__new__text="{{ view.title }}"))
    event = SAMPLES["new"]
    assert event.record
    torn = replace(event, record=event.record.having(value=Torn()))
    with pytest.raises(TypeError):
        renderer.render("console", torn, delivery(torn), NOW)
    assert renderer.verdicts() == []


def test_what_is_edited_counts_from_the_next_reload_on(tmp_path: Path) -> None:
    own = folder(tmp_path, console__new__text="{% include 'shared/a.j2' %}", shared__a="one")
    renderer, event = Renderer(LONDON, own), SAMPLES["new"]
    (own / "shared/a.j2").write_text("two")
    assert renderer.render("console", event, delivery(event), NOW).parts["text"] == "one"
    again = Renderer(LONDON, own)
    assert again.render("console", event, delivery(event), NOW).parts["text"] == "two"
    assert [v.template for v in again.verdicts()] == ["console/new.text.j2", "shared/a.j2"]


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[World]:
    own = folder(tmp_path, slack__new__text="{{ view.nope }}")
    assert own.is_dir()
    config = "operators: [mail]\ntemplates: own\n" + WHOLE
    with world(f"sqlite:///{tmp_path}/bell.db", tmp_path, START, subscriptions=CARE,
               config=config) as made:  # fmt: skip
        made.once(START)
        for number in (101, 102):
            made.portal.publish("fts", tender(number, "2026-05-12 10:00"))
        yield made


def posts(bell: World) -> list[str]:
    return [str(post.body) for post in bell.slack.received if "Watching" not in str(post.body)]


def alarms(bell: World) -> list[str]:
    return [event.notes[0] for event in bell.events() if event.name == "operators"]


def test_operators_are_told_once_that_a_template_fails_and_once_that_it_is_mended(
    bell: World, caplog: pytest.LogCaptureFixture
) -> None:
    bell.once(START + timedelta(days=2))
    # The built-in fields and text, with the buyer's description, and no trace of the own one.
    assert len(posts(bell)) == 2
    assert all("*Submit by*" in post and "Why: " in post for post in posts(bell))
    assert re.search(r"template=slack/new.text.j2 failed.*:1: there is no 'nope'", caplog.text)
    failing = "The template slack/new.text.j2 fails, so messages have the built-in form"
    assert alarms(bell) == [failing]

    cycle(bell, 103)
    assert len(posts(bell)) == 3 and alarms(bell) == [failing], "once, over a restart too"

    template = bell.path.parent / "own/slack/new.text.j2"
    template.write_text("{{ view.nought }}")
    cycle(bell, 104)
    assert alarms(bell) == [failing, failing], "edited, and still wrong: never that it is well"

    template.write_text("*Ours:* {{ view.title }}")
    cycle(bell, 105)
    cycle(bell, 106)
    assert "*Ours:*" in posts(bell)[-1]
    assert alarms(bell) == [failing, failing, "The template slack/new.text.j2 is well again"]


def cycle(bell: World, number: int) -> None:
    """A new process with the templates as they are now, and one more notice to tell."""
    now = START + (number - 100) * timedelta(days=1)
    bell.restart(now)
    bell.portal.publish("fts", tender(number, f"{now - timedelta(hours=1):%Y-%m-%d %H:%M}"))
    bell.once(now)


def test_a_verdict_names_each_template_that_a_message_was_made_with(tmp_path: Path) -> None:
    own = folder(
        tmp_path, email___layout__html="{% block body %}{% endblock %}", slack__new__text="x"
    )
    renderer, event = Renderer(LONDON, own), SAMPLES["new"]
    renderer.render("email", event, delivery(event), NOW)
    version = read(own).version("email/_layout.html.j2")
    assert renderer.verdicts() == [Verdict("email/_layout.html.j2", version, "")]


# ---------------------------------------------------------------- what is written about them


README = (TEMPLATES / "README.md").read_text()


def paths(kind: Any, name: str = "view") -> Iterator[str]:
    """Every name that a template may ask of the view, and of what is in its lists."""
    held = get_type_hints(kind)
    for field in public(kind):
        inner = held.get(field, str)
        yield f"{name}.{field}"
        origin, of = get_origin(inner), get_args(inner)
        if origin is Listed:
            yield f"{name}.{field}.shown"
            yield f"{name}.{field}.more"
            if is_dataclass(of[0]):
                yield from paths(of[0], f"{name}.{field}.shown[]")
        elif origin is tuple and is_dataclass(of[0]):
            yield from paths(of[0], f"{name}.{field}[]")


def test_what_the_view_holds_is_written_down_and_nothing_else() -> None:
    of_notices, of_digests = README.split("## What `view` holds in a digest")
    for text, kind in ((of_notices, View), (of_digests, DigestView)):
        told = set(re.findall(r"`(view\.[^`]+)`", text))
        held = {path for path in paths(kind) if not path.endswith(".shown")}
        assert told - {"view.reasons.shown"} == held


def test_the_parts_that_are_written_down_are_those_of_each_kind_of_channel() -> None:
    rows = dict(re.findall(r"^\| `(slack|email|console)` \| (.*) \|$", README, re.MULTILINE))
    for notifier in ALL:
        told = set(re.findall(r"`(\w+)`", rows[notifier])) - {"calendar"}
        assert told == set(Layouts().kinds_of(notifier))


def test_the_kinds_and_the_filters_that_are_written_down_are_those_that_are_there() -> None:
    for kind in KINDS:
        assert f"`{kind}`" in README
    listed = re.search(r"Filters: `([^`]+)`", README)
    assert listed
    assert set(listed[1].split()) == {*ALLOWED, "join", "replace"} - {"d"}
    assert f"{STEPS:,} steps" in README and f"{LONGEST:,} characters" in README
