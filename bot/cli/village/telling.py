"""The report of a village in words and columns, for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.cli.village.counting import Group, money
from bot.cli.village.played import Report

MOST_REASONS: Final = 8


def told(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    wanted, total = report.wanted, report.counted.total
    yield (
        f"{wanted.learners:,} made-up learners, {wanted.days} days from {wanted.begins:%d/%m/%Y}, seed {wanted.seed}: "
        f"{total.enrolled:,} enrolled, {total.completed:,} completed ({_share(total)})."
    )
    yield ""
    yield from _table("course", report.counted.courses, total)
    yield ""
    yield from _table("district", report.counted.districts, total)
    yield ""
    yield from _weeks(report)
    yield ""
    yield from _calls_and_money(report)
    yield from _held_back(report)
    yield from _promises(report)
    guesses = len(report.assumptions.guesses)
    yield f"{guesses} of {len(report.assumptions.sources)} assumptions about people are guesses: docs/simulating.md."


def _table(what: str, groups: Sequence[Group], total: Group) -> Iterator[str]:
    heads = (
        "enrolled",
        "completed",
        "",
        "out",
        "in",
        "out each",
        "RM",
        "RM each",
        "RM each",
        "remind-",
        "opted",
        "to ring",
    )
    under = ("", "", "", "", "", "completed", "", "enrolled", "completed", "ers", "out", "")
    yield _row((what, *heads))
    yield _row(("", *under))
    for group in [*groups, *([total] if len(groups) > 1 else [])]:
        yield _row(
            (
                group.name,
                f"{group.enrolled:,}",
                f"{group.completed:,}",
                _share(group),
                f"{group.messages_out:,}",
                f"{group.messages_in:,}",
                _each(group.for_each(group.messages_out, group.completed)),
                money(group.cost).removeprefix("RM"),
                money(group.for_each(group.cost, group.enrolled)).removeprefix("RM"),
                money(group.for_each(group.cost, group.completed)).removeprefix("RM"),
                f"{group.reminders:,}",
                f"{group.opted_out:,}",
                f"{group.to_ring:,}",
            )
        )


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    widths = (9, 10, 6, 9, 9, 10, 11, 9, 10, 8, 6, 8)
    return (f"{first:<12}" + "".join(f"{cell:>{width}}" for cell, width in zip(rest, widths, strict=True))).rstrip()


def _weeks(report: Report) -> Iterator[str]:
    yield "week      wrote   lessons passed   completed so far   stopped so far      out       in        RM"
    for week in report.counted.weeks:
        yield (
            f"{week.week:>4}{week.wrote:>11,}{week.passed:>17,}{week.completed:>19,}{week.opted_out:>17,}"
            f"{week.messages_out:>9,}{week.messages_in:>9,}{money(week.cost).removeprefix('RM'):>10}"
        )


def _calls_and_money(report: Report) -> Iterator[str]:
    total = report.counted.total
    yield f"Calls needed: {total.to_ring:,}. Coordinators rang {report.calls_made:,} times and reached {report.calls_reached:,}."
    free = f", of which {money(report.free)} is free with WhatsApp" if report.free else ""
    yield f"Cost: {money(total.cost)}{free}. Learners pay {money(report.learners_pay)} for their own SMS."
    if total.unpriced:
        yield f"{total.unpriced:,} messages have no price and are not in these sums: write it in the file of PRICES."
    if report.examples:
        yield "These prices are the examples that come with Titian: write down your own (docs/costs.md)."


def _held_back(report: Report) -> Iterator[str]:
    if report.held_back:
        yield "Held back, now or for good:"
    for purpose, why, times in report.held_back[:MOST_REASONS]:
        yield f"  {times:>7,}  {purpose}: {why}"


def _promises(report: Report) -> Iterator[str]:
    broken = [each for each in report.promises if each.broken]
    if not broken:
        yield f"All {len(report.promises)} promises were kept:"
        yield from (f"  {each.says}" for each in report.promises)
    for each in broken:
        yield f"BROKEN, {each.broken:,} times: {each.says}"
        yield from (f"  {where}" for where in each.where)


def _share(group: Group) -> str:
    return f"{100 * group.completed_share:.0f} %"


def _each(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
