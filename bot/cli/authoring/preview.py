"""`titian content preview`: a course as learners will see it, before they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.authoring.places import content_option, course_among, library_of

if TYPE_CHECKING:
    from bot.cli.authoring.walk import Asked, Message, Walk
    from flows.course import Course

LANGUAGES: Final = ("ms", "en", "dtp")


@click.command()
@click.argument("course")
@click.argument("lesson", required=False)
@click.option("--as", "channel", type=click.Choice(["sms", "ussd", "whatsapp"]), default="sms", show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES), default="ms", show_default=True)
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it to this file, for a browser.")
@click.option("--brand", default="TITIAN", envvar="BRAND", show_default=True, help="The name before every SMS.")
@content_option
def preview(
    course: str, lesson: str | None, channel: str, language: str, svg: Path | None, brand: str, directory: Path
) -> None:
    """Show COURSE, or one LESSON of it, as learners see it: each question answered right, and answered wrong.

    Every text comes from the bot itself, with how many of its characters are used. Options stand in another order on
    each learner's phone.
    """
    from bot.cli.authoring.walk import Walk
    from bot.i18n import Catalogues
    from bot.render import Voice
    from bot.wiring import tag_of

    library = library_of(directory)
    shown = course_among(library, course)
    if lesson is not None and lesson not in shown.by_id:
        raise click.UsageError(f"There is no lesson {lesson} in {shown.id}. There are: {', '.join(shown.by_id)}.")
    walk = Walk(library, Voice(Catalogues(), tag_of(brand)), language, channel)
    if svg is not None:
        svg.write_text(drawn(walk, shown, lesson), encoding="utf-8")
        click.echo(f"Drawn to {svg}: open it in a browser.")
        return
    for asked in walked(walk, shown, lesson):
        click.echo("\n".join(told(shown, asked)) + "\n")


def walked(walk: Walk, course: Course, lesson: str | None) -> Iterator[Asked]:
    """Every question of the course, or of the one lesson."""
    for each in course.lessons:
        if lesson in (None, each.id):
            yield from walk.through(course, each)


def told(course: Course, asked: Asked) -> Iterator[str]:
    """One question as text: what is sent and what comes back, with lengths."""
    yield f"{course.id} › {asked.lesson} › {asked.question} ({asked.kind})"
    for way in asked.ways:
        yield f"  {way.shows}:"
        for exchange in way.exchanges:
            if exchange.typed:
                yield f"    > {exchange.typed}"
            if exchange.picture:
                yield f"    < (picture: {exchange.picture})"
            for message in exchange.messages:
                first, *more = message.text.split("\n")
                yield f"    < {first}"
                yield from (f"      {line}".rstrip() for line in more)
                yield f"      [{measured(message)}]"
            yield f"      {counted(exchange.messages)}"


def measured(message: Message) -> str:
    """How full one message is."""
    return f"{message.length} of {message.room}" if message.room else f"{message.length} characters"


def counted(messages: Sequence[Message]) -> str:
    """How many messages there are: what they cost."""
    kind = {160: "SMS", 150: "screen"}.get(messages[0].room if messages else 0, "message")
    many = "s" if len(messages) != 1 and kind != "SMS" else ""
    return f"= {len(messages)} {kind}{many}"


def drawn(walk: Walk, course: Course, lesson: str | None) -> str:
    """The same as a picture."""
    from bot.content.preview import Bubble, Panel, drawing

    rows = []
    for asked in walked(walk, course, lesson):
        panels = []
        for way in asked.ways:
            bubbles: list[Bubble] = []
            for exchange in way.exchanges:
                bubbles += [Bubble(True, exchange.typed)] if exchange.typed else []
                bubbles += [Bubble(False, f"(picture: {exchange.picture})")] if exchange.picture else []
                bubbles += [Bubble(False, each.text, measured(each), each.length) for each in exchange.messages]
            panels.append(Panel(way.shows, bubbles))
        rows.append((f"{course.id} › {asked.lesson} › {asked.question} ({asked.kind})", panels))
    return drawing(walk.channel, rows)
