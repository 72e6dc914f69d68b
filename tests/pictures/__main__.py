"""Pictures of messages: `python -m tests.pictures FOLDER`. Runs Chromium, if there is one.

Every kind of message that is read most, as e-mail and as Slack, in light and dark, on a telephone's
and a desk's screen; look at each. One of them, chosen by hand, is in the README.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import posted
from bot.pages.mail import mail
from bot.pages.slack import Shown, channel
from bot.render import Renderer
from bot.samples import SAMPLES, delivery, told_at
from bot.when import local

LONDON = ZoneInfo("Europe/London")
KINDS = ("new", "amended", "deadline", "started")
WIDTHS = {360: 1900, 1200: 1500}  # and how much of the page's height is in the picture
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)


def pages() -> Iterator[tuple[str, str]]:
    """The name and the HTML of each page."""
    renderer = Renderer(LONDON)
    shown = []
    for kind in KINDS:
        event = SAMPLES[kind]
        at = local(told_at(event), LONDON)
        told = [
            renderer.render(n, event, delivery(event), told_at(event)) for n in ("email", "slack")
        ]
        parts = told[0].parts
        headers = {
            "From": "Tender alerts <alerts@example.org>",
            "To": "bids@example.org",
            "Date": at,
        }
        yield f"{kind}-email", mail(parts["subject"], headers, parts["html"], parts["text"])
        thread = shown[0].ts if shown and event.record and kind != "new" else ""
        shown.append(Shown(posted(told[1]), at, f"{len(shown) + 1}", thread))
        yield f"{kind}-slack", channel("#bids", [Shown(posted(told[1]), at)])
    yield "thread-slack", channel("#bids", shown)


def picture(program: str, page: Path, width: int, *, dark: bool) -> None:
    """A PNG beside the page."""
    colours = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    target = page.with_name(f"{page.stem}-{width}-{'dark' if dark else 'light'}.png")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(program, *FLAGS, *colours, f"--user-data-dir={profile}"),
                *(f"--window-size={width},{WIDTHS[width]}", f"--screenshot={target}"),
                page.as_uri(),
            ],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    for name, html in pages():
        page = folder.resolve() / f"{name}.html"
        page.write_text(html, encoding="utf-8")
        for width in WIDTHS if program else ():
            for dark in (False, True):
                picture(str(program), page, width, dark=dark)
        print(page)
    if program is None:
        print("no Chromium is here: the pages are written, and no pictures of them")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
