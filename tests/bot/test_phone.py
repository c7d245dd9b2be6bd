"""Phone numbers: one person's number is one string, however it was written."""

import pytest

from bot.phone import NotANumber, e164, is_malaysian, masked


@pytest.mark.parametrize(
    "written",
    [
        "+60111000001",
        "0111000001",
        "011-100 0001",
        "+60 11 100 0001",
        "(011) 100-0001",
        "tel:+60111000001",
        "０１１１０００００１",
    ],
)
def test_one_number_is_one_string_however_it_was_written(written):
    assert e164(written) == "+60111000001"


@pytest.mark.parametrize("written", ["", "hello", "+", "123", "+6011", "+601110000010000000", "0" * 40, "whatsapp"])
def test_what_could_not_be_dialled_is_refused_in_words(written):
    with pytest.raises(NotANumber, match="not a phone number"):
        e164(written)


def test_a_refusal_does_not_repeat_the_number():
    """It ends up in logs."""
    with pytest.raises(NotANumber) as refused:
        e164("+60111000001000000000")

    assert "111" not in str(refused.value)


@pytest.mark.parametrize(("number", "malaysian"), [("+60111000001", True), ("+6731234567", False), ("US.1102", False)])
def test_malaysian_rules_are_for_malaysian_numbers(number, malaysian):
    assert is_malaysian(number) is malaysian


def test_a_masked_number_can_be_recognised_and_not_dialled():
    assert masked("+60111000001") == "+60•••••0001"
    assert masked("US.1102") == "•••"
