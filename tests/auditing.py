"""What tests of the audit are made of: a bot whose certificates have their events, and somebody who changes rows by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, insert, text

from bot.auditing import linking, pieces
from bot.auditing.chain import Finding
from bot.auditing.pieces import Asked, Progress
from bot.completion import complete
from bot.store import audit, tables as t
from bot.wiring import Bot
from tests.bots import COURSE, villager
from tests.credentials import desk_of


def passes_all(bot: Bot, learner: int) -> None:
    """She has passed every lesson of the course."""
    course = bot.library().courses[COURSE]
    passed = [
        {
            "learner_id": learner,
            "course": course.id,
            "lesson": each.id,
            "version": course.version,
            "passed_at": bot.clock(),
        }
        for each in course.lessons
    ]
    with bot.store.begin() as connection:
        connection.execute(insert(t.lesson_pass), passed)


def completed(bot: Bot, number: str = "+60111000001") -> str:
    """Somebody's certificate as the bot issues it; its code, as it is written."""
    learner = villager(bot, number)
    passes_all(bot, learner)
    outcome = complete(bot.store, bot.library().courses[COURSE], learner, programmes={}, now=bot.clock())
    bot.store.write(outcome.writes)
    return outcome.issued[0].code


def deeds(bot: Bot, many: int, *, who: str = "Puan Rosli") -> None:
    """So many deeds, each in a transaction of its own."""
    for number in range(many):
        with bot.store.begin() as connection:
            audit.note(connection, who, "inbox done", f"learner {number}", now=bot.clock())


def linked(bot: Bot) -> None:
    """Every event has its place."""
    while linking.link(bot.store):
        pass


def whole(bot: Bot, *, signatures: bool = False) -> Progress:
    """What a check of everything finds."""
    asked, progress = Asked(bot.store, desk_of(bot).issuers, signatures, bot.clock()), Progress()
    while progress.stage != "done":
        progress = pieces.piece(progress, asked)
    return progress


def changed(progress: Progress) -> list[str]:
    """What it says was changed."""
    return [each.says for each in progress.told if each.how == "changed"]


def says(found: list[Finding]) -> list[tuple[str, str]]:
    """Findings to be compared."""
    return [(each.how, each.says) for each in found]


@contextmanager
def by_hand(bot: Bot) -> Iterator[Connection]:
    """A transaction of somebody who has the whole database, and takes the triggers off while they are at it."""
    with bot.store.begin() as connection:
        kept: list[str] = []
        if bot.store.on_sqlite:
            found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            kept = [row.sql for row in found]
            for row in found:
                connection.execute(text(f"DROP TRIGGER {row.name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        for statement in kept:
            connection.exec_driver_sql(statement)


def sql(bot: Bot, statement: str, **values: Any) -> None:
    """One statement of theirs."""
    with by_hand(bot) as connection:
        connection.execute(text(statement), values)
