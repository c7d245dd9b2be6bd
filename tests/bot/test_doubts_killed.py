"""Whoever looks for doubts or revokes many is killed with -9, again and again: nothing is lost, nothing is there twice."""

import secrets
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot import codes, revoking, wiring
from bot.doubts import looking
from bot.revoking import Which
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import count, made_settings, rows
from tests.doubted import JOMIN, ROSLI, completed, people
from tests.killing import killed_after, spawning
from workers import doubting

pytestmark = pytest.mark.journey

KILLS, WAITING = 5, 60


def busy_for_ever(url, var_dir, what, ready):
    """The process that is killed: it says that it begins, and does what a worker or a coordinator does."""
    bot = wiring.build(made_settings(url, Path(var_dir)))
    ready.send(True)
    while True:
        if what == "look":
            doubting.look(bot)
        else:
            for _ in revoking.revoke(bot.store, Which(attested_by=ROSLI), "why", (JOMIN,), count=1, clock=bot.clock):
                pass


def where(bot):
    """Where a process finds the same database."""
    return bot.settings.database_url, str(bot.settings.var_dir)


@pytest.fixture
def village(bot):
    """Sixty who finished in seconds and were vouched for, weeks ago; each holds another certificate too."""
    people(bot)
    for n in range(WAITING):
        completed(bot, f"+6011100{n:04}", apart=timedelta(seconds=5))
    return bot


@pytest.fixture
def processes():
    return spawning(__name__)


def test_a_killed_look_loses_and_doubles_no_doubt(village, processes):
    for n in range(KILLS):
        killed_after(processes, 0.08 * n, busy_for_ever, *where(village), "look")
    while looking.look(village.store, village.zone, now=wiring.utc_now()):
        pass

    kinds = Counter(row.kind for row in rows(village, t.doubt))
    assert kinds["speed"] == WAITING
    assert all(row.looked_at for row in rows(village, t.certificate))


def test_a_killed_revocation_goes_on_and_leaves_no_programme_standing(village, processes):
    whole_of = {row.learner_id: row for row in rows(village, t.certificate)}
    with village.store.begin() as connection:
        for her, part in whole_of.items():
            row = {"id": new_id(village.clock()), "learner_id": her, "course": "asas9", "version": "1", "minutes": 1}
            row |= {
                "code": codes.draw(secrets.randbelow),
                "title": "{}",
                "issued_at": village.clock(),
                "kind": "programme",
            }
            row["assessed"] = f'{{"courses": ["{part.course}"], "least": 1}}'
            connection.execute(insert(t.certificate).values(row))

    for n in range(KILLS):
        killed_after(processes, 0.03 * n, busy_for_ever, *where(village), "revoke")
        stands = {(row.learner_id, row.kind) for row in rows(village, t.certificate) if row.revoked_at is None}
        assert {her for her, kind in stands if kind == "course"} == {her for her, kind in stands if kind == "programme"}
    for _ in revoking.revoke(village.store, Which(attested_by=ROSLI), "why", (JOMIN,), count=1, clock=village.clock):
        pass

    assert all(row.revoked_at for row in rows(village, t.certificate))
    assert [row.did for row in rows(village, t.audit_event)].count("revoke") == 2 * WAITING
    assert count(village, t.doubt) == 0
