"""Certificates that have no credential yet get one: signed outside any transaction, then written once.

The certificate and its code are there before, and do not wait: where no key is at hand the credential follows when there is one.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from bot import codes
from bot.credentials import document, keys, learnt, shape, signing, status_list
from bot.credentials.issuers import Issuer, Issuers, load
from bot.credentials.keys import KeyTrouble, Safe, Signer
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Store
from flows.session import Library

BATCH: Final = 20  # a fifth of a second of a worker's time; more wait for the next ring of the bell

log = logging.getLogger(__name__)
_certificate, _credential = t.certificate.c, t.credential.c
_SUBJECTS: Final = select(t.subject).where(t.subject.c.learner_id.in_(bindparam("of", expanding=True)))


@dataclass(frozen=True, slots=True)
class Desk:
    """Where certificates are signed: the database, the private keys, who stands behind what, and what is taught."""

    store: Store
    safe: Safe
    issuers: Issuers
    library: Library


@dataclass(frozen=True, slots=True)
class _Signed:
    """One credential that is ready to be written."""

    certificate: int
    text: str
    signer: Signer
    list: int
    index: int


def safe_of(settings: Settings) -> Safe:
    """Where the private keys are."""
    return Safe(settings.var_dir / keys.FOLDER, settings.signing_key)


def desk_of(settings: Settings, store: Store, library: Library) -> Desk:
    """The desk of a bot. Raises ContentError where content/issuers.yaml is not in order."""
    return Desk(store, safe_of(settings), load(settings.content_dir, settings.reached_at), library)


def sign_batch(desk: Desk, *, now: datetime) -> int:
    """Sign what waits, up to a batch; how many were signed.

    Harmless twice: a certificate is claimed in the transaction that writes its credential, so the second finds it done.
    Harmless never: the certificate stays unsigned, and the clock looks again. A worker that dies has written nothing.
    """
    signers = _signers(desk)
    rows = desk.store.look(_waiting().where(_theirs(desk.issuers, signers)).limit(BATCH)) if signers else ()
    if not rows:
        return 0
    try:
        _name_subjects(desk.store, rows)
        signed = [each for signer in signers.values() for each in _sign_for(desk, signer, rows, now)]
        with desk.store.begin() as connection:
            good = _not_given_up(connection)
            return sum(
                _write(connection, each, now)
                for each in signed
                if (each.signer.issuer.id, each.signer.fragment) in good
            )
    except IntegrityError:  # another worker drew the same bit: the next look begins anew
        return 0


def waiting(store: Store) -> int:
    """How many certificates have no credential yet."""
    rows = store.look(select(func.count()).select_from(t.certificate).where(_certificate.signed_at.is_(None)))
    return int(rows[0][0])


def _signers(desk: Desk) -> dict[str, Signer]:
    """The issuers that can sign now; `titian certificates keys show` says of the others why they cannot."""
    signers: dict[str, Signer] = {}
    for issuer in desk.issuers.all:
        try:
            signers[issuer.id] = keys.signer(desk.store, desk.safe, issuer)
        except KeyTrouble:
            continue
    return signers


def _theirs(issuers: Issuers, signers: Mapping[str, Signer]) -> ColumnElement[bool]:
    """Which certificates those can sign, so that those of the others keep nobody waiting."""
    able = [each for each in issuers.all if each.id in signers]
    theirs = [_certificate.course.in_(each.courses) for each in able]
    if any(each.stands_for_others for each in able):
        theirs.append(_certificate.course.not_in({course for each in issuers.all for course in each.courses}))
    return or_(*theirs)


def _waiting() -> Select[Any]:
    enrolled = and_(t.enrolment.c.learner_id == _certificate.learner_id, t.enrolment.c.course == _certificate.course)
    return (
        select(t.certificate, t.enrolment.c.started_at, _credential.json, _credential.list, _credential.status_index)
        .select_from(
            t.certificate.outerjoin(t.enrolment, enrolled).outerjoin(
                t.credential, _credential.certificate_id == _certificate.id
            )
        )
        .where(_certificate.signed_at.is_(None))
        .order_by(_certificate.id)
    )


def _name_subjects(store: Store, rows: Sequence[Row[Any]]) -> None:
    """Give every learner among them her random name in credentials; one who has it keeps it."""
    new = [{"learner_id": learner, "uuid": str(uuid4())} for learner in {row.learner_id for row in rows}]
    with store.begin() as connection:
        connection.execute(_insert(connection)(t.subject).values(new).on_conflict_do_nothing())


def _sign_for(desk: Desk, signer: Signer, rows: Sequence[Row[Any]], now: datetime) -> list[_Signed]:
    """Sign those of one issuer. What cannot be signed as it is is told to the log, and keeps no other waiting."""
    theirs = [row for row in rows if desk.issuers.of_course(row.course) == signer.issuer]
    new = sum(row.json is None for row in theirs)
    with desk.store.begin() as connection:
        number, drawn = status_list.draw(connection, signer.issuer.id, new) if new else (0, [])
    subjects = desk.store.look(_SUBJECTS, {"of": [row.learner_id for row in theirs]})
    names = {row.learner_id: row.uuid for row in subjects}
    signed = []
    for row in theirs:
        place = (number, drawn.pop()) if row.json is None else (row.list, row.status_index)
        try:
            made = _credential_of(desk, signer.issuer, row, names[row.learner_id], place)
            text = signing.sign(made, shape.CREDENTIAL, signer, now=now)
        except signing.CannotSign as error:
            log.error("credential not signed", extra={"certificate": row.id, "why": str(error)})
            continue
        signed.append(_Signed(row.id, text, signer, *place))
    return signed


def _credential_of(desk: Desk, issuer: Issuer, row: Row[Any], subject: str, place: tuple[int, int]) -> dict[str, Any]:
    """The document to sign: where a key was given up, the very one that was signed with it before."""
    if row.json is not None:
        document_before: dict[str, Any] = json.loads(row.json)
        return document_before
    assessed = json.loads(row.assessed or "{}")
    completed = assessed.get("completed")
    awarded = document.Awarded(
        code=codes.written(row.code),
        subject=subject,
        name=row.name or "",
        level=row.level,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        started_at=row.started_at,
        learnt=_learnt(desk, row),
        completed_at=datetime.fromisoformat(completed) if completed else None,
        score=assessed.get("score"),
    )
    return document.credential(issuer, awarded, str(uuid4()), *place)


def _learnt(desk: Desk, row: Row[Any]) -> document.Learnt:
    if row.kind == "programme":
        found = learnt.programme(desk.library, row.course, row.version)
    else:
        found = learnt.course(desk.store, row.course, row.version)
    title = json.loads(row.title)
    # The title and the minutes are those of the certificate, whatever the course says today.
    written = learnt.as_written(row.course, row.version, row.kind, title, row.minutes)
    return replace(found, title=written.title, minutes=written.minutes) if found else written


def _not_given_up(connection: Connection) -> set[tuple[str, str]]:
    """The keys that may still be written with. Held until the end, so that to give one up waits, and then finds what was written."""
    k = t.signing_key.c
    rows = connection.execute(select(k.issuer, k.fragment).where(k.compromised_at.is_(None)).with_for_update(read=True))
    return {(row.issuer, row.fragment) for row in rows}


def _write(connection: Connection, each: _Signed, now: datetime) -> int:
    """Claim a certificate and write its credential; 0 where another worker was first."""
    claimed = connection.execute(
        update(t.certificate)
        .where(_certificate.id == each.certificate, _certificate.signed_at.is_(None))
        .values(signed_at=now)
    )
    if not claimed.rowcount:
        return 0
    values = {"json": each.text, "issuer": each.signer.issuer.id, "key": each.signer.fragment, "signed_at": now}
    place = {"certificate_id": each.certificate, "list": each.list, "status_index": each.index}
    written = _insert(connection)(t.credential).values(**values, **place)
    connection.execute(written.on_conflict_do_update(index_elements=["certificate_id"], set_=values))
    return 1


def _insert(connection: Connection) -> Any:
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
