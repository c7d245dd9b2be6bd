"""Announcements in words on a terminal: what sending would mean, how it reads, how far it is."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.announcements.planning import Plan
    from bot.announcements.progress import Progress
    from bot.audience import Audience
    from bot.wiring import Bot

LOOK_EVERY = 0.5  # seconds between two looks at how far it is
RESTS = (
    20.0  # times as long as a look took, where that is more: watching takes no more than a twentieth of the database
)


def refuse_unfit(bot: Bot, words: dict[str, str], audience: Audience) -> None:
    """End the command, in words, where the announcement cannot go out as it is."""
    from bot import broadcasts, segments

    courses = bot.library().courses
    if audience.course is not None and audience.course not in courses:
        raise click.ClickException(f"There is no course {audience.course!r}. There are: {', '.join(courses)}.")
    try:
        broadcasts.check(words, bot.pushes.voice.tag)
        if audience.segment:
            segments.read(bot.store, audience.segment, segments.names_there(bot.store, bot.library()))
    except broadcasts.Unfit as unfit:
        raise click.ClickException(f"{unfit}") from unfit
    except segments.NotUnderstood as wrong:
        raise click.ClickException(f"{audience.segment}\n{' ' * wrong.at}^ {wrong}") from wrong


def planned(bot: Bot, words: dict[str, str], audience: Audience, *, urgent: bool, beyond_cap: bool) -> Plan:
    """What sending it now would mean."""
    from bot.announcements.planning import plan

    more = {"urgent": urgent, "beyond_cap": beyond_cap}
    return plan(bot.store, bot.pushes, words, audience, now=bot.clock(), prices=bot.ledger.prices, **more)


def at_local(bot: Bot, written: str | None) -> datetime | None:
    """A local time, written as 2026-12-01 09:00."""
    if written is None:
        return None
    try:
        at = datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=bot.zone)
    except ValueError as wrong:
        raise click.ClickException("Write the time like 2026-12-01 09:00.") from wrong
    if at <= bot.clock():
        raise click.ClickException(f"{written} has passed.")
    return at


def local(bot: Bot, moment: datetime) -> str:
    """A moment as it is written there."""
    return moment.astimezone(bot.zone).strftime("%d/%m/%Y %H:%M")


def previewed(bot: Bot, words: dict[str, str]) -> str:
    """How each channel says it, in each language."""
    from bot.announcements.texts import previews

    lines = []
    for each in previews(bot.pushes, words):
        size = f", {each.segments} SMS" if each.segments else ""
        lines.append(f"[{each.channel}, {each.locale}{size}] {each.text}")
    return "\n".join(lines)


def in_words(planned: Plan) -> str:
    """Who would get it and who not, in how many SMS, for how much."""
    languages = ", ".join(f"{count} in {locale}" for locale, count in sorted(planned.by_locale.items())) or "nobody"
    lines = [f"{planned.recipients} learners would get it ({languages}), in {planned.segments} SMS segments."]
    lines += [_costs(planned)] if planned.recipients else []
    lines += [f"{count} skipped: {why}." for why, count in planned.skipped.most_common()]
    return "\n".join(lines)


def _costs(planned: Plan) -> str:
    from bot.money import ringgit

    unpriced = f"{planned.unpriced} {'message' if planned.unpriced == 1 else 'messages'} without a price"
    if planned.unpriced == planned.recipients:
        return f"Nobody knows what it costs: {unpriced} (docs/costs.md)."
    return f"It costs {ringgit(planned.cost)}" + (f", and {unpriced} (docs/costs.md)." if planned.unpriced else ".")


def as_json(planned: Plan) -> dict[str, object]:
    """The same for a program."""
    return {
        "recipients": planned.recipients,
        "segments": planned.segments,
        "cost": planned.cost,
        "unpriced": planned.unpriced,
        "by_locale": dict(planned.by_locale),
        "skipped": dict(planned.skipped),
    }


def told(reached: Progress) -> str:
    """How far it has come."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(reached.by_status.items())) or "no rows yet"
    lines = [f"{reached.status}: {counts}."]
    lines += [f"{count} skipped: {why}." for why, count in reached.skipped.items()]
    names = {"yes": "will come", "no": "will not come", "free": "wrote something else (titian inbox)"}
    lines += [f"{reached.replies[kind]} {name}." for kind, name in names.items() if reached.replies.get(kind)]
    lines += [f"{reached.opted_out} stopped our messages within a day of it."] if reached.opted_out else []
    return "\n".join(lines)


def watch(bot: Bot, announcement: int) -> None:
    """A bar on a terminal, a line now and then when piped; Ctrl-C stops the watching, not the sending."""
    from bot import broadcasts

    reached = broadcasts.progress(bot.store, announcement)
    try:
        with click.progressbar(
            length=reached.size or max(reached.rows, 1), label="Sending", file=sys.stderr, show_pos=True
        ) as bar:
            while True:
                began = time.monotonic()
                reached = broadcasts.progress(bot.store, announcement)
                took = time.monotonic() - began
                bar.length = max(bar.length or 0, reached.rows)
                bar.update(reached.rows - reached.waiting - bar.pos)
                if reached.status in ("done", "cancelled", "paused", "draft") and not (
                    reached.status == "done" and reached.waiting
                ):
                    break
                if later := _deferred(bot, reached):
                    click.echo(f"\nIt waits for its time: {later}.", err=True)
                    break
                time.sleep(max(LOOK_EVERY, RESTS * took))  # noqa: TID251 - a person watches; nothing waits for this
    except KeyboardInterrupt:
        click.echo("\nIt goes on without you. titian broadcast status shows how far it is.", err=True)
    click.echo(told(reached))


def _deferred(bot: Bot, reached: Progress) -> str:
    """When it goes on, in local time, where that is more than the time in which it can be taken back from now; else ""."""
    from bot import policy
    from bot.announcements.moves import UNDO

    now = bot.clock()
    if reached.status == "waiting" and reached.due_at and reached.due_at > now + UNDO:
        return local(bot, reached.due_at)
    opens = policy.next_opening(now, bot.zone, bot.calendar.off)
    return local(bot, opens) if opens > now and reached.status == "sending" else ""
