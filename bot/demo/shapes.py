"""Builds releases as the two portals shape them, from the few words that differ. Pure.

Every builder gives plain JSON values; dates are the portals' own, ISO 8601 with London's offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
FTS_NOTICE = "https://www.find-tender.service.gov.uk/Notice/"
CF_NOTICE = "https://www.contractsfinder.service.gov.uk/Notice/"
ACT = {
    "id": "2023/54",
    "scheme": "UKPGA",
    "uri": "https://www.legislation.gov.uk/ukpga/2023/54/contents",
}

JSON = dict[str, Any]


def london(text: str) -> str:
    """`2026-06-19 12:00` as the portals write it: `2026-06-19T12:00:00+01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).isoformat()


def instant(text: str) -> datetime:
    """The UTC instant of a London wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def pounds(net: int) -> JSON:
    """A value with VAT at 20 % beside the net."""
    return {"amountGross": round(net * 1.2), "amount": net, "currency": "GBP"}


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation. `id` is an identifier without its scheme: a PPON, or a company number."""

    name: str
    id: str
    town: str
    postcode: str
    region: str  # NUTS 3, which only Find a Tender writes
    scheme: str = "GB-PPON"

    @property
    def reference(self) -> JSON:
        return {"id": f"{self.scheme}-{self.id}", "name": self.name}

    @property
    def cf_reference(self) -> JSON:
        return {"id": f"GB-CFS-{self.id}", "name": self.name}

    @property
    def contact(self) -> JSON:
        return {"email": f"tenders@{self.town.lower().replace(' ', '')}.example.org"}

    def party(self, role: str) -> JSON:
        """As Find a Tender lists it."""
        return {
            **self.reference,
            "identifier": {"scheme": self.scheme, "id": self.id},
            "address": {
                "locality": self.town,
                "postalCode": self.postcode,
                "country": "GB",
                "countryName": "United Kingdom",
                "region": self.region,
            },
            "contactPoint": self.contact,
            "roles": [role],
        }

    def cf_party(self, role: str) -> JSON:
        """As Contracts Finder lists it: no region, and a country of its own spelling."""
        return {
            **self.cf_reference,
            "identifier": {"legalName": self.name},
            "address": {
                "locality": self.town,
                "postalCode": self.postcode,
                "countryName": "England",
            },
            "contactPoint": self.contact,
            "roles": [role],
        }


# ---------------------------------------------------------------- Find a Tender

# Notice type → (section that holds its document, document type, title).
_NOTICES = {
    "UK1": ("planning", "plannedProcurementNotice", "Pipeline notice"),
    "UK2": ("planning", "marketEngagementNotice", "Preliminary market engagement notice"),
    "UK3": ("planning", "plannedProcurementNotice", "Planned procurement notice"),
    "UK4": ("tender", "tenderNotice", "Tender notice"),
    "UK6": ("awards", "awardNotice", "Contract award notice"),
    "UK7": ("contracts", "contractNotice", "Contract details notice"),
    "UK12": ("tender", "tenderCancellationNotice", "Procurement termination notice"),
}
_TAGS = {
    "planning": (["planning"], ["planningUpdate"]),
    "tender": (["tender"], ["tenderUpdate"]),
    "awards": (["award", "contract"], ["awardUpdate", "contractUpdate"]),
    "contracts": (["award", "contract"], ["awardUpdate", "contractUpdate"]),
}


def fts(
    kind: str,
    at: str,
    number: int,
    process: int,
    bodies: tuple[Body, ...],
    *,
    reference: str,
    because: str | None = None,
    planning: JSON | None = None,
    awards: list[JSON] | None = None,
    contracts: list[JSON] | None = None,
    **tender: Any,
) -> JSON:
    """A release of notice type `kind`, published at a London time; `because` makes it an update.

    The first of `bodies` is the buyer, the others are suppliers.
    """
    section, document_type, name = _NOTICES[kind]
    first, update = _TAGS[section]
    tag = ["tenderCancellation"] if kind == "UK12" else update if because else first
    notice = f"{number:06}-2026"
    release: JSON = {
        "ocid": f"ocds-h6vhtk-{process:06x}",
        "buyerID": [],
        "id": notice,
        "tag": tag,
        "date": london(at),
        "initiationType": "tender",
        "parties": [bodies[0].party("buyer"), *(b.party("supplier") for b in bodies[1:])],
        "buyer": bodies[0].reference,
        "language": "en",
        "tender": {"id": reference, "legalBasis": ACT, **tender},
    }
    if because:
        release["tender"]["amendments"] = [{"id": notice, "description": because}]
    sections = {"planning": planning, "awards": awards, "contracts": contracts}
    release |= {key: value for key, value in sections.items() if value is not None}
    document = {
        "id": notice,
        "documentType": document_type,
        "noticeType": kind,
        "description": f"{name} on Find a Tender",
        "url": f"{FTS_NOTICE}{notice}",
        "datePublished": london(at),
        "format": "text/html",
    }
    release[section] = _documented(release.get(section, {}), document)
    return release


def _documented(section: Any, document: JSON) -> Any:
    """The section with the notice's own document: of several awards the first carries it."""
    if isinstance(section, list):
        return [_documented(section[0], document), *section[1:]]
    return section | {"documents": [*section.get("documents", ()), document]}


def codes(*pairs: tuple[str, str]) -> list[JSON]:
    return [{"scheme": "CPV", "id": code, "description": label} for code, label in pairs]


def item(lot: str, cpv: list[JSON], *regions: str) -> JSON:
    """What a lot buys and where: at Find a Tender the only place of CPV codes."""
    return {
        "id": lot,
        "additionalClassifications": cpv,
        "deliveryAddresses": [
            {"region": region, "country": "GB", "countryName": "United Kingdom"}
            for region in regions
        ],
        "relatedLot": lot,
    }


def lot(id: str, start: str, end: str, status: str = "active", **more: Any) -> JSON:
    """A lot with its contract's first and last day."""
    return {
        "id": id,
        "status": status,
        "suitability": {"sme": True},
        "contractPeriod": span(start, end),
        **more,
    }


def by(text: str) -> JSON:
    """A period of which only the end is stated: every deadline."""
    return {"endDate": london(text)}


def span(first: str, last: str) -> JSON:
    """From the first day to the end of the last."""
    return {"startDate": london(first), "endDate": london(f"{last} 23:59:59")}


# ---------------------------------------------------------------- Contracts Finder


_CF_DOCUMENTS = {
    "planning": ("marketEngagementNotice", "Early engagement notice"),
    "tender": ("tenderNotice", "Opportunity notice"),
    "award": ("awardNotice", "Awarded contract notice"),
}


def cf(
    tag: str,
    at: str,
    sequence: int,
    buyer: Body,
    *,
    name: str,
    cpv: list[JSON],
    regions: tuple[str, ...],
    first: str | None = None,
    planning: JSON | None = None,
    award: JSON | None = None,
    supplier: Body | None = None,
    documents: tuple[JSON, ...] = (),
    **tender: Any,
) -> JSON:
    """A release tagged `tag`, published at a London time; `first` makes it an edit of that one.

    `name` tells its process. `sequence` is the portal's own count, which every edit moves on.
    """
    process, notice = (uuid5(NAMESPACE_URL, f"https://example.org/{name}/{x}") for x in "pn")
    own = _cf_document(tag, f"{CF_NOTICE}{notice}", at, first)
    release: JSON = {
        "ocid": f"ocds-b5fd17-{process}",
        "id": f"{notice}-{sequence}",
        "language": "en",
        "date": london(at),
        "tag": [tag],
        "initiationType": "tender",
        "tender": {"id": f"DEMO-{name.upper()}", **_cf_scope(cpv, regions), **tender},
        "parties": [buyer.cf_party("buyer")],
        "buyer": buyer.cf_reference,
    }
    if tag == "planning":
        release["planning"] = {**(planning or {}), "documents": [own]}
    elif award is not None and supplier is not None:
        release["parties"].append(supplier.cf_party("supplier"))
        who = {"id": f"{release['ocid']}-1", "suppliers": [supplier.cf_reference]}
        release["awards"] = [{**who, **award, "datePublished": london(at), "documents": [own]}]
    else:
        release["tender"]["datePublished"] = london(first or at)
        release["tender"]["documents"] = [own, *documents]
    return release


def _cf_document(tag: str, url: str, at: str, first: str | None) -> JSON:
    document_type, title = _CF_DOCUMENTS[tag.removesuffix("Amendment")]
    return {
        "id": "1",
        "documentType": document_type,
        "description": f"{title} on Contracts Finder",
        "url": url,
        "datePublished": london(first or at),
        **({"dateModified": london(at)} if first else {}),
        "format": "text/html",
        "language": "en",
    }


def _cf_scope(cpv: list[JSON], regions: tuple[str, ...]) -> JSON:
    places = [{"region": region, "countryName": "United Kingdom"} for region in regions]
    return {
        "classification": cpv[0],
        **({"additionalClassifications": cpv[1:]} if cpv[1:] else {}),
        "items": [{"id": "1", "deliveryAddresses": places}],
    }
