"""A certificate issued again under a new code, with the name and the level she has now: corrected, or revoked by mistake."""

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
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

    The old one is revoked and says that it was replaced. A worker tells her the new code. Both are in the audit, in one
    transaction, so a crash leaves either both or neither. Raises Refused where there is nothing to correct.
    """

    def may(found: Row[Any], known: Row[Any] | None) -> None:
        if found.revoked_at:
            raise Refused(f"{codes.written(code)} is revoked already: a revoked certificate is not corrected.")
        if known is None:
            raise Refused("Nobody has written down her name: titian people attest writes it down.")
        if (known.name, known.level) == (found.name, found.level):
            raise Refused(
                "It says her name and her level as they are now: change them first, with titian people attest."
            )

    return _again(store, code, f"corrected: {why}", who, may, now=now)


def reissue(store: Store, code: str, why: str, who: str, *, now: datetime) -> str:
    """Issue a certificate again that was revoked and should not have been; returns the new code as it is written.

    What was revoked stays so, for lists that say it are out in the world; the old code says "replaced" from then on. The
    same holds as for a correction. Whoever calls has seen that `who` has the right to. Raises
    Refused where it was not revoked.
    """

    def may(found: Row[Any], _known: Row[Any] | None) -> None:
        if not found.revoked_at or found.replaced_by:
            raise Refused(f"{codes.written(code)} is not revoked: titian certificates correct is for one that stands.")

    return _again(store, code, why, who, may, now=now)


def _again(
    store: Store, code: str, why: str, who: str, may: Callable[[Row[Any], Row[Any] | None], None], *, now: datetime
) -> str:
    """Put another in the place of one, where it `may` be."""
    try:
        with store.begin() as connection:
            found = connection.execute(select(t.certificate).where(_c.code == code).with_for_update()).one_or_none()
            if found is None:
                raise Refused(f"There is no certificate {codes.written(code)}.")
            query = select(t.identity).where(t.identity.c.learner_id == found.learner_id)
            known = connection.execute(query).one_or_none()
            may(found, known)
            return codes.written(_replaced(connection, found, known, why, who, now=now))
    except IntegrityError as error:
        raise Refused("Somebody else is changing it at this moment: look again.") from error


def _replaced(
    connection: Connection, found: Row[Any], known: Row[Any] | None, why: str, who: str, *, now: datetime
) -> str:
    new = codes.draw(secrets.randbelow)
    gone = {"replaced_by": new} | ({} if found.revoked_at else {"revoked_at": now, "revoked_why": why[:200]})
    connection.execute(update(t.certificate).where(_c.code == found.code).values(gone))
    papers.drop(connection, [found.code])
    row = _anew(found, known, new, now)
    connection.execute(insert(t.certificate).values(row))
    for asked in (t.doubt, t.sampled):  # what people have to ask goes with it, and what they have heard
        of_it = asked.c.certificate_id == found.id
        connection.execute(update(asked).where(of_it).values(certificate_id=row["id"]))
    again = {"code": codes.written(new), "of": found.course, "kind": found.kind, "level": row["level"]}
    audit.note(connection, who, audit.ISSUED, json.dumps(again), now=now)
    told = json.dumps({"code": found.code, "new": new, "why": why}, ensure_ascii=False)
    audit.note(connection, who, audit.CORRECTED, told, now=now)
    return new


def _anew(found: Row[Any], known: Row[Any] | None, code: str, now: datetime) -> dict[str, Any]:
    """The row of the corrected one; the day she completed it is the old one's."""
    kept = {name: value for name, value in found._mapping.items() if name not in ANEW + FROM_NOW}
    assessed = json.loads(found.assessed or "{}")
    assessed.setdefault("completed", found.issued_at.isoformat())
    return kept | {
        "id": new_id(now),
        "code": code,
        "issued_at": now,
        "name": known.name if known else found.name,
        "level": known.level if known else found.level,
        "tell_at": now,
        "attested_by": known.checked_by if known else found.attested_by,
        "assessed": json.dumps(assessed, ensure_ascii=False),
    }
