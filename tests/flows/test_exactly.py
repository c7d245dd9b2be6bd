"""Steps to the last field: what the smaller flows say and ask for, so that no word of theirs can change unseen."""

from dataclasses import replace

import pytest

from flows.course import Nudges, Option, Question
from flows.lessons import nudge, task
from flows.machine import advance
from flows.session import Enrolment, Session
from flows.text import T, alike
from flows.types import (
    CompleteCourse,
    DayFound,
    Enrol,
    FindDay,
    KeepReply,
    NudgeAfter,
    PassLesson,
    RecordAnswer,
    ReviewAfter,
    ReviewDue,
    Say,
    SlipEntered,
    WentQuiet,
    WitnessChecked,
)
from tests.builders import NOW, course, library, said, says

COURSE = course("kursus1", "satu1", "dua2")
BOOKS = library(COURSE)
TITLE = COURSE.title


def begun(books=BOOKS) -> Session:
    return says(Session(), "hai", "1", "setuju", within=books).session


# --- slips ----------------------------------------------------------------------------------------------------------


def test_a_slip_of_somebody_new_enrols_her_grades_every_answer_and_completes_the_course():
    step = advance(Session(consented=True, state="menu.home"), SlipEntered("kursus1", "1B 2B", NOW), BOOKS)

    assert step.effects == (
        Enrol("kursus1", "v1", on_paper=True),
        RecordAnswer("kursus1", "v1", "satu1", "satu1-1", "two", True, 1, "paper"),
        PassLesson("kursus1", "v1", "satu1"),
        RecordAnswer("kursus1", "v1", "dua2", "dua2-1", "two", True, 1, "paper"),
        PassLesson("kursus1", "v1", "dua2"),
        CompleteCourse("kursus1", "v1"),
    )
    assert step.session == Session(
        consented=True, state="menu.home", enrolments=(Enrolment("kursus1", "v1", ("satu1", "dua2")),)
    )


def test_a_slip_with_a_wrong_and_an_unclear_answer_keeps_both_and_passes_neither():
    enrolled = Session(consented=True, course="kursus1", enrolments=(Enrolment("kursus1", "v1"),))
    step = advance(enrolled, SlipEntered("kursus1", "1A 2E", NOW), BOOKS)

    assert step.effects == (
        RecordAnswer("kursus1", "v1", "satu1", "satu1-1", "one", False, 1, "paper"),
        KeepReply("kursus1", "v1", "dua2", "dua2-1", "unread", "e"),
    )


def test_a_slip_for_a_course_that_is_gone_or_a_lesson_there_is_not_does_nothing():
    enrolled = Session(consented=True, enrolments=(Enrolment("kursus1", "v1"),))

    assert advance(enrolled, SlipEntered("gone", "1B 2B", NOW), BOOKS).effects == ()
    assert advance(enrolled, SlipEntered("kursus1", "8B 9B", NOW), BOOKS).effects == ()


def test_a_lesson_with_a_pass_mark_of_two_or_a_task_is_not_passed_by_one_answer_on_paper():
    hard = replace(COURSE.lessons[0], pass_mark=2)
    tasked = replace(COURSE.lessons[1], task=Question("buat", alike("Buat."), (), alike("Bagus."), kind="task"))
    books = library(replace(COURSE, lessons=(hard, tasked)))
    step = advance(Session(consented=True), SlipEntered("kursus1", "1B 2B", NOW), books)

    assert [effect for effect in step.effects if isinstance(effect, PassLesson)] == []


# --- nudges ---------------------------------------------------------------------------------------------------------


def test_a_nudge_names_the_course_the_lesson_and_its_place_and_the_ways_to_answer():
    step = advance(begun(), WentQuiet(NOW), BOOKS)
    (words,) = said(step).body

    assert words.msgid == (
        '{course}: lesson {place} of {total}, "{title}", is waiting for you, 3 minutes only. '
        "Send CONTINUE, LATER or STOP."
    )
    assert dict(words.places) == {"course": TITLE, "place": 1, "total": 2, "title": COURSE.lessons[0].title}
    assert step.effects[0] == NudgeAfter(48)


def test_the_gaps_between_nudges_are_a_day_two_days_and_a_week():
    assert (nudge.QUIET_HOURS, Nudges().gaps) == (24, (24, 48, 168))


# --- reviews --------------------------------------------------------------------------------------------------------


def reviewed(answer: str, step: int = 0):
    rests = says(begun(), "B", within=BOOKS).session
    asked = advance(rests, ReviewDue("kursus1", "satu1", "satu1-1", step, NOW), BOOKS)
    return asked, says(asked.session, answer, within=BOOKS)


def test_a_review_leaves_her_where_she_was_and_says_what_the_lesson_says():
    asked, answered = reviewed("B", 1)

    assert (asked.session.state, asked.session.place) == ("review.question", "lesson.offer")
    assert asked.session.review == "kursus1 satu1 satu1-1 1"
    assert said(answered).body == (
        T("Correct! You still remember it."),
        COURSE.lessons[0].bank[0].because,
    )
    assert ReviewAfter("kursus1", "satu1", "satu1-1", 21, 2) in answered.effects
    assert answered.session.state == "about.aside"


def test_a_review_answered_wrongly_shows_the_answer_in_her_language():
    _, answered = reviewed("A", 3)
    told, because = said(answered).body

    assert told.msgid == "The answer: {answer}."
    assert dict(told.places)["answer"].words == (("ms", "satu1 kedua-dua"), ("en", "satu1 two"))
    assert because == COURSE.lessons[0].bank[0].because
    assert RecordAnswer("kursus1", "v1", "satu1", "satu1-1", "one", False, 1, "review") in answered.effects


def test_a_review_that_is_not_sure_is_asked_back_and_no_puts_it_again():
    truth = Question(
        "b",
        alike("Benar?"),
        (Option("true", alike("Betul"), right=True), Option("false", alike("Salah"))),
        alike("ya"),
        kind="truth",
    )
    books = library(replace(COURSE, lessons=(replace(COURSE.lessons[0], bank=(truth,)), COURSE.lessons[1])))
    rests = says(begun(books), "betul", within=books).session
    asked = advance(rests, ReviewDue("kursus1", "satu1", "b", 0, NOW), books).session
    back = says(asked, "au", within=books)

    assert back.session.state == "review.meant"
    assert not any(isinstance(effect, RecordAnswer) for effect in back.effects)
    assert says(back.session, "tidak", within=books).session.state == "review.question"
    assert says(back.session, "ya", within=books).session.state == "about.aside"


# --- tasks and days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("used", "This code has been used. Ask your witness for a new one."),
        ("unknown", "I do not know this code. Look at it once more, or ask your witness."),
    ],
)
def test_why_a_code_is_not_taken_is_said_in_words(verdict, words):
    assert task.refused(WitnessChecked(verdict, NOW)) == (T(words),)


def test_a_confirmed_task_is_praised_and_explained():
    made = replace(COURSE.lessons[0], task=Question("buat", alike("Buat."), (), alike("Bagus."), kind="task"))
    books = library(replace(COURSE, lessons=(made, COURSE.lessons[1])))
    waits = says(begun(books), "B", within=books)
    sent = says(waits.session, "1234 5678", within=books)
    step = advance(sent.session, WitnessChecked("confirmed", NOW), books)

    todo, how = said(waits).body[-2:]
    assert todo == alike("Buat.")
    assert how.msgid == "When a witness has seen it, send the code from the witness. Later: SKIP."
    assert said(step).body[:2] == (T("Confirmed. Well done!"), alike("Bagus."))
    assert step.effects[0] == PassLesson("kursus1", "v1", "satu1")


DAYS = [
    ("1/1", "01-01"),
    ("31.12", "12-31"),
    ("5-7", "07-05"),
    ("9 mac", "03-09"),
    ("9 March", "03-09"),
    ("1 Mei", "05-01"),
    ("1 may 2027", "05-01"),
    ("2 ogos", "08-02"),
    ("2nd august", "08-02"),
    ("3 okt", "10-03"),
    ("3 oct", "10-03"),
    ("4 Disember.", "12-04"),
    ("4 dec", "12-04"),
    ("6 jun", "06-06"),
    ("6 julai", "07-06"),
    ("7hb sept", "09-07"),
    ("8 nov", "11-08"),
    ("8 feb", "02-08"),
    ("8 april", "04-08"),
    ("semalam", "yesterday"),
    ("tomorrow", "tomorrow"),
]


def planted():
    return library(replace(COURSE, follows=alike("Bila anda tanam?")))


@pytest.mark.parametrize(("reply", "words"), DAYS)
def test_every_way_to_write_a_day(reply, words):
    assert FindDay("kursus1", words) in says(begun(planted()), reply, within=planted()).effects


@pytest.mark.parametrize("reply", ["32/1", "0/5", "5/13", "5/0", "15 hari", "15", "bulan depan", "15/12/26/1"])
def test_what_is_no_day_is_not_taken_for_one(reply):
    step = says(begun(planted()), reply, within=planted())

    assert not any(isinstance(effect, FindDay) for effect in step.effects)
    assert step.session.state == "field.ask"


def test_a_day_that_was_understood_is_said_back():
    asked = says(begun(planted()), "15/12", within=planted())
    step = advance(asked.session, DayFound("kursus1", "2026-12-15", "15/12/2026", NOW), planted())

    assert said(step).body[0] == T("Noted: {day}. The lessons come when you need them.", day="15/12/2026")
    assert step.session.enrolment().began == "2026-12-15"


# --- placement ------------------------------------------------------------------------------------------------------


def test_an_answer_of_the_placement_is_kept_as_such_and_moves_on_without_a_verdict():
    books = library(replace(COURSE, placement=(("satu1", "satu1-1"), ("dua2", "dua2-1"))))
    session = begun(books)
    step = says(session, "A", within=books)

    assert session.state == "placement.question"
    assert RecordAnswer("kursus1", "v1", "satu1", "satu1-1", "one", False, 1, "placement") in step.effects
    assert said(step).body == (COURSE.lessons[1].bank[0].asks,)
    assert (step.session.asked, step.session.won) == (1, 0)


def test_nothing_is_sent_for_a_silence_where_there_is_no_course():
    assert advance(Session(consented=True, state="menu.home"), WentQuiet(NOW), BOOKS).effects == ()
    assert not [
        effect for effect in advance(begun(), WentQuiet(NOW), library(course("x1"))).effects if isinstance(effect, Say)
    ]
