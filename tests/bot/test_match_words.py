"""Text folded for comparison, phrases found in it, and buyers' names with wildcards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.match.words import Name, Phrase, fold, name_tokens, tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Supported\u00a0 \n\tLIVING", "supported living"),
        ("step-down / step – down", "step down / step down"),
        ("Café, naïve, Łódź, Ørsted, Æther", "cafe, naive, lodz, orsted, aether"),
        ("STRASSE straße", "strasse strasse"),
        ("İstanbul ıslak", "istanbul islak"),
        ("children’s children&rsquo;s children&amp;#8217;s", "children's children's children's"),
        ("R&D &lt;b&gt;", "r&d <b>"),
        ("co\u00adoperation", "cooperation"),
        ("\ufb01re, Ｆｉｒｅ", "fire, fire"),
        ("e\u0301tude", "etude"),
        (" - ", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("phrase", "text", "occurs"),
    [
        ("supported living", "Supported-Living scheme", True),
        ("supported living", "supported\nliving", True),
        ("supported living", "unsupported living", False),
        ("supported living", "supported livings", False),
        ("supported living", "supported, living", False),
        ("SUPPORTED LIVING", "supported living", True),
        ("café", "cafe services", True),
        ("cafe", "CAFÉS", False),
        ("cafe", "CAF&Eacute;", True),
        ("children's", "Children’s homes", True),
        ("children", "Children’s homes", True),
        ("eau", "l’eau potable", True),
        ("it", "Kit, bit. IT!", True),
        ("it", "kit bits unit", False),
        ("it", "unit it", True),
        ("clean*", "Deep cleaning", True),
        ("clean*", "unclean", False),
        ("clean*", "clean", True),
        ("child* home*", "children homes", True),
        ("child* home*", "child or home", False),
        ("child* care", "children care", True),
        ("child* care", "children cared", False),
        ("care**", "caring carers", True),
        ("*care", "healthcare", False),
        ("*care", "care", True),
        ("C++", "C++ developers", True),
        (".NET", "ASP.NET", True),
        ("2026", "2026/27", True),
        ("2026", "20267", False),
        ("a.c", "abc", False),
        ("", "anything", False),
        ("*", "anything", False),
        (" - ", "any - thing", False),
    ],
)
def test_a_phrase_occurs_on_word_boundaries(phrase: str, text: str, occurs: bool) -> None:
    assert Phrase(phrase).occurs(fold(text)) is occurs


@pytest.mark.parametrize(
    ("pattern", "buyer", "fits"),
    [
        ("Sefton*", "SEFTON Metropolitan Borough Council", True),
        ("Sefton*", "Port of Sefton", False),
        ("*Sefton", "Port of Sefton", True),
        ("*Sefton*", "The Sefton Trust", True),
        ("Kent Council", "Kent  Council", True),
        ("Kent Council", "Kent Council Ltd", False),
        ("K*Council*Trust", "Kent Council and Trust", True),
        ("Kent*Kent", "Kent", False),
        ("ab*ba", "aba", False),
        ("a*b*b", "ab", False),
        ("Cyngor Môn", "CYNGOR MON", True),
        ("Stoke-on-Trent*", "Stoke on Trent City Council", True),
        ("N.S (North)*", "N.S (North) Trust", True),
        ("N.S", "NHS", False),
        ("[a-z]*", "kent", False),
        (".*", "kent", False),
        ("*", "", True),
    ],
)
def test_a_buyer_is_meant_by_his_whole_name(pattern: str, buyer: str, fits: bool) -> None:
    assert Name(pattern).fits(fold(buyer)) is fits


def test_a_pattern_of_very_many_stars_is_no_slower_than_it_is_long() -> None:
    # With backtracking this would not end.
    assert not Name("a*" * 500 + "b").fits("a" * 50_000)
    assert not Phrase("a* " * 500 + "b").occurs("a " * 20_000)


def test_text_escaped_a_thousandfold_is_read_a_few_times() -> None:
    assert fold("&" + "amp;" * 1000 + "lt;").startswith("&amp;")


LETTERS = st.text(st.sampled_from("aAbé ’-*&.+_ß1İ\u0301ﬁ"), max_size=12)


@given(LETTERS, LETTERS)
def test_every_text_in_which_a_phrase_occurs_offers_all_its_keys(pattern: str, text: str) -> None:
    phrase, folded = Phrase(pattern), fold(text)
    if phrase.occurs(folded):
        assert set(phrase.keys) <= tokens(folded)


@given(LETTERS, LETTERS)
def test_every_name_that_fits_a_pattern_offers_all_its_keys(pattern: str, text: str) -> None:
    name, folded = Name(pattern), fold(text)
    if name.fits(folded):
        assert set(name.keys) <= name_tokens(folded)


@given(LETTERS)
def test_a_phrase_occurs_in_itself_and_a_name_fits_itself(text: str) -> None:
    plain = text.replace("*", "")
    assert Phrase(plain).occurs(fold(plain)) is bool(fold(plain))
    assert Name(plain).fits(fold(plain))


@given(st.text(), st.text())
def test_a_phrase_is_found_between_words_whatever_they_are(before: str, after: str) -> None:
    assert Phrase("supported living").occurs(fold(f"{before} supported living {after}"))
