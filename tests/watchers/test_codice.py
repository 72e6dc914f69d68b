"""Spain's entries: the states of a folder, who it belongs to, its dates, its end."""

from __future__ import annotations

import pytest

from bot.detect import told
from bot.fold import fold
from bot.model import Notice, Record
from tests.watchers.feeds import SINCE, atom, entry, folder, notice, notices, page, tombstone


def of(code: str = "PUB", more: str = "", **said: str) -> Notice:
    return notice(atom(entry(more=folder(code, more, **said))))


def result(code: str, lot: str = "", winner: str = "", amount: str = "") -> str:
    return (
        f"<a:TenderResult><b:ResultCode>{code}</b:ResultCode><a:WinningParty><a:PartyName>"
        f"<b:Name>{winner}</b:Name></a:PartyName></a:WinningParty><a:AwardedTenderedProject>"
        f"<b:ProcurementProjectLotID>{lot}</b:ProcurementProjectLotID><a:LegalMonetaryTotal>"
        f'<b:TaxExclusiveAmount currencyID="EUR">{amount}</b:TaxExclusiveAmount>'
        "</a:LegalMonetaryTotal></a:AwardedTenderedProject></a:TenderResult>"
    )


def period(name: str, day: str, time: str = "") -> str:
    clock = f"<b:EndTime>{time}</b:EndTime>" if time else ""
    return (
        f"<a:TenderingProcess><a:{name}><b:EndDate>{day}</b:EndDate>{clock}</a:{name}>"
        "</a:TenderingProcess>"
    )


@pytest.mark.parametrize(
    ("code", "stage", "status", "cancels"),
    [
        ("PRE", "planning", "planned", None),
        ("CPM", "planning", "planned", None),
        ("PUB", "tender", "open", None),
        ("EV", "tender", "open", None),
        ("ADJ", "award", "awarded", None),
        ("RES", "contract", "awarded", None),
        ("ANUL", "tender", "cancelled", "tender"),
    ],
)
def test_a_state_of_the_folder(code: str, stage: str, status: str, cancels: str | None):
    found = of(code)
    assert (found.kind, found.stage, found.status, found.cancels) == (code, stage, status, cancels)
    assert found.restates and not found.remarks


def test_an_unknown_state_is_remarked():
    assert of("XYZ").remarks == ("an unknown state of the folder: XYZ",)


@pytest.mark.parametrize("code", ["3", "4", "5", "6", "7"])
def test_a_folder_resolved_without_an_award_was_called_off(code: str):
    assert of("RES", result(code)).cancels == "tender"
    assert of("RES", result(code, "1") + result("8", "2", "Obras, S.L.")).cancels is None
    assert of("EV", result(code, "1")).cancels is None


def test_the_winners_of_a_framework_stand_under_one_award():
    found = of("ADJ", result("8", "1", "Uno", "95000") + result("8", "1", "Dos", "0"))
    (award,) = found.facts.awards
    assert (award.id, award.suppliers, award.lots) == ("1", ("Uno", "Dos"), ("1",))
    assert award.value and award.value.net == 95000


@pytest.mark.parametrize(
    ("name", "day", "time", "told"),
    [
        ("TenderSubmissionDeadlinePeriod", "2026-06-19", "14:00:00", "submission 19 12:00"),
        ("TenderSubmissionDeadlinePeriod", "2026-06-19+02:00", "14:00:00", "submission 19 12:00"),
        ("TenderSubmissionDeadlinePeriod", "2026-12-19", "14:00:00", "submission 19 13:00"),
        ("TenderSubmissionDeadlinePeriod", "2026-06-19", "", "submission 19 21:59 dated"),
        ("ParticipationRequestReceptionPeriod", "2026-06-19", "23:59:00", "participation 19 21:59"),
        ("DocumentAvailabilityPeriod", "2026-06-19", "23:59:00", ""),
        ("TenderSubmissionDeadlinePeriod", "soon", "", ""),
    ],
)
def test_deadlines_are_in_the_time_of_madrid(name: str, day: str, time: str, told: str):
    said = [
        f"{d.kind} {d.at:%d %H:%M}{' dated' if d.dated else ''}"
        for d in of("PUB", period(name, day, time)).facts.deadlines
    ]
    assert said == ([told] if told else [])


def test_a_date_that_cannot_be_read_is_remarked():
    assert of("PUB", period("TenderSubmissionDeadlinePeriod", "soon")).remarks == (
        "the submission date cannot be read: soon",
    )


def test_one_number_at_two_buyers_is_two_procurements():
    one, other = notices(
        atom(entry("tag:a,1", more=folder(buyer="601")), entry("tag:a,2", more=folder(buyer="602")))
    )
    assert one.record != other.record
    assert (one.links, other.links) == (("codice:601/12/2026",), ("codice:602/12/2026",))


def test_the_folder_is_read_and_the_summary_is_not():
    more = folder() + "<summary>CPV: 45000000; Deadline: 19 June 2026</summary>"
    found = notice(atom(entry(more=more)))
    assert (found.facts.title, found.facts.cpv, found.facts.deadlines) == ("Parques", (), ())


def test_a_deleted_entry_calls_off_the_record_of_its_entry():
    found = page(atom(entry("tag:a,1", more=folder()), tombstone("tag:a,1")))
    open_, ended = (one.load() for one in found.found)
    before = fold(None, open_, source="spain", learned=SINCE)
    after = fold(before, ended, source="spain", learned=SINCE)
    event = told(before, after, ended)
    assert event and event.name == "cancelled"
    assert (after.status, after.facts.title) == ("cancelled", "Parques")
    assert f"{ended.published:%H:%M}" == "08:40"


@pytest.mark.parametrize(("reason", "ended"), [("ANULADA", 1), ("", 1), ("CERRADA", 0)])
def test_a_closed_entry_is_no_cancellation(reason: str, ended: int):
    assert len(page(atom(tombstone("tag:a,1", reason))).found) == ended


def test_the_life_of_a_folder():
    moved = period("TenderSubmissionDeadlinePeriod", "2026-06-26", "14:00:00")
    states = [
        ("PRE", ""),
        ("PUB", period("TenderSubmissionDeadlinePeriod", "2026-06-19", "14:00:00")),
        ("PUB", moved),
        ("EV", moved),
        ("ADJ", moved + result("8", "", "Obras, S.L.", "90000")),
        ("RES", moved + result("9", "", "Obras, S.L.", "90000")),
    ]
    record: Record | None = None
    names = []
    for day, (code, more) in enumerate(states):
        body = atom(entry(updated=f"2026-05-{12 + day}T08:30:00Z", more=folder(code, more)))
        one = notice(body)
        after = fold(record, one, source="spain", learned=SINCE)
        event = told(record, after, one)
        names.append(event.name if event else None)
        record = after
    assert names[:5] == ["new", "new", "amended", None, "awarded"]
    assert names[5] in (None, "amended")
