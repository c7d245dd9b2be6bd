"""Level 2 takes two persons: each saw her MyKad at a supervised assessment, and neither is the other."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from bot import attesting, coordinators
from bot.cli import attesting as attesting_cli, main, people
from bot.store import tables as t
from tests.bot.test_completion import BY, NAME, NUMBER, SECOND, passes, ruled
from tests.bots import COURSE, at_the_same_moment, count, rows, villager

THIRD = "Cik Mary"


@pytest.fixture
def her(bot):
    for number, who in enumerate((BY, SECOND, THIRD)):
        enter(bot, who, f"+6011100010{number:02}")
    return villager(bot, NUMBER)


def enter(bot, who, number=None):
    coordinators.add(bot.store, who, BY, rights=["attest"], number=number, district=None, locale="ms", now=bot.clock())


def attest(bot, her, level, who, name=None):
    return attesting.attest(bot.store, her, level, who, name=name, library=bot.library(), now=bot.clock())


def test_one_writes_down_who_saw_it_and_the_second_makes_it_two(bot, her):
    attest(bot, her, 1, BY, NAME)
    first = attest(bot, her, 2, BY)
    assert (first.level, first.missing) == (1, f"{BY} saw her MyKad; for level 2 another coordinator has to see it too")
    assert first.missing in attesting.known(bot.store, her)

    second = attest(bot, her, 2, SECOND)

    assert (second.level, second.missing) == (2, "")
    kept = rows(bot, t.identity)[0]
    assert (kept.seen_by, kept.checked_by, kept.seen_from) == (BY, SECOND, "+601110001000")
    told = [(row.who, json.loads(row.about)["level"]) for row in rows(bot, t.audit_event) if row.did == "attest"]
    assert told == [(BY, 1), (BY, 1), (SECOND, 2)]


@pytest.mark.parametrize("who", [BY, "puan  rosli"])
def test_the_same_person_twice_is_one(bot, her, who):
    attest(bot, her, 2, BY, NAME)

    with pytest.raises(attesting.Refused, match="has said so already"):
        attest(bot, her, 2, who)
    assert rows(bot, t.identity)[0].level == 0


def test_another_name_with_the_same_telephone_is_no_second_person(bot, her):
    attest(bot, her, 2, BY, NAME)
    coordinators.remove(bot.store, BY, "office", now=bot.clock())
    enter(bot, "Puan R.", "+601110001000")

    with pytest.raises(attesting.Refused, match="another person has to see"):
        attest(bot, her, 2, "Puan R.")
    assert attest(bot, her, 2, SECOND).level == 2


@pytest.mark.parametrize("level", [0, 1])
def test_a_certificate_that_asks_for_two_waits_for_both(bot, her, level):
    library = replace(bot.library(), courses={COURSE: ruled(bot, identity=2)})
    passes(bot, her, ruled(bot))
    if level:
        attesting.attest(bot.store, her, level, THIRD, name=NAME, library=library, now=bot.clock())

    def says(who):
        return attesting.attest(bot.store, her, 2, who, name=NAME, library=library, now=bot.clock()).issued

    assert says(BY) == ()
    assert len(says(SECOND)) == 1
    assert rows(bot, t.certificate)[0].level == 2


def test_under_another_name_it_has_to_be_seen_anew(bot, her):
    """One person alone cannot put another name under a MyKad that two have seen."""
    attest(bot, her, 2, BY, NAME)
    attest(bot, her, 2, SECOND)

    changed = attest(bot, her, 2, BY, "Somebody Else")

    assert (changed.level, rows(bot, t.identity)[0].seen_by) == (1, BY)
    with pytest.raises(attesting.Refused):
        attest(bot, her, 2, BY)
    assert attest(bot, her, 2, THIRD).level == 2


def test_a_name_changed_between_the_two_begins_anew(bot, her):
    attest(bot, her, 2, BY, NAME)
    attest(bot, her, 1, THIRD, "Somebody Else")

    assert attest(bot, her, 2, SECOND).level == 1
    assert rows(bot, t.identity)[0].seen_by == SECOND


def test_both_at_the_same_moment_are_two_or_one_is_told_to_look_again(bot, her):
    attest(bot, her, 1, THIRD, NAME)

    done = at_the_same_moment(lambda: attest(bot, her, 2, BY), lambda: attest(bot, her, 2, SECOND))

    assert sorted(each.level for each in done) == [1, 2]
    assert rows(bot, t.identity)[0].level == 2


def test_two_who_write_the_first_name_at_once_make_one_row(bot, her):
    def says(who):
        try:
            return attest(bot, her, 1, who, NAME).level
        except attesting.Refused:
            return None

    assert 1 in at_the_same_moment(*[lambda who=who: says(who) for who in (BY, SECOND, THIRD)])
    assert count(bot, t.identity) == 1


def test_what_is_missing_is_told_on_a_terminal(bot, her, monkeypatch):
    for module in (attesting_cli, people):
        monkeypatch.setattr(module, "wired", lambda: bot)

    def run(*words):
        return CliRunner().invoke(main, ("people", *words), catch_exceptions=False).output

    assert "nobody has written down her name" in run("show", NUMBER)
    assert f"{BY} saw her MyKad" in run("attest", NUMBER, "--level", "2", "--by", BY, "--name", NAME)
    assert "another coordinator has to see it too" in run("show", NUMBER)
    assert "has said so already" in run("attest", NUMBER, "--level", "2", "--by", BY)
    assert "level 2, MyKad seen" in run("attest", NUMBER, "--level", "2", "--by", SECOND)
    assert "level 2" in run("show", NUMBER)
