"""What a session keeps of each effect, and how answers are spelt: small pure things, held to the last field."""

from dataclasses import replace
from fractions import Fraction

import pytest

from flows.course import Amount, Lesson, Option, Question
from flows.lessons.asking import spelt, told, why_not
from flows.memory import remember
from flows.session import Enrolment, Session
from flows.text import T, alike, invite, localized
from flows.types import (
    Enrol,
    Follow,
    GiveConsent,
    KeepReply,
    NudgeAfter,
    OptIn,
    OptOut,
    PassLesson,
    ProveLesson,
    PutQuestion,
    RecordAnswer,
    SetLevel,
    SetLocale,
    SetPace,
    StartLesson,
)
from tests.builders import course, library, said, says

HELD = Enrolment("kursus1", "v1", ("satu1",), "easy", ("dua2",), ("dua2/q", "dua22/q", "tiga3/q"), "2026-12-15")
OTHER = Enrolment("kursus2", "v9", ("x",))
DEEP = Session(
    state="lesson.question",
    consented=True,
    course="kursus1",
    lesson="dua2",
    question="q",
    meant="b",
    attempt=1,
    won=1,
    asked=2,
    enrolments=(OTHER, HELD),
)


def answer(purpose: str, *, right: bool = True) -> RecordAnswer:
    return RecordAnswer("kursus1", "v1", "dua2", "q", "b", right, 2, purpose)


@pytest.mark.parametrize(
    ("effect", "changes"),
    [
        (SetLocale("en"), {"locale": "en"}),
        (GiveConsent(), {"consented": True}),
        (OptOut(), {"stopped": True}),
        (OptIn(), {"stopped": False}),
        (SetPace(5), {"pace": 5}),
        (NudgeAfter(24), {}),
        (answer("lesson"), {"attempt": 2, "won": 2}),
        (answer("lesson", right=False), {"attempt": 2, "won": 1}),
        (answer("placement"), {"asked": 3, "won": 2}),
        (answer("placement", right=False), {"asked": 3, "won": 1}),
        (answer("review"), {}),
        (answer("quiz"), {}),
        (answer("paper"), {}),
        (KeepReply("kursus1", "v1", "dua2", "q", "open", "ya"), {"attempt": 2, "won": 2}),
        (KeepReply("kursus1", "v1", "dua2", "q", "unread", "ya"), {}),
        (
            StartLesson("tiga3"),
            {"lesson": "tiga3", "question": "", "meant": "", "attempt": 0, "won": 0, "asked": 0},
        ),
        (
            PutQuestion("r"),
            {
                "question": "r",
                "meant": "",
                "attempt": 0,
                "asked": 3,
                "enrolments": (OTHER, HELD._replace(seen=(*HELD.seen, "dua2/r"))),
            },
        ),
        (PutQuestion("q"), {"meant": "", "attempt": 0, "asked": 3}),
        (
            Enrol("kursus1", "v2"),
            {"enrolments": (OTHER, HELD._replace(version="v2"))},
        ),
        (
            Enrol("kursus2", "v9"),
            {
                "course": "kursus2",
                "lesson": "",
                "question": "",
                "attempt": 0,
                "won": 0,
                "asked": 0,
                "enrolments": (HELD, OTHER),
            },
        ),
        (Enrol("kursus3", "v1", on_paper=True), {"enrolments": (OTHER, HELD, Enrolment("kursus3", "v1"))}),
        (
            ProveLesson("kursus1", "tiga3"),
            {"enrolments": (OTHER, HELD._replace(proven=("dua2", "tiga3")))},
        ),
        (ProveLesson("gone", "tiga3"), {}),
        (SetLevel("kursus2", "hard"), {"enrolments": (HELD, OTHER._replace(level="hard"))}),
        (SetLevel("gone", "hard"), {}),
        (Follow("kursus1", "-"), {"enrolments": (OTHER, HELD._replace(began="-"))}),
        (Follow("gone", "-"), {}),
        (
            PassLesson("kursus1", "v1", "dua2"),
            {
                "enrolments": (
                    OTHER,
                    HELD._replace(passed=("satu1", "dua2"), proven=(), seen=("dua22/q", "tiga3/q")),
                )
            },
        ),
        (PassLesson("kursus1", "v1", "satu1"), {}),
        (PassLesson("kursus3", "v4", "a"), {"enrolments": (OTHER, HELD, Enrolment("kursus3", "v4", ("a",)))}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_a_session_is_what_its_effects_add_up_to(effect, changes):
    assert remember(DEEP, effect) == DEEP._replace(**changes)


def test_what_is_kept_of_an_enrolment_is_no_more_than_there_is():
    session = Session(enrolments=(OTHER, HELD))

    assert '["kursus2","v9",["x"]]' in session.to_json()
    assert Session.from_json(session.to_json()) == session


# --- how answers are spelt ------------------------------------------------------------------------------------------

OPTIONS = tuple(
    Option(key, localized({"ms": key, "en": key.upper()}), right, alike(f"bukan {key}") if not right else None)
    for key, right in (("api", True), ("air", False), ("angin", True))
)


def asks(kind: str, options=OPTIONS, **more) -> Question:
    return Question("q", alike("?"), options, alike("sebab"), alike("petunjuk"), kind, keeps_order=True, **more)


KG = Amount(Fraction("12.5"), unit=localized({"ms": "kg", "en": "kilos"}))
RM = Amount(Fraction(65), unit=localized({"ms": "RM", "en": "RM"}))


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        (asks("choice"), "angin", "C"),
        (asks("several"), "api+angin", "A C"),
        (asks("order"), "angin>api>air", "C A B"),
        (asks("truth"), "api", OPTIONS[0].says),
        (asks("text"), "air", OPTIONS[1].says),
        (asks("text"), "tanah", "tanah"),
        (asks("number", (), amount=Amount(Fraction(3))), "4", "4"),
        (asks("number", (), amount=KG), "4", localized({"ms": "4 kg", "en": "4 kilos"})),
        (asks("number", (), amount=RM), "4", localized({"ms": "RM4", "en": "RM4"})),
    ],
    ids=str,
)
def test_an_answer_is_spelt_as_she_would_write_it(question, answer, words):
    assert spelt(question, answer, seed=0) == words


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (asks("choice", OPTIONS[:2]), localized({"ms": "api", "en": "API"})),
        (asks("several"), localized({"ms": "api; angin", "en": "API; ANGIN"})),
        (asks("order"), localized({"ms": "api > air > angin", "en": "API > AIR > ANGIN"})),
        (asks("number", (), amount=KG), localized({"ms": "12.5 kg", "en": "12.5 kilos"})),
        (asks("number", (), amount=RM), localized({"ms": "RM65", "en": "RM65"})),
        (asks("number", (), amount=Amount(Fraction(3))), "3"),
    ],
    ids=str,
)
def test_the_right_answer_is_told_in_full(question, words):
    assert told(question) == words


def test_the_right_answer_of_each_kind_in_recorded_form():
    kinds = {kind: asks(kind).right_answer for kind in ("choice", "several", "order")}

    assert kinds == {"choice": "api+angin", "several": "api+angin", "order": "api>air>angin"}
    assert asks("number", (), amount=KG).right_answer == "12.5"
    assert asks("number", (), amount=RM).right_answer == "65"
    assert [asks("number", (), amount=KG).grades(each) for each in ("12.5", "25/2", "12.4")] == [True, True, False]
    assert asks("number", (), amount=Amount(Fraction(10), Fraction(2))).grades("12")
    assert not asks("number", (), amount=Amount(Fraction(10), Fraction(2))).grades("12.1")
    assert asks("open", ()).grades("apa pun")


def test_a_wrong_answer_is_told_why_by_its_own_words_or_by_the_hint():
    assert why_not(asks("choice"), "air") == (alike("bukan air"),)
    assert why_not(asks("several"), "air+api") == (alike("petunjuk"),)
    assert why_not(replace(asks("several"), hint=None), "air+api") == ()


# --- asked back, and a quiz by phone --------------------------------------------------------------------------------


def truthful():
    made = course("kursus1", "satu1", "dua2")
    options = (Option("true", alike("Betul"), right=True), Option("false", alike("Salah")))
    asked = Question("b", alike("Benar?"), options, alike("ya"), kind="truth")
    return library(replace(made, lessons=(replace(made.lessons[0], bank=(asked,)), made.lessons[1])))


def meant():
    books = truthful()
    return books, says(Session(), "hai", "1", "setuju", "au", within=books).session


@pytest.mark.parametrize(
    ("reply", "state"),
    [("1", "lesson.offer"), ("ya", "lesson.offer"), ("2", "lesson.again"), ("tidak", "lesson.again")],
)
def test_what_is_asked_back_is_settled_by_yes_or_no_or_their_numbers(reply, state):
    books, session = meant()

    assert session.state == "lesson.meant"
    assert says(session, reply, within=books).session.state == state


def test_what_is_asked_back_is_offered_with_numbers_and_a_miss_says_so():
    books, session = meant()
    say = said(says(session, "zzzz", within=books))

    assert (say.lettered, say.choices) == (False, (T("Yes"), T("No")))
    assert invite(T("Send one number only, like 1.")) in said(says(session, "zzzz", "zzzz", within=books)).body


def lesson(name: str, *names: str) -> Lesson:
    options = tuple(Option(key, alike(f"{name} {key}"), key == "b") for key in ("a", "b", "c"))
    bank = tuple(
        Question(each, alike(f"{each}?"), options, alike("x"), level=level, keeps_order=True)
        for each, level in zip(names, ("", "hard", "easy"), strict=False)
    )
    return Lesson(name, alike(name), (alike("idea"),), bank)


def test_a_quiz_by_phone_is_about_the_questions_she_was_sent_by_her_level_and_her_place():
    made = course("kursus1", "satu1", "dua2")
    books = library(replace(made, lessons=(lesson("satu1", "p", "ph", "pe"), lesson("dua2", "q", "qh", "qe"))))
    session = says(Session(), "hai", "1", "setuju", within=books).session
    easy = session._replace(
        question="pe", seed=1, enrolments=(Enrolment("kursus1", "v1", level="easy", seen=("satu1/pe",)),)
    )
    step = says(easy, "1b 2a 7c", within=books)

    assert [(each.question, each.right) for each in step.effects if isinstance(each, RecordAnswer)] == [
        ("pe", True),
        ("qe", False),
    ]


def test_a_quiz_of_lessons_there_are_not_says_so():
    books = library(course("kursus1", "satu1", "dua2"))
    session = says(Session(), "hai", "1", "setuju", within=books).session
    step = says(session, "7a 8b", within=books)

    assert T("There is no lesson of these numbers.") in said(step).body
    assert not any(isinstance(each, RecordAnswer) for each in step.effects)


def test_kembali_reads_the_whole_lesson_before_with_its_place():
    made = course("kursus1", "satu1", "dua2")
    first = replace(made.lessons[0], ideas=(alike("satu."), alike("dua.")))
    books = library(replace(made, lessons=(first, made.lessons[1])))
    second = says(Session(), "hai", "1", "setuju", "B", "1", within=books)
    step = says(second.session, "kembali", within=books)

    assert said(step).body == (T("{place}/{total} {idea}", place=1, total=2, idea=alike("satu.")), alike("dua."))
    assert step.session.place == "lesson.question"
