"""What learners' words are understood as: every phrase of the table, however it is written, and nothing else."""

import pytest
from hypothesis import given, strategies as st

from flows.reading.keywords import Keywords, plain
from flows.registry import ANYWHERE, OPT_OUT, STATES
from flows.session import Session
from flows.states import PLACE
from flows.types import OptOut
from tests.builders import keywords, library, phrases, says

EVERY_PHRASE = [(intent, phrase) for intent, spoken in phrases().items() for phrase in spoken]
ASKED_IN_PLACE = {"yes", "no", "unsure", "consent_no", "answer_a", "answer_b", "answer_c", "answer_d", "answer_batch"}


def test_every_phrase_of_the_table_is_understood():
    assert [phrase for intent, phrase in EVERY_PHRASE if keywords().hear(phrase).intent != intent] == []


def test_every_phrase_is_understood_in_capitals_with_punctuation_and_between_spaces():
    written = [(intent, f"  {phrase.upper()}!!  ") for intent, phrase in EVERY_PHRASE if phrase != "?"]

    assert [phrase for intent, phrase in written if keywords().hear(phrase).intent != intent] == []


def test_every_phrase_is_understood_with_its_last_letter_drawn_out():
    drawn_out = [
        (intent, phrase + 3 * phrase[-1]) for intent, phrase in EVERY_PHRASE if len(phrase) > 2 and phrase[-1].isalpha()
    ]

    assert [phrase for intent, phrase in drawn_out if keywords().hear(phrase).intent != intent] == []


def test_every_phrase_is_understood_as_a_wide_keyboard_writes_it():
    wide = [
        (intent, "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in phrase))
        for intent, phrase in EVERY_PHRASE
    ]

    assert [phrase for intent, phrase in wide if keywords().hear(phrase).intent != intent] == []


@pytest.mark.parametrize("particle", ["bah", "la", "lah", "kah", "ka", "kan", "tu", "ni", "bah kan tu"])
def test_particles_of_sabah_speech_change_nothing(particle):
    spoken = [(intent, f"{phrase} {particle}") for intent, phrase in EVERY_PHRASE if phrase != "?"]

    assert [phrase for intent, phrase in spoken if keywords().hear(phrase).intent != intent] == []


@pytest.mark.parametrize(
    "words",
    [
        "saya tidak mahu berhenti belajar",
        "stopover",
        "bila bas berhenti di Pitas",
        "non-stop",
        "help yourself to the menu",
        "jangan batalkan",
        "saya dari ranau juga",
        "bas bas",
        "infokan saya",
    ],
)
def test_no_intent_is_heard_in_the_middle_of_words(words):
    assert keywords().hear(words).intent == ""


def test_no_phrase_is_heard_with_a_letter_before_or_behind_it():
    glued = [form for _, phrase in EVERY_PHRASE for form in (f"q{phrase}", f"{phrase}q")]

    heard = [(words, keywords().hear(words)) for words in glued]

    assert [w for w, each in heard if each.intent and not each.argument and plain(w) not in keywords().intents] == []


@given(st.text())
def test_whatever_is_written_is_heard_without_a_fault_and_hearing_it_again_is_hearing_the_same(text):
    assert plain(plain(text)) == plain(text)
    assert keywords().hear(text) == keywords().hear(text)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        *[
            ("1", 1),
            ("A", 1),
            ("a)", 1),
            (" (b) ", 2),
            ("2.", 2),
            ("c!", 3),
            ("3 bah", 3),
            ("３", 3),
            ("2 c", 3),
            ("1b", 2),
        ],
        *[("satu", 1), ("no 2", 2), ("Jawapan C", 3), ("tolu", 3), ("yg pertama", 1)],
        *[("12", 0), ("abc", 0), ("f", 0), ("0", 0), ("10", 0), ("yang terakhir", 0)],
    ],
)
def test_a_number_a_letter_or_the_word_for_it_names_a_place_in_a_list(words, number):
    assert keywords().hear(words).number == number


@pytest.mark.parametrize(
    ("words", "intent", "argument"),
    [
        ("SEMAK SR7K-3M9Q-XT2Y", "verify_cert", "SR7K-3M9Q-XT2Y"),
        ("semak: sr7k 3m9q xt2y.", "verify_cert", "sr7k 3m9q xt2y"),
        ("Verify AAA7-3M9Q-XT2Y", "verify_cert", "AAA7-3M9Q-XT2Y"),  # three letters alike are hers, not drawn out
        ("DAFTAR SELAMAT1", "enrol", "SELAMAT1"),
        ("semak", "verify_cert", ""),
        ("menu sekarang juga", "", ""),
    ],
)
def test_only_a_word_that_takes_something_after_it_is_heard_with_it(words, intent, argument):
    heard = keywords().hear(words)

    assert (heard.intent, heard.argument) == (intent, argument)


def test_a_phrase_under_two_intents_is_refused():
    with pytest.raises(ValueError, match=r"'Menu' stands under .* and under home"):
        Keywords.compile({"menu": ["menu"], "home": ["Menu"]})


def test_every_intent_leads_somewhere_or_is_an_answer():
    leading = {intent for intent in phrases() if intent in ANYWHERE}
    chosen = ASKED_IN_PLACE | {"answer_true", "answer_false", "back"}

    assert set(phrases()) - leading - chosen == set()


def test_every_word_understood_everywhere_leads_to_a_state_there_is():
    assert {name for name in ANYWHERE.values() if name not in STATES} == {PLACE}


@pytest.mark.parametrize("phrase", [phrase for intent in sorted(OPT_OUT) for phrase in phrases()[intent]])
def test_a_very_first_message_may_be_stop(phrase):
    step = says(Session(), phrase.title(), within=library())

    assert OptOut() in step.effects
    assert step.session.stopped
