"""`titian answers`: answers that came on paper, and replies that nobody could read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.slips import Slip
    from bot.unlisted import Heap
    from flows.session import Library


@click.group()
def answers() -> None:
    """Answers from paper slips, and replies that could not be read."""


@answers.command()
@click.option("--course", default="", help="Only this course.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def unread(course: str, days: int, *, as_json: bool) -> None:
    """List what learners wrote that could not be read, by question, what came most often first.

    Where it was right after all, paste the line below it into the course file, and it is understood from then on.
    """
    import dataclasses
    import json
    from datetime import timedelta

    from bot.unlisted import gathered

    bot = wired()
    library = bot.library()
    if course and library.course(course) is None:
        raise click.UsageError(f"There is no course {course}. There are: {', '.join(sorted(library.courses))}.")
    heaps = gathered(bot.store, bot.clock() - timedelta(days=days), course)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(heap) for heap in heaps], ensure_ascii=False, indent=2))
        return
    click.echo(listed(heaps, library) if heaps else f"Everything of the last {days} days could be read.")


def listed(heaps: Sequence[Heap], library: Library) -> str:
    """The heaps under their questions, each with the line that would let it be understood."""
    from itertools import groupby

    from bot.unlisted import asked, line_to_paste

    lines: list[str] = []
    for named, group in groupby(heaps, key=lambda heap: (heap.course, heap.lesson, heap.question)):
        of_question = list(group)
        question = asked(library, of_question[0])
        lines.append(" > ".join(named))
        lines.append(f"  {question.asks.within('ms')}" if question else "  (this question is no more)")
        lines += [f"  {heap.count:>5}  {heap.words}" for heap in of_question]
        pasted = line_to_paste(question, of_question[0].words) if question else ""
        if pasted:
            where = "in the question" if pasted.startswith("accept") else "under the option that is meant"
            lines.append(f"         If it is right, add {where}, or to the list there: {pasted}")
        lines.append("")
    return "\n".join(lines).rstrip()


@answers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Enter them. Without it, only what would be entered is shown.")
def import_(file: Path, *, yes: bool) -> None:
    """Grade paper slips from a CSV file: as if each learner had sent them, but nothing is sent to her.

    Columns: phone or learner, course, answers (as 1A 2C 3B), date, entered_by; and person, for a phone that several
    share. A slip that has been entered is passed over, so the same file may be imported again. Exits with 1 where
    something could not be entered.
    """
    from bot.slip_sheet import read_rows
    from bot.slips import Slips

    bot = wired()
    rows, troubles = read_rows(file, today=bot.clock().astimezone(bot.zone).date())
    slips = Slips(bot.store, bot.library, bot.zone, bot.clock)
    found, more = slips.read(rows)
    click.echo(table(found))
    for trouble in sorted([*troubles, *more], key=lambda each: each.line):
        click.echo(f"{file}: {trouble}", err=True)
    fresh = [slip for slip in found if not slip.entered]
    if yes:
        entered = sum(slips.enter(slip) for slip in fresh)
        click.echo(f"{entered} entered. {len(found) - entered} had been entered before.")
    else:
        click.echo(f"Nothing is entered yet. {told(fresh)} With --yes they are.")
    if troubles or more:
        raise SystemExit(1)


def told(fresh: Sequence[Slip]) -> str:
    """How many are to be entered, in words."""
    return f"{len(fresh)} {'slip is' if len(fresh) == 1 else 'slips are'} new."


def table(slips: Sequence[Slip]) -> str:
    """What each slip would lead to: one line a slip, each answer with how it was read."""
    from bot.phone import masked

    lines = [f"{'row':>4}  {'learner':<20}  {'course':<12}  {'date':<10}  answers"]
    for slip in slips:
        row = slip.written
        who = f"{masked(row.phone)}{f' ({row.person})' if row.person else ''}" if row.phone else str(row.learner)
        marks = [
            f"{each.place}{each.said} {'right' if each.right else 'wrong' if each.answer else 'not clear'}"
            for each in slip.marked
        ]
        done = "  (entered before)" if slip.entered else ""
        lines.append(f"{row.line:>4}  {who:<20}  {row.course:<12}  {row.day:%d/%m/%Y}  {', '.join(marks)}{done}")
    return "\n".join(lines)
