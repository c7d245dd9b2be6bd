"""What is told of the database: that it is there, has its shape, lacks some of it or all."""

import pytest
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot import health
from bot.store.database import Store


@pytest.fixture
def store(migrated_url):
    made = Store(migrated_url)
    yield made
    made.engine.dispose()


def test_the_newest_migration_is_the_one_that_alembic_would_go_to(store):
    config = Config()
    config.set_main_option("script_location", str(health.MIGRATIONS.parent))

    assert health.head() == ScriptDirectory.from_config(config).get_current_head()
    with store.engine.connect() as connection:
        assert health.head() == MigrationContext.configure(connection).get_current_revision()


def test_a_database_with_its_shape_an_older_one_and_none_are_told_apart(store):
    assert health.database(store) == "ok"
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    assert health.database(store) == f"at revision 0003, not at {health.head()}: run titian db upgrade"
    with store.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert health.database(store) == "empty: run titian db upgrade"


def test_a_database_that_nobody_answers_for_is_told_so(tmp_path):
    away = Store(f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    assert health.database(away) == "not reached: OperationalError"
