"""Slack's mark-up as HTML, as Slack shows it. Pure.

Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit

_TOKEN = re.compile(r"<([^<>\n]*)>")
_KEPT = re.compile("\x00(\\d+)\x00")
_BLOCK = re.compile(r"```(.+?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
# A mark counts where it stands at the edge of a word, and holds no space at its own edge.
_MARKS = tuple(
    (re.compile(rf"(?<![\w{sign}]){sign}(?=\S)([^{sign}\n]*[^{sign}\s]){sign}(?![\w{sign}])"), tag)
    for sign, tag in ((r"\*", "b"), ("_", "i"), ("~", "s"))
)
_QUOTE = re.compile(r"&gt; ?(.*)")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_EMOJIS = {
    "information_source": "ℹ️", "warning": "⚠️", "bell": "🔔", "calendar": "📅", "date": "📅",
    "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "x": "❌", "no_entry": "⛔",
    "no_entry_sign": "🚫", "white_check_mark": "✅", "trophy": "🏆", "new": "🆕", "memo": "📝",
    "pencil2": "✏️", "alarm_clock": "⏰", "rotating_light": "🚨", "link": "🔗", "clock3": "🕒",
    "tada": "🎉", "speech_balloon": "💬", "mega": "📣", "eyes": "👀", "arrow_right": "➡️",
} | {
    # Signs that every font has, coloured, for those that few have.
    name: f'<span style="color:{colour}">●</span>'
    for name, colour in {
        "large_green_circle": "#2b9e5f", "large_orange_circle": "#e8912d",
        "large_blue_circle": "#2f86d6", "white_circle": "#a9adb3", "red_circle": "#d63a3a",
    }.items()
}  # fmt: skip
_NAMES = {"here": "@here", "channel": "@channel", "everyone": "@everyone"}


def html(text: str) -> str:
    """The text as HTML: all of it escaped but what Slack makes of its marks."""
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _BLOCK.sub(lambda m: keep(f"<pre>{_plain(m[1].strip())}</pre>"), text)
    text = _CODE.sub(lambda m: keep(f"<code>{_plain(m[1])}</code>"), text)
    text = _TOKEN.sub(lambda m: keep(_token(m[1])), text)
    text = _lines(_plain(text))
    # What is kept may hold what was kept before it: code within the name of a link.
    while _KEPT.search(text):
        text = _KEPT.sub(lambda m: kept[int(m[1])], text)
    return text


def plain(text: str) -> str:
    """A text without marks as HTML: only Slack's names of emoji mean something in it."""
    return _emojis(escape(text, quote=False))


def link(url: str, label: str, css: str = "") -> str:
    """A link to a page or an address, or the bare label where it leads nowhere good."""
    if urlsplit(url).scheme not in ("http", "https", "mailto"):
        return f"<span{css}>{label}</span>"
    return f'<a{css} href="{escape(url)}" rel="noreferrer">{label}</a>'


def _plain(text: str) -> str:
    """Slack's three entities are read, and all is escaped for HTML."""
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return escape(text, quote=False)


def _token(inside: str) -> str:
    """What stands between `<` and `>`: a link, a mention, a date."""
    told, _, label = inside.partition("|")
    if told.startswith("!date^"):  # `!date^1781866800^{date_short} at {time}|its fallback`
        return f"<time>{_plain(label)}</time>"
    if told[:1] in ("@", "#", "!"):
        name = _NAMES.get(told[1:], "")
        shown = _plain(label) or name or f"{told[0] if told[0] != '!' else '@'}{_plain(told[1:])}"
        return f"<mark>{shown}</mark>"
    url = told.replace("&amp;", "&")
    return link(url, _marked(_plain(label)) if label else _plain(told))


def _marked(text: str) -> str:
    for pattern, tag in _MARKS:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    return _emojis(text)


def _emojis(text: str) -> str:
    return _EMOJI.sub(lambda m: _EMOJIS.get(m[1], m[0]), text)


def _lines(text: str) -> str:
    """Lines that begin with `>` together are a quotation; any other ends where it ends."""
    made: list[str] = []
    quoted: list[str] = []
    for line in [*text.split("\n"), None]:
        found = _QUOTE.match(line) if line is not None else None
        if found:
            quoted.append(_marked(found[1]))
            continue
        if quoted:
            made.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        if line is not None:
            made.append(_marked(line))
    joined = "<br>".join(made)
    return joined.replace("</blockquote><br>", "</blockquote>").replace(
        "<br><blockquote>", "<blockquote>"
    )
