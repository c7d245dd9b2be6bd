"""Several workers write one announcement side by side, each a stretch of its learners; whoever stops it waits for their batches."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from bot import arbiter, broadcasts
from bot.announcements import stopping, stretches
from bot.announcements.stretches import END
from bot.audience import Audience
from bot.pushes import Pushes
from bot.store import tables as t
from tests.bots import at_the_same_moment, rows, villager

WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}


def announced(bot, people):
    for n in range(people):
        villager(bot, f"+60111000{n:03}")
    return broadcasts.approve(bot.store, "Puan Rosli", WORDS, Audience(), now=bot.clock())


def spread(bot, sender=None):
    return broadcasts.spread(bot.store, sender or bot.pushes, now=bot.clock(), most=5)


def learners(bot):
    return [row.id for row in rows(bot, t.learner)]


@pytest.mark.parametrize(
    ("people", "sizes"), [(0, [0]), (1, [1]), (5, [5]), (6, [5, 1]), (22, [10, 10, 2]), (40, [10] * 4)]
)
def test_stretches_are_alike_and_hold_everybody(bot, people, sizes):
    announced(bot, people)

    with bot.store.begin() as connection:
        stretches.cut(connection, stretches.not_cut(connection, bot.clock()), 5)

    cut = rows(bot, t.broadcast_stretch)
    assert [sum(each.after < her <= each.last for her in learners(bot)) for each in cut] == sizes
    assert (cut[0].after, cut[-1].last) == (0, END)
    assert [each.after for each in cut[1:]] == [each.last for each in cut[:-1]]


def test_two_workers_write_two_stretches_at_once(bot):
    if bot.store.on_sqlite:
        pytest.skip("has one writer")
    made = announced(bot, 40)
    assert spread(bot) == 5

    with bot.store.begin() as connection:
        _, first = stretches.next_(connection, bot.clock())
        assert spread(bot) == 5
        _, second = stretches.next_(connection, bot.clock())

    written = [row.learner_id for row in rows(bot, t.outbound_message)]
    assert (first.place, second.place) == (0, 0)
    assert written == learners(bot)[:5] + learners(bot)[10:15]
    while spread(bot):
        pass
    assert broadcasts.progress(bot.store, made).by_status == {"queued": 40}
    assert rows(bot, t.broadcast_stretch) == []


def test_nobody_begins_with_another_announcement_while_a_batch_of_one_is_open(bot):
    """Both would read a week in which the other is not yet: two pushes in an hour, or one too many."""
    if bot.store.on_sqlite:
        pytest.skip("has one writer")
    later = announced(bot, 12)
    assert spread(bot) == 5
    with ThreadPoolExecutor(1) as pool, bot.store.begin() as connection:
        assert stretches.next_(connection, bot.clock())[0].id == later
        first = broadcasts.approve(bot.store, "Puan Rosli", WORDS, Audience(), now=bot.clock() - timedelta(hours=1))
        batch = pool.submit(spread, bot)
        with pytest.raises(TimeoutError):
            batch.result(0.5)
        connection.rollback()
        assert batch.result(20) == 5
    with bot.store.begin() as one, bot.store.begin() as another:
        assert stretches.next_(one, bot.clock())[0].id == first
        assert stretches.next_(another, bot.clock())[0].id == first


def test_many_that_are_due_at_once_leave_everybody_her_hour_and_her_week(bot):
    """Whoever begins them all at the same moment: each learner's rows are as if one worker had written them."""
    for n in range(40):
        villager(bot, f"+60111000{n:03}")
    made = [broadcasts.approve(bot.store, "Puan Rosli", WORDS, Audience(), now=bot.clock()) for _ in range(7)]

    def spreads():
        idle = 0
        while idle < 3:
            idle = 0 if spread(bot) else idle + 1

    at_the_same_moment(*[spreads] * 4)

    kept = rows(bot, t.outbound_message)
    assert len(kept) == 7 * 40
    for her in learners(bot):
        due = sorted(row.due_at for row in kept if row.learner_id == her and row.status == "queued")
        assert len(due) == arbiter.MOST_PUSHES
        assert all(after - before >= arbiter.APART for before, after in pairwise(due))
    assert {broadcasts.progress(bot.store, each).rows for each in made} == {40}


@dataclass(frozen=True)
class Slow(Pushes):
    """Holds a batch open, until it is let go on."""

    begun: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def texts(self, say, locale, way):
        self.begun.set()
        assert self.go.wait(20)
        return super().texts(say, locale, way)


def test_who_cancels_waits_for_the_batch_that_is_being_written_and_stops_it_too(bot):
    made = announced(bot, 40)
    sender = Slow(bot.pushes.channels, bot.pushes.voice, bot.zone)

    with ThreadPoolExecutor(2) as pool:
        batch = pool.submit(spread, bot, sender)
        assert sender.begun.wait(20)
        stopped = pool.submit(broadcasts.cancel, bot.store, made, now=bot.clock())
        assert not stopped.done()
        sender.go.set()

    assert (batch.result(), stopped.result()) == (5, 5)
    assert {(row.status, row.error) for row in rows(bot, t.outbound_message)} == {("cancelled", stopping.WHY)}
    assert spread(bot) == 0
    assert rows(bot, t.broadcast_stretch) == []


def test_what_was_stopped_before_its_stretch_was_locked_is_left_alone(bot):
    """A worker that found it going out, and got its lock after it was cancelled, looks again."""
    made = announced(bot, 12)
    assert spread(bot) == 5
    broadcasts.cancel(bot.store, made, now=bot.clock())

    with bot.store.begin() as connection:
        assert stretches.next_(connection, bot.clock()) is None
    assert bot.store.look(select(t.broadcast.c.status))[0].status == "cancelled"
