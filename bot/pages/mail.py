"""An e-mail as a page: its headers, its HTML part as it looks, its text part. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.pages import page

STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2933; --soft: #5f6b76;
  --line: #dfe4e8; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #f3f4f6; --soft: #a8b1be; --line: #374151; }
}
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
header { padding: 14px 20px; border-bottom: 1px solid var(--line); }
h1 { margin: 0 0 8px; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 12px; margin: 0;
  font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: 14px 20px; }
h2 { margin: 0 0 8px; color: var(--soft); font-size: 13px; font-weight: 600; }
pre { max-width: 80ch; margin: 0; font: 13px/1.5 Menlo, Consolas, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere; }
"""


def mail(subject: str, headers: Mapping[str, str], html: str, text: str) -> str:
    """A mail with the headers to be shown; `html` is its HTML part, "" where it has none.

    That part stands in a tree of its own, so that its styles and the page's leave each other alone,
    and the page's policy keeps it from loading or running anything.
    """
    told = "".join(f"<dt>{escape(n)}</dt><dd>{escape(v)}</dd>" for n, v in headers.items() if v)
    head = f"<header>\n<h1>{escape(subject)}</h1>\n<dl>{told}</dl>\n</header>\n"
    shown = f'<div><template shadowrootmode="open">\n{html}\n</template></div>\n' if html else ""
    body = f"<section>\n<h2>The text part</h2>\n<pre>{escape(text, quote=False)}</pre>\n</section>"
    return page(subject, STYLE, head + shown + body)
