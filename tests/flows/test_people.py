"""The people of one phone, as the machine sees them: who may come next, and what is never remembered."""

import re

import pytest
from hypothesis import given, strategies as st

from bot import blocked
from bot.i18n import Catalogues
from flows.learner import people
from flows.learner.sharing import AddPerson, FindPeople, PeopleFound, PersonAdded, PersonSwitched, SetPin, SwitchTo
from flows.machine import advance
from flows.session import Session
from flows.states import Ask
from flows.types import ReviewDue, WentQuiet
from tests.builders import NOW, course, library, said, says

BOOKS = library(course("kursus1", "satu1", "dua2"))
AGREED = says(Session(), "hai", "1", "1", within=BOOKS).session
PIN = "4071"


def found(session, *places, active=1, guarded=False, asks="pengguna"):
    """The step after PENGGUNA, where these places are taken."""
    looked = says(session, asks, within=BOOKS)
    assert FindPeople() in looked.effects
    return advance(looked.session, PeopleFound(places, active, guarded, NOW), BOOKS)


def lines(step):
    catalogues = Catalogues()
    return [catalogues.say(words, "ms") for words in (*said(step).body, *said(step).choices)]


@pytest.mark.parametrize(
    ("places", "active", "shown"),
    [
        ((1,), 1, ["Pengguna 1 (anda)", "Orang baharu"]),
        ((1, 2), 2, ["Pengguna 1", "Pengguna 2 (anda)", "Orang baharu"]),
        ((1, 3), 1, ["Pengguna 1 (anda)", "Orang baharu", "Pengguna 3", "Orang baharu"]),
        ((1, 2, 3, 4, 5), 5, ["Pengguna 1", "Pengguna 2", "Pengguna 3", "Pengguna 4", "Pengguna 5 (anda)"]),
    ],
)
def test_the_chooser_shows_places_and_nothing_private(places, active, shown):
    assert lines(found(AGREED, *places, active=active))[1:] == shown


def test_the_number_she_presses_is_the_place_she_sees():
    step = says(found(AGREED, 1, 3, guarded=True).session, "3", within=BOOKS)

    assert SwitchTo(3) in step.effects


@pytest.mark.parametrize(
    "asks", ["pengguna 2", "PENGGUNA 2", "user 2", "pengguna ２", "pengguna 2 4071", "pengguna 2 bah"]
)
def test_a_place_named_with_the_word_is_chosen_at_once(asks):
    step = found(AGREED, 1, 2, guarded=True, asks=asks)

    assert SwitchTo(2) in step.effects


@pytest.mark.parametrize("asks", ["pengguna 4", "pengguna baru", "pengguna 4071", "tukar pengguna"])
def test_a_place_that_is_not_there_leads_to_the_chooser(asks):
    assert found(AGREED, 1, 2, asks=asks).session.state == "people.choose"


def test_her_own_place_leads_back_to_where_she_was():
    step = found(AGREED, 1, 2, asks="pengguna 1")

    assert step.session.state == "people.here"
    assert says(step.session, "1", within=BOOKS).session.state == AGREED.state


def test_nobody_leaves_her_lessons_open():
    step = says(found(AGREED, 1).session, "2", within=BOOKS)

    assert step.session.state == "people.guard"
    assert AddPerson() not in step.effects
    assert says(step.session, PIN, within=BOOKS).effects[:2] == (SetPin(PIN), AddPerson())


def test_who_has_digits_is_not_asked_to_choose_again():
    assert AddPerson() in says(found(AGREED, 1, guarded=True).session, "2", within=BOOKS).effects


@pytest.mark.parametrize("session", [Session(), Session(state="onboarding.hello", person=2)])
def test_who_has_agreed_to_nothing_is_asked_for_nothing(session):
    assert SwitchTo(1) in says(found(session, 1, 2, active=2).session, "1", within=BOOKS).effects


@pytest.mark.parametrize("stopped", ["pengguna", "pengguna 2"])
def test_after_stop_nobody_switches(stopped):
    step = says(AGREED, "stop", stopped, within=BOOKS)

    assert step.session.state == "optout.stopped"
    assert FindPeople() not in step.effects


@pytest.mark.parametrize("outcome", ["switched", "asked", "wrong_pin", "locked", "unknown"])
@pytest.mark.parametrize("session", [AGREED, Session(person=2), Session(state="onboarding.declined", person=2)])
def test_every_outcome_is_told_and_leaves_her_place_what_it_was(session, outcome):
    step = advance(session, PersonSwitched(2, outcome, NOW), BOOKS)

    assert lines(step)
    assert step.session.place == session.state
    assert step.session.enrolments == session.enrolments


def test_a_new_person_is_greeted_and_asked_for_her_own_consent():
    step = advance(Session(person=3), PersonAdded(3, NOW), BOOKS)

    assert lines(step)[0] == "Pengguna 3."
    assert step.session.state == "onboarding.hello"
    assert not step.session.consented


@pytest.mark.parametrize("text", [PIN, " 40-71. ", "４０７１", "40711", "pin 4071", "aku 4071 bah", "0000"])
@pytest.mark.parametrize("state", sorted(people.SECRET))
def test_what_is_written_where_digits_are_asked_for_is_in_no_session_and_kept_hidden(state, text):
    session = AGREED._replace(state=state, place=AGREED.state, answer="2")

    step = says(session, text, within=BOOKS)

    assert not re.search(r"\d{4}", step.session.to_json().replace(" ", ""))
    assert people.kept(session, text) == people.HIDDEN
    assert PIN not in repr(step.effects)


@pytest.mark.parametrize("text", ["STOP", "menu", "hai"])
def test_other_words_are_kept_as_she_wrote_them(text):
    assert people.kept(AGREED._replace(state="people.pin"), text) == text


def test_four_digits_are_hidden_everywhere_on_a_shared_phone_and_nowhere_on_her_own():
    assert (
        people.kept(AGREED._replace(person=1), "pengguna 2 4071, 12.5 dan 15000") == "pengguna 2 ****, 12.5 dan 15000"
    )
    assert people.kept(AGREED, "4071") == "4071"


@given(st.text(max_size=60))
def test_digits_are_four_plain_figures_or_nothing(text):
    assert re.fullmatch(r"(?:[0-9]{4})?", people.digits(text))


def test_misses_where_digits_are_asked_for_say_what_to_send():
    session = AGREED._replace(state="people.pin", answer="2", place=AGREED.state)

    assert "Hantar empat angka itu sahaja." in lines(says(session, "zzz", "zzz", within=BOOKS))


@pytest.mark.parametrize("state", ["people.pin", "people.guard"])
@pytest.mark.parametrize("text", ["0", "sambung", "ulang"])
def test_she_may_turn_back_where_digits_are_asked_for(state, text):
    session = AGREED._replace(state=state, answer="2", place=AGREED.state)

    assert says(session, text, within=BOOKS).session.state.startswith("lesson.")


def test_a_reminder_on_a_shared_phone_names_its_person_and_no_lesson():
    step = advance(AGREED._replace(person=2), WentQuiet(NOW), BOOKS)

    assert lines(step) == ["Pengguna 2: Kursus kursus1, pelajaran 1/2 menunggu. Hantar PENGGUNA 2 atau STOP."]


def test_on_a_shared_phone_no_lesson_and_no_question_comes_by_itself():
    """Another may hold the phone, and her answer would count as the other's."""
    resting = says(AGREED, "b", within=BOOKS).session._replace(person=1)

    quiet = advance(resting, WentQuiet(NOW), BOOKS)
    review = advance(resting, ReviewDue("kursus1", "satu1", "satu1-1", 0, NOW), BOOKS)

    assert lines(quiet) == ["Pengguna 1: Kursus kursus1, pelajaran 2/2 menunggu. Hantar PENGGUNA 1 atau STOP."]
    assert review.effects == ()


@pytest.mark.parametrize("locale", ["ms", "en"])
def test_no_text_asks_for_what_networks_block(locale):
    """MY-SMS-007: "send your PIN", "hantar kata laluan" and their like are not carried by Malaysian networks."""
    catalogues, named = Catalogues(), re.compile(r"\b(?:pin|tac|otp|password|kata ?laluan)\b", re.IGNORECASE)
    bodies = [
        words
        for name, describe in people.STATES.items()
        for state in [describe(AGREED._replace(state=f"people.{name}", answer="2"), BOOKS)]
        if isinstance(state, Ask)
        for words in state.body
    ]
    texts = [catalogues.say(words, locale) for words in bodies]

    assert len(texts) == 3
    assert [text for text in texts if named.search(text) or blocked.reasons(text)] == []
