"""Asides, misses and edits: whatever comes between, she finds her place again."""

from dataclasses import replace

import pytest

from flows.machine import advance
from flows.registry import ANYWHERE
from flows.session import Session
from flows.text import T, invite
from flows.types import (
    Arrived,
    AskPerson,
    GiveConsent,
    OptIn,
    PassLesson,
    RecordAnswer,
    Replied,
    SetLocale,
    SetSlot,
)
from tests.builders import NOW, course, library, phrases, said, says, without

BOOKS = library(course("kursus1", "satu1", "dua2"))
ASIDES = [
    spoken[0]
    for intent, spoken in phrases().items()
    if ANYWHERE.get(intent, "").partition(".")[0] in {"about", "person", "prefer", "certificate"}
]


def at_question(**more) -> Session:
    return says(Session(), "hai", "1", "setuju", within=BOOKS).session._replace(**more)


# --- asides ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ASIDES)
def test_every_aside_returns_to_the_place_it_interrupted(word):
    aside = says(at_question(), word, within=BOOKS).session
    back = says(aside, "0", within=BOOKS).session

    assert (back.state, back.lesson) == ("lesson.question", "satu1")


@pytest.mark.parametrize("word", ["info", "status", "terima kasih", "penyelaras", "sijil", "semak"])
def test_1_goes_on_after_an_aside_even_where_it_would_be_an_answer(word):
    step = says(at_question(), word, "1", within=BOOKS)

    assert step.session.state == "lesson.question"
    assert not any(isinstance(effect, RecordAnswer) for effect in step.effects)


@pytest.mark.parametrize("answer", ["B", "2", "jawab b", "pilih B", "satu1 two"])
def test_the_question_may_be_answered_inside_the_aside_as_if_nothing_had_been(answer):
    step = says(at_question(), "info", answer, within=BOOKS)

    assert PassLesson("kursus1", "v1", "satu1") in step.effects


@pytest.mark.parametrize("answer", ["a", "jawapan a", "1a"])
def test_an_answer_by_its_letter_is_an_answer_and_not_going_on(answer):
    step = says(at_question(), "info", answer, within=BOOKS)

    assert [effect.option for effect in step.effects if isinstance(effect, RecordAnswer)] == ["one"]


def test_an_aside_within_an_aside_still_returns_to_the_question():
    step = says(at_question(), "info", "penyelaras", "bahasa", "2", within=BOOKS)

    assert SetLocale("en") in step.effects
    assert step.session.state == "lesson.question"


def test_who_dials_again_during_an_aside_is_shown_her_place():
    aside = says(at_question(), "info", within=BOOKS).session

    assert advance(aside, Arrived(NOW), BOOKS).session.state == "lesson.question"


@pytest.mark.parametrize(
    ("words", "slot"), [("pagi", "morning"), ("2", "noon"), ("petang", "afternoon"), ("evening", "evening")]
)
def test_the_time_that_suits_her_may_be_said_in_words(words, slot):
    assert SetSlot(slot) in says(at_question(), "masa", words, within=BOOKS).effects


def test_deleting_is_asked_once_more_and_agreeing_to_that_is_no_consent_to_the_notice():
    asked = says(Session(), "hai", "1", "padam data", within=BOOKS).session
    step = says(asked, "setuju", within=BOOKS)

    assert AskPerson("data_delete") in step.effects
    assert GiveConsent() not in step.effects
    assert not any(isinstance(e, AskPerson) for e in says(at_question(), "padam data", "tidak", within=BOOKS).effects)


# --- consent, stop, and back ----------------------------------------------------------------------------------------


def test_who_declined_may_dial_again_and_is_greeted_instead_of_shown_out():
    declined = says(Session(), "hai", "1", "tidak", within=BOOKS).session

    assert advance(declined, Arrived(NOW), BOOKS).session.state == "onboarding.hello"


def test_who_comes_back_after_stop_is_where_she_was():
    stopped = says(at_question(), "stop", within=BOOKS)
    back = says(stopped.session, "mula", within=BOOKS)

    assert said(stopped).ends
    assert OptIn() in back.effects
    assert back.session.state == "lesson.question"


@pytest.mark.parametrize("text", ["ya", "B", "setuju", "2", "zzz", "hai", "info"])
def test_after_stop_no_answer_is_counted_and_the_way_back_is_named(text):
    step = says(at_question(), "stop", text, within=BOOKS)

    assert step.session.stopped
    assert not any(isinstance(effect, RecordAnswer | GiveConsent) for effect in step.effects)
    assert said(step).choices


def test_start_from_a_stranger_is_a_beginning_and_no_coming_back():
    step = says(Session(), "START", within=BOOKS)

    assert step.session.state == "onboarding.hello"
    assert T("Welcome back.") not in said(step).body


# --- misses ---------------------------------------------------------------------------------------------------------


def test_what_is_not_understood_is_met_with_an_apology_then_a_hint_then_a_way_out():
    first, second = says(at_question(), "zzz", within=BOOKS), says(at_question(), "zzz", "zzz", within=BOOKS)
    third, tenth = says(at_question(), *3 * ["zzz"], within=BOOKS), says(at_question(), *10 * ["zzz"], within=BOOKS)

    assert said(first).body[0] == T("Sorry, that was not clear to me.")
    assert said(second).body[0] == invite(T("Send one letter or number only, like A or 1."))
    assert said(second).body[1].within("ms") == "fikir"
    assert "COORDINATOR" in said(third).body[0].msgid
    assert said(tenth) == said(third)


def test_every_miss_asks_the_question_again_with_its_choices():
    for times in (1, 2, 3, 4):
        say = said(says(at_question(), *times * ["zzz"], within=BOOKS))

        assert say.body[-1].within("en") == "Question satu1?"
        assert len(say.choices) == 3


def test_an_answer_ends_the_counting_of_misses():
    assert says(at_question(), "zzz", "zzz", "A", within=BOOKS).session.misses == 0


def test_au_means_yes_here_and_no_there_so_it_is_asked_back_where_yes_could_be_meant():
    consent = says(Session(), "hai", "1", "au", within=BOOKS)
    question = says(at_question(), "au", within=BOOKS)

    assert not consent.session.consented
    assert said(consent).body[0] == invite(T("Did you mean yes? Please send YES or NO."))
    assert said(question).body[0] == T("Sorry, that was not clear to me.")


# --- edits ----------------------------------------------------------------------------------------------------------


EDITS = {
    "the lesson": without(BOOKS, lesson="satu1"),
    "the other lesson": without(BOOKS, lesson="dua2"),
    "an option": without(BOOKS, option="one"),
    "the course": library(course("kursus2", "tiga3")),
    "every course": replace(BOOKS, courses={}),
}
PLACES = [
    at_question(),
    *(says(at_question(), *texts, within=BOOKS).session for texts in (("A",), ("B",), ("info",), ("menu",), ("stop",))),
]
SENT = "A 1 B hai sambung petunjuk langkau status menu 0 zzz info kursus".split()
PLACES.append(says(at_question(), "B", "1", "B", within=BOOKS).session)


@pytest.mark.parametrize("gone", EDITS)
@pytest.mark.parametrize("place", PLACES, ids=lambda session: session.state)
def test_an_edit_while_she_is_away_never_leaves_her_without_an_answer(place, gone):
    for text in SENT:
        say = said(advance(place, Replied(text, NOW), EDITS[gone]))

        assert say.body or say.choices, text


def test_an_edit_that_takes_the_last_lesson_she_lacked_completes_her_course():
    step = says(at_question(), "B", "sambung", "menu", within=BOOKS)
    onward = says(step.session, "1", within=EDITS["the other lesson"])

    assert onward.session.state == "lesson.done"
    assert [type(effect).__name__ for effect in onward.effects][:1] == ["CompleteCourse"]


def test_a_lesson_added_after_she_had_finished_is_offered():
    done = says(at_question(), "B", "1", "B", within=BOOKS).session
    grown = library(course("kursus1", "satu1", "dua2", "baru3"))

    assert says(done, "sambung", within=grown).session.lesson == "baru3"
