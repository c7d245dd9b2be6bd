"""Credentials as they were signed, found by the code of their certificate; badges with them baked in, and any credential held against our own keys."""

import json
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, Final

from sqlalchemy import bindparam, select

from bot import codes
from bot.content import media
from bot.credentials import carried, checking, did, drawing, keys, reading, status_list
from bot.credentials.document import list_url
from bot.credentials.issuers import Issuer, Issuers
from bot.store import tables as t
from bot.store.database import Store

_OF: Final = (
    select(t.credential.c.json)
    .select_from(t.credential.join(t.certificate, t.certificate.c.id == t.credential.c.certificate_id))
    .where(t.certificate.c.code == bindparam("code"))
)
_GONE: Final = select(t.certificate.c.code).where(
    t.certificate.c.code.in_(bindparam("codes", expanding=True)), t.certificate.c.revoked_at.is_not(None)
)


def of(store: Store, code: str) -> str | None:
    """The credential of a certificate, to the byte as it was signed; None where the code is none or it is not signed yet.

    Her name stands in it: whoever shows it has made sure that she, or somebody who knows her name, wants that.
    """
    read = codes.read(code)
    rows = store.look(_OF, {"code": read}) if read else ()
    return rows[0].json if rows else None


def check(store: Store, issuers: Issuers, text: str, lists: reading.Lists, *, now: datetime) -> checking.Finding:
    """Check a credential or a transcript against our own keys and records, and our own lists where `lists` has none.

    Our records know of a revocation before a list is signed that tells of it.
    """

    def keys_at_hand(named: str) -> dict[str, Any] | None:
        issuer = next((each for each in issuers.all if each.did == named), None)
        return did.document(issuer, keys.keys_of(store, issuer.id)) if issuer else None

    def list_at_hand(address: str) -> str | None:
        given = lists(address)
        return given if given is not None else _published(store, issuers, address)

    found = reading.check(text, keys_at_hand, list_at_hand, now=now)
    if found.document is None or found.verdict == "revoked":
        return found
    gone = store.look(_GONE, {"codes": [codes.read(each) for each in reading.codes_in(found.document)]})
    if not gone:
        return found
    why = (
        f"{codes.written(gone[0].code)} is revoked in our own records; the status list says so once it is signed anew."
    )
    return checking.Finding("revoked", why, found.document)


def badge(store: Store, issuers: Issuers, content: FilePath, code: str) -> bytes | None:
    """The badge of a certificate, a picture with its credential baked in; None where `of` has none."""
    text = of(store, code)
    if text is None:
        return None
    says = json.loads(text)
    subject = says["credentialSubject"]
    hours = next(each["value"] for each in subject["result"] if each["resultDescription"].endswith("#jam"))
    logo = logo_of(content, next((each for each in issuers.all if each.did == says["issuer"]["id"]), None))
    return carried.bake(drawing.badge(says["issuer"]["name"], subject["achievement"]["name"], hours, logo), text)


def logo_of(content: FilePath, issuer: Issuer | None) -> bytes | None:
    """The bytes of an issuer's logo as it is now; None where it has none."""
    found = media.read(content, issuer.logo) if issuer and issuer.logo else None
    return found[0] if found else None


def _published(store: Store, issuers: Issuers, address: str) -> str | None:
    """A list of ours by its address, as it was signed last."""
    number = address.rpartition("/")[2]
    if not number.isdecimal() or len(number) > 8:
        return None
    issuer = next((each for each in issuers.all if list_url(each, int(number)) == address), None)
    return status_list.published(store, issuer.id, int(number)) if issuer else None
