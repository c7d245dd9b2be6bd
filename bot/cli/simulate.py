"""`titian simulate`: a village of made-up learners through the real bot, to budget a cohort and to soak-test."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from bot.cli.setup import Misconfigured, configured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.cli.village.assumptions import Assumptions
    from bot.cli.village.played import Report, Wanted
    from bot.settings import Settings

SVG = ".svg"
A_DAY = 100  # steps of the bar


@click.command()
@click.option("--learners", default=500, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--days", default=60, show_default=True, type=click.IntRange(1, 400))
@click.option("--seed", default=1, show_default=True, help="The same seed is the same village, to the last message.")
@click.option("--begins", type=click.DateTime(["%Y-%m-%d"]), help="The first day, instead of the one assumed.")
@click.option("--village", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your own assumptions.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this .svg file.")
@click.option("--database", default="", help="An empty database to keep it in, instead of one that is gone afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON; amounts are millionths of a ringgit.")
def simulate(
    learners: int,
    days: int,
    seed: int,
    begins: datetime | None,
    village: Path | None,
    picture: Path | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Play a village of made-up learners through the real bot, and say what came of it: completion, messages, cost, calls.

    Nothing is sent to anybody. What is assumed of people is in a file, most of it guesses: see docs/simulating.md. Exits
    with 1 where a promise of the bot was broken.
    """
    from bot.cli.village import assumptions, telling
    from bot.cli.village.played import Wanted

    if picture is not None and picture.suffix.lower() != SVG:
        raise click.BadParameter(f"a picture is an {SVG} file", param_hint="--picture")
    try:
        assumed = assumptions.read(village)
    except assumptions.WrongVillage as wrong:
        raise click.ClickException(str(wrong)) from wrong
    wanted = Wanted(learners, days, seed, begins.date() if begins else assumed.assumed.begins)
    report = _played(wanted, assumed, database)
    if picture is not None:
        from bot.cli.village.picturing import drawn

        picture.write_text(drawn(report), encoding="utf-8")
    click.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else telling.told(report))
    if any(each.broken for each in report.promises):
        raise SystemExit(1)


def _played(wanted: Wanted, assumed: Assumptions, database: str) -> Report:
    """Play it, with a bar on the terminal; ends the command where something does not fit."""
    from bot.calendar import WrongCalendar
    from bot.cli.village.assumptions import WrongVillage
    from bot.cli.village.founding import NotEmpty
    from bot.cli.village.played import play
    from bot.content import ContentError
    from bot.settings import WrongSettings

    with _elsewhere(database) as settings, _bar(wanted.days) as told:
        try:
            return play(settings, wanted, assumed, told)
        except ContentError as wrong:
            raise Misconfigured(f"The courses cannot be taught as they are.\n{wrong}") from wrong
        except (WrongCalendar, WrongSettings) as wrong:
            raise Misconfigured(str(wrong)) from wrong
        except (NotEmpty, WrongVillage) as wrong:
            raise click.ClickException(str(wrong)) from wrong


@contextmanager
def _elsewhere(database: str) -> Iterator[Settings]:
    """Settings with a place of their own: nothing real is touched, neither its database nor its queue."""
    from bot.settings import WrongSettings, load

    configured()  # so that what is wrong is told as everywhere
    with TemporaryDirectory(prefix="titian-village-") as directory:
        place = Path(directory)
        nobody = f"unix://{place / 'nobody.sock'}"
        try:
            yield load(var_dir=place, database_url=database, redis_url=nobody)
        except WrongSettings as wrong:
            raise Misconfigured(str(wrong)) from wrong


@contextmanager
def _bar(days: int) -> Iterator[Callable[[float], None]]:
    """A bar of simulated days; on a terminal alone."""
    with click.progressbar(length=days * A_DAY, label="Days", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda over: bar.update(round(over * A_DAY) - bar.pos)
