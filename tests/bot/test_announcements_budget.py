"""Announcements inside each learner's weekly budget: the database decides as the arbiter does, and says the same words."""

import json
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import insert, select, text

from bot import arbiter, broadcasts, policy
from bot.announcements import drafts, moves
from bot.announcements.drafts import Draft
from bot.announcements.planning import plan
from bot.audience import Audience
from bot.channels.base import RANK, Status
from bot.pushes import BULK
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import listener, rows, villager
from workers import outbox, reaching

ROSLI, SITI = "Puan Rosli", "Cik Siti"
WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}
SMS = "twilio_sms"
PEOPLE = 60
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def number(n):
    return f"+60111{n:06}"


def push(bot, her, due, **more):
    """The row of something that went to her, or is to go, then."""
    made = bot.clock() - DAY
    row = {
        "id": new_id(made),
        "learner_id": her,
        "address_id": her + 1,
        "channel": SMS,
        "purpose": "nudge",
        "lane": BULK,
    }
    row |= {
        "text": "-",
        "status": Status.SENT,
        "due_at": due,
        "created_at": made,
        "attempts": 1,
        "follows": None,
    } | more
    return {"rank": RANK[row["status"]]} | row


def write(bot, pushes):
    with bot.store.begin() as connection:
        connection.execute(insert(t.outbound_message), pushes)


def pushed(bot, her, *ago):
    write(bot, [push(bot, her, bot.clock() - each) for each in ago])


def announced(bot, words=WORDS):
    return broadcasts.approve(bot.store, ROSLI, words, Audience(), now=bot.clock())


def spread_all(bot, most=17):
    return sum(iter(lambda: broadcasts.spread(bot.store, bot.pushes, now=bot.clock(), most=most), 0))


def row_of(bot, made, her):
    out = t.outbound_message.c
    (found,) = bot.store.look(select(t.outbound_message).where(out.broadcast_id == made, out.learner_id == her))
    return found


def week_of(bot, chance, her, at):
    """Rows of hers of every kind, at every edge; and what of them counts, as Python reads it."""
    moment, pushes, counts = timedelta(microseconds=1), [], []
    edges = [arbiter.WEEK, arbiter.APART, timedelta(), -HOUR, 2 * HOUR, 3 * DAY, 6 * DAY, 20 * DAY]
    for _ in range(chance.choice([0, 3, 7, 10, 16])):
        due = at - chance.choice(edges) + chance.choice([-moment, timedelta(), moment, chance.random() * HOUR])
        status = chance.choice([*[Status.SENT, Status.QUEUED, Status.DELIVERED] * 2, Status.FAILED, Status.CANCELLED])
        rank = RANK[status]
        if status is Status.CANCELLED and chance.random() < 0.5:
            rank = RANK[Status.FAILED]  # it gave way to another try
        purpose = chance.choice([*["lesson", "nudge", "broadcast", "urgent"] * 2, "reply", "answer", "digest"])
        follows = chance.choice([None, None, None, 1])
        pushes.append(push(bot, her, due, status=status, rank=rank, purpose=purpose, follows=follows))
        gone = status is Status.FAILED or rank == RANK[Status.CANCELLED]
        if purpose not in ("reply", "answer", "digest") and follows is None and not gone:
            counts.append(arbiter.Pushed(purpose, due))
    return pushes, counts


@pytest.mark.parametrize(("seed", "hours"), [(1, 0), (2, 0), (3, 13)], ids=str)
def test_the_database_decides_as_the_arbiter_does(bot, clock, seed, hours):
    """By day, and at night, when what is written down leaves in the morning."""
    clock.turn(timedelta(hours=hours))
    at, chance = policy.next_opening(clock(), bot.zone, bot.calendar.off), Random(seed)
    weeks, pushes = {}, []
    for n in range(PEOPLE):
        her = villager(bot, number(n))
        hers, weeks[her] = week_of(bot, chance, her, at)
        pushes += hers
    write(bot, pushes)
    may = arbiter.Route(policy.Reach("tel", consented=True, opted_out=False, last_inbound_at=at))
    expected = {
        her: arbiter.decide("broadcast", arbiter.Her(week), may, now=at, zone=bot.zone) for her, week in weeks.items()
    }

    planned = plan(bot.store, bot.pushes, WORDS, Audience(), now=clock())
    made = announced(bot)
    spread_all(bot)

    refused = sum(isinstance(answer, policy.No) for answer in expected.values())
    assert Counter(type(answer) for answer in expected.values()).keys() == {policy.Yes, policy.Later, policy.No}
    assert (planned.recipients, planned.skipped[arbiter.FULL]) == (PEOPLE - refused, refused)
    for her, answer in expected.items():
        kept = row_of(bot, made, her)
        if isinstance(answer, policy.No):
            assert (kept.status, kept.error, kept.due_at) == ("cancelled", answer.why, clock())
        else:
            assert (kept.status, kept.error) == ("queued", None)
            assert kept.due_at == (answer.until if isinstance(answer, policy.Later) else at)


def test_who_had_five_this_week_gets_no_announcement_and_everybody_is_told_why(bot, clock):
    full, free = villager(bot, number(1)), villager(bot, number(2))
    pushed(bot, full, *(n * DAY for n in range(1, 6)))
    pushed(bot, free, *(n * DAY for n in range(1, 5)))

    planned = plan(bot.store, bot.pushes, WORDS, Audience(), now=clock())
    made = announced(bot)
    spread_all(bot)

    assert planned.recipients == 1
    assert planned.skipped == {"cap reached (5 this week)": 1}
    assert broadcasts.progress(bot.store, made).skipped == {"cap reached (5 this week)": 1}
    assert row_of(bot, made, free).status == "queued"


def test_two_announcements_reach_her_an_hour_apart_also_when_both_wait_for_the_morning(bot, clock):
    clock.turn(timedelta(hours=13))
    her = villager(bot, number(1))
    made = []
    for n in range(3):
        made.append(announced(bot, {language: f"{words} {n}" for language, words in WORDS.items()}))
        spread_all(bot)
        clock.turn(timedelta(minutes=1))

    due = [row_of(bot, each, her).due_at.astimezone(bot.zone) for each in made]

    assert [f"{each:%H:%M}" for each in due] == ["08:00", "09:00", "10:00"]
    clock.turn(due[0] - clock())
    assert outbox.deliver(bot, BULK, most=10) == 1
    clock.turn(HOUR)
    assert outbox.deliver(bot, BULK, most=10) == 1
    assert len(listener(bot, SMS).sent) == 2


def test_a_lesson_waits_an_hour_for_an_announcement_that_has_not_gone_out_yet(bot, clock):
    her = villager(bot, number(1))
    announced(bot)
    spread_all(bot)

    with bot.store.begin() as connection:
        found = reaching.way(bot, connection, reaching.locked(connection, her), "lesson", clock())

    assert found == clock() + HOUR


def test_an_emergency_is_not_held_back(bot, clock):
    her = villager(bot, number(1))
    pushed(bot, her, *(n * HOUR / 2 for n in range(1, 7)))
    made = drafts.write(bot.store, Draft(ROSLI, WORDS), now=clock())
    assert plan(bot.store, bot.pushes, WORDS, Audience(), now=clock(), urgent=True).recipients == 1

    moves.hurry(bot.store, made, ROSLI, "flood", size=1, now=clock())
    spread_all(bot)

    assert row_of(bot, made, her).status == "queued"
    assert outbox.deliver(bot, BULK, most=10) == 1


@pytest.fixture
def full(bot):
    """A learner whose week is full, and a draft for her that comes every week."""
    her = villager(bot, number(1))
    pushed(bot, her, *(n * DAY for n in range(1, 6)))
    return her, drafts.write(bot.store, Draft(ROSLI, WORDS, every_week=True), now=bot.clock())


def test_a_coordinator_goes_beyond_the_cap_with_a_reason_that_is_kept(bot, clock, full):
    her, made = full
    assert plan(bot.store, bot.pushes, WORDS, Audience(), now=clock(), beyond_cap=True).recipients == 1

    moves.approve(bot.store, made, SITI, size=1, now=clock(), second=True, beyond_cap="the clinic has moved")
    clock.turn(moves.UNDO)
    spread_all(bot)

    assert row_of(bot, made, her).status == "queued"
    (noted,) = [row for row in rows(bot, t.audit_event) if row.did == "announcement approved"]
    assert (noted.who, json.loads(noted.about)["beyond_cap"]) == (SITI, "the clinic has moved")
    copy = next(row for row in rows(bot, t.broadcast) if row.id != made)
    assert (copy.status, copy.beyond_cap) == ("waiting", None)


def test_beyond_the_cap_takes_the_right_to_approve_however_few_they_are(bot, clock, full):
    _, made = full

    with pytest.raises(moves.Refused, match="right to approve"):
        moves.approve(bot.store, made, ROSLI, size=1, now=clock(), beyond_cap="I should like to")

    assert drafts.look(bot.store, made).status == "draft"


def test_one_that_is_taken_back_is_inside_the_cap_again(bot, clock, full):
    her, made = full
    moves.approve(bot.store, made, SITI, size=1, now=clock(), second=True, beyond_cap="the clinic has moved")

    moves.take_back(bot.store, made, SITI, now=clock())
    moves.approve(bot.store, made, SITI, size=1, now=clock(), second=True)
    clock.turn(moves.UNDO)
    spread_all(bot)

    assert row_of(bot, made, her).error == arbiter.FULL


def test_her_week_is_read_from_the_index_of_what_is_pushed(bot):
    """The index has the very condition that is asked for: else every week would be read from the rows of all time."""
    out = t.outbound_message.c
    hers = select(out.due_at).where(t.PUSHED, out.learner_id == 1, out.due_at > bot.clock())
    asked = str(hers.compile(bot.store.engine, compile_kwargs={"literal_binds": True}))
    explained = "EXPLAIN QUERY PLAN " if bot.store.on_sqlite else "EXPLAIN "

    with bot.store.engine.begin() as connection:
        if not bot.store.on_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        told = " ".join(str(row) for row in connection.execute(text(explained + asked)))

    assert "ix_outbound_message_pushed" in told
