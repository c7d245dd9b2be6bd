"""`titian witnesses`: slips with codes, for those who confirm that a task was done."""

from typing import Final

import click

from bot.cli.setup import wired

LONGEST_NAME: Final = 80  # as the table has it


@click.group()
def witnesses() -> None:
    """Those who confirm tasks."""


@witnesses.command()
@click.argument("name")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many slips.")
def codes(name: str, count: int) -> None:
    """Make new codes for the witness NAME, and print a slip for each, to be cut apart.

    A code is good for one task of one learner. They are printed this once: nobody can list them again.
    """
    import secrets

    from bot import witnesses as slips

    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise click.BadParameter(f"Write a name of at most {LONGEST_NAME} characters.", param_hint="NAME")
    bot = wired()
    made = slips.make_codes(bot.store, name, count, now=bot.clock(), randbelow=secrets.randbelow)
    for code in made:
        click.echo(f"{bot.settings.brand}   {code}   {name}\n" + "- " * 24)
