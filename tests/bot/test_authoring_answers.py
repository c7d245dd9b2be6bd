"""Answers that came on paper, and replies that nobody could read."""

import dataclasses
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from bot import codes
from bot.cli import main
from bot.slip_sheet import read_rows
from bot.slips import Slip, Slips
from bot.store import tables as t
from bot.store.ids import new_id
from bot.unlisted import asked, gathered, line_to_paste
from flows.course import Lesson
from tests.bots import count, rows
from tests.world import OTHER_PHONE, PHONE, World

TODAY = date(2026, 11, 24)
COURSE = "selamat1"
HEADINGS = "phone,course,answers,date,entered_by"


@pytest.fixture
def greeted(world_on_both: World) -> World:
    """A learner who has agreed to the notice, and stands at the first question."""
    world_on_both.says_all("hai", "1", "1")
    return world_on_both


def sheet(tmp_path: Path, *lines: str, headings: str = HEADINGS) -> Path:
    file = tmp_path / "slips.csv"
    file.write_text("\n".join([headings, *lines]) + "\n", encoding="utf-8-sig")
    return file


def slips_of(world: World) -> Slips:
    bot = world.bot
    return Slips(bot.store, bot.library, bot.zone, bot.clock)


def read(world: World, file: Path) -> tuple[list[Slip], list[str]]:
    """The slips of a file, and everything that is wrong with it, in words."""
    written, troubles = read_rows(file, today=TODAY)
    found, more = slips_of(world).read(written)
    return found, [str(each) for each in [*troubles, *more]]


def letter_of(lesson: Lesson, *, right: bool = True) -> str:
    """What to tick for the first question of a lesson, as it is printed."""
    return "ABCDE"[[option.right for option in lesson.bank[0].options].index(right)]


def ticked(world: World, *wrong: int) -> str:
    """A slip for the whole course, right but for the lessons named."""
    lessons = world.bot.library().courses[COURSE].lessons
    return " ".join(f"{place}{letter_of(each, right=place not in wrong)}" for place, each in enumerate(lessons, 1))


def test_a_slip_is_shown_first_and_nothing_is_entered(greeted, tmp_path):
    file = sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted, 2)},24/11/2026,Puan Siti")

    found, troubles = read(greeted, file)

    assert troubles == []
    assert [each.right for each in found[0].marked][:3] == [True, False, True]
    assert count(greeted.bot, t.answer) == 0


def test_a_slip_is_graded_as_if_she_had_sent_it_and_she_hears_nothing(greeted, tmp_path):
    file = sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted, 2)},23/11/2026,Puan Siti")
    before = greeted.session()
    said = count(greeted.bot, t.outbound_message)
    [slip], _ = read(greeted, file)

    assert slips_of(greeted).enter(slip)

    lessons = greeted.bot.library().courses[COURSE].lessons
    answers = rows(greeted.bot, t.answer)
    assert [(row.lesson, row.correct, row.purpose) for row in sorted(answers, key=lambda row: row.lesson)] == sorted(
        (each.id, place != 2, "paper") for place, each in enumerate(lessons, 1)
    )
    assert {row.answered_at.astimezone(greeted.bot.zone).date() for row in answers} == {date(2026, 11, 23)}
    assert {row.lesson for row in rows(greeted.bot, t.lesson_pass)} == {
        each.id for place, each in enumerate(lessons, 1) if place != 2
    }
    assert count(greeted.bot, t.outbound_message) == said
    assert greeted.session().state == before.state
    [event] = rows(greeted.bot, t.audit_event)
    assert (event.who, event.did) == ("Puan Siti", "enter slip")


def test_she_goes_on_with_the_lesson_the_slip_did_not_pass(greeted, tmp_path):
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted, 2)},24/11/2026,Siti"))
    slips_of(greeted).enter(slip)

    heard = greeted.says("sambung")

    assert "2/" in heard


def test_a_whole_course_on_paper_ends_with_a_certificate_of_today(greeted, tmp_path):
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted)},1/11/2026,Siti"))
    said = count(greeted.bot, t.outbound_message)

    slips_of(greeted).enter(slip)

    [certificate] = rows(greeted.bot, t.certificate)
    assert certificate.issued_at.astimezone(greeted.bot.zone).date() == TODAY
    assert count(greeted.bot, t.outbound_message) == said
    assert any(codes.written(certificate.code) in text for text in greeted.passes(hours=3))  # nobody else answers paper


def test_the_same_file_again_changes_nothing(greeted, tmp_path):
    file = sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted, 1)},24/11/2026,Siti")
    [slip], _ = read(greeted, file)
    slips_of(greeted).enter(slip)
    kept = [count(greeted.bot, table) for table in (t.answer, t.inbound_message, t.audit_event)]

    [again], _ = read(greeted, file)

    assert again.entered
    assert not slips_of(greeted).enter(again)
    assert [count(greeted.bot, table) for table in (t.answer, t.inbound_message, t.audit_event)] == kept


def test_the_same_slip_written_otherwise_is_the_same_slip(greeted, tmp_path):
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},1A 2B,24/11/2026,Siti"))
    slips_of(greeted).enter(slip)

    [again], _ = read(greeted, sheet(tmp_path, f'{PHONE},{COURSE},"2b, 1a",2026-11-24,Rosli'))

    assert again.entered


def test_two_people_entering_the_same_slip_at_once_enter_it_once(greeted, tmp_path):
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},1A 2B,24/11/2026,Siti"))
    together = threading.Barrier(4)
    entered: list[bool] = []

    def enters() -> None:
        together.wait()
        entered.append(slips_of(greeted).enter(slip))

    threads = [threading.Thread(target=enters) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(entered) == [False, False, False, True]
    assert count(greeted.bot, t.audit_event) == 1


def test_a_message_of_hers_at_the_same_moment_loses_nothing(greeted, tmp_path):
    """Both take a turn of hers: whichever comes second sees what the first has done."""
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},{ticked(greeted)},24/11/2026,Siti"))
    together = threading.Barrier(2)

    def enters() -> None:
        together.wait()
        slips_of(greeted).enter(slip)

    thread = threading.Thread(target=enters)
    thread.start()
    together.wait()
    for _ in range(5):
        greeted.says("menu")
    thread.join()

    enrolment = greeted.session().enrolment(COURSE)
    assert enrolment is not None
    assert len(enrolment.passed) == len(greeted.bot.library().courses[COURSE].lessons)


def test_a_nudge_still_comes_after_a_slip(greeted, tmp_path):
    [slip], _ = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},1A 2B,24/11/2026,Siti"))
    slips_of(greeted).enter(slip)

    assert greeted.passes(days=3)


def test_a_phone_that_several_share_needs_to_be_told_which_of_them(greeted, tmp_path):
    bot = greeted.bot
    greeted.says_all("hai", "1", "1", phone=OTHER_PHONE)
    of_phone = {row.identifier: row.learner_id for row in rows(bot, t.address)}
    first, second = of_phone[PHONE], of_phone[OTHER_PHONE]
    with bot.store.begin() as connection:
        for place, her in enumerate((first, second), 1):
            row = {"number": PHONE, "place": place, "learner_id": her, "pin_hash": None, "tries": 0}
            connection.execute(insert(t.profile).values(row))

    found, troubles = read(greeted, sheet(tmp_path, f"{PHONE},{COURSE},1A 2B,24/11/2026,Siti"))
    assert found == []
    assert troubles == [
        "row 2, person: 2 people share this phone: write which of them in the column person, as 1 to 2."
    ]

    [slip], _ = read(
        greeted, sheet(tmp_path, f"{PHONE},2,{COURSE},1A 2B,24/11/2026,Siti", headings=f"phone,person,{HEADINGS[6:]}")
    )
    assert slip.learner_id == second


@pytest.mark.parametrize("phone", ["+60 11-100 0001", "011-100 0001", "60111000001", "111000001"])
def test_phones_are_known_however_a_spreadsheet_left_them(greeted, tmp_path, phone):
    found, troubles = read(greeted, sheet(tmp_path, f"{phone},{COURSE},1A 2B,24/11/2026,Siti"))

    assert (len(found), troubles) == (1, [])


def test_a_learner_may_be_named_by_her_id_and_columns_in_malay(greeted, tmp_path):
    her = rows(greeted.bot, t.conversation)[0].learner_id
    file = sheet(tmp_path, f"{her};{COURSE};1A 2B;24.11.2026;Siti", headings="Pelajar;Kursus;Jawapan;Tarikh;Oleh")

    [slip], troubles = read(greeted, file)

    assert (slip.learner_id, troubles) == (her, [])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("+60111999999,selamat1,1A 2B,24/11/2026,Siti", "row 2, phone: Nobody has written to us from this phone"),
        ("6.0111E+10,selamat1,1A 2B,24/11/2026,Siti", 'row 2, phone: "6.0111E+10" is no phone number. Excel spoils'),
        (",selamat1,1A 2B,24/11/2026,Siti", "row 2, phone: Write her phone number here"),
        (
            "+60111000001,nosuch,1A 2B,24/11/2026,Siti",
            'row 2, course: There is no course "nosuch". There are: selamat1',
        ),
        ("+60111000001,selamat1,abc,24/11/2026,Siti", "row 2, answers: Write two answers or more like 1A 2C 3B"),
        ("+60111000001,selamat1,1A 99B,24/11/2026,Siti", "row 2, answers: selamat1 has "),
        ("+60111000001,selamat1,1A 2B,31/12/2026,Siti", "row 2, date: This day has not come yet"),
        ("+60111000001,selamat1,1A 2B,yesterday,Siti", "row 2, date: Write the day like 24/11/2026"),
        ("+60111000001,selamat1,1A 2B,24/11/2026,", "row 2, entered_by: Nothing stands here"),
    ],
)
def test_what_cannot_be_entered_is_told_by_row_and_column(greeted, tmp_path, row, says):
    found, troubles = read(greeted, sheet(tmp_path, row))

    assert found == []
    assert [each[: len(says)] for each in troubles] == [says]


def test_somebody_who_has_not_agreed_is_not_graded(world_on_both, tmp_path):
    world_on_both.says("hai")

    _, troubles = read(world_on_both, sheet(tmp_path, f"{PHONE},{COURSE},1A 2B,24/11/2026,Siti"))

    assert troubles == ["row 2, learner: She has not agreed to the privacy notice yet: ask her to send MULA."]


def test_a_file_without_its_columns_or_in_another_encoding_is_told_so(tmp_path):
    assert [str(each) for each in read_rows(sheet(tmp_path, headings="course,answers"), today=TODAY)[1]] == [
        "row 1: These columns are missing: phone, date, entered_by."
    ]
    latin = tmp_path / "latin.csv"
    latin.write_bytes("phone,jawapan\n1,\xe9".encode("latin-1"))
    assert "CSV UTF-8" in str(read_rows(latin, today=TODAY)[1][0])


# --- what nobody could read -----------------------------------------------------------------------------------------


def test_replies_nobody_could_read_are_gathered_by_question_whatever_their_spelling(greeted):
    bot = greeted.bot
    lesson = bot.library().courses[COURSE].lessons[0]
    her = rows(bot, t.conversation)[0].learner_id
    named = {"course": COURSE, "version": "v", "lesson": lesson.id, "question": lesson.bank[0].id}
    for words, kind, days in [
        ("Talipon bank!", "unread", 0),
        ("talipon  bank", "unread", 1),
        ("talipon bank", "unread", 2),
        ("xyz 900101125555", "unread", 0),
        ("talipon bank", "unread", 9),
        ("an open answer", "open", 0),
        ("???", "unread", 0),
    ]:
        at = bot.clock() - timedelta(days=days)
        row = {"id": new_id(at), "learner_id": her, "kind": kind, "words": words, "written_at": at}
        with bot.store.begin() as connection:
            connection.execute(insert(t.written_reply).values(row | named))

    heaps = gathered(bot.store, bot.clock() - timedelta(days=7), COURSE)

    assert [(heap.count, heap.words) for heap in heaps] == [(3, "talipon bank"), (1, "???"), (1, "xyz ...")]
    assert not any("900101" in heap.words for heap in heaps)
    question = asked(bot.library(), heaps[0])
    assert question is not None
    assert line_to_paste(question, heaps[0].words).startswith('also: {ms: ["talipon bank')
    assert gathered(bot.store, bot.clock() - timedelta(days=7), "other") == []


def test_what_is_pasted_fits_the_kind_of_question(greeted):
    question = greeted.bot.library().courses[COURSE].lessons[0].bank[0]

    assert line_to_paste(dataclasses.replace(question, kind="text"), 'ayaq "pip"') == """accept: {ms: ["ayaq 'pip'"]}"""
    assert line_to_paste(dataclasses.replace(question, kind="number"), "dua") == ""


# --- the commands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def runs(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Give a command on the database of a world in which somebody has agreed."""
    world.says_all("hai", "1", "1")
    monkeypatch.chdir(tmp_path)
    made = world.bot.settings
    monkeypatch.setenv("DATABASE_URL", made.store_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("CONTENT_DIR", str(made.content_dir))

    def run(*args: str | Path) -> Result:
        return CliRunner().invoke(main, list(map(str, args)))

    return run


def test_the_command_shows_a_table_first_and_enters_with_yes(world, runs, tmp_path):
    yesterday = world.bot.clock() - timedelta(days=500)
    file = sheet(
        tmp_path,
        f"{PHONE},{COURSE},{ticked(world, 2)},{yesterday:%d/%m/%Y},Puan Siti",
        f"+60111999999,{COURSE},1A 2B,{yesterday:%d/%m/%Y},Puan Siti",
    )

    shown = runs("answers", "import", file)

    assert shown.exit_code == 1
    assert "1" + letter_of(world.bot.library().courses[COURSE].lessons[0]).lower() + " right" in shown.output
    assert "wrong" in shown.output
    assert "row 3, phone: Nobody has written to us" in shown.output
    assert "Nothing is entered yet. 1 slip is new. With --yes they are." in shown.output
    assert PHONE not in shown.output
    assert count(world.bot, t.answer) == 0

    assert "1 entered. 0 had been entered before." in runs("answers", "import", file, "--yes").output
    assert "0 entered. 1 had been entered before." in runs("answers", "import", file, "--yes").output
    assert count(world.bot, t.answer) == len(world.bot.library().courses[COURSE].lessons)


def test_the_weekly_list_has_a_line_to_paste(world, runs):
    lesson = world.bot.library().courses[COURSE].lessons[0]
    her = rows(world.bot, t.conversation)[0].learner_id
    from bot.wiring import utc_now

    named = {"course": COURSE, "version": "v", "lesson": lesson.id, "question": lesson.bank[0].id}
    row = {"id": new_id(utc_now()), "learner_id": her, "kind": "unread", "words": "talipon", "written_at": utc_now()}
    with world.bot.store.begin() as connection:
        connection.execute(insert(t.written_reply).values(row | named))

    listed = runs("answers", "unread", "--course", COURSE)

    assert listed.exit_code == 0
    assert f"{COURSE} > {lesson.id} > {lesson.bank[0].id}\n" in listed.output
    assert "    1  talipon\n" in listed.output
    assert 'also: {ms: ["talipon"]}' in listed.output
    assert "There are: " in runs("answers", "unread", "--course", "nosuch").output


def test_a_witness_gets_slips_with_codes_that_are_good_once(world, runs):
    printed = runs("witnesses", "codes", "Encik Juin", "--count", "3").output

    assert printed.count("TITIAN") == 3
    kept = rows(world.bot, t.witness_code)
    assert {row.witness for row in kept} == {"Encik Juin"}
    assert all(f"{row.code[:4]}-{row.code[4:]}   Encik Juin" in printed for row in kept)
    assert runs("witnesses", "codes", "x" * 81).exit_code == 2
