"""Builders: an RSS item, an Atom entry, a CODICE folder; a test names what matters. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from bot.contract import Page, Request, Response
from bot.model import Notice
from watchers.feed import Feed

URL = "https://feeds.northwick.example.org/tenders.xml"
SINCE = datetime(2026, 5, 12, 8, 0, tzinfo=UTC)
_SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    ' xmlns:b="urn:dgpe:names:draft:codice:schema:xsd:CommonBasicComponents-2"'
    ' xmlns:a="urn:dgpe:names:draft:codice:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:pb="urn:dgpe:names:draft:codice-place-ext:schema:xsd:CommonBasicComponents-2"'
    ' xmlns:pa="urn:dgpe:names:draft:codice-place-ext:schema:xsd:CommonAggregateComponents-2"'
)


def item(title: str = "Grounds maintenance", text: str = "Parks", more: str = "", **said: str):
    """An RSS item; `guid`, `link` and `pubDate` by name, anything else as XML in `more`."""
    members = {"guid": "n-1", "pubDate": "Tue, 12 May 2026 08:30:00 GMT", **said}
    named = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items() if value)
    return f"<item><title>{escape(title)}</title>{named}<description>{escape(text)}</description>{more}</item>"  # noqa: E501


def rss(*items: str, language: str = "en-gb", more: str = "") -> bytes:
    head = f"<title>Tenders</title><language>{language}</language>{more}"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def atom(*entries: str, more: str = "") -> bytes:
    return f"<feed {_SPACES}><title>Tenders</title>{more}{''.join(entries)}</feed>".encode()


def entry(id: str = "tag:a,1", updated: str = "2026-05-12T08:30:00Z", more: str = "") -> str:
    return f"<entry><id>{id}</id><title>Parks</title><updated>{updated}</updated>{more}</entry>"


def folder(code: str = "PUB", more: str = "", number: str = "12/2026", buyer: str = "601") -> str:
    """The CODICE part of an entry."""
    return (
        f"<pa:ContractFolderStatus><b:ContractFolderID>{number}</b:ContractFolderID>"
        f"<pb:ContractFolderStatusCode>{code}</pb:ContractFolderStatusCode>"
        "<pa:LocatedContractingParty><a:Party><a:PartyIdentification>"
        f'<b:ID schemeName="ID_PLATAFORMA">{buyer}</b:ID></a:PartyIdentification>'
        "<a:PartyName><b:Name>Ayuntamiento de Ejemplo</b:Name></a:PartyName></a:Party>"
        "</pa:LocatedContractingParty><a:ProcurementProject><b:Name>Parques</b:Name>"
        f"</a:ProcurementProject>{more}</pa:ContractFolderStatus>"
    )


def tombstone(ref: str, reason: str = "ANULADA", when: str = "2026-05-12T08:40:00Z") -> str:
    said = f'<at:comment type="{reason}"/>' if reason else ""
    return f'<at:deleted-entry ref="{ref}" when="{when}">{said}</at:deleted-entry>'


def page(body: bytes, since: datetime = SINCE, url: str = URL, **options: str) -> Page:
    return Feed(url=url, **options).read(Response(Request(url), 200, {}, body), since)


def notices(body: bytes, since: datetime = SINCE, **options: str) -> list[Notice]:
    return [found.load() for found in page(body, since, **options).found]


def notice(body: bytes, since: datetime = SINCE, **options: str) -> Notice:
    (one,) = notices(body, since, **options)
    return one
