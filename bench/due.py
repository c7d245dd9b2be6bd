"""What is due costs what is due: a thousand nudges and reviews found and fired, among ten thousand learners and among a million."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text

from bench import servers
from bench.table import Result, at_most
from bot import wiring
from bot.cli.db import bring_up_to_date
from bot.wiring import Bot
from flows.session import Enrolment, Session
from tests.bots import COURSE, made_settings
from workers import nudges, reviews

FEW: Final = 10_000
MANY: Final = 1_000_000
FEWER: Final = 100_000
DUE: Final = 1_000
ROUNDS: Final = 3  # that are counted; each has a thousand learners of its own due, and no learner comes twice
LOOKS: Final = 50
MOST: Final = 1.5  # times what it takes among few
NOW: Final = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # eleven in the morning in Kuching
WHAT: Final[dict[str, Callable[[Bot], int]]] = {"nudge": nudges.fire, "review": reviews.ask}

_AT: Final = "'2026-11-24 02:00:00.000000'"
# Everybody's is due on one of ten days to come; who is due now is set round by round.
_LATER: Final = "'2026-12-0' || CAST(1 + i % 9 AS text) || ' 02:00:00.000000'"
_ALL: Final = "WITH RECURSIVE everybody(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM everybody WHERE i < :n)"
PEOPLE: Final = (
    f"{_ALL} INSERT INTO learner (id, locale, consented_at, created_at) SELECT i, 'ms', {{at}}, {{at}} FROM everybody",
    (
        f"{_ALL} INSERT INTO address (id, kind, identifier, learner_id, last_inbound_at, last_channel, created_at)"
        " SELECT i, 'tel', '+6011' || CAST(10000000 + i AS text), i, {at}, 'twilio_sms', {at} FROM everybody"
    ),
    (
        f"{_ALL} INSERT INTO conversation (learner_id, session, turn, dialogue, typed, unread)"
        " SELECT i, :session, 1, '', 0, '[]' FROM everybody"
    ),
    (
        f"{_ALL} INSERT INTO enrolment (learner_id, course, version, started_at)"
        " SELECT i, :course, :version, {at} FROM everybody"
    ),
    f"{_ALL} INSERT INTO nudge (learner_id, turn, due_at) SELECT i, 1, {{later}} FROM everybody",
    (
        f"{_ALL} INSERT INTO review (learner_id, course, lesson, question, step, due_at)"
        " SELECT i, :course, :lesson, :question, 0, {later} FROM everybody"
    ),
)


@dataclass
class Village:
    """So many learners in a database, the bot that looks after them, and how long each round took, in milliseconds."""

    bot: Bot
    learners: int
    took: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in WHAT})

    def fire(self, what: str, number: int) -> None:
        """Have a thousand be due, fire them as a worker does, batch after batch, and look once more."""
        step = self.learners // DUE
        now = "'2026-11-24 02:59:00.000000'"
        due = f"UPDATE {what} SET due_at = {_moment(now, self.bot)} WHERE learner_id % {step} = {number}"
        with self.bot.store.begin() as connection:
            connection.execute(text(due))
        before, began = self._pushed(), time.perf_counter()
        while WHAT[what](self.bot):
            pass
        self.took[what].append((time.perf_counter() - began) * 1000)
        if self._pushed() - before != DUE:
            raise RuntimeError(f"{self._pushed() - before} of {DUE} went out: what was measured is something else")

    def looks_in_vain(self) -> float:
        """The milliseconds of one look at nudges and reviews that finds nothing, as the clock asks for every two seconds."""
        took = []
        for _ in range(LOOKS):
            began = time.perf_counter()
            found = sum(fire(self.bot) for fire in WHAT.values())
            took.append((time.perf_counter() - began) * 1000)
            if found:
                raise RuntimeError(f"{found} were due, and nothing should be")
        return statistics.median(took)

    def _pushed(self) -> int:
        with self.bot.store.engine.connect() as connection:
            return int(
                connection.execute(text("SELECT count(*) FROM outbound_message WHERE follows IS NULL")).scalar_one()
            )


def measure(*, quick: bool = False) -> list[Result]:
    """Few and many in turn, on SQLite and on PostgreSQL; the ratio of their times."""
    many = FEWER if quick else MANY
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        # What is measured is what has to be looked at, so nobody waits for the disk.
        cluster = stack.enter_context(servers.postgres(directory, fsync="off", synchronous_commit="off"))
        urls = {"SQLite": (f"sqlite:///{directory}/few.db", f"sqlite:///{directory}/many.db")}
        if cluster is not None:
            urls["Postgres"] = (cluster.url(cluster.create()), cluster.url(cluster.create()))
        results = []
        for name, (small, large) in urls.items():
            with village(small, directory, FEW) as few, village(large, directory, many) as more:
                results += compared(name, few, more)
    return results


def compared(name: str, few: Village, many: Village) -> list[Result]:
    """Rounds in turn, the first of them to warm up."""
    for number in range(ROUNDS + 1):
        for place, what in enumerate(WHAT):
            for each in (few, many) if number % 2 else (many, few):
                each.fire(what, number + place * (ROUNDS + 1))
    results = []
    for what in WHAT:
        small, large = few.took[what][1:], many.took[what][1:]
        ratio = statistics.median(ours / theirs for ours, theirs in zip(large, small, strict=True))
        among = f"{DUE:,} {what}s due on {name}"
        results.append(Result(f"{among}, among {few.learners:,}", round(statistics.median(small)), "ms"))
        results.append(at_most(f"{among}, {many.learners:,} / {few.learners:,}", round(ratio, 2), "x", MOST))
    vain = round(many.looks_in_vain(), 2)
    return [*results, Result(f"a look in vain on {name}, among {many.learners:,}", vain, "ms")]


@contextmanager
def village(url: str, directory: Path, learners: int) -> Iterator[Village]:
    """So many learners, none of whom has anything due yet."""
    bring_up_to_date(url)
    bot = wiring.build(made_settings(url, directory, simulator=False), clock=lambda: NOW)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    course = bot.library().courses[COURSE]
    lesson = course.lessons[0]
    session = Session(
        state="lesson.offer",
        consented=True,
        course=COURSE,
        lesson=lesson.id,
        enrolments=(Enrolment(COURSE, course.version),),
    )
    values = {"n": learners, "session": session.to_json(), "course": COURSE, "version": course.version}
    values |= {"lesson": lesson.id, "question": lesson.bank[0].id}
    with engine.connect() as connection:
        for statement in PEOPLE:
            asked = text(statement.format(at=_moment(_AT, bot), later=_moment(_LATER, bot)))
            connection.execute(asked, {name: values[name] for name in asked.compile().params})
        connection.execute(text("ANALYZE" if bot.store.on_sqlite else "VACUUM ANALYZE"))
    engine.dispose()
    try:
        yield Village(bot, learners)
    finally:
        bot.store.engine.dispose()


def _moment(kept: str, bot: Bot) -> str:
    return kept if bot.store.on_sqlite else f"CAST({kept} AS timestamptz)"
