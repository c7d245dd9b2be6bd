"""Phone numbers, normalised once, at the edge."""

from functools import lru_cache

import phonenumbers

REGION = "MY"


class NotANumber(ValueError):
    """The text is no phone number that can be written to."""


@lru_cache(maxsize=65536)
def e164(text: str) -> str:
    """The number in E.164 form: "+60111000000" from "011-1000 000". A number without a country is a Malaysian one.

    Raises NotANumber for anything that could not be dialled.
    """
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException as error:
        raise NotANumber("not a phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise NotANumber("not a phone number: too short or too long")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_malaysian(identifier: str) -> bool:
    """Whether an E.164 number is Malaysian, so that Malaysian SMS rules apply to what we send it."""
    return identifier.startswith("+60")


def masked(identifier: str) -> str:
    """A number that a person may recognise and nobody can dial: "+60•••••0000"."""
    return f"{identifier[:3]}•••••{identifier[-4:]}" if len(identifier) > 8 else "•••"
