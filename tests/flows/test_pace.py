"""Her own pace: how many lessons a week, rest, the day her course follows, where it begins, and what comes back."""

from dataclasses import replace

import pytest

from flows.course import Question
from flows.machine import advance
from flows.session import Enrolment, Session
from flows.text import T, alike, invite
from flows.types import (
    CheckWitness,
    DayFound,
    FindDay,
    Follow,
    KeepReply,
    NudgeAfter,
    PassLesson,
    ProveLesson,
    RecordAnswer,
    ReviewAfter,
    ReviewDue,
    Say,
    SetLevel,
    SetPace,
    SlipEntered,
    WentQuiet,
    WitnessChecked,
)
from tests.builders import NOW, course, library, said, says

BOOKS = library(course("kursus1", "satu1", "dua2", "tiga3"))


def begun(books=BOOKS) -> Session:
    return says(Session(), "hai", "1", "setuju", within=books).session


def quiet_hours(step) -> list[int]:
    return [each.hours for each in step.effects if isinstance(each, NudgeAfter)]


# --- lessons a week -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "lessons"), [("5 seminggu", 5), ("1 a week", 1), ("3 seminggu", 3)])
def test_she_says_how_many_lessons_a_week(word, lessons):
    assert SetPace(lessons) in says(begun(), word, within=BOOKS).effects
    assert SetPace(lessons) in says(begun(), "kadar", word, within=BOOKS).effects


def test_kurang_is_one_step_down_each_time():
    once = says(begun(), "kurang", within=BOOKS)
    twice = says(once.session, "kurang", within=BOOKS)

    assert (once.session.pace, twice.session.pace) == (1, 1)
    assert says(begun()._replace(pace=5), "kurang", within=BOOKS).session.pace == 3


@pytest.mark.parametrize(("pace", "hours"), [(0, 56), (1, 168), (3, 56), (5, 33)])
def test_after_a_lesson_the_next_one_comes_at_her_pace(pace, hours):
    step = says(begun()._replace(pace=pace), "B", within=BOOKS)

    assert quiet_hours(step) == [hours]


def test_at_rest_after_a_lesson_the_next_lesson_itself_comes():
    rests = says(begun(), "B", "2", within=BOOKS).session
    brought = advance(rests, WentQuiet(NOW), BOOKS)

    assert (brought.session.state, brought.session.lesson) == ("lesson.question", "dua2")
    assert alike("An idea of dua2.") != said(brought).body[0]
    assert quiet_hours(brought) == [24]
    assert PassLesson("kursus1", "v1", "dua2") in says(brought.session, "B", within=BOOKS).effects


def test_a_question_left_unanswered_is_only_spoken_of():
    step = advance(begun(), WentQuiet(NOW), BOOKS)

    assert step.session.state == "lesson.question"
    assert "is waiting for you" in said(step).body[0].msgid


def test_rehat_is_a_week_without_a_word():
    assert quiet_hours(says(begun(), "rehat", within=BOOKS)) == [168]


def test_kembali_reads_the_lesson_before_and_then_comes_back():
    second = says(begun(), "B", "1", within=BOOKS).session
    looked = says(second, "kembali", within=BOOKS)

    assert said(looked).body[0].places[2][1].within("ms") == "Idea satu1."
    assert says(looked.session, "1", within=BOOKS).session.state == "lesson.question"
    assert says(begun(), "kembali", within=BOOKS).session.state == "menu.home"


def test_status_counts_lessons_and_hours():
    step = says(begun(), "B", "status", within=BOOKS)

    assert said(step).body[0].places[1:] == (("done", 1), ("total", 3), ("hours", "0.1"), ("whole", "0.2"))


# --- the day her course follows -------------------------------------------------------------------------------------


def planted():
    made = course("kursus1", "satu1", "dua2")
    lessons = tuple(replace(each, day=day) for each, day in zip(made.lessons, (-3, 10), strict=True))
    return library(replace(made, follows=alike("Bila anda tanam?"), lessons=lessons))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("15/12", "12-15"),
        ("15.12.2026", "12-15"),
        ("15 dis", "12-15"),
        ("15hb Disember", "12-15"),
        ("esok", "tomorrow"),
        ("hari ini", "today"),
    ],
)
def test_a_day_is_read_as_it_is_written_here(reply, words):
    assert FindDay("kursus1", words) in says(begun(planted()), reply, within=planted()).effects


def test_the_next_lesson_comes_on_its_day_in_the_field():
    books = planted()
    asked = says(begun(books), "15/12", within=books)
    step = advance(asked.session, DayFound("kursus1", "2026-12-15", "15/12/2026", NOW), books)
    passed = says(step.session, "B", within=books)

    assert Follow("kursus1", "2026-12-15") in step.effects
    assert step.session.lesson == "satu1"
    assert quiet_hours(passed) == [24 * 31]


def test_who_does_not_know_the_day_begins_at_her_pace():
    books = planted()
    step = says(begun(books), "langkau", within=books)

    assert Follow("kursus1", "-") in step.effects
    assert (step.session.state, step.session.lesson) == ("lesson.question", "satu1")


def test_a_day_that_does_not_exist_is_asked_again():
    books = planted()
    asked = says(begun(books), "31/2", within=books)
    step = advance(asked.session, DayFound("kursus1", "", "", NOW), books)

    again = T("There is no such day. Send the day and month, like 15/12.")
    assert said(step).body == (invite(again, T("There is no such day.")),)
    assert FindDay("kursus1", "03-01") in says(step.session, "1/3", within=books).effects


# --- where to begin -------------------------------------------------------------------------------------------------


def placed():
    made = course("kursus1", "satu1", "dua2", "tiga3")
    return library(replace(made, placement=(("satu1", "satu1-1"), ("dua2", "dua2-1"), ("tiga3", "tiga3-1"))))


@pytest.mark.parametrize(("answers", "level"), [("BBB", "hard"), ("BBA", "middle"), ("AAB", "easy"), ("ACA", "easy")])
def test_three_questions_find_her_level_and_pass_nothing(answers, level):
    books = placed()
    step = says(begun(books), *answers, within=books)

    assert SetLevel("kursus1", level) in step.effects
    assert step.session.state == "lesson.question"
    assert step.session.enrolment() == Enrolment("kursus1", "v1", level=level, seen=("satu1/satu1-1",))


def test_the_placement_may_be_skipped():
    books = placed()
    step = says(begun(books), "B", "langkau", within=books)

    assert SetLevel("kursus1", "middle") in step.effects
    assert step.session.lesson == "satu1"


# --- what comes back ------------------------------------------------------------------------------------------------


def reviewed(session: Session, step: int = 0, books=BOOKS):
    return advance(session, ReviewDue("kursus1", "satu1", "satu1-1", step, NOW), books)


def test_a_review_is_one_question_one_reply_and_back_to_her_place():
    rests = says(begun(), "B", within=BOOKS).session
    asked = reviewed(rests)
    answered = says(asked.session, "B", within=BOOKS)

    assert [each.within("en") for each in said(asked).body] == ["Question satu1?"]
    assert RecordAnswer("kursus1", "v1", "satu1", "satu1-1", "two", True, 1, "review") in answered.effects
    assert says(answered.session, "1", within=BOOKS).session.state == "lesson.offer"
    assert answered.session.enrolment() == rests.enrolment()


@pytest.mark.parametrize(("step", "days", "after"), [(0, 7, 1), (1, 21, 2), (2, 60, 3), (3, 0, 4)])
def test_right_answers_make_the_gaps_grow_until_it_is_known(step, days, after):
    asked = reviewed(says(begun(), "B", within=BOOKS).session, step)

    assert ReviewAfter("kursus1", "satu1", "satu1-1", days, after) in says(asked.session, "B", within=BOOKS).effects


def test_a_wrong_answer_is_explained_and_begins_anew():
    asked = reviewed(says(begun(), "B", within=BOOKS).session, 2)
    step = says(asked.session, "A", within=BOOKS)

    assert ReviewAfter("kursus1", "satu1", "satu1-1", 2, 0) in step.effects
    assert said(step).body[0].msgid == "The answer: {answer}."


def test_nothing_is_asked_again_while_another_question_waits():
    assert reviewed(begun()).effects == ()
    assert reviewed(says(begun(), "info", within=BOOKS).session).effects == ()
    assert reviewed(says(begun(), "B", "stop", within=BOOKS).session).effects == ()


def test_a_review_of_what_an_edit_took_away_says_nothing():
    rests = says(begun(), "B", within=BOOKS).session

    assert advance(rests, ReviewDue("kursus1", "satu1", "gone", 0, NOW), BOOKS).effects == ()


# --- tasks ----------------------------------------------------------------------------------------------------------


def tasked():
    made = course("kursus1", "satu1", "dua2")
    task = Question("buat", alike("Bina satu batas."), (), alike("Batas menahan air."), kind="task")
    return library(replace(made, lessons=(replace(made.lessons[0], task=task), made.lessons[1])))


def test_a_task_is_passed_with_a_code_of_a_witness():
    books = tasked()
    step = says(begun(books), "B", within=books)
    sent = says(step.session, "kod 4022-1937", within=books)
    confirmed = advance(sent.session, WitnessChecked("confirmed", NOW), books)

    assert ProveLesson("kursus1", "satu1") in step.effects
    assert step.session.state == "task.do"
    assert CheckWitness("40221937", "kursus1", "satu1") in sent.effects
    assert said(sent).body == ()
    assert PassLesson("kursus1", "v1", "satu1") in confirmed.effects
    assert confirmed.session.state == "lesson.offer"


@pytest.mark.parametrize("verdict", ["unknown", "used"])
def test_a_code_that_is_not_good_passes_nothing_and_may_be_sent_again(verdict):
    books = tasked()
    sent = says(begun(books), "B", "4022 1937", within=books)
    refused = advance(sent.session, WitnessChecked(verdict, NOW), books)

    assert not any(isinstance(each, PassLesson) for each in refused.effects)
    assert CheckWitness("11112222", "kursus1", "satu1") in says(refused.session, "11112222", within=books).effects


def test_a_task_left_for_later_comes_back_without_its_questions():
    books = tasked()
    later = says(begun(books), "B", "langkau", "B", "1", within=books)

    assert later.session.state == "task.do"


# --- a whole quiz in one text ---------------------------------------------------------------------------------------


def test_a_whole_quiz_in_one_text_is_graded_as_in_the_lessons():
    step = says(begun(), "1B 2A 3B", within=BOOKS)

    assert [(each.lesson, each.right, each.purpose) for each in step.effects if isinstance(each, RecordAnswer)] == [
        ("satu1", True, "quiz"),
        ("dua2", False, "quiz"),
        ("tiga3", True, "quiz"),
    ]
    assert step.session.enrolment().passed == ("satu1", "tiga3")
    assert said(step).body[:2] == (
        T("Correct: {places}.", places="1, 3"),
        T("Not yet: {places}. We will ask again later.", places="2"),
    )


def test_what_is_not_sure_in_a_quiz_is_named_and_kept():
    step = says(begun(), "1B 2E 3B", within=BOOKS)

    assert T("Not clear to me: {places}.", places="2") in said(step).body
    assert any(isinstance(each, KeepReply) for each in step.effects)


def test_a_paper_slip_is_graded_the_same_and_says_nothing():
    rests = says(begun(), "menu", within=BOOKS).session
    step = advance(rests, SlipEntered("kursus1", "1B 2B 3C", NOW), BOOKS)

    assert not any(isinstance(each, Say) for each in step.effects)
    assert step.session.enrolment().passed == ("satu1", "dua2")
    assert {each.purpose for each in step.effects if isinstance(each, RecordAnswer)} == {"paper"}
    assert step.session.state == rests.state
