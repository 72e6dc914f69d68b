"""What was posted to Slack as a page: messages, their blocks, their threads. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.pages import page
from bot.pages.mrkdwn import html, link, plain

Body = Mapping[str, Any]

STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1d1c1d; --soft: #616061; --line: #dddddd;
  --link: #1264a3; --hover: #f8f8f8; --mark: #fff3c4; --go: #007a5a; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #1a1d21; --ink: #e8e8e8; --soft: #ababad; --line: #414447; --link: #4aa8e8;
    --hover: #222529; --mark: #4b3f12; --go: #148567; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.46668 Slack-Lato, Lato, -apple-system, "Segoe UI", Roboto, Helvetica, Arial,
  sans-serif; }
main { max-width: 800px; }
h1 { margin: 0; padding: 12px 20px; border-bottom: 1px solid var(--line); font-size: 18px;
  line-height: 1.3; }
article { display: grid; grid-template-columns: 36px minmax(0, 1fr); gap: 0 10px;
  padding: 10px 20px; }
.face { width: 36px; height: 36px; border-radius: 6px; background: #0b6e4f; color: #fff;
  font: 700 18px/36px Arial, sans-serif; text-align: center; }
.by { font-weight: 700; line-height: 1.3; }
.by small { margin-left: 4px; padding: 1px 4px; border-radius: 3px; background: var(--hover);
  color: var(--soft); font-size: 10px; font-weight: 600; vertical-align: 1px; }
.by time { margin-left: 4px; color: var(--soft); font-size: 12px; font-weight: 400; }
article > div { min-width: 0; overflow-wrap: anywhere; }
h2 { margin: 8px 0 4px; font-size: 18px; line-height: 1.33; font-weight: 900; }
.section { margin: 8px 0; }
.section, .fields div, .context span { white-space: pre-wrap; }
.fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr));
  gap: 8px 16px; margin: 8px 0; }
.context { display: flex; flex-wrap: wrap; gap: 4px 10px; margin: 8px 0; color: var(--soft);
  font-size: 13px; line-height: 1.38; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 6px; }
.button { padding: 5px 12px; border: 1px solid var(--line); border-radius: 8px; color: var(--ink);
  font-size: 13px; font-weight: 700; text-decoration: none; background: var(--paper); }
.button.primary { border-color: var(--go); background: var(--go); color: #fff; }
.button.danger { border-color: #c01343; color: #e01e5a; }
a { color: var(--link); text-decoration: none; }
hr { margin: 12px 0; border: 0; border-top: 1px solid var(--line); }
mark { padding: 0 2px; border-radius: 3px; background: var(--mark); color: var(--link); }
blockquote { margin: 4px 0; padding: 0 0 0 12px; border-left: 4px solid var(--line); }
code, pre { font: 12px/1.5 Menlo, Consolas, monospace; border: 1px solid var(--line);
  border-radius: 3px; }
code { padding: 1px 3px; } pre { padding: 8px; margin: 4px 0; white-space: pre-wrap; }
.thread { margin: 0 0 8px 56px; border-left: 2px solid var(--line); }
.thread h3 { margin: 0; padding: 4px 20px 0; color: var(--link); font-size: 13px;
  font-weight: 700; }
.alone { color: var(--soft); font-style: italic; }
@media (max-width: 480px) { .fields { grid-template-columns: minmax(0, 1fr); }
  article, h1 { padding-left: 12px; padding-right: 12px; }
  .thread { margin-left: 24px; } }
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in a channel: its JSON as posted, when, and which one it answers."""

    body: Body
    at: str = ""  # as people read it: "10:00"
    ts: str = ""
    thread: str = ""  # the `ts` of the message that it answers, "" for none


def channel(title: str, posts: Iterable[Shown]) -> str:
    """A channel with its messages, each with the answers to it below; oldest first."""
    posts = list(posts)
    known = {post.ts for post in posts if post.ts}
    answers: defaultdict[str, list[Shown]] = defaultdict(list)
    for post in posts:
        if post.thread in known and post.thread != post.ts:
            answers[post.thread].append(post)
    told = {id(post) for replies in answers.values() for post in replies}
    parts = [_with_answers(post, answers[post.ts]) for post in posts if id(post) not in told]
    return page(title, STYLE, f"<main>\n<h1>{plain(title)}</h1>\n{''.join(parts)}</main>")


def _with_answers(post: Shown, answers: Sequence[Shown]) -> str:
    made = _message(post)
    if not answers or not post.ts:
        return made
    count = "1 reply" if len(answers) == 1 else f"{len(answers)} replies"
    return (
        f'{made}<div class="thread">\n<h3>{count}</h3>\n{"".join(map(_message, answers))}</div>\n'
    )


def _message(post: Shown) -> str:
    blocks = [made for block in _listed(post.body, "blocks") if (made := _block(block))]
    body = "\n".join(blocks) or f'<div class="section">{html(_text(post.body.get("text")))}</div>'
    broadcast = post.body.get("reply_broadcast") is True
    also = '<div class="alone">also sent to the channel</div>\n' if broadcast else ""
    time = f"<time>{plain(post.at)}</time>" if post.at else ""
    by = f'<div class="by">Tenderbell<small>APP</small>{time}</div>'
    face = '<div class="face" aria-hidden="true">T</div>'
    return f"<article>\n{face}\n<div>\n{by}\n{also}{body}\n</div>\n</article>\n"


# ---------------------------------------------------------------- blocks


def _block(block: Body) -> str:
    """One block; of a type that is not known here, its texts."""
    match block.get("type"):
        case "header":
            return f"<h2>{_object(block.get('text'))}</h2>"
        case "divider":
            return "<hr>"
        case "section":
            return _section(block)
        case "context":
            told = [f"<span>{_element(part)}</span>" for part in _listed(block, "elements")]
            return f'<div class="context">{"".join(told)}</div>'
        case "actions":
            buttons = "".join(map(_element, _listed(block, "elements")))
            return f'<div class="actions">{buttons}</div>'
        case _:
            texts = " ".join(_texts(block))
            return f'<div class="section">{plain(texts)}</div>' if texts.strip() else ""


def _section(block: Body) -> str:
    made = f'<div class="section">{_object(block["text"])}</div>' if block.get("text") else ""
    if fields := _listed(block, "fields"):
        made += f'<div class="fields">{"".join(f"<div>{_object(f)}</div>" for f in fields)}</div>'
    if isinstance(block.get("accessory"), Mapping):
        made += f'<div class="actions">{_element(block["accessory"])}</div>'
    return made


def _element(part: Body) -> str:
    """A text, a button, or the words that stand for a picture: a page loads none."""
    match part.get("type"):
        case "button":
            style = _text(part.get("style"))
            kind = f" {style}" if style in ("primary", "danger") else ""
            return link(_text(part.get("url")), _object(part.get("text")), f' class="button{kind}"')
        case "image":
            return plain(_text(part.get("alt_text")))
        case "mrkdwn" | "plain_text":
            return _object(part)
        case _:
            return plain(" ".join(_texts(part)))


def _object(given: Any) -> str:
    """A text object as HTML: marks mean something in `mrkdwn` alone."""
    if not isinstance(given, Mapping):
        return plain(_text(given))
    told = _text(given.get("text"))
    return html(told) if given.get("type") == "mrkdwn" else plain(told)


def _texts(given: Any) -> Iterator[str]:
    """Every text within a block."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(given, list):
        for item in given:
            yield from _texts(item)


def _listed(given: Body, name: str) -> list[Body]:
    """The objects of a list; they may be of the library's own classes."""
    found = given.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _text(given: Any) -> str:
    return given if isinstance(given, str) else ""
