"""The servers that other tests lean on: real, empty, and each test's own."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import create_engine, text

from tests.services import Postgres, Valkey


def client(valkey: Valkey) -> redis.Redis:
    return redis.Redis.from_url(valkey.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_gets_an_empty_database(database_url, round_):
    engine = create_engine(database_url)

    with engine.begin() as db:
        db.execute(text("CREATE TABLE seen (n INTEGER)"))
        db.execute(text("INSERT INTO seen VALUES (1)"))
        count = db.execute(text("SELECT count(*) FROM seen")).scalar()

    assert count == 1
    engine.dispose()


def test_a_migrated_database_has_its_tables_and_nobody_in_them(migrated_url):
    engine = create_engine(migrated_url)

    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM learner")).scalar() == 0
        assert db.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()


def test_a_database_can_be_made_from_another(postgres: Postgres):
    template = postgres.create()
    engine = create_engine(postgres.url(template))
    with engine.begin() as db:
        db.execute(text("CREATE TABLE kept AS SELECT 42 AS answer"))
    engine.dispose()

    copy = postgres.create(template)

    engine = create_engine(postgres.url(copy))
    with engine.begin() as db:
        assert db.execute(text("SELECT answer FROM kept")).scalar() == 42
    engine.dispose()
    postgres.drop(copy)
    postgres.drop(template)


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_gets_an_empty_valkey(valkey, round_):
    with client(valkey) as queue:
        assert queue.dbsize() == 0
        queue.set("left", "behind")


def test_a_stopped_valkey_refuses_and_remembers(valkey):
    with client(valkey) as queue:
        queue.set("said", "hai")

    valkey.stop()
    with client(valkey) as queue, pytest.raises(redis.ConnectionError):
        queue.get("said")

    valkey.start()
    with client(valkey) as queue:
        assert queue.get("said") == b"hai"
