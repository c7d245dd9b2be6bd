"""`titian certificates export`: one certificate as a file, or a list of many for a spreadsheet or a program."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from bot.cli.certificates_files import write_badge
from bot.cli.certificates_paper import paper_of
from bot.cli.setup import wired

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.paper.lists import Listed
    from bot.wiring import Bot

COLUMNS = ("code", "name", "course", "title_ms", "title_en", "level", "issued", "expires", "status", "hours")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet runs


@click.command()
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="The signed credential of CODE, to the byte.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write the A4 PDF of CODE into this file.")
@click.option("--png", type=click.Path(dir_okay=False, path_type=Path), help="The badge, with the credential baked in.")
@click.option("--csv", "csv_to", metavar="FILE|-", help="A list for a spreadsheet.")
@click.option("--json-lines", "lines", is_flag=True, help="A list for a program, one JSON object a line.")
@click.option("--course", help="In a list: only of this course or programme.")
@click.option("--district", help="In a list: only of learners in this district.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="In a list: only issued on this day or later.")
@click.option("--by", "who", help="Who asks for a list; kept in the audit, for the names are in it.")
def export(
    code: str | None,
    *,
    as_json: bool,
    pdf: Path | None,
    png: Path | None,
    csv_to: str | None,
    lines: bool,
    course: str | None,
    district: str | None,
    since: datetime | None,
    who: str | None,
) -> None:
    """Print the credential of a certificate, write its PDF or badge, or list many. Her name is in it: hand it to her, or to whom she says.

    Exits with 2 where there is no such certificate, it is not signed yet, or there is no PDF of it.
    """
    listing = csv_to is not None or lines
    if sum((as_json, pdf is not None, png is not None, csv_to is not None, lines)) != 1:
        raise click.UsageError("Give one of --json, --pdf, --png, --csv, --json-lines.")
    if listing == (code is not None):
        raise click.UsageError("--json, --pdf and --png want a CODE; --csv and --json-lines take none.")
    if listing and not who:
        raise click.UsageError("A list has names in it: say with --by who asks for it.")
    bot = wired()
    if as_json:
        click.echo(_credential(bot, code or ""))
    elif pdf is not None:
        paper_of(bot, code or "", pdf)
    elif png is not None:
        _credential(bot, code or "")
        write_badge(bot, code or "", png)
    else:
        from bot.paper.lists import Wanted, listed

        wanted = Wanted(course, district, since.replace(tzinfo=bot.zone) if since else None)
        those = listed(bot.store, wanted, now=bot.clock())
        count = _as_lines(those, bot.zone) if lines else _as_csv(those, csv_to or "-", bot.zone)
        _noted(bot, who or "", {"course": course, "district": district, "count": count})
        click.echo(f"{count} certificates.", err=True)


def _credential(bot: Bot, code: str) -> str:
    """Its credential; where the certificate does not stand, whoever asked is told."""
    from bot import credentials

    verdict = bot.check_certificate(code).verdict
    signed = credentials.of(bot.store, code) or _none(verdict, code)
    if verdict != "valid":
        click.echo(f"{code} is {verdict}, and whoever checks this will see it.", err=True)
    return signed


def _none(why: str, code: str) -> NoReturn:
    waits = "It is not signed yet: see `titian certificates keys show`."
    told = f"It is {why}." if why in ("unknown", "mistyped") else waits
    click.echo(f"There is no credential for {code}. {told}", err=True)
    raise SystemExit(2)


def _as_csv(those: Iterable[Listed], to: str, zone: ZoneInfo) -> int:
    """Write the list as a spreadsheet reads it, a line at a time; how many it has."""
    if to == "-":
        return _write(those, sys.stdout, zone)
    with Path(to).open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:  # without the mark Excel takes it for another coding
        return _write(those, file, zone)


def _write(those: Iterable[Listed], file: TextIO, zone: ZoneInfo) -> int:
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    count = 0
    for row in _rows(those, zone):
        writer.writerow({name: _cell(value) for name, value in row.items()})
        count += 1
    return count


def _as_lines(those: Iterable[Listed], zone: ZoneInfo) -> int:
    count = 0
    for row in _rows(those, zone):
        click.echo(json.dumps(row, ensure_ascii=False))
        count += 1
    return count


def _rows(those: Iterable[Listed], zone: ZoneInfo) -> Iterator[dict[str, object]]:
    for each in those:
        expires = each.expires_at.astimezone(zone).date().isoformat() if each.expires_at else ""
        ms = each.title.get("ms", "")
        said = (ms, each.title.get("en", ms), each.level, each.issued_at.astimezone(zone).date().isoformat())
        told = (each.code, each.name, each.course, *said, expires, each.verdict, round(each.minutes / 60, 2))
        yield dict(zip(COLUMNS, told, strict=True))


def _cell(value: object) -> object:
    """A cell that no spreadsheet runs as a formula: a ' before it makes it words."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _noted(bot: Bot, who: str, what: dict[str, object]) -> None:
    from bot.store import audit

    with bot.store.begin() as connection:
        audit.note(connection, who, "export certificates", json.dumps(what), now=bot.clock())
