"""Somebody asks to see the name on a certificate: what is asked, how often, and whether she said yes."""

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, insert, select

from bot import blocked, certificates, codes
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import new_id

LONGEST: Final = 30  # letters of who asks: they go into an SMS to her
SHOWN_FOR: Final = timedelta(days=7)
WAITS_FOR: Final = timedelta(days=7)  # then a question that found no way to her is given up
MOST: Final = 3  # questions about one certificate in MONTH: nobody's phone is to be rung up by strangers
MONTH: Final = timedelta(days=30)
_SIGNS: Final = frozenset(" .&'-()/")
_d: Final = t.disclosure.c


class Refused(Exception):
    """She is not asked; the text is a key of `bot.web.wording.ANSWERS`."""


def ask(store: Store, code: str, asker: str, *, now: datetime) -> str:
    """Ask her; returns the token with which the asker alone sees her answer. Raises Refused where she is not to be asked.

    The question is a row that a worker takes to her phone, between her lessons and never at night.
    """
    words = asked_by(asker)
    checked = certificates.check(store, code, now=now)
    if checked.verdict != "valid" or checked.name is None:
        raise Refused("asked often")
    plain = codes.read(checked.code) or ""
    token = secrets.token_urlsafe(16)
    with store.begin() as connection:
        query = select(_d.asked_at, _d.answered_at).where(_d.code == plain, _d.asked_at > now - MONTH)
        before = connection.execute(query).all()
        waits = any(row.answered_at is None and row.asked_at > now - WAITS_FOR for row in before)
        if waits or len(before) >= MOST:
            raise Refused("asked often")
        row = {"id": new_id(now), "learner_id": checked.learner_id, "code": plain, "asker": words}
        connection.execute(
            insert(t.disclosure).values(row | {"token_hash": _hash(token), "asked_at": now, "due_at": now})
        )
    return token


def answered(store: Store, code: str, token: str, *, now: datetime) -> str:
    """What became of the question that belongs to a token: "yes", or a key of ANSWERS; "" where the token is none of ours."""
    query = select(t.disclosure).where(_d.token_hash == _hash(token), _d.code == (codes.read(code) or ""))
    row: Row[Any] | None = next(iter(store.look(query)), None)
    if row is None:
        return ""
    if row.answered_at is None:
        return "asked"
    if row.until is None:
        return "refused"
    return "yes" if row.until > now else "over"


def asked_by(text: str) -> str:
    """Who asks, as she will read it. Raises Refused where it is empty, long, or no name: an SMS carries no address or number."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    strange = [sign for sign in words if sign not in _SIGNS and unicodedata.category(sign)[0] != "L"]
    if not 2 <= len(words) <= LONGEST or strange or any(each.blocks for each in blocked.broken(words)):
        raise Refused("no asker")
    return words


def waiting(store: Store) -> int:
    """How many questions wait to go to a phone."""
    query = select(func.count()).select_from(t.disclosure).where(_d.due_at.is_not(None))
    return int(store.look(query)[0][0])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
