"""The closed template: every member a credential of ours may have, where, and of which type. Anything else is refused.

JSON-LD leaves a member that it does not know out of the signature, without a word. Nothing is signed or believed here that does
not fit this template, and everything in it is a term of the contexts that we pin.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
)
RECORD_CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
RECORD_CONTEXTS: Final = (CONTEXTS[0], RECORD_CONTEXT, CONTEXTS[1])  # what is in a transcript brings its own
# Members that are links: a relative one would be left out of the signature as well.
LINKS: Final = frozenset({"id", "statusListCredential", "verificationMethod"})
_is_absolute: Final = re.compile(r"(?:did|urn|https?):[^\s<>\"{}|\\^`]+").fullmatch
_control: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search


class Misshapen(ValueError):
    """Something in a credential is not as our template has it; the text says where."""


# A list of one shape is an array of such things. A name that ends in "?" may be left out.
_IDENTIFIER: Final = {"type": str, "identifier": str, "identifierType": str}
_IMAGE: Final = {"id": str, "type": str}
_PROFILE: Final = {"id": str, "type": [str], "name": str, "url?": str}
_ISSUER: Final = {**_PROFILE, "otherIdentifier": [_IDENTIFIER], "image?": _IMAGE}
_RESULT_DESCRIPTION: Final = {"id": str, "type": [str], "name": str, "resultType": str, "requiredValue?": str}
_ACHIEVEMENT: Final = {
    "id": str,
    "type": [str],
    "achievementType": str,
    "name": str,
    "description": str,
    "criteria": {"narrative": str},
    "humanCode": str,
    "image?": _IMAGE,
    "inLanguage": str,
    "version": str,
    "resultDescription": [_RESULT_DESCRIPTION],
}
_SUBJECT: Final = {
    "id": str,
    "type": [str],
    "identifier?": [{"type": str, "hashed": bool, "identityHash": str, "identityType": str}],
    "licenseNumber": str,
    "activityStartDate?": str,
    "activityEndDate": str,
    "source?": _PROFILE,
    "achievement": _ACHIEVEMENT,
    "result": [{"type": [str], "resultDescription": str, "value?": str, "status?": str}],
}
PROOF: Final = {
    "type": str,
    "cryptosuite": str,
    "created": str,
    "verificationMethod": str,
    "proofPurpose": str,
    "proofValue": str,
}
STATUS: Final = {
    "id": str,
    "type": str,
    "statusPurpose": str,
    "statusListIndex": str,
    "statusListCredential": str,
}
CREDENTIAL: Final = {
    "@context": [str],
    "id": str,
    "type": [str],
    "issuer": _ISSUER,
    "validFrom": str,
    "validUntil?": str,
    "awardedDate": str,
    "name": str,
    "credentialSubject": _SUBJECT,
    "evidence": [{"type": [str], "name": str, "narrative": str}],
    "credentialStatus": STATUS,
    "credentialSchema": [{"id": str, "type": str}],
    "proof?": [PROOF],
}
# A learner's credentials in one, signed once more as a whole (1EdTech's Comprehensive Learner Record).
TRANSCRIPT: Final = {
    "@context": [str],
    "id": str,
    "type": [str],
    "issuer": {"id": str, "type": [str], "name": str},
    "validFrom": str,
    "validUntil": str,
    "name": str,
    "description": str,
    "partial": bool,
    "credentialSubject": {
        "id": str,
        "type": [str],
        "verifiableCredential": [CREDENTIAL],
        "association?": [{"type": [str], "associationType": str, "sourceId": str, "targetId": str}],
    },
    "proof?": [PROOF],
}
STATUS_LIST: Final = {
    "@context": [str],
    "id": str,
    "type": [str],
    "issuer": str,
    "validFrom": str,
    "validUntil": str,
    "credentialSubject": {"id": str, "type": str, "statusPurpose": str, "encodedList": str, "ttl": int},
    "proof?": [PROOF],
}


def check(document: object, shape: Mapping[str, Any]) -> None:
    """Refuse a document that is not of this shape. Raises Misshapen with everything that is wrong, by its place."""
    wrong = list(_wrong(document, shape, ""))
    if wrong:
        raise Misshapen("; ".join(wrong[:5]))


def plain(words: str) -> str:
    """Words as they may be signed: one line, composed letters, nothing invisible.

    Two implementations write control characters differently when they sign, so that a signature over one is bad elsewhere.
    """
    composed = unicodedata.normalize("NFC", words)
    return " ".join(
        "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in composed).split()
    )


def _wrong(value: object, shape: Any, place: str) -> Iterator[str]:
    if isinstance(shape, dict):
        if isinstance(value, dict):
            yield from _wrong_members(value, shape, place)
        else:
            yield f"{place or 'the document'} is no object"
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            yield f"{place} is no list with something in it"
        else:
            for number, each in enumerate(value):
                yield from _wrong(each, shape[0], f"{place}[{number}]")
    elif type(value) is not shape:
        yield f"{place} is not of the type {shape.__name__}"
    elif isinstance(value, str):
        yield from _wrong_words(value, place)


def _wrong_members(value: dict[str, object], shape: dict[str, Any], place: str) -> Iterator[str]:
    needed = {name for name in shape if not name.endswith("?")}
    allowed = {name.rstrip("?"): below for name, below in shape.items()}
    yield from (f"{place}.{name} is missing".lstrip(".") for name in sorted(needed - value.keys()))
    for name, each in value.items():
        at = f"{place}.{name}".lstrip(".")
        if name in allowed:
            yield from _wrong(each, allowed[name], at)
            if (
                isinstance(each, str)
                and (name in LINKS or at.endswith("].resultDescription"))
                and not _is_absolute(each)
            ):
                yield f"{at} is no absolute address"
        else:
            yield f"{at[:60]!r} is a term that is not ours"


def _wrong_words(words: str, place: str) -> Iterator[str]:
    if not words:
        yield f"{place} is empty"
    if _control(words):
        yield f"{place} has a control character in it"
    elif not unicodedata.is_normalized("NFC", words):
        yield f"{place} is not in Unicode's composed form (NFC)"
