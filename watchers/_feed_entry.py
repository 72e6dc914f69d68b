"""An entry of a feed into a notice: what identifies it, what it states for certain. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from bot import filters, regions, when
from bot.errors import ReadError
from bot.model import Buyer, Facts, Notice, Scope, Stage, Status
from watchers._feed_parser import Entry
from watchers._feed_words import codes, deadlines
from watchers._xml import local, text

_LONGEST = 200  # characters of an identifier; a longer one is named by its hash
# The members of an entry that say when, by dialect (RSS, Atom 1.0, Atom 0.3, Dublin Core). They are
# no part of what an entry says: feeds re-emit entries under a fresh date.
_UPDATED = ("updated", "modified")
_PUBLISHED = ("pubDate", "published", "issued", "created", "date")
_STAMPS = frozenset({*_UPDATED, *_PUBLISHED, "lastBuildDate", "available"})
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the texts of one feed are to be read."""

    zone: ZoneInfo  # of times written without an offset
    language: str  # BCP 47; empty where neither the feed nor the operator says
    url: str  # of the document
    since: datetime  # UTC; what was in the feed before is known


@dataclass(frozen=True, slots=True)
class Version:
    """Which procurement an entry speaks of, and which state of it."""

    record: str
    id: str
    published: datetime | None  # UTC
    updated: bool  # the feed itself dates its changes


def version(entry: Element, reading: Reading) -> Version:
    """The identity of an entry, told without reading it.

    The record is its id or guid, else its link, else a hash of title and summary. The notice is the
    record with the date of its last change and a hash of what it says: neither the order of
    attributes, nor prefixes, nor the way of escaping is in that.
    """
    said: dict[str, str] = {}
    for child in entry:
        name = local(child)
        stated = text(child) or child.get("href", "")
        if stated and child.get("rel", "alternate") == "alternate":
            said.setdefault(name, stated)
    about = next((value for key, value in entry.attrib.items() if key.endswith("}about")), "")
    body = "\n".join(said.get(one, "") for one in ("title", "description", "summary"))
    own = said.get("id") or said.get("guid") or about or said.get("link")
    if not (own or body.strip()):
        raise ReadError("an entry without an id, a link and a title")
    updated = _first([said.get(one, "") for one in _UPDATED], reading.zone)
    published = _first([said.get(one, "") for one in _PUBLISHED], reading.zone)
    return named(own or f"sha256:{_hash(body)}", updated, published, _content(entry))


def loose(entry: Entry, reading: Reading) -> Version:
    """The identity of an entry that is no XML, by what could be read of it."""
    name = entry.id or entry.link or f"sha256:{_hash(entry.title, *entry.texts)}"
    said = (entry.title, *entry.texts, entry.link, *entry.people, *entry.categories)
    return named(
        name, stamp(entry.updated, reading.zone), stamp(entry.published, reading.zone), said
    )


def named(
    name: str, updated: datetime | None, published: datetime | None, said: Iterable[str]
) -> Version:
    """The version of a record by its date and by what it says."""
    record = filters.line(name[: 4 * _LONGEST])
    if not record or len(name) > _LONGEST:
        record = f"sha256:{_hash(name)}"
    at = updated or published
    dated = f"@{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
    return Version(record, f"{record}{dated}#{_hash(*said)[:12]}", at, updated is not None)


def stamp(written: str, zone: ZoneInfo) -> datetime | None:
    """When an entry was published or changed, in UTC: ISO 8601, RFC 822, or the first within it."""
    if not written:
        return None
    try:
        return when.instant(written, zone, end=False)[0]
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(written[:80])
        return at.replace(tzinfo=at.tzinfo or _unstated(written, zone)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    # A portal wraps its dates in HTML: `<span content="2026-05-12T00:00:00-04:00">May 12</span>`.
    within = _ISO.search(written[:500])
    return stamp(within[0], zone) if within and within[0] != written else None


def _unstated(written: str, zone: ZoneInfo) -> ZoneInfo:
    """`-0000` is UTC (RFC 5322, 3.3); a zone's name that the standard lacks is the feed's own."""
    return ZoneInfo("UTC") if written.rstrip().endswith("-0000") else zone


def _first(written: Iterable[str], zone: ZoneInfo) -> datetime | None:
    return next((at for one in written if (at := stamp(one, zone))), None)


def _content(entry: Element) -> list[str]:
    """What an entry says, without the dates of its publication and without their order."""
    return sorted("\x1f".join(_said(child)) for child in entry if local(child) not in _STAMPS)


def _said(element: Element) -> Iterator[str]:
    for each in element.iter():
        yield local(each)
        yield from (f"{key}={value}" for key, value in sorted(each.attrib.items()))
        yield " ".join((each.text or "").split())
        if each is not element:
            yield " ".join((each.tail or "").split())


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if part:
            digest.update(part.encode("utf-8", "replace") + b"\x00")
    return digest.hexdigest()[:32]


# ---------------------------------------------------------------- the notice

# What some portals call a notice in a category of its own. Another wording tells nothing.
_KINDS: dict[str, tuple[Stage, Status]] = {
    **dict.fromkeys(
        ("prior information notice", "planned procurement notice", "pipeline notice",
         "preliminary market engagement notice", "early engagement", "future opportunity"),
        ("planning", "planned"),
    ),
    **dict.fromkeys(
        ("contract notice", "tender notice", "call for tenders", "invitation to tender"),
        ("tender", "open"),
    ),
    **dict.fromkeys(
        ("contract award notice", "award notice", "contract award"), ("award", "awarded")
    ),
    **dict.fromkeys(
        ("cancellation notice", "tender cancellation", "tender cancelled"), ("tender", "cancelled")
    ),
}  # fmt: skip
_BUYER = re.compile(
    r"^[ \t]*(?:buyer|contracting authority|procuring entity|purchaser|órgano de contratación"
    r"|auftraggeber|vergabestelle|acheteur|pouvoir adjudicateur|stazione appaltante"
    r"|entidade adjudicante|aanbestedende dienst)[ \t]*:[ \t]*([^\n;|]{3,200})",
    re.IGNORECASE | re.MULTILINE,
)
# What the name of a public body contains; that of a person, a newsroom or a web shop does not.
_BODY = re.compile(
    r"\b(?:council|authority|ministry|department|government|university|hospital|trust|agency"
    r"|borough|county|city of|police|school|college|commission|board of|office of|bank"
    r"|ayuntamiento|diputación|ministerio|consejería|universidad|cabildo|junta de"
    r"|gemeinde|stadt|landkreis|landratsamt|ministerium|bundesamt|universität"
    r"|mairie|ville de|commune de|région|département|ministère|préfecture|métropole"
    r"|comune di|provincia di|regione|ministero|azienda sanitaria|câmara municipal|município"
    r"|gemeente|provincie|gmina|urząd|powiat)\b",
    re.IGNORECASE,
)
_MARKED = re.compile(r"(country|region|place|location|nuts)\s*[/:=]\s*(.{2,100})", re.IGNORECASE)
_NUTS = re.compile(r"\bNUTS(?: codes?)?\s*[:=]?\s*([A-Z]{2}[0-9A-Z]{1,3})\b")
_ELSEWHERE = re.compile(
    r"(?P<ocid>\bocds-[0-9a-z]{6}-[\w-]{3,60})"
    r"|ted\.europa\.eu/(?:\w\w/notice/-/detail/|udl\?uri=TED:NOTICE:)(?P<ted>\d{1,8}-\d{4})"
    r"|(?P<page>https://www\.(?:find-tender|contractsfinder)\.service\.gov\.uk/Notice/[\w-]{6,60})",
)


def notice(entry: Entry, mark: Version, reading: Reading, remarks: tuple[str, ...]) -> Notice:
    """The notice of an entry: whatever is not stated beyond doubt stays unknown."""
    if not (entry.title or entry.texts):
        raise ReadError("an entry without a title and a text")
    published, dated = _published(mark, reading)
    label, (stage, status) = _kind(entry)
    cancels: Scope | None = "tender" if status == "cancelled" else None
    words = "\n".join((entry.title, *entry.texts, *entry.categories))
    return Notice(
        record=mark.record,
        id=mark.id,
        published=published,
        kind=label,
        stage=stage,
        status=status,
        restates=cancels is None,
        cancels=cancels,
        facts=Facts(
            title=entry.title or None,
            description=_description(entry) or None,
            buyers=_buyers(entry) or None,
            cpv=codes(words) or None,
            places=tuple(dict.fromkeys(_places(entry))) or None,
            deadlines=()
            if stage == "award"
            else deadlines(words, mark.published or reading.since, reading.zone, reading.language),
            url=_page(entry, mark) or None,
        ),
        links=tuple(dict.fromkeys(_links(entry))),
        remarks=remarks + dated,
    )


def _published(mark: Version, reading: Reading) -> tuple[datetime, tuple[str, ...]]:
    """When this version appeared.

    A feed that dates only the first publication changes an entry under its old date. Such a version
    was not there at the last poll, so it is not older than that: else it would be put behind the
    one that it replaces.
    """
    at, since = mark.published, reading.since
    if at is None:
        return since, ("the feed does not say when it was published",)
    if mark.updated or at >= since:
        return at, ()
    return since, (f"published {when.iso(at)}, as the feed says",)


def _page(entry: Entry, mark: Version) -> str:
    """The entry's page; a guid counts as its link (RSS 2.0), but only where it is an address."""
    if entry.link == entry.id and not mark.record.startswith(("http:", "https:", "sha256:")):
        return ""
    return filters.link(entry.link)


def _kind(entry: Entry) -> tuple[str, tuple[Stage, Status]]:
    for category in entry.categories:
        if known := _KINDS.get(category.casefold()):
            return category.casefold(), known
    return "entry", ("tender", "open")


def _description(entry: Entry) -> str:
    """The longest of summary and contents, and the categories as words to be found by."""
    body = max(entry.texts, key=len, default="")
    words = [c for c in entry.categories if any(letter.isalpha() for letter in c)]
    return f"{body}\n\n{'; '.join(words)}".strip() if words else body


def _buyers(entry: Entry) -> tuple[Buyer, ...]:
    for body in entry.texts:
        if named := _BUYER.search(body):
            return (Buyer(filters.line(named[1])),)
    return tuple([Buyer(name[:200]) for name in entry.people if _BODY.search(name)][:1])


def _places(entry: Entry) -> Iterator[str]:
    """Places that are marked as such and that mean something: codes as `SN`, names as `Senegal`."""
    marked = [match[2] for c in entry.categories if (match := _MARKED.fullmatch(c))]
    for stated in (*entry.places, *marked):
        for part in (stated, *stated.split(" - ")):
            code = part.strip().upper() if len(part.strip()) == 2 else part.strip()
            if regions.place(code):
                yield code
                break
    for body in entry.texts:
        yield from (m[1] for m in _NUTS.finditer(body) if regions.place(m[1]))


def _links(entry: Entry) -> Iterator[str]:
    """The same procurement elsewhere, where a portal's own number or address for it stands."""
    for match in _ELSEWHERE.finditer("\n".join((entry.markup, *entry.texts, entry.link))):
        yield f"ted:{match['ted']}" if match["ted"] else match["ocid"] or match["page"]
