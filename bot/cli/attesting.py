"""`titian people attest`: a coordinator says who a learner is, and the certificates that waited for it are issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from bot.wiring import Bot


@click.command()
@click.argument("number")
@click.option(
    "--level", type=click.IntRange(1, 2), required=True, help="1: a coordinator knows her. 2: her MyKad was seen."
)
@click.option("--by", "who", required=True, help="The coordinator who vouches for it; she needs the right to attest.")
@click.option("--name", help="As it stands on her MyKad, where none is known yet or another was wrong.")
@click.option("--place", type=click.IntRange(1, 5), help="Which of the people on a shared phone.")
def attest(number: str, level: int, who: str, name: str | None, place: int | None) -> None:
    """Write down that a coordinator vouches for who the learner at NUMBER is. The number of a MyKad is never written.

    Level 2 means that her MyKad was seen at a supervised assessment, by two coordinators: both say so, each with --by her
    own name, and the level stays as it was until the second has. Certificates that waited for this are issued, and
    those that she has stay as they are: titian certificates correct issues one anew.
    """
    from bot import attesting

    bot = wired()
    learner_id = learner_at(bot, number, place)
    with refusing(attesting.Refused):
        done = attesting.attest(bot.store, learner_id, level, who, name=name, library=bot.library(), now=bot.clock())
    missing = f" {done.missing}." if done.missing else ""
    click.echo(f"{done.name}: level {done.level}, {attesting.SAYS[done.level]}.{missing}")
    for each in done.issued:
        click.echo(f"Issued now: {each.code}, {each.title.within('en')}. She is told of it.")


def learner_at(bot: Bot, number: str, place: int | None) -> int:
    """The learner at a telephone number, or at WhatsApp's own id; ends the command where that is nobody, or several."""
    from bot import attesting
    from bot.phone import NotANumber, e164

    try:
        identifier = e164(number)
    except NotANumber:
        identifier = number
    people = attesting.people_at(bot.store, identifier)
    if not people:
        raise click.ClickException(f"Nobody is known at {number}.")
    if place is None and len(people) > 1:
        there = ", ".join(map(str, people))
        raise click.ClickException(f"Several people share this phone: say which, with --place {there}.")
    if (place or min(people)) not in people:
        raise click.ClickException(f"Nobody has place {place} on {number}.")
    return people[place or min(people)]
