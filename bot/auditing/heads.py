"""How the chain ends, signed every day by the host's issuer, so that others can keep it: who has the database cannot change theirs."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from bot.auditing import linking
from bot.auditing.chain import canonical
from bot.credentials import keys
from bot.credentials.issuers import Issuer, Issuers
from bot.credentials.keys import KeyTrouble, Safe, Signer
from bot.store import tables as t
from bot.store.database import Store

TYPE: Final = "titian audit head 1"
NAMES: Final = frozenset(("type", "issuer", "number", "day", "at", "place", "hash", "before", "key", "signature"))
LARGEST: Final = 4096  # characters of a head

log = logging.getLogger(__name__)
_h: Final = t.audit_head.c
_NEWEST: Final = select(t.audit_head).order_by(_h.number.desc()).limit(1)
_OF_DAY: Final = _NEWEST.where(_h.day == bindparam("day"))


class NoHead(ValueError):
    """A text is not a head of an audit; the text says why."""


def sign_due(store: Store, safe: Safe, issuers: Issuers, *, now: datetime) -> int:
    """Sign how the chain ends, where today's head is not there yet or its key signs no more; 1 where it was signed.

    Harmless twice: two at once want the same number, and the table lets one have it. Harmless never, but that what was done
    since the last head could be written anew unseen. Without a key it waits, and the log says why.
    """
    issuer = next((each for each in issuers.all if each.stands_for_others), None)
    newest = _newest(store)
    if issuer is None or not _is_due(store, issuer, newest, now):
        return 0
    place, at_place = linking.last(store)
    if not place or linking.is_behind(store):
        return 0
    try:
        signer = keys.signer(store, safe, issuer)
    except KeyTrouble as trouble:
        _tell(str(trouble))
        return 0
    number, day = (newest.number + 1 if newest else 1), now.astimezone(UTC).date().isoformat()
    before = fingerprint(newest.json) if newest else ""
    text = signed(signer, {"number": number, "day": day, "place": place, "hash": at_place, "before": before}, now=now)
    row = {"number": number, "day": day, "place": place, "issuer": issuer.id, "key": signer.fragment}
    try:
        with store.begin() as connection:
            connection.execute(insert(t.audit_head).values(**row, signed_at=now, json=text))
    except IntegrityError:  # another worker has signed it
        return 0
    return 1


def signed(signer: Signer, told: dict[str, Any], *, now: datetime) -> str:
    """A head as it is kept, to the byte: what it says, and an Ed25519 signature over its type and all of that."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    at = now.astimezone(UTC).isoformat(timespec="seconds")
    named: dict[str, Any] = {"type": TYPE, "issuer": signer.issuer.did, "at": at, "key": signer.method}
    key = serialization.load_pem_private_key(signer.pem, password=None)
    assert isinstance(key, Ed25519PrivateKey)
    signature = urlsafe_b64encode(key.sign(_covered(named | told))).decode().rstrip("=")
    return json.dumps(named | told | {"signature": signature}, ensure_ascii=False)


def read(text: str) -> dict[str, Any]:
    """A head, read strictly. Raises NoHead for anything else."""
    if len(text) > LARGEST:
        raise NoHead("it is longer than any head")
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoHead("it is no JSON") from error
    if not isinstance(head, dict) or head.keys() != NAMES or head["type"] != TYPE:
        raise NoHead("it is no head of an audit, or has members that are not ours")
    for name, value in head.items():
        if type(value) is not (int if name in ("number", "place") else str):
            raise NoHead(f"its {name} is of another type")
    return head


def is_signed_by(head: Mapping[str, Any], public: str) -> bool:
    """Whether a public key, as did.json writes it, signed this head."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = serialization.load_pem_public_key(keys.pem_of(public))
    assert isinstance(key, Ed25519PublicKey)
    told = {name: value for name, value in head.items() if name != "signature"}
    try:
        key.verify(urlsafe_b64decode(head["signature"] + "=="), _covered(told))
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(text: str) -> str:
    """What the head after it calls this one by."""
    return sha256(text.encode()).hexdigest()


def published(store: Store, day: str = "") -> str | None:
    """A day's head, the last one of it, or the newest of all; None where there is none."""
    rows = store.look(_OF_DAY, {"day": day}) if day else store.look(_NEWEST)
    return rows[0].json if rows else None


def days(store: Store) -> list[str]:
    """The days of which there are heads, the oldest first."""
    return [row.day for row in store.look(select(_h.day).distinct().order_by(_h.day))]


def _covered(told: Mapping[str, Any]) -> bytes:
    """What a signature is over. The type in front of it keeps it from being one over anything else."""
    return TYPE.encode() + b"\n" + canonical(told)


def _newest(store: Store) -> Row[Any] | None:
    rows = store.look(_NEWEST)
    return rows[0] if rows else None


def _is_due(store: Store, issuer: Issuer, newest: Row[Any] | None, now: datetime) -> bool:
    """Whether this day has no head, or the newest is of a key that signs no more. A clock that was wrong for a day changes nothing."""
    today = now.astimezone(UTC).date().isoformat()
    if newest is None or not store.look(_OF_DAY, {"day": today}):
        return True
    live = next((key.fragment for key in keys.keys_of(store, issuer.id) if key.signs), None)
    return live is not None and (newest.issuer, newest.key) != (issuer.id, live)


@lru_cache(maxsize=64)  # the worker looks every two seconds, and need not say it each time
def _tell(why: str) -> None:
    log.warning("audit head not signed", extra={"why": why})
