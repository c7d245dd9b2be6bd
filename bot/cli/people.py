"""`titian people`: for a learner who shares a phone and has forgotten her four digits."""

import click

from bot.cli.setup import wired


@click.group()
def people() -> None:
    """The learners who share a phone."""


@people.command()
@click.argument("number")
@click.argument("place", type=click.IntRange(1, 5))
@click.option("--by", "who", required=True, help="Who did it; kept in the audit.")
def forget(number: str, place: int, who: str) -> None:
    """Forget the four digits of the person at PLACE on the phone NUMBER (+60...).

    Until she chooses new ones, whoever holds the phone can open her lessons: do it while she holds it, and have her
    send PENGGUNA and her place at once, then PENGGUNA, her own number, and 2.
    """
    from bot import profiles

    bot = wired()
    if not profiles.forget_pin(bot.store, number, place, who, now=bot.clock()):
        raise click.ClickException(f"Nobody has place {place} on {number}.")
    click.echo("Forgotten.")
