"""The ways to the database that a turn takes: quick looks, statements alone, transactions, and what a lost connection does to them."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import codes
from bot.store.checking import CHECKED
from bot.store.database import Store
from bot.store.looking import LOOK
from bot.store.prepared import Numbered, Prepared


@pytest.fixture
def store(migrated_url):
    made = Store(migrated_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def on_postgres(postgres_url):
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_a_quick_look_finds_what_an_ordinary_one_does(store):
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO address (id, kind, identifier, created_at) "
                "VALUES (1, 'tel', '+601110000001', '2026-11-01 00:00:00+00')"
            )
        )
    asked = {"provider_id": "x", "channel": "sms", "identifier": "+601110000001"}
    (found,) = store.quick_look(LOOK, asked)
    assert (found.id, found.kind, found.learner_id, found.session, found.replied) == (1, "tel", None, None, None)
    assert store.quick_look(LOOK, asked | {"identifier": "'; DROP TABLE address; --"}) == []
    assert store.quick_look(CHECKED, {"code": codes.read("SR7K-3M9Q-XT2Y")}) == []


def test_a_transaction_is_undone_as_a_whole_and_a_statement_alone_stands(store):
    adds = "INSERT INTO witness_code (code, witness, made_at) VALUES (:code, 'Puan Siti', '2026-11-01 00:00:00+00')"
    with store.begin() as connection:
        connection.execute(text(adds), {"code": "A"})
        with pytest.raises(IntegrityError):
            connection.execute(text(adds), {"code": "A"})
        connection.rollback()
    assert store.look(text("SELECT code FROM witness_code")) == []
    with store.engine.connect() as connection:  # no commit: it is as if it had not been
        connection.execute(text(adds), {"code": "B"})
    assert store.look(text("SELECT code FROM witness_code")) == []
    with store.begin() as connection:
        connection.execute(text(adds), {"code": "C"})
    assert [row.code for row in store.look(text("SELECT code FROM witness_code"))] == ["C"]


def test_a_statement_has_a_number_for_each_name_however_often_it_comes():
    statement = Numbered("SELECT %(a)s::text, %(b)s::text, %(a)s::text")
    assert (statement.sql, statement.names) == (b"SELECT $1::text, $2::text, $1::text", ["a", "b"])


def test_rows_are_what_the_driver_makes_of_them(on_postgres):
    statement = Numbered("SELECT %(a)s::text, 7, NULL, true, TIMESTAMPTZ '2026-11-30 08:00:00+08'")
    prepared = Prepared(on_postgres)
    for said in ("Nur Aishah", "நூர்", "", "a'b\\c"):
        expected = on_postgres.execute("SELECT %s::text, 7, NULL, true, TIMESTAMPTZ '2026-11-30 08:00:00+08'", [said])
        assert prepared.rows(statement, {"a": said}) == expected.fetchall()


def test_what_the_database_refuses_is_told_as_the_driver_tells_it(on_postgres):
    prepared = Prepared(on_postgres)
    with pytest.raises(psycopg.errors.UndefinedTable):
        prepared.rows(Numbered("SELECT * FROM nothing_of_the_kind"), {})
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        prepared.rows(Numbered("SELECT %(a)s::int"), {"a": "tujuh"})
    assert prepared.rows(Numbered("SELECT 1"), {}) == [(1,)]


def test_a_statement_that_the_database_was_told_to_forget_is_prepared_again(on_postgres):
    prepared, statement = Prepared(on_postgres), Numbered("SELECT %(a)s::text")
    assert prepared.rows(statement, {"a": "1"}) == [("1",)]
    on_postgres.execute("DEALLOCATE ALL")
    assert prepared.rows(statement, {"a": "2"}) == [("2",)]


def test_a_connection_that_ends_under_our_hands_is_known_to_have_ended(on_postgres, postgres_url):
    prepared, statement = Prepared(on_postgres), Numbered("SELECT 1")
    assert prepared.rows(statement, {}) == [(1,)]
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [on_postgres.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        prepared.rows(statement, {})
    assert on_postgres.closed
