"""The one verb: advance. A session, an event and a library go in; a session and what should happen come out."""

from typing import assert_never

from flows.hearing import hear, interrupted
from flows.learner import certificate, people
from flows.learner.sharing import PeopleFound, PersonAdded, PersonSwitched
from flows.lessons import calls, field, nudge, one_way, quiz, standing, task
from flows.session import Library, Session
from flows.states import PLACE, Ask, Menu
from flows.surveys import asked
from flows.trip import Trip
from flows.types import (
    Arrived,
    CertificateChecked,
    CertificateIssued,
    CertificateLacking,
    CertificatesCame,
    CertificatesFound,
    CompleteCourse,
    DayFound,
    Enrol,
    Event,
    Follow,
    NameAsked,
    PaperAsked,
    Replied,
    ReviewDue,
    Say,
    SlipEntered,
    Step,
    WentQuiet,
    WitnessChecked,
)


def advance(session: Session, event: Event, library: Library) -> Step:
    """Decide what one event leads to. The same session, event and library always lead to the same step."""
    trip = Trip(session, library, event.at)
    match event:
        case Arrived(away=away):
            trip.begin()
            trip.enter(calls.begins_at(trip.session, trip.resolve(PLACE), away))
        case Replied(text=text, late=late, wordless=wordless):
            hear(trip, trip.begin(), text, late=late, wordless=wordless)
        case WentQuiet(one_way=cannot_reply, words=wanted):
            hers_alone = not trip.session.person  # another may hold the phone, and would read her lessons
            return one_way.went_quiet(trip) if cannot_reply and hers_alone else _nudge(trip, wanted)
        case ReviewDue():
            return _review(trip, event)
        case SlipEntered():
            return _slip(trip, event)
        case WitnessChecked(verdict=verdict):
            if verdict == "confirmed":
                trip.enter("task.confirmed")
            else:
                trip.report(task.refused(event))
        case DayFound(course=course, day=day):
            trip.report(field.noted(event))
            if day:
                trip.does(Follow(course, day))
                trip.enter("field.known")
        case CertificateIssued() | CertificateLacking() | CertificateChecked() | CertificatesFound() | PaperAsked():
            trip.report(certificate.told(event, session))
        case CertificatesCame():
            return _came(session, event)
        case NameAsked(question=question, asker=asker):
            return _put(trip, "certificate.asked", asker=f"{question} {asker}")
        case PeopleFound() | PersonSwitched() | PersonAdded():
            trip.begin()
            trip.session, words, onward = people.reported(event, trip.session)
            trip.body.extend(words)
            trip.enter(onward)
        case _:
            assert_never(event)
    return trip.step()


def _nudge(trip: Trip, wanted: str) -> Step:
    """A word about the lesson that waits, which interrupts nothing; or, at rest after a lesson, the next lesson itself."""
    if nudge.brings_lesson(trip.session, trip.library):
        trip.enter("lesson.next")
        return trip.step()
    following = nudge.following(trip.session, trip.library)
    chosen = nudge.said(trip.session, trip.library, wanted)
    if chosen is None:
        return Step(trip.session, ())
    told = asked.reminded(trip.session)
    counted = told.but(nudged=told.nudged + 1, nudges=nudge.place(told) + 1, nudge=chosen.name)
    return Step(counted, (*following, Say((chosen.words,))))


def _came(session: Session, event: CertificatesCame) -> Step:
    """News of certificates, which interrupts nothing."""
    words = certificate.came(event, session) if session.consented and not session.stopped else ()
    return Step(session, (Say(words),) if words else ())


def _review(trip: Trip, event: ReviewDue) -> Step:
    """Ask a question again."""
    named = f"{event.course} {event.lesson} {event.question} {event.step}"
    return _put(trip, "review.question", review=named)


def _put(trip: Trip, name: str, **kept: str) -> Step:
    """Put to her what a state asks, unless something else waits for her answer; her place is then where she stands."""
    if trip.session.person:  # another may hold the phone, and would answer
        return Step(trip.session, ())
    if not trip.session.consented or trip.session.stopped or not _rests(trip):
        return Step(trip.session, ())
    trip.begin()
    trip.session = trip.session.but(**kept)
    trip.enter(name)
    return trip.step() if trip.session.state == name else Step(trip.session, ())


def _rests(trip: Trip) -> bool:
    """Whether nothing waits for her answer but perhaps an older review."""
    if trip.session.state.startswith("review."):
        return True
    state = trip.describe()
    return isinstance(state, Menu) and not isinstance(interrupted(trip, state), Ask)


def _slip(trip: Trip, event: SlipEntered) -> Step:
    """Answers from paper: graded and kept, and nothing is said or moved."""
    course = trip.library.course(event.course)
    if course is None:
        return Step(trip.session, ())
    if trip.session.enrolment(course.id) is None:
        trip.does(Enrol(course.id, course.version, on_paper=True))
    for each in quiz.on_paper(course, event.answers, trip.library.keywords):
        for effect in quiz.kept(each, course, "paper"):
            trip.does(effect)
    if course.is_complete(standing.passed(trip.session.but(course=course.id))):
        trip.effects.append(CompleteCourse(course.id, course.version))
    return Step(trip.session, tuple(trip.effects))
