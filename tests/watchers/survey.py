"""What is read out of saved pages: `python -m tests.watchers.survey DIR`. Reads files, prints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.contract import Request, Response, Watcher
from bot.errors import ReadError
from bot.model import DEADLINE_KINDS, Notice
from watchers.contracts_finder import ContractsFinder
from watchers.find_a_tender import FindATender
from watchers.public_contracts_scotland import PublicContractsScotland
from watchers.sell2wales import Sell2Wales
from watchers.ted import Ted

# The folder of a source's pages, the watcher that reads them, and its official address.
SOURCES: dict[str, tuple[Watcher, str]] = {
    "find_a_tender": (FindATender(), "https://www.find-tender.service.gov.uk/"),
    "contracts_finder": (ContractsFinder(), "https://www.contractsfinder.service.gov.uk/"),
    "public_contracts_scotland": (
        PublicContractsScotland(),
        "https://api.publiccontractsscotland.gov.uk/v1/Notices",
    ),
    "sell2wales": (Sell2Wales(), "https://api.sell2wales.gov.wales/v1/Notices"),
}
_ANY = datetime(2000, 1, 1, tzinfo=UTC)
_FACTS = ("title", "buyers", "cpv", "places", "value", "lots", "documents", "awards", "url")


def notices(folder: Path, source: str) -> Iterator[tuple[Path, Notice]]:
    """Every notice of every saved page of a source; a page that is none is told and passed over."""
    watcher, address = SOURCES[source]
    for path in sorted((folder / source).rglob("*.json")):
        try:
            page = watcher.read(Response(Request(address), 200, {}, path.read_bytes()), _ANY)
        except ReadError as error:
            print(f"no page: {path.name}: {error}", file=sys.stderr)
            continue
        for fault in page.faults:
            print(f"fault: {path.name}: {fault.id}: {fault.why}", file=sys.stderr)
        for found in page.found:
            yield path, found.load()


def documents(folder: Path) -> Iterator[tuple[Path, Notice]]:
    """Every saved document of TED; one that is no notice is told and passed over."""
    watcher = Ted(query="PD>0")
    for path in sorted((folder / "ted").rglob("*.xml")):
        request = Request(f"file://{path}")
        try:
            (found,) = watcher.read(Response(request, 200, {}, path.read_bytes()), _ANY).found
            yield path, found.load()
        except ReadError as error:
            print(f"no notice: {path.name}: {error}", file=sys.stderr)


def table(found: dict[tuple[str, str], Notice]) -> Iterator[str]:
    """A line for each kind of notice: how many there are, and how many of them state what."""
    groups: dict[str, list[Notice]] = {}
    for notice in found.values():
        name = notice.kind + ("*" if notice.update else "")
        groups.setdefault(f"{name:28} {notice.stage}", []).append(notice)
    for name, members in sorted(groups.items()):
        said = Counter(said for notice in members for said in _said(notice))
        parts = " ".join(f"{key}={count}" for key, count in said.items())
        yield f"{name:38} {len(members):4}  {parts}"


def _said(notice: Notice) -> Iterator[str]:
    for name in _FACTS:
        if getattr(notice.facts, name):
            yield name
    kinds = {(d.kind, d.firm) for d in notice.facts.deadlines}
    for kind in DEADLINE_KINDS:
        for firm in (True, False):
            if (kind, firm) in kinds:
                yield kind if firm else f"({kind})"
    if notice.words:
        yield "words"
    for edit in notice.edits:
        yield f"edit:{edit.field}" + ("@" if edit.deadline else "")
    if notice.cancels:
        yield f"cancels:{notice.cancels}"
    yield f"status:{notice.status}"
    if not notice.restates:
        yield "stub"
    if notice.links:
        yield "links"
    if notice.remarks:
        yield "remarks"


def main(folder: Path) -> None:
    for source in SOURCES:
        found = {(n.record, n.id): n for _, n in notices(folder, source)}
        print(f"\n{source}: {len(found)} notices (* = says it is an update, () = forecast)")
        print(*table(found), sep="\n")
    papers = {(path.name, n.id): n for path, n in documents(folder)}
    print(f"\nted: {len(papers)} documents")
    print(*table(papers), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
