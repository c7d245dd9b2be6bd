"""The ways to the database that a turn takes: quick looks, statements alone, transactions, and what a lost connection does to them."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import codes
from bot.store.checking import CHECKED
from bot.store.database import Conflict, Store
from bot.store.kept import Kept
from bot.store.looking import LOOK
from bot.store.prepared import Numbered, Prepared
from bot.store.statements import ADDRESS, Write
from tests.bots import at_the_same_moment


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


def test_values_are_written_as_the_driver_writes_them(on_postgres):
    on_postgres.execute(
        "CREATE TEMP TABLE kept (a bigint, b text, c timestamptz, d boolean, e date, f double precision)"
    )
    prepared = Prepared(on_postgres)
    written = [
        (2**62, "நூர்'\\", datetime(2026, 12, 1, 8, 30, 0, 7, tzinfo=UTC), True, date(2026, 12, 1), 0.1),
        (-1, "", None, False, None, None),
        (None, None, None, None, None, 1e300),
    ]
    names = "%(a)s, %(b)s, %(c)s, %(d)s, %(e)s, %(f)s"
    for row in written:
        prepared.run(Numbered(f"INSERT INTO kept VALUES ({names})"), row)
    assert on_postgres.execute("SELECT * FROM kept").fetchall() == written


def test_what_the_database_refuses_is_told_as_the_driver_tells_it(on_postgres):
    prepared = Prepared(on_postgres)
    with pytest.raises(psycopg.errors.UndefinedTable):
        prepared.rows(Numbered("SELECT * FROM nothing_of_the_kind"), {})
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        prepared.rows(Numbered("SELECT %(a)s::int"), {"a": "tujuh"})
    with pytest.raises(psycopg.DataError):  # where a string of C's would end
        prepared.rows(Numbered("SELECT %(a)s::text"), {"a": "SM1\0SM2"})
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


ASKED = {"provider_id": "x", "channel": "sms", "identifier": "+601110000001"}


def address(number):
    about = {
        "id": number,
        "kind": "tel",
        "identifier": f"+60111000000{number}",
        "learner_id": None,
        "opted_out_at": None,
    }
    return Write(ADDRESS, about | {"created_at": datetime(2026, 11, 1, tzinfo=UTC)})


def close_all(store):
    """Have the server close every connection to this database, as where it is started anew."""
    with psycopg.connect(
        store.engine.url.set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as other:
        return other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()


def test_what_is_refused_leaves_nothing_begun_and_the_next_is_written(store):
    store.write([address(1)])
    for _ in range(3):
        with pytest.raises(Conflict):
            store.write([address(2), address(1)])
    assert store.quick_look(LOOK, ASKED | {"identifier": "+601110000002"}) == []
    store.write([address(3)])
    assert store.look(text("SELECT count(*) FROM address"))[0][0] == 2


def test_a_look_after_an_error_uses_the_same_connection_again(store):
    kept = Kept(store.engine)
    with kept.one() as own:
        first = own
    with pytest.raises(Exception, match="nothing_of_the_kind"), kept.one() as own:
        own.driver.execute("SELECT * FROM nothing_of_the_kind")
    with kept.one() as own:
        assert own is first
        with kept.one() as another:
            assert another is not first
    store.engine.dispose()
    with kept.one() as own:
        assert own not in (first, another)


def test_a_thread_that_was_stopped_in_the_middle_takes_its_connection_with_it(store):
    kept = Kept(store.engine)
    with pytest.raises(KeyboardInterrupt), kept.one() as stopped:
        raise KeyboardInterrupt
    with kept.one() as own:
        assert own is not stopped
    store.engine.dispose()


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_after_the_server_was_started_anew_the_first_look_and_the_first_write_succeed(store):
    store.quick_look(LOOK, ASKED)
    assert close_all(store)
    assert store.quick_look(LOOK, ASKED) == []
    assert close_all(store)
    store.write([address(1)])  # no look before it that would have found out
    assert len(store.quick_look(LOOK, ASKED)) == 1


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_many_threads_find_their_connections_closed_and_none_is_refused(store):
    def looks():
        return [store.quick_look(LOOK, ASKED) for _ in range(20)]

    at_the_same_moment(*[looks] * 8)
    for _ in range(5):
        close_all(store)
        assert at_the_same_moment(*[looks] * 8) == [[[]] * 20] * 8
