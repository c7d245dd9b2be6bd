"""What a coordinator reads on a terminal: each step says what it did and what comes next, or why not."""

import json
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot import broadcasts
from bot.announcements import drafts, moves
from bot.audience import Audience
from bot.cli import announced, broadcast, coordinators, main
from bot.pushes import BULK
from tests.bots import listener, villager
from tests.callers import make, twilio_sms
from workers import outbox

TEXTS = ["--ms", "Kelas di dewan.", "--en", "Class in the hall."]
HERS = "+60111000900"


@pytest.fixture
def ask(bot, monkeypatch):
    """A command is given; returns what is printed. `fails` where it ends with 1."""
    for module in (broadcast, announced, coordinators):
        monkeypatch.setattr(module, "wired", lambda: bot)

    def ask(*words, fails=False, typed=""):
        told = CliRunner().invoke(main, words, input=typed, catch_exceptions=False)
        assert told.exit_code == int(fails), told.output
        return told.output

    return ask


@pytest.fixture
def village(bot):
    for n in range(6):
        villager(bot, f"+60111000{n:03}", district=("Ranau", "Kudat")[n % 2])


def written(told):
    return re.search(r"Announcement (\d+) is written", told)[1]


def test_from_a_draft_to_the_last_learner(bot, clock, client, ask, village):
    made = written(ask("broadcast", "send", *TEXTS, "--to", "daerah Ranau", "--by", "Puan Rosli", "--draft"))
    checked = ask("broadcast", "check", made)
    assert "Pelajar di Ranau" in checked
    assert "[sms, ms, 1 SMS] RM0.00 TITIAN: Kelas di dewan." in checked
    assert "3 learners would get it" in checked

    ask("coordinators", "add", "Cik Siti", "--number", HERS, "--rights", "announce,approve", "--by", "office")
    assert "write HAI to Titian" in ask("broadcast", "rehearse", made, "--by", "cik siti", fails=True)
    make(client, twilio_sms(HERS, "hai", "first"))
    assert "2 messages" in ask("broadcast", "rehearse", made, "--by", "Cik Siti")

    assert "24/11/2026 09:05" in ask("broadcast", "approve", made, "--by", "Cik Siti", "--yes")
    assert "draft again" in ask("broadcast", "back", made, "--by", "Cik Siti")
    ask("broadcast", "approve", made, "--by", "Cik Siti", "--yes")
    clock.turn(moves.UNDO)
    while broadcasts.spread(bot.store, bot.pushes, now=clock()):
        pass
    outbox.deliver(bot, BULK, most=100)

    told = json.loads(ask("broadcast", "status", made, "--json"))
    assert (told["status"], told["by_status"], told["size"]) == ("done", {"sent": 3}, 3)
    assert "done: 3 sent." in ask("broadcast", "status", made, "--watch")
    assert {each.to for each in listener(bot, "twilio_sms").sent} >= {f"+60111000{n:03}" for n in (0, 2, 4)}


def test_below_the_size_one_command_is_enough_and_it_can_be_paused_and_cancelled(bot, clock, ask, village):
    told = ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--yes", "--no-wait")
    made = written(told)
    assert f"titian broadcast back {made}" in told
    clock.turn(moves.UNDO)
    broadcasts.spread(bot.store, bot.pushes, now=clock())

    assert "6 messages that were waiting are held" in ask("broadcast", "pause", made, "--by", "Puan Rosli")
    assert "It goes on" in ask("broadcast", "resume", made, "--by", "Puan Rosli")
    assert "6 messages that were waiting will not be sent" in ask("broadcast", "cancel", made, "--yes")
    assert "6 skipped: cancelled by the coordinator." in ask("broadcast", "status", made)
    assert "cancelled" in ask("broadcast", "list")
    assert "was cancelled" in ask("broadcast", "resume", made, "--by", "Puan Rosli", fails=True)


def test_above_the_size_it_stays_a_draft_until_somebody_else_approves(bot, ask, village, monkeypatch):
    monkeypatch.setattr(moves, "LARGE", 3)
    told = ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--yes", "--no-wait", fails=True)
    made = written(told)
    assert "somebody else approves it" in told
    assert "somebody else" in ask("broadcast", "approve", made, "--by", "Cik Siti", "--yes", fails=True)

    ask("coordinators", "add", "Cik Siti", "--rights", "approve", "--by", "office")
    assert "goes out at" in ask("broadcast", "approve", made, "--by", "Cik Siti", "--yes")
    assert drafts.look(bot.store, int(made)).approved_by == "Cik Siti"


def test_an_emergency_goes_at_once(bot, clock, ask, village):
    clock.turn(timedelta(hours=13))

    told = ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--urgent", "banjir", "--yes", "--no-wait")

    assert "at once" in told
    broadcasts.spread(bot.store, bot.pushes, now=clock())
    assert outbox.deliver(bot, BULK, most=100) == 6


def test_who_is_left_out_by_her_week_is_told_before_it_is_sent_and_may_be_overridden_with_a_reason(
    bot, clock, ask, village
):
    for n in range(5):
        words = {language: f"{text} {n}" for language, text in (("ms", "Kelas"), ("en", "Class"))}
        broadcasts.approve(bot.store, "Puan Rosli", words, Audience(district="Ranau"), now=clock())
    while broadcasts.spread(bot.store, bot.pushes, now=clock()):
        pass
    made = written(ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--draft"))
    ask("coordinators", "add", "Cik Siti", "--rights", "approve", "--by", "office")

    beyond = ("broadcast", "approve", made, "--yes", "--beyond-cap", "the clinic has moved", "--by")
    assert "3 skipped: cap reached (5 this week)." in ask("broadcast", "check", made)
    assert "right to approve" in ask(*beyond, "Puan Rosli", fails=True)
    assert "6 learners would get it" in ask(*beyond, "Cik Siti")
    assert "6 learners would get it" in ask("broadcast", "check", made)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--to", "daerah Tawau"], "There is no district"),
        (["--course", "nothing1"], "There is no course"),
        (["--at", "tomorrow"], "Write the time like"),
        (["--at", "2020-01-01 09:00"], "has passed"),
        (["--ms", "x" * 200], "too long"),
    ],
)
def test_what_cannot_go_out_is_told_and_nothing_is_written(bot, ask, village, more, why):
    assert why in ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--yes", *more, fails=True)
    assert drafts.newest(bot.store, most=9) == []


def test_a_dry_run_writes_nothing(bot, ask, village):
    planned = json.loads(ask("broadcast", "send", *TEXTS, "--by", "Puan Rosli", "--dry-run", "--json"))

    assert planned["recipients"] == 6
    assert drafts.newest(bot.store, most=9) == []


def test_coordinators_are_listed_without_their_numbers(ask):
    ask("coordinators", "add", "Cik Siti", "--number", HERS, "--by", "office")
    ask("coordinators", "pin", "Cik Siti", "--by", "office", typed="4071\n4071\n")

    listed = ask("coordinators", "list")

    assert "Cik Siti" in listed
    assert HERS not in listed
    assert "4071" not in listed
    ask("coordinators", "remove", "Cik Siti", "--by", "office", "--yes")
    assert "Nobody is entered." in ask("coordinators", "list")
