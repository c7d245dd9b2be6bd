"""What a coordinator reads on a terminal about doubts, calls and many certificates revoked."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot import codes
from bot.cli import certificates_doubts, certificates_revoking, main
from bot.store import tables as t
from tests.bots import count, rows
from tests.doubted import A_WHILE, JOMIN, ROSLI, SITI, completed, looked, people

QUICK = timedelta(seconds=5)
BY = ("--by", JOMIN)
SINCE = ("--since", "2026-11-24")
WHY = ("--why", "answers were entered for them")


@pytest.fixture
def ask(bot, monkeypatch):
    """A command is given; returns what is printed."""
    people(bot)
    for module in (certificates_doubts, certificates_revoking):
        monkeypatch.setattr(module, "wired", lambda: bot)

    def ask(*words, code=0, typed=""):
        told = CliRunner().invoke(main, ("certificates", *words), input=typed, catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.output

    return ask


@pytest.fixture
def doubted(bot, ask, clock):
    """A certificate with an open doubt, as its code is written."""
    code = completed(bot, "+60111000001", apart=QUICK)
    looked(bot, clock() + A_WHILE)
    return codes.written(code)


def test_a_doubt_is_read_and_settled(bot, ask, doubted):
    told = ask("doubts")
    assert f"{doubted}  selamat1, 24/11/2026, L1, {ROSLI}" in told
    assert "speed: 7 lessons in 0.5 minutes" in told
    assert "1 certificates to ask about" in told
    assert json.loads(ask("doubts", "--course", "selamat1", "--json"))["seen"].keys() == {"speed"}
    assert 'There is no course "tiada"' in ask("doubts", "--course", "tiada", code=1)

    why = ("--why", "a cousin answered")
    ask("settle", doubted, "--outcome", "revoked", *why, *BY, typed="n\n", code=1)
    assert "has not the right" in ask("settle", doubted, "--outcome", "fine", *why, "--by", ROSLI, code=1)
    assert "is revoked" in ask("settle", doubted, "--outcome", "revoked", *why, *BY, typed="y\n")
    assert "0 certificates to ask about" in ask("doubts")


def test_fine_needs_no_second_thought(bot, ask, doubted):
    assert "is fine" in ask("settle", doubted, "--outcome", "fine", "--why", "she reads fast", *BY)
    assert "Nothing is open" in ask("settle", doubted, "--outcome", "fine", "--why", "x", *BY, code=1)
    assert "mistyped" in ask("settle", "SR7K-3M9Q-XT2X", "--outcome", "fine", "--why", "x", *BY, code=1)


def test_a_list_to_ring_and_what_came_of_it(bot, ask, doubted):
    told = ask("sample", "--share", "5%", *SINCE, *BY)
    assert f"{doubted}  +60111000001  Nur Aisyah binti Ahmad" in told
    assert told.count("Tanya: ") == told.count("Betul: ") == 2
    assert "1 to ring" in told
    assert json.loads(ask("sample", *SINCE, *BY, "--json").splitlines()[0])["code"] == doubted
    assert count(bot, t.sampled) == 1

    assert "Write down what did not sound right" in ask("called", doubted, "--outcome", "doubtful", *BY, code=2)
    ask("called", doubted, "--outcome", "no-answer", *BY)
    assert "rung 1 times" in ask("sample", *SINCE, *BY)
    ask("called", doubted, "--outcome", "doubtful", "--said", "who is Titian?", *BY)
    assert "call: rung, and it did not sound right: who is Titian?" in ask("doubts")
    assert "0 to ring" in ask("sample", *SINCE, *BY)


@pytest.mark.parametrize(("share", "why"), [("0%", "more than 0%"), ("101%", "at most 100%"), ("few", "write 5%")])
def test_a_share_that_is_none_is_told_so(bot, ask, share, why):
    assert why in ask("sample", "--share", share, *SINCE, *BY, code=2)


def test_only_who_approves_gets_the_list_with_numbers_in_it(bot, ask, doubted):
    told = ask("sample", *SINCE, "--by", ROSLI, code=1)

    assert "has not the right to approve" in told
    assert "+60111000001" not in told


def test_many_are_shown_before_their_number_is_typed(bot, ask, tmp_path):
    for n in range(22):
        completed(bot, f"+601110000{n:02}")
    which = ("revoke", "--attested-by", "puan rosli", *WHY, *BY)

    assert "22 certificates of 22 learners, the first: " in ask(*which)
    assert "Nothing is revoked" in ask(*which)
    assert "More than 20 take two" in ask(*which, "--yes", "--number", "22", code=1)
    assert "not 21" in ask(*which, "--with", SITI, "--yes", typed="21\n", code=1)
    assert not any(row.revoked_at for row in rows(bot, t.certificate))

    assert "22 are revoked" in ask(*which, "--with", SITI, "--yes", typed="22\n")

    assert all(row.revoked_why == WHY[1] for row in rows(bot, t.certificate))
    assert "None that stands is meant" in ask(*which, "--with", SITI, "--yes", "--number", "0", code=1)


def test_codes_in_a_file_are_read_as_people_write_them(bot, ask, tmp_path):
    one, other = completed(bot, "+60111000001"), completed(bot, "+60111000002")
    file = tmp_path / "codes.txt"
    file.write_text(f"\ufeff{codes.written(one).lower()}\n\n{one}\nSR7K-3M9Q-XT2X\n", encoding="utf-8")
    assert "mistyped" in ask("revoke", "--codes", str(file), *WHY, *BY, code=1)

    file.write_text(f"{codes.written(one).lower()}\n{one}\n", encoding="utf-8")
    assert "1 are revoked" in ask("revoke", "--codes", str(file), *WHY, *BY, "--yes", "--number", "1")

    assert [row.code for row in rows(bot, t.certificate) if row.revoked_at is None] == [other]
    told = ask("revoke", "--codes", str(file), "--attested-by", "Nobody", *WHY, *BY, code=1)
    assert "No certificate says that Nobody" in told


def test_one_or_many_and_never_everything_by_a_slip(bot, ask):
    completed(bot, "+60111000001")

    assert "one of the two" in ask("revoke", "SR7K-3M9Q-XT2Y", "--course", "selamat1", *WHY, *BY, code=2)
    assert "Say whose they are" in ask("revoke", "--course", "selamat1", *WHY, *BY, "--yes", code=1)
    assert "Say whose they are" in ask("revoke", *WHY, *BY, "--yes", code=1)
    assert "1 certificates" in ask("revoke", "--course", "selamat1", *SINCE, "--until", "2026-11-25", *WHY, *BY)
    assert "None that stands" in ask("revoke", "--course", "selamat1", "--since", "2026-11-25", *WHY, *BY, code=1)
