"""`titian broadcast …` for an announcement that is approved: taken back, paused, resumed, cancelled, watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.cli import announcing as said
from bot.cli.setup import wired

BY = click.option("--by", "who", required=True, help="Who does it; kept in the audit.")
BEYOND = click.option(
    "--beyond-cap",
    default="",
    metavar="WHY",
    help="Also to those whose week is full, and why; takes the right to approve.",
)
YES = click.option("--yes", is_flag=True, help="Do not ask.")
ID = click.argument("announcement", type=int)


@contextmanager
def refusing() -> Iterator[None]:
    """What may not be done, or is not there, ends the command in words."""
    from bot.announcements.moves import Refused

    try:
        yield
    except (Refused, LookupError) as error:
        why = str(error.args[0])
        raise click.ClickException(f"{why[0].upper()}{why[1:]}.") from error


@click.command()
@ID
@BY
def back(announcement: int, who: str) -> None:
    """Take one back that waits: it is a draft again."""
    from bot.announcements import moves

    bot = wired()
    with refusing():
        moves.take_back(bot.store, announcement, who, now=bot.clock())
    click.echo("It is a draft again.")


@click.command()
@ID
@BY
def pause(announcement: int, who: str) -> None:
    """Let nothing more of it go for now."""
    from bot.announcements import moves, stopping

    bot = wired()
    with refusing():
        moves.pause(bot.store, announcement, who, now=bot.clock())
    held = stopping.settle(bot.store, announcement, now=bot.clock())
    click.echo(f"Paused. {held} messages that were waiting are held. To go on: titian broadcast resume {announcement}")


@click.command()
@ID
@BY
def resume(announcement: int, who: str) -> None:
    """Let a paused one go on where it was."""
    from bot.announcements import moves, stopping

    bot = wired()
    with refusing():
        moves.resume(bot.store, announcement, who, now=bot.clock())
    stopping.settle(bot.store, announcement, now=bot.clock())
    bot.bell.ring("bulk", "workers.jobs.spread")
    click.echo("It goes on.")


@click.command()
@ID
@click.option("--by", "who", default="titian broadcast cancel", help="Who stops it; kept in the audit.")
@YES
def cancel(announcement: int, who: str, *, yes: bool) -> None:
    """Stop an announcement in the middle; what has been sent cannot be taken back."""
    from bot import broadcasts

    if not yes and not click.confirm(f"Stop announcement {announcement}?"):
        raise click.Abort
    bot = wired()
    with refusing():
        stopped = broadcasts.cancel(bot.store, announcement, now=bot.clock(), who=who)
    click.echo(f"Stopped. {stopped} messages that were waiting will not be sent.")


@click.command()
@ID
@click.option("--watch", is_flag=True, help="Go on until everything has been sent.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(announcement: int, *, watch: bool, as_json: bool) -> None:
    """Say how far an announcement has come."""
    from bot import broadcasts

    bot = wired()
    with refusing():
        reached = broadcasts.progress(bot.store, announcement)
    if watch and not as_json:
        said.watch(bot, announcement)
    else:
        click.echo(json.dumps(reached.as_json()) if as_json else said.told(reached))
