"""Folds a notice into its record: what a full statement replaces, and a stub may not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.awards import matched
from bot.model import (
    STAGES,
    Award,
    Deadline,
    Extension,
    Facts,
    Lot,
    Notice,
    Record,
    Stage,
    Status,
    Step,
)

# Facts that any notice may replace and that its silence never erases.
_PLAIN = (
    *("buyers", "procedure", "sme", "vcse", "submission", "url"),
    *("contact", "engagement"),
)
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
    facts = _merge(
        held,
        notice,
        learned,
        speaks=_speaks(record, notice),
        whole=record is not None and record.whole,
    )
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
        words=notice.words or (record.words if record else ""),
    )


def refold(notices: Iterable[tuple[Notice, datetime]], *, source: str) -> Record | None:
    """The record from its whole history, in whatever order its notices arrived."""
    record = None
    for notice, learned in sorted(notices, key=lambda pair: order(pair[0])):
        record = fold(record, notice, source=source, learned=learned)
    return record


def _speaks(record: Record | None, notice: Notice) -> bool:
    """Whether a notice speaks of the whole, as far as we know.

    Where no full statement was seen, an award or the correction of a notice of its own form does;
    the correction of another form and a termination only fill what is unknown.
    """
    if notice.restates or record is None:
        return True
    first = notice.stage in ("award", "contract") and not notice.update and not notice.cancels
    return not record.whole and (first or (notice.update and record.seen(notice)))


def _merge(held: Facts, notice: Notice, learned: datetime, *, speaks: bool, whole: bool) -> Facts:
    said = notice.facts
    new: dict[str, Any] = {}
    for name in (*_PLAIN, *_WHOLE):
        value = getattr(said, name)
        if value is None:
            continue
        if speaks or name in _PLAIN or (not whole and getattr(held, name) is None):
            new[name] = value
    if held.lots and said.lots:
        new["lots"] = _lots(held.lots, new.get("lots"), said.lots)
    if (
        notice.restates
        and said.lots is None
        and held.lots
        and notice.stage in ("planning", "tender")
    ):
        new["lots"] = None
    new["deadlines"] = _deadlines(held.deadlines, notice, learned)
    if said.extensions is not None:
        new["extensions"] = _extensions(held.extensions or (), notice)
    if said.awards:
        new["awards"] = _awards(held.awards, notice)
    return replace(held, **new)


def _lots(
    held: tuple[Lot, ...], restated: tuple[Lot, ...] | None, said: tuple[Lot, ...]
) -> tuple[Lot, ...]:
    """The lots as restated, else as held, but for how they ended: a stub may say that as well.

    A notice that restates a lot without its status does not open it again.
    """
    ended = {lot.id: lot.status for lot in held if lot.closed}
    ended |= {lot.id: lot.status for lot in said if lot.closed or (restated and lot.status)}
    return tuple(replace(x, status=ended.get(x.id, x.status)) for x in restated or held)


def _deadlines(
    held: tuple[Deadline, ...], notice: Notice, learned: datetime
) -> tuple[Deadline, ...]:
    known = {(d.key, d.firm): d.learned for d in held}
    said = [*notice.facts.deadlines, *(e.deadline for e in notice.edits if e.deadline)]
    if notice.stage in ("award", "contract"):
        said = [one for d in said for one in _of_its_lots(d, held, notice)]
    # Most records are new: nothing is known of them, and a key is not written for nothing.
    # An older notice may have been read later: the earlier reading counts.
    fresh = [
        replace(
            d, learned=min(known.get((d.key, d.firm)) or learned, learned) if known else learned
        )
        for d in said
    ]
    if notice.restates:
        return tuple(fresh)
    named = {(d.kind, d.lot) for d in fresh}
    return (*(d for d in held if (d.kind, d.lot) not in named), *fresh)


def _of_its_lots(stated: Deadline, held: tuple[Deadline, ...], notice: Notice) -> list[Deadline]:
    """A date that an award states once is that of its lots, where the record knows them apart."""
    known = {d.lot for d in held if d.kind == stated.kind}
    lots = [lot for award in notice.facts.awards for lot in award.lots if lot in known]
    if stated.lot or not lots:
        return [stated]
    return [replace(stated, lot=lot) for lot in dict.fromkeys(lots)]


def _extensions(held: tuple[Extension, ...], notice: Notice) -> tuple[Extension, ...]:
    said = notice.facts.extensions or ()
    if notice.restates:
        return said
    known = {e.lot for e in held}
    lots = [lot for award in notice.facts.awards for lot in award.lots if lot in known]
    if len(said) == 1 and said[0].lot is None and lots:
        said = tuple(replace(said[0], lot=lot) for lot in dict.fromkeys(lots))
    named = {e.lot for e in said}
    return (*(e for e in held if e.lot not in named), *said)


def _awards(held: tuple[Award, ...], notice: Notice) -> tuple[Award, ...]:
    """Awards pile up by id: a contract notice names the award that it carries out."""
    by_id = {award.id: award for award in held}
    for old, award in matched(notice, held):
        if old is not None and old.id != award.id:
            # Published again under another id: it keeps its place.
            by_id = {(award.id if id == old.id else id): one for id, one in by_id.items()}
        by_id[award.id] = award if old is None else _filled(old, award)
    return tuple(by_id.values())


def _filled(old: Award, new: Award) -> Award:
    return replace(
        new,
        suppliers=new.suppliers or old.suppliers,
        value=new.value or old.value,
        signed=new.signed or old.signed,
        lots=new.lots or old.lots,
        title=new.title or old.title,
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
    if notice.status == "ended" and held and record and _goes_on(record, notice):
        return held
    return notice.status or held or _BY_STAGE[notice.stage]


def _goes_on(record: Record, notice: Notice) -> bool:
    """Whether other contracts of the same record run on when one is completed."""
    over = {award.id for award in notice.facts.awards}
    left = [a for a in record.facts.awards if a.id not in over and a.status not in _OVER]
    return notice.stage == "contract" and bool(over) and bool(left)


# How a contract's or an award's status says that nothing is left of it.
_OVER = frozenset({"terminated", "cancelled", "withdrawn", "unsuccessful"})


_BY_STAGE: dict[Stage, Status] = {
    "planning": "planned",
    "tender": "open",
    "award": "awarded",
    "contract": "awarded",
}
