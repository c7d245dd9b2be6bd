"""A lesson with a bank: kinds of question, a pass mark, and other questions for a second chance."""

from dataclasses import replace
from fractions import Fraction

import pytest

from flows.course import Amount, Lesson, Option, Question
from flows.session import Session
from flows.text import alike, localized
from flows.types import KeepReply, PassLesson, PutQuestion, RecordAnswer, ReviewAfter
from tests.builders import course, library, right_letter, said, says

ENGLISH = "2"


def option(key: str, *, right: bool = False, because: str = "", also: tuple[str, ...] = ()) -> Option:
    return Option(key, alike(key), right, alike(because) if because else None, also)


def asks(name: str, kind: str = "choice", *options: Option, **more) -> Question:
    more.setdefault("keeps_order", True)
    return Question(name, alike(f"{name}?"), options, alike(f"sebab {name}"), alike(f"fikir {name}"), kind, **more)


def choice(name: str) -> Question:
    return asks(name, "choice", option("salah", because=f"bukan {name}"), option("tepat", right=True), option("lain"))


SEVERAL = asks("s", "several", option("api", right=True), option("air"), option("angin", right=True))
ORDER = asks("o", "order", option("gali"), option("tanam"), option("siram"))
NUMBER = asks("n", "number", amount=Amount(Fraction("12.5"), Fraction("0.5"), localized({"ms": "kg", "en": "kg"})))
TEXT = asks(
    "t",
    "text",
    option("right", right=True, also=("air", "water")),
    option("wrong-1", because="tanah?", also=("tanah",)),
)
TRUTH = asks("b", "truth", option("true", right=True), option("false"))
OPEN = asks("r", "open")


def taught(*bank: Question, pass_mark: int = 1):
    """A library whose first lesson has this bank, and a learner who is at its first question."""
    made = course("kursus1", "satu1", "dua2")
    first = Lesson("satu1", alike("Tajuk"), (alike("Idea."),), bank, pass_mark)
    books = library(replace(made, lessons=(first, *made.lessons[1:])))
    return books, says(Session(), "hai", "1", "setuju", within=books).session


def heard(books, session: Session, *texts: str):
    step = says(session, *texts, within=books)
    return step, [(each.option, each.right) for each in step.effects if isinstance(each, RecordAnswer)]


@pytest.mark.parametrize(
    ("asked", "reply", "recorded", "right"),
    [
        (SEVERAL, "1 3", "api+angin", True),
        (SEVERAL, "A dan C", "api+angin", True),
        (SEVERAL, "1", "api", False),
        (NUMBER, "12,5 kg", "12.5", True),
        (NUMBER, "13", "13", True),
        (NUMBER, "14", "14", False),
        (TEXT, "Air bah", "right", True),
        (TEXT, "water", "right", True),
        (TEXT, "tanah", "wrong-1", False),
        (TRUTH, "btul", "true", True),
        (TRUTH, "tidak betul", "false", False),
    ],
)
def test_every_kind_is_graded_from_what_people_write(asked, reply, recorded, right):
    books, session = taught(asked)

    assert heard(books, session, reply)[1] == [(recorded, right)]


def test_an_order_is_answered_by_the_places_it_is_shown_in():
    books, session = taught(replace(ORDER, keeps_order=False))
    shown = [each.key for each in books.courses["kursus1"].lessons[0].bank[0].shown(session.seed)]
    reply = " ".join(str(shown.index(key) + 1) for key in ("gali", "tanam", "siram"))

    assert shown != ["gali", "tanam", "siram"]
    assert heard(books, session, reply)[1] == [("gali>tanam>siram", True)]


def test_an_open_answer_is_kept_and_thanked_for_and_never_wrong():
    books, session = taught(OPEN)
    step, graded = heard(books, session, "Saya akan tanam cili di tepi rumah")

    assert graded == []
    assert KeepReply("kursus1", "v1", "satu1", "r", "open", "Saya akan tanam cili di tepi rumah") in step.effects
    assert PassLesson("kursus1", "v1", "satu1") in step.effects
    assert not any(isinstance(each, ReviewAfter) for each in step.effects)


def test_a_wrong_word_has_its_own_feedback_and_an_unlisted_one_goes_to_the_author():
    books, session = taught(TEXT)
    listed, unlisted = says(session, "tanah", within=books), says(session, "kereta", within=books)

    assert alike("tanah?") in said(listed).body
    assert alike("fikir t") in said(unlisted).body
    assert KeepReply("kursus1", "v1", "satu1", "t", "unread", "kereta") in unlisted.effects
    assert not any(isinstance(each, KeepReply) for each in listed.effects)


def test_au_is_always_asked_back_and_yes_counts():
    books, session = taught(TRUTH)
    asked = says(session, "au", within=books)

    assert asked.session.state == "lesson.meant"
    assert not any(isinstance(each, RecordAnswer) for each in asked.effects)
    assert heard(books, asked.session, "ya")[1] == [("true", True)]
    assert says(asked.session, "bukan", within=books).session.state == "lesson.again"
    assert heard(books, asked.session, "salah")[1] == [("false", False)]


def test_an_answer_asked_back_may_be_given_anew_by_its_letter():
    books, session = taught(choice("p"))
    asked = says(session, "bukan a", within=books)

    assert not any(isinstance(each, RecordAnswer) for each in asked.effects)
    assert heard(books, asked.session, "B")[1] == [("tepat", True)]


def test_what_nobody_could_read_is_kept_for_the_author_and_costs_no_try():
    books, session = taught(choice("p"))
    step = says(session, "qwertz zuiop", within=books)

    assert KeepReply("kursus1", "v1", "satu1", "p", "unread", "qwertz zuiop") in step.effects
    assert step.session.attempt == 0


def test_after_two_wrong_answers_another_question_of_the_bank_is_put_at_once():
    books, session = taught(choice("p"), choice("q"), choice("r"))
    step = says(session, "A", "A", within=books)

    assert [each.question for each in step.effects if isinstance(each, PutQuestion)] == ["q"]
    assert [words.msgid for words in said(step).body if hasattr(words, "msgid")] == [
        "The answer: {answer}.",
        "Try another question:",
    ]
    assert PassLesson("kursus1", "v1", "satu1") in says(step.session, "B", within=books).effects


def test_a_second_question_in_vain_leaves_the_lesson_for_later_with_one_she_has_not_seen():
    books, session = taught(choice("p"), choice("q"), choice("r"))
    later = says(session, "A", "A", "A", "A", "1", "B", "1", within=books)

    assert later.session.lesson == "satu1"
    assert later.session.question == "r"


def test_a_pass_mark_of_two_needs_two_different_questions_right():
    books, session = taught(choice("p"), choice("q"), choice("r"), pass_mark=2)
    one = says(session, "B", within=books)

    assert not any(isinstance(each, PassLesson) for each in one.effects)
    assert one.session.question == "q"
    assert PassLesson("kursus1", "v1", "satu1") in says(one.session, "B", within=books).effects


def test_one_slip_in_a_pass_mark_of_two_is_no_lost_evening():
    books, session = taught(choice("p"), choice("q"), choice("r"), pass_mark=2)

    assert PassLesson("kursus1", "v1", "satu1") in says(session, "A", "A", "B", "B", within=books).effects


def test_a_statement_is_not_tried_twice_since_the_second_try_would_be_a_gift():
    books, session = taught(TRUTH, choice("q"))
    step = says(session, "salah", within=books)

    assert step.session.question == "q"


def test_passing_makes_the_question_come_again_in_two_days():
    books, session = taught(choice("p"))

    assert ReviewAfter("kursus1", "satu1", "p", 2, 0) in says(session, "B", within=books).effects


def test_neighbours_see_the_options_in_another_order_and_she_always_in_the_same():
    shuffled = replace(choice("p"), keeps_order=False)
    orders = {tuple(each.key for each in shuffled.shown(seed)) for seed in range(50)}

    assert len(orders) == 6
    assert shuffled.shown(7) == shuffled.shown(7)


def test_an_order_is_never_shown_as_it_is_right():
    shuffled = replace(ORDER, keeps_order=False)

    assert all(shuffled.shown(seed) != shuffled.options for seed in range(200))


def test_the_letter_she_writes_means_what_she_sees():
    books, session = taught(replace(choice("p"), keeps_order=False))
    for seed in range(12):
        letter = right_letter(books.courses["kursus1"].lessons[0].bank[0], seed)

        assert heard(books, session._replace(seed=seed), letter)[1] == [("tepat", True)]


def test_easy_and_hard_questions_go_to_those_whose_level_they_are():
    easy, hard, both = (replace(choice(name), level=level) for name, level in (("e", "easy"), ("h", "hard"), ("x", "")))
    lesson = Lesson("satu1", alike("Tajuk"), (alike("Idea."),), (easy, hard, both))

    put = {
        level: {lesson.question_after("", seed=seed, level=level).id for seed in range(9)}
        for level in ("easy", "hard", "")
    }

    assert put == {"easy": {"e", "x"}, "hard": {"h", "x"}, "": {"x"}}
