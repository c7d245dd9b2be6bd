"""Certificate codes: drawn at random, read however they were written, and a slip in one found without looking it up."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

# Crockford's base 32: no I, L, O or U. Eleven symbols are chance (55 bits), the twelfth checks them.
SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY, _WHOLE = 11, 12
_LONGEST: Final = 64  # nobody writes twelve symbols in more characters than this

_VALUE: Final = {symbol: value for value, symbol in enumerate(SYMBOLS)}
_DOUBLED: Final = tuple((value << 1) ^ (0b100101 if value & 16 else 0) for value in range(32))  # times x, mod x⁵+x²+1
_ALIKE: Final = str.maketrans("OILU", "011V")
_GROUPED: Final = re.compile(r"\W*\w{4}\W+\w{4}\W+\w{4}\W*").fullmatch

# What a code must not spell, in Malay or English, also with digits for letters ("8A81"). V is read as U, L as I.
_RUDE: Final = """
    ARSE ASS COCK CUM CUNT DICK FAG FUC FUK KILL KKK NAZI PISS RAPE SEX SHIT SIUT TIT TWAT WHORE
    ANJING BABI BANGANG BANGSAT BODOH BURIT BUTUH CELAKA CIBAI HARAM JALANG KAFIR KELING KIMAK KOTE LANCAU
    MAMPUS MATI MEMEK PALAT PANTAT PARIA PEPEK PONDAN PUKI SETAN SIAL SUNDAL TAI TETEK
    BONTOT GAMPANG JUBUR KONEK LUCAH PELACUR PELER PELIR SOHAI TOLOL
"""
_SOUNDS: Final = str.maketrans("0123456789VL", "OIZEASGTBGUI")
_is_rude: Final = re.compile("|".join(_RUDE.translate(_SOUNDS).split())).search
_is_number: Final = re.compile("[0-9]{5}").search  # SMS filters hunt phone, account and identity numbers


def draw(randbelow: Callable[[int], int]) -> str:
    """A new code from a source of chance such as `secrets.randbelow`; one with an unlucky shape is drawn again."""
    while True:
        body = "".join(SYMBOLS[randbelow(32)] for _ in range(_BODY))
        code = body + SYMBOLS[_left_over(body)]
        if not _is_unlucky(code):
            return code


def read(text: str) -> str | None:
    """The code somebody wrote, as it is stored, or None where it is mistyped.

    >>> read("sr7k 3m9q xt2y"), read("SR7K-3M9Q-XT2X")
    ('SR7K3M9QXT2Y', None)
    """
    code = _folded(text)
    if len(code) != _WHOLE or not all(symbol in _VALUE for symbol in code):
        return None
    return code if _left_over(code) == 0 else None


def written(code: str) -> str:
    """A stored code as people see it.

    >>> written("SR7K3M9QXT2Y")
    'SR7K-3M9Q-XT2Y'
    """
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def looks_like(text: str) -> bool:
    """Whether somebody seems to have written a code, rightly or not; "selamat malam" and phone numbers are none."""
    code = _folded(text)
    if len(code) != _WHOLE or not all(symbol in _VALUE for symbol in code) or code.isdigit():
        return False
    plain = unicodedata.normalize("NFKC", text)
    return any(character.isdigit() for character in plain) or _GROUPED(plain) is not None


def _folded(text: str) -> str:
    """Capitals without spaces and punctuation, with O, I, L and U as the symbols they were mistaken for."""
    if len(text) > _LONGEST:
        return ""
    capitals = unicodedata.normalize("NFKC", text).upper()
    kept = (symbol for symbol in capitals if unicodedata.category(symbol)[0] not in "PZC")
    return "".join(kept).translate(_ALIKE)


def _left_over(symbols: str) -> int:
    """Damm's check over GF(32): nothing is left of a whole code; what is left of a body is its check symbol.

    One wrong symbol, and any two that changed places, always leave something; other slips pass once in 32.
    """
    left = 0
    for symbol in symbols:
        left = _DOUBLED[left ^ _VALUE[symbol]]
    return left


def _is_unlucky(code: str) -> bool:
    """Whether the code looks like a number to a filter, or like a rude word to a person."""
    groups = (code[:4], code[4:8], code[8:])
    return any(group.isdigit() for group in groups) or bool(_is_number(code) or _is_rude(code.translate(_SOUNDS)))
