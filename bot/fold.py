"""Folds a notice into its record: what a full statement replaces, and a stub may not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.model import STAGES, Award, Deadline, Facts, Notice, Record, Stage, Status, Step

# Facts that any notice may replace and that its silence never erases.
_PLAIN = ("buyers", "procedure", "sme", "vcse", "submission", "url")
# Facts that speak of the whole procurement in a planning or tender notice, but of one call-off or
# one contract in an award notice: those must not overwrite the tender's.
_WHOLE = ("title", "description", "cpv", "places", "value", "lots", "documents")


def order(notice: Notice) -> tuple[datetime, str]:
    """The order of folding: publication, then notice id. Portals give ids in the order of issue."""
    return notice.published, notice.id


def fold(record: Record | None, notice: Notice, *, source: str, learned: datetime) -> Record:
    """The record after one more notice; `learned` (UTC) is when we read it.

    A notice that restates everything removes the deadlines and lots that it leaves out; a stub
    (a termination, a legacy corrigendum, an award) leaves them as they were.
    """
    held = record.facts if record else Facts()
    facts = _merge(held, notice, learned, whole=record is not None and record.whole)
    kinds = {step.kind for step in record.steps} if record else set()
    steps = record.steps if record else ()
    if notice.kind not in kinds:
        steps = (*steps, Step(notice.stage, notice.kind, notice.id, notice.published))
    return Record(
        source=source,
        id=notice.record,
        revision=record.revision + 1 if record else 1,
        stage=_stage(record, notice),
        status=_status(record, notice),
        kind=notice.kind,
        notice=notice.id,
        published=notice.published,
        steps=steps,
        facts=facts,
        whole=notice.restates or (record is not None and record.whole),
    )


def refold(notices: Iterable[tuple[Notice, datetime]], *, source: str) -> Record | None:
    """The record from its whole history, in whatever order its notices arrived."""
    record = None
    for notice, learned in sorted(notices, key=lambda pair: order(pair[0])):
        record = fold(record, notice, source=source, learned=learned)
    return record


def _merge(held: Facts, notice: Notice, learned: datetime, *, whole: bool) -> Facts:
    said = notice.facts
    new: dict[str, Any] = {}
    for name in _PLAIN:
        value = getattr(said, name)
        if value is not None:
            new[name] = value
    if notice.restates or not whole:
        for name in _WHOLE:
            value = getattr(said, name)
            if value is not None:
                new[name] = value
    if (
        notice.restates
        and said.lots is None
        and held.lots
        and notice.stage in ("planning", "tender")
    ):
        new["lots"] = None
    new["deadlines"] = _deadlines(held.deadlines, notice, learned)
    if said.awards:
        new["awards"] = _awards(held.awards, said.awards)
    return replace(held, **new)


def _deadlines(
    held: tuple[Deadline, ...], notice: Notice, learned: datetime
) -> tuple[Deadline, ...]:
    known = {(d.key, d.firm): d.learned for d in held}
    said = [*notice.facts.deadlines, *(e.deadline for e in notice.edits if e.deadline)]
    # Most records are new: nothing is known of them, and a key is not written for nothing.
    fresh = [
        replace(d, learned=(known.get((d.key, d.firm)) if known else None) or learned) for d in said
    ]
    if notice.restates:
        return tuple(fresh)
    named = {(d.kind, d.lot) for d in fresh}
    return (*(d for d in held if (d.kind, d.lot) not in named), *fresh)


def _awards(held: tuple[Award, ...], said: tuple[Award, ...]) -> tuple[Award, ...]:
    """Awards pile up by id: a contract notice names the award that it carries out."""
    by_id = {award.id: award for award in held}
    for award in said:
        old = by_id.get(award.id)
        by_id[award.id] = award if old is None else _filled(old, award)
    return tuple(by_id.values())


def _filled(old: Award, new: Award) -> Award:
    return replace(
        new,
        suppliers=new.suppliers or old.suppliers,
        value=new.value or old.value,
        signed=new.signed or old.signed,
        lots=new.lots or old.lots,
    )


def _stage(record: Record | None, notice: Notice) -> Stage:
    if record is None:
        if notice.cancels == "award" or notice.cancels == "contract":
            return notice.cancels
        return notice.stage
    if notice.cancels or (not notice.restates and _rank(notice.stage) < _rank(record.stage)):
        return record.stage
    return notice.stage


def _rank(stage: Stage) -> int:
    return STAGES.index(stage)


def _status(record: Record | None, notice: Notice) -> Status:
    if notice.cancels == "tender":
        return "cancelled"
    held = record.status if record else None
    if notice.cancels and held:
        return held
    if not notice.restates and notice.stage in ("planning", "tender") and held:
        return held
    return notice.status or held or _BY_STAGE[notice.stage]


_BY_STAGE: dict[Stage, Status] = {
    "planning": "planned",
    "tender": "open",
    "award": "awarded",
    "contract": "awarded",
}
