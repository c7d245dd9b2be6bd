"""The laws of the machine: she is always answered, always somewhere known, and never remembered at greater length."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings, strategies as st

from flows.course import Question
from flows.lessons.calls import RETURNED
from flows.lessons.nudge import brings_lesson
from flows.machine import advance
from flows.registry import ANYWHERE, OPEN, START, STATES
from flows.session import Enrolment, Session
from flows.states import PLACE, Ask, Menu, Route, State, Tell
from flows.text import alike
from flows.types import Arrived, GiveConsent, OptOut, Replied, Step, WentQuiet
from tests.builders import NOW, course, everywhere, library, phrases, said, says, survey, without

SMALL = library(course("kursus1", "satu1"))
TWO = library(course("kursus1", "satu1", "dua2"), course("kursus2", "tiga3"))
TASK = Question("buat", alike("Buat."), (), alike("Bagus."), kind="task")
RICH = library(
    replace(
        SMALL.courses["kursus1"],
        lessons=tuple(replace(each, task=TASK, day=3) for each in SMALL.courses["kursus1"].lessons),
        follows=alike("Bila?"),
        placement=(("satu1", "satu1-1"),),
    )
)
SURVEYED = replace(
    SMALL, surveys={each.id: each for each in (survey(), survey("ulas", "feedback"), survey("diri", "profile"))}
)
# What no state leads to, since an event does.
BY_EVENTS = {START, RETURNED, "task.confirmed", "field.known", "review.question", "certificate.asked"}
STOPS = ("STOP", "Batal", "berhenti!", "STOP ALL bah")
# Enough to come to every state: answers, wrong answers, words for every aside, nonsense.
TEXTS = (
    "1",
    "2",
    "a",
    "b",
    "setuju",
    "stop",
    "mula",
    "menu",
    "info",
    "bm",
    "masa",
    "ranau",
    "daerah",
    "padam",
    "sijil",
    "nanti",
    "zzz",
)
ANY_TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from([phrase for spoken in phrases().values() for phrase in spoken]),
    st.sampled_from("0123456789abcde"),
)


@cache
def walked() -> tuple[tuple[Session, str, Step], ...]:
    """Every step from every session that can be reached in a small course."""
    return tuple(everywhere(SMALL, texts=TEXTS))


@cache
def reached() -> tuple[Session, ...]:
    """Every session that can be reached in it."""
    return tuple({session: None for session, _, _ in walked()})


@cache
def sessions() -> tuple[Session, ...]:
    """A session at every state that can be reached, and at every state at all, before consent, after it and after STOP."""
    met = dict.fromkeys(reached())
    passed = Enrolment("kursus1", "v1", ("satu1",))
    for name in STATES:
        here = Session(
            state=name,
            consented=True,
            course="kursus1",
            lesson="satu1",
            question="satu1-1",
            review="kursus1 satu1 satu1-1 0",
            place="lesson.question",
            answer="two",
        )
        met |= dict.fromkeys(
            [here, here._replace(enrolments=(passed,)), here._replace(attempt=1), here._replace(lesson="gone")]
        )
        met |= dict.fromkeys(
            [here._replace(stopped=True), here._replace(consented=False, place=""), Session(state=name)]
        )
        asked = here._replace(surveys="@tinjau/pilih", enrolments=(passed,))
        met |= dict.fromkeys([asked, asked._replace(answer="yes"), asked._replace(answer="yes", surveys="@diri/pilih")])
        begun = Enrolment("kursus1", "v1")
        met |= dict.fromkeys(
            [here._replace(enrolments=(each,)) for each in (begun, begun._replace(proven=("satu1",)))]
            + [here._replace(enrolments=(begun,), question="gone"), here._replace(enrolments=(begun,), lesson="")]
        )
    return tuple(met)


def described() -> Iterator[tuple[str, State]]:
    for session in sessions():
        for books in (SMALL, TWO, RICH, SURVEYED, without(SMALL, course="kursus1"), without(SMALL, lesson="satu1")):
            if session.state in STATES and (books.courses or session.state != "onboarding.first_course"):
                yield session.state, STATES[session.state](session, books)


def targets(state: State) -> set[str]:
    match state:
        case Menu(choices=choices, back=back):
            return {choice.next for choice in choices} | {back}
        case Ask(next=following, unsure=unsure, back=back):
            return {following, unsure, back} - {""}
        case Tell(next=following):
            return {following} - {""}
        case Route(next=following, among=among):
            return {following, *among}


def is_answered(step: Step, within=SMALL) -> bool:
    """Whether the step says something in words, and leaves her at a state there is."""
    say = said(step)
    return bool(say.body or say.choices) and step.session.state in STATES


# --- whatever she sends ---------------------------------------------------------------------------------------------


def test_wherever_she_is_and_whatever_she_sends_there_is_an_answer_in_words():
    assert [(session, text) for session, text, step in walked() if not is_answered(step)] == []


@settings(max_examples=80, deadline=None)
@given(st.lists(ANY_TEXT, max_size=12), st.sampled_from([SMALL, TWO]))
def test_whatever_a_stranger_writes_she_is_answered(texts, books):
    session = Session()
    for text in texts:
        step = advance(session, Replied(text, NOW), books)
        session = step.session

        assert is_answered(step)


@settings(max_examples=80, deadline=None)
@given(st.data(), ANY_TEXT)
def test_whatever_she_sends_from_any_place_she_is_answered(data, text):
    session = data.draw(st.sampled_from(sessions()))

    assert is_answered(advance(session, Replied(text, NOW), SMALL))


def test_who_dials_is_answered_wherever_she_was():
    assert [session for session in sessions() if not is_answered(advance(session, Arrived(NOW), SMALL))] == []


def test_the_same_session_event_and_library_lead_to_the_same_step():
    assert all(
        advance(session, Replied(text, NOW), SMALL).session == step.session for session, text, step in walked()[:500]
    )


@pytest.mark.parametrize("text", STOPS)
def test_stop_is_heard_in_every_state_even_the_first_and_in_an_aside(text):
    steps = [advance(session, Replied(text, NOW), SMALL) for session in (Session(), *sessions())]

    assert [step.session for step in steps if not step.session.stopped or OptOut() not in step.effects] == []
    assert {step.session.state for step in steps} == {"optout.stopped"}


def test_after_stop_nothing_but_coming_back_moves_her_and_nothing_is_agreed_to():
    moved = [
        (text, step)
        for session, text, step in walked()
        if session.stopped
        and step.session.stopped
        and (step.session.enrolments, step.session.consented) != (session.enrolments, session.consented)
    ]

    assert moved == []


def test_no_word_at_all_leads_past_the_question_of_consent():
    """She agrees where she is asked, or with SETUJU after she was asked and declined; a keyword opens no lesson."""
    before = [(session, step) for session, _, step in walked() if not session.consented]
    agreed = [(session, step) for session, step in before if step.session.consented]
    asked = {"onboarding.consent", "onboarding.declined"}

    assert agreed
    assert [session for session, _ in agreed if session.state not in asked and session.place not in asked] == []
    assert [session for session, step in agreed if GiveConsent() not in step.effects] == []
    rooms = {step.session.state.partition(".")[0] for _, step in before if not step.session.consented}
    assert rooms <= OPEN


@pytest.mark.parametrize("text", [spoken[0] for intent, spoken in phrases().items() if intent in ANYWHERE])
def test_no_keyword_skips_consent(text):
    for state in ("", "onboarding.hello", "onboarding.declined"):
        step = says(Session(state=state), text, within=SMALL)

        assert step.session.consented is (text == "setuju" and state == "onboarding.declined")
        assert step.session.enrolments == () or step.session.consented


# --- what is remembered ---------------------------------------------------------------------------------------------


def test_every_session_comes_back_from_json_as_it_was():
    assert [session for session in sessions() if Session.from_json(session.to_json()) != session] == []


def test_a_session_written_by_a_newer_version_can_still_be_read():
    assert Session.from_json('{"state":"menu.home","mood":"good"}') == Session(state="menu.home")


def test_a_session_is_no_longer_after_500_messages_than_after_ten():
    """It depends on the courses she follows, never on her history."""
    session, lengths = says(Session(), "hai", "1", "1", within=TWO).session, []
    for turn in range(500):
        session = says(session, ("zzz", "info", "menu", "1", "c")[turn % 5], within=TWO).session
        lengths.append(len(session.to_json()))

    assert max(lengths[10:]) == max(lengths[:10])


# --- the picture ----------------------------------------------------------------------------------------------------


def test_every_state_that_is_led_to_exists():
    led = {target for _, state in described() for target in targets(state)} | set(ANYWHERE.values())

    assert led - set(STATES) - {PLACE} == set()


def test_every_state_is_led_to():
    led = (
        {target for _, state in described() for target in targets(state)}
        | set(ANYWHERE.values())
        | BY_EVENTS
        | {"quiz.marked"}
    )

    assert set(STATES) - led == set()


def test_a_state_that_only_decides_leads_nowhere_but_where_it_says():
    strays = [
        (name, state.next)
        for name, state in described()
        if isinstance(state, Route) and state.next not in (state.among or (state.next,))
    ]

    assert strays == []


def test_every_loop_waits():
    """Without a state that waits, a message would go round for ever."""
    passing: dict[str, set[str]] = {}
    for session in sessions():
        for books in (SMALL, TWO, RICH, SURVEYED, without(SMALL, course="kursus1"), without(SMALL, lesson="satu1")):
            try:
                advance(session._replace(state="", place=session.state), Arrived(NOW), books)
            except RuntimeError as error:
                passing.setdefault(str(error), set()).add(session.state)

    assert passing == {}


# --- silence --------------------------------------------------------------------------------------------------------


def test_a_reminder_names_the_lesson_that_going_on_leads_to():
    for session in reached():
        reminder = advance(session, WentQuiet(NOW), TWO)
        if not reminder.effects:
            continue
        (words, *more) = said(reminder).body
        if more:  # she is at rest: the lesson itself has come
            assert reminder.session.state == "lesson.question"
            continue
        onward = says(reminder.session, "sambung", within=TWO)
        named = dict(words.places)["title"]

        assert onward.session.lesson in {
            each.id for each in TWO.courses[onward.session.course].lessons if each.title == named
        }


def test_she_is_reminded_three_times_and_then_left_in_peace_until_she_writes():
    session = says(Session(), "hai", "1", "1", within=SMALL).session
    hours = []
    for _ in range(3):
        step = advance(session, WentQuiet(NOW), SMALL)
        hours += [effect.hours for effect in step.effects if hasattr(effect, "hours")]
        session = step.session

    assert hours == [48, 168]
    assert says(session, "zzz", within=SMALL).session.nudged == 0


def test_a_reminder_moves_nothing():
    for session in sessions():
        step = advance(session, WentQuiet(NOW), SMALL)

        if not brings_lesson(session, SMALL):
            counted = {"nudged": session.nudged, "nudges": session.nudges, "nudge": session.nudge}
            assert step.session._replace(**counted) == session


def test_who_has_stopped_is_not_reminded():
    assert [s for s in sessions() if s.stopped and advance(s, WentQuiet(NOW), SMALL).effects] == []
