"""Learners who agreed on paper and never wrote: entered from a list, reached by what carries no reply, certified by slip."""

from datetime import date, datetime, timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import update

from bot import settings
from bot.roster import Roster
from bot.roster_sheet import read_roster
from bot.slip_sheet import read_rows
from bot.slips import Slips
from bot.store import tables as t
from tests.world import KUCHING, World

HEADINGS = "number,language,district,course,consented on,consent words,time"
NUMBER = "+60111000001"
ROW = "011-1000001,ms,Pitas,selamat1,20/11/2026,Saya setuju,petang"
COURSE = "selamat1"
BY = "Puan Rosli"


@pytest.fixture
def world(world_on_both: World) -> World:
    """A gateway that carries no replies is all that we can send by."""
    world_on_both.goes_one_way()
    return world_on_both


@pytest.fixture
def file(tmp_path):
    """A list with these rows."""

    def file(*rows, headings=HEADINGS, name="roster.csv"):
        path = tmp_path / name
        path.write_text("\n".join([headings, *rows]), encoding="utf-8")
        return path

    return file


def imports(world, path, by=BY):
    """What entering the list did, and what was wrong."""
    bot = world.bot
    entries, troubles = read_roster(path, today=world.clock().astimezone(KUCHING).date())
    roster = Roster(bot.store, bot.library, bot.zone, bot.clock, by)
    listed, more = roster.read(entries)
    return [roster.enter(each.entry) for each in listed], [str(each) for each in [*troubles, *more]]


def test_she_gets_lesson_one_in_her_part_of_the_day_without_having_said_a_word(world, file):
    assert imports(world, file(ROW)) == (["new"], [])

    texts = world.passes(hours=10)

    first = world.bot.library().courses[COURSE].lessons[0].ideas[0].within("ms")
    assert " ".join(texts).startswith(f"1/7 {first.split('.')[0]}")
    assert {each.at.astimezone(KUCHING).hour for each in world.provider.sent} <= {16, 17}
    assert {each.to for each in world.provider.sent} == {NUMBER}
    assert not any(word in text for text in texts for word in ("Hantar", "Balas", "SAMBUNG"))


def test_from_paper_to_a_certificate_without_a_message_of_hers(world, file, tmp_path):
    imports(world, file(ROW))
    world.passes(days=30)
    lessons = world.bot.library().courses[COURSE].lessons
    letters = [
        next("ABCDE"[place] for place, each in enumerate(lesson.on_paper.options) if each.right) for lesson in lessons
    ]
    said = " ".join(f"{place}{letter}" for place, letter in enumerate(letters, start=1))
    slip = tmp_path / "slips.csv"
    slip.write_text(
        f"phone,course,answers,date,entered_by\n{NUMBER},{COURSE},{said},20/12/2026,{BY}\n", encoding="utf-8"
    )

    bot = world.bot
    slips = Slips(bot.store, bot.library, bot.zone, bot.clock)
    written, wrong = read_rows(slip, today=date(2026, 12, 24))
    found, more = slips.read(written)
    assert (wrong, more) == ([], [])
    assert [slips.enter(each) for each in found] == [True]

    assert [row.course for row in world.rows(t.certificate)] == [COURSE]


def test_her_consent_is_kept_with_its_source(world, file):
    imports(world, file(ROW))

    (given,) = world.rows(t.consent)
    assert given.words == "Saya setuju (paper, 2026-11-20, Puan Rosli)"
    assert (given.channel, given.given_at) == ("paper", datetime(2026, 11, 20, 8, tzinfo=KUCHING))
    (her,) = world.rows(t.learner)
    assert (her.locale, her.district, her.slot, her.consented_at) == ("ms", "Pitas", "afternoon", given.given_at)
    assert [(row.who, row.did) for row in world.rows(t.audit_event)] == [(BY, "enter learner")]


def test_the_same_list_twice_changes_nothing(world, file):
    imports(world, file(ROW))
    before = {table: world.rows(table) for table in (t.learner, t.address, t.consent, t.enrolment, t.nudge)}

    assert imports(world, file(ROW), by="Encik Jon") == (["as before"], [])

    assert {table: world.rows(table) for table in before} == before


def test_a_first_look_writes_nothing(world, file):
    bot = world.bot
    entries, _ = read_roster(file(ROW), today=date(2026, 11, 24))

    listed, _ = Roster(bot.store, bot.library, bot.zone, bot.clock, BY).read(entries)

    assert [each.what for each in listed] == ["new"]
    assert world.rows(t.learner) == world.rows(t.address) == []


def test_who_writes_afterwards_is_where_she_is_and_is_not_greeted_again(world, file):
    imports(world, file(ROW))
    world.passes(hours=10)

    said = world.says("hai", phone=NUMBER)

    assert "Selamat datang" not in said
    assert "A)" in said


def test_after_ninety_days_a_list_with_a_later_day_confirms_her_number_and_what_waited_comes(world, file):
    imports(world, file(ROW))
    with world.bot.store.begin() as connection:
        connection.execute(update(t.nudge).values(due_at=world.clock() + timedelta(days=91)))
    assert world.passes(days=100) == []

    confirmed = file(ROW.replace("20/11/2026", "03/03/2027"))
    assert imports(world, confirmed) == (["confirmed"], [])
    texts = world.passes(days=1)

    assert texts[0].startswith("1/7 ")
    assert imports(world, confirmed) == (["as before"], [])
    assert [given.words[-29:] for given in world.rows(t.consent)][-1] == "(paper, 2027-03-03, Puan Rosli)"[-29:]


def test_who_has_finished_a_course_begins_the_next_from_a_list(migrated_url, tmp_path, file):
    world = World(migrated_url, tmp_path, content=settings.ROOT / "content")
    world.goes_one_way()
    first, second = list(world.bot.library().courses)[:2]
    imports(world, file(ROW.replace(COURSE, first)))
    begun = world.session(NUMBER)
    assert imports(world, file(ROW.replace(COURSE, second)))[1] == [
        f"row 2, course: She is in the course {first}, and has not finished it."
    ]

    passed = tuple(each.id for each in world.bot.library().courses[first].lessons)
    done = begun.with_enrolment(begun.enrolments[0]._replace(passed=passed))
    with world.bot.store.begin() as connection:
        connection.execute(update(t.conversation).values(session=done.to_json()))
    assert imports(world, file(ROW.replace(COURSE, second))) == (["enrolled"], [])

    assert world.session(NUMBER).course == second
    assert world.passes(hours=10)[0].startswith("1/")
    world.close()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("12,ms,,selamat1,20/11/2026,Setuju,", 'row 2, number: "12" is no phone number'),
        (",ms,,selamat1,20/11/2026,Setuju,", "row 2, number: Nothing stands here."),
        ("0111000001,xx,,selamat1,20/11/2026,Setuju,", 'row 2, language: "xx" is not known. Write ms or en.'),
        ("0111000001,ms,Sandakan,selamat1,20/11/2026,Setuju,", 'row 2, district: "Sandakan" is not known.'),
        ("0111000001,ms,,masak,20/11/2026,Setuju,", 'row 2, course: There is no course "masak".'),
        ("0111000001,ms,,selamat1,32/11/2026,Setuju,", "row 2, consented on: Write the day like 24/11/2026."),
        ("0111000001,ms,,selamat1,20/12/2026,Setuju,", "row 2, consented on: This day has not come yet."),
        ("0111000001,ms,,selamat1,20/11/2026,,", "row 2, consent words: Nothing stands here."),
        ("0111000001,ms,,selamat1,20/11/2026,Setuju,pukul tiga", 'row 2, time: "pukul tiga" is not known.'),
    ],
)
def test_what_cannot_be_entered_is_told_by_row_and_column(world, file, row, says):
    done, troubles = imports(world, file(row))

    assert done == []
    assert len(troubles) == 1
    assert troubles[0].startswith(says)
    assert world.rows(t.learner) == []


def test_a_list_without_evidence_of_consent_is_refused_whole(world, file):
    done, troubles = imports(world, file("0111000001,ms,selamat1", headings="number,language,course"))

    assert (done, troubles) == ([], ["row 1: These columns are missing: consented on, consent words."])


def test_a_number_that_stands_twice_is_entered_once_and_told(world, file):
    done, troubles = imports(world, file(ROW, ROW.replace("011-1000001", "60111000001")))

    assert done == ["new"]
    assert troubles == ["row 3, number: The same number stands in row 2: remove one."]


def test_who_has_said_stop_is_not_written_to_because_of_a_list(world, file):
    world.says_all("hai", "1", "1", "STOP", phone=NUMBER)

    done, troubles = imports(world, file(ROW))

    assert done == []
    assert troubles[0].startswith("row 2, number: Somebody has sent STOP")


def test_who_declined_by_message_is_asked_by_message(world, file):
    world.says_all("hai", "1", phone=NUMBER)

    assert imports(world, file(ROW))[1][0].startswith("row 2, number: She has written to us, and not agreed")


def test_a_workbook_is_read_as_it_is_saved(world, tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(HEADINGS.split(","))
    sheet.append([60111000001, "BM", "pitas", COURSE, datetime(2026, 11, 20), "Saya setuju", "Petang"])  # noqa: DTZ001 - as a spreadsheet keeps it
    path = tmp_path / "roster.xlsx"
    book.save(path)

    assert imports(world, path) == (["new"], [])
    assert [row.identifier for row in world.rows(t.address)] == [NUMBER]


def test_by_a_route_with_replies_she_is_asked_at_once(world_on_both, file):
    imports(world_on_both, file(ROW))

    texts = world_on_both.passes(hours=10)

    assert texts[0].startswith("1/7 ")
    assert world_on_both.says("A", phone=NUMBER)
