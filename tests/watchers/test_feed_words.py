"""What is read out of words, and what is not because something else could be meant."""

from __future__ import annotations

import os
import string
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchers._feed_words import codes, deadlines

PUBLISHED = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONDON, MADRID = ZoneInfo("Europe/London"), ZoneInfo("Europe/Madrid")


def read(text: str, language: str = "", zone: ZoneInfo = LONDON) -> list[str]:
    """`submission 2026-06-19 11:00`, in UTC; a date alone ends in `.`."""
    return [
        f"{one.kind} {one.at:%Y-%m-%d %H:%M}{'.' if one.dated else ''}"
        for one in deadlines(text, PUBLISHED, zone, language)
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Closing date: 19 June 2026", "submission 2026-06-19 22:59."),
        ("Closing Date : 19/06/2026", "submission 2026-06-19 22:59."),
        ("Deadline: Friday 19th June 2026 at 12:00", "submission 2026-06-19 11:00"),
        ("Deadline - June 19, 2026", "submission 2026-06-19 22:59."),
        ("deadline/2026/Jun/19", "submission 2026-06-19 22:59."),
        ("Deadline: 2026-06-19T12:00:00+02:00", "submission 2026-06-19 10:00"),
        ("Deadline: 2026-06-19 12:00Z", "submission 2026-06-19 12:00"),
        ("Proposal Deadline: 5pm, 19 June 2026", "submission 2026-06-19 16:00"),
        ("Closing date and time: 19 Jun 2026 17.00", "submission 2026-06-19 16:00"),
        ("The deadline for the submission of tenders is 12 noon on 19 June 2026.",
         "submission 2026-06-19 11:00"),
        ("Roads. The closing date for receipt of all bids is 19 June 2026 (12:00 BST)",
         "submission 2026-06-19 11:00"),
        ("Tenders submission deadline: 19 June 2026", "submission 2026-06-19 22:59."),
        ("The closing date has moved. New closing date: 19 June 2026",
         "submission 2026-06-19 22:59."),
        ("Closing date: extended to 19 June 2026", "submission 2026-06-19 22:59."),
        ("Deadline for clarification questions: 5 June 2026, 5pm", "enquiry 2026-06-05 16:00"),
        ("Question Deadline - 5 June 2026", "enquiry 2026-06-05 22:59."),
        ("Deadline for expressions of interest: 5 June 2026",
         "participation 2026-06-05 22:59."),
        ("Closing date: 19 June 2026. Closing date: 19 June 2026 12:00",
         "submission 2026-06-19 11:00"),
    ],
)  # fmt: skip
def test_a_deadline_stands_behind_a_clear_word(text: str, told: str):
    assert read(text) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Fecha límite de presentación de ofertas: 03/06/2026 a las 14:00 horas",
         "submission 2026-06-03 12:00"),
        ("FECHA LÍMITE: 19 de junio de 2026", "submission 2026-06-19 21:59."),
        ("Fecha límite para consultas: 19 de junio de 2026", "enquiry 2026-06-19 21:59."),
        ("Schlusstermin für den Eingang der Angebote: Freitag, 19.06.2026, 10:00 Uhr",
         "submission 2026-06-19 08:00"),
        ("Angebotsfrist: 19. Juni 2026 um 10 Uhr", "submission 2026-06-19 08:00"),
        ("Angebotsfrist: 19.06.2026 10:00 Uhr MESZ", "submission 2026-06-19 08:00"),
        ("Date limite de remise des offres : vendredi 19 juin 2026 à 12h00",
         "submission 2026-06-19 10:00"),
        ("Date limite de réception des candidatures : 19/06/2026",
         "participation 2026-06-19 21:59."),
        ("Scadenza: 19 giugno 2026, ore 12:00", "submission 2026-06-19 10:00"),
        ("Data limite: 19 de junho de 2026", "submission 2026-06-19 21:59."),
        ("Sluitingsdatum: 19 juni 2026 om 14:00 uur", "submission 2026-06-19 12:00"),
    ],
)  # fmt: skip
def test_other_languages_have_such_words_too(text: str, told: str):
    assert read(text, "es", MADRID) == [told]


@pytest.mark.parametrize(
    "text",
    [
        "Contract deadline: 19 June 2026",
        "Deadline for completion: 19 June 2026",
        "Deadline: 19 June 2026 for delivery of the goods",
        "Works finish by 19 June 2026",
        "The previous closing date was 19 June 2026",
        "Closing date: 19 June 2026 to 22 June 2026",
        "Closing date extended from 1 June 2026 to 19 June 2026",
        "Closing date: 19 June 2026. Closing date: 26 June 2026",
        "Closing date: June 2026",
        "Closing date: 19 June",
        "Closing date: 19 Jun 26",
        "Closing date: 31 June 2026",
        "Deadline: Monday 19 June 2026",
        "Deadline: 19 June 2026 at 12:00 GMT",
        "Deadline: 19 June 2026 at 12:00 EST",
        "Deadline: 19 June 2026 midnight",
        "Deadline: 19 June 2026 12am",
        "Deadline: 19 June 2026 at 25:00",
        "Closing Date : 19/06/2026 2026 at 23:59",
        "Deadline: 10 days from publication",
        "Deadline: 1 May 2026 12:00",
        "Deadline: 30 April 2026",
        "Deadline: 19 June 2086",
        "Deadline: Not applicable. Published 19 June 2026",
        "Opening hours 09:00, 19 June 2026",
    ],
)
def test_what_could_mean_something_else_stays_unknown(text: str):
    assert read(text) == []


@pytest.mark.parametrize(
    ("language", "day"),
    [("", None), ("en", None), ("en-GB", "2026-06-05"), ("en-US", "2026-05-06"),
     ("es-ES", "2026-06-05"), ("fr", "2026-06-05"), ("fr-CA", None), ("zh", None)],
)  # fmt: skip
def test_figures_that_can_be_read_in_two_ways_need_a_language(language: str, day: str | None):
    told = read("Closing date: 05/06/2026", language)
    assert [one[11:21] for one in told] == ([day] if day else [])


def test_figures_with_dots_begin_with_the_day_everywhere():
    assert read("Deadline: 05.06.2026", "en-US") == ["submission 2026-06-05 22:59."]


@given(st.text(st.sampled_from("dealin:closgte0123456789/.- \n" + string.ascii_letters)))
def test_any_words_are_read_or_not(text: str):
    deadlines("deadline: " + text, PUBLISHED, LONDON, "en-GB")
    assert codes(text) is not None


# ---------------------------------------------------------------- CPV


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CPV: 85311000", "85311000"),
        (
            "CPV codes 45000000-7 (works), 71000000 (architects) and 72000000",
            "45000000 71000000 72000000",
        ),
        ("CPV/24400000", "24400000"),
        ("Main CPV code:\n45000000\n71000000", "45000000 71000000"),
        ("https://codes.example.org/cpv/85311000", "85311000"),
        ("Care (85311000-2)", "85311000"),
        ("79400000-8 and 79410000-1", "79400000 79410000"),
        ("Fish 03311000-2", "03311000"),
        ("Care (85311000-3)", ""),
        ("Reference 85311000", ""),
        ("Value 45000000 EUR", ""),
        ("Telephone 79460000", ""),
        ("CPV 45000000. Telephone: 79460000", "45000000"),
        ("CPV 45000000\nTelephone 79460000", "45000000"),
        ("CPV 45000000, £71000000", "45000000"),
        ("CPV 45000000, ref 71000000", "45000000"),
        ("CPV 12345678", ""),
        ("CPV 99999999", ""),
        ("CPV 4500000", ""),
        ("CPV 450000001", ""),
        ("CPV 45000000.5", ""),
        ("CPV ٤٥٠٠٠٠٠٠", ""),
    ],
)
def test_eight_digits_are_a_code_only_for_certain(text: str, found: str):
    assert " ".join(code.id for code in codes(text)) == found


_SHARED = os.environ.get("TENDERBELL_SHARED_DATA")
LIST = (Path(_SHARED) if _SHARED else Path(__file__).parents[3] / "shared" / "data") / "codelists"
