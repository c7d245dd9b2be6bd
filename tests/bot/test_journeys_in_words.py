"""What learners live through, told in words: the whole bot, its workers, and a clock that is turned."""

import shutil
from datetime import timedelta

import pytest

from bot.channels.base import ChannelError
from bot.settings import ROOT
from bot.store import tables as t
from tests.world import KUCHING, OTHER_PHONE, World

COURSE = (ROOT / "tests" / "content" / "courses" / "selamat1.yaml").read_text(encoding="utf-8")


@pytest.fixture
def with_five_courses(sqlite_url, tmp_path):
    """A world with so many courses that their list takes two screens."""
    content = tmp_path / "content"
    (content / "courses").mkdir(parents=True)
    shutil.copy(ROOT / "content" / "keywords.csv", content)
    for number in range(1, 6):
        long_title = f'ms: "Elak penipuan di talian no {number}"'
        text = COURSE.replace("id: selamat1", f"id: selamat{number}", 1).replace(
            'ms: "Elak penipuan dalam talian"', long_title, 1
        )
        (content / "courses" / f"selamat{number}.yaml").write_text(text, encoding="utf-8")
    world = World(sqlite_url, tmp_path, content=content)
    yield world
    world.close()


def test_stop_is_heard_even_as_the_first_message(world):
    assert world.says("  Berhenti ") == (
        "Tiada mesej lagi. Hantar MULA untuk kembali. No more messages. Send START to come back."
    )
    assert world.passes(days=30) == []


def test_a_learner_who_goes_quiet_is_nudged_but_never_at_night(world):
    """A nudge that falls due at 23:00 waits for the morning."""
    world.passes(hours=14)
    world.says_all("hai", "1", "ya")

    world.passes(hours=36)

    nudge = world.provider.sent[-1]
    assert '1/7 "SMS yang mencurigakan" menunggu anda' in nudge.text
    assert nudge.at.astimezone(KUCHING).hour == 8


def test_a_nudge_comes_in_her_part_of_the_day(world):
    world.says_all("hai", "1", "ya", "masa", "malam")

    world.passes(days=2)

    (sent,) = world.provider.sent
    assert "18:00" <= f"{sent.at.astimezone(KUCHING):%H:%M}" <= "19:20"


def test_who_writes_before_the_nudge_is_sent_is_not_reminded_of_what_she_just_did(world):
    world.says_all("hai", "1", "ya")
    world.passes(hours=23)
    world.says("B")

    assert world.passes(hours=2) == []


def test_one_learner_goes_on_by_call_and_on_whatsapp_where_she_was_by_sms(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B")

    assert world.dials() == "1/7 selesai.\n1 Sambung\n2 Nanti"
    assert world.presses("1").startswith("2/7 ")
    assert world.says("C", channel="whatsapp").startswith("Betul!")
    assert len(world.rows(t.learner)) == 1


def test_a_message_delivered_twice_is_answered_twice_in_the_same_words_and_counted_once(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya")

    first, again = (world.says("A", id="the-same") for _ in range(2))

    assert first == again
    assert len(world.rows(t.answer)) == 1


def test_a_finished_course_leads_to_one_certificate_that_anybody_may_check(world_on_both):
    world = world_on_both
    said = world.says_all("hai", "1", "ya", *"B1C1A1C1B1A1C")
    code = said.partition("Kod sijil: ")[2].partition(".")[0]

    assert world.says(f"SEMAK {code}", phone=OTHER_PHONE).startswith(
        f"{code}: SAH. Elak penipuan dalam talian, 24/11/2026."
    )
    assert code in world.says("sijil")
    assert len(world.rows(t.certificate)) == 1


def test_a_reply_that_cannot_ride_on_the_response_is_sent_and_sent_again_when_refused(sqlite_url, tmp_path):
    world = World(sqlite_url, tmp_path, inline=False)
    world.provider.refuses(ChannelError("busy", retryable=True))

    world.says("hai")
    later = world.passes(minutes=10)

    assert world.texts == ()
    assert [text.partition("!")[0] for text in later] == ["Selamat datang"]
    world.close()


def test_a_choice_she_sees_may_be_pressed_and_one_on_the_next_screen_leads_there(with_five_courses):
    """Five courses take two screens: 1 begins the first at once, 5 shows the screen on which it stands."""
    world = with_five_courses
    world.dials()
    world.presses("1")
    world.presses("1")
    assert world.texts[0].endswith("\n98 Lagi")
    assert "5 " not in world.texts[0]

    assert "5 Elak penipuan di talian no 5" in world.presses("5")
    world.dials()
    assert world.presses("1").startswith("1/7 ")
    assert world.session().course == "selamat1"


def test_in_a_call_that_broke_off_she_finds_her_place(world):
    world.dials()
    world.presses("2")
    world.phone().hangs_up()

    assert world.dials().startswith("To teach you we keep your number")
    assert not world.ended
    assert world.presses("2").startswith("All right. We will not write to you.")
    assert world.ended


def test_an_edit_is_taught_within_seconds_and_changes_nobodys_lesson_under_her(with_five_courses, tmp_path):
    world = with_five_courses
    world.says_all("hai", "1", "ya", "1")
    world.says_all("hai", "1", "ya", phone=OTHER_PHONE)
    file = tmp_path / "content" / "courses" / "selamat1.yaml"
    file.write_text(COURSE.replace("Apa anda buat?", "Apa tindakan anda?", 1), encoding="utf-8")

    world.clock.turn(timedelta(seconds=10))

    assert "Apa anda buat?" in world.says("ulang")
    assert "Apa tindakan anda?" in world.says("1", phone=OTHER_PHONE)
