"""Groups kept under a name: written down as they were described, and looked up where another speaks of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete as delete_, insert, select, update

from bot.segments.described import All, Described, Either, Outside, Saved, saved_in
from bot.segments.known import ANYTHING, Known
from bot.segments.misread import NotUnderstood
from bot.segments.reading import parse
from bot.store import audit, tables as t
from bot.store.database import Store
from flows.text import T

LONGEST: Final = 40  # characters of a name, as the table has it
_s = t.segment.c


class Refused(ValueError):
    """It cannot be saved or deleted; the text says why."""


def read(store: Store, words: str, known: Known = ANYTHING) -> Described:
    """What these words describe, the saved groups in them looked up. Raises NotUnderstood, also where one is gone."""
    try:
        return resolved(store, parse(words, known))
    except LookupError as gone:
        raise NotUnderstood(T('There is no segment "{name}".', name=str(gone.args[0]))) from gone


def resolved(store: Store, described: Described) -> Described:
    """The same, with what each saved group in it means; one that has been looked up stays as it is.

    Raises LookupError with the name of one that is not there.
    """
    if next(saved_in(described), None) is None:
        return described
    with store.engine.connect() as connection:
        return _filled(described, _meanings(connection), ())


def save(store: Store, name: str, words: str, author: str, *, now: datetime, known: Known = ANYTHING) -> Described:
    """Keep what these words describe under a name, in place of what was there, and return it. Written to the audit.

    Raises NotUnderstood for the words; Refused where the name cannot be one, or the group would be within itself.
    """
    name = named(name)
    made = parse(words, known)
    with store.begin() as connection:
        meanings = {**_meanings(connection), name: words}
        try:
            filled = _filled(made, meanings, (name,))
        except LookupError as gone:
            raise Refused(f'There is no segment "{gone.args[0]}".') from gone
        row = {"described": words.strip(), "author": author, "changed_at": now}
        if not connection.execute(update(t.segment).where(_s.name == name).values(row)).rowcount:
            connection.execute(insert(t.segment).values(row | {"name": name}))
        audit.note(connection, author, "save segment", f"{name}: {words.strip()}", now=now)
    return filled


def load(store: Store, name: str) -> Described:
    """What is saved under a name, the saved groups in it looked up. Raises LookupError with the name that is not there."""
    with store.engine.connect() as connection:
        return _filled(Saved(name.strip().casefold()), _meanings(connection), ())


def listed(store: Store) -> Sequence[Row[Any]]:
    """Every saved group by its name: name, described, author, changed_at."""
    return store.look(select(t.segment).order_by(_s.name))


def delete(store: Store, name: str, author: str, *, now: datetime) -> bool:
    """Forget a saved group; False where there is none. Written to the audit. Raises Refused while another speaks of it."""
    name = name.strip().casefold()
    with store.begin() as connection:
        users = sorted(
            other
            for other, words in _meanings(connection).items()
            if other != name and any(part.name == name for part in saved_in(parse(words)))
        )
        if users:
            raise Refused(f'"{name}" is part of: {", ".join(users)}. Change these first.')
        gone = connection.execute(delete_(t.segment).where(_s.name == name)).rowcount
        if gone:
            audit.note(connection, author, "delete segment", name, now=now)
    return bool(gone)


def named(name: str) -> str:
    """A name as it is kept: in small letters, single spaces. Raises Refused where it is empty, too long or has a quotation mark."""
    kept = " ".join(name.casefold().split())
    if not 0 < len(kept) <= LONGEST or any(sign in kept for sign in "\"'"):
        raise Refused(f"Write a name of at most {LONGEST} characters, without quotation marks.")
    return kept


def _meanings(connection: Connection) -> Mapping[str, str]:
    """The words of every saved group. They are few: as many as coordinators give names to."""
    return {row.name: row.described for row in connection.execute(select(_s.name, _s.described))}


def _filled(tree: Described, meanings: Mapping[str, str], within: tuple[str, ...]) -> Described:
    """The tree with what each saved group in it means. Raises Refused where one would be within itself."""
    match tree:
        case All(parts=parts) | Either(parts=parts):
            return replace(tree, parts=tuple(_filled(part, meanings, within) for part in parts))
        case Outside(part=part):
            return Outside(_filled(part, meanings, within))
        case Saved(name=name, means=None):
            if name in within:
                raise Refused(f"A segment cannot be within itself: {' > '.join((*within, name))}.")
            if name not in meanings:
                raise LookupError(name)
            return Saved(name, _filled(parse(meanings[name]), meanings, (*within, name)))
        case _:
            return tree
