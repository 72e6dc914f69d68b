"""Notices of TED out of their XML, by what ElementTree takes for the same bytes. Reads files."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from bot.contract import Request, Response
from tests.benchmarks.figure import Figure, medians, ratio, seconds
from tests.watchers import golden
from tests.watchers.test_ted_real import FOLDER
from watchers.ted import Ted

_WATCHER = Ted(query="PD>0")


def run(*, rounds: int = 5) -> list[Figure]:
    """Every document read to its notice; real ones where they are, else the golden ones."""
    saved = [p for p in (FOLDER / "ted").rglob("*.xml") if not p.name.startswith("INVALID_")]
    paths = sorted(saved) or sorted((golden.DATA / "ted").glob("*/page.xml"))
    bodies = [path.read_bytes() for path in paths]
    times = [
        (seconds(lambda: _parse(bodies)), seconds(lambda: _read(bodies))) for _ in range(rounds + 1)
    ]
    parsed, read = medians(times[1:])
    origin = "saved notices" if saved else "golden notices"
    size = sum(map(len, bodies)) / 1e6
    detail = (
        f"{read * 1e3:.0f} ms for {len(bodies)} {origin} of {size:.1f} MB, "
        f"ElementTree {parsed * 1e3:.0f} ms"
    )
    return [
        Figure("TED's XML, by ElementTree", ratio(times[1:]), 0.25, "x", detail),
        Figure("TED's XML", len(bodies) / read, None, "notices/s", origin),
    ]


def _parse(bodies: Sequence[bytes]) -> None:
    for body in bodies:
        ET.fromstring(body)


def _read(bodies: Sequence[bytes]) -> None:
    for body in bodies:
        response = Response(Request("https://ted.europa.eu/en/notice/1/xml"), 200, {}, body)
        for found in _WATCHER.read(response, golden.SINCE).found:
            found.load()
