"""What a coordinator reads on a terminal about certificates: what is missing, what was issued, what was put right."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from bot.cli import attesting, certificates, certificates_revoking, certificates_tracker, coordinators, main
from bot.store import tables as t
from tests.bot.test_completion import NAME, NUMBER, holds, passes
from tests.bots import COURSE, count, rows, villager

BY = ("--by", "Puan Rosli")


@pytest.fixture
def ask(bot, monkeypatch):
    """A command is given; returns what is printed."""
    for module in (attesting, certificates, certificates_revoking, certificates_tracker, coordinators):
        monkeypatch.setattr(module, "wired", lambda: bot)

    def ask(*words, code=0, typed=""):
        told = CliRunner().invoke(main, words, input=typed, catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.output

    return ask


@pytest.fixture
def her(bot):
    return villager(bot, NUMBER)


def test_from_what_is_missing_to_a_corrected_certificate(bot, her, ask):
    assert "0 of 7 lessons passed" in ask("certificates", "missing", NUMBER)
    passes(bot, her, bot.library().courses[COURSE])
    assert "due: SIJIL from her" in ask("certificates", "missing", "--course", COURSE)

    assert "with --yes it is" in ask("certificates", "backfill")
    assert "1 certificates issued" in ask("certificates", "backfill", "--yes")
    assert "0 looked at, 0 certificates" in ask("certificates", "backfill", "--yes")
    code = json.loads(ask("certificates", "missing", NUMBER, "--json").splitlines()[0])["code"]

    ask("coordinators", "add", "Puan Rosli", "--rights", "attest", "--by", "office")
    assert "level 1" in ask("people", "attest", NUMBER, "--level", "1", "--name", NAME, *BY)
    told = ask("certificates", "correct", code, "--why", "now attested", *BY, typed="y\n")
    new = told.split(" by ")[1][:14]

    assert "replaced" in ask("certificates", "verify", code, code=7)
    assert "valid" in ask("certificates", "verify", new)
    ledger = ask("certificates", "transcript", NUMBER)
    assert NAME in ledger
    assert "0.6 h, replaced" in ledger
    assert "In all 0.6 hours" in ledger


def test_refusals_say_what_to_do(bot, her, ask):
    assert "has not the right to attest" in ask("people", "attest", NUMBER, "--level", "1", *BY, code=1)
    ask("coordinators", "add", "Puan Rosli", "--rights", "attest", "--by", "office")
    assert "add it with --name" in ask("people", "attest", NUMBER, "--level", "1", *BY, code=1)
    spelt = ("--name", "Ali 900101-12-5555")
    assert "never the number of a document" in ask("people", "attest", NUMBER, "--level", "2", *spelt, *BY, code=1)
    assert "Nobody is known" in ask("people", "attest", "+60111000099", "--level", "1", *BY, code=1)
    assert "mistyped" in ask("certificates", "correct", "SR7K-3M9Q-XT2X", "--why", "x", *BY, "--yes", code=1)
    assert "one of the two" in ask("certificates", "missing", code=2)
    assert 'There is no course "tiada"' in ask("certificates", "missing", "--course", "tiada", code=1)
    assert count(bot, t.identity) == 0


def test_on_a_shared_phone_the_place_has_to_be_said(bot, her, ask):
    second = villager(bot, "+60111000002")
    with bot.store.begin() as connection:
        for place, who in ((1, her), (2, second)):
            row = {"number": NUMBER, "place": place, "learner_id": who, "pin_hash": None, "tries": 0}
            connection.execute(insert(t.profile).values(row))

    assert "say which, with --place 1, 2" in ask("certificates", "transcript", NUMBER, code=1)
    assert "Nobody has place 3" in ask("certificates", "transcript", NUMBER, "--place", "3", code=1)
    holds(bot, second, "lain1")
    assert "In all 1.0 hours" in ask("certificates", "transcript", NUMBER, "--place", "2")


def test_a_program_reads_the_transcript_too(bot, her, ask):
    holds(bot, her, "lain1")

    told = json.loads(ask("certificates", "transcript", NUMBER, "--json"))

    assert (told["minutes"], told["certificates"][0]["verdict"]) == (60, "valid")
    assert told["certificates"][0]["of"] == rows(bot, t.certificate)[0].course
