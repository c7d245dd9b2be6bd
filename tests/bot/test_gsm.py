"""What an SMS costs: every character counted as the network counts it."""

import math
import unicodedata

import pytest
from hypothesis import given, strategies as st

from bot.gsm import SmsText, fold, offenders, segments, septets

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

gsm_text = st.text(st.sampled_from(BASIC + EXTENSION * 5), max_size=500)
any_text = st.text(st.one_of(st.sampled_from(BASIC + EXTENSION), st.characters()), max_size=400)
astral_text = st.text(st.sampled_from("a日😀"), min_size=1, max_size=300)


def is_gsm(text: str) -> bool:
    return all(character in BASIC + EXTENSION for character in text)


def naive_septets(text: str) -> int:
    """One character at a time, as the standard tells it; a UCS-2 text takes 16 bits a unit, of which 7 make a place."""
    if not is_gsm(text):
        return math.ceil(sum(32 if ord(character) > 0xFFFF else 16 for character in text) / 7)
    return sum(2 if character in EXTENSION else 1 for character in text)


def naive_segments(text: str) -> int:
    """Lay the characters into parts one by one; one that does not fit begins the next part."""
    if not text:
        return 0
    if not is_gsm(text):
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        one, part = 70, 67
    else:
        sizes = [2 if character in EXTENSION else 1 for character in text]
        one, part = 160, 153
    if sum(sizes) <= one:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return parts


def test_the_alphabet_is_complete():
    assert len(BASIC) == 127  # 128 places, one of them the escape
    assert septets(BASIC) == 127
    assert septets(EXTENSION) == 20


@given(any_text)
def test_septets_are_those_of_the_standard(text):
    assert septets(text) == naive_septets(text)


@given(st.one_of(gsm_text, any_text, astral_text))
def test_segments_are_those_of_the_standard(text):
    assert segments(text) == naive_segments(text)


@given(st.one_of(gsm_text, any_text, astral_text))
def test_a_text_is_one_sms_exactly_when_it_takes_no_more_than_its_places(text):
    assert (segments(text) <= 1) == (septets(text) <= 160)


@pytest.mark.parametrize(
    ("text", "paid_for"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("a" * 152 + "[" + "a" * 152, 3),  # the bracket does not fit in the first part, and pushes the rest along
        ("日" * 70, 1),
        ("日" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 66 + "😀" + "日" * 66, 3),
    ],
)
def test_segments_at_the_edges(text, paid_for):
    assert segments(text) == paid_for


def test_one_smart_quote_makes_a_text_more_than_twice_as_dear():
    text = "Jangan tekan pautan itu. " * 6

    assert segments(text) == 1
    assert segments(text + "’") == 3
    assert SmsText.of(text + "’").segments == 1


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("“Jangan”, kata ‘dia’", "\"Jangan\", kata 'dia'"),
        ("3–10 minit — segera…", "3-10 minit - segera..."),
        ("• satu\u00a0dua", "- satu dua"),
        ("½ jam", "1/2 jam"),
        ("TAC\u200b anda\ufeff", "TAC anda"),
        ("Tahniah 🎉👍🏽!", "Tahniah!"),
        ("🇲🇾 Sabah", " Sabah"),
        ("e\u0301", "é"),
        ("Bagus ❤️", "Bagus"),
    ],
)
def test_fold_keeps_the_words_and_makes_the_rest_plain(typed, plain):
    assert fold(typed) == plain


@given(any_text)
def test_fold_is_settled_after_once(text):
    assert fold(fold(text)) == fold(text)


@given(any_text)
def test_fold_never_makes_a_text_dearer(text):
    assert len(offenders(fold(text))) <= len(offenders(unicodedata.normalize("NFC", text)))


@given(gsm_text)
def test_fold_leaves_gsm_text_alone(text):
    assert fold(text) == text


@given(any_text)
def test_there_are_offenders_exactly_where_gsm_cannot_carry_the_text(text):
    assert bool(offenders(text)) != is_gsm(text)


def test_offenders_come_with_their_names_and_what_to_write_instead():
    found = offenders("’tis “so” – 日 ’ ẽ")

    assert [each.character for each in found] == ["’", "“", "”", "–", "日", "ẽ"]
    assert found[0].name == "right single quotation mark"
    assert [each.instead for each in found] == ["'", '"', '"', "-", "", "e"]


def test_malay_in_latin_letters_is_all_plain():
    assert not offenders("Sila semak dahulu. Wang RM250,000? Jangan tergesa-gesa; tanya 'bank' anda!")
