"""`titian certificates revoke`: one certificate, or many for one reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.certificates_tracker import stored
from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from datetime import datetime

    from bot.revoking import Which
    from bot.wiring import Bot

DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M"])


@click.command()
@click.argument("code", required=False)
@click.option("--attested-by", help="All whose learners this coordinator vouched for.")
@click.option("--course", help="Of this course alone.")
@click.option("--since", type=DAY, help="Issued from then on, local time: 2026-11-01.")
@click.option("--until", type=DAY, help="Issued before then.")
@click.option(
    "--codes", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Codes, one a line."
)
@click.option("--why", required=True, help="The reason; kept with the certificate.")
@click.option("--by", "who", required=True, help="Who revokes it; kept in the audit.")
@click.option("--with", "second", help="Who else answers for it, where there are more than 20.")
@click.option("--number", type=int, help="How many it is about to be, instead of typing it when asked.")
@click.option(
    "--yes", is_flag=True, help="Do not ask. For many: revoke them; without it, only who it would be is shown."
)
def revoke(
    code: str | None,
    attested_by: str | None,
    course: str | None,
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    why: str,
    who: str,
    second: str | None,
    number: int | None,
    *,
    yes: bool,
) -> None:
    """Revoke a certificate, or many for one reason. None can be made valid again.

    Many: first look without --yes. With it, their number has to be typed or given by --number, --by needs the right to
    approve, and for more than 20 so does another, --with. Broken off, give the same command again: it goes on.
    """
    if code is not None:
        if attested_by or course or since or until or file:
            raise click.UsageError("Give a CODE, or say which certificates are meant: one of the two.")
        return _one(code, why, who, yes=yes)
    bot = wired()
    which = _which(bot, attested_by, course, (since, until), file)
    return _many(bot, which, why, (who, second), number, yes=yes)


def _one(code: str, why: str, who: str, *, yes: bool) -> None:
    from bot import certificates as tracker, codes

    read = stored(code, "Nothing was revoked.")
    if not yes and not click.confirm(f"Revoke {codes.written(read)} for good?"):
        raise click.Abort
    bot = wired()
    gone = tracker.revoke(bot.store, read, why, who, now=bot.clock())
    if not gone:
        raise click.ClickException(f"There is no valid certificate {codes.written(read)}.")
    for each in gone:
        click.echo(f"{each} is revoked.")


def _which(
    bot: Bot,
    attested_by: str | None,
    course: str | None,
    days: tuple[datetime | None, datetime | None],
    file: Path | None,
) -> Which:
    from bot import revoking

    since, until = (day.replace(tzinfo=bot.zone) if day else None for day in days)
    listed = None
    if file is not None:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        listed = tuple(dict.fromkeys(stored(line, "Nothing was revoked.") for line in lines))
    with refusing(revoking.Refused):
        name = revoking.spelt(bot.store, attested_by) if attested_by else None
    return revoking.Which(name, course, since, until, listed)


def _many(bot: Bot, which: Which, why: str, people: tuple[str, str | None], number: int | None, *, yes: bool) -> None:
    from bot import revoking

    with refusing(revoking.Refused):
        found = revoking.find(bot.store, which)
        if not found.count:
            raise click.ClickException("None that stands is meant.")
        click.echo(f"{found.count} certificates of {found.learners} learners, the first: {', '.join(found.first)}.")
        if which.codes is not None and len(which.codes) > found.count:
            click.echo(f"{len(which.codes) - found.count} of the codes are nobody's, revoked already or left out.")
        if not yes:
            click.echo(
                "Nothing is revoked. Ask these learners first (docs/certificates.md); with --yes they are revoked."
            )
            return
        names = revoking.may(bot.store, *people, found.count)
    typed = number if number is not None else click.prompt("Revoke them for good? Type how many they are", type=int)
    if typed != found.count:
        raise click.ClickException(f"They are {found.count}, not {typed}. Nothing was revoked.")
    gone = revoking.revoke(bot.store, which, why, names, count=found.count, clock=bot.clock)
    done = 0
    with click.progressbar(gone, length=found.count, label="Revoked") as bar:
        for codes in bar:
            done += len(codes)
    click.echo(f"{done} are revoked, with the programmes that rested on them. SIJIL tells each learner whom to ask.")


@click.command()
@click.argument("code")
@click.option("--why", required=True, help="The reason; kept in the audit.")
@click.option("--by", "who", required=True, help="Who issues it again; she needs the right to approve.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reissue(code: str, *, why: str, who: str, yes: bool) -> None:
    """Issue a certificate again that should not have been revoked, under a new code.

    The old code says "replaced" from then on. For a wrong name on one that stands there is titian certificates correct.
    """
    from bot import codes, revoking

    read = stored(code, "Nothing was issued.")
    if not yes and not click.confirm(f"Issue {codes.written(read)} again, under a new code?"):
        raise click.Abort
    bot = wired()
    with refusing(revoking.Refused):
        new = revoking.reissue(bot.store, read, why, who, now=bot.clock())
    click.echo(f"{new} stands in the place of {codes.written(read)}. She is told of it.")
