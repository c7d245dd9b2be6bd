"""Something to do at home or in the plot: done when a witness or coordinator who has seen it gives a code."""

import re
from collections.abc import Mapping
from typing import Final

from flows.lessons.standing import waits_for_witness, where
from flows.reading.answers import Reading
from flows.reading.keywords import Heard
from flows.session import Library, Session
from flows.states import Ask, Describe, Route, State, Tell
from flows.text import T, Words, invite
from flows.types import CheckWitness, PassLesson, WitnessChecked

_CODE: Final = re.compile(r"(?:(?:kod|code|saksi|witness) )?(\d{4}) ?(\d{4})")


def do(session: Session, library: Library) -> State:
    """What to do, and whom to show it."""
    return _waiting(session, library, said=True)


def wait(session: Session, library: Library) -> State:
    """A code is being looked up; the verdict follows."""
    return _waiting(session, library, said=False)


def checking(session: Session, library: Library) -> State:
    """Look the code up."""
    among = ("task.wait", "lesson.resume")
    at = where(session, library)
    if at is None:
        return Route("lesson.resume", among)
    return Route("task.wait", among, (CheckWitness(session.answer, at[0].id, at[1].id),))


def confirmed(session: Session, library: Library) -> State:
    """A witness has seen it: the lesson is passed."""
    at = where(session, library)
    if at is None:
        return Route("lesson.resume", ("lesson.resume", "lesson.onward"))
    course, lesson, _ = at
    explained = (lesson.task.because,) if lesson.task else ()
    return Tell(
        (T("Confirmed. Well done!"), *explained), "lesson.onward", (PassLesson(course.id, course.version, lesson.id),)
    )


def refused(event: WitnessChecked) -> tuple[Words, ...]:
    """Why a code was not taken."""
    if event.verdict == "used":
        return (T("This code has been used. Ask your witness for a new one."),)
    return (T("I do not know this code. Look at it once more, or ask your witness."),)


def _waiting(session: Session, library: Library, *, said: bool) -> State:
    at = where(session, library)
    task = at[1].task if at else None
    if at is None or task is None or not waits_for_witness(session, at[1]):
        return Route("lesson.next", ("lesson.next",))
    how = invite(T("When a witness has seen it, send the code from the witness. Later: SKIP."))
    return Ask(
        body=(task.asks, how) if said else (), reads=_code, next="task.checking", hint=task.hint, back="lesson.before"
    )


def _code(heard: Heard, text: str) -> Reading:
    """A witness's code: eight digits, with or without a hyphen, with or without KOD before it."""
    code = _CODE.fullmatch(heard.plain)
    return Reading(code[1] + code[2], sure=True) if code else Reading()


STATES: Final[Mapping[str, Describe]] = {"do": do, "wait": wait, "checking": checking, "confirmed": confirmed}
