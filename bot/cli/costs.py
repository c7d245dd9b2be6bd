"""`titian costs`: what a month has cost, by channel, course, purpose, day, announcement or learner, and for a certificate."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.money.ledger import Given
    from bot.money.report import Sum
    from bot.wiring import Bot


@click.command()
@click.option("--by", "what", default="channel", show_default=True)
@click.option("--month", default="", help="Like 2026-11. This month unless you say another.")
@click.option("--learner", "learner_id", type=int, help="One learner, by her id.")
@click.option("--most", default=20, show_default=True, help="How many learners at most, the dearest first.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON; amounts are millionths of a ringgit.")
def costs(what: str, month: str, learner_id: int | None, most: int, *, as_json: bool) -> None:
    """Say what messages cost: --by channel, course, purpose, day, broadcast or learner.

    A message costs what it cost when it was sent. One whose price nobody knew is counted by itself, never as nothing.
    """
    from bot.money.report import OF_LINES, OF_ROWS

    if what not in (*OF_LINES, *OF_ROWS):
        raise click.BadParameter(f"one of {', '.join((*OF_LINES, *OF_ROWS))}", param_hint="--by")
    if month and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise click.BadParameter("write it like 2026-11", param_hint="--month")
    bot = wired()
    month = month or bot.clock().astimezone(bot.zone).strftime("%Y-%m")
    if learner_id is not None:
        found = _of_learner(bot, learner_id, month)
    elif what in OF_LINES:
        found = _of_month(bot, what, month)
    else:
        found = _of_rows(bot, what, month, most)
    click.echo(json.dumps(_as_json(found)) if as_json else "\n".join(_in_words(found, bot.ledger.prices.examples)))


def _of_learner(bot: Bot, learner_id: int, month: str) -> dict[str, Any]:
    from bot.money import report

    return {"month": month, "by": "learner", "lines": [report.of_learner(bot.store, learner_id, month, bot.zone)]}


def _of_rows(bot: Bot, what: str, month: str, most: int) -> dict[str, Any]:
    from bot.money import report

    if what == "broadcast":
        lines = report.by_broadcast(bot.store, month, bot.zone)
    else:
        lines = report.by_learner(bot.store, month, bot.zone, most)
    return {"month": month, "by": what, "lines": lines}


def _of_month(bot: Bot, what: str, month: str) -> dict[str, Any]:
    """The whole month: what is given for nothing comes off the total, since no one message is the free one."""
    from bot.money import report

    lines = bot.ledger.lines(month, bot.clock())
    given = bot.ledger.given(lines, month)
    whole = report.total(lines, "total")
    earned = report.certificates(bot.store, month, bot.zone)
    by_course = {each.name: each.cost for each in report.by(lines, "course")}
    return {
        "month": month,
        "by": what,
        "lines": report.by(lines, what),
        "total": whole,
        "given": given,
        "to_pay": whole.cost - sum(each.cost for each in given),
        "completed": {
            course: {"certificates": count, "cost_each": by_course.get(course, 0) // count}
            for course, count in sorted(earned.items())
        },
        "budgets": [str(budget) for budget in bot.budgets.standing(bot.clock()) if budget.month == month],
    }


def _as_json(found: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    made = found | {"lines": [asdict(each) for each in found["lines"]]}
    if "total" in found:
        made |= {"total": asdict(found["total"]), "given": [each._asdict() for each in found["given"]]}
    return made


def _in_words(found: dict[str, Any], examples: bool) -> list[str]:
    from bot.money import ringgit

    lines: list[Sum] = found["lines"]
    told = [f"{found['month']:<24}{'messages':>10}{'SMS':>10}{'cost':>14}{'without a price':>18}"]
    told += [_row(each) for each in lines] or ["Nothing was sent."]
    if "total" in found:
        given: list[Given] = found["given"]
        told += [_row(found["total"])] if len(lines) > 1 else []
        told += [f"{each.channel}: {each.messages} messages were free, {ringgit(-each.cost)}" for each in given]
        told += [f"to pay: {ringgit(found['to_pay'])}"]
        for course, each in found["completed"].items():
            told.append(f"{course}: {each['certificates']} completed, {ringgit(each['cost_each'])} each")
        told += found["budgets"]
    if unpriced := sum(each.unpriced for each in lines):
        told.append(f"{_messages(unpriced)} without a price: not in these sums. Write the price in the file of PRICES.")
    if examples:
        told.append("These prices are the examples that come with Titian: write down your own (docs/costs.md).")
    return told


def _row(each: Sum) -> str:
    from bot.money import ringgit

    return f"{each.name or '-':<24}{each.messages:>10,}{each.segments:>10,}{ringgit(each.cost):>14}{each.unpriced or '':>18}"


def _messages(count: int) -> str:
    return f"{count:,} message" if count == 1 else f"{count:,} messages"
