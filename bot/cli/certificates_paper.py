"""`titian certificates print`: many certificates in one file, for a ceremony or for a printer at a NADI."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.paper.batches import Batch
    from bot.paper.lists import Listed, Wanted
    from bot.wiring import Bot

OTHERS_WORK = 0.2  # seconds until it is looked again what other processes have made
SOME_LEFT_OUT, NONE = 1, 2


@click.command("print")
@click.option("--course", help="Everybody's of this course or programme.")
@click.option("--district", help="Only those of learners in this district.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only those issued on this day or later.")
@click.option("--codes", "coded", multiple=True, metavar="FILE|CODE", help="These: a code, or a file with one a line.")
@click.option(
    "--form",
    type=click.Choice(["a4", "offline", "half"]),
    default="a4",
    show_default=True,
    help="offline: A4, its QR is checked without a network; half: two go on a page.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@click.option("--by", "who", required=True, help="Who prints them; kept in the audit, for the names are in it.")
def print_(
    course: str | None,
    district: str | None,
    since: datetime | None,
    coded: tuple[str, ...],
    form: str,
    out: Path,
    who: str,
) -> None:
    """Write the certificates that stand into one PDF, in the order of names.

    Workers that run make a part of them; without any, all are made here. It may be stopped and given again: what is made
    stays at hand for a week. Exits with 1 where some were left out, and says which and why; with 2 where none is left.
    """
    from bot.paper.lists import Wanted

    bot = wired()
    since = since.replace(tzinfo=bot.zone) if since else None
    found, left_out = _which(bot, Wanted(course, district, since), coded)
    if not found and not left_out:
        raise _Nothing("There is no such certificate.")
    batch = _made(bot, found, form)
    whole = batch.file([each.code for each in found])
    left_out |= batch.left_out
    if whole:
        out.write_bytes(whole)
        _noted(bot, who, {"course": course, "form": form, "count": len(found) - len(batch.left_out)})
        click.echo(f"{len(found) - len(batch.left_out)} certificates are in {out}.")
    for code, why in left_out.items():
        click.echo(f"Left out: {code}, {why}.", err=True)
    if left_out:
        raise SystemExit(SOME_LEFT_OUT if whole else NONE)


class _Nothing(click.ClickException):
    exit_code = NONE


def paper_of(bot: Bot, code: str, out: Path) -> None:
    """Write the A4 paper of one certificate; ends the command in words where there is none."""
    from bot import codes

    read = codes.read(code)
    if read is None:
        raise _Nothing(f"{code} is mistyped: its check symbol does not fit. Nothing was written.")
    batch = _asked(bot, [codes.written(read)], "a4")
    _finish(batch, hidden=True)
    whole = batch.file_of(codes.written(read))
    if whole is None:
        raise _Nothing(f"There is no PDF of {codes.written(read)}: {next(iter(batch.left_out.values()))}.")
    out.write_bytes(whole)


def _which(bot: Bot, wanted: Wanted, coded: Sequence[str]) -> tuple[list[Listed], dict[str, str]]:
    """Those that stand, in the order of names, and of the others why not. Whoever never stood where she is now is not told of."""
    from bot.paper import lists

    now = bot.clock()
    if bool(coded) == (wanted != lists.Wanted()):
        raise click.UsageError("Give --codes, or --course, --district and --since, one of the two.")
    if not coded:
        those = [each for each in lists.listed(bot.store, wanted, now=now) if each.verdict != "replaced"]
        return _standing(those, {})
    read, wrong = _read(coded)
    those = lists.coded(bot.store, read, now=now)
    return _standing(those, wrong | _unknown(read, those))


def _standing(those: Sequence[Listed], left_out: dict[str, str]) -> tuple[list[Listed], dict[str, str]]:
    from bot.paper import lists

    gone = {each.code: f"it is {each.verdict}" for each in those if each.verdict != "valid"}
    return lists.by_name([each for each in those if each.verdict == "valid"]), left_out | gone


def _read(coded: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    from bot import codes

    given: list[str] = []
    for each in coded:
        file = Path(each)
        given += file.read_text(encoding="utf-8-sig").splitlines() if file.is_file() else [each]
    words = dict.fromkeys(each.strip() for each in given if each.strip())
    read = {word: codes.read(word) for word in words}
    return list(dict.fromkeys(filter(None, read.values()))), {
        word: "it is mistyped" for word, code in read.items() if code is None
    }


def _unknown(read: Sequence[str], those: Sequence[Listed]) -> dict[str, str]:
    from bot import codes

    there = {each.code for each in those}
    return {code: "it is unknown" for code in map(codes.written, read) if code not in there}


def _asked(bot: Bot, those: Sequence[str], form: str) -> Batch:
    from bot.paper.batches import Batch
    from workers.printing import press_of

    batch = Batch(press_of(bot), form)
    batch.ask(those)
    bot.bell.ring("bulk", "workers.jobs.press")
    return batch


def _made(bot: Bot, found: Sequence[Listed], form: str) -> Batch:
    batch = _asked(bot, [each.code for each in found], form)
    if batch.at_hand:
        click.echo(f"{len(batch.at_hand)} are at hand already.", err=True)
    _finish(batch, hidden=not batch.waiting)
    return batch


def _finish(batch: Batch, *, hidden: bool) -> None:
    """Make what waits, with the workers that run, and show how far it is."""
    from bot.paper import batches

    with click.progressbar(length=len(batch.waiting), label="Pages", file=sys.stderr, hidden=hidden) as bar:
        batches.make(batch, told=bar.update, wait=_wait)


def _wait() -> None:
    threading.Event().wait(OTHERS_WORK)


def _noted(bot: Bot, who: str, what: dict[str, object]) -> None:
    from bot.store import audit

    with bot.store.begin() as connection:
        audit.note(connection, who, "print certificates", json.dumps(what), now=bot.clock())
