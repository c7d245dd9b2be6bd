"""What comes back after a lesson: reviews on their days and never too many, the next lesson at her pace, tasks and days in the field."""

import secrets
from datetime import timedelta
from itertools import pairwise

import pytest
import yaml

from bot import witnesses
from bot.settings import ROOT
from bot.store import tables as t
from tests.world import KUCHING, OTHER_PHONE, World

KEYWORDS = ROOT / "content" / "keywords.csv"
COURSE = (ROOT / "tests" / "content" / "courses" / "selamat1.yaml").read_text(encoding="utf-8")


@pytest.fixture
def taught(sqlite_url, tmp_path):
    """Make a world that teaches an edited course."""
    worlds = []

    def teach(edit) -> World:
        content = tmp_path / f"content-{len(worlds)}"
        (content / "courses").mkdir(parents=True)
        (content / "keywords.csv").write_bytes(KEYWORDS.read_bytes())
        course = yaml.safe_load(COURSE)
        edit(course)
        (content / "courses" / "selamat1.yaml").write_text(yaml.safe_dump(course, allow_unicode=True), encoding="utf-8")
        worlds.append(World(sqlite_url, tmp_path, content=content))
        return worlds[-1]

    yield teach
    for world in worlds:
        world.close()


def test_after_two_days_the_question_comes_back_and_one_reply_settles_it(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B", "rehat")

    (asked,) = world.passes(days=3)
    answer = world.says("B")

    assert asked.startswith("SMS berpautan mengatakan")
    assert answer.startswith("Betul! Anda masih ingat.")
    assert [row.purpose for row in world.rows(t.answer)] == ["lesson", "review"]
    (row,) = world.rows(t.review)
    assert (row.step, (row.due_at - world.clock()).days) == (1, 7)
    assert world.says("1").startswith("1/7 selesai.")


def test_a_forgotten_answer_is_explained_and_comes_again_in_two_days(world):
    world.says_all("hai", "1", "ya", "B", "rehat")
    world.passes(days=3)

    assert world.says("A").startswith("Jawapannya: ")
    assert [(row.step, (row.due_at - world.clock()).days) for row in world.rows(t.review)] == [(0, 2)]


def test_reviews_are_at_most_a_third_of_what_she_is_sent_to_learn(world):
    world.says_all("hai", "1", "ya", *"B1C1A1C1B1A")
    for _ in range(6):
        world.passes(days=7)

    asked = [sent for sent in world.provider.sent if "A) " in sent.text]
    days = sorted(sent.at for sent in asked)

    assert len(asked) >= 5
    assert all(later - sooner >= timedelta(days=5) for sooner, later in pairwise(days))


def test_no_review_interrupts_a_question_she_is_at(world):
    world.says_all("hai", "1", "ya", "B", "1")

    assert not any("A) " in text for text in world.passes(days=5))


def test_a_review_unanswered_comes_again_after_a_week_and_not_every_day(world):
    world.says_all("hai", "1", "ya", "B", "rehat")
    sent = world.passes(days=6)

    assert [text for text in sent if "A) " in text] == sent[:1]


def test_the_next_lesson_comes_by_itself_at_her_pace_in_her_hours(world):
    world.says_all("hai", "1", "ya", "masa", "malam", "5 seminggu", "B")
    world.passes(days=2)

    lessons = [sent for sent in world.provider.sent if "2/7 " in sent.text]

    assert len(lessons) == 1
    assert lessons[0].at.astimezone(KUCHING).hour in (18, 19)
    assert world.says("C").startswith("Betul!")


def test_a_lesson_that_came_by_itself_is_reminded_of_once_a_day_later(world):
    world.says_all("hai", "1", "ya", "B")
    world.passes(days=4)

    assert [sent.text.count("menunggu anda") for sent in world.provider.sent][-1] == 1


def test_kurang_makes_it_one_lesson_a_week(world):
    world.says_all("hai", "1", "ya", "kurang", "B")

    assert not any("2/7" in text for text in world.passes(days=6))
    assert any("2/7" in text for text in world.passes(days=2))


def test_lessons_follow_the_day_she_plants(taught):
    def follows(course):
        course["follows"] = {"ms": "Bila anda tanam?", "en": "When do you plant?"}
        for lesson, day in zip(course["lessons"], (0, 10, 20, 30, 40, 50, 60), strict=True):
            lesson["day"] = day

    world = taught(follows)
    asked = world.says_all("hai", "1", "ya")
    begun = world.says("1/12")
    world.says_all("B", "2")

    assert asked.startswith("Bila anda tanam? Hantar hari dan bulan")
    assert begun.startswith("Dicatat: 1/12/2026.")
    world.passes(days=15)
    assert not any("2/7" in sent.text for sent in world.provider.sent)
    world.passes(days=3)
    assert any("2/7" in sent.text for sent in world.provider.sent)


def test_a_day_that_is_none_is_asked_again_in_words(taught):
    world = taught(lambda course: course.update(follows={"ms": "Bila anda tanam?", "en": "When do you plant?"}))
    world.says_all("hai", "1", "ya")

    assert world.says("31/2").startswith("Tarikh itu tiada.")
    assert world.says("esok").startswith("Dicatat: 25/11/2026.")


def tasked(course):
    course["lessons"][0]["task"] = {
        "id": "buat",
        "ask": {"ms": "Tunjuk kepada saksi satu SMS yang anda padam.", "en": "Show a witness an SMS you deleted."},
        "because": {"ms": "Yang dibuat lebih diingati.", "en": "What is done is remembered."},
    }


def test_a_task_waits_for_a_witness_and_each_slip_is_good_once(taught):
    world = taught(tasked)
    one, two = witnesses.make_codes(
        world.bot.store, "Puan Rosli", 2, now=world.clock(), randbelow=secrets.SystemRandom().randrange
    )
    waits = world.says_all("hai", "1", "ya", "B")
    wrong = world.says("kod 0000-0000")
    passed = world.says(f"KOD {one}")
    world.says_all("hai", "1", "ya", "B", phone=OTHER_PHONE)

    assert "hantar kod daripada saksi" in waits
    assert wrong.startswith("Kod ini tidak dikenali.")
    assert passed.startswith("Disahkan. Syabas!")
    assert world.says(one, phone=OTHER_PHONE).startswith("Kod ini sudah digunakan.")
    assert world.says(two.replace("-", " "), phone=OTHER_PHONE).startswith("Disahkan.")
    assert [row.code for row in world.rows(t.task_done)] == sorted(code.replace("-", "") for code in (one, two))
    assert len(world.rows(t.lesson_pass)) == 2


def test_what_nobody_could_read_and_what_she_thinks_are_kept(taught):
    def opens(course):
        asked = course["lessons"][0].pop("question")
        opened = {"id": "fikir", "kind": "open", "ask": asked["ask"], "because": asked["because"]}
        course["lessons"][0]["questions"] = [opened]

    world = taught(opens)
    world.says_all("hai", "1", "ya", "Saya akan padam SMS begitu", "1", "apa ni kaka")

    assert {(row.kind, row.words) for row in world.rows(t.written_reply)} == {
        ("open", "Saya akan padam SMS begitu"),
        ("unread", "apa ni kaka"),
    }
    assert len(world.rows(t.lesson_pass)) == 1
