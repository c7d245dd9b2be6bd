"""What every channel does with the fields of a request: take one, insist on one, and clean what people typed."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.channels.base import BadSignature, Dialogue, Malformed
from bot.phone import NotANumber, e164

Form = Mapping[str, Sequence[str]]

LONGEST_ID: Final = 140  # characters; WhatsApp's user ids, the longest that exist, have 131
PATIENCE: Final = 10.0  # seconds for a provider's answer
SHORTEST_NUMBER: Final = 9  # digits of a number with its country code; a short code has fewer

# XML holds none of these, PostgreSQL no NUL, and UTF-8 no lone surrogate.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"\+?[0-9]+")
_BETWEEN_DIGITS = str.maketrans("", "", " -().\t")


def cleaned(text: str) -> str:
    """The text without the characters that cannot be stored or sent."""
    return _UNPRINTABLE.sub("", text)


def optional(form: Form, name: str) -> str:
    """The field, or "" where there is none. Raises Malformed if it is there with two values: nobody knows which is meant."""
    values = form.get(name, ())
    if len(set(values)) > 1:
        raise Malformed(f"{name} comes {len(values)} times, each time different")
    return cleaned(values[0]) if values else ""


def present(form: Form, name: str) -> str:
    """The field, which may be empty but not missing. Raises Malformed."""
    if name not in form:
        raise Malformed(f"{name} is missing")
    return optional(form, name)


def required(form: Form, name: str) -> str:
    """The field, an id or an address, which may not be empty. Raises Malformed."""
    value = present(form, name).strip()
    if not value:
        raise Malformed(f"{name} is empty")
    if len(value) > LONGEST_ID:
        raise Malformed(f"{name} is longer than {LONGEST_ID} characters")
    return value


def number(text: str) -> str | None:
    """The E.164 number in a provider's field, or None for a short code or a name, which cannot be written to.

    Providers give the country code, with or without a "+" (an unescaped one arrives as a blank).
    """
    digits = text.translate(_BETWEEN_DIGITS)
    if not _NUMBER.fullmatch(digits):
        return None
    if digits[0] not in "+0":
        if len(digits) < SHORTEST_NUMBER:
            return None
        digits = f"+{digits}"
    try:
        return e164(digits)
    except NotANumber:
        return None


def turn_id(call: Dialogue, sender: str) -> str:
    """An id for one turn of a caller's call. Providers give none, but no two turns of a call have the same transcript."""
    heard = f"{sender} {call.transcript}"
    return f"{call.id}:{hashlib.sha256(heard.encode()).hexdigest()[:16]}"


def check_token(given: str, ours: str) -> None:
    """Raise BadSignature unless the secret in the path is ours; the time it takes tells nothing about how near it was."""
    if not ours or not hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode("utf-8", "replace")):
        raise BadSignature("the token in the path is not ours")
