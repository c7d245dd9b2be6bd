"""`titian people`: lists of learners who agreed on paper, how each is reached, and those who share a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.attesting import attest
from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.reach import Her
    from bot.roster import Listed


@click.group()
def people() -> None:
    """Learners: lists from paper, how each is reached, and those who share a phone."""


people.add_command(attest)


@people.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "who", required=True, help="Who collected the consent; kept with it.")
@click.option("--yes", is_flag=True, help="Enter them. Without it, only what would be entered is shown.")
def import_(file: Path, who: str, *, yes: bool) -> None:
    """Enter learners who agreed on paper from a .csv or .xlsx file: each is enrolled, and her lessons come to her.

    Columns: number, language, course, consented on, consent words; and district, time and name (as on her MyKad) where
    they are known. Nothing is
    entered twice: a row that has been entered is passed over. A row with a later day confirms that the number is still
    hers. Exits with 1 where something could not be entered.
    """
    from bot.roster import Roster
    from bot.roster_sheet import read_roster

    bot = wired()
    entries, troubles = read_roster(file, today=bot.clock().astimezone(bot.zone).date())
    roster = Roster(bot.store, bot.library, bot.zone, bot.clock, who)
    listed, more = roster.read(entries)
    if listed:
        click.echo(table(listed))
    wrong = [str(each) for each in sorted([*troubles, *more], key=lambda each: each.line)]
    if yes:
        done: list[str] = []
        for each in listed:
            try:
                done.append(roster.enter(each.entry))
            except ValueError as trouble:
                wrong.append(str(trouble))
        click.echo(f"Entered: {counted(done)}.")
    else:
        click.echo(f"Nothing is entered yet: {counted([each.what for each in listed])}. With --yes they are.")
    for trouble_ in wrong:
        click.echo(f"{file}: {trouble_}", err=True)
    if wrong:
        raise SystemExit(1)


def counted(whats: Sequence[str]) -> str:
    """How many rows did what, in words."""
    return ", ".join(
        f"{whats.count(what)} {what}"
        for what in ("new", "enrolled", "confirmed", "named", "as before")
        if what != "named" or what in whats
    )


def table(listed: Sequence[Listed]) -> str:
    """What each row does: one line a row."""
    from bot.phone import masked

    lines = [f"{'row':>4}  {'number':<14}  {'language':<8}  {'district':<8}  {'course':<12}  {'consented':<10}  what"]
    for each in listed:
        row = each.entry
        lines.append(
            f"{row.line:>4}  {masked(row.number):<14}  {row.locale:<8}  {row.district or '':<8}  {row.course:<12}  "
            f"{row.consented_on:%d/%m/%Y}  {each.what}"
        )
    return "\n".join(lines)


@people.command()
@click.argument("number")
def show(number: str) -> None:
    """Show how the learners of a phone NUMBER are known and reached, why we believe that, and what waits for them."""
    from bot import attesting, reach
    from bot.phone import NotANumber, e164

    bot = wired()
    try:
        identifier = e164(number)
    except NotANumber:
        identifier = number  # WhatsApp's own id of somebody
    found = reach.look(bot.store, bot.pushes, identifier, now=bot.clock())
    if not found:
        raise click.ClickException(f"Nobody is known at {number}.")
    known = {her.learner_id: attesting.known(bot.store, her.learner_id) for her in found}
    click.echo("\n\n".join(described(her, bot.zone, known[her.learner_id]) for her in found))


@people.command()
def silent() -> None:
    """List telephones from which nobody has written for 90 days and that nobody has confirmed, as CSV.

    Ask those learners, and import a list with the day on which they said yes: `titian people import`.
    """
    import csv
    import sys

    from bot import reach
    from bot.pushes import known_at

    bot = wired()
    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write(["number", "language", "district", "last known to be hers"])
    for row in reach.silent(bot.store, now=bot.clock()):
        known = known_at(row)
        write(
            [row.identifier, row.locale, row.district or "", f"{known.astimezone(bot.zone):%d/%m/%Y}" if known else ""]
        )


def described(her: Her, zone: ZoneInfo, known: str) -> str:
    """A learner as a coordinator reads of her."""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%d/%m/%Y %H:%M}"

    lines = [f"learner {her.learner_id}, {her.locale}{f', {her.district}' if her.district else ''}"]
    lines.append(f"known    {known}")
    lines.append(f"prefers  {her.prefers or 'nothing said: where she wrote from last'}")
    lines.append(f"goes by  {her.way}")
    for each in her.addresses:
        since = f" ({at(each.reach.since)})" if each.reach.since else ""
        lines.append(f"{each.kind} {each.identifier}: {each.reach.word}, {each.reach.evidence}{since}")
        if each.silent:
            lines.append("  silent for 90 days: whether the number is still hers is to be confirmed first")
        if each.last_in:
            lines.append(f"  last in   {at(each.last_in)}, {each.last_channel}")
        if each.last_out:
            purpose, status, moment = each.last_out
            lines.append(f"  last out  {at(moment)}, {purpose}, {status}")
    lines += [f"waits    {at(due)}  {what}" for what, due in her.waits] or ["waits    nothing"]
    lines += [f"not now  {each}" for each in her.withheld]
    return "\n".join(lines)


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
