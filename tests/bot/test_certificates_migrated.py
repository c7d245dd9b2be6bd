"""Certificates from before there were names, levels and corrections: kept, and the tables are what the migrations make."""

import warnings
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from bot import certificates
from bot.cli.db import bring_up_to_date
from bot.store.database import Store
from bot.store.tables import metadata

AT = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)


def went(url, how, to):
    """The database brought to a revision, there or back."""
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["database_url"] = url
    how(config, to)


def told(url, *statements, **values):
    engine = create_engine(url)
    with engine.begin() as connection:
        done = [connection.execute(text(each), values) for each in statements]
        found = done[-1].all() if done[-1].returns_rows else []
    engine.dispose()
    return found


def test_an_old_certificate_stands_and_survives_the_way_there_and_back(database_url):
    went(database_url, command.upgrade, "0010")
    told(
        database_url,
        "INSERT INTO learner (id, locale, created_at) VALUES (1, 'ms', :at)",
        "INSERT INTO certificate (id, learner_id, course, version, code, title, minutes, issued_at) "
        """VALUES (1, 1, 'selamat1', '1', 'SR7K3M9QXT2Y', '{"ms": "Elak"}', 35, :at)""",
        at=AT.replace(tzinfo=None) if database_url.startswith("sqlite") else AT,
    )

    bring_up_to_date(database_url)
    store = Store(database_url)
    checked = certificates.check(store, "SR7K-3M9Q-XT2Y", now=AT)
    store.engine.dispose()

    assert (checked.verdict, checked.kind, checked.level, checked.name) == ("valid", "course", 0, None)
    assert (checked.issued_at, dict(checked.assessed)) == (AT, {})
    went(database_url, command.downgrade, "0010")
    assert told(database_url, "SELECT code FROM certificate")[0][0] == "SR7K3M9QXT2Y"
    bring_up_to_date(database_url)
    assert told(database_url, "SELECT level FROM certificate")[0][0] == 0


@pytest.mark.filterwarnings("ignore")  # SQLite cannot be asked about an index over an expression
def test_the_tables_are_what_the_migrations_make(migrated_url):
    engine = create_engine(migrated_url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
    engine.dispose()

    # On PostgreSQL the largest table has no foreign keys, on purpose: see bot/store/tables/messages.py.
    assert [each for each in found if each[0] != "add_fk" or each[1].table.name != "outbound_message"] == []
