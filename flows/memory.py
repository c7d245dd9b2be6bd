"""What a session keeps of an effect: it is what its effects add up to."""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from flows import types as f
from flows.learner.reaching import SetPreferred
from flows.learner.sharing import SetPin
from flows.session import Enrolment, Session
from flows.surveys import asked
from flows.surveys.surveying import SurveyEffect
from flows.types import Effect


def remember(session: Session, effect: Effect) -> Session:
    """The session after an effect: it is what its effects add up to."""
    keeps = _KEEPS.get(type(effect))
    return keeps(session, effect) if keeps else session


def _answered(session: Session, effect: f.RecordAnswer) -> Session:
    match effect.purpose:
        case "lesson":
            return session.but(attempt=effect.attempt, won=session.won + effect.right)
        case "placement":
            return session.but(asked=session.asked + 1, won=session.won + effect.right)
        case _:
            return session


def _written(session: Session, effect: f.KeepReply) -> Session:
    return session.but(attempt=session.attempt + 1, won=session.won + 1) if effect.kind == "open" else session


def _enrolled(session: Session, effect: f.Enrol) -> Session:
    held = session.enrolment(effect.course)
    changed = held._replace(version=effect.version) if held else Enrolment(effect.course, effect.version)
    if not effect.on_paper and session.course != effect.course:
        session = session.but(course=effect.course, lesson="", question="", attempt=0, won=0, asked=0)
    return session.with_enrolment(changed)


def _begun(session: Session, effect: f.StartLesson) -> Session:
    return session.but(lesson=effect.lesson, question="", meant="", attempt=0, won=0, asked=0)


def _put(session: Session, effect: f.PutQuestion) -> Session:
    put = session.but(question=effect.question, meant="", attempt=0, asked=session.asked + 1)
    held, named = session.enrolment(), f"{session.lesson}/{effect.question}"
    if held is None or named in held.seen:
        return put
    return put.with_enrolment(held._replace(seen=(*held.seen, named)))


def _proven(session: Session, effect: f.ProveLesson) -> Session:
    held = session.enrolment(effect.course)
    return session.with_enrolment(held._replace(proven=(*held.proven, effect.lesson))) if held else session


def _levelled(session: Session, effect: f.SetLevel) -> Session:
    held = session.enrolment(effect.course)
    return session.with_enrolment(held._replace(level=effect.level)) if held else session


def _following(session: Session, effect: f.Follow) -> Session:
    held = session.enrolment(effect.course)
    return session.with_enrolment(held._replace(began=effect.day)) if held else session


def _passed(session: Session, effect: f.PassLesson) -> Session:
    held = session.enrolment(effect.course) or Enrolment(effect.course, effect.version)
    if effect.lesson in held.passed:
        return session
    within = f"{effect.lesson}/"
    changed = held._replace(
        passed=(*held.passed, effect.lesson),
        proven=tuple([each for each in held.proven if each != effect.lesson]),
        seen=tuple([each for each in held.seen if not each.startswith(within)]),
        sent=tuple([each for each in held.sent if each != effect.lesson]),
    )
    return session.with_enrolment(changed)


_KEEPS: Final[Mapping[type, Callable[[Session, Any], Session]]] = {
    f.SetLocale: lambda session, effect: session.but(locale=effect.locale),
    f.GiveConsent: lambda session, effect: session.but(consented=True),
    f.OptOut: lambda session, effect: session.but(stopped=True),
    f.OptIn: lambda session, effect: session.but(stopped=False),
    f.SetPace: lambda session, effect: session.but(pace=effect.lessons),
    f.RecordAnswer: _answered,
    f.KeepReply: _written,
    f.Enrol: _enrolled,
    f.StartLesson: _begun,
    f.PutQuestion: _put,
    f.ProveLesson: _proven,
    f.SetLevel: _levelled,
    f.Follow: _following,
    f.PassLesson: _passed,
    f.AnswerAsker: lambda session, effect: session.but(asker=""),
    SetPreferred: lambda session, effect: session.but(prefers=effect.kind),
    SetPin: lambda session, effect: session.but(guarded=True),
    f.SetDistrict: asked.after,
    **dict.fromkeys(get_args(SurveyEffect), asked.after),
}
