"""The character sets that gateways write in, the alphabet of GSM phones among them, and text as hexadecimal digits."""

from typing import Final, Literal, get_args

from bot import gsm

Charset = Literal["utf-8", "ascii", "latin-1", "windows-1252", "utf-16-be", "gsm-7"]
CHARSETS: Final = get_args(Charset)

_ESCAPE: Final = 0x1B
# 3GPP TS 23.038 §6.2.1, as gateways and SMPP carry it: one byte a character, not packed into septets.
_GSM: Final = gsm.ALPHABET
_EXTENSION: Final = dict(
    zip(bytes.fromhex("0a 14 28 29 2f 3c 3d 3e 40 65"), "\f^{}\\[~]|€", strict=True),
)
_TO_GSM: Final = {character: bytes([place]) for place, character in enumerate(_GSM) if place != _ESCAPE} | {
    character: bytes([_ESCAPE, place]) for place, character in _EXTENSION.items()
}


class NotInCharset(ValueError):
    """The text holds a character that the gateway's character set has not; the message names it."""


def fits_gsm(text: str) -> bool:
    """Whether a GSM phone's own alphabet carries the text."""
    return all(character in _TO_GSM for character in text)


def encoded(text: str, charset: str) -> bytes:
    """The text in a character set. Raises NotInCharset."""
    try:
        if charset == "gsm-7":
            return b"".join(_TO_GSM[character] for character in text)
        return text.encode(charset)
    except (UnicodeEncodeError, KeyError) as error:
        character = text[error.start] if isinstance(error, UnicodeEncodeError) else str(error.args[0])
        raise NotInCharset(f"U+{ord(character):04X} is not in {charset}") from None


def decoded(given: bytes, charset: str) -> str:
    """The text in bytes of a character set; what means nothing in it reads as U+FFFD, as an editor would show it."""
    if charset != "gsm-7":
        return given.decode(charset, errors="replace")
    read: list[str] = []
    escaped = False
    for place in given:
        if escaped:  # an extension that we do not know reads as the plain character: the rule of §6.2.1.1
            read.append(_EXTENSION.get(place) or (_GSM[place] if place < len(_GSM) else "\ufffd"))
            escaped = False
        elif place == _ESCAPE:
            escaped = True
        else:
            read.append(_GSM[place] if place < len(_GSM) else "\ufffd")
    return "".join(read)
