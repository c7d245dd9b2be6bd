"""A button of an older message: its words may mean something everywhere, and answer nothing that is asked now."""

import pytest

from flows.machine import advance
from flows.session import Session
from flows.text import T
from flows.types import Enrol, GiveConsent, OptOut, RecordAnswer, Replied, Step
from tests.builders import NOW, course, everywhere, library, said, says

BOOKS = library(course("kursus1", "satu1", "dua2"))
LATE = T("That button belongs to an earlier message. Now:")


def late(session: Session, text: str) -> Step:
    return advance(session, Replied(text, NOW, late=True), BOOKS)


def begun() -> Session:
    """Somebody at her first question; B is right everywhere."""
    return says(Session(), "hai", "1", "setuju", within=BOOKS).session


def test_wherever_she_is_an_old_option_moves_nothing_and_she_is_answered():
    """What an option says does not reach the machine at all: it may read like anything."""
    for session, _, before in everywhere(BOOKS, texts=("1", "2", "b", "setuju", "menu", "zzz", "stop")):
        step = late(before.session, "")

        assert said(step).body, before.session
        assert not any(isinstance(each, RecordAnswer | GiveConsent | Enrol | OptOut) for each in step.effects), session
        assert step.session.misses in (0, before.session.misses)
        assert step.session.enrolments == before.session.enrolments


@pytest.mark.parametrize("words", ["", "b", "Ya", "Betul", "1A 2B", "zzz"])
def test_a_question_is_put_again_after_it(words: str):
    session = begun()

    step = late(session, words)

    assert said(step).body == (LATE, said(says(session, "zzz", within=BOOKS)).body[-1])
    assert (step.session.state, step.session.misses) == (session.state, 0)


def test_the_words_of_an_old_menu_are_heard_like_any_word():
    assert late(begun(), "Menu").session.state == says(begun(), "menu", within=BOOKS).session.state
    assert OptOut() in late(begun(), "berhenti").effects


def test_only_questions_that_want_one_letter_say_so():
    for _, _, step in everywhere(BOOKS, texts=("1", "2", "a", "b", "setuju", "menu", "zzz")):
        say = said(step)
        assert say.lettered or not say.one_of
    assert said(says(begun(), "zzz", within=BOOKS)).one_of
