"""Whoever spreads announcements is killed with -9, again and again: every learner has her row all the same, and nobody has two."""

import random
from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import pytest
from sqlalchemy import exists, select

from bot import arbiter, broadcasts, wiring
from bot.announcements import drafts, moves
from bot.announcements.drafts import Draft
from bot.announcements.spreading import END
from bot.store import tables as t
from tests.bots import made_settings, villager
from tests.killing import killed_after, spawning

pytestmark = pytest.mark.journey

KILLS = 25  # on each database
AT_ONCE = {"sqlite": 1, "postgresql": 2}  # processes that spread, and are killed together
VILLAGE = 120
AT_A_TIME = 7  # learners, so that a village is many transactions
WORDS = {"ms": "Kelas {n}.", "en": "Class {n}."}
LONGEST = 0.25  # seconds of work before a kill


def spread_for_ever(url, var_dir, ready):
    """The process that is killed: it says that it begins, and spreads."""
    bot = wiring.build(made_settings(url, Path(var_dir), holidays=""))
    ready.send(True)
    while True:
        broadcasts.spread(bot.store, bot.pushes, now=bot.clock(), most=AT_A_TIME)


@pytest.fixture
def real(migrated_url, tmp_path):
    """A bot by the real clock, as the process that is killed has it."""
    made = wiring.build(made_settings(migrated_url, tmp_path, holidays=""))
    yield made
    made.store.engine.dispose()


def announce(bot, n):
    """One that comes every week and is due now."""
    words = {language: text.format(n=n) for language, text in WORDS.items()}
    now = bot.clock()
    made = drafts.write(bot.store, Draft("Puan Rosli", words, every_week=True), now=now - timedelta(hours=1))
    moves.approve(bot.store, made, "Puan Rosli", size=VILLAGE, now=now - timedelta(minutes=59))
    return made


def cursors(bot, made):
    return bot.store.look(select(t.broadcast.c.status, t.broadcast.c.after).where(t.broadcast.c.id.in_(made)))


def half_spread(bot):
    """Whether some stretch has been begun and is not at its end."""
    cut = t.broadcast_stretch.c
    out = t.outbound_message.c
    begun = exists().where(out.broadcast_id == cut.broadcast_id, out.learner_id <= cut.after)
    return bool(bot.store.look(select(cut.place).where(cut.after < cut.last, begun).limit(1)))


def test_fifty_kills_lose_nobody_and_double_nobody(real, migrated_url, tmp_path, capsys):
    for n in range(VILLAGE):
        villager(real, f"+60111000{n:03}", **({"opted_out_at": real.clock()} if n % 10 == 3 else {}))
    processes, chance = spawning(__name__), random.Random()
    made, in_the_middle = [], 0
    at_once = AT_ONCE[real.store.engine.dialect.name]
    weeks = -(-KILLS // at_once)

    for n in range(weeks):
        made.append(announce(real, n))
        seconds, where = chance.uniform(0, LONGEST), (migrated_url, str(tmp_path))
        killed_after(processes, seconds, spread_for_ever, *where, many=at_once)
        in_the_middle += half_spread(real)
    for _ in range(weeks * VILLAGE):
        broadcasts.spread(real.store, real.pushes, now=real.clock(), most=AT_A_TIME)
        if all(row.after == END for row in cursors(real, made)):
            break

    out = t.outbound_message.c
    kept = real.store.look(select(out.broadcast_id, out.learner_id, out.status, out.error, out.due_at))
    with capsys.disabled():
        print(f"\n  {weeks * at_once} kills, {in_the_middle} with an announcement half spread, {len(kept)} rows")
    of = Counter(row.broadcast_id for row in kept)
    assert {announcement: of[announcement] for announcement in made} == dict.fromkeys(made, VILLAGE)
    assert len({(row.broadcast_id, row.learner_id) for row in kept}) == len(kept) == weeks * VILLAGE
    agreed = VILLAGE * 9 // 10
    assert Counter((row.status, row.error) for row in kept) == {
        ("queued", None): arbiter.MOST_PUSHES * agreed,  # no more a week, whoever was killed when
        ("cancelled", arbiter.FULL): (weeks - arbiter.MOST_PUSHES) * agreed,
        ("cancelled", "opted out"): weeks * (VILLAGE - agreed),
    }
    for _, hers in groupby(sorted((row.learner_id, row.due_at) for row in kept if not row.error), itemgetter(0)):
        due = [at for _, at in hers]
        assert all(later - earlier >= arbiter.APART for earlier, later in pairwise(due))
    assert {row.status for row in cursors(real, made)} <= {"sending", "done"}
    copies = real.store.look(select(t.broadcast.c.id).where(t.broadcast.c.status == "waiting"))
    assert len(copies) == weeks  # one each for next week
