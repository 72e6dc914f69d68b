"""An eForms notice: its record, its lots' deadlines, changes, cancellations, results."""

from __future__ import annotations

import pytest

from bot.contract import Response
from bot.errors import ReadError
from bot.fold import fold
from bot.model import Value
from tests.watchers import golden
from tests.watchers.ted import XML, body, found, notice
from watchers.ted import Ted

FOLDER = "0b1c2d3e-4f50-4a61-8b72-9c83ad94be05"
NUMBER = '<efbc:NoticePublicationID schemeName="ojs-notice-id">00310101-2026'
PUBLICATION = "<efbc:PublicationDate>2026-05-07+02:00</efbc:PublicationDate>"
KIND = '<cbc:NoticeTypeCode listName="competition">'
SECOND = "2026-06-22+01:00"
DUE = "<cbc:EndTime>12:00:00+01:00</cbc:EndTime>"


def keys(case: str, *changes: tuple[str, str]) -> list[str]:
    return [deadline.key for deadline in notice(case, *changes).facts.deadlines]


# ---------------------------------------------------------------- identity


def test_all_notices_of_a_procedure_are_one_record():
    records = {found(body(case)).record for case in ("lots", "change", "cancelled", "result")}
    assert records == {FOLDER}


def test_a_notice_that_is_not_published_is_named_by_its_version():
    got = notice("lots", (NUMBER, NUMBER.replace("00310101-2026", "")), (PUBLICATION, ""))
    assert got.id == "11111111-2222-4333-8444-555555555501-01"
    assert got.facts.url is None
    assert got.published.isoformat() == "2026-05-05T09:20:30+00:00"
    assert got.remarks == ("not published in the journal: the date is that of its dispatch",)


def test_what_names_itself_by_nothing_is_a_read_error():
    changes = (NUMBER, NUMBER[:-13]), ("11111111-2222-4333-8444-555555555501", "soon")
    with pytest.raises(ReadError, match="without an identifier") as error:
        found(body("lots", *changes))
    assert error.value.raw.startswith("<?xml")


def test_a_notice_without_a_date_is_set_aside_when_it_is_read():
    one = found(body("lots", (PUBLICATION, PUBLICATION.replace("2026-05-07", "soon"))))
    with pytest.raises(ReadError, match="no publication date") as error:
        one.load()
    assert error.value.raw.startswith("<?xml")


def test_a_plan_and_its_change_are_one_record():
    plan = notice("plan")
    assert plan.record == "11111111-2222-4333-8444-555555555505"
    block = f"<efac:Changes><efbc:ChangedNoticeIdentifier>{plan.record}-01"
    block += "</efbc:ChangedNoticeIdentifier></efac:Changes><efac:NoticeSubType>"
    other = ("555555555505", "555555555506"), ("00311105", "00320000")
    changed = notice("plan", *other, ("<efac:NoticeSubType>", block))
    assert (changed.record, changed.id) == (plan.record, "320000-2026")
    assert changed.update and changed.links == ()


# ---------------------------------------------------------------- form types


@pytest.mark.parametrize(
    ("form", "stage", "status", "restates", "update"),
    [
        ("planning", "planning", "planned", True, False),
        ("consultation", "planning", "planned", True, False),
        ("competition", "tender", "open", True, False),
        ("dir-awa-pre", "award", "awarded", False, False),
        ("result", "award", "awarded", False, False),
        ("cont-modif", "contract", None, False, True),
        ("completion", "contract", "ended", False, True),
    ],
)
def test_the_form_type_decides(form: str, stage: str, status: str, restates: bool, update: bool):
    got = notice("lots", (KIND, f'<cbc:NoticeTypeCode listName="{form}">'))
    assert (got.stage, got.status, got.restates, got.update) == (stage, status, restates, update)


@pytest.mark.parametrize(
    ("subtype", "stage"),
    [
        ("9", "planning"),
        ("10", "tender"),
        ("CEI", "tender"),
        ("24", "tender"),
        ("25", "award"),
        ("37", "award"),
        ("38", "contract"),
        ("T01", "tender"),  # by its root
        ("T02", "award"),
        ("E5", "contract"),
    ],
)
def test_where_the_form_type_is_none_the_subtype_decides(subtype: str, stage: str):
    code = '<cbc:SubTypeCode listName="notice-subtype">'
    changes = (KIND, '<cbc:NoticeTypeCode listName="change">'), (f"{code}16", f"{code}{subtype}")
    got = notice("lots", *changes)
    assert (got.kind, got.stage) == (subtype, stage)


# ---------------------------------------------------------------- deadlines


def test_lots_with_one_date_have_one_deadline():
    told = keys("lots", (SECOND, "2026-06-15+01:00"))
    assert [key for key in told if "submission" in key] == ["submission@2026-06-15T11:00Z"]


def test_any_offset_behind_a_day_of_the_contract_is_the_same_day():
    told = keys("lots", ("2029-08-31Z", "2029-08-31+03:00"))
    assert [key for key in told if "contract-end" in key] == ["contract-end@2029-08-31T22:59Z"]


def test_a_date_without_a_time_is_the_day():
    got = notice("lots", (DUE, ""))
    first = got.facts.deadlines[0]
    assert (first.key, first.dated) == ("LOT-0001/submission@2026-06-15T22:59Z", True)


@pytest.mark.parametrize(
    ("form", "kind", "firm"),
    [
        ("competition", "participation", True),
        ("planning", "engagement", True),
        ("consultation", "engagement", True),
    ],
)
def test_expressions_of_interest(form: str, kind: str, firm: bool):
    """BT-630 stands in an extension of the lot's process."""
    term = (
        "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><efext:EformsExtension>"
        "<efac:InterestExpressionReceptionPeriod><cbc:EndDate>2026-06-01+01:00</cbc:EndDate>"
        "<cbc:EndTime>12:00:00+01:00</cbc:EndTime></efac:InterestExpressionReceptionPeriod>"
        "</efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    )
    typed = (KIND, f'<cbc:NoticeTypeCode listName="{form}">')
    got = notice("lots", typed, ("<cac:OpenTenderEvent>", f"{term}<cac:OpenTenderEvent>"))
    (deadline,) = (d for d in got.facts.deadlines if d.kind == kind)
    assert (deadline.key, deadline.firm) == (f"{kind}@2026-06-01T11:00Z", firm)


def test_requests_to_participate():
    swap = ("TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod")
    assert keys("lots", swap)[0] == "LOT-0001/participation@2026-06-15T11:00Z"


def test_an_unreadable_or_odd_time_leaves_a_remark():
    got = notice("lots", (SECOND, "22 June"), (DUE, DUE.replace("+01:00", "+02:00")))
    assert next(d.key for d in got.facts.deadlines) == "submission@2026-06-15T10:00Z"
    assert got.remarks == (
        "the submission time has an offset unlike the buyer's: 12:00:00+02:00",
        "the submission date cannot be read: 22 June 12:00:00+02:00",
    )


def test_award_notices_repeat_the_tenders_dates_as_history():
    got = notice("lots", (KIND, '<cbc:NoticeTypeCode listName="result">'))
    assert {d.kind for d in got.facts.deadlines} == {"contract-start", "contract-end"}


# ---------------------------------------------------------------- languages, places, values


def test_a_text_in_the_language_wanted_most():
    assert [b.name for b in notice("plan").facts.buyers or ()] == ["Market Town of Seewinkel"]
    for wanted in (("de", "en"), ("fr",)):  # else the notice's own
        german = notice("plan", languages=wanted)
        assert [b.name for b in german.facts.buyers or ()] == ["Marktgemeinde Seewinkel"]
    assert german.facts.url == "https://ted.europa.eu/fr/notice/-/detail/311105-2026"


def test_what_else_the_buyer_says_is_behind_the_description():
    note = '<cbc:Note languageID="ENG">Visits on 1 June.</cbc:Note>\n    <cbc:Description'
    got = notice("lots", ("<cbc:Description", note))
    assert (got.facts.description or "").endswith("before and after it.\n\nVisits on 1 June.")


def test_places_regions_then_anywhere_then_the_country_then_the_buyers_seat():
    region = '<cbc:CountrySubentityCode listName="nuts-lvl3">IE063</cbc:CountrySubentityCode>'
    at = "<cac:RealizedLocation>\n      <cac:Address>\n        "
    deeper = at.replace("\n", "\n  ")
    for written, places in (
        ("<cbc:Region>anyw-eea</cbc:Region>", ("anyw-eea",)),
        ("<cbc:Region>anyw-cou</cbc:Region>", ("IRL",)),
        ("", ("IRL",)),
    ):
        got = notice("lots", (at + region, at + written), (deeper + region, deeper + written))
        assert got.facts.places == places
    nowhere = ("<cac:RealizedLocation>", "<!--"), ("</cac:RealizedLocation>", "-->")
    assert notice("lots", *nowhere).facts.places == ("IE063",)


def test_values_of_the_lots_stand_for_an_unstated_whole():
    whole = '<cbc:EstimatedOverallContractAmount currencyID="EUR">1800000.00<'
    unstated = (whole, whole.replace("1800000.00", "0"))
    assert notice("lots", unstated).facts.value == Value(1800000.0, None, "EUR")
    assert notice("lots", unstated, (">300000<", ">-1<")).facts.value is None


def test_groups_of_lots_are_no_lots():
    group = ('<cbc:ID schemeName="Lot">LOT-0002<', '<cbc:ID schemeName="LotsGroup">GLO-0001<')
    got = notice("lots", group)
    assert [lot.id for lot in got.facts.lots or ()] == ["LOT-0001"]
    assert next(d.key for d in got.facts.deadlines) == "submission@2026-06-15T11:00Z"


# ---------------------------------------------------------------- changes


def test_a_change_moves_one_lot_and_tells_of_documents():
    first, change = notice("lots"), notice("change")
    assert change.update and change.restates and change.cancels is None
    assert [(e.field, e.now) for e in change.edits] == [("documents", "changed on 2026-05-18")]
    held = fold(None, first, source="ted", learned=first.published)
    held = fold(held, change, source="ted", learned=change.published)
    assert [d.key for d in held.facts.deadlines if d.kind == "submission"] == [
        "LOT-0001/submission@2026-06-15T11:00Z",
        "LOT-0002/submission@2026-06-29T11:00Z",
    ]


REASON = '<cbc:ReasonCode listName="change-corrig-justification">'


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cancel-intent", "The buyer intends to cancel the procedure."),
        ("susp-review", "The procedure is suspended by a review."),
        ("info-release", "The tenders for lot 2 may come a week later."),
    ],
)
def test_other_reasons_cancel_nothing(code: str, words: str):
    got = notice("change", (f"{REASON}cor-buy", REASON + code))
    assert got.cancels is None and got.status == "open"
    assert got.words.splitlines()[0] == words


def test_a_cancellation_that_names_a_lot_ends_that_lot():
    got = notice("change", (f"{REASON}cor-buy", f"{REASON}cancel"))
    assert (got.status, got.cancels) == ("open", "lot")
    assert [(lot.id, lot.status) for lot in got.facts.lots or ()] == [
        ("LOT-0001", ""),
        ("LOT-0002", "cancelled"),
    ]


@pytest.mark.parametrize("section", ["PROCEDURE", "LOT-0001 and LOT-0002"])
def test_a_cancellation_that_names_more_ends_the_tender(section: str):
    named = f"{section.split(' ')[0]}</efbc:ChangedSectionIdentifier>"
    if section != "PROCEDURE":
        named += (
            "</efac:ChangedSection><efac:ChangedSection>"
            "<efbc:ChangedSectionIdentifier>LOT-0002</efbc:ChangedSectionIdentifier>"
        )
    old = "LOT-0002</efbc:ChangedSectionIdentifier>"
    got = notice("change", (f"{REASON}cor-buy", f"{REASON}cancel"), (old, named))
    assert (got.status, got.cancels) == ("cancelled", "tender")


def test_a_cancelled_result_ends_the_award():
    block = f"<efac:Changes><efac:ChangeReason>{REASON}cancel</cbc:ReasonCode></efac:ChangeReason>"
    kept = "<efac:NoticeSubType>"
    got = notice("result", (kept, f"{block}</efac:Changes>{kept}"))
    assert got.cancels == "award"


# ---------------------------------------------------------------- results

SELECTED = '<cbc:TenderResultCode listName="winner-selection-status">selec-w'


def test_only_the_contracts_tender_has_won():
    (won, lost) = notice("result").facts.awards
    assert won.suppliers == ("Silt and Sons Limited", "Noordzee Bagger BV")
    assert won.value == Value(1411000.0, None, "EUR") and won.lots == ("LOT-0001",)
    assert (lost.status, lost.suppliers) == ("unsuccessful", ())


def test_without_a_winner_the_tender_has_ended():
    closed = (SELECTED, SELECTED.replace("selec-w", "clos-nw"))
    got = notice("result", closed)
    assert (got.status, got.cancels) == ("ended", None)
    got = notice("result", closed, (">no-rece<", ">chan-need<"))
    assert (got.status, got.cancels) == ("cancelled", "tender")
    left = ('<cbc:ID schemeName="Lot">LOT-0002</cbc:ID></efac:TenderLot>', "</efac:TenderLot>")
    got = notice("result", closed, (">no-rece<", ">chan-need<"), left)
    assert (got.status, got.cancels) == (None, "lot")
    got = notice("result", (SELECTED, SELECTED.replace("selec-w", "open-nw")))
    assert got.status is None and len(got.facts.awards) == 1


# ---------------------------------------------------------------- hostile documents


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>Down</body></html>",
        b"<!DOCTYPE html><html></html>",
        b"<ContractNotice/>",
        b"<TED_EXPORT/>",
        b"<TED_EXPORT DOC_ID='1-2026'>",
        body("lots").replace(b"?>", b"?><!DOCTYPE a [<!ENTITY x 'y'>]>"),
        body("lots")[:4000],
    ],
)
def test_what_is_no_notice_is_never_no_news(data: bytes):
    with pytest.raises(ReadError):
        found(data)


def test_an_empty_notice_of_either_schema_is_read_or_refused():
    uuid = "<ID>11111111-2222-4333-8444-555555555501</ID>"
    bare = f"<ContractNotice>{uuid}<IssueDate>2026-05-05</IssueDate></ContractNotice>"
    got = found(bare.encode()).load()
    assert got.facts.title is None and got.stage == "tender" and got.kind == "ContractNotice"
    with pytest.raises(ReadError, match="without a form"):
        found(b"<TED_EXPORT DOC_ID='1-2026'/>").load()


def test_a_byte_order_mark_and_blanks_hide_no_document():
    data = body("lots")
    for hidden in (b"\xef\xbb\xbf" + data, b"\n " + data, data.decode().encode("utf-16")):
        assert found(hidden).id == "310101-2026"


def test_every_golden_document_is_told_by_its_content_alone():
    for request in (XML, golden.request("ted")):
        page = Ted(query="a=1").read(Response(request, 200, {}, body("lots")), golden.SINCE)
        assert [one.id for one in page.found] == ["310101-2026"] and page.complete


# ---------------------------------------------------------------- award criteria


def criterion(code: str, *parts: str) -> str:
    kind = f"<cbc:AwardingCriterionTypeCode>{code}</cbc:AwardingCriterionTypeCode>"
    return (
        f"<cac:SubordinateAwardingCriterion>{''.join(parts)}{kind}"
        "</cac:SubordinateAwardingCriterion>"
    )


def weight(figure: str, kind: str, name: str = "number-weight") -> str:
    return (
        "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><efext:EformsExtension>"
        f'<efac:AwardCriterionParameter><efbc:ParameterCode listName="{name}">{kind}'
        f"</efbc:ParameterCode><efbc:ParameterNumeric>{figure}</efbc:ParameterNumeric>"
        "</efac:AwardCriterionParameter></efext:EformsExtension></ext:ExtensionContent>"
        "</ext:UBLExtension></ext:UBLExtensions>"
    )


def test_award_criteria_are_told_with_their_weights():
    said = (
        criterion("price", weight("40", "per-exa")),
        criterion("quality", '<cbc:Name languageID="ENG">Method\n of work</cbc:Name>',
                  weight("60", "poi-exa"), weight("3", "max-pass", "number-threshold")),
        criterion("cost"),
    )  # fmt: skip
    block = f"<cac:AwardingTerms><cac:AwardingCriterion>{''.join(said)}</cac:AwardingCriterion>"
    terms = "<cac:TenderingTerms>"
    got = notice("lots", (terms, f"{terms}{block}</cac:AwardingTerms>"))
    assert {lot.criteria for lot in got.facts.lots or ()} == {
        ("Price 40%", "Method of work 60 points", "Cost")
    }
