"""A notice in TED's own schema: records, limits, languages, corrigenda, results."""

from __future__ import annotations

import pytest

from bot.errors import ReadError
from bot.fold import fold
from bot.model import Value
from tests.watchers.ted import body, found, notice

PROCEDURE = '<PR_PROC CODE="1">'
DOCUMENT = '<TD_DOCUMENT_TYPE CODE="3">'
CODED = "<DT_DATE_FOR_SUBMISSION>20210222 12:00</DT_DATE_FOR_SUBMISSION>"
FORM = "</COMPLEMENTARY_INFO>\n    </F02_2014>"


def limits(*changes: tuple[str, str]) -> list[str]:
    return [d.key for d in notice("f02", *changes).facts.deadlines if d.kind in KEPT]


KEPT = ("submission", "participation")


# ---------------------------------------------------------------- identity


def test_a_call_is_a_record_of_its_own_and_a_corrigendum_belongs_to_it():
    call, corrigendum = found(body("f02")), found(body("f14"))
    assert (call.record, call.id) == ("5501-2021", "5501-2021")
    assert (corrigendum.record, corrigendum.id) == ("605902-2020", "15502-2021")


@pytest.mark.parametrize(
    ("code", "record"), [("7", "488001-2020"), ("K", "488001-2020"), ("0", "5501-2021")]
)
def test_awards_and_modifications_belong_to_the_notice_that_they_name(code: str, record: str):
    got = notice("f02", (DOCUMENT, f'<TD_DOCUMENT_TYPE CODE="{code}">'))
    assert got.record == record
    # The form's own reference comes before the journal's.
    named = "<NOTICE_NUMBER_OJ>2020/S 244-605902</NOTICE_NUMBER_OJ>"
    got = notice("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'), ("<PT_OPEN/>", named))
    assert got.record == "605902-2020"
    assert got.links == ("ted:605902-2020", "ted:488001-2020")


def test_of_several_notices_the_latest_is_meant():
    coded = "<NO_DOC_OJS>2020/S 201-488001</NO_DOC_OJS>"
    more = "".join(f"<NO_DOC_OJS>2020/S {n}</NO_DOC_OJS>" for n in ("230-566001", "150-366001"))
    got = notice("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'), (coded, coded + more))
    assert got.record == "566001-2020"
    assert got.links == ("ted:566001-2020", "ted:488001-2020", "ted:366001-2020")


def test_an_award_that_names_nothing_is_a_record_of_its_own():
    got = notice("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'), ("2020/S 201-488001", ""))
    assert got.record == got.id == "5501-2021"


def test_a_notice_without_number_or_date_is_refused():
    numbers = ('DOC_ID="005501-2021"', ""), ("2021/S 004-005501", "n/a")
    with pytest.raises(ReadError, match="without a publication number"):
        found(body("f02", *numbers))
    with pytest.raises(ReadError, match="no publication date"):
        found(body("f02", ("<DATE_PUB>20210107", "<DATE_PUB>"))).load()


# ---------------------------------------------------------------- limits


def test_the_journals_limit_is_in_force_where_it_is_later():
    assert limits() == ["submission@2021-02-22T11:00Z"]
    earlier = limits((CODED, CODED.replace("20210222", "20210201")))
    assert earlier == limits((CODED, "")) == ["submission@2021-02-08T11:00Z"]
    day = CODED.replace(" 12:00", "")
    assert limits((CODED, day)) == ["submission@2021-02-08T11:00Z"]
    form = "<DATE_RECEIPT_TENDERS>2021-02-08</DATE_RECEIPT_TENDERS><TIME_RECEIPT_TENDERS>12:00"
    assert limits((form, "<TIME_RECEIPT_TENDERS>")) == ["submission@2021-02-22T11:00Z"]


@pytest.mark.parametrize(
    ("procedure", "document", "kind"),
    [
        ("1", "3", "submission"),
        ("2", "3", "participation"),
        ("4", "3", "participation"),
        ("B", "3", "participation"),
        ("C", "3", "participation"),
        ("G", "3", "participation"),
        ("E", "H", "submission"),
        ("9", "3", "submission"),
        ("1", "A", "participation"),
        ("9", "M", "participation"),
        ("9", "O", "participation"),
    ],
)
def test_the_procedure_decides_what_the_limit_is_of(procedure: str, document: str, kind: str):
    changes = (
        (PROCEDURE, f'<PR_PROC CODE="{procedure}">'),
        (DOCUMENT, f'<TD_DOCUMENT_TYPE CODE="{document}">'),
    )
    assert limits(*changes) == [f"{kind}@2021-02-22T11:00Z"]


def test_times_are_local_to_the_buyer():
    assert limits(('<ISO_COUNTRY VALUE="FR"/>', '<ISO_COUNTRY VALUE="BG"/>')) == [
        "submission@2021-02-22T10:00Z"
    ]


def test_an_unreadable_limit_leaves_a_remark():
    got = notice("f02", (CODED, CODED.replace("20210222", "20211322")))
    assert "the submission date cannot be read: 2021-13-22 12:00" in got.remarks
    assert got.facts.deadlines[0].key == "submission@2021-02-08T11:00Z"


def test_awards_repeat_the_limit_as_history():
    got = notice("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'))
    assert {d.kind for d in got.facts.deadlines} == {"contract-start", "contract-end"}


# ---------------------------------------------------------------- languages and places


def test_a_title_in_another_language_stands_behind_the_journals_heading():
    assert notice("f02").facts.title == "Lift-maintenance services – Entretien de 24 ascenseurs"
    assert notice("f02", languages=("fr",)).facts.title == "Entretien de 24 ascenseurs"
    assert notice("f02", languages=("de",)).facts.title == "Entretien de 24 ascenseurs"


def test_a_translated_form_is_read_where_it_is_wanted():
    english = (
        '</F02_2014>\n<F02_2014 CATEGORY="TRANSLATION" FORM="F02" LG="EN"><OBJECT_CONTRACT>'
        "<TITLE><P>Upkeep of 24 lifts</P></TITLE></OBJECT_CONTRACT></F02_2014>"
    )
    name = '<AA_NAME LG="FR">Habitat Valserre</AA_NAME>'
    both = ("</F02_2014>", english), (name, f'{name}<AA_NAME LG="EN">Valserre Homes</AA_NAME>')
    got = notice("f02", *both)
    assert got.facts.title == "Upkeep of 24 lifts"
    assert [buyer.name for buyer in got.facts.buyers or ()] == ["Valserre Homes"]
    got = notice("f02", *both, languages=("fr", "en"))
    assert got.facts.title == "Entretien de 24 ascenseurs"


def test_a_buyers_translated_name_stands_in_the_headings_alone():
    name = '<AA_NAME LG="FR">Habitat Valserre</AA_NAME>'
    got = notice("f02", (name, f'{name}<AA_NAME LG="EN">Valserre Homes</AA_NAME>'))
    assert [(b.name, b.id) for b in got.facts.buyers or ()] == [("Valserre Homes", "555 010 010")]


@pytest.mark.parametrize(("form", "place"), [("F02", "FRK26"), ("F13", "FRL04"), ("F20", "FRL04")])
def test_the_journals_region_may_be_the_winners(form: str, place: str):
    seat = '<COUNTRY VALUE="FR"/><n2016:NUTS CODE="'
    got = notice(
        "f02",
        ('"FRK26"/>\n          <SHORT', '""/>\n          <SHORT'),
        (f'{seat}FRK26"', f'{seat}FRL04"'),
        ('FORM="F02"', f'FORM="{form}"'),
    )
    assert got.facts.places == (place,)


def test_one_part_without_a_number_is_no_lot():
    got = notice("f14", ("</OBJECT_CONTRACT>", "<OBJECT_DESCR/></OBJECT_CONTRACT>"))
    assert got.facts.lots is None


def test_additional_information_is_behind_the_description_of_a_call():
    more = (
        "<COMPLEMENTARY_INFO>",
        "<COMPLEMENTARY_INFO><INFO_ADD><P>Visite le 3.2.</P></INFO_ADD>",
    )
    assert (notice("f02", more).facts.description or "").endswith("Deux lots.\n\nVisite le 3.2.")
    got = notice("f02", more, (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'))
    assert "Visite" not in (got.facts.description or "")


def test_the_oldest_forms_are_read_by_their_frames():
    form = (
        '<CONTRACT_AWARD CATEGORY="ORIGINAL" FORM="3" LG="EN"><FD_CONTRACT_AWARD>'
        "<CA_CE_CONCESSIONAIRE_PROFILE><ORGANISATION>Valserre Homes</ORGANISATION>"
        '<COUNTRY VALUE="FR"/></CA_CE_CONCESSIONAIRE_PROFILE>'
        "<TITLE_CONTRACT><P>Upkeep of lifts</P></TITLE_CONTRACT>"
        "<SHORT_CONTRACT_DESCRIPTION><P>Of 24 lifts.</P></SHORT_CONTRACT_DESCRIPTION>"
        "<AWARD_OF_CONTRACT><CONTRACT_AWARD_DATE><DAY>5</DAY><MONTH>2</MONTH><YEAR>2012</YEAR>"
        "</CONTRACT_AWARD_DATE><ECONOMIC_OPERATOR_NAME_ADDRESS><ORGANISATION>Lifts and Sons"
        "</ORGANISATION></ECONOMIC_OPERATOR_NAME_ADDRESS>"
        '<COSTS_RANGE_AND_CURRENCY_WITH_VAT_RATE CURRENCY="EUR"><VALUE_COST>120 000,00'
        "</VALUE_COST><INCLUDING_VAT/></COSTS_RANGE_AND_CURRENCY_WITH_VAT_RATE>"
        "</AWARD_OF_CONTRACT></FD_CONTRACT_AWARD></CONTRACT_AWARD>"
    )
    text = body("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">')).decode()
    head, _, rest = text.partition("<FORM_SECTION>")
    tail = rest.partition("</FORM_SECTION>")[2]
    got = found(f"{head}<FORM_SECTION>{form}</FORM_SECTION>{tail}".encode()).load()
    assert (got.kind, got.facts.title) == ("3", "Upkeep of lifts")
    assert got.facts.description == "Of 24 lifts."
    assert [buyer.name for buyer in got.facts.buyers or ()] == ["Valserre Homes"]
    (award,) = got.facts.awards
    assert award.suppliers == ("Lifts and Sons",) and award.value == Value(None, 120000.0, "EUR")
    assert award.signed and award.signed.isoformat() == "2012-02-05T22:59:59+00:00"


# ---------------------------------------------------------------- corrigenda


def test_a_corrigendum_moves_what_it_names_and_erases_nothing():
    call = notice(
        "f02",
        ('DOC_ID="005501-2021"', 'DOC_ID="605902-2020"'),
        (PROCEDURE, '<PR_PROC CODE="2">'),
        (CODED, ""),
    )
    corrigendum = notice("f14")
    held = fold(None, call, source="ted", learned=call.published)
    held = fold(held, corrigendum, source="ted", learned=corrigendum.published)
    assert held.id == corrigendum.record and held.status == "open"
    assert [d.key for d in held.facts.deadlines if d.kind == "participation"] == [
        "participation@2021-02-05T16:00Z"
    ]
    assert {d.kind for d in held.facts.deadlines} >= {"opening", "contract-start"}
    assert len(held.facts.lots or ()) == 2


def test_a_corrigendum_of_words_alone_still_has_the_limit_in_force():
    labelled = "Time limit for receipt of tenders or requests to participate"
    got = notice("f14", ("<SECTION>IV.2.2)</SECTION>", "<SECTION>VI.3)</SECTION>"), (labelled, ""))
    assert [d.key for d in got.facts.deadlines] == ["participation@2021-02-05T16:00Z"]
    assert got.edits[0].field == "description" and got.edits[0].now == "2021-02-05 16:00"


@pytest.mark.parametrize(("section", "stage"), [("V.2.1", "award"), ("VII.1.2", "contract")])
def test_a_section_of_results_shows_what_is_corrected(section: str, stage: str):
    got = notice("f14", ("<SECTION>II.1.4</SECTION>", f"<SECTION>{section}</SECTION>"))
    assert got.stage == stage and got.facts.deadlines == ()


LIMIT = "<DATE>2021-02-05</DATE><TIME>16:00</TIME>"


@pytest.mark.parametrize(
    ("said", "cancels"),
    [
        ("The procedure is cancelled.", "tender"),
        ("Note. The contract notice has been withdrawn by the authority.", "tender"),
        ("The tender procedure was discontinued", "tender"),
        ("The procedure for lot 2 is cancelled.", None),
        ("For lot 2 the procedure is cancelled.", None),
        ("The visit is cancelled.", None),
        ("The procedure is not cancelled.", None),
        ("Tenders that are late will be cancelled.", None),
    ],
)
def test_only_a_plain_sentence_about_the_whole_cancels(said: str, cancels: str | None):
    words = ("Requests already received stay valid.", said)
    got = notice("f14", words, (LIMIT, "<TEXT><P>see below</P></TEXT>"))
    assert (got.cancels, got.status) == (cancels, "cancelled" if cancels else None)
    assert said in got.words
    assert notice("f14", words).cancels is None, "a date moved on ends nothing"


def test_a_lot_is_named_only_where_it_is_one():
    assert [edit.lot for edit in notice("f14").edits] == [None, "2", None]
    got = notice("f14", ("<LOT_NO>Lot 2</LOT_NO>", "<LOT_NO>Lot 1 and 2</LOT_NO>"))
    assert [edit.lot for edit in got.edits] == [None, None, None]


# ---------------------------------------------------------------- results


def award(*rows: str) -> tuple[tuple[str, str], ...]:
    return (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="7">'), (FORM, FORM.replace("  ", "".join(rows), 1))


WON = (
    '<AWARD_CONTRACT ITEM="1"><LOT_NO>1</LOT_NO><AWARDED_CONTRACT>'
    "<DATE_CONCLUSION_CONTRACT>2021-03-30</DATE_CONCLUSION_CONTRACT><CONTRACTORS><CONTRACTOR>"
    "<ADDRESS_CONTRACTOR><OFFICIALNAME>Lifts and Sons</OFFICIALNAME></ADDRESS_CONTRACTOR>"
    '</CONTRACTOR></CONTRACTORS><VALUES><VAL_TOTAL CURRENCY="EUR">139 000,50</VAL_TOTAL></VALUES>'
    "</AWARDED_CONTRACT></AWARD_CONTRACT>"
)
LOST = (
    '<AWARD_CONTRACT ITEM="{0}"><LOT_NO>{0}</LOT_NO><NO_AWARDED_CONTRACT>'
    "<PROCUREMENT_{1}/></NO_AWARDED_CONTRACT></AWARD_CONTRACT>"
)


def test_awards_with_their_winners_and_days():
    got = notice("f02", *award(WON, LOST.format(2, "UNSUCCESSFUL")))
    won, lost = got.facts.awards
    assert (won.id, won.suppliers, won.lots) == ("5501-2021/1", ("Lifts and Sons",), ("1",))
    assert won.value == Value(139000.5, None, "EUR")
    assert won.signed and won.signed.isoformat() == "2021-03-30T21:59:59+00:00"
    assert (lost.status, lost.suppliers) == ("unsuccessful", ())
    assert (got.status, got.cancels) == ("awarded", None)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ((LOST.format(1, "UNSUCCESSFUL"), LOST.format(2, "UNSUCCESSFUL")), ("ended", None)),
        (
            (LOST.format(1, "DISCONTINUED"), LOST.format(2, "UNSUCCESSFUL")),
            ("cancelled", "tender"),
        ),
        ((LOST.format(1, "DISCONTINUED"),), (None, "lot")),
        ((), ("awarded", None)),
    ],
)
def test_a_tender_ends_without_a_winner(rows: tuple[str, ...], outcome: tuple[str, str]):
    got = notice("f02", *award(*rows))
    assert (got.status, got.cancels) == outcome


def test_a_modified_contract_has_a_new_value():
    block = (
        "<MODIFICATIONS_CONTRACT><INFO_MODIFICATIONS><SHORT_DESCR><P>Six more lifts.</P>"
        '</SHORT_DESCR><VALUES><VAL_TOTAL_BEFORE CURRENCY="EUR">140000.00</VAL_TOTAL_BEFORE>'
        '<VAL_TOTAL_AFTER CURRENCY="EUR">175000.50</VAL_TOTAL_AFTER></VALUES>'
        "</INFO_MODIFICATIONS></MODIFICATIONS_CONTRACT>"
    )
    got = notice("f02", (DOCUMENT, '<TD_DOCUMENT_TYPE CODE="K">'), award(block)[1])
    assert (got.stage, got.update, got.restates) == ("contract", True, False)
    assert [(e.field, e.was, e.now) for e in got.edits] == [("value", "140000 EUR", "175000.5 EUR")]
    assert got.words == "Six more lifts."
