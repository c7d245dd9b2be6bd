"""When she has gone quiet: a short message that names the course and the one next step, or the next lesson itself.

A course says when, and in which words (`flows.course.Nudges`). By default after a day of silence, on day 3 and on day 10, and
then monthly, but three in a row at most. Both halves of that hold: whoever says nothing at all hears three and then no more
until she writes; whoever only waves them off (LATER, MENU, STATUS) goes on where the days stood, and so comes to one a month.
Going on with a lesson starts the days anew.
"""

from datetime import datetime
from typing import Final, NamedTuple

from flows.course import Course, Lesson, Nudges
from flows.lessons import field
from flows.lessons.standing import is_open, up_next, where
from flows.session import Library, Session
from flows.text import Localized, T, Text, Words, filled, invite
from flows.types import NudgeAfter

QUIET_HOURS: Final = Nudges().gap(
    0
)  # a day: half of those who answer do so within the hour, and sooner a reminder only nags
ENOUGH: Final = 2  # nudges without an answer, after which a person is to ring her: more of them finish no course

USUAL_PACE: Final = 3  # lessons a week: they taught more than one, and five taught no more (Cortes et al. 2021)
WEEK: Final = 7 * 24


class Nudge(NamedTuple):
    """One way to nudge her; by its name the next one is known to be another."""

    name: str
    words: Words


def said(session: Session, library: Library, wanted: str = "") -> Nudge | None:
    """What to say to her now: the words `wanted` where her course has them, else the next in turn; never the last ones again.

    None where there is no course to go on with, and where she has heard all that come in a row.
    """
    ways = ways_to_say(session, library)
    if not ways or session.nudged >= _policy(session, library).most:
        return None
    first = next((at for at, each in enumerate(ways) if each.name == wanted), place(session) % len(ways))
    in_turn = ways[first:] + ways[:first]
    return next((each for each in in_turn if each.name != session.nudge), in_turn[0])


def ways_to_say(session: Session, library: Library) -> tuple[Nudge, ...]:
    """Every way to nudge her to go on with her lesson, in the order in which they are said."""
    course, lesson = library.held(session), _lesson(session, library)
    if course is None or lesson is None:
        return ()
    at = _named(course, lesson)
    if session.person:  # whoever has the phone reads it: no title, and the way to whom it is for
        return _numbered(*_to_a_person(at | {"person": session.person}))
    texts = _policy(session, library).texts
    if texts:
        return tuple(Nudge(name, _in_the_authors(words, course, lesson)) for name, words in texts)
    return _numbered(*_in_ours(at | {"title": lesson.title}, comes(course, lesson)))


def _in_the_authors(words: Localized, course: Course, lesson: Lesson) -> Text:
    """What the author wrote, and after it how to answer, which she may not be able to."""
    at = {"lesson": course.places.get(lesson.id, 1), "total": len(course.lessons)}
    said = filled(words, course=course.title, title=lesson.title, **at)
    return invite(T("{words} Send CONTINUE, LATER or STOP.", words=said), comes(course, lesson))


def _in_ours(at: dict[str, Words | str | int], soon: Text) -> tuple[Text, ...]:
    return (
        invite(
            T(
                '{course}: lesson {place} of {total}, "{title}", is waiting for you, 3 minutes only. '
                "Send CONTINUE, LATER or STOP.",
                **at,
            ),
            soon,
        ),
        invite(
            T(
                'One small step today? {course}, lesson {place} of {total}: "{title}". Send CONTINUE, LATER or STOP.',
                **at,
            ),
            soon,
        ),
        invite(
            T(
                'Your place is kept: {course}, lesson {place} of {total}, "{title}". Send CONTINUE, LATER or STOP.',
                **at,
            ),
            soon,
        ),
    )


def _to_a_person(hers: dict[str, Words | str | int]) -> tuple[Text, ...]:
    paper = T("Person {person}: {course}, lesson {place} of {total} is with your coordinator.", **hers)
    return (
        invite(
            T(
                "Person {person}: {course}, lesson {place} of {total} is waiting. Send PENGGUNA {person} or STOP.",
                **hers,
            ),
            paper,
        ),
        invite(
            T(
                "Person {person}: your place is kept. {course}, lesson {place} of {total}. Send PENGGUNA {person} or STOP.",
                **hers,
            ),
            paper,
        ),
    )


def _numbered(*words: Text) -> tuple[Nudge, ...]:
    """Words of ours under numbers: an author's have names that begin with a letter."""
    return tuple(Nudge(str(number), each) for number, each in enumerate(words, start=1))


def comes(course: Course, lesson: Lesson) -> Text:
    """What to say of that lesson where she cannot reply."""
    return T(
        "{course}: lesson {place} of {total} comes to you soon. The quiz is on paper with your coordinator.",
        **_named(course, lesson),
    )


def _named(course: Course, lesson: Lesson) -> dict[str, Words | str | int]:
    return {"course": course.title, "place": course.places.get(lesson.id, 1), "total": len(course.lessons)}


def hours(session: Session, library: Library, at: datetime) -> int | None:
    """After how many quiet hours she is to hear from us: as her course says where a question waits, else by her pace or the day it follows.

    None where there is no lesson to go on with.
    """
    lesson = _lesson(session, library)
    if lesson is None:
        return None
    if session.lesson == lesson.id and session.state not in RESTS:
        usual = _policy(session, library).gap(session.nudges)
        return usual if session.nudges else min(usual, library.sooner.get(session.course, usual))
    days = field.due(session, lesson, at)
    if days is not None and days > 0:
        return days * 24
    return WEEK // (session.pace or USUAL_PACE)


def first_hours(session: Session, library: Library) -> int:
    """The quiet hours before the first nudge about her lesson, were no experiment to try others."""
    return _policy(session, library).gap(0)


def place(session: Session) -> int:
    """Which nudge comes now, from 0: those she has waved off count, until she goes on with a lesson."""
    return max(session.nudged, session.nudges)


def brings_lesson(session: Session, library: Library) -> bool:
    """Whether the next lesson itself is what she should hear: she has finished one, and rests."""
    at = where(session, library)
    if session.person:  # another may hold the phone, and would answer
        return False
    return session.state in RESTS and not is_open(session, at) and _lesson(session, library) is not None


def following(session: Session, library: Library) -> tuple[NudgeAfter, ...]:
    """The next nudge after this one, if there is to be one.

    Where a course has only ENOUGH of them, one more falls due and says nothing: a person is to hear of her then.
    """
    policy = _policy(session, library)
    more = session.nudged + 1 < max(policy.most, ENOUGH + 1)
    return (NudgeAfter(policy.gap(place(session) + 1)),) if more else ()


def _policy(session: Session, library: Library) -> Nudges:
    """What her course says now, whichever version her lesson is from: an author who thinks better of it need not wait."""
    course = library.course(session.course) or library.held(session)
    return course.nudges if course else Nudges()


def _lesson(session: Session, library: Library) -> Lesson | None:
    if session.enrolment() is None or session.stopped:
        return None
    return up_next(session, library)


RESTS: Final = frozenset({"lesson.offer", "survey.question", "survey.meant", "survey.consent", "survey.rest"})
