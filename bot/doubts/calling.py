"""Whom to ring, what to ask her, and what came of the call."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update

from bot import codes
from bot.doubts import known
from bot.doubts.looking import raise_doubt
from bot.doubts.rules import Doubt, Try, asked_to_know
from bot.doubts.sampling import place
from bot.doubts.settling import Refused, may_decide, not_her_own
from bot.store import audit, tables as t
from bot.store.addresses import latest_first, reaches
from bot.store.database import Store
from flows.course import Course, Question
from flows.session import Library

OUTCOMES: Final = ("confirmed", "doubtful", "no-answer")
TO_ASK: Final = 2  # questions
DOUBTFUL: Final = 80  # the score of a call that did not sound right: a person has heard it

_c, _s, _a = t.certificate.c, t.sampled.c, t.address.c


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. It holds personal data: whoever prints it keeps it as such."""

    code: str
    number: str | None  # none where she has stopped our messages, or WhatsApp gives no number: somebody goes there
    name: str | None
    course: str  # its title in Malay
    attested_by: str | None
    why: str  # lot, doubt
    tries: int
    asks: tuple[tuple[str, str], ...]  # questions she knew at once, and what is right; in Malay


def calls(store: Store, library: Library, since: datetime, course: str | None = None) -> list[Call]:
    """Everybody who was drawn and has not been spoken with, of certificates issued since then, the first issued first."""
    query = (
        select(t.certificate, _s.why, _s.tries, _s.seed)
        .join(t.sampled, _s.certificate_id == _c.id)
        .where(_s.outcome.is_(None), _c.revoked_at.is_(None), _c.issued_at >= since)
        .order_by(_c.id)
    )
    rows = store.look(query.where(_c.course == course) if course else query)
    return [_call(store, library, row) for row in rows]


def called(store: Store, code: str, outcome: str, said: str, who: str, *, now: datetime) -> None:
    """Keep what came of a call. Nobody answered: she stays on the list. Doubtful: what she said becomes a doubt of its own.

    Raises Refused where she was not drawn, somebody has spoken with her, or the caller vouched for her.
    """
    name = may_decide(store, who)
    with store.begin() as connection:
        query = select(t.certificate, _s.outcome).outerjoin(t.sampled, _s.certificate_id == _c.id)
        found = connection.execute(query.where(_c.code == code)).one_or_none()
        if found is None:
            raise Refused(f"There is no certificate {codes.written(code)}.")
        not_her_own(found, name)
        heard: dict[str, Any] = {"called_by": name, "called_at": now, "tries": _s.tries + 1}
        if outcome != "no-answer":
            heard["outcome"] = outcome
        mine = update(t.sampled).where(_s.certificate_id == found.id, _s.outcome.is_(None)).values(heard)
        if not connection.execute(mine).rowcount:
            why = (
                f"she was {found.outcome} already" if found.outcome else "she was not drawn: titian certificates sample"
            )
            raise Refused(f"{codes.written(code)} is not to be rung: {why}.")
        if outcome == "doubtful":
            raise_doubt(connection, found.id, Doubt("call", DOUBTFUL, {"said": said[:200]}), now=now)
        told = json.dumps({"code": code, "outcome": outcome}, ensure_ascii=False)
        audit.note(connection, name, "call about certificate", told, now=now)


def _call(store: Store, library: Library, row: Row[Any]) -> Call:
    course = library.course(row.course)
    tries = known.tries(store, [row.learner_id], row.course)[row.learner_id] if course else ()
    asks = tuple(_asks(course, tries, row.seed, row.id)) if course else ()
    title = json.loads(row.title).get("ms", row.course)
    return Call(
        codes.written(row.code),
        _number(store, row.learner_id),
        row.name,
        title,
        row.attested_by,
        row.why,
        row.tries,
        asks,
    )


def _asks(course: Course, tries: Iterable[Try], seed: str, certificate_id: int) -> list[tuple[str, str]]:
    """Two questions that she knew at once, drawn as she was, where the course still has them."""
    knew = [question for each in asked_to_know(tuple(tries)) if (question := _question(course, each))]
    knew.sort(key=lambda question: place(f"{seed}/{certificate_id}/{question.id}", 0))
    return [(each.asks.within("ms"), _right(each)) for each in knew[:TO_ASK]]


def _question(course: Course, asked: Try) -> Question | None:
    lesson = course.by_id.get(asked.lesson)
    return next((each for each in lesson.bank if each.id == asked.question), None) if lesson else None


def _right(question: Question) -> str:
    """What is right, in words: for the person who asks."""
    if not question.options:
        return question.right_answer
    right = [option for option in question.options if option.right] or question.options
    return "; ".join(option.says.within("ms") for option in right)


def _number(store: Store, learner_id: int) -> str | None:
    hers = select(_a.identifier).where(reaches(learner_id), _a.identifier.like("+%"), _a.opted_out_at.is_(None))
    found = store.look(hers.order_by(*latest_first()).limit(1))
    return found[0].identifier if found else None
