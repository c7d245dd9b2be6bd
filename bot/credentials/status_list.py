"""Which credentials are revoked, as Bitstring Status Lists: a random bit for each, signed anew every day and after a revocation.

A list is good for seven days, so that an old one cannot be shown instead for longer. The bits say nothing of how many there are.
"""

import json
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Update, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.credentials import keys, shape, signing
from bot.credentials.document import list_url
from bot.credentials.issuers import Issuer, Issuers
from bot.credentials.keys import KeyTrouble, Safe, Signer
from bot.store import tables as t
from bot.store.database import Store

SIZE: Final = 131_072  # bits: the least that the standard allows, so that one learner is hidden among many
FULL: Final = SIZE // 2  # drawn at random, a free bit is then found at the second try
GOOD_FOR: Final = timedelta(days=7)
DAILY: Final = timedelta(days=1)
FETCH_AGAIN: Final = 300_000  # milliseconds, after which a verifier should ask anew

log = logging.getLogger(__name__)
_list, _credential, _certificate = t.status_list.c, t.credential.c, t.certificate.c
# Grouped by expressions, lest SQLite walk through every credential in the order of their index to find the few.
_GROUPS: Final = (_credential.issuer.concat("").label("issuer"), (_credential.list + 0).label("list"))
_REVOKED_IN: Final = (
    select(*_GROUPS, func.count().label("revoked"))
    .select_from(t.certificate.join(t.credential, _credential.certificate_id == _certificate.id))
    .where(_certificate.revoked_at.is_not(None))
    .group_by(*_GROUPS)
)
_JSON: Final = select(_list.json).where(_list.json != "")


def draw(connection: Connection, issuer: str, count: int) -> tuple[int, list[int]]:
    """A list, and as many bits of it that nobody has. Two workers may draw the same; the table then refuses the second."""
    number = connection.execute(select(func.max(_list.list)).where(_list.issuer == issuer)).scalar() or 1
    used = select(_credential.status_index).where(_credential.issuer == issuer, _credential.list == number)
    listed = connection.execute(_JSON.where(_list.issuer == issuer, _list.list == number)).scalar()
    taken = set(connection.execute(used).scalars()) | _set_in(listed or "")  # of one that was deleted the bit stays set
    if len(taken) + count > FULL:
        number, taken = number + 1, set()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(t.status_list).values(issuer=issuer, list=number).on_conflict_do_nothing())
    drawn: list[int] = []
    while len(drawn) < count:
        index = secrets.randbelow(SIZE)
        if index not in taken:
            taken.add(index)
            drawn.append(index)
    return number, drawn


def publish(store: Store, safe: Safe, issuers: Issuers, *, now: datetime, at_once: bool = False) -> int:
    """Sign every list that is a day old, was signed with another key, or says too few are revoked; how many.

    Harmless twice: a list takes the place of the very one it goes on from, so that no revocation is lost, and what was
    revoked stays so. Harmless never, for a week: then the lists run out, and verifiers say that they cannot tell.
    """
    done = 0
    revoked = {(row.issuer, row.list): int(row.revoked) for row in store.look(_REVOKED_IN)}
    rows = store.look(select(_list.issuer, _list.list, _list.key, _list.revoked, _list.signed_at))
    for issuer in issuers.all:
        of_issuer = [row for row in rows if row.issuer == issuer.id]
        signs = _signing_now(store, issuer) if of_issuer else None
        due = [row for row in of_issuer if at_once or _is_due(row, signs, revoked.get((row.issuer, row.list), 0), now)]
        if due:
            done += _publish(store, safe, issuer, [row.list for row in due], now)
    return done


def published(store: Store, issuer: str, number: int) -> str | None:
    """A list as it was signed last; None where there is no such list."""
    rows = store.look(_JSON.where(_list.issuer == issuer, _list.list == number))
    return rows[0].json if rows else None


def unsigned(issuer: Issuer, number: int, revoked: Sequence[int], *, now: datetime) -> dict[str, Any]:
    """A list before it is signed."""
    from openbadgeslib.ob3.status_list import build_status_list_credential

    return build_status_list_credential(
        issuer.did,
        list_url(issuer, number),
        "revocation",
        revoked,
        SIZE,
        issued=now,
        valid_until=now + GOOD_FOR,
        ttl=FETCH_AGAIN,
    )


def _signing_now(store: Store, issuer: Issuer) -> str:
    return next((key.fragment for key in keys.keys_of(store, issuer.id) if key.signs), "")


def _is_due(row: Row[Any], signs: str | None, revoked: int, now: datetime) -> bool:
    return row.signed_at is None or row.signed_at <= now - DAILY or row.revoked != revoked or row.key != signs


def _publish(store: Store, safe: Safe, issuer: Issuer, due: Sequence[int], now: datetime) -> int:
    try:
        signer = keys.signer(store, safe, issuer)
    except KeyTrouble as trouble:
        _tell(issuer.id, str(trouble))
        return 0
    done = 0
    theirs = select(t.status_list).where(_list.issuer == issuer.id, _list.list.in_(due))
    for row in store.look(theirs):
        query = (
            select(_credential.status_index)
            .join(t.certificate, _certificate.id == _credential.certificate_id)
            .where(_credential.issuer == issuer.id, _credential.list == row.list, _certificate.revoked_at.is_not(None))
        )
        revoked = {each.status_index for each in store.look(query)}
        document = unsigned(issuer, row.list, sorted(revoked | _set_in(row.json)), now=now)
        text = signing.sign(document, shape.STATUS_LIST, signer, now=now)
        with store.begin() as connection:
            done += connection.execute(_written(row, signer, text, len(revoked), now)).rowcount
    return done


def _written(before: Row[Any], signer: Signer, text: str, revoked: int, now: datetime) -> Update:
    return (
        update(t.status_list)
        .where(_list.issuer == before.issuer, _list.list == before.list, _list.json == before.json)
        .values(json=text, key=signer.fragment, revoked=revoked, signed_at=now)
    )


def _set_in(text: str) -> frozenset[int]:
    """The bits that are set in a list as it was signed; none where it never was."""
    from openbadgeslib.ob3.status import decode_encoded_list, set_indices

    if not text:
        return frozenset()
    return set_indices(decode_encoded_list(json.loads(text)["credentialSubject"]["encodedList"]))


@lru_cache(maxsize=64)  # the worker looks every two seconds, and need not say it each time
def _tell(issuer: str, why: str) -> None:
    log.error("status list not signed", extra={"issuer": issuer, "why": why})
