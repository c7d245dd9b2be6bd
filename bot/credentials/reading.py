"""Any file of ours held against keys and status lists: a credential, or a transcript with all that is in it; no network."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.credentials import checking, shape
from bot.credentials.checking import Finding, Forged, at

Keys = Callable[[str], Mapping[str, Any] | None]  # an issuer's did.json, by its DID
Lists = Callable[[str], str | None]  # a status list as it was signed, by its address

# What is found first stands for the whole.
_WORST: Final = ("forged", "revoked", "unclear", "expired")


def check(text: str, keys: Keys, lists: Lists, *, now: datetime) -> Finding:
    """Check a credential or a transcript. A transcript is no better than the worst credential in it, and the finding says which."""
    try:
        document = checking.read(text)
    except ValueError as error:
        return Finding("forged", f"It is no credential: {error}.")
    issuer = document.get("issuer")
    named = str(issuer.get("id") if isinstance(issuer, dict) else issuer)
    did = keys(named)
    if did is None:
        return Finding("forged", f"No keys of {named[:80]} are at hand, so it is none of our issuers'.")
    if is_transcript(document):
        return _transcript(text, did, keys, lists, now)
    return checking.check(text, did, _list_of(document, lists), now=now)


def is_transcript(document: Mapping[str, Any]) -> bool:
    """Whether a document says that it is a transcript."""
    types = document.get("type")
    return isinstance(types, list) and "ClrCredential" in types


def codes_in(document: Mapping[str, Any]) -> list[str]:
    """The codes of the certificates that a good credential or transcript is about, as they are written."""
    subject = document["credentialSubject"]
    within = subject["verifiableCredential"] if is_transcript(document) else [document]
    return [each["credentialSubject"]["licenseNumber"] for each in within]


def _transcript(text: str, did: Mapping[str, Any], keys: Keys, lists: Lists, now: datetime) -> Finding:
    try:
        document = checking.proven(text, shape.TRANSCRIPT, did)
        if document["@context"] != list(shape.RECORD_CONTEXTS) or document["issuer"]["id"] != did.get("id"):
            raise Forged("it names another issuer, or other contexts, than ours")
        her, within = document["credentialSubject"]["id"], document["credentialSubject"]["verifiableCredential"]
        if any(each["credentialSubject"]["id"] != her for each in within):
            raise Forged("a credential in it is somebody else's")
    except Forged as error:
        return Finding("forged", f"It is not what the issuer signed: {error}.")
    begins, until = at(document["validFrom"]), at(document["validUntil"])
    if begins is None or begins > now + checking.WRONG_CLOCKS:
        told = f"It begins on {document['validFrom']}, which is not yet. Is this clock right?"
        return Finding("unclear", told, document)
    found = list(zip(codes_in(document), [_within(each, keys, lists, now) for each in within], strict=True))
    for verdict in _WORST:
        wrong = [(code, each) for code, each in found if each.verdict == verdict]
        if wrong:
            code, first = wrong[0]
            told = f"{code} in it, and {len(wrong) - 1} more" if len(wrong) > 1 else f"{code} in it"
            return replace(first, why=f"{told}: {first.why}", document=None if verdict == "forged" else document)
    if until is None or until <= now:
        return Finding("expired", f"It was good until {document['validUntil']}: ask for a newer one.", document)
    return Finding("valid", f"Its signature is good, and so are all {len(found)} in it: none is revoked.", document)


def _within(document: Mapping[str, Any], keys: Keys, lists: Lists, now: datetime) -> Finding:
    issuer = document["issuer"]["id"]
    did = keys(issuer)
    if did is None:
        return Finding("forged", f"No keys of {issuer[:80]} are at hand, so it is none of our issuers'.")
    return checking.check(json.dumps(document, ensure_ascii=False), did, _list_of(document, lists), now=now)


def _list_of(document: Mapping[str, Any], lists: Lists) -> str | None:
    entry = document.get("credentialStatus")
    return lists(str(entry.get("statusListCredential"))) if isinstance(entry, dict) else None
