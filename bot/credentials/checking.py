"""A credential held against its issuer's did.json and status list: good, revoked, expired, forged, or nobody can tell; no network.

Stricter than the standard asks: the key must stand in the issuer's own document (some verifiers take a key that the proof itself
brings along), there is one proof, and nothing in the document is outside our template.
"""

import gzip
import json
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final, Literal

from bot.credentials import shape, signing
from bot.credentials.keys import pem_of
from bot.credentials.status_list import SIZE

Verdict = Literal["valid", "revoked", "expired", "forged", "unclear"]
LARGEST: Final = 256 * 1024  # bytes of a document
MOST_BITS: Final = 8 * 1024 * 1024
WRONG_CLOCKS: Final = timedelta(minutes=5)  # by which the signer's clock may be ahead of the reader's


@dataclass(frozen=True, slots=True)
class Finding:
    """What a credential turns out to be, and why in words."""

    verdict: Verdict
    why: str
    document: Mapping[str, Any] | None = None  # what it says; none where it is forged


class Forged(Exception):
    """A document is not what its issuer signed; the text says why."""


class _Unclear(Exception):
    pass


def check(text: str, did: Mapping[str, Any], status: str | None, *, now: datetime) -> Finding:
    """Check a credential. `status` is the status list it names, as it was signed; without it nobody can tell whether it is revoked."""
    try:
        document = proven(text, shape.CREDENTIAL, did)
        if document["@context"] != list(shape.CONTEXTS) or document["issuer"]["id"] != did.get("id"):
            raise Forged("it names another issuer, or other contexts, than ours")
    except Forged as error:
        return Finding("forged", f"It is not what the issuer signed: {error}.")
    begins, ends = at(document["validFrom"]), document.get("validUntil")
    if begins is None or begins > now + WRONG_CLOCKS:
        return Finding(
            "unclear", f"It begins on {document['validFrom']}, which is not yet. Is this clock right?", document
        )
    try:
        if _is_revoked(document, did, status, now=now):
            return Finding("revoked", "The issuer has revoked it.", document)
    except (Forged, _Unclear) as error:
        return Finding(
            "unclear", f"The signature is good, but whether it was revoked cannot be told: {error}.", document
        )
    if ends is not None and ((until := at(ends)) is None or until <= now):
        return Finding("expired", f"It was good until {ends}.", document)
    return Finding("valid", "The signature is good, and it is not revoked.", document)


def read(text: str) -> dict[str, Any]:
    """A JSON object, read strictly: no member twice, nothing that JSON has no word for. Raises ValueError."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise ValueError("it is larger than any credential")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no whole JSON, from line {error.lineno} on") from error
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands in it twice")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def proven(text: str, template: Mapping[str, Any], did: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the text, once its shape and its proof are found good. Raises Forged."""
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import ldp
    from openbadgeslib.ob3.contexts import document_loader

    try:
        signing.check_contexts()
        document = read(text)
        shape.check(document, template)
        proof = _proof(document)
        # The signature covers what the JSON means; this is where the JSON has to say exactly that, and no more.
        more = signing.more_contexts(document)
        ldp._check_json_ld_form(_itself(document), proof, document_loader(more))
        ldp.verify_data_integrity_proof(document, _key(proof, did), extra_contexts=more)
    except (ValueError, signing.CannotSign, LibOpenBadgesException) as error:
        raise Forged(str(error).rstrip(".")) from error
    return document


def _itself(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what only a transcript has, whose form openbadgeslib cannot check: our template alone does.

    It takes no credential with contexts of its own, and each of those is checked by itself; and the context of transcripts gives
    associations a type by which nothing is written back as it was.
    """
    subject = document["credentialSubject"]
    kept = {name: value for name, value in subject.items() if name not in ("verifiableCredential", "association")}
    return {**document, "credentialSubject": kept}


def _proof(document: Mapping[str, Any]) -> dict[str, Any]:
    proofs = document.get("proof", [])
    if len(proofs) != 1:
        raise Forged("it has no proof" if not proofs else "it has more than one proof")
    proof: dict[str, Any] = proofs[0]
    says = (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
    if says != ("DataIntegrityProof", "eddsa-rdfc-2022", "assertionMethod"):
        raise Forged("its proof is of another kind than ours")
    return proof


def _key(proof: Mapping[str, Any], did: Mapping[str, Any]) -> bytes:
    """The key that the proof names, out of the issuer's own document and from nowhere else."""
    named = proof["verificationMethod"]
    for method in did.get("verificationMethod", []):
        ours = isinstance(method, dict) and method.get("id") == named and method.get("controller") == did.get("id")
        if ours and named in did.get("assertionMethod", []):
            return pem_of(str(method.get("publicKeyMultibase")))
    raise Forged(f"the key {named[-60:]} is not in the issuer's document, so it is another's or was given up")


def _is_revoked(document: Mapping[str, Any], did: Mapping[str, Any], status: str | None, *, now: datetime) -> bool:
    entry = document["credentialStatus"]
    if (entry["type"], entry["statusPurpose"]) != ("BitstringStatusListEntry", "revocation"):
        raise _Unclear("it names another kind of list")
    if status is None:
        raise _Unclear(f"the status list {entry['statusListCredential']} is not at hand")
    listed = proven(status, shape.STATUS_LIST, did)
    if listed["id"] != entry["statusListCredential"] or listed["issuer"] != did.get("id"):
        raise _Unclear("this is another status list than the one it names")
    until, begins = at(listed["validUntil"]), at(listed["validFrom"])
    if until is None or begins is None or until <= now or begins > now + WRONG_CLOCKS:
        raise _Unclear(f"the status list was good until {listed['validUntil']}: fetch it anew")
    if listed["credentialSubject"]["statusPurpose"] != "revocation" or not entry["statusListIndex"].isdecimal():
        raise _Unclear("it is no list of what is revoked")
    bits, index = _bits(listed["credentialSubject"]["encodedList"]), int(entry["statusListIndex"])
    if len(bits) * 8 < SIZE or index >= len(bits) * 8:
        raise _Unclear("the status list is shorter than it may be")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def _bits(encoded: str) -> bytes:
    try:
        packed = urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))
        with gzip.open(BytesIO(packed)) as unpacked:
            return unpacked.read(MOST_BITS // 8)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise _Unclear("the status list cannot be unpacked") from error


def at(written: str) -> datetime | None:
    """A moment as credentials write it; None where it is none."""
    try:
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
