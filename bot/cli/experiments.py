"""`titian experiments`: what is being tried on learners drawn by lot, what came of it, and how to end it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.content.problems import Problem
    from bot.experiments import Experiment
    from bot.experiments.report import Report
    from bot.wiring import Bot


@click.group()
def experiments() -> None:
    """Two ways of doing a thing, tried on learners drawn by lot."""


@experiments.command(name="list")
def list_all() -> None:
    """Show the experiments of content/experiments/, and what is wrong in a file that cannot be used."""
    bot = wired()
    found, problems = _read(bot)
    stopped = _stopped(bot)
    for each in found:
        state = "stopped" if each.id in stopped else "on" if each.running else "off"
        days = f"{each.begins.astimezone(bot.zone):%d/%m/%Y} to {(each.ends - timedelta(days=1)).astimezone(bot.zone):%d/%m/%Y}"
        size = ", ".join(f"{arm.name} {arm.target:,}" for arm in each.arms)
        click.echo(f"{each.id:<20}  {state:<7}  {days}  {each.course:<12}  {each.tries}: {size}")
    if not found and not problems:
        click.echo("There are none.")
    if problems:
        raise click.ClickException("Not usable as it is written:\n" + "\n".join(map(str, problems)))


@experiments.command()
@click.argument("experiment_id")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON; shares are between 0 and 1.")
def report(experiment_id: str, *, as_json: bool) -> None:
    """Say what came of one: counts only until every arm has its learners and every term has ended."""
    from bot.experiments import settle
    from bot.experiments.report import report as reported
    from bot.experiments.telling import in_words

    bot = wired()
    experiment = _named(bot, experiment_id)
    while settle(bot.store, [experiment], now=bot.clock()):  # what is due by now, were the workers away
        pass
    found = reported(bot.store, experiment, now=bot.clock())
    click.echo(json.dumps(_as_json(found)) if as_json else "\n".join(in_words(found, bot.zone)))


@experiments.command()
@click.argument("experiment_id")
@click.option("--by", "who", required=True, help="Who ends it; kept in the audit.")
@click.option("--why", required=True, help="Why; shown in its report.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def stop(experiment_id: str, who: str, why: str, *, yes: bool) -> None:
    """End one for good: everybody gets what is usual from now on. Those who were drawn still count."""
    from bot.experiments import settling

    bot = wired()
    experiment = _named(bot, experiment_id)
    if not yes:
        click.confirm(f"End {experiment.id}? It cannot be begun again under this id.", abort=True)
    with bot.store.begin() as connection:
        stopped = settling.stop(connection, experiment, who, why, now=bot.clock())
    if not stopped:
        raise click.ClickException(f"{experiment.id} was stopped already.")
    click.echo("Stopped.")


def _read(bot: Bot) -> tuple[list[Experiment], list[Problem]]:
    from bot.experiments import read_experiments

    return read_experiments(bot.settings.content_dir, bot.zone, bot.library().courses)


def _stopped(bot: Bot) -> frozenset[str]:
    from sqlalchemy import select

    from bot.store import tables as t

    return frozenset(
        row.id for row in bot.store.look(select(t.experiment.c.id).where(t.experiment.c.stopped_at.is_not(None)))
    )


def _named(bot: Bot, experiment_id: str) -> Experiment:
    found, problems = _read(bot)
    for each in found:
        if each.id == experiment_id:
            return each
    told = "".join(f"\n{problem}" for problem in problems)
    known = ", ".join(each.id for each in found) or "none"
    raise click.ClickException(f'There is no experiment "{experiment_id}" that can be used (there is: {known}).{told}')


def _as_json(found: Report) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "id": found.experiment.id,
        "outcome": found.experiment.outcome,
        "complete": found.complete,
        "stopped": found.stopped_why,
        "changed": found.changed,
        "arms": [asdict(line) for line in found.lines],
        "mismatch": found.mismatch,
        "certain": found.experiment.certain,
        "differences": [asdict(each) for each in found.differences],
    }
