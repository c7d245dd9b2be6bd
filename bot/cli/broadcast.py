"""`titian broadcast`: an announcement written, checked, rehearsed, approved, sent and watched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bot.cli import announcing as said
from bot.cli.announced import BEYOND, BY, ID, YES, back, cancel, pause, refusing, resume, status
from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.wiring import Bot


@click.group()
def broadcast() -> None:
    """Announce something to learners, in each one's own language."""


@broadcast.command()
@click.option("--ms", required=True, help="The text in Bahasa Malaysia.")
@click.option("--en", required=True, help="The text in English.")
@click.option(
    "--to", "segment", default="", help='Whom it is for: "district Ranau, silent 14 days", or segment "a name".'
)
@click.option("--course", help="Only learners of this course.")
@click.option("--district", help="Only learners in this district.")
@click.option("--at", help="When it goes, local time: 2026-12-01 09:00. Without it: five minutes after it is approved.")
@click.option("--every-week", is_flag=True, help="And every week at that time.")
@click.option("--urgent", default="", help="What the emergency is: no second person, no waiting, at any hour.")
@BEYOND
@click.option("--by", "author", required=True, help="Who announces it; kept in the audit.")
@click.option("--draft", "only_draft", is_flag=True, help="Only write it down.")
@click.option("--dry-run", is_flag=True, help="Say who would get it, in how many SMS, and who would not and why.")
@YES
@click.option("--wait/--no-wait", default=True, help="Watch until everything has been sent.")
@click.option("--json", "as_json", is_flag=True, help="Print what was counted as JSON.")
def send(
    author: str,
    urgent: str,
    beyond_cap: str,
    *,
    only_draft: bool,
    dry_run: bool,
    yes: bool,
    wait: bool,
    as_json: bool,
    **what: Any,
) -> None:
    """Write an announcement, say what sending it would mean, and approve it.

    To more than 200 learners somebody else approves it. It goes out between 08:00 and 20:00 only, never to somebody who has
    stopped our messages, and behind every reply. Exit code 1: it cannot go out as it is, or there is nobody to send it to.
    """
    from bot.announcements import drafts
    from bot.audience import Audience

    bot = wired()
    words = {language: what[language] for language in ("ms", "en")}
    audience = Audience(what["course"], what["district"], what["segment"])
    said.refuse_unfit(bot, words, audience)
    draft = drafts.Draft(author, words, audience, said.at_local(bot, what["at"]), what["every_week"])
    planned = said.planned(bot, words, audience, urgent=bool(urgent), beyond_cap=bool(beyond_cap))
    click.echo(json.dumps(said.as_json(planned)) if as_json else said.in_words(planned))
    if dry_run:
        return
    if not planned.recipients:
        raise click.ClickException("Nobody would get it, so nothing was sent.")
    if not only_draft and not yes and not click.confirm(f"Send it to {planned.recipients} learners?"):
        raise click.Abort
    made = drafts.write(bot.store, draft, now=bot.clock())
    click.echo(f"Announcement {made} is written. How it reads: titian broadcast check {made}", err=as_json)
    if not only_draft:
        _let_go(bot, made, author, urgent, planned.recipients, beyond_cap=beyond_cap, wait=wait)


def _let_go(bot: Bot, made: int, who: str, urgent: str, size: int, *, beyond_cap: str, wait: bool) -> None:
    from bot import coordinators
    from bot.announcements import moves

    with refusing():
        if urgent:
            moves.hurry(bot.store, made, who, urgent, size=size, now=bot.clock())
            click.echo("It goes out at once.")
        else:
            second = coordinators.may(coordinators.named(bot.store, who), "approve")
            due = moves.approve(bot.store, made, who, size=size, second=second, beyond_cap=beyond_cap, now=bot.clock())
            click.echo(f"It goes out at {said.local(bot, due)}. To take it back: titian broadcast back {made}")
    bot.bell.ring("bulk", "workers.jobs.spread")
    if wait:
        said.watch(bot, made)


@broadcast.command(name="list")
@click.option("--most", default=20, show_default=True, help="How many at most.")
def list_(most: int) -> None:
    """Show the newest announcements."""
    from bot.announcements import drafts

    bot = wired()
    for row in drafts.newest(bot.store, most=most):
        due = said.local(bot, row.due_at) if row.due_at else "-"
        weekly = " every week" if row.every_week else ""
        click.echo(f"{row.id}  {row.status:<9} {due:<16} {row.author:<20} {json.loads(row.words)['ms'][:50]}{weekly}")


@broadcast.command()
@ID
def check(announcement: int) -> None:
    """How it reads on each channel and in each language, who gets it, who not and why, what it costs; and what is wrong with it."""
    from bot import segments
    from bot.announcements import drafts

    bot = wired()
    with refusing():
        row = drafts.look(bot.store, announcement)
    words = json.loads(row.words)
    if row.segment:
        group = segments.read(bot.store, row.segment)
        click.echo(f"{segments.in_words(group, 'ms')}.\n{segments.in_words(group, 'en')}.")
    click.echo(said.previewed(bot, words))
    beyond = row.beyond_cap is not None
    planned = said.planned(bot, words, drafts.audience_of(row), urgent=row.urgent, beyond_cap=beyond)
    click.echo(said.in_words(planned))
    if row.rehearsed_at is None:
        click.echo(f"Nobody has rehearsed it: titian broadcast rehearse {announcement}")
    said.refuse_unfit(bot, words, drafts.audience_of(row))


@broadcast.command()
@ID
@BY
def rehearse(announcement: int, who: str) -> None:
    """Send it to your own phone, as learners get it. You are a coordinator whose number is entered."""
    from bot import coordinators
    from bot.announcements import drafts
    from bot.announcements.rehearsing import rehearse as rehearsed

    bot = wired()
    her = coordinators.named(bot.store, who)
    if her is None or not her.number:
        raise click.ClickException(f"{who} has no number: titian coordinators add {who!r} --number …")
    with refusing():
        ours = drafts.look(bot.store, announcement)
        texts = rehearsed(bot.store, bot.pushes, ours, her.number, who, now=bot.clock())
    bot.wake()
    click.echo(f"{len(texts)} messages are on their way to you.")


@broadcast.command()
@ID
@BY
@click.option("--urgent", default="", help="What the emergency is: no second person, no waiting, at any hour.")
@BEYOND
@YES
@click.option("--wait/--no-wait", default=False, help="Watch until everything has been sent.")
def approve(announcement: int, who: str, urgent: str, beyond_cap: str, *, yes: bool, wait: bool) -> None:
    """Let it go. To more than 200 learners it is somebody else than its author, with the right to approve."""
    from bot.announcements import drafts

    bot = wired()
    with refusing():
        row = drafts.look(bot.store, announcement)
    words, audience = json.loads(row.words), drafts.audience_of(row)
    said.refuse_unfit(bot, words, audience)
    planned = said.planned(bot, words, audience, urgent=row.urgent or bool(urgent), beyond_cap=bool(beyond_cap))
    click.echo(said.in_words(planned))
    if not yes and not click.confirm(f"Send it to {planned.recipients} learners?"):
        raise click.Abort
    _let_go(bot, announcement, who, urgent, planned.recipients, beyond_cap=beyond_cap, wait=wait)


for _command in (back, pause, resume, cancel, status):
    broadcast.add_command(_command)
