"""Names come from a coordinator's list, once; what a coordinator has vouched for is changed by her alone."""

import pytest

from bot import attesting, coordinators
from bot.roster import Roster
from bot.roster_sheet import read_roster
from bot.store import tables as t
from tests.world import KUCHING

HEADINGS = "number,language,course,consented on,consent words,nama"
NUMBER = "+60111000001"
NAME = "Nur Aisyah binti Ahmad"
BY = "Puan Rosli"


@pytest.fixture
def imports(world, tmp_path):
    """Enter a list of one learner with this name; what that did, and what was wrong."""

    def imports(name, day="20/11/2026"):
        path = tmp_path / "list.csv"
        path.write_text(f"{HEADINGS}\n011-1000001,ms,selamat1,{day},Saya setuju,{name}", encoding="utf-8")
        bot = world.bot
        entries, troubles = read_roster(path, today=world.clock().astimezone(KUCHING).date())
        roster = Roster(bot.store, bot.library, bot.zone, bot.clock, BY)
        listed, more = roster.read(entries)
        return [roster.enter(each.entry) for each in listed], [str(each) for each in [*troubles, *more]]

    return imports


def test_a_list_brings_a_name_and_no_more_than_that_she_has_a_phone(world, imports):
    assert imports(NAME) == (["new"], [])

    row = world.rows(t.identity)[0]
    assert (row.name, row.level, row.checked_by) == (NAME, 0, BY)
    assert imports(NAME) == (["as before"], [])


def test_a_list_names_who_had_no_name_and_renames_nobody(world, imports):
    imports("")

    assert imports(NAME) == (["named"], [])
    assert imports("Somebody Else") == (["as before"], [])
    assert [row.name for row in world.rows(t.identity)] == [NAME]


def test_a_coordinators_word_is_not_undone_by_a_list(world, imports):
    imports("Nur Aisah")
    bot, her = world.bot, world.rows(t.learner)[0].id
    coordinators.add(bot.store, BY, BY, rights=["attest"], number=None, district=None, locale="ms", now=bot.clock())
    attesting.attest(bot.store, her, 1, BY, name=NAME, library=bot.library(), now=bot.clock())

    imports("Nur Aisah", day="24/11/2026")

    row = world.rows(t.identity)[0]
    assert (row.name, row.level) == (NAME, 1)


@pytest.mark.parametrize("name", ["Ali 900101-12-5555", "Ali 😀", "x" * 300])
def test_what_is_no_name_is_told_by_row_and_column(world, imports, name):
    done, wrong = imports(name)

    assert done == []
    assert "name" in wrong[0]
    assert world.rows(t.identity) == []
