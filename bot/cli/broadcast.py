"""`titian broadcast`: an announcement written, counted, sent and watched."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.broadcasts import Plan, Progress
    from bot.wiring import Bot

LOOK_EVERY = 0.5  # seconds between two looks at how far it is


@click.group()
def broadcast() -> None:
    """Announce something to learners, in each one's own language."""


@broadcast.command()
@click.option("--ms", required=True, help="The text in Bahasa Malaysia.")
@click.option("--en", required=True, help="The text in English.")
@click.option("--course", help="Only learners of this course.")
@click.option("--district", help="Only learners in this district.")
@click.option("--by", "author", required=True, help="Who announces it; kept in the audit.")
@click.option("--dry-run", is_flag=True, help="Say who would get it, in how many SMS, and who would not and why.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait/--no-wait", default=True, help="Watch until everything has been sent.")
@click.option("--json", "as_json", is_flag=True, help="Print what was counted as JSON.")
def send(
    ms: str,
    en: str,
    *,
    course: str | None,
    district: str | None,
    author: str,
    dry_run: bool,
    yes: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Send an announcement, after saying what that would mean.

    It goes out between 08:00 and 20:00 only, never to somebody who has stopped our messages, and behind every
    reply. Exit code 1: the text cannot go out as it is, or there is nobody to send it to.
    """
    from bot import broadcasts
    from bot.audience import Audience

    bot = wired()
    words, audience = {"ms": ms, "en": en}, Audience(course, district)
    _refuse_unfit(bot, words, course)
    planned = broadcasts.plan(bot.store, bot.pushes, words, audience, now=bot.clock())
    click.echo(json.dumps(_as_json(planned)) if as_json else _in_words(planned))
    if dry_run:
        return
    if not planned.recipients:
        raise click.ClickException("Nobody would get it, so nothing was sent.")
    if not yes and not click.confirm(f"Send it to {planned.recipients} learners?"):
        raise click.Abort
    made = broadcasts.approve(bot.store, author, words, audience, now=bot.clock())
    bot.bell.ring("bulk", "workers.jobs.spread")
    click.echo(f"Announcement {made} is on its way. To stop it: titian broadcast cancel {made}")
    if wait:
        _watch(bot, made, planned.recipients + sum(planned.skipped.values()))


@broadcast.command()
@click.argument("broadcast_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(broadcast_id: int, *, as_json: bool) -> None:
    """Say how far an announcement has come."""
    from bot import broadcasts

    try:
        reached = broadcasts.progress(wired().store, broadcast_id)
    except LookupError as error:
        raise click.ClickException(f"{error}.") from error
    if as_json:
        click.echo(json.dumps({"status": reached.status, "by_status": reached.by_status, "skipped": reached.skipped}))
    else:
        click.echo(_reached(reached))


@broadcast.command()
@click.argument("broadcast_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(broadcast_id: int, *, yes: bool) -> None:
    """Stop an announcement in the middle; what has been sent cannot be taken back."""
    from bot import broadcasts

    if not yes and not click.confirm(f"Stop announcement {broadcast_id}?"):
        raise click.Abort
    bot = wired()
    stopped = broadcasts.cancel(bot.store, broadcast_id, now=bot.clock())
    click.echo(f"Stopped. {stopped} messages that were waiting will not be sent.")


def _refuse_unfit(bot: Bot, words: dict[str, str], course: str | None) -> None:
    """End the command, in words, where the announcement cannot go out as it is."""
    from bot import broadcasts

    if course is not None and bot.library().course(course) is None:
        raise click.ClickException(f"There is no course {course!r}. There are: {', '.join(bot.library().courses)}.")
    try:
        broadcasts.check(words, bot.pushes.voice.tag)
    except broadcasts.Unfit as unfit:
        raise click.ClickException(f"{unfit}") from unfit


def _watch(bot: Bot, broadcast_id: int, rows: int) -> None:
    """A bar on a terminal, a line now and then when piped; Ctrl-C stops the watching, not the sending."""
    from bot import broadcasts

    try:
        with click.progressbar(length=rows, label="Sending", file=sys.stderr, show_pos=True) as bar:
            while True:
                reached = broadcasts.progress(bot.store, broadcast_id)
                bar.update(reached.rows - reached.waiting - bar.pos)
                if reached.status != "sending" and not reached.waiting:
                    break
                if later := _deferred(bot, broadcast_id):
                    click.echo(f"\nIt waits for the hours in which we may write: {later}.", err=True)
                    break
                time.sleep(LOOK_EVERY)  # noqa: TID251 - a person watches; nothing waits for this
    except KeyboardInterrupt:
        click.echo("\nIt goes on without you. titian broadcast status shows how far it is.", err=True)
    click.echo(_reached(broadcasts.progress(bot.store, broadcast_id)))


def _deferred(bot: Bot, broadcast_id: int) -> str:
    """When the rest is due, in local time, where all of it is written and none of it is due yet; else ""."""
    from bot import policy

    opens = policy.next_opening(bot.clock(), bot.zone, bot.calendar.off)
    return "" if opens <= bot.clock() else opens.astimezone(bot.zone).strftime("%d/%m/%Y %H:%M")


def _in_words(planned: Plan) -> str:
    languages = ", ".join(f"{count} in {locale}" for locale, count in sorted(planned.by_locale.items())) or "nobody"
    lines = [f"{planned.recipients} learners would get it ({languages}), in {planned.segments} SMS segments."]
    lines += [f"{count} skipped: {why}." for why, count in planned.skipped.most_common()]
    return "\n".join(lines)


def _as_json(planned: Plan) -> dict[str, object]:
    return {
        "recipients": planned.recipients,
        "segments": planned.segments,
        "by_locale": dict(planned.by_locale),
        "skipped": dict(planned.skipped),
    }


def _reached(reached: Progress) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(reached.by_status.items())) or "no rows yet"
    skipped = "".join(f"\n{count} skipped: {why}." for why, count in reached.skipped.items())
    return f"{reached.status}: {counts}.{skipped}"
