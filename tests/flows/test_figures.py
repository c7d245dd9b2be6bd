"""Figures of every sort that a keyboard offers."""

import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from flows.reading.numerals import Figure, figures
from flows.reading.sheet import quiz
from tests.builders import keywords


@pytest.mark.parametrize(
    ("written", "value"), [("❶", 1), ("❶❷ kg", 12), ("①", 1), ("2❺", 25), ("௧௨", 12), ("٣", 3), ("㊿", 50)]
)
def test_a_figure_is_one_in_whatever_shape(written, value):
    assert figures(written)[0] == Figure(Fraction(value))


@given(st.text(st.characters(categories=["Nd", "Nl", "No", "Lu"]), min_size=1, max_size=8))
def test_no_sign_that_stands_for_a_number_breaks_the_reading(written):
    for found in figures(written):
        assert isinstance(found, Figure) or not any(unicodedata.category(sign) == "Nd" for sign in found)


@pytest.mark.parametrize("written", ["❷", "②", "２", "௨", "٢", " ❷. ", "2️⃣"])
def test_a_place_in_a_menu_is_understood_in_whatever_shape(written):
    assert keywords().hear(written).number == 2


def test_a_whole_quiz_may_be_written_with_such_figures():
    assert quiz("❶A ❷C") == quiz("1A 2C")
