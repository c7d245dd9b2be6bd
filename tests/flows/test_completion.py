"""When a course is complete: the rule alone, without a database."""

from dataclasses import replace

import pytest

from flows.completion import Lack, Programme, Record, Rule
from flows.course import Course
from flows.text import localized
from tests.builders import course

LESSONS = ("a", "b", "c")
DAY = 24 * 60


@pytest.mark.parametrize(
    ("rule", "record", "lacks"),
    [
        (Rule(), Record(frozenset("abc")), []),
        (Rule(), Record(frozenset("ac")), [Lack("lessons", 3, 2)]),
        (Rule(lessons=("a", "b")), Record(frozenset("ab")), []),
        (Rule(lessons=("a", "b")), Record(frozenset("ac")), [Lack("lessons", 2, 1)]),
        (Rule(pass_mark=70), Record(frozenset("abc"), put=10, right=7), []),
        (Rule(pass_mark=70), Record(frozenset("abc"), put=10, right=6), [Lack("score", 70, 60)]),
        (Rule(pass_mark=70), Record(frozenset("abc")), [Lack("score", 70, 0)]),
        (Rule(witnessed=("a", "b")), Record(frozenset("abc"), witnessed=frozenset("bc")), [Lack("witness", 2, 1)]),
        (Rule(minutes=30), Record(frozenset("abc"), minutes=29), [Lack("minutes", 30, 29)]),
        (Rule(days=2), Record(frozenset("abc"), minutes=2 * DAY - 1), [Lack("days", 2, 1)]),
        (Rule(days=2), Record(frozenset("abc"), minutes=2 * DAY), []),
        (Rule(identity=2), Record(frozenset("abc"), level=1), [Lack("identity", 2, 1)]),
        (Rule(identity=1), Record(frozenset("abc"), level=2), []),
        (
            Rule(days=1, identity=1),
            Record(frozenset("a")),
            [Lack("lessons", 3, 1), Lack("days", 1, 0), Lack("identity", 1, 0)],
        ),
    ],
)
def test_a_rule_says_what_is_missing(rule, record, lacks):
    assert list(rule.lacks(record, LESSONS)) == lacks


def test_only_a_rule_that_asks_for_more_than_lessons_costs_a_look():
    assert not Rule(lessons=("a",), final="a", months=12).asks_more
    assert all(
        rule.asks_more
        for rule in (Rule(pass_mark=1), Rule(witnessed=("a",)), Rule(minutes=1), Rule(days=1), Rule(identity=1))
    )


def ruled(rule: Rule) -> Course:
    """A course of three lessons under a rule."""
    return replace(course("kursus1", *LESSONS), rule=rule)


def test_the_lesson_that_assesses_the_whole_waits_until_nothing_else_is_left():
    made = ruled(Rule(final="c"))

    assert made.next_lesson(["b"], "b").id == "a"
    assert made.next_lesson(["a", "b"], "b").id == "c"
    assert made.next_lesson(["a", "b", "c"]) is None


def test_a_course_is_taught_to_its_end_though_its_rule_wants_less():
    made = ruled(Rule(lessons=("a", "b")))

    assert made.is_complete(["a", "b"])
    assert not made.is_complete(["a", "c"])
    assert made.next_lesson(["a", "b"], "b").id == "c"


def test_a_programme_asks_for_some_of_its_courses_or_for_all():
    whole = Programme("p", "1", localized({"ms": "P", "en": "P"}), ("x", "y", "z"), 60)

    assert whole.lacks(["x", "y", "z", "other"], 0) == ()
    assert whole.lacks(["x", "other"], 0) == (Lack("courses", 3, 1),)
    assert replace(whole, least=2).lacks(["x", "z"], 0) == ()
    assert replace(whole, identity=1).lacks(["x", "y", "z"], 0) == (Lack("identity", 1, 0),)
