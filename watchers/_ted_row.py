"""A row of TED's search as a notice: what stands in it without the notice's document. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot import cpv, regions
from bot.errors import ReadError
from bot.model import Award, Buyer, Code, Deadline, DeadlineKind, Facts, Notice, Value
from watchers import _json, _ted, _ted_codes
from watchers._take import Json, obj, text, texts

ALONE = "read from the search result alone: the enquiry deadline and the lots are not in it"
_TERMS: tuple[tuple[DeadlineKind, str], ...] = (
    ("submission", "deadline-receipt-tender"),
    ("participation", "deadline-receipt-request"),
)
# notice-type by its beginning, where the form type says no more than `change`.
_TYPES = (
    ("pin-cfc", _ted_codes.COMPETITION),
    ("pin", _ted_codes.PLANNING),
    ("pmc", _ted_codes.PLANNING),
    ("can-modif", _ted_codes.MODIFICATION),
    ("can", _ted_codes.RESULT),
    ("veat", _ted_codes.RESULT),
    ("compl", _ted_codes.COMPLETION),
)


def identity(row: Json) -> tuple[str, str]:
    """The publication number, and the record where a row can tell it (as the documents do)."""
    number = _ted.publication(text(row.get("publication-number")))
    if not number:
        raise ReadError("a row without a publication number")
    if procedure := _ted.uuid(text(row.get("procedure-identifier"))):
        return number, procedure
    if own := _ted.uuid(text(row.get("notice-identifier"))):
        changed = text(row.get("change-notice-version-identifier"))
        # The search puts a publication number in the place of a UUID where it knows one.
        return number, (_ted.uuid(changed) if changed else own)
    return number, (number if _form(row).restates and not _changes(row) else "")


def _form(row: Json) -> _ted_codes.Form:
    form = _ted_codes.FORMS.get(text(row.get("form-type")))
    kind = text(row.get("notice-type"))
    by_type = next(
        (form for start, form in _TYPES if kind.startswith(start)), _ted_codes.COMPETITION
    )
    return form or by_type


def _changes(row: Json) -> bool:
    named = ("change-reason-code", "change-notice-version-identifier", "change-description")
    corrects = text(row.get("form-type")) == "change" or text(row.get("notice-type")) == "corr"
    return corrects or any(row.get(name) for name in named)


def needs_document(row: Json) -> bool:
    """Plans, calls, changes and notices of the old schema: lots, enquiries, records stand there."""
    return _form(row).restates or _changes(row) or not row.get("notice-identifier")


def notice(
    row: Json, record: str, number: str, languages: tuple[str, ...], *, alone: bool
) -> Notice:
    """A row as a notice; where it stands for the document it says so. ReadError without a date."""
    form, update = _form(row), _changes(row)
    try:
        published = _ted.published(text(row.get("publication-date")))
    except ValueError as error:
        raise ReadError(f"no publication date: {error}", raw=repr(row)[: _json.KEPT]) from None
    codes = _values(row, "change-reason-code")
    status, cancels = form.status, None
    if form.stage == "award":
        decisions = [
            _ted_codes.RESULTS.get(code, "") for code in _values(row, "winner-selection-status")
        ]
        reasons = _values(row, "non-award-justification")
        status, cancels = _ted.ended([x for x in decisions if x], reasons, whole=True)
    elif "cancel" in codes and form.restates:
        status, cancels = "cancelled", "tender"
    remarks = [ALONE] if alone else []
    return Notice(
        record=record,
        id=number,
        published=published,
        kind=text(row.get("notice-subtype")) or text(row.get("notice-type")) or form.stage,
        stage=form.stage,
        update=form.update or update,
        # A row leaves out lots and deadlines: a change must not erase those that are known.
        restates=form.restates and not update,
        status=status,
        cancels=cancels,
        facts=_facts(row, form, number, languages, remarks),
        words=_ted.explained(codes, _words(row, languages)),
        links=_links(row, record, number),
        remarks=tuple(remarks),
    )


def _facts(
    row: Json, form: _ted_codes.Form, number: str, languages: tuple[str, ...], remarks: list[str]
) -> Facts:
    who = _buyers(row, languages)
    codes = dict.fromkeys(filter(None, map(cpv.normal, _values(row, "classification-cpv"))))
    live = form.stage in ("planning", "tender")
    procedure = text(row.get("procedure-type"))
    return Facts(
        title=_title(row, languages) or None,
        description=_said(row, "description-proc", languages) or None,
        buyers=who or None,
        cpv=tuple(Code(code) for code in codes) or None,
        places=_places(row) or None,
        value=_value(row, "estimated-value-proc", "estimated-value-cur-proc")
        or _value(row, "total-value", "total-value-cur"),
        procedure=_ted_codes.PROCEDURES.get(procedure, procedure) or None,
        deadlines=tuple(_deadlines(row, form, remarks)) if live else (),
        awards=_awards(row, number, languages) if form.stage == "award" else (),
        url=_ted.page(number, languages),
    )


def _values(row: Json, name: str) -> list[str]:
    return texts(row.get(name))


def _by_language(row: Json, name: str) -> dict[str, list[str]]:
    """A field's texts by language (three letters): each is a text or a list of texts."""
    value = row.get(name)
    return {code.lower(): texts(said) for code, said in obj(value).items() if type(code) is str}


def _said(row: Json, name: str, languages: tuple[str, ...]) -> str:
    found = {code: "\n".join(dict.fromkeys(said)) for code, said in _by_language(row, name).items()}
    return _ted.chosen(found, languages)


def _title(row: Json, languages: tuple[str, ...]) -> str:
    """The title in a wanted language, else the journal's heading in one, else any title."""
    own, heading = _by_language(row, "title-proc"), _by_language(row, "notice-title")
    for said in (own, heading):
        for code in languages:
            if found := said.get(code):
                return " ".join(found[0].split())
    return _said(row, "title-proc", ()) or _said(row, "notice-title", ())


def _buyers(row: Json, languages: tuple[str, ...]) -> tuple[Buyer, ...]:
    names = _by_language(row, "buyer-name")
    best = next((names[code] for code in (*languages, *names) if names.get(code)), [])
    countries = list(dict.fromkeys(_values(row, "buyer-country")))
    place = countries[0] if len(countries) == 1 else ""
    return tuple(Buyer(" ".join(name.split()), place=place) for name in dict.fromkeys(best))


def _places(row: Json) -> tuple[str, ...]:
    """Regions; a country only where none of its regions is stated, else the buyer's country."""
    stated = dict.fromkeys(_values(row, "place-of-performance"))
    nodes = {place: regions.place(place) or "" for place in stated}
    inner = {node[:2] for node in nodes.values() if len(node) > 2}
    found = [place for place, node in nodes.items() if len(node) != 2 or node not in inner]
    return tuple(found or dict.fromkeys(_values(row, "buyer-country")))


def _value(row: Json, figure: str, currency: str) -> Value | None:
    stated = row.get(figure)
    written = str(stated) if type(stated) is float else next(iter(_values(row, figure)), "")
    return _ted.amount(written, next(iter(_values(row, currency)), ""))


def _deadlines(row: Json, form: _ted_codes.Form, remarks: list[str]) -> Iterator[Deadline]:
    """The first of each kind: dates and times stand in lists that need not fit together."""
    there = _ted.zone(next(iter(_values(row, "buyer-country")), ""))
    for kind, name in _TERMS:
        days, times = _values(row, f"{name}-date-lot"), _values(row, f"{name}-time-lot")
        if len(times) != len(days):
            times = times[:1] * len(days) if len(set(times)) == 1 else [""] * len(days)
        found = set()
        for day, time in zip(days, times, strict=True):
            try:
                found.add(_ted.moment(day, time, there))
            except ValueError:
                remarks.append(f"the {kind} date cannot be read: {day[:40]} {time[:40]}")
        if len(found) > 1:
            remarks.append(f"lots have different {kind} dates: the first is given")
        if found:
            at, dated = min(found)
            yield Deadline(kind, at, dated, form.stage != "planning")


def _awards(row: Json, number: str, languages: tuple[str, ...]) -> tuple[Award, ...]:
    names = _by_language(row, "winner-name")
    best = next((names[code] for code in (*languages, *names) if names.get(code)), [])
    winners = tuple(dict.fromkeys(" ".join(name.split()) for name in best))
    price = _value(row, "result-value-notice", "result-value-cur-notice")
    return (Award(number, winners, price, "active"),) if winners else ()


def _words(row: Json, languages: tuple[str, ...]) -> list[str]:
    named = ("change-description", "change-reason-description")
    return [_said(row, name, languages) for name in named]


def _links(row: Json, record: str, number: str) -> tuple[str, ...]:
    changed = _ted.link(text(row.get("change-notice-version-identifier")))
    return (changed,) if changed and changed not in (record, f"ted:{number}") else ()
