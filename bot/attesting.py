"""Who a learner is, as a coordinator says: her name, and how it was checked. Never the number of a document: there is no place for one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot import coordinators, names
from bot.completion import Issued, backfill
from bot.coordinators import Refused as Refused
from bot.store import audit, tables as t
from bot.store.database import Store
from flows.completion import ATTESTED, LEVELS, PHONE, SEEN
from flows.session import Library, Session

RIGHT: Final = "attest"
SAYS: Final = {
    0: "known by her phone alone",
    1: "attested by a coordinator",
    2: "MyKad seen at a supervised assessment",
}


@dataclass(frozen=True, slots=True)
class Attested:
    """What is written down now, and the certificates that waited for it."""

    learner_id: int
    name: str
    level: int
    issued: tuple[Issued, ...]
    missing: str = ""  # for level 2, in words


def attest(
    store: Store, learner_id: int, level: int, who: str, *, name: str | None = None, library: Library, now: datetime
) -> Attested:
    """Write down that a coordinator vouches for who she is; a certificate that waited for that is issued.

    Level 2 takes two coordinators: the first is written down, and the level stays until another says the same.
    `name` where none is known yet, or another was wrong. A level is never lowered by this, but for a name that is changed
    at level 2: her MyKad was seen under another. Raises Refused where `who` may not, is the same one again, or there is no name.
    """
    if level not in LEVELS[1:]:
        raise Refused("The level is 1 (a coordinator knows her) or 2 (her MyKad was seen at a supervised assessment).")
    row = coordinators.entitled(store, who, RIGHT)
    wanted = _kept(name)
    try:
        with store.begin() as connection:
            now_is = _written(connection, learner_id, level, row, wanted, now=now)
    except IntegrityError as error:
        raise Refused("Somebody else is writing down who she is at this moment: look again.") from error
    issued = tuple(_waiting(store, library, learner_id, now=now))
    return Attested(learner_id, now_is["name"], now_is["level"], issued, _missing(now_is))


def known(store: Store, learner_id: int) -> str:
    """How she is known, and what is missing for level 2, in words for a coordinator."""
    rows = store.look(select(t.identity).where(t.identity.c.learner_id == learner_id))
    if not rows:
        return "nobody has written down her name"
    missing = _missing(dict(rows[0]._mapping))
    return f"level {rows[0].level}, {SAYS[rows[0].level]}{'; ' if missing else ''}{missing}"


def _written(
    connection: Connection, learner_id: int, level: int, by: Row[Any], wanted: str | None, *, now: datetime
) -> dict[str, Any]:
    """Write down what a coordinator says, and that she said it; returns who the learner is from now on."""
    query = select(t.identity).where(t.identity.c.learner_id == learner_id).with_for_update()
    before = connection.execute(query).one_or_none()
    if before is None and wanted is None:
        raise Refused("Nobody has written down her name yet: add it with --name.")
    renamed = before is not None and wanted is not None and before.name != wanted
    name = wanted or before.name  # type: ignore[union-attr]
    values = {"name": name} | _level(dict(before._mapping) if before else {}, level, by, now, renamed=renamed)
    write(connection, learner_id, values | {"checked_by": by.name, "checked_at": now}, before)
    told = {"learner": learner_id, "level": values["level"], "name": "changed" if renamed else "as written"}
    told |= {"said": level} if level != values["level"] else {}
    audit.note(connection, by.name, "attest", json.dumps(told), now=now)
    return values


def _level(before: Mapping[str, Any], level: int, by: Row[Any], now: datetime, *, renamed: bool) -> dict[str, Any]:
    """Her level from now on, and who saw her MyKad first. Raises Refused where the second to see it is the first.

    Under another name her MyKad has to be seen anew: level 2 is level 1 again.
    """
    was = before["level"] if before else PHONE
    first = {name: before[name] if before and not renamed else None for name in ("seen_by", "seen_from", "seen_at")}
    if renamed and was == SEEN:
        was = ATTESTED
    if level < SEEN or was == SEEN:
        return first | {"level": max(was, level)}
    if first["seen_by"] is None:
        return {"level": was, "seen_by": by.name, "seen_from": by.number, "seen_at": now}
    if " ".join(first["seen_by"].casefold().split()) == " ".join(by.name.casefold().split()):
        raise Refused(f"{by.name} has said so already: for level 2 another coordinator has to see her MyKad too.")
    if by.number is not None and first["seen_from"] == by.number:
        says = f"{by.name} has the number from which {first['seen_by']} worked: for level 2 another person has to see her MyKad."
        raise Refused(says)
    return first | {"level": SEEN}


def _missing(now_is: Mapping[str, Any]) -> str:
    """What level 2 still lacks where one coordinator has seen her MyKad; "" where nothing does, or nobody has."""
    if now_is["level"] == SEEN or now_is["seen_by"] is None:
        return ""
    return f"{now_is['seen_by']} saw her MyKad; for level 2 another coordinator has to see it too"


def write(connection: Connection, learner_id: int, values: dict[str, Any], before: Row[Any] | None) -> None:
    """Write who she is, whether or not something is written already."""
    if before is None:
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
