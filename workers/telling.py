"""Certificates that no answer of hers brought, and an issuer's no: she is told, when her week and her hours have room for it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, literal, select, union_all, update

from bot import codes, pushes
from bot.store import tables as t
from bot.store.addresses import reaches
from bot.wiring import Bot
from flows import types as f
from flows.machine import advance
from flows.session import Library, Session
from flows.text import Words, localized
from workers import reaching
from workers.due import each_alone

BATCH: Final = 50
PURPOSE: Final = "certificate"
TALKING: Final = timedelta(minutes=15)  # after a word of hers: what comes by itself does not fall into a lesson
BUSY: Final = timedelta(hours=6)  # nothing reaches her now
TOLD_WITHIN: Final = timedelta(days=14)  # then it is given up: SIJIL shows it anyway

_c, _a = t.certificate.c, t.approval.c
_HER: Final = bindparam("her", type_=t.learner.c.id.type)
_old: Final = t.certificate.alias("old")

_DUE: Final = (
    union_all(
        select(_c.learner_id, _c.tell_at).where(_c.tell_at <= bindparam("now", type_=_c.tell_at.type)),
        select(_a.learner_id, _a.tell_at).where(_a.tell_at <= bindparam("now", type_=_c.tell_at.type)),
    )
    .order_by("tell_at")
    .limit(bindparam("most"))
)
# All of hers that is still to be told, also what is due later: it goes in the same message.
_CERTIFICATES: Final = (
    select(
        *(_c.id, _c.code, _c.title, _c.issued_at.label("since"), _c.tell_at),
        _c.revoked_at,
        exists().where(_old.c.replaced_by == _c.code, _old.c.learner_id == _HER).label("corrects"),
    )
    .where(_c.learner_id == _HER, _c.tell_at.is_not(None))
    .order_by(_c.issued_at, _c.id)
)
_REFUSED: Final = (
    select(_a.course, _a.kind, _a.decided_at.label("since"), _a.tell_at, literal(None).label("id"))
    .where(_a.learner_id == _HER, _a.tell_at.is_not(None))
    .order_by(_a.decided_at)
)


def tell(bot: Bot, *, most: int = BATCH) -> int:
    """Tell the learners of up to `most` due rows, each in one message, and return how many rows were due.

    May run twice, be killed or never run: a row stops being due in the transaction that writes the message, and by condition.
    """
    live = bot.library()
    due = bot.store.look(_DUE, {"now": bot.clock(), "most": most})
    each_alone(
        bot.store,
        list({row.learner_id: row for row in due}.values()),
        lambda connection, row: _tell(bot, connection, row.learner_id, live),
        lambda connection, row: _put_off(
            connection, row.learner_id, _open(connection, row.learner_id), bot.clock() + BUSY
        ),
        else_says="not told of a certificate",
    )
    return len(due)


def _tell(bot: Bot, connection: Connection, learner_id: int, live: Library) -> None:
    now = bot.clock()
    her = reaching.locked(connection, learner_id)
    due = _open(connection, learner_id)  # read under her lock: another worker may have told her meanwhile
    if not due:
        return None
    if her is None:
        return _put_off(connection, learner_id, due, now + BUSY)
    spoke = connection.scalar(_SPOKE, {"her": learner_id})
    if spoke is not None and now - spoke < TALKING:
        return _put_off(connection, learner_id, due, spoke + TALKING)
    by = reaching.way(bot, connection, her, PURPOSE, now)
    if not isinstance(by, pushes.Way):
        return _put_off(connection, learner_id, due, by or now + BUSY)
    mine = [each for each in due if _moved(connection, learner_id, each, None)]
    session = Session.from_json(her.session)
    step = advance(session, _event(mine, live, now), bot.archive.holding(live, session))
    said = next((effect for effect in step.effects if isinstance(effect, f.Say)), None)
    if said is not None:
        connection.execute(insert(t.outbound_message), reaching.rows(bot, her, said, by, PURPOSE, asks=False))
    return None


_SPOKE: Final = select(func.max(t.address.c.last_inbound_at)).where(reaches(_HER))


def _open(connection: Connection, learner_id: int) -> list[Row[Any]]:
    certificates = connection.execute(_CERTIFICATES, {"her": learner_id}).all()
    return [*certificates, *connection.execute(_REFUSED, {"her": learner_id})]


def _event(due: Sequence[Row[Any]], live: Library, now: datetime) -> f.CertificatesCame:
    """What came; of what was revoked meanwhile not a word."""
    stand = [row for row in due if row.id is not None and row.revoked_at is None]
    named = [(localized(json.loads(row.title)), codes.written(row.code), bool(row.corrects)) for row in stand]
    refused = [_title(row, live) for row in due if row.id is None]
    return f.CertificatesCame(
        now,
        issued=tuple((title, code) for title, code, corrects in named if not corrects),
        corrected=tuple((title, code) for title, code, corrects in named if corrects),
        declined=tuple(title for title in refused if title is not None),
    )


def _title(row: Row[Any], live: Library) -> Words | None:
    found = live.programmes.get(row.course) if row.kind == "programme" else live.course(row.course)
    return found.title if found else None


def _put_off(connection: Connection, learner_id: int, due: Sequence[Row[Any]], until: datetime) -> None:
    """Look again then; what found no way to her for two weeks is given up."""
    for each in due:
        _moved(connection, learner_id, each, until if until < each.since + TOLD_WITHIN else None)


def _moved(connection: Connection, learner_id: int, row: Row[Any], to: datetime | None) -> bool:
    """Say when a row is due next, unless somebody else has by now."""
    if row.id is not None:
        moved = update(t.certificate).where(_c.id == row.id, _c.tell_at == row.tell_at)
    else:
        which = (_a.learner_id == learner_id, _a.course == row.course, _a.kind == row.kind)
        moved = update(t.approval).where(*which, _a.tell_at == row.tell_at)
    return connection.execute(moved.values(tell_at=to)).rowcount == 1
