"""What the two portals of Proactis share: months, notice types, reading a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from bot.contract import Page, Request, Response, Window
from bot.model import Stage
from watchers import _package
from watchers._ocds import Dialect, collect
from watchers._ocds_kind import NOT_LISTED, Listed
from watchers._take import Json, obj, rows, text

LONDON = ZoneInfo("Europe/London")
# A month can be asked for, a day not: each poll reads the whole of the current one, and on the 1st,
# 2nd and 3rd the one before, where notices of its last day may still arrive.
OVERLAP = timedelta(days=3)
_MOST_TYPES, _LAST_TYPE = 100, 999

# The notice types that both portals have (https://api.publiccontractsscotland.gov.uk/v1). None is
# left out: 1 and 4 announce, 7 sets up a list of suppliers, 14 corrects, 15 announces a direct
# award that can be challenged, 20 changes a running contract, 21 to 23 serve all stages of social
# and health services.
_COMMON: Mapping[int, Listed] = {
    1: Listed("F01", "planning"),
    2: Listed("F02", "tender"),
    3: Listed("F03", "award"),
    4: Listed("F04", "planning"),
    5: Listed("F05", "tender"),
    6: Listed("F06", "award"),
    7: Listed("F07", "tender"),
    12: Listed("F12", "tender"),
    13: Listed("F13", "award"),
    14: Listed("F14"),
    15: Listed("F15", "award"),
    20: Listed("F20", "contract"),
    21: Listed("F21"),
    22: Listed("F22"),
    23: Listed("F23"),
    24: Listed("F24", "tender"),
    25: Listed("F25", "award"),
}
# What a bidder waits for is asked for first: calls, then corrections, then plans, then awards.
_WORTH: tuple[Stage | None, ...] = ("tender", None, "planning", "award", "contract")

# Month and number of a notice, under which its page is found; it counts up over the years.
_CODE = r"(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d{5,8}"
_CODED = re.compile(_CODE)
# The counter of `rls-1-JAN468109` numbers the releases of one answer.
_COUNTED = re.compile(rf"rls-\d+-({_CODE})")
_VIEWED = re.compile(rf"/search_view\.aspx\?ID=({_CODE})\Z", re.IGNORECASE)
_RELEASE = re.compile(r"-release-(\d{1,10})\Z")
# "OJEU - F25 - Concession Award Notice", "Site Notice - Website Contract Notice".
_LISTED = re.compile(r"OJEU - F(\d{1,2})\b")
# Notices of the Official Journal as its S series numbers them; issue 000 is Find a Tender's.
_JOURNAL = re.compile(r"(\d{4})/S (\d{3})-(\d{6})")
# Sell2Wales puts its language into the middle of the address that it calls canonical.
_QUERY = re.compile(r"\?lang=\w\w(?=/Notice\?id=)")
# CR and LF of a text were stripped of their backslashes: "Tenderers must:rn Attend". It is certain
# only where no word can end so: after a mark or a digit, or after a consonant. "return", "Western",
# "Housern" and Welsh "asgwrn" are left as they are.
_BREAK = re.compile(
    r"(?:(?<=[^\w\s])|(?<=\d)|(?<=[a-z]{2}[bcdfghjklmnpqrstvxz]))rn(?:\s+rn)*(?:\s+|\Z)"
)


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal of Proactis: the hosts of its API and of its pages, and its notice types."""

    home: str  # scheme and host of the API
    site: str  # scheme and host of the pages for people
    types: Mapping[int, Listed]
    query: str = ""  # what its requests have beside the rest


def types(site: Mapping[int, Listed]) -> Mapping[int, Listed]:
    """The types that both portals have and those of one, the most urgent first."""
    every = {**_COMMON, **site}
    return dict(sorted(every.items(), key=lambda entry: _WORTH.index(entry[1].stage)))


def _types(given: tuple[int, ...]) -> tuple[int, ...]:
    if not given or len(given) > _MOST_TYPES:
        raise ValueError("give at least one notice type, as in [2, 14]")
    for number in given:
        if not 0 < number <= _LAST_TYPE:
            raise ValueError(f"a notice type is a number from 1 to {_LAST_TYPE}, not {number}")
    return tuple(dict.fromkeys(given))


Types = Annotated[tuple[int, ...], AfterValidator(_types)]


# ---------------------------------------------------------------- requests


def requests(
    portal: Portal, base_url: str | None, types: tuple[int, ...], since: datetime, now: datetime
) -> Iterator[Request]:
    """Every month in London that lies between `since` and `now` (UTC), oldest first, by type.

    One answer can fail for ever (a value that the portal's own database refuses), so each is a part
    of its own.
    """
    for begin, end in months(since, now):
        month = begin.astimezone(LONDON)
        for number in types:
            query = f"dateFrom={month:%m-%Y}&noticeType={number}&outputType=0{portal.query}"
            yield Request(
                f"{base_url or portal.home}/v1/Notices?{query}",
                window=(begin, end),
                part=f"{month:%Y-%m} type {number}",
            )


def months(since: datetime, now: datetime) -> Iterator[Window]:
    """`since` to `now` (UTC), cut where a month begins in London."""
    begin = since
    while begin < now:
        local = begin.astimezone(LONDON)
        later = local.replace(day=1) + timedelta(days=32)
        first = datetime(later.year, later.month, 1, tzinfo=LONDON).astimezone(since.tzinfo)
        end = min(first, now)
        yield begin, end
        begin = end


# ---------------------------------------------------------------- reading


def read(response: Response, portal: Portal) -> Page:
    """All releases of a month and type, or of a file; ReadError when it is no OCDS at all."""
    package = _package.split(response.body)
    notices, faults = collect(package, _dialect(portal, response.request))
    return Page(notices, faults, complete=not package.why, why=package.why)


def _dialect(portal: Portal, request: Request) -> Dialect:
    asked = parse_qs(urlsplit(request.url).query).get("noticeType", [""])[0]
    wanted = portal.types.get(int(asked), NOT_LISTED) if asked.isdecimal() else NOT_LISTED
    return Dialect(
        LONDON,
        lambda id, own: _page(portal, id, own),
        currency="GBP",
        mend=mend,
        local=True,
        labelled=False,
        located=True,
        own=_own,
        name=_name,
        unnamed=_unnamed,
        listed=lambda release: _listed(portal, release) or wanted,
        link=_link,
    )


def mend(words: str) -> str:
    """A text with its line breaks put back, where it is certain that there was one."""
    return _BREAK.sub("\n", words).strip() if "rn" in words else words


def _own(release: Json) -> Json:
    """The release's entry for its own notice: of several, the one with the highest number."""
    holders = (*rows(release.get("planning")), *rows(release.get("tender")))
    held = [d for holder in holders for d in rows(holder.get("documents")) if _code(d)]
    held += [d for award in rows(release.get("awards")) for d in rows(award.get("documents"))]
    return max(held, key=lambda document: int(_code(document)[3:] or 0), default={})


def _code(document: Json) -> str:
    """The code of the notice that a document is the page of, empty where it is another document."""
    viewed = _VIEWED.search(text(document.get("url")))
    return viewed[1].upper() if viewed else ""


def _name(id: str) -> str:
    counted = _COUNTED.fullmatch(id)
    return counted[1] if counted else id


def _unnamed(release: Json) -> str:
    """Saved releases of 2019 have no id (51 of 51), but the page of their notice."""
    if code := _code(_own(release)):
        return code
    documents = rows(obj(release.get("tender")).get("documents"))
    ids = [id for document in documents if (id := text(document.get("id")))]
    return "@".join([*ids[:1], text(release.get("date"))])


def _page(portal: Portal, id: str, own: Json) -> str | None:
    """Built from the notice's code or number, never an address as the release states it."""
    if code := id if _CODED.fullmatch(id) else _code(own):
        return f"{portal.site}/search/show/search_view.aspx?ID={code}"
    numbered = _RELEASE.search(id)
    return f"{portal.site}/search/search_switch.aspx?ID={numbered[1]}" if numbered else None


def _listed(portal: Portal, release: Json) -> Listed | None:
    said = text(release.get("noticetype")) or text(release.get("noticeType"))
    if match := _LISTED.match(said):
        return portal.types.get(int(match[1]))
    name = said.removeprefix("Site Notice - ")
    return next((one for one in portal.types.values() if name and one.name == name), None)


def _link(address: str) -> str:
    """Notices of the journals by the names that their own watchers use, the rest tidied."""
    journal = _JOURNAL.fullmatch(address)
    if journal is None:
        return _QUERY.sub("", address)
    year, issue, number = journal.groups()
    if issue == "000":
        return f"https://www.find-tender.service.gov.uk/Notice/{number}-{year}"
    return f"ted:{number}-{year}"
