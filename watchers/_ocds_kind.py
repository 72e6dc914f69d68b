"""What kind of notice a release is: its stage and status, what it calls off, if a stub. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from bot.model import Scope, Stage, Status
from watchers._take import Json, obj, rows, text, texts


@dataclass(frozen=True, slots=True)
class Kind:
    """The nature of a release."""

    name: str  # UK4, or the tags: "award+contract"
    stage: Stage
    status: Status | None
    restates: bool  # a full statement, not a stub
    update: bool = False
    cancels: Scope | None = None
    corrigendum: bool = False  # a legacy notice of changes to another notice


class Listed(NamedTuple):
    """What a publisher's own list calls a notice: `F02`, and the stage that such a notice is of."""

    name: str
    stage: Stage | None = None  # several are possible, or unknown


NOT_LISTED = Listed("")


class _Form(NamedTuple):
    stage: Stage
    status: Status | None
    restates: bool


# The notices of the Procurement Act 2023 (find-tender.service.gov.uk/Home/NoticeTypes). An award or
# contract notice speaks of its award alone, a UK9 to UK12 of little more than its own event.
_FORMS = {
    "UK1": _Form("planning", "planned", True),
    "UK2": _Form("planning", "planned", True),
    "UK3": _Form("planning", "planned", True),
    "UK4": _Form("tender", "open", True),
    "UK5": _Form("award", "awarded", False),
    "UK6": _Form("award", "awarded", False),
    "UK7": _Form("contract", "awarded", False),
    "UK8": _Form("contract", None, False),
    "UK9": _Form("contract", None, False),
    "UK10": _Form("contract", None, False),
    "UK11": _Form("contract", "ended", False),
    "UK12": _Form("tender", None, False),
    "UK13": _Form("tender", "open", True),
    "UK14": _Form("award", "awarded", False),
    "UK15": _Form("award", None, False),
    "UK16": _Form("tender", None, False),
    "UK17": _Form("contract", None, False),
}
# OCDS release tags, the latest stage first: a release may carry several.
_TAGS: tuple[tuple[frozenset[str], _Form], ...] = (
    (frozenset({"tenderCancellation"}), _FORMS["UK12"]),
    (frozenset({"contractTermination"}), _FORMS["UK11"]),
    (frozenset({"implementation", "implementationUpdate", "contractAmendment"}), _FORMS["UK9"]),
    (frozenset({"awardCancellation"}), _Form("award", None, False)),
    (frozenset({"award", "awardUpdate"}), _FORMS["UK6"]),
    (frozenset({"contract", "contractUpdate"}), _FORMS["UK7"]),
    (frozenset({"tender", "tenderUpdate", "tenderAmendment"}), _FORMS["UK4"]),
    (frozenset({"planning", "planningUpdate"}), _FORMS["UK1"]),
)
# Where neither type nor tags tell it: what a publisher's own list says of the notice's stage.
_BY_STAGE = {"planning": "UK1", "tender": "UK4", "award": "UK6", "contract": "UK9"}
# The sum of all releases of a process, as OCDS merges them: every stage's facts in one.
COMPILED = "compiled"
# The legacy form 14, a corrigendum, and what a contract notice always states.
_CORRIGENDUM = "F14"
_WHOLE = ("tenderPeriod", "items", "lots")
# The legacy form 20 (modification of a contract) carries these two together.
_MODIFIED = frozenset({"awardUpdate", "contractUpdate"})

CALLED_OFF = frozenset({"cancelled", "withdrawn", "unsuccessful"})
# UK11 also reports the ordinary end of a contract: 9 of 12 do.
_ORDINARY_END = "contractCompleted"
# Most corrigenda of the health regime correct an award notice, under the tag `tenderUpdate`.
_OF_AWARD = re.compile(
    r"\b(?:award(?:s|ed)? notice|awarded|intention to award|contract award|conclu\w+ of"
    r"|confirmation of (?:contract|establishment))\b",
    re.IGNORECASE,
)


def kind(release: Json, own: Json, listed: Listed = NOT_LISTED) -> Kind:
    """The notice's own type decides, its tags where it has none: award+contract fits five types.

    `own` is the release's entry for its notice, as `own_document` finds it; `listed` is what the
    publisher's list calls the notice, for releases that carry no type of their own.
    """
    tags = texts(release.get("tag"))
    notice_type = text(own.get("noticeType"))
    known = _FORMS.get(notice_type) or _tagged(tags)
    form = known or _FORMS.get(_BY_STAGE.get(listed.stage or "", "")) or _unknown(release)
    update = notice_type == "UK15" or any(t.endswith(("Update", "Amendment")) for t in tags)
    found = Kind(notice_type or listed.name or "+".join(tags) or form.stage, *form, update=update)
    tender = obj(release.get("tender"))
    if COMPILED in tags:
        found = _compiled(found, notice_type or listed.name, tender)
    if found.name == _CORRIGENDUM:
        found = replace(found, update=True)
        if not _restated(tender):
            return _correction(found, tags, tender)
    if not notice_type and "tenderUpdate" in tags and _corrigendum(tender):
        return replace(
            found, stage=_corrected(tender), status=None, restates=False, corrigendum=True
        )
    if not notice_type and _MODIFIED.issubset(tags):
        return replace(found, stage="contract", status=None)
    if notice_type == "UK16":
        return replace(found, status="cancelled", cancels="tender")
    if form is _FORMS["UK11"]:
        return replace(found, cancels="contract" if _broken_off(release) else None)
    if form is _FORMS["UK12"]:
        return _terminated(found, release)
    if form.stage in ("award", "contract"):
        return _awarded(found, release)
    if text(tender.get("status")) in CALLED_OFF:
        return replace(found, status="cancelled", cancels="tender")
    return found


def own_document(release: Json) -> Json:
    """The release's entry for its own notice: the one with its id, else the newest with a type.

    It stands at the level that the notice speaks of: planning, tender, awards or contracts.
    """
    own: Json = {}
    for holder in (
        *rows(release.get("planning")),
        *rows(release.get("tender")),
        *rows(release.get("awards"))[:1],
        *rows(release.get("contracts"))[:1],
    ):
        for document in rows(holder.get("documents")):
            if document.get("noticeType"):
                if document.get("id") == release.get("id"):
                    return document
                if text(document.get("datePublished")) >= text(own.get("datePublished")):
                    own = document
    return own


def stand_in(release: Json) -> str:
    """The id of a release that states none: its notice's document id, else a hash of it."""
    if id := text(own_document(release).get("id")):
        return id
    return digest(release)


def digest(release: Json) -> str:
    """What tells apart releases that say different things."""
    said = repr(sorted(release.items(), key=lambda member: member[0]))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _tagged(tags: list[str]) -> _Form | None:
    return next((form for names, form in _TAGS if not names.isdisjoint(tags)), None)


def _unknown(release: Json) -> _Form:
    """A release without a known tag (a compiled one) stands where its content has come to."""
    if release.get("contracts"):
        return _FORMS["UK7"]
    if release.get("awards"):
        return _FORMS["UK6"]
    tender = obj(release.get("tender"))
    planned = text(tender.get("status")) in ("planned", "planning")
    if not tender and release.get("planning"):
        planned = True
    return _FORMS["UK1" if planned else "UK4"]


def _compiled(found: Kind, name: str, tender: Json) -> Kind:
    """All that is known of a process, at the stage that it has come to: it leaves nothing out.

    The stage is in the name, so that each is a step of its own. A tender's amendments say that it
    is not the first statement; those that an award carries along are history.
    """
    name = name or f"{COMPILED}+{found.stage}"
    amended = found.stage in ("planning", "tender") and bool(tender.get("amendments"))
    return replace(found, name=name, restates=True, update=amended)


def _corrigendum(tender: Json) -> bool:
    """A legacy `tenderUpdate` states no period of its own: its changes stand in the amendments."""
    return bool(tender.get("amendments")) and not tender.get("tenderPeriod")


def _restated(tender: Json) -> bool:
    """A corrigendum that lists no changes and states all of a contract notice is a new one."""
    return all(tender.get(name) for name in _WHOLE) and not any(
        rows(amendment.get("unstructuredChanges")) for amendment in rows(tender.get("amendments"))
    )


def _correction(found: Kind, tags: list[str], tender: Json) -> Kind:
    """A corrigendum says what it changes and little else, whatever its tag."""
    planned = any(tag.startswith("planning") for tag in tags)
    found = replace(
        found,
        stage="planning" if planned else _corrected(tender),
        status=None,
        restates=False,
        corrigendum=True,
    )
    if text(tender.get("status")) in ("cancelled", "withdrawn"):
        return replace(found, status="cancelled", cancels="tender")
    return found


def _corrected(tender: Json) -> Stage:
    """Which notice a corrigendum corrects: a section V or VII says it, or else its words do."""
    said = [text(tender.get("description"))]
    for amendment in rows(tender.get("amendments")):
        said.append(text(amendment.get("description")))
        for change in rows(amendment.get("unstructuredChanges")):
            section = text(obj(change.get("where")).get("section")).upper().replace("1", "I")
            if section.startswith("VII"):
                return "contract"
            if section.partition(".")[0] == "V":
                return "award"
            said += [text(obj(change.get(side)).get("text")) for side in ("oldValue", "newValue")]
    return "award" if any(_OF_AWARD.search(part) for part in said if part) else "tender"


def _broken_off(release: Json) -> bool:
    reasons = {
        text(reason.get("id"))
        for contract in rows(release.get("contracts"))
        for reason in rows(contract.get("terminationRationaleClassifications"))
    }
    return bool(reasons - {_ORDINARY_END, ""})


def _terminated(found: Kind, release: Json) -> Kind:
    """A UK12 ends the tender, whatever status it shows; without a status only a contract fell."""
    tender = obj(release.get("tender"))
    fallen = any(text(c.get("status")) in CALLED_OFF for c in rows(release.get("contracts")))
    status = text(tender.get("status"))
    if fallen and not status:
        return replace(found, stage="contract", status="ended", cancels="contract")
    lots = [text(lot.get("status")) for lot in rows(tender.get("lots"))]
    if status in ("active", "planned", "planning") and not CALLED_OFF.isdisjoint(lots):
        return replace(found, cancels="lot")
    return replace(found, status="cancelled", cancels="tender")


def _awarded(found: Kind, release: Json) -> Kind:
    """No award is left: the tender was called off, or it ended without one.

    A legacy award notice calls its lots cancelled beside active awards, so they say nothing here.
    """
    awards = rows(release.get("awards"))
    tender = obj(release.get("tender"))
    called_off = text(tender.get("status")) in CALLED_OFF
    if called_off and "legalBasis" not in tender:  # Contracts Finder means the whole notice
        return replace(found, status="cancelled", cancels="tender")
    fallen = [award for award in awards if text(award.get("status")) in CALLED_OFF]
    if found.status is None or len(fallen) < len(awards):
        return found
    if called_off or any(text(a.get("statusDetails")) == "discontinued" for a in fallen):
        return replace(found, status="cancelled", cancels="tender")
    if not fallen:
        return found
    if all(text(award.get("status")) == "cancelled" for award in fallen):
        return replace(found, status="ended", cancels="award")
    return replace(found, status="ended")
