"""A lesson is learnt: two tries, a kind word, the next one, and at the end of the course a certificate."""

import pytest

from flows.machine import advance
from flows.session import Session
from flows.text import T, invite
from flows.types import (
    CertificateChecked,
    CertificateIssued,
    CertificatesFound,
    CompleteCourse,
    PassLesson,
    RecordAnswer,
    StartLesson,
)
from tests.builders import CODE, NOW, course, library, said, says, with_certificate

BOOKS = library(course("kursus1", "satu1", "dua2", "tiga3"))
TITLE = BOOKS.courses["kursus1"].title


def begun() -> Session:
    """Somebody at her first question; B is right everywhere."""
    return says(Session(), "hai", "1", "setuju", within=BOOKS).session


def msgids(step) -> list[str]:
    """Our own phrases in what a step says."""
    return [words.msgid for words in said(step).body if hasattr(words, "msgid")]


def recorded(step) -> list[tuple[str, bool, int]]:
    return [(each.option, each.right, each.attempt) for each in step.effects if isinstance(each, RecordAnswer)]


def test_agreeing_leads_straight_into_the_first_lesson_of_the_only_course():
    session = begun()

    assert (session.state, session.course, session.lesson) == ("lesson.question", "kursus1", "satu1")


def test_where_there_are_two_courses_she_chooses_one():
    step = says(Session(), "hai", "1", "ya", "2", within=library(course("kursus1", "satu1"), course("kursus2", "dua2")))

    assert (step.session.state, step.session.course) == ("lesson.question", "kursus2")


@pytest.mark.parametrize("answer", ["B", "b)", "2", "dua", "jawapan B", "satu1 kedua-dua", "SATU1 TWO!"])
def test_an_answer_may_be_a_letter_a_number_or_the_words_in_any_language(answer):
    step = says(begun(), answer, within=BOOKS)

    assert recorded(step) == [("two", True, 1)]
    assert PassLesson("kursus1", "v1", "satu1") in step.effects
    assert msgids(step) == ["Correct!", "{done}/{total} done."]


def test_a_wrong_answer_is_told_kindly_why_and_asked_again():
    step = says(begun(), "A", within=BOOKS)

    assert recorded(step) == [("one", False, 1)]
    assert msgids(step) == ["Not yet."]
    assert [words.within("en") for words in said(step).body[1:]] == ["because one", "Question satu1?"]
    assert step.session.state == "lesson.again"


def test_after_two_tries_the_answer_is_shown_and_the_lesson_comes_round_again_at_the_end():
    shown = says(begun(), "A", "C", within=BOOKS)
    rest = says(shown.session, "1", "B", "1", "B", "1", within=BOOKS)

    assert recorded(shown) == [("three", False, 2)]
    assert msgids(shown) == ["The answer: {answer}.", "We will ask again later.", "{done}/{total} done."]
    assert rest.session.lesson == "satu1"
    assert StartLesson("satu1") in rest.effects


@pytest.mark.parametrize("word", ["sambung", "menu", "mula"])
def test_a_lesson_just_shown_is_not_asked_again_at_once(word):
    shown = says(begun(), "A", "C", word, within=BOOKS).session
    onward = shown if word != "menu" else says(shown, "1", within=BOOKS).session

    assert onward.lesson == "dua2"


def test_her_tries_begin_anew_when_the_lesson_comes_round():
    again = says(begun(), "A", "A", "1", "B", "1", "B", "1", "A", within=BOOKS)

    assert recorded(again) == [("one", False, 1)]


def test_leaving_a_question_and_coming_back_gives_no_extra_try():
    back = says(begun(), "A", "menu", "1", "A", within=BOOKS)

    assert recorded(back) == [("one", False, 2)]


def test_a_lesson_may_be_skipped_and_comes_round():
    skipped = says(begun(), "langkau", within=BOOKS)

    assert skipped.session.lesson == "dua2"
    assert says(skipped.session, "b", "1", "b", "1", within=BOOKS).session.lesson == "satu1"


def test_a_hint_is_given_with_the_question_and_costs_no_try():
    hinted = says(begun(), "petunjuk", within=BOOKS)

    assert [words.within("ms") for words in said(hinted).body] == ["fikir", "Soalan satu1?"]
    assert recorded(says(hinted.session, "A", within=BOOKS)) == [("one", False, 1)]


def test_a_hint_after_the_answer_leads_on_instead_of_asking_what_is_passed():
    onward = says(begun(), "B", "petunjuk", within=BOOKS)

    assert onward.session.lesson == "dua2"


def test_passing_every_lesson_completes_the_course_and_the_certificate_is_in_the_same_words():
    step = with_certificate(says(begun(), "B", "1", "B", "1", "B", within=BOOKS), BOOKS)

    assert CompleteCourse("kursus1", "v1") in step.effects
    assert step.session.state == "lesson.done"
    assert said(step).body[2:] == (
        T('You have finished "{course}". Well done!', course=TITLE),
        invite(
            T("Certificate code: {code}. Keep it, and show it to an employer. To check it: SEMAK {code}", code=CODE),
            T("Certificate code: {code}. Keep it, and show it to an employer.", code=CODE),
        ),
    )


def test_progress_counts_what_is_passed_in_each_course():
    step = says(begun(), "B", "status", within=BOOKS)

    counted = {"done": 1, "total": 3, "hours": "0.1", "whole": "0.2"}
    assert said(step).body == (T("{course}: {done}/{total} done, {hours} of {whole} hours.", course=TITLE, **counted),)


def test_daftar_and_the_name_of_a_course_leads_into_it():
    books = library(course("kursus1", "satu1"), course("kursus2", "dua2"))
    step = says(Session(state="menu.home", consented=True), "DAFTAR Kursus2", within=books)

    assert (step.session.course, step.session.lesson) == ("kursus2", "dua2")


def test_each_course_keeps_its_place_while_she_is_in_another():
    books = library(course("kursus1", "satu1", "dua2"), course("kursus2", "tiga3"))
    there = says(Session(), "hai", "1", "ya", "1", "B", "kursus", "2", "kursus", "1", within=books).session

    assert (there.course, there.lesson) == ("kursus1", "dua2")
    assert {(each.course, each.passed) for each in there.enrolments} == {("kursus1", ("satu1",)), ("kursus2", ())}


# --- certificates by message ----------------------------------------------------------------------------------------


def checked(session: Session, verdict: str) -> list[tuple[str, str]]:
    event = CertificateChecked(verdict, CODE, NOW, title=TITLE, day="24/11/2026")
    return [(words.msgid, words.locale) for words in said(advance(session, event, BOOKS)).body]


@pytest.mark.parametrize(
    ("verdict", "says_so"),
    [("valid", "VALID"), ("revoked", "REVOKED"), ("mistyped", "MISTYPED"), ("unknown", "UNKNOWN"), ("lost", "UNKNOWN")],
)
def test_a_stranger_is_told_the_verdict_in_both_languages_and_a_learner_in_hers(verdict, says_so):
    to_stranger, to_learner = checked(Session(), verdict), checked(begun(), verdict)

    assert [locale for _, locale in to_stranger] == ["ms", "en"]
    assert [locale for _, locale in to_learner] == [""]
    assert all(says_so in msgid for msgid, _ in to_stranger + to_learner)


def test_semak_without_a_code_says_how_to_ask():
    step = says(Session(), "semak", within=BOOKS)

    assert [words.locale for words in said(step).body] == ["ms", "en"]


def test_her_certificates_are_listed_and_none_is_said_in_words():
    held = said(advance(begun(), CertificatesFound(((TITLE, CODE),), NOW), BOOKS))
    none = said(advance(begun(), CertificatesFound((), NOW), BOOKS))

    assert held.body == (T("{course}: {code}", course=TITLE, code=CODE),)
    assert "no certificate yet" in none.body[0].msgid


def test_a_certificate_issued_later_is_told_with_the_choices_of_where_she_is():
    session = begun()

    step = advance(session, CertificateIssued("kursus1", CODE, NOW), BOOKS)

    assert step.session == session
    assert len(said(step).choices) == 3
    assert said(step).lettered
    assert session._replace(misses=0) == session
