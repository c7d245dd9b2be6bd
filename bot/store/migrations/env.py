"""How Alembic reaches the database: the URL comes from the command that runs it."""

from alembic import context

from bot.store.database import Store
from bot.store.tables import metadata

store = Store(context.config.attributes.get("database_url") or context.config.get_main_option("sqlalchemy.url") or "")

# ALTER of a table is a copy of it on SQLite, so it goes in batches there.
with store.engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=store.on_sqlite, user_module_prefix="moment."
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
store.engine.dispose()
