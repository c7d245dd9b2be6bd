"""A credential held against the row of its certificate: what was signed says what the row says, and the signature is good."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from bot import codes
from bot.auditing.chain import Finding
from bot.credentials import did, document, keys
from bot.credentials.issuers import Issuers
from bot.credentials.shape import plain
from bot.store.database import Store

TURNS: Final = 30  # days in which the signature of each credential is checked once


class Known:
    """The issuers' keys, looked up once where they are needed."""

    def __init__(self, store: Store, issuers: Issuers) -> None:
        self._store, self._issuers = store, issuers
        self._documents: dict[str, Mapping[str, Any] | None] = {}
        self._keys: dict[str, frozenset[str]] = {}

    def document(self, issuer: str) -> Mapping[str, Any] | None:
        """An issuer's did.json; None where there is no such issuer any more."""
        if issuer not in self._documents:
            found = self._issuers.named(issuer)
            known = keys.keys_of(self._store, issuer)
            self._documents[issuer] = did.document(found, known) if found else None
            self._keys[issuer] = frozenset(key.fragment for key in known if key.compromised_at is None)
        return self._documents[issuer]

    def stands(self, issuer: str, fragment: str) -> bool:
        """Whether a key of theirs was made, and not given up."""
        self.document(issuer)
        return fragment in self._keys[issuer]


def findings(row: Row[Any], known: Known, *, thoroughly: bool, now: datetime) -> Iterator[Finding]:
    """What is wrong with the credential of a certificate; `thoroughly` its signature too."""
    if row.json is None:
        if row.signed_at is not None:
            yield Finding("changed", "it was signed, and its credential was taken out.")
        return
    try:
        told = _told(json.loads(row.json))
        wrong = [name for name, value in _said(row).items() if told[name] != value]
    except (ValueError, TypeError, LookupError, AttributeError):
        yield Finding("changed", "its credential, or the row that it is held against, cannot be read.")
        return
    if wrong:
        yield Finding("changed", f"its row and what was signed differ in {', '.join(wrong)}.")
    if thoroughly and row.signed_at is not None:
        yield from _signature(row, known, now)


def _signature(row: Row[Any], known: Known, now: datetime) -> Iterator[Finding]:
    from bot.credentials import checking

    issuer = known.document(row.issuer)
    if issuer is None:
        yield Finding("untold", f"its issuer {row.issuer} is none of ours any more.")
    elif not known.stands(row.issuer, row.key):
        yield Finding("untold", f"the key {row.key} that signed it is not known here.")
    elif (found := checking.check(row.json, issuer, None, now=now)).verdict == "forged":
        yield Finding("changed", f"its credential is not what was signed ({found.why[:120]})")


def _said(row: Row[Any]) -> dict[str, Any]:
    """What its credential has to say, by the words for it."""
    return {
        "code": codes.written(row.code),
        "name": [plain(row.name)] if row.name and plain(row.name) else [],
        "level": document.LEVELS[row.level],
        "course": row.course,
        "version": row.version,
        "title": plain(json.loads(row.title)["ms"]),
        "hours": document.hours_of(row.minutes),
        "issued": document.moment(row.issued_at),
        "expires": document.moment(row.expires_at) if row.expires_at else None,
        "place in the status list": str(row.status_index),
    }


def _told(signed: Mapping[str, Any]) -> dict[str, Any]:
    subject = signed["credentialSubject"]
    achievement = subject["achievement"]
    hours = [each["value"] for each in subject["result"] if each["resultDescription"].endswith("#jam")]
    return {
        "code": subject["licenseNumber"],
        "name": [each["identityHash"] for each in subject.get("identifier", [])],
        "level": signed["evidence"][0]["name"],
        "course": achievement["humanCode"],
        "version": achievement["version"],
        "title": achievement["name"],
        "hours": hours[0],
        "issued": signed["awardedDate"],
        "expires": signed.get("validUntil"),
        "place in the status list": signed["credentialStatus"]["statusListIndex"],
    }
