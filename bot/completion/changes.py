"""A certificate corrected: revoked, and issued again with a new code, the name and the level she has now."""

import json
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot import codes
from bot.store import audit, papers, tables as t
from bot.store.database import Store
from bot.store.ids import new_id

_c = t.certificate.c
ANEW = (
    "id",
    "code",
    "issued_at",
    "name",
    "level",
    "attested_by",
    "assessed",
)  # what the corrected one does not take over
FROM_NOW = ("revoked_at", "revoked_why", "replaced_by", "signed_at")


class Refused(Exception):
    """This cannot be done; the text says why."""


def correct(store: Store, code: str, why: str, who: str, *, now: datetime) -> str:
    """Issue a certificate again with her name and level as they are now; returns the new code as it is written.

    The old one is revoked and says that it was replaced. A worker tells her the new code. Both are in the audit, in one transaction, so a crash leaves
    either both or neither. Raises Refused where there is nothing to correct.
    """
    try:
        with store.begin() as connection:
            found = connection.execute(select(t.certificate).where(_c.code == code).with_for_update()).one_or_none()
            if found is None:
                raise Refused(f"There is no certificate {codes.written(code)}.")
            if found.revoked_at:
                raise Refused(f"{codes.written(code)} is revoked already: a revoked certificate is not corrected.")
            query = select(t.identity).where(t.identity.c.learner_id == found.learner_id)
            known = connection.execute(query).one_or_none()
            if known is None:
                raise Refused("Nobody has written down her name: titian people attest writes it down.")
            if (known.name, known.level) == (found.name, found.level):
                raise Refused(
                    "It says her name and her level as they are now: change them first, with titian people attest."
                )
            new = codes.draw(secrets.randbelow)
            gone = {"revoked_at": now, "revoked_why": f"corrected: {why}"[:200], "replaced_by": new}
            connection.execute(update(t.certificate).where(_c.code == code).values(gone))
            papers.drop(connection, [code])
            corrected = _anew(found, known, new, now)
            connection.execute(insert(t.certificate).values(corrected))
            for asked in (t.doubt, t.sampled):  # what people have to ask goes with it, and what they have heard
                of_it = asked.c.certificate_id == found.id
                connection.execute(update(asked).where(of_it).values(certificate_id=corrected["id"]))
            again = {"code": codes.written(new), "of": found.course, "kind": found.kind, "level": known.level}
            audit.note(connection, who, audit.ISSUED, json.dumps(again), now=now)
            told = json.dumps({"code": code, "new": new, "why": why}, ensure_ascii=False)
            audit.note(connection, who, audit.CORRECTED, told, now=now)
    except IntegrityError as error:
        raise Refused("Somebody else is correcting it at this moment: look again.") from error
    return codes.written(new)


def _anew(found: Any, known: Any, code: str, now: datetime) -> dict[str, Any]:
    """The row of the corrected one; the day she completed it is the old one's."""
    kept = {name: value for name, value in found._mapping.items() if name not in ANEW + FROM_NOW}
    assessed = json.loads(found.assessed or "{}")
    assessed.setdefault("completed", found.issued_at.isoformat())
    return kept | {
        "id": new_id(now),
        "code": code,
        "issued_at": now,
        "name": known.name,
        "level": known.level,
        "tell_at": now,
        "attested_by": known.checked_by,
        "assessed": json.dumps(assessed, ensure_ascii=False),
    }
