"""A learner's transcript as a signed file: her credentials in one, each as it was signed, and the hours they come to.

It is 1EdTech's Comprehensive Learner Record 2.0. It is signed when somebody asks for it and kept nowhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Row, bindparam, select

from bot import codes
from bot.credentials import shape, signing
from bot.credentials.document import hours_of, moment
from bot.credentials.issuers import Issuer, Issuers
from bot.credentials.issuing import Desk
from bot.credentials.keys import signer
from bot.store import tables as t

GOOD_FOR: Final = timedelta(days=90)  # it has no bit in a status list: whoever needs a newer one asks for it
MOST: Final = 230_000  # bytes of credentials; 256 kB is the most that a verifier takes, and one is about 5 kB

_OF: Final = (
    select(t.certificate, t.credential.c.json, t.credential.c.issuer)
    .select_from(t.credential.join(t.certificate, t.certificate.c.id == t.credential.c.certificate_id))
    # One whose key was given up waits for another signature, and is good for nothing until then.
    .where(
        t.certificate.c.code.in_(bindparam("codes", expanding=True)),
        t.certificate.c.signed_at.is_not(None),
        t.certificate.c.revoked_at.is_(None),
    )
    .order_by(t.certificate.c.issued_at.desc(), t.certificate.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A transcript that is signed, and the codes of what is not in it, as they are written."""

    text: str
    left_out: tuple[str, ...]


class Nothing(Exception):
    """There is nothing to put into a transcript; the text says why."""


def sign(desk: Desk, counted: Mapping[str, int], *, now: datetime) -> Signed:
    """Sign a transcript of the certificates with these codes, as they are written, and the minutes that each counts.

    What is not signed itself yet is left out, and so is the oldest where all would be too large. Raises Nothing, KeyTrouble,
    or CannotSign.
    """
    rows = desk.store.look(_OF, {"codes": [codes.read(code) for code in counted]})
    held, room = [], MOST
    for row in rows:
        room -= len(row.json.encode())
        if room >= 0:
            held.append(row)
    if not held:
        raise Nothing("None of her certificates is valid and signed.")
    held.reverse()
    within = [codes.written(row.code) for row in held]
    issuer = _signs(desk.issuers, {row.issuer for row in held})
    minutes = sum(counted[code] for code in within)
    made = _document(issuer, [json.loads(row.json) for row in held], minutes, now)
    parts = _parts(held)
    if parts:
        made["credentialSubject"]["association"] = parts
    text = signing.sign(made, shape.TRANSCRIPT, signer(desk.store, desk.safe, issuer), now=now)
    return Signed(text, tuple(code for code in counted if code not in within))


def _signs(issuers: Issuers, among: set[str]) -> Issuer:
    """Who signs: the issuer of all of them, or where there are several the one that stands for others."""
    alone = issuers.named(next(iter(among))) if len(among) == 1 else None
    found = alone or next((each for each in issuers.all if each.stands_for_others), None)
    if found is None:
        raise Nothing("No issuer in issuers.yaml stands behind them.")
    return found


def _parts(held: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Which of the courses are parts of which of the programmes, among what is in the transcript."""
    achieved = {row.code: json.loads(row.json)["credentialSubject"]["achievement"]["id"] for row in held}
    return [
        {
            "type": ["Association"],
            "associationType": "isParentOf",
            "sourceId": achieved[whole.code],
            "targetId": achieved[part.code],
        }
        for whole in held
        if whole.kind == "programme"
        for part in held
        if part.kind == "course" and part.course in json.loads(whole.assessed or "{}").get("courses", ())
    ]


def _document(issuer: Issuer, held: list[dict[str, Any]], minutes: int, now: datetime) -> dict[str, Any]:
    hours, count = hours_of(minutes), len(held)
    return {
        "@context": list(shape.RECORD_CONTEXTS),
        "id": f"urn:uuid:{uuid4()}",
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": shape.plain(issuer.name["ms"])},
        "validFrom": moment(now),
        "validUntil": moment(now + GOOD_FOR),
        "name": "Transkrip pembelajaran",
        "description": f"Sijil yang sah: {count}. Jumlah masa belajar: {hours} jam, tiada minit dikira dua kali. "
        f"Valid certificates: {count}. Time to learn in all: {hours} hours, no minute counted twice.",
        "partial": True,  # what is revoked, has ended or is not signed is not in it
        "credentialSubject": {
            "id": held[0]["credentialSubject"]["id"],
            "type": ["ClrSubject"],
            "verifiableCredential": held,
        },
    }
