"""Names as Malaysia writes them: kept whole, shown masked, compared kindly; and never the number of a document."""

import pytest

from bot import names


@pytest.mark.parametrize(
    "name",
    [
        "Nur Aisyah binti Ahmad",
        "Siva A/L Raju",
        "Mary-Ann D’Cruz @ Maria",
        "陈小明",
        "முத்து குமார்",
        "Dayang Ku Nor‘ain",
        "Awang Mohd. Amin (Awg)",
        "x" * 120,
    ],
)
def test_every_malaysian_name_is_kept_as_it_is(name):
    assert names.kept(f"  {name}  ") == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("😀", "emoji"),
        ("Ali 😀", "emoji"),
        ("Ali\u200dB", "emoji"),
        ("Ali\x01", "emoji"),
        ("Ali\u202eB", "emoji"),
        ("<b>Ali</b>", "emoji"),
        ("Ali 900101-12-5555", "digits"),
        ("Ali ٣", "digits"),
        ("...", "no letter"),
        ("x" * 300, "300 characters"),
    ],
)
def test_what_is_no_name_is_refused_in_words(name, why):
    with pytest.raises(names.NoName, match=why):
        names.kept(name)


def test_letters_put_together_and_letters_apart_are_one_name():
    assert names.kept("Jose\u0301") == "José"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Nur Aisyah binti Ahmad", "Nur A••••• b•••• A••••"),
        ("Rosnah", "R•••••"),
        ("Nur", "N••"),
        ("Rosnah Kudin", "R••••• K••••"),
        ("陈 小明", "陈 小•"),
    ],
)
def test_a_stranger_sees_no_more_than_the_first_letters(name, masked):
    assert names.masked(name) == masked


@pytest.mark.parametrize(
    ("held", "typed"),
    [
        ("Nur Aisyah binti Ahmad", "nur aisyah bt ahmad"),
        ("Nur Aisyah binti Ahmad", "NurAisyah Binti   AHMAD"),
        ("Nur Aisyah binti Ahmad", "Nur Aisyah Ahmad"),
        ("Siva A/L Raju", "siva anak lelaki raju"),
        ("Siva A/L Raju", "SIVA AL RAJU"),
        ("Mary-Ann D’Cruz", "maryann d'cruz"),
        ("José Ali", "jose ali"),
        ("Bin Ali", "bin ali"),
        ("Ａli Abu", "Ali Abu"),
    ],
)
def test_case_spaces_apostrophes_and_son_of_do_not_matter(held, typed):
    assert names.same(held, typed)


@pytest.mark.parametrize(
    ("held", "typed"),
    [
        ("Nur Aisyah binti Ahmad", "Nor Aisyah binti Ahmad"),
        ("Nur Aisyah binti Ahmad", "Nur Aisyah"),
        ("Nur Aisyah binti Ahmad", ""),
        ("Nur Aisyah binti Ahmad", "Nur A••••• b•••• A••••"),
        ("Nur Aisyah binti Ahmad", "x" * 100_000),
        ("Bin Ali", "Ali"),
        ("Rosnah", "binti"),
    ],
)
def test_every_letter_of_the_name_does(held, typed):
    assert not names.same(held, typed)
