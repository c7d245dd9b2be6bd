"""Who a learner is, as a coordinator says: her name, and how it was checked. Never the number of a document: there is no place for one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from bot import coordinators, names
from bot.completion import Issued, backfill
from bot.store import audit, tables as t
from bot.store.database import Store
from flows.completion import LEVELS
from flows.session import Library, Session

RIGHT: Final = "attest"
SAYS: Final = {
    0: "known by her phone alone",
    1: "attested by a coordinator",
    2: "MyKad seen at a supervised assessment",
}


class Refused(Exception):
    """This cannot be done; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Attested:
    """What is written down now, and the certificates that waited for it."""

    learner_id: int
    name: str
    level: int
    issued: tuple[Issued, ...]


def attest(
    store: Store, learner_id: int, level: int, who: str, *, name: str | None = None, library: Library, now: datetime
) -> Attested:
    """Write down that a coordinator vouches for who she is; a certificate that waited for that is issued.

    `name` where none is known yet, or another was wrong. A level is never lowered by this: certificates say how it was
    when they were issued. Raises Refused where `who` may not, or there is no name.
    """
    if level not in LEVELS[1:]:
        raise Refused("The level is 1 (a coordinator knows her) or 2 (her MyKad was seen at a supervised assessment).")
    row = coordinators.named(store, who)
    if not coordinators.may(row, RIGHT):
        raise Refused(f"{who} has not the right to attest: titian coordinators add gives it, with --rights {RIGHT}.")
    wanted = _kept(name)
    with store.begin() as connection:
        known = connection.execute(
            select(t.identity).where(t.identity.c.learner_id == learner_id).with_for_update()
        ).one_or_none()
        if known is None and wanted is None:
            raise Refused("Nobody has written down her name yet: add it with --name.")
        now_named, now_level = wanted or known.name, max(level, known.level if known else 0)  # type: ignore[union-attr]
        checked = {"checked_by": row.name if row else who, "checked_at": now}
        values = {"name": now_named, "level": now_level, **checked}
        write(connection, learner_id, values, known)
        changed = bool(known and wanted and known.name != wanted)
        told = {"learner": learner_id, "level": now_level, "name": "changed" if changed else "as written"}
        audit.note(connection, who, "attest", json.dumps(told), now=now)
    issued = tuple(_waiting(store, library, learner_id, now=now))
    return Attested(learner_id, now_named, now_level, issued)


def write(connection: Connection, learner_id: int, values: dict[str, Any], known: Row[Any] | None) -> None:
    """Write who she is, whether or not something is written already."""
    if known is None:
        connection.execute(insert(t.identity).values(learner_id=learner_id, **values))
    else:
        connection.execute(update(t.identity).where(t.identity.c.learner_id == learner_id).values(values))


def people_at(store: Store, number: str) -> dict[int, int]:
    """The learners of a phone, by their place on it; the one who has it to herself has place 1."""
    sharing = store.look(select(t.profile).where(t.profile.c.number == number).order_by(t.profile.c.place))
    if sharing:
        return {row.place: row.learner_id for row in sharing}
    rows = store.look(select(t.address.c.learner_id).where(t.address.c.identifier == number))
    return dict([(1, row.learner_id) for row in rows if row.learner_id is not None][:1])


def _kept(name: str | None) -> str | None:
    try:
        return names.kept(name) if name is not None else None
    except names.NoName as wrong:
        raise Refused(f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.") from wrong


def _waiting(store: Store, library: Library, learner_id: int, *, now: datetime) -> Iterator[Issued]:
    """What is due to her now that somebody vouches for her: courses whose lessons she has passed, and programmes."""
    kept = store.look(select(t.conversation.c.session).where(t.conversation.c.learner_id == learner_id))
    for enrolment in Session.from_json(kept[0].session).enrolments if kept else ():
        course = library.course(enrolment.course)
        if course is not None and course.is_complete(enrolment.passed):
            for filled in backfill.fill(store, course, library, [learner_id], now=now):
                yield from filled.issued
    for filled in backfill.wholes(store, library, now=now, of=learner_id):
        yield from filled.issued
