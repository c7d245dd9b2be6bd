"""`titian audit`: what was done and by whom, its signed heads, and whether anything of it was changed."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.auditing.chain import Finding
    from bot.auditing.pieces import Progress
    from bot.credentials.issuers import Issuers
    from bot.wiring import Bot

CHANGED, CANNOT_TELL = 1, 2  # exit codes


@click.group()
def audit() -> None:
    """Read the audit, and find out whether somebody changed it (docs/audit.md)."""


@audit.command("list")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="From this day or moment on, in UTC."
)
@click.option("--about", metavar="CODE", help="About this certificate.")
@click.option("--who", help="By this person or part of the bot, as it is written there.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="No more than the newest so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(since: datetime | None, about: str | None, who: str | None, most: int, *, as_json: bool) -> None:
    """Show what was done, the newest last: its place in the chain, when, who, what, and about which thing."""
    from bot import codes
    from bot.auditing import reading

    code = codes.read(about) if about is not None else None
    if about is not None and code is None:
        raise click.BadParameter("It is mistyped: look at it again.", param_hint="--about")
    bot = wired()
    moment = since.replace(tzinfo=UTC) if since else None
    for each in reading.newest(bot.store, since=moment, code=code, who=who, most=most):
        event = each.event
        if as_json:
            told = {"place": each.place, "id": event.id, "at": event.at.isoformat(), "who": event.who}
            click.echo(json.dumps(told | {"did": event.did, "about": event.about}, ensure_ascii=False))
        else:
            place = each.place or "waits"
            click.echo(
                f"{place:>8}  {event.at.astimezone(bot.zone):%Y-%m-%d %H:%M}  {event.who}: {event.did}  {event.about}"
            )


@audit.command()
@click.option("--day", default="", metavar="YYYY-MM-DD", help="The head of that day (UTC), instead of the newest.")
def head(day: str) -> None:
    """Print a signed head of the audit, to be mailed or kept by somebody else. Exits with 2 where there is none."""
    from bot.auditing import heads

    found = heads.published(wired().store, day)
    if found is None:
        why = "A worker signs one each day, where the issuer has a key: see `titian certificates keys show`."
        click.echo(f"There is no head{f' of {day}' if day else ''}. {why}", err=True)
        raise SystemExit(CANNOT_TELL)
    click.echo(found)


@audit.command()
@click.option("--head", "kept", multiple=True, metavar="FILE", help="A head kept elsewhere; - for standard input.")
@click.option("--signatures", is_flag=True, help="Check the signature of every credential: some 30 ms for each.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def verify(kept: tuple[str, ...], *, signatures: bool, as_json: bool) -> None:
    """Check the whole audit: every event and its place, every signed head, and every certificate and credential against it.

    With --head, also whether a head that somebody else has kept is still in our chain: without that, a chain that was
    written anew as a whole, heads and all, cannot be told. Exits with 0 nothing was changed, 1 something was, 2 cannot be
    told. It only reads, in pieces, and may run while everything else does.
    """
    bot = wired()
    issuers = _issuers(bot)
    ended = _whole(bot, issuers, signatures, quiet=as_json)
    ended = ended.found([finding for file in kept for finding in _held(bot, issuers, file)])
    code = CHANGED if ended.changed else CANNOT_TELL if ended.untold else 0
    if as_json:
        told = [{"how": each.how, "says": each.says} for each in ended.told]
        counts = {"seen": ended.seen, "changed": ended.changed, "untold": ended.untold}
        click.echo(json.dumps({"verdict": _verdict(code), **counts, "findings": told}, ensure_ascii=False))
    else:
        _print(ended.told)
        more = ended.changed + ended.untold - sum(each.how != "remark" for each in ended.told)
        click.echo(f"{f'And {more} more. ' if more else ''}{ended.seen} rows looked at: {_verdict(code)}.")
    raise SystemExit(code)


@audit.command()
@click.argument("learner", type=int)
@click.option("--by", "who", required=True, help="Who deletes her data; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erasing(learner: int, *, who: str, yes: bool) -> None:
    """Write down that the certificates of LEARNER (her id) are about to be deleted with her data (docs/privacy.md).

    It deletes nothing itself. Without it, `titian audit verify` says of each that it was taken out.
    """
    from bot.auditing import erasing as deletion

    bot = wired()
    held = deletion.certificates_of(bot.store, learner)
    if not held:
        click.echo("She has no certificate: there is nothing to write down.")
        return
    if not yes and not click.confirm(f"Write down that {', '.join(held)} will be deleted?"):
        raise click.Abort
    deletion.write_down(bot.store, held, who, now=bot.clock())
    click.echo(f"Written down for {len(held)} certificates. Now delete her rows.")


def _issuers(bot: Bot) -> Issuers:
    from bot.content import ContentError
    from bot.credentials.issuers import load

    try:
        return load(bot.settings.content_dir, bot.settings.reached_at)
    except ContentError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _whole(bot: Bot, issuers: Issuers, signatures: bool, *, quiet: bool) -> Progress:
    """Every piece, one after the other."""
    from bot.auditing import pieces

    asked = pieces.Asked(bot.store, issuers, signatures, bot.clock())
    progress = pieces.Progress()
    with click.progressbar(length=pieces.rows_in_all(bot.store), label="rows", hidden=quiet, file=sys.stderr) as bar:
        while progress.stage != "done":
            before, progress = progress.seen, pieces.piece(progress, asked)
            bar.update(progress.seen - before)
    return progress


def _held(bot: Bot, issuers: Issuers, file: str) -> list[Finding]:
    from bot.auditing import held_heads
    from bot.auditing.chain import Finding

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [Finding("untold", f"{file} cannot be read.")]
    return held_heads.held(bot.store, issuers, text.strip())


def _print(findings: Sequence[Finding]) -> None:
    for each in findings:
        click.echo(f"{each.how:<8} {each.says}")


def _verdict(code: int) -> str:
    return {0: "nothing was changed", CHANGED: "something was changed", CANNOT_TELL: "it cannot be told"}[code]
