"""Questions besides lessons: surveys, polls, feedback at the end of a course, and one about herself now and then.

Nothing of a survey or a feedback is asked before she has agreed to it. Any question may be passed over, 0 and MENU leave,
and CONTINUE or SURVEY comes back to the same question.
"""

from collections.abc import Mapping
from typing import Final

from flows.course import ONE_OF
from flows.lessons import standing
from flows.lessons.asking import spelt
from flows.reading.answers import Reading
from flows.reading.keywords import Heard
from flows.session import Library, Session
from flows.states import Ask, Choice, Describe, Menu, Route, State, Tell
from flows.surveys import asked
from flows.surveys.questionnaire import AGREED_FIRST, Item, Survey, of_kind
from flows.surveys.surveying import AgreeToSurvey, EndSurvey, PutSurveyQuestion, RestartSurvey, SkipSurveyQuestion
from flows.surveys.unmarked import PASSED_OVER, kept, reads
from flows.text import T, Words, invite

MOST_LISTED: Final = 5


def is_due(session: Session, library: Library) -> bool:
    """Whether she is to be asked something about herself now that she has passed a lesson."""
    return bool(library.surveys) and asked.about_herself(session, library) is not None


def feedback(session: Session, library: Library) -> tuple[Choice, ...]:
    """The offer to say how a course was, at its end and until she has."""
    survey = of_kind(library.surveys, "feedback")
    if survey is None or asked.is_finished(session, survey, session.course):
        return ()
    return (Choice(T("Give feedback"), "survey.consent", does=(PutSurveyQuestion(survey.id, session.course),)),)


def begin(session: Session, library: Library) -> State:
    """SURVEY: the one she names, else the one she left, else the list."""
    among = ("survey.consent", "survey.question", "survey.list")
    wanted, here = library.surveys.get(session.answer.strip().lower()), asked.at(session, library)
    if here is not None and (wanted is None or wanted == here[0]):
        return Route("survey.question", among)
    if wanted is None or wanted.kind == "profile":
        return Route("survey.list", among)
    about = session.course if wanted.kind == "feedback" else ""
    return Route("survey.consent", among, (PutSurveyQuestion(wanted.id, about),))


def listed(session: Session, library: Library) -> State:
    """The surveys and polls that she has not answered yet, and how the course was that she has finished."""
    left = [each for each in library.surveys.values() if each.kind in ("survey", "poll")]
    left = [each for each in left if not asked.is_finished(session, each, "")][:MOST_LISTED]
    course = library.course(session.course)
    ended = course is not None and course.is_complete(standing.passed(session))
    choices = (
        *(Choice(each.title, "survey.consent", does=(PutSurveyQuestion(each.id, ""),)) for each in left),
        *(feedback(session, library) if ended else ()),
    )
    if not choices:
        return Tell((T("There is nothing to answer now. Thank you."),), "survey.rest")
    return Menu((invite(T("Which one would you like to answer?")),), choices)


def herself(session: Session, library: Library) -> State:
    """One question about herself, on the way from a lesson to the next."""
    among = ("survey.question", "lesson.offer")
    due = asked.about_herself(session, library)
    if due is None:
        return Route("lesson.offer", among)
    survey, item = due
    return Route("survey.question", among, (PutSurveyQuestion(survey.id, "", item.id, item.profile),))


def consent(session: Session, library: Library) -> State:
    """What is asked, why, that she need not, and who sees it: she says yes or no before anything is asked."""
    among = ("survey.next", "survey.consent", "menu.onward")
    here = asked.at(session, library)
    if here is None:
        return Route("menu.onward", among)
    survey, about, _ = here
    if asked.is_finished(session, survey, about):
        answered = tuple(item.id for item in survey.items if not item.again)
        if len(answered) < len(survey.items):
            return Route("survey.consent", among, (RestartSurvey(survey.id, about, answered),))
        done = (EndSurvey(survey.id, about),)
        return Tell((T("You have answered this already. Thank you."),), "survey.rest", done)
    if survey.kind not in AGREED_FIRST or asked.has_agreed(session, survey, about):
        return Route("survey.next", among)
    yes, no = frozenset({"yes", "consent_yes"}), frozenset({"no", "consent_no", "skip"})
    return Menu(
        survey.consent,
        (Choice(T("Yes"), "survey.agreed", means=yes), Choice(T("No"), "survey.declined", means=no)),
    )


def agreed(session: Session, library: Library) -> State:
    """Keep her consent, and ask."""
    here = asked.at(session, library)
    does = (AgreeToSurvey(here[0].id, here[0].version, here[1], agreed=True),) if here else ()
    return Route("survey.next", ("survey.next",), does)


def declined(session: Session, library: Library) -> State:
    """She would rather not: nothing is asked."""
    here = asked.at(session, library)
    does = (AgreeToSurvey(here[0].id, here[0].version, here[1], agreed=False),) if here else ()
    return Tell((T("All right. Nothing more is asked."),), "survey.rest", does)


def next_one(session: Session, library: Library) -> State:
    """The next question that she has neither answered nor passed over."""
    among = ("survey.question", "survey.done", "menu.onward")
    here = asked.at(session, library)
    if here is None:
        return Route("menu.onward", among)
    survey, about, _ = here
    item = asked.next_item(session, survey, about)
    if item is None:
        return Route("survey.done", among)
    return Route("survey.question", among, (PutSurveyQuestion(survey.id, about, item.id, item.profile),))


def question(session: Session, library: Library) -> State:
    """One question. Before the first of a poll, and about herself, it is said why."""
    among = ("survey.consent", "menu.onward")
    here = asked.at(session, library)
    if here is None or here[2] is None:
        return Route("survey.consent" if here else "menu.onward", among)
    survey, item = here[0], here[2]
    shown = tuple(option.says for option in item.question.options)
    body = (*_why(session, survey, item), item.question.asks)
    one_of = item.question.kind in ONE_OF
    return Ask(body, reads(item), "survey.marked", "survey.meant", shown, hint=item.question.hint, one_of=one_of)


def meant(session: Session, library: Library) -> State:
    """Her answer was not sure: ask back. She says yes or no, or answers anew."""
    here = asked.at(session, library)
    if here is None or here[2] is None:
        return Route("survey.question", ("survey.question",))
    item, afresh = here[2], reads(here[2])

    def understood(heard: Heard, text: str) -> Reading:
        if heard.plain == "1" or heard.intent == "yes":
            return Reading(session.meant, sure=True)
        if heard.plain == "2" or heard.intent == "no":
            return Reading("", sure=True)
        return afresh(heard, text)

    said = invite(T("Do you mean {answer}?", answer=spelt(item.question, session.meant, session.seed)))
    return Ask((said,), understood, "survey.marked", "survey.meant", (T("Yes"), T("No")), lettered=False)


def marked(session: Session, library: Library) -> State:
    """Keep her answer, whatever it is, and go on."""
    among = ("survey.question", "survey.next", "survey.thanks", "survey.over")
    here = asked.at(session, library)
    if here is None or here[2] is None or not session.answer:
        return Route("survey.question", among)
    survey, about, item = here[0], here[1], here[2]
    alone = survey.kind == "profile"
    if session.answer == PASSED_OVER:
        does = () if alone else (SkipSurveyQuestion(survey.id, about, item.id),)
        return Route("survey.over" if alone else "survey.next", among, does)
    record = kept(survey, about, item, session.answer)
    if not record:  # an edit took the option away while she was answering
        return Route("survey.question", among)
    return Route("survey.thanks" if alone else "survey.next", among, record)


def thanks(session: Session, library: Library) -> State:
    """She has told us something about herself."""
    return Tell((T("Thank you, noted."),), "survey.over")


def over(session: Session, library: Library) -> State:
    """On with the lessons."""
    here = asked.at(session, library)
    return Route("lesson.offer", ("lesson.offer",), (EndSurvey(here[0].id, here[1]),) if here else ())


def done(session: Session, library: Library) -> State:
    """The end of a survey."""
    here = asked.at(session, library)
    does = (EndSurvey(here[0].id, here[1]),) if here else ()
    return Tell((T("Thank you! Your answers are noted."),), "survey.rest", does)


def rest(session: Session, library: Library) -> State:
    """Where she rests after a survey."""
    go_on = Choice(T("Go on learning"), "menu.onward", means=frozenset({"yes", "next", "resume", "start_lesson"}))
    return Menu((), (go_on, Choice(T("Main menu"), "menu.home")))


def _why(session: Session, survey: Survey, item: Item) -> tuple[Words, ...]:
    if survey.kind == "profile":
        return (
            (invite(T("One question about you. Rather not? Send SKIP.")),)
            if asked.knows_why(session)
            else survey.consent
        )
    return survey.consent if survey.kind == "poll" and item == survey.items[0] else ()


STATES: Final[Mapping[str, Describe]] = {
    "begin": begin,
    "list": listed,
    "herself": herself,
    "consent": consent,
    "agreed": agreed,
    "declined": declined,
    "next": next_one,
    "question": question,
    "meant": meant,
    "marked": marked,
    "thanks": thanks,
    "over": over,
    "done": done,
    "rest": rest,
}
