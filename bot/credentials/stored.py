"""Credentials as they were signed, found by the code of their certificate; and any credential held against our own keys."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from bot import codes
from bot.credentials import checking, did, keys, status_list
from bot.credentials.document import list_url
from bot.credentials.issuers import Issuers
from bot.store import tables as t
from bot.store.database import Store

_OF: Final = (
    select(t.credential.c.json)
    .select_from(t.credential.join(t.certificate, t.certificate.c.id == t.credential.c.certificate_id))
    .where(t.certificate.c.code == bindparam("code"))
)


def of(store: Store, code: str) -> str | None:
    """The credential of a certificate, to the byte as it was signed; None where the code is none or it is not signed yet.

    Her name stands in it: whoever shows it has made sure that she, or somebody who knows her name, wants that.
    """
    read = codes.read(code)
    rows = store.look(_OF, {"code": read}) if read else ()
    return rows[0].json if rows else None


def check(store: Store, issuers: Issuers, text: str, status: str | None, *, now: datetime) -> checking.Finding:
    """Check a credential against our own keys, and our own list where none is given."""
    try:
        found = checking.read(text)
    except ValueError as error:
        return checking.Finding("forged", f"It is no credential: {error}.")
    named, entry = found.get("issuer"), found.get("credentialStatus")
    issuer = next((each for each in issuers.all if isinstance(named, dict) and each.did == named.get("id")), None)
    if issuer is None:
        known = ", ".join(each.did for each in issuers.all) or "none"
        return checking.Finding("forged", f"None of our issuers is named in it ({known}).")
    if status is None and isinstance(entry, dict):
        before, _, number = str(entry.get("statusListCredential")).rpartition("/")
        if number.isdecimal() and len(number) < 9 and list_url(issuer, int(number)) == f"{before}/{number}":
            status = status_list.published(store, issuer.id, int(number))
    return checking.check(text, did.document(issuer, keys.keys_of(store, issuer.id)), status, now=now)
