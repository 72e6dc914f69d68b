"""What a notice's words say it is, against its tag, where they leave no doubt. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from watchers._ocds_kind import Kind
from watchers._take import Json, obj, rows, text

_LONGEST = 4_000  # characters of a text that are looked through
# "Published in error" stands under planningUpdate; of another notice it would say nothing here.
_IN_ERROR = re.compile(
    r"\bthis (?:[\w-]+ ){0,5}notice (?:was|has been) (?:published|issued|raised) in error\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(?:disregard(?:ed)?|no further procurement|withdrawn|cancelled|ignored?)\b", re.IGNORECASE
)
# The health regime confirms an award by a corrigendum of the intention, under `tenderUpdate` (8 of
# 9), in a sentence that its regulations suggest.
_CONFIRMED = re.compile(
    r"\bconfirmation of (?:contract award|establishment)\b.{0,1500}?"
    r"\b(?:has|have) (?:now )?been (?:now )?(?:formally )?(?:awarded|concluded)\b",
    re.IGNORECASE | re.DOTALL,
)
# Contracts Finder edits a tender in place and puts the news before the description.
_NOW_AWARDED = re.compile(
    r"\W*this (?:(?:contract|tender|opportunity) )?(?:is now|has (?:now )?been) awarded\b",
    re.IGNORECASE,
)


def claimed(found: Kind, release: Json, id: str) -> Kind:
    """The kind of a release, put right by its own words: cancelled, or awarded.

    `id` is the notice's own: amendments under another id are those of earlier notices.
    """
    if not found.update or found.cancels:
        return found
    said = [*_words(found, release, id)]
    if any(_IN_ERROR.search(text) and _WITHDRAWN.search(text) for text in said):
        if found.stage in ("planning", "tender"):
            return replace(found, status="cancelled", cancels="tender")
        return replace(found, cancels="award" if found.stage == "award" else "contract")
    if found.corrigendum and any(map(_CONFIRMED.search, said)):
        return replace(found, stage="award", status="awarded", update=False)
    if not found.name.startswith("UK") and found.stage == "tender" and not found.corrigendum:
        tender = obj(release.get("tender"))
        head = text(tender.get("description"))[:200]
        # Days compare as text; a tender that can still be answered is not awarded.
        last = text(obj(tender.get("tenderPeriod")).get("endDate"))[:10]
        if _NOW_AWARDED.match(head) and last < text(release.get("date"))[:10]:
            return replace(found, stage="award", status="awarded", restates=False, update=False)
    return found


def _words(found: Kind, release: Json, id: str) -> Iterable[str]:
    for amendment in rows(obj(release.get("tender")).get("amendments")):
        if not found.corrigendum and text(amendment.get("id")) != id:
            continue
        yield text(amendment.get("description"))[:_LONGEST]
        for change in rows(amendment.get("unstructuredChanges")):
            yield text(obj(change.get("newValue")).get("text"))[:_LONGEST]
