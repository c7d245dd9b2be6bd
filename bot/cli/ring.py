"""`titian ring`: whom each coordinator should ring this week, on the screen and on paper, and what came of it."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from bot.ringing import Entry, Outcome
    from bot.wiring import Bot

WIDTH = 120  # characters in a line of the page: ten names and what to say fill one sheet of A4, at 16 to the inch
PAGE_ENDS = "\f"
BOXES = "   [ ] DAPAT   [ ] TIDAK   [ ] SALAH NOMBOR"


@click.group()
def ring() -> None:
    """Learners whom no reminder brought back: whom to ring, why, and what to say."""


@ring.command(name="list")
@click.option("--coordinator", "name", required=True, help="Whose list.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def list_(name: str, *, as_json: bool) -> None:
    """Show the names of a coordinator for this week, at most ten; the same all week."""
    from dataclasses import asdict

    bot = wired()
    entries = bot.lists.this_week(_coordinator(bot, name), bot.clock())
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry.ring_id}  {_head(entry)}{f'  [{entry.outcome}]' if entry.outcome else ''}")
        if entry.outcome:
            continue
        for missed in entry.missed:
            click.echo(f"    wrong: {missed.asks} Right: {missed.right}")
        for line in entry.script:
            click.echo(f"    - {line}")
    click.echo(
        "What came of it: titian ring done ID --outcome reached --by NAME" if entries else "Nobody is to be rung."
    )


@ring.command()
@click.argument("ring_id", type=int)
@click.option(
    "--outcome",
    required=True,
    type=click.Choice(["reached", "not_reached", "wrong", "left"]),
    help="They spoke; nobody answered; the number is another's, and is let go of; there was no need any more.",
)
@click.option("--by", "who", required=True, help="Who rang; kept in the audit.")
def done(ring_id: int, outcome: Outcome, who: str) -> None:
    """Note what came of ringing somebody."""
    from bot import ringing

    bot = wired()
    if not ringing.close(bot.store, ring_id, outcome, who, now=bot.clock(), zone=bot.zone):
        raise click.ClickException(f"Nobody is to be rung under {ring_id}: is it noted already?")
    click.echo("Noted.")


@ring.command(name="print")
@click.option("--coordinator", "name", help="Only hers; otherwise a page for each.")
def print_(name: str | None) -> None:
    """Write the lists of this week as plain pages to print, for coordinators without a screen."""
    bot = wired()
    made = bot.lists
    wanted = [_coordinator(bot, name)] if name else _ringing(bot)
    pages = [
        page(each.name, made.this_week(each, bot.clock()), f"{bot.clock().astimezone(bot.zone):%d/%m/%Y}")
        for each in wanted
    ]
    click.echo(PAGE_ENDS.join(each for each in pages if each) or "Nobody is to be rung.", nl=False)


def page(name: str, entries: Sequence[Entry], day: str) -> str:
    """One coordinator's page: each name with its boxes to tick, and the lines to say; "" where there is no name left."""
    lines = [f"{name}, {day}     SMS: 1 DAPAT (reached), 1 TIDAK (not reached), TELEFON (next)"]
    for entry in entries:
        if entry.outcome:
            continue
        lines += [*_wrapped(_head(entry), ""), BOXES]
        for line in entry.script:
            lines += _wrapped(line, "   - ")
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""


def _ringing(bot: Bot) -> list[Row[Any]]:
    from bot import ringing

    return ringing.coordinators(bot.store)


def _coordinator(bot: Bot, name: str) -> Row[Any]:
    """Her row; ends the command where there is nobody of that name who rings."""
    named = {each.name: each for each in _ringing(bot)}
    if name not in named:
        known = f"There are: {', '.join(named)}." if named else "There is nobody yet."
        raise click.ClickException(f"No coordinator called {name!r} has the right to ring. {known}")
    return named[name]


def _head(entry: Entry) -> str:
    shares = f" (Pengguna {entry.person})" if entry.person else ""
    told = ", ".join(
        filter(None, (entry.language, entry.district, f"{entry.course} {entry.progress}".strip(), entry.why))
    )
    return f"{entry.place}) {entry.number}{shares}  {told}"


def _wrapped(words: str, mark: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=mark, subsequent_indent=" " * (len(mark) or 3))
