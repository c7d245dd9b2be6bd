"""A picture or a voice note: no answer and no mistake, and she is told what can be read here."""

from flows.machine import advance
from flows.session import Session
from flows.text import T, invite
from flows.types import Enrol, GiveConsent, OptOut, RecordAnswer, Replied, Step
from tests.builders import NOW, course, everywhere, library, said, says

BOOKS = library(course("kursus1", "satu1", "dua2"))
ONLY_WORDS = invite(T("I can only read words. Please type your reply."))


def shows(session: Session) -> Step:
    return advance(session, Replied("", NOW, wordless=True), BOOKS)


def test_wherever_she_is_a_picture_moves_nothing_and_she_is_answered():
    for session, _, before in everywhere(BOOKS, texts=("1", "2", "b", "setuju", "menu", "zzz", "stop")):
        step = shows(before.session)

        assert said(step).body, session
        assert not any(isinstance(each, RecordAnswer | GiveConsent | Enrol | OptOut) for each in step.effects), session
        assert step.session.misses in (0, before.session.misses)


def test_what_is_asked_is_put_again_with_its_choices():
    session = says(Session(), "hai", "1", "setuju", within=BOOKS).session
    missed = said(says(session, "zzz", within=BOOKS))

    step = shows(session)

    assert said(step).body == (ONLY_WORDS, missed.body[-1])
    assert said(step).choices == missed.choices
    assert (step.session.state, step.session.misses) == (session.state, 0)


def test_the_first_thing_she_sends_may_be_a_picture():
    assert said(shows(Session())) == said(says(Session(), "hai", within=BOOKS))
