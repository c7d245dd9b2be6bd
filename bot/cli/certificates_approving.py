"""`titian certificates waiting, approve, decline, issue`: an issuer's word on certificates, and one issued by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.cli.attesting import learner_at
from bot.cli.certificates_tracker import in_words
from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from bot.approving import Decided, Waiting
    from bot.wiring import Bot
    from flows.session import Library

ID_FROM = 16  # digits: no telephone number has so many, and every learner's id has more


@click.command()
@click.option("--course", help="This course or programme alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, names in it.")
def waiting(course: str | None, *, as_json: bool) -> None:
    """List the certificates that wait for their issuer's word: who, since when, and what she did."""
    from bot import approving

    bot = wired()
    library, now = bot.library(), bot.clock()
    known = library.courses.keys() | library.programmes.keys()
    told = 0
    for of in (
        [of_library(library, course)] if course else [each for each in approving.counted(bot.store) if each in known]
    ):
        for each in approving.waiting(bot.store, library, of, now=now):
            click.echo(as_line(each, bot.zone, as_json=as_json))
            told += 1
    if not told and not as_json:
        click.echo("Nothing waits.")


@click.command()
@click.option("--course", required=True, help="The course, or the programme.")
@click.option(
    "--except", "but", multiple=True, help="Somebody who is to wait: her number, or the id in the list. Again for each."
)
@click.option("--by", "who", required=True, help="Who says yes; she needs the right to certify.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def approve(course: str, but: tuple[str, ...], who: str, *, yes: bool) -> None:
    """Say yes to the certificates that wait in a --course, all at once: they are issued, and their learners told.

    Killed in the middle, run it again: nobody gets two. Whoever lacks something by the rule as it is now keeps waiting.
    """
    from bot import approving

    bot = wired()
    library, now = bot.library(), bot.clock()
    of = of_library(library, course)
    left = {her_of(bot, each, None) for each in but}
    listed = [each for each in approving.waiting(bot.store, library, of, now=now) if each.learner_id not in left]
    if not listed:
        click.echo("Nothing waits.")
        return
    for each in listed:
        click.echo(as_line(each, bot.zone))
    if not yes and not click.confirm(f"Issue these {len(listed)} certificates?"):
        raise click.Abort
    made = approving.approve(bot.store, library, of, [each.learner_id for each in listed], who, now=now)
    with refusing(approving.Refused), click.progressbar(made, length=len(listed), label=of) as steps:
        done = list(steps)
    click.echo(counted(done))
    bot.wake()


@click.command()
@click.argument("number")
@click.option("--course", required=True, help="The course, or the programme.")
@click.option("--why", help="The reason; kept here and in the audit. She is not told it.")
@click.option("--by", "who", required=True, help="Who says no; she needs the right to certify.")
@click.option("--place", type=click.IntRange(1, 5), help="Which of the people on a shared phone.")
@click.option("--undo", is_flag=True, help="Take a no back: it waits again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def decline(number: str, course: str, why: str | None, who: str, place: int | None, *, undo: bool, yes: bool) -> None:
    """Say no to the certificate that waits for the learner at NUMBER. She is told whom to ask, and not the reason."""
    from bot import approving

    if not undo and not why:
        raise click.UsageError("Say why, with --why: a coordinator will have to tell her.")
    bot = wired()
    library, now = bot.library(), bot.clock()
    of, her = of_library(library, course), her_of(bot, number, place)
    if not undo and not yes and not click.confirm(f"Decline it, and tell her so? ({of}, learner {her})"):
        raise click.Abort
    with refusing(approving.Refused):
        if undo:
            approving.take_back(bot.store, library, of, her, who, now=now)
        else:
            approving.decline(bot.store, library, of, her, who, why=why or "", now=now)
    click.echo("It waits again." if undo else "Declined. She is told whom to ask; --undo takes it back.")


@click.command()
@click.argument("number")
@click.option("--course", required=True, help="The course, or the programme.")
@click.option("--by", "who", required=True, help="Who has it issued; kept in the audit.")
@click.option("--why", default="", help="The reason; kept in the audit.")
@click.option("--place", type=click.IntRange(1, 5), help="Which of the people on a shared phone.")
def issue(number: str, course: str, who: str, why: str, place: int | None) -> None:
    """Issue to the learner at NUMBER what is due to her in a --course. Against its rule nothing is issued.

    Exits with 1 where something is missing, and says what. Run twice it shows the same code.
    """
    from bot.completion import by_hand

    bot = wired()
    library = bot.library()
    of, her = of_library(library, course), her_of(bot, number, place)
    given = by_hand.issue(bot.store, library, of, her, who, why=why, now=bot.clock())
    if not given.issued:
        missing = "; ".join(map(in_words, given.lacks)) or "hers was revoked, and there is no other for it"
        raise click.ClickException(f"Not issued: {missing}.")
    for each in given.issued:
        click.echo(f"{each.code}  {each.title.within('en')}")


def of_library(library: Library, wanted: str) -> str:
    """The id of a course or programme that there is; ends the command where there is none."""
    known = sorted([*library.courses, *library.programmes])
    if wanted not in known:
        raise click.ClickException(f'There is no course or programme "{wanted}". There are: {", ".join(known)}.')
    return wanted


def her_of(bot: Bot, number: str, place: int | None) -> int:
    """The learner at a number, or the one of that id."""
    if number.isdigit() and len(number) >= ID_FROM:
        return int(number)
    return learner_at(bot, number, place)


def as_line(each: Waiting, zone: ZoneInfo, *, as_json: bool = False) -> str:
    """One that waits, in a line."""
    from bot.phone import masked

    record = each.record
    if as_json:
        did = {"minutes": record.minutes, "score": record.score if record.put else None} if record else {}
        did |= {"witnessed": len(record.witnessed)} if record else {}
        told = {"learner": each.learner_id, "of": each.of, "name": each.name, "level": each.level}
        lacks = {lack.what: {"needs": lack.needs, "has": lack.has} for lack in each.lacks}
        return json.dumps(told | did | {"since": each.asked_at.isoformat(), "lacks": lacks}, ensure_ascii=False)
    parts = [f"learner {each.learner_id}", f"{each.of:<14}", each.name or "(no name)", masked(each.number)]
    parts += [f"L{each.level}", f"since {each.asked_at.astimezone(zone):%d/%m/%Y}"]
    if record is not None:
        parts += [f"{record.score} % right"] if record.put else []
        parts += [f"{len(record.witnessed)} tasks seen"] if record.witnessed else []
        parts += [f"{record.minutes // (24 * 60)} days"]
    if each.lacks:
        parts.append(f"lacks now: {'; '.join(map(in_words, each.lacks))}")
    return "  ".join(parts)


def counted(done: Iterable[Decided]) -> str:
    """What came of a batch, in words."""
    all_ = list(done)
    issued = sum(1 for each in all_ if each.issued)
    lack = sum(1 for each in all_ if each.lacks)
    said = [f"{issued} issued; their learners are told"]
    said += [f"{lack} keep waiting, for they lack something by the rule as it is now"] if lack else []
    others = len(all_) - issued - lack
    said += [f"{others} were decided or issued meanwhile"] if others else []
    return f"{'; '.join(said)}."
