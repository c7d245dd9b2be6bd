"""`titian certificates doubts, settle, sample, called`: what people should ask about, whom they ring by lot, and what they decided."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from bot.cli.certificates_tracker import course_of, stored
from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from datetime import datetime

    from bot.doubts.calling import Call

by = click.option("--by", "who", required=True, help="Who does it; kept in the audit. Needs the right to approve.")
as_lines = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


class Share(click.ParamType[Fraction]):
    """A share such as 5% or 0.05."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """The share as a fraction of one; ends the command where it is none."""
        said = str(value).strip()
        try:
            share = Fraction(said.removesuffix("%").strip().replace(",", "."))
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value} is no share: write 5%.", param, ctx)
        share = share / 100 if said.endswith("%") else share
        if not 0 < share <= 1:
            self.fail(f"{value} is no share: it is more than 0% and at most 100%.", param, ctx)
        return share


@click.command()
@click.option("--course", help="Of this course alone.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1), help="How many certificates are shown.")
@as_lines
def doubts(course: str | None, most: int, *, as_json: bool) -> None:
    """Show the certificates that people should ask about, the worst first, and what was seen.

    Each is a question, not a verdict: most have an innocent answer. docs/certificates.md says how to ask.
    """
    from bot.doubts import settling

    bot = wired()
    wanted = course_of(bot, course).id if course else None
    found, count = settling.waiting(bot.store, wanted, most=most)
    if as_json:
        for each in found:
            told = asdict(each) | {"issued_at": each.issued_at.isoformat(), "seen": dict(each.seen)}
            click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in found:
        day = f"{each.issued_at.astimezone(bot.zone):%d/%m/%Y}"
        vouched = f", {each.attested_by}" if each.attested_by else ""
        click.echo(f"{each.code}  {each.course}, {day}, L{each.level}{vouched}  ({each.score})")
        for kind, says in each.seen:
            click.echo(f"  {kind}: {says}")
    click.echo(f"{count} certificates to ask about{f', {len(found)} shown' if len(found) < count else ''}.")


@click.command()
@click.argument("code")
@click.option("--outcome", type=click.Choice(["fine", "revoked"]), required=True, help="What came of asking.")
@click.option("--why", required=True, help="What she and the coordinator said; kept.")
@by
@click.option("--yes", is_flag=True, help="Do not ask.")
def settle(code: str, outcome: str, why: str, who: str, *, yes: bool) -> None:
    """Write down what people decided about a certificate with open doubts: fine, or revoked. Ask her first."""
    from bot import codes
    from bot.doubts import settling

    read = stored(code, "Nothing was changed.")
    asked = f"Has she been asked? Revoke {codes.written(read)} for good?"
    if outcome == "revoked" and not yes and not click.confirm(asked):
        raise click.Abort
    bot = wired()
    with refusing(settling.Refused):
        gone = settling.settle(bot.store, read, outcome, why, who, now=bot.clock())
    for each in gone:
        click.echo(f"{each} is revoked.")
    if outcome == "fine":
        click.echo(f"{codes.written(read)} is fine: nothing is open about it any more.")


@click.command()
@click.option("--share", type=Share(), default="5%", show_default=True, help="Of each coordinator's certificates.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Issued from that day on.")
@click.option("--course", help="Of this course alone.")
@by
@as_lines
def sample(share: Fraction, since: datetime, course: str | None, who: str, *, as_json: bool) -> None:
    """Draw certificates by lot, and show whom to ring and what to ask. It holds numbers and names: burn what you print.

    All with open doubts are in it. Drawn once is drawn for good: the same command shows the same list, without those who
    have been spoken with, and draws only from what was issued since.
    """
    import secrets

    from bot.doubts import calling, sampling, settling

    bot = wired()
    wanted = sampling.Wanted(share, since.replace(tzinfo=bot.zone), course_of(bot, course).id if course else None)
    with refusing(settling.Refused):
        drawn = sampling.draw(bot.store, wanted, who, secrets.randbits, now=bot.clock())
    calls = calling.calls(bot.store, bot.library(), wanted.since, wanted.course)
    for each in calls:
        click.echo(json.dumps(asdict(each), ensure_ascii=False) if as_json else _in_lines(each))
    by_lot = f"{drawn.by_lot} drawn now by lot (seed {drawn.seed}) of {drawn.of}, {drawn.with_doubts} for doubts"
    click.echo(f"{by_lot}; {len(calls)} to ring.", err=as_json)


@click.command()
@click.argument("code")
@click.option("--outcome", type=click.Choice(["confirmed", "doubtful", "no-answer"]), required=True)
@click.option("--said", default="", help="What did not sound right; kept with the doubt.")
@by
def called(code: str, outcome: str, said: str, who: str) -> None:
    """Write down what came of a call. Who did not answer stays on the list; what was doubtful is asked about further."""
    from bot import codes
    from bot.doubts import calling, settling

    read = stored(code, "Nothing was changed.")
    if outcome == "doubtful" and not said:
        raise click.UsageError("Write down what did not sound right: --said.")
    bot = wired()
    with refusing(settling.Refused):
        calling.called(bot.store, read, outcome, said, who, now=bot.clock())
    click.echo(f"{codes.written(read)}: {outcome}.")


def _in_lines(call: Call) -> str:
    """One call, for somebody with a telephone and a pen."""
    vouched = f", vouched for by {call.attested_by}" if call.attested_by else ""
    tried = f", rung {call.tries} times" if call.tries else ""
    lines = [
        f"{call.code}  {call.number or 'no number: go there'}  {call.name or 'no name'}",
        f"  {call.course}{vouched} ({call.why}{tried})",
        *(f"  Tanya: {question}\n    Betul: {right}" for question, right in call.asks),
    ]
    return "\n".join(lines)
