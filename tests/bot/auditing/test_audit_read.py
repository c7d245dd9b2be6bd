"""What people and programs are told of the audit: by commands with exit codes, and at addresses for whoever keeps copies."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from bot.auditing import heads
from bot.cli import audit as commands, main
from bot.store import tables as t
from tests.auditing import completed, deeds, linked, sql
from tests.bots import count, rows
from workers import auditing


@pytest.fixture
def ask(bot, monkeypatch):
    """A command is given; returns what is printed."""
    monkeypatch.setattr(commands, "wired", lambda: bot)

    def ask(*words, code=0, typed=""):
        told = CliRunner().invoke(main, ["audit", *words], input=typed, catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.stdout

    return ask


@pytest.fixture
def chain(bot):
    deeds(bot, 4)
    linked(bot)
    auditing.sign_head(bot)


def test_verify_says_in_words_what_it_found_and_ends_with_a_code(bot, chain, ask):
    assert "11 rows looked at: nothing was changed." in ask("verify")
    assert json.loads(ask("verify", "--json", "--signatures")) == {
        "verdict": "nothing was changed",
        "seen": 11,
        "changed": 0,
        "untold": 0,
        "findings": [],
    }
    event = rows(bot, t.audit_event)[2].id
    sql(bot, "UPDATE audit_event SET who = 'nobody' WHERE id = :id", id=event)

    assert f"changed  place 3, event {event}: it, its place" in ask("verify", code=1)
    assert json.loads(ask("verify", "--json", code=1))["verdict"] == "something was changed"


def test_verify_ends_with_two_where_it_cannot_be_told(bot, ask):
    linked(bot)

    assert "it cannot be told" in ask("verify", code=2)


def test_an_empty_audit_is_in_order(bot, ask):
    for table in ("audit_event", "audit_waiting", "signing_key"):
        sql(bot, f"DELETE FROM {table}")

    assert "0 rows looked at: nothing was changed." in ask("verify")


def test_a_head_is_printed_kept_and_held_against_the_chain(bot, chain, ask, tmp_path):
    kept = tmp_path / "head.json"
    kept.write_text(ask("head"), encoding="utf-8")
    assert ask("head", "--day", "2026-11-24") == kept.read_text(encoding="utf-8")

    assert "nothing was changed" in ask("verify", "--head", str(kept))
    assert "nothing was changed" in ask("verify", "--head", "-", typed=kept.read_text(encoding="utf-8"))
    assert "cannot be read" in ask("verify", "--head", str(tmp_path / "none.json"), code=2)
    sql(bot, "DELETE FROM audit_head")
    assert "is not among ours" in ask("verify", "--head", str(kept), code=1)


def test_without_a_head_the_command_says_why(bot, ask):
    ask("head", code=2)
    ask("head", "--day", "2020-01-01", code=2)


def test_the_list_is_read_by_day_by_person_and_by_certificate(bot, chain, ask):
    code = completed(bot)

    assert len(ask("list").splitlines()) == 6
    assert "Puan Rosli: inbox done  learner 3" in ask("list", "--who", "Puan Rosli", "--most", "1")
    assert ask("list", "--since", "2026-11-25") == ""
    for place in (None, 6):  # while it waits for its place, and when it has one
        (line,) = ask("list", "--about", code.lower(), "--json").splitlines()
        told = json.loads(line)
        assert (told["place"], told["did"], json.loads(told["about"])["code"]) == (place, "issue certificate", code)
        linked(bot)
    ask("list", "--about", f"{code[:-1]}{'0' if code[-1] != '0' else '1'}", code=2)


def test_certificates_that_are_deleted_with_a_learners_data_are_written_down_first(bot, ask):
    completed(bot)
    linked(bot)
    auditing.sign_head(bot)
    learner = str(rows(bot, t.certificate)[0].learner_id)
    ask("erasing", learner, "--by", "Puan Rosli", code=1, typed="n\n")
    assert count(bot, t.audit_event) == 2
    assert "for 1 certificates" in ask("erasing", learner, "--by", "Puan Rosli", "--yes")
    with bot.store.begin() as connection:
        connection.execute(delete(t.certificate))

    assert "nothing was changed" in ask("verify")
    assert "nothing to write down" in ask("erasing", learner, "--by", "Puan Rosli")


def test_heads_are_at_an_address_for_whoever_keeps_copies(bot, chain, client):
    assert client.get("/audit/days.json").json == ["2026-11-24"]
    for path in ("/audit/head.json", "/audit/head/2026-11-24.json"):
        fetched = client.get(path)
        assert fetched.text == heads.published(bot.store)
        assert fetched.content_type == "application/json"
        assert fetched.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in fetched.headers
    for path in (
        "/audit/head/2026-11-23.json",
        "/audit/head/x.json",
        "/audit/head/%27%27%27%27%27%27%27%27%27%27.json",
    ):
        fetched = client.get(path)
        assert (fetched.status_code, fetched.headers["Cache-Control"]) == (404, "no-store")


def test_before_the_first_head_there_is_none_to_fetch(client):
    assert client.get("/audit/head.json").status_code == 404
    assert client.get("/audit/days.json").json == []
