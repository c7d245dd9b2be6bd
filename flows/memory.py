"""What a session keeps of an effect: it is what its effects add up to."""

from dataclasses import replace

from flows.session import Enrolment, Session
from flows.types import Effect, Enrol, GiveConsent, OptIn, OptOut, PassLesson, RecordAnswer, SetLocale, StartLesson


def remember(session: Session, effect: Effect) -> Session:
    """The session after an effect: it is what its effects add up to."""
    match effect:
        case SetLocale(locale=locale):
            return session._replace(locale=locale)
        case GiveConsent():
            return session._replace(consented=True)
        case OptOut():
            return session._replace(stopped=True)
        case OptIn():
            return session._replace(stopped=False)
        case Enrol(course=course, version=version):
            held = session.enrolment(course)
            changed = replace(held, version=version) if held else Enrolment(course, version)
            fresh = session if session.course == course else session._replace(lesson="", attempt=0)
            return fresh.with_enrolment(changed)
        case StartLesson(lesson=lesson):
            return session._replace(lesson=lesson, attempt=0)
        case RecordAnswer(attempt=attempt):
            return session._replace(attempt=attempt)
        case PassLesson(course=course, lesson=lesson):
            held = session.enrolment(course) or Enrolment(course, effect.version)
            if lesson in held.passed:
                return session
            return session.with_enrolment(replace(held, passed=(*held.passed, lesson)))
        case _:
            return session
