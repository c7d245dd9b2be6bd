"""`titian digest`: what each coordinator is told of her week, and when."""

from __future__ import annotations

import click

from bot.cli.setup import wired


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show it, as it would read now.")
def digest(*, dry_run: bool) -> None:
    """Tell coordinators of their week, each once, if it is time: its first day that is not off, between 08:00 and 20:00.

    The workers do this by themselves. A number nobody has given, or one that said STOP, gets nothing.
    """
    from bot import digest as week
    from workers.digest import fire

    bot = wired()
    now = bot.clock()
    if dry_run:
        for her in week.owed(bot.store, ""):
            text = "\n".join(week.preview(bot.store, bot.pushes, bot.lists, her, now=now))
            click.echo(f"{her.name}: {text}")
    else:
        told = fire(bot)
        bot.bell.ring("bulk", "workers.jobs.deliver", 1)
        click.echo(f"{told} told.")
    at = week.next_time(now, bot.zone, bot.calendar.off)
    click.echo("It is time now." if at == now else f"It is time on {at.astimezone(bot.zone):%d/%m/%Y at %H:%M}.")
