"""Builders: a plausible release of each portal, of which a test names what matters. Pure."""

from __future__ import annotations

import copy
import json
from typing import Any

from bot.contract import Page, Request, Response, Watcher
from bot.model import Notice
from tests.watchers.golden import SINCE
from watchers.contracts_finder import ContractsFinder
from watchers.find_a_tender import FindATender

FTS = "https://www.find-tender.service.gov.uk"
CF = "https://www.contractsfinder.service.gov.uk"
UUID = "5f0c1a2b-0000-4000-8000-000000000001"

_RELEASE: dict[str, Any] = {
    "ocid": "ocds-h6vhtk-0a0001",
    "id": "000101-2026",
    "date": "2026-05-12T10:00:00+01:00",
    "tag": ["tender"],
    "parties": [
        {
            "id": "GB-PPON-NWBC-0001",
            "name": "Northwick Borough Council",
            "roles": ["buyer"],
            "address": {"region": "UKD73", "postalCode": "NW1 9ZZ"},
        }
    ],
    "tender": {
        "title": "Supported living services, Northwick",
        "status": "active",
        "legalBasis": {"id": "2023/54", "scheme": "UKPGA"},
        "items": [
            {
                "id": "1",
                "relatedLot": "1",
                "additionalClassifications": [{"scheme": "CPV", "id": "85311000"}],
                "deliveryAddresses": [{"region": "UKD7"}],
            }
        ],
        "tenderPeriod": {"endDate": "2026-06-19T12:00:00+01:00"},
        "lots": [{"id": "1", "status": "active"}],
        "documents": [{"id": "000101-2026", "noticeType": "UK4", "documentType": "tenderNotice"}],
    },
}


def release(tender: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A UK4 tender notice; `tender` replaces members of its tender, None takes one out."""
    found = copy.deepcopy(_RELEASE)
    found["tender"].update(tender or {})
    found.update(more)
    for holder in (found, found["tender"]):
        for name in [name for name, value in holder.items() if value is None]:
            del holder[name]
    return found


def legacy(tender: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A notice under the rules before the Procurement Act: it has no notice type."""
    basis = {"id": "32014L0024", "scheme": "CELEX"}
    return release({"legalBasis": basis, "documents": None, **(tender or {})}, **more)


def of_type(name: str, where: str = "tender", **more: Any) -> dict[str, Any]:
    """A notice of a type, with its own document at the level that the type speaks of."""
    document = {"id": "000101-2026", "noticeType": name}
    if where == "tender":
        return release({"documents": [document]}, **more)
    return release({"documents": None}, **{where: [{"id": "1", "documents": [document]}]}, **more)


def cf(tender: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A tender notice of Contracts Finder."""
    own = {"id": "1", "documentType": "tenderNotice", "url": f"{CF}/Notice/{UUID}"}
    about = {"legalBasis": None, "lots": None, "documents": [own], **(tender or {})}
    named = {"ocid": f"ocds-b5fd17-{UUID}", "id": f"{UUID}-800001"}
    return release(about, **(named | more))


def body(*releases: Any, **more: Any) -> bytes:
    return json.dumps({"version": "1.1", "releases": releases, **more}).encode()


def page(data: bytes, watcher: Watcher | None = None, url: str = "") -> Page:
    """A page read by Find a Tender's watcher, or another, as the answer to its own address."""
    watcher = watcher or FindATender()
    return watcher.read(Response(Request(url or f"{FTS}/api"), 200, {}, data), SINCE)


def notice(found: dict[str, Any]) -> Notice:
    """The notice of one release, read by the watcher of its portal."""
    ours = ContractsFinder() if found["ocid"].startswith("ocds-b5fd17") else FindATender()
    (one,) = page(body(found), ours).found
    return one.load()


def deadlines(found: dict[str, Any]) -> dict[str, str]:
    """`{"submission": "2026-06-19T11:00:00Z"}`: kinds with their lot before, `~` for a forecast."""
    told = {}
    for one in notice(found).facts.deadlines:
        name = f"{one.lot}/{one.kind}" if one.lot else one.kind
        told[name if one.firm else f"{name}~"] = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
    return told
