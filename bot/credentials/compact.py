"""A certificate in some 150 bytes, signed, for a printed QR that a page checks without a network; docs/credentials.md has each byte.

Ed25519 signs the same bytes alike each time, so nothing is kept: a sheet that is printed again has the same QR.
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from bot import codes
from bot.credentials.keys import Signer
from bot.credentials.shape import plain

PATH: Final = "/luar/"
# Before what is signed. A Data Integrity proof signs two hashes, 64 bytes; this is longer by itself, so that no signature
# over the one is ever good for the other.
PREFIX: Final = b"titian offline certificate, form 1; this is not a Data Integrity proof\n"
LONGEST: Final = 700  # bytes: a QR of some 100 modules, which is as much as a cheap camera reads from paper
AHEAD: Final = timedelta(days=1)  # by which a phone's date may be behind ours

Verdict = Literal["valid", "expired", "forged", "unclear", "damaged"]

_FORM: Final = 1
_PROGRAMME: Final = 4  # in the byte of the level
_HEAD: Final = struct.Struct(">BBQHHH4s")  # form, level, code, minutes, day of issue, last day (0: none), key
_SIGNATURE: Final = 64
_EPOCH: Final = date(1970, 1, 1)
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class TooLong(ValueError):
    """A certificate says more than a QR can carry: print the ordinary one alone."""


class Damaged(ValueError):
    """This is no offline certificate, or not a whole one; the text says what is wrong with it."""


class Printed(Protocol):
    """What of a certificate goes into the QR: a sheet for the printer has it, and so has a checked certificate."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def title(self) -> Mapping[str, str] | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def minutes(self) -> int: ...
    @property
    def issued_at(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Said:
    """What an offline certificate says. Days are those of Sabah, as they are printed beside it."""

    code: str  # as it is written
    name: str
    title: Mapping[str, str]
    kind: str
    level: int
    minutes: int
    issued: date
    expires: date | None
    key: str  # the first four bytes of the public key, in hexadecimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What an offline certificate turns out to be, and why in words."""

    verdict: Verdict
    why: str
    said: Said | None = None  # only where the issuer signed it


def offline_address(certificate: Printed, signer: Signer, zone: ZoneInfo) -> str:
    """The address for the QR: the page that checks, and the certificate signed, in its fragment.

    Whoever has it has her name. Raises TooLong where the name and the title are longer than a QR can carry.
    """
    return f"{signer.issuer.base}{PATH}#{sign(certificate, signer, zone)}"


def sign(certificate: Printed, signer: Signer, zone: ZoneInfo) -> str:
    """The certificate and its signature as digits, which a QR carries at almost no loss. Raises TooLong."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = load_pem_private_key(signer.pem, password=None)
    body = _written(certificate, key.public_key().public_bytes_raw(), zone)
    return str(int.from_bytes(body + key.sign(_signed(signer.issuer.did, body)), "big"))


def read(digits: str) -> Said:
    """What it says, whoever wrote it: believe nothing of it before `check`. Raises Damaged."""
    return _read(_bytes(digits)[:-_SIGNATURE])


def check(digits: str, did: Mapping[str, Any], *, today: date, given_up: Collection[str] = ()) -> Finding:
    """Check the digits against an issuer's did.json; `given_up` names keys that somebody else may have, as `key_name` does.

    Whether it was revoked since it was printed is not in it: the code tells.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        whole = _bytes(digits)
        said = _read(whole[:-_SIGNATURE])
    except Damaged as error:
        return Finding("damaged", f"It cannot be read: {error}.")
    keys = [key for key in _keys(did) if key[:4].hex() == said.key]
    gone = said.key in given_up
    if gone or not keys:
        why = "was given up, since somebody else may have it" if gone else "is not in the issuer's document"
        return Finding("unclear", f"The key {said.key} {why}: check the code {said.code} instead.")
    for key in keys:
        try:
            message = _signed(str(did.get("id")), whole[:-_SIGNATURE])
            Ed25519PublicKey.from_public_bytes(key).verify(whole[-_SIGNATURE:], message)
        except InvalidSignature:
            continue
        return _signed_finding(said, today)
    return Finding("forged", "It is not what the issuer signed.")


def key_name(public: str) -> str:
    """How an offline certificate names a key, from how did.json writes it. Raises ValueError for what is no Ed25519 key."""
    return _raw(public)[:4].hex()


def key_names(did: Mapping[str, Any]) -> frozenset[str]:
    """The names of the keys in an issuer's did.json, by which to find whose key an offline certificate names."""
    return frozenset(key[:4].hex() for key in _keys(did))


def _signed_finding(said: Said, today: date) -> Finding:
    if said.issued > today + AHEAD:
        return Finding("unclear", f"It was issued on {said.issued}, which is not yet. Is this clock right?", said)
    if said.expires is not None and said.expires < today:
        return Finding("expired", f"It was good until {said.expires}.", said)
    return Finding(
        "valid", "The signature is good. Whether it was revoked since cannot be told without a network.", said
    )


def _written(certificate: Printed, public: bytes, zone: ZoneInfo) -> bytes:
    title, level = dict(certificate.title or {}), certificate.level
    malay = plain(title.get("ms") or next(iter(title.values()), ""))
    english = plain(title.get("en", ""))
    text = "\n".join((plain(certificate.name or ""), malay, "" if english == malay else english))
    number = 0
    for symbol in codes.read(certificate.code) or "":
        number = number * 32 + codes.SYMBOLS.index(symbol)
    issued, expires = _day(certificate.issued_at, zone), _day(certificate.expires_at, zone)
    what = level | (_PROGRAMME if certificate.kind == "programme" else 0)
    body = _HEAD.pack(_FORM, what, number, min(certificate.minutes, 0xFFFF), issued, expires, public[:4])
    body += text.encode()
    if len(body) + _SIGNATURE > LONGEST:
        raise TooLong(f"it comes to {len(body) + _SIGNATURE} bytes, and a QR on paper carries {LONGEST}")
    return body


def _read(body: bytes) -> Said:
    form, what, number, minutes, issued, expires, key = _HEAD.unpack_from(body)
    if form != _FORM:
        raise Damaged("it is of another form than this program knows")
    code = "".join(codes.SYMBOLS[number >> shift & 31] for shift in range(55, -1, -5))
    if number >= 1 << 60 or codes.read(code) is None or what & 3 > 2 or what >= 2 * _PROGRAMME:
        raise Damaged("there is no code in it, or no level that there is")
    try:
        lines = body[_HEAD.size :].decode().split("\n")
    except UnicodeDecodeError as error:
        raise Damaged("its words are no text") from error
    if len(lines) != 3:
        raise Damaged("it has no name, title and English title")
    name, malay, english = lines
    return Said(
        code=codes.written(code),
        name=name,
        title={"ms": malay, "en": english or malay},
        kind="programme" if what & _PROGRAMME else "course",
        level=what & 3,
        minutes=minutes,
        issued=_EPOCH + timedelta(days=issued),
        expires=_EPOCH + timedelta(days=expires) if expires else None,
        key=key.hex(),
    )


def _bytes(digits: str) -> bytes:
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0") or len(digits) > 2.5 * LONGEST:
        raise Damaged("it is no number such as we write")
    whole = int(digits)
    made = whole.to_bytes((whole.bit_length() + 7) // 8, "big")
    if not _HEAD.size + _SIGNATURE < len(made) <= LONGEST:
        raise Damaged("it is not whole")
    return made


def _signed(did: str, body: bytes) -> bytes:
    """What the signature covers: the issuer as well, who is not in the body."""
    return PREFIX + did.encode() + b"\n" + body


def _day(at: datetime | None, zone: ZoneInfo) -> int:
    return (at.astimezone(zone).date() - _EPOCH).days if at is not None else 0


def _keys(did: Mapping[str, Any]) -> Iterator[bytes]:
    """The keys by which an issuer signs, out of its own document and from nowhere else."""
    for method in did.get("verificationMethod", []):
        ours = isinstance(method, dict) and method.get("controller") == did.get("id")
        if ours and method.get("id") in did.get("assertionMethod", []):
            try:
                yield _raw(str(method.get("publicKeyMultibase")))
            except ValueError:
                continue


def _raw(public: str) -> bytes:
    """The 32 bytes of a key, without loading what signs: pages of the web name keys too."""
    number = 0
    for symbol in public[1:]:
        number = number * 58 + _BASE58.index(symbol)
    made = number.to_bytes(34, "big") if number < 1 << 272 else b""
    if not public.startswith("z") or made[:2] != b"\xed\x01":
        raise ValueError("no Ed25519 key")
    return made[2:]
