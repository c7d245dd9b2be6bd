"""What a certificate code promises: every slip of a finger is noticed, and no code looks like something else."""

import random
import re
from itertools import combinations

import pytest
from hypothesis import given, strategies as st

from bot import codes

# The shape that SMS rule MY-SMS-027 asks for: a letter in every group, nothing like a number or an address.
SAFE_SHAPE = re.compile(r"^(?:(?=[0-9]{0,3}[A-HJKMNP-TV-Z])[0-9A-HJKMNP-TV-Z]{4}(?:-|$)){3}(?<!-)$")

VECTORS = ("SR7K-3M9Q-XT2Y", "ZZZZ-ZZZZ-ZZZK", "0123-4567-89AM", "7H2X-KQ4B-9TMW")

drawn = st.integers(min_value=0, max_value=2**64).map(lambda seed: codes.draw(random.Random(seed).randrange))


@pytest.mark.parametrize("vector", VECTORS)
def test_the_known_codes_are_read(vector):
    code = codes.read(vector)

    assert code == vector.replace("-", "")
    assert codes.written(code) == vector


@given(drawn)
def test_a_code_that_was_drawn_is_read_back_and_has_a_safe_shape(code):
    assert codes.read(codes.written(code)) == code
    assert SAFE_SHAPE.match(codes.written(code))
    assert codes.looks_like(codes.written(code))


@given(drawn)
def test_every_single_wrong_symbol_is_caught(code):
    for place in range(12):
        for symbol in set(codes.SYMBOLS) - {code[place]}:
            assert codes.read(code[:place] + symbol + code[place + 1 :]) is None


@given(drawn)
def test_any_two_symbols_that_changed_places_are_caught(code):
    for left, right in combinations(range(12), 2):
        swapped = list(code)
        swapped[left], swapped[right] = swapped[right], swapped[left]

        assert code[left] == code[right] or codes.read("".join(swapped)) is None


def test_one_slip_is_caught_in_every_code_there_is():
    """The check is linear, so a slip passes unseen in some code only if that slip alone, in a code of zeros, does."""
    for place in range(12):
        for symbol in codes.SYMBOLS[1:]:
            assert codes.read("0" * place + symbol + "0" * (11 - place)) is None


def test_a_swap_is_caught_in_every_code_there_is():
    """Swapping two symbols adds their difference in both places: by linearity these are all the swaps there are."""
    for left, right in combinations(range(12), 2):
        for symbol in codes.SYMBOLS[1:]:
            difference = ["0"] * 12
            difference[left] = difference[right] = symbol

            assert codes.read("".join(difference)) is None


@pytest.mark.parametrize(
    "typed",
    [
        "sr7k-3m9q-xt2y",
        "  SR7K 3M9Q XT2Y. ",
        "SR7K3M9QXT2Y",
        "sr7k–3m9q—xt2y",
        "(SR7K/3M9Q/XT2Y)",
        "ＳＲ７Ｋ-３Ｍ９Ｑ-ＸＴ２Ｙ",
        "S R 7 K 3 M 9 Q X T 2 Y",
        "SR7K\u200b-3M9Q\u00a0XT2Y\r\n",
    ],
)
def test_a_code_is_read_however_it_was_written(typed):
    assert codes.read(typed) == "SR7K3M9QXT2Y"


@pytest.mark.parametrize(("letter", "meant"), ["O0", "o0", "I1", "i1", "L1", "l1", "UV", "uV"])
@given(code=drawn)
def test_letters_that_no_code_has_are_read_as_what_they_look_like(letter, meant, code):
    assert codes.read(code.replace(meant, letter)) == code


@pytest.mark.parametrize(
    "typed", ["", "-", "SR7K-3M9Q-XT2", "SR7K-3M9Q-XT2YY", "SR7K-3M9Q-XT2$", "SR7K-3M9Q-XT2é", "٠" * 12, "S" * 10_000]
)
def test_what_is_no_code_is_mistyped(typed):
    assert codes.read(typed) is None


@given(st.text(max_size=80))
def test_any_text_can_be_read_and_what_is_read_stays_the_same(text):
    code = codes.read(text)

    assert code is None or codes.read(codes.written(code)) == code
    assert code is None or set(code) <= set(codes.SYMBOLS)


@pytest.mark.parametrize(
    ("unlucky", "why"),
    [
        ("1234A7H2XKQ", "a group of digits only"),
        ("AA12345BBCC", "five digits in a row"),
        ("A123-45BXKQH", "five digits in a row across a hyphen"),
        ("Q8A81KHXKQH", "BABI in digits"),
        ("KPVK1HXKQHW", "PUKI"),
        ("Q5EXHKXKQHW", "SEX in digits"),
        ("KH51A1XKQHW", "SIAL"),
        ("AK0N3KHX7QW", "KONEK"),
        ("X7JVBVRHXKQ", "JUBUR"),
    ],
)
def test_an_unlucky_code_is_drawn_again(unlucky, why):
    wanted = iter([codes.SYMBOLS.index(symbol) for symbol in unlucky.replace("-", "")[:11] + "7H2XKQ4B9TM"])

    assert codes.draw(lambda below: next(wanted)) == "7H2XKQ4B9TMW", why


def test_few_draws_are_refused():
    """Refusing shapes must not eat the code's chance: of 20,000 draws about one in twenty is taken again."""
    chance, taken = random.Random(384), 0

    def counted(below):
        nonlocal taken
        taken += 1
        return chance.randrange(below)

    drawn_codes = {codes.draw(counted) for _ in range(20_000)}

    assert len(drawn_codes) == 20_000
    assert taken < 1.08 * 11 * 20_000


@pytest.mark.parametrize("text", ["SR7K-3M9Q-XT2X", "sr7k3m9qxt2x", "ABCD EFGH JKMN"])
def test_a_mistyped_code_still_looks_like_one(text):
    assert codes.looks_like(text)


@pytest.mark.parametrize(
    "text", ["selamat malam", "601110000001", "+60 11-1000 0001", "MENU", "1", "", "terima kasih ya"]
)
def test_what_people_say_does_not_look_like_a_code(text):
    assert not codes.looks_like(text)
