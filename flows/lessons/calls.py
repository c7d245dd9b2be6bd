"""A call that drops: whether it left a question open, what an SMS says of it, and where the next call begins."""

from datetime import timedelta
from typing import Final

from flows.lessons.standing import up_next
from flows.session import Library, Session
from flows.states import PLACE
from flows.text import T, Words, invite

SAME_CALL: Final = timedelta(minutes=10)  # who dials again so soon lost the network, and is shown the very same screen
DROPPED_AFTER: Final = timedelta(minutes=3)  # without a key: by then the network has ended every call

HOME: Final = "menu.home"
RETURNED: Final = "menu.returned"
NOT_ASKING: Final = frozenset({"lesson.offer", "lesson.done"})  # states of a lesson that wait, but for no answer


def begins_at(session: Session, place: str, away: timedelta | None) -> str:
    """The state in which a call begins: her place, or after a while the question whether to go on there.

    That is asked of a learner who has agreed and has a place of her own; the main menu has going on in it already.
    """
    asks = session.consented and not session.stopped and place not in (HOME, "menu.onward")
    return RETURNED if asks and away is not None and away > SAME_CALL else PLACE


def is_open(session: Session, library: Library) -> bool:
    """Whether a call that ends now ends in the middle of a lesson's question."""
    return session.state.startswith("lesson.") and session.state not in NOT_ASKING and bool(said(session, library))


def said(session: Session, library: Library) -> tuple[Words, ...]:
    """What to say of the call that dropped; nothing where there is no question to go on with.

    It names no code to dial, for we know none, and does not ask for an answer to itself: where SMS goes one way only,
    dialling again is the way on.
    """
    course = library.course(session.course)
    if course is None or session.enrolment() is None or session.stopped or not session.consented:
        return ()
    lesson = up_next(session, library)
    if lesson is None:
        return ()
    at: dict[str, Words | str | int] = {
        "course": course.title,
        "place": course.place_of(lesson),
        "total": len(course.lessons),
    }
    return (
        invite(
            T(
                "{course}: your call ended at lesson {place} of {total}. Your answers are safe. Dial again or send CONTINUE.",
                **at,
            ),
            T("{course}: your call ended at lesson {place} of {total}. Your answers are safe. Dial again.", **at),
        ),
    )
