"""`titian db`: the database's shape."""

import click

from bot.cli.setup import configured


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest shape; does nothing if it has it already."""
    from sqlalchemy.exc import OperationalError

    settings = configured()
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        bring_up_to_date(settings.store_url)
    except OperationalError as error:
        raise click.ClickException(f"The database cannot be used: {str(error.orig).strip()}") from error
    click.echo("The database is up to date.")


def bring_up_to_date(url: str) -> None:
    """Run the migrations that a database lacks."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["database_url"] = url
    command.upgrade(config, "head")
