"""A description read from the words of a coordinator, in Malay or English.

Read by hand, for the grammar is small and the work is in the words: of two languages, forgiving, with errors that say what
is possible. A parsing library would tell its own errors, in its own English.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from bot.segments import vocabulary as v
from bot.segments.criteria import CRITERIA
from bot.segments.cursor import Cursor
from bot.segments.described import About, Channel, Described, Everybody, bound
from bot.segments.joining import either, every, outside
from bot.segments.known import ANYTHING, Known, Table
from bot.segments.misread import NotUnderstood, alone, strange
from flows.text import T, Text

DEEPEST: Final = 20  # brackets and "not" within one another
_ALL: Final = frozenset("semua setiap all every everybody everyone".split())
_JOINING: Final = v.AND - {","}


def parse(words: str, known: Known = ANYTHING) -> Described:
    """The group that these words describe; everybody where there are no words.

    A comma joins most loosely and means "and"; then comes "or", then "and", which need not be said. Raises NotUnderstood,
    which says what could not be read, where, and what is possible; with `known`, for a name that does not exist too.
    """
    here = Cursor(words, known)
    if not here.marks:
        return Everybody()
    tree = _list(here, 0)
    if here.next is not None:
        raise NotUnderstood(T("A bracket is closed that was never opened."), here.at)
    return bound(tree)


def _list(here: Cursor, depth: int) -> Described:
    """What stands between commas."""
    parts = [_choice(here, depth)]
    while comma := here.passes(frozenset((",", ";"))):
        if here.sees(v.OR):
            raise NotUnderstood(
                T(
                    'A comma means "and". Before "or", leave the comma out, or set brackets around what belongs together.'
                ),
                here.at,
            )
        here.passes(_JOINING)
        parts.append(_choice(here, depth, after=comma))
    return every(parts)


def _choice(here: Cursor, depth: int, after: str = "") -> Described:
    """What stands between "or" and "or"."""
    parts = [_chain(here, depth, after)]
    while said := here.passes(v.OR):
        parts.append(_chain(here, depth, said))
    return either(parts)


def _chain(here: Cursor, depth: int, after: str) -> Described:
    """What is joined by "and", said or not."""
    parts = [_one(here, depth, after)]
    while here.next is not None and not here.sees(v.OR | {",", ";", ")"}):
        parts.append(_one(here, depth, here.passes(_JOINING)))
    return every(parts)


def _one(here: Cursor, depth: int, after: str) -> Described:
    """A criterion, a bracket, or "not" and one of these."""
    if depth > DEEPEST:
        raise NotUnderstood(T("This is too long, or has too many brackets. Save a part of it under a name."), here.at)
    everybody = False
    while not here.opens()[1] and here.sees(v.FILLERS):
        everybody = bool(here.passes(_ALL) or (here.passes(v.FILLERS) and everybody))
    kind, count = here.opens()
    if kind:
        said = " ".join(mark.text for mark in here.marks[here.place : here.place + count])
        here.place += count
        return CRITERIA[kind](here, said)
    if not_ := here.passes(v.NOT):
        return outside(_one(here, depth + 1, not_))
    if here.sign("("):
        within = _list(here, depth + 1)
        if not here.sign(")"):
            raise NotUnderstood(T("A bracket is not closed."), here.at)
        return within
    if (stands_alone := _alone(here)) is not None:
        return stands_alone
    if everybody and (here.next is None or here.sees(v.OR | v.AND | {";", ")"})):
        return Everybody()
    raise _strange(here, after)


def _alone(here: Cursor) -> Described | None:
    """A value that says by itself what it is of: "women", "whatsapp"; several with "or" between them."""
    made: dict[str, Callable[[tuple[str, ...]], Described]] = {
        "channel": Channel,
        "gender": lambda keys: About("gender", keys),
    }
    for what, table in v.ALONE.items():
        if here.value(table)[1]:
            return made[what](here.names("", T("answer"), table))
    return None


def _strange(here: Cursor, after: str) -> NotUnderstood:
    """Why nothing can begin here."""
    mark = here.next
    if mark is None or (not mark.quoted and mark.plain in v.AND | v.OR | {")", "=", ";"}):
        if after:
            return NotUnderstood(T('Something is missing after "{word}".', word=after), here.at)
        return NotUnderstood(T("Something is missing here."), here.at)
    for what, table in _tables(here):
        if kept := here.value(table)[0]:
            return alone(kept, mark.at, what)
    return strange(mark.text, mark.at, _beginnings(here))


def _tables(here: Cursor) -> Iterator[tuple[Text, Table]]:
    known = here.known
    yield T("district"), known.districts
    for what, table in ((T("course"), known.courses), (T("tag"), known.tags), (T("segment"), known.segments)):
        if table:
            yield what, table


def _beginnings(here: Cursor) -> Iterator[str]:
    """What may have been meant by a word that begins nothing: words of ours, and names that need one before them."""
    ours = (" ".join(phrase) for phrase in v.openers())
    firsts = (phrase[0] for phrase in v.openers())
    names = (name for _, table in _tables(here) for name in table)
    return chain(ours, firsts, v.CHANNELS, v.ABOUT["gender"], names)
