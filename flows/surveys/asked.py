"""What is remembered of the surveys she was asked: a few words in her session, pure and cheap to read.

The words of `Session.surveys`, with a space between them; `key` is a survey, or survey/course where it is about a course:

    @key/question   she is at this question        key/question   answered or passed over, while the survey goes on
    key/+           she agreed to it               key/.          finished: nothing else is kept of it
    *gender         she has told us her gender     *gender~       she was asked for it once and did not tell (~~ twice)
    #4              she had passed 4 lessons when she was last asked about herself
    !               a reminder of her lesson has come since: CONTINUE now means the lesson
"""

from collections.abc import Iterable
from typing import Final

from flows.session import Library, Session
from flows.surveys.questionnaire import Item, Survey, of_kind
from flows.surveys.surveying import (
    AgreeToSurvey,
    AnswerSurvey,
    EndSurvey,
    PutSurveyQuestion,
    RestartSurvey,
    SkipSurveyQuestion,
    SurveyEffect,
)
from flows.types import SetDistrict

EVERY: Final = 2  # lessons passed from one question about her to the next: these are courses, and no census
FIRST_AFTER: Final = 2  # lessons passed, before anything is asked about her
ENOUGH: Final = 2  # times she is asked for the same thing


def after(session: Session, effect: SurveyEffect | SetDistrict) -> Session:
    """The session once an effect has happened."""
    match effect:
        case SetDistrict():
            return _with(session, "*district", without=("*district~", "*district~~"))
        case PutSurveyQuestion(survey=survey, about=about, question=question):
            return _put(session, f"@{key_of(survey, about)}/{question}", effect)
        case AnswerSurvey(survey=survey, about=about, question=question, profile=profile):
            told = _with(session, f"{key_of(survey, about)}/{question}")
            return _with(told, f"*{profile}", without=_asked_for(profile)) if profile else told
        case SkipSurveyQuestion(survey=survey, about=about, question=question):
            return _with(session, f"{key_of(survey, about)}/{question}")
        case AgreeToSurvey(survey=survey, about=about, agreed=agreed):
            return _with(session, f"{key_of(survey, about)}/+") if agreed else _closed(session, key_of(survey, about))
        case EndSurvey(survey=survey, about=about):
            return _with(_closed(session, key_of(survey, about)), f"{key_of(survey, about)}/.")
        case RestartSurvey(survey=survey, about=about, answered=answered):
            key = key_of(survey, about)
            return _with(_closed(session, key), f"@{key}/", *(f"{key}/{each}" for each in answered))


def key_of(survey: str, about: str) -> str:
    """How a survey is named here, with the course it is about."""
    return f"{survey}/{about}" if about else survey


def at(session: Session, library: Library) -> tuple[Survey, str, Item | None] | None:
    """The survey she is in, the course it is about, and the question she is at; None where she is in none that exists."""
    word = next((each for each in session.surveys.split() if each[0] == "@"), "")
    key, _, question = word[1:].rpartition("/")
    name, _, about = key.partition("/")
    survey = library.surveys.get(name)
    return (survey, about, survey.by_id.get(question)) if survey else None


def waits(session: Session, library: Library) -> bool:
    """Whether CONTINUE leads back to a survey: she left one in the middle, and nothing has asked for her lesson since."""
    if "@" not in session.surveys or "!" in session.surveys.split():
        return False
    here = at(session, library)
    return here is not None and here[0].kind != "profile" and session.place.partition(".")[0] in ("survey", "menu")


def reminded(session: Session) -> Session:
    """The session after a reminder of her lesson."""
    return _with(session, "!") if "@" in session.surveys else session


def has_agreed(session: Session, survey: Survey, about: str) -> bool:
    """Whether she said yes to being asked."""
    return f"{key_of(survey.id, about)}/+" in session.surveys.split()


def is_finished(session: Session, survey: Survey, about: str) -> bool:
    """Whether she has come to its end."""
    return f"{key_of(survey.id, about)}/." in session.surveys.split()


def next_item(session: Session, survey: Survey, about: str) -> Item | None:
    """The next question she has neither answered nor passed over; what she told us of herself before is not asked again."""
    known, key = frozenset(session.surveys.split()), key_of(survey.id, about)
    for item in survey.items:
        told = item.profile and not known.isdisjoint((f"*{item.profile}", f"*{item.profile}{'~' * ENOUGH}"))
        if f"{key}/{item.id}" not in known and not told:
            return item
    return None


def about_herself(session: Session, library: Library) -> tuple[Survey, Item] | None:
    """The one question about herself to ask now, after a lesson; None where it is not the time, or nothing is left to ask.

    What was never asked comes first, then what she passed over once.
    """
    survey = of_kind(library.surveys, "profile")
    done = lessons_passed(session)
    if survey is None or done < FIRST_AFTER:
        return None
    known = session.surveys.split()
    if any(each[0] == "#" and int(each[1:]) + EVERY > done for each in known):
        return None
    for skips in ("", "~"):
        for item in survey.items:
            words = [each for each in known if each.rstrip("~") == f"*{item.profile}"]
            if words == ([f"*{item.profile}{skips}"] if skips else []):
                return survey, item
    return None


def knows_why(session: Session) -> bool:
    """Whether she was asked about herself before, and so was told why we ask.

    Her district does not count: she may have sent it of her own accord.
    """
    return sum(each[0] == "*" and each != "*district" for each in session.surveys.split()) > 1


def lessons_passed(session: Session) -> int:
    """How many lessons she has passed, in all courses."""
    return sum(len(each.passed) for each in session.enrolments)


def _put(session: Session, word: str, effect: PutSurveyQuestion) -> Session:
    old = [each for each in session.surveys.split() if each[0] in "@!"]
    if not effect.profile:
        return _with(session, word, without=old)
    # Counted when it is asked, so that one who says nothing to it is not asked for ever.
    asked = _asked_for(effect.profile)
    times = next((place for place, each in enumerate(asked, 1) if each in session.surveys.split()), 0)
    old += [*asked, *(each for each in session.surveys.split() if each[0] == "#")]
    counted = asked[min(times, ENOUGH - 1)]
    return _with(session, word, counted, f"#{lessons_passed(session)}", without=old)


def _asked_for(profile: str) -> tuple[str, ...]:
    return tuple(f"*{profile}{'~' * times}" for times in range(1, ENOUGH + 1))


def _closed(session: Session, key: str) -> Session:
    """Nothing is open, and nothing is kept of this survey."""
    words = session.surveys.split()
    return _with(session, without=[each for each in words if each[0] in "@!" or each.rpartition("/")[0] == key])


def _with(session: Session, *words: str, without: Iterable[str] = ()) -> Session:
    gone = frozenset((*without, *words))
    kept = [each for each in session.surveys.split() if each not in gone]
    return session.but(surveys=" ".join((*kept, *words)))
