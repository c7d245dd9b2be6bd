"""`titian certificates missing, correct, backfill, transcript`: what is still missing, and what is issued to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bot.cli.attesting import learner_at
from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from bot.completion.standing import Standing
    from bot.completion.transcript import Line, Transcript
    from bot.wiring import Bot
    from flows.completion import Lack
    from flows.course import Course

# What is missing, for a coordinator.
SAYS = {
    "lessons": "{has} of {needs} lessons passed",
    "score": "{has} % right, {needs} % asked for",
    "witness": "{has} of {needs} tasks seen by a witness",
    "minutes": "{has} of {needs} minutes since she enrolled",
    "days": "{has} of {needs} days since she enrolled",
    "identity": "known at level {has}, level {needs} asked for: titian people attest",
    "courses": "{has} of {needs} courses certified",
    "approval": "waits for the issuer's word: titian certificates waiting",
    "declined": "declined by the issuer: titian certificates decline --undo takes that back",
}


@click.command()
@click.argument("number", required=False)
@click.option("--course", help="Everybody in this course instead.")
@click.option("--place", type=click.IntRange(1, 5), help="Which of the people on a shared phone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def missing(number: str | None, course: str | None, place: int | None, *, as_json: bool) -> None:
    """Say what the learner at NUMBER, or everybody in a --course, still lacks for a certificate."""
    from bot.completion import standing

    if (number is None) == (course is None):
        raise click.UsageError("Give a NUMBER or --course, one of the two.")
    bot = wired()
    if course is not None:
        found: Iterator[Standing] = standing.everybody(
            bot.store, course_of(bot, course), approving=bot.library().approving, now=bot.clock()
        )
    else:
        her = learner_at(bot, number or "", place)
        found = iter(standing.of(bot.store, bot.library(), her, now=bot.clock()))
    told = 0
    for each in found:
        click.echo(as_line(each, as_json=as_json))
        told += 1
    if not told and not as_json:
        click.echo("Nothing is followed there.")


def as_line(standing: Standing, *, as_json: bool) -> str:
    """Where a learner stands, in a line."""
    if as_json:
        lacks = {each.what: {"needs": each.needs, "has": each.has} for each in standing.lacks}
        told = {"learner": standing.learner_id, "of": standing.id, "code": standing.code}
        return json.dumps(told | {"revoked": standing.revoked, "lacks": lacks})
    if standing.code:
        state = f"{standing.code}{', revoked' if standing.revoked else ''}"
    else:
        state = "; ".join(map(in_words, standing.lacks)) or "due: SIJIL from her, or titian certificates backfill"
    return f"learner {standing.learner_id}  {standing.id:<14}  {state}"


def in_words(lack: Lack) -> str:
    """One thing that is missing."""
    return SAYS[lack.what].format(has=lack.has, needs=lack.needs)


def course_of(bot: Bot, wanted: str) -> Course:
    """The course of that id; ends the command where there is none."""
    library = bot.library()
    course = library.course(wanted)
    if course is None:
        raise click.ClickException(f'There is no course "{wanted}". There are: {", ".join(sorted(library.courses))}.')
    return course


def stored(code: str, left: str) -> str:
    """The code as it is stored. Raises ClickException for a mistyped one, and says what was `left` as it is."""
    from bot import codes

    read = codes.read(code)
    if read is None:
        raise click.ClickException(f"{code} is mistyped: its check symbol does not fit. {left}")
    return read


@click.command()
@click.argument("code")
@click.option("--why", required=True, help="The reason; kept with the old certificate.")
@click.option("--by", "who", required=True, help="Who corrects it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def correct(code: str, *, why: str, who: str, yes: bool) -> None:
    """Issue a certificate again with her name and level as they are now, under a new code.

    First write down what is right: titian people attest, with --name. The old code says "replaced" from then on.
    """
    from bot import codes
    from bot.completion import changes

    read = stored(code, "Nothing was changed.")
    if not yes and not click.confirm(f"Replace {codes.written(read)}? Its paper copies are worth nothing then."):
        raise click.Abort
    bot = wired()
    with refusing(changes.Refused):
        new = changes.correct(bot.store, read, why, who, now=bot.clock())
    click.echo(f"{codes.written(read)} is replaced by {new}. She is told of it.")


@click.command()
@click.option("--course", help="This course alone.")
@click.option("--yes", is_flag=True, help="Issue them. Without it, only how many may be due is shown.")
def backfill(course: str | None, *, yes: bool) -> None:
    """Issue certificates to those who have met a rule without noticing: by an edit, by time, by a coordinator's word.

    Safe to run twice, or by two at once: nobody gets two. Learners are told as their week and their hours have room. What else a rule asks for is looked at learner by learner.
    """
    from bot.completion import backfill as filling

    bot = wired()
    library, now = bot.library(), bot.clock()
    courses = [course_of(bot, course)] if course else list(library.courses.values())
    looked = issued = 0
    for each in courses:
        due = filling.due(bot.store, each)
        click.echo(f"{each.id}: {len(due)} have passed all that counts, and have no certificate.", err=True)
        if yes:
            with click.progressbar(due, label=each.id, hidden=not due) as learners:
                for filled in filling.fill(bot.store, each, library, learners, now=now):
                    looked, issued = looked + 1, issued + len(filled.issued)
    if not yes:
        click.echo("Nothing is issued yet: with --yes it is.")
        return
    issued += sum(len(filled.issued) for filled in filling.wholes(bot.store, library, now=now))
    click.echo(f"{looked} looked at, {issued} certificates issued. Their learners are told.")


@click.command()
@click.argument("number")
@click.option("--place", type=click.IntRange(1, 5), help="Which of the people on a shared phone.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.option("--signed", is_flag=True, help="As a file that any machine can check, signed now, good for 90 days.")
def transcript(number: str, place: int | None, *, as_json: bool, signed: bool) -> None:
    """Show the certificates of the learner at NUMBER and the hours they come to. What is revoked counts nothing."""
    from bot.completion import transcript as ledger

    bot = wired()
    found = ledger.of(bot.store, learner_at(bot, number, place), now=bot.clock())
    if signed:
        _print_signed(bot, found)
        return
    if as_json:
        lines = [_as_mapping(each) for each in found.lines]
        click.echo(
            json.dumps({"name": found.name, "minutes": found.minutes, "certificates": lines}, ensure_ascii=False)
        )
        return
    click.echo(found.name or "Nobody has written down her name.")
    for each in found.lines:
        day = f"{each.issued_at.astimezone(bot.zone):%d/%m/%Y}"
        hours = (
            f"{each.counts / 60:>5.1f} h" if each.verdict == "valid" else f"({each.minutes / 60:.1f} h, {each.verdict})"
        )
        click.echo(f"{day}  {each.code}  L{each.level}  {hours}  {each.title.get('ms', each.id)}")
    click.echo(f"In all {found.minutes / 60:.1f} hours.")


def _as_mapping(line: Line) -> dict[str, object]:
    told: dict[str, object] = {"code": line.code, "kind": line.kind, "of": line.id, "title": dict(line.title)}
    told |= {"minutes": line.minutes, "counts": line.counts, "level": line.level, "verdict": line.verdict}
    return told | {"issued": line.issued_at.isoformat(), "name": line.name}


def _print_signed(bot: Bot, found: Transcript) -> None:
    """Print her transcript as a signed file; what is not in it is told beside it."""
    from bot.content import ContentError
    from bot.credentials import issuing, keys, signing, transcript

    counted = {line.code: line.counts for line in found.lines if line.verdict == "valid"}
    try:
        desk = issuing.desk_of(bot.settings, bot.store, bot.library())
        made = transcript.sign(desk, counted, now=bot.clock())
    except (ContentError, transcript.Nothing, keys.KeyTrouble, signing.CannotSign) as why:
        raise click.ClickException(str(why)) from why
    click.echo(made.text)
    for code in made.left_out:
        click.echo(f"{code} is not in it: it is not signed yet, or too old to have room.", err=True)
