"""Text, addresses and sums made fit to show: tables, and the laws that hold for any input."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.filters import cut, line, link, money, mrkdwn, named_lots, sum_of
from bot.model import Value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ""),
        (Value(None, None, "GBP"), ""),
        (Value(1_500_000.0, None, "GBP"), "£1,500,000 excl. VAT"),
        (Value(None, 1_800_000.0, "GBP"), "£1,800,000 incl. VAT"),
        (Value(99.5, None, "PLN"), "PLN 99.50 excl. VAT"),
        (Value(None, 153_242_728.68, "GBP"), "£153.2 million (£153,242,728.68) incl. VAT"),
        (Value(2.5e9, None, "EUR"), "€2.5 billion (€2,500,000,000) excl. VAT"),
        (Value(float("inf"), float("nan"), "GBP"), ""),
    ],
)
def test_sums(value, wanted):
    assert money(value) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://www.example.org/Notice/1?a=1&b=2#x", None),
        ("http://example.org:8080/", None),
        ("https://EXAMPLE.org", "https://example.org"),
        ('https://example.org/a|b<c>"d', "https://example.org/a%7Cb%3Cc%3E%22d"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org/a", ""),
        ("https://find-tender.example@evil.example/", ""),
        ("https://evil.example\\@find-tender.example/", ""),
        ("https://exa mple.org/", ""),
        ("https://example.org/\r\nBcc: a@example.org", ""),
        ("https://example.org/\u202etxt", ""),
        ("https://[::1", ""),
        ("https://", ""),
        ("https://example.org:99999/", ""),
        ("https://example.org/" + "a" * 3000, ""),
        ("https://example.org/?" + "&" * 1000, ""),
        ("https://пример\ud800.example/", ""),
        (None, ""),
    ],
)
def test_only_an_honest_address_becomes_a_link(url, wanted):
    assert link(url) == (url if wanted is None else wanted)


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        (["LOT-0002"], "lot 2"),
        (["Lot 7", "PAR-0010"], "lots 7 and 10"),
        (["1A", "LOT-0000", "lot", "A", "B"], "lots 1A, 0, lot, A and B"),
        (list("123456789"), "lots 1, 2, 3, 4, 5 and 4 more"),
    ],
)
def test_lots_are_named_as_people_call_them(ids, wanted):
    assert named_lots(ids) == wanted


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_slack_escapes_three_characters_and_no_more(text):
    kept = str(mrkdwn(line(text)))
    assert not re.search("[<>]", kept)
    back = kept.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == line(text)


@given(st.text(max_size=300), st.integers(2, 100))
def test_a_cut_text_keeps_its_limit_and_says_so(text, limit):
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@given(st.floats(), st.text(max_size=5))
def test_any_figure_can_be_told(amount, currency):
    assert not re.search("nan|inf", sum_of(amount, "GBP"))
    sum_of(amount, currency)
