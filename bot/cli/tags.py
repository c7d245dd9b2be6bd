"""`titian tags`: a coordinator's own words for learners, put on and taken off by their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.segments.tags import Tagged

FILE = click.option(
    "--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Numbers, one a line."
)
BY = click.option("--by", "who", required=True, help="Who does it; kept in the audit.")


@click.group()
def tags() -> None:
    """Your own words for learners, to describe groups with: "tag ketua"."""


@tags.command()
@click.argument("name")
@click.argument("numbers", nargs=-1)
@FILE
@BY
def add(name: str, numbers: tuple[str, ...], *, file: Path | None, who: str) -> None:
    """Put the tag NAME on the learners with these NUMBERS. Who carries it already keeps it.

    Exits with 1 where a number is nobody's.
    """
    from bot.segments import Refused, tags as kept

    bot = wired()
    try:
        done = kept.add(bot.store, name, _numbers(numbers, file), who, now=bot.clock())
    except Refused as why:
        raise click.ClickException(str(why)) from why
    _tell(f"Tagged: {done.changed}. Tagged before: {done.as_before}.", done)


@tags.command()
@click.argument("name")
@click.argument("numbers", nargs=-1)
@FILE
@BY
@click.option("--all", "everybody", is_flag=True, help="From everybody who carries it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, numbers: tuple[str, ...], *, file: Path | None, who: str, everybody: bool, yes: bool) -> None:
    """Take the tag NAME off the learners with these NUMBERS, or with --all off everybody."""
    from bot.segments import Refused, tags as kept

    typed = [] if everybody else _numbers(numbers, file)
    if not yes:
        whom = "everybody" if everybody else f"{len(typed)} numbers"
        click.confirm(f'Take the tag "{name}" off {whom}?', abort=True)
    bot = wired()
    try:
        if everybody:
            click.echo(f"Taken off: {kept.drop(bot.store, name, who, now=bot.clock())}.")
            return
        done = kept.remove(bot.store, name, typed, who, now=bot.clock())
    except Refused as why:
        raise click.ClickException(str(why)) from why
    _tell(f"Taken off: {done.changed}. Without it before: {done.as_before}.", done)


@tags.command(name="list")
def list_all() -> None:
    """Show every tag and how many learners carry it."""
    from bot.segments import tags as kept

    rows = kept.listed(wired().store)
    for row in rows:
        click.echo(f"{row.name:<40}  {row.learners:>8}")
    if not rows:
        click.echo("Nobody is tagged yet.")


def _numbers(typed: tuple[str, ...], file: Path | None) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
    found = [*typed, *(line.strip().strip(",;\"'") for line in lines)]
    numbers = [each for each in found if each]
    if not numbers:
        raise click.UsageError("Write at least one number, or --from FILE.")
    return numbers


def _tell(done: str, tagged: Tagged) -> None:
    click.echo(done)
    for number in tagged.unknown:
        click.echo(f"{number}: no learner has this number.", err=True)
    if tagged.unknown:
        raise SystemExit(1)
