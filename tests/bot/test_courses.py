"""Every course that Titian comes with, played to its certificate: two languages, by SMS, by USSD, on WhatsApp, and mixed."""

from pathlib import Path

import pytest

from bot import gsm
from bot.settings import ROOT
from bot.store import tables as t
from tests.bot.test_transcripts import texts_of
from tests.builders import real_library
from tests.playing import Player
from tests.world import World

GOLDEN = Path(__file__).with_name("transcripts") / "courses"
COURSES = sorted(path.stem for path in (ROOT / "content" / "courses").glob("*.yaml"))
KINDS = ("sms", "ussd", "whatsapp", "mixed")
PLAYED = [(course, kind, locale) for course in COURSES for kind in KINDS for locale in ("ms", "en")]


@pytest.mark.parametrize(("course", "kind", "locale"), PLAYED, ids=["-".join(each) for each in PLAYED])
def test_a_course_is_taught_as_its_transcript_says(course, kind, locale, sqlite_url, tmp_path, rewrite_transcripts):
    golden = GOLDEN / f"{course}-{kind}-{locale}.txt"
    world = World(sqlite_url, tmp_path, content=ROOT / "content")

    played = Player(world, course, locale, kind).play()
    certificates = world.rows(t.certificate)
    world.close()

    if rewrite_transcripts:
        golden.write_text(played, encoding="utf-8")
    assert [row.course for row in certificates] == [course]
    assert rewrite_transcripts or played == golden.read_text("utf-8"), "run `make transcripts` and read the diff"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_no_text_of_a_course_is_more_than_one_sms_or_one_screen(path):
    golden = path.read_text(encoding="utf-8")

    assert [text for text in texts_of(golden, kind="sms") if gsm.segments(text) != 1] == []
    assert [text for text in texts_of(golden, kind="ussd") if gsm.septets(text) > 150] == []


def test_there_are_five_courses_of_six_to_eight_lessons_with_three_questions_each_or_more():
    courses = real_library().courses

    assert len(courses) == 5
    assert {len(course.lessons) for course in courses.values()} <= {6, 7, 8}
    assert min(len(lesson.bank) for course in courses.values() for lesson in course.lessons) >= 3
