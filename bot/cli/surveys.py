"""`titian surveys`: what was asked besides lessons, counted, exported without names, and coded to themes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.wiring import Bot
    from flows.surveys.questionnaire import Survey

LANGUAGE = click.option(
    "--language", type=click.Choice(["ms", "en"]), default="ms", show_default=True, help="Of questions and answers."
)


@click.group()
def surveys() -> None:
    """Surveys, polls, feedback, and what learners say of themselves."""


@surveys.command(name="list")
@LANGUAGE
def list_all(language: str) -> None:
    """Show the surveys there are."""
    for survey in wired().library().surveys.values():
        count = f"{len(survey.items)} question{'' if len(survey.items) == 1 else 's'}"
        click.echo(f"{survey.id:<20}  {survey.kind:<8}  {count:<12}  {survey.title.within(language)}")


@surveys.command()
@click.argument("survey_id")
@click.option("--by", type=click.Choice(["district", "gender", "age", "education", "work"]), help="A column for each.")
@click.option("--course", default="", help="Only what was said of this course (feedback).")
@click.option("--json", "form", flag_value="json", help="Print it as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print it as a sheet.")
@LANGUAGE
def results(survey_id: str, by: str | None, course: str, form: str | None, language: str) -> None:
    """Print how many gave each answer, and what share of those who answered the question."""
    from bot import surveys as counted
    from bot.cli import survey_tables

    bot = wired()
    survey = _named(bot, survey_id)
    found = counted.results(bot.store, survey, by=by or "", about=course)
    if form == "json":
        click.echo(json.dumps(survey_tables.as_json(survey, found), ensure_ascii=False))
    elif form == "csv":
        click.echo(survey_tables.as_csv(found, language), nl=False)
    else:
        named = survey_tables.group_names(bot.library().surveys.values(), by or "", language)
        click.echo(survey_tables.in_words(survey, found, language, named))


@surveys.command()
@click.argument("survey_id")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--by", "who", required=True, help="Who takes it; kept in the audit.")
def export(survey_id: str, file: Path, who: str) -> None:
    """Write the answers to FILE, one person a line, under made-up names, with district and bands only.

    What would leave somebody in a group of fewer than five is left out. Read the open answers before you share them:
    people may name themselves.
    """
    from bot import survey_sheets
    from bot.settings import browser_secret
    from bot.store import audit
    from bot.surveys import FEWEST

    bot = wired()
    survey = _named(bot, survey_id)
    made = survey_sheets.export(bot.store, survey, browser_secret(bot.settings))
    with bot.store.begin() as connection:
        audit.note(connection, who, "export survey", f"{survey.id}: {made.people}", now=bot.clock())
    file.write_text(made.text, encoding="utf-8-sig", newline="")
    click.echo(f"{made.people} people in {file}. Of {made.guarded}, something was left out: their group is small.")
    if made.people < FEWEST:
        click.echo(f"Fewer than {FEWEST} people: do not share this sheet.")


@surveys.command()
@click.argument("survey_id")
@click.argument("question")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--import", "reads", is_flag=True, help="Read the themes from FILE instead of writing it.")
@click.option("--by", "who", help="Who coded them; kept in the audit. Needed with --import.")
def themes(survey_id: str, question: str, file: Path, *, reads: bool, who: str | None) -> None:
    """Write the open answers to FILE with a column for their themes, or read the themes back.

    Two themes of one answer have a semicolon between them. Nothing is written unless every line can be taken.
    """
    from bot import survey_sheets
    from bot.settings import browser_secret

    bot = wired()
    survey, secret = _named(bot, survey_id), browser_secret(bot.settings)
    item = survey.by_id.get(question)
    if item is None or item.question.kind != "open":
        asked = ", ".join(each.id for each in survey.items if each.question.kind == "open") or "none"
        raise click.ClickException(f"{survey.id} asks nothing in words under {question!r}. It does under: {asked}.")
    if not reads:
        sheet = survey_sheets.themes(bot.store, survey, question, secret)
        file.write_text(sheet, encoding="utf-8-sig", newline="")
        click.echo(f"Written to {file}. Fill in the column theme, then: titian surveys themes {survey_id} {question}"
                   f" {file} --import --by YOU")  # fmt: skip
        return
    if not who:
        raise click.UsageError("Say who coded them: --by NAME.")
    try:
        sheet = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read as a sheet in UTF-8: {error}") from error
    changes, problems = survey_sheets.read_themes(bot.store, survey, question, sheet, secret)
    if problems:
        raise click.ClickException("\n".join(["Nothing was written.", *problems]))
    survey_sheets.write_themes(bot.store, survey, question, changes, who=who, now=bot.clock())
    click.echo(f"{len(changes)} answers have another theme now.")


@surveys.command()
@click.argument("survey_id")
@click.option("--course", help="Only learners of this course.")
@click.option("--district", help="Only learners in this district.")
@click.option("--by", "who", required=True, help="Who asks; kept in the audit.")
@click.option("--dry-run", is_flag=True, help="Say who would be asked, and who would not and why.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def send(survey_id: str, course: str | None, district: str | None, who: str, *, dry_run: bool, yes: bool) -> None:
    """Invite learners to a survey or poll, by an announcement that says which word begins it."""
    from bot import broadcasts
    from bot.audience import Audience

    bot = wired()
    survey = _named(bot, survey_id)
    if survey.kind not in ("poll", "survey"):
        raise click.ClickException(f"{survey.id} comes by itself ({survey.kind}): only a poll or survey is sent.")
    words, audience = _invitation(bot, survey), Audience(course, district)
    try:
        broadcasts.check(words, bot.pushes.voice.tag)
    except broadcasts.Unfit as unfit:
        raise click.ClickException(f"{unfit}") from unfit
    planned = broadcasts.plan(bot.store, bot.pushes, words, audience, now=bot.clock())
    skipped = "".join(f"\n{count} skipped: {why}." for why, count in planned.skipped.most_common())
    click.echo(f"{words['ms']}\n{planned.recipients} learners would get it.{skipped}")
    if dry_run or not planned.recipients:
        return
    if not yes and not click.confirm(f"Send it to {planned.recipients} learners?"):
        raise click.Abort
    made = broadcasts.approve(bot.store, who, words, audience, now=bot.clock())
    bot.bell.ring("bulk", "workers.jobs.spread")
    click.echo(f"Announcement {made} is on its way. How far it is: titian broadcast status {made}")


def _named(bot: Bot, survey_id: str) -> Survey:
    """The survey of that id. Ends the command, in words, where there is none."""
    known = bot.library().surveys
    if survey_id not in known:
        raise click.ClickException(f"There is no survey {survey_id!r}. There are: {', '.join(known) or 'none'}.")
    return known[survey_id]


def _invitation(bot: Bot, survey: Survey) -> dict[str, str]:
    from flows.text import T, invite

    said = invite(T("{title}: to answer, send SURVEY {survey}. You need not.", title=survey.title, survey=survey.id))
    return {language: bot.pushes.voice.catalogues.say(said, language) for language in ("ms", "en")}
