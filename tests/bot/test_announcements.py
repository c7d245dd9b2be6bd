"""From draft to done: who may let it go and when, how it is stopped, what comes back, and that nobody gets two."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from bot import broadcasts, coordinators, policy
from bot.announcements import drafts, moves, stopping
from bot.announcements.drafts import Draft
from bot.announcements.planning import plan
from bot.announcements.rehearsing import rehearse
from bot.announcements.texts import previews
from bot.audience import Audience
from bot.pushes import BULK
from bot.store import tables as t
from tests.bots import at_the_same_moment, listener, rows, villager
from tests.callers import make, twilio_sms, twilio_whatsapp
from workers import outbox
from workers.claiming import claim

ROSLI, SITI = "Puan Rosli", "Cik Siti"
WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}
SMS = "twilio_sms"


def number(n):
    return f"+60111000{n:03}"


@pytest.fixture
def village(bot):
    return [villager(bot, number(n), locale=("ms", "en")[n % 2]) for n in range(12)]


def written(bot, **more):
    return drafts.write(bot.store, Draft(ROSLI, WORDS, **more), now=bot.clock())


def approved(bot, size=12, **more):
    made = written(bot, **more)
    moves.approve(bot.store, made, ROSLI, size=size, now=bot.clock())
    return made


def spread_all(bot, most=5):
    return sum(iter(lambda: broadcasts.spread(bot.store, bot.pushes, now=bot.clock(), most=most), 0))


def send_all(bot):
    return outbox.deliver(bot, BULK, most=10_000)


def sent(bot):
    return [each for channel in bot.channels for each in listener(bot, channel).sent]


def status(bot, made):
    return drafts.look(bot.store, made).status


def did(bot):
    return [(event.who, event.did) for event in rows(bot, t.audit_event)]


# --- who lets it go, and when ---------------------------------------------------------------------------------------


def test_nobody_gets_a_draft(bot, village):
    written(bot)

    assert spread_all(bot) == 0


def test_for_five_minutes_it_can_be_taken_back(bot, clock, village):
    made = approved(bot)
    assert spread_all(bot) == 0

    moves.take_back(bot.store, made, ROSLI, now=clock())
    clock.turn(timedelta(minutes=6))

    assert spread_all(bot) == 0
    assert status(bot, made) == "draft"
    assert did(bot)[-3:] == [
        (ROSLI, "announcement drafted"),
        (ROSLI, "announcement approved"),
        (ROSLI, "announcement taken back"),
    ]


def test_after_five_minutes_it_goes_out_and_is_done_when_nothing_waits(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)

    spread_all(bot)
    assert status(bot, made) == "sending"
    with pytest.raises(moves.Refused, match="begun to go out"):
        moves.take_back(bot.store, made, ROSLI, now=clock())
    send_all(bot)
    spread_all(bot)

    assert len(sent(bot)) == 12
    assert status(bot, made) == "done"


def test_above_a_size_somebody_else_with_the_right_approves(bot, village):
    made = written(bot)
    with pytest.raises(moves.Refused, match="somebody else"):
        moves.approve(bot.store, made, ROSLI, size=moves.LARGE + 1, now=bot.clock())
    with pytest.raises(moves.Refused, match="somebody else"):
        moves.approve(bot.store, made, " puan  ROSLI", size=moves.LARGE + 1, now=bot.clock(), second=True)

    moves.approve(bot.store, made, SITI, size=moves.LARGE + 1, now=bot.clock(), second=True)

    kept = drafts.look(bot.store, made)
    assert (kept.status, kept.approved_by, kept.size) == ("waiting", SITI, moves.LARGE + 1)


def test_approving_again_changes_nothing(bot, clock, village):
    made = approved(bot)
    due = drafts.look(bot.store, made).due_at
    clock.turn(timedelta(minutes=1))

    assert moves.approve(bot.store, made, ROSLI, size=12, now=clock()) == due
    assert did(bot).count((ROSLI, "announcement approved")) == 1


def test_what_was_changed_while_somebody_looked_is_not_approved(bot, village):
    made = written(bot)

    def approves():
        try:
            moves.approve(bot.store, made, ROSLI, size=12, now=bot.clock())
        except moves.Refused:
            return "refused"
        return "approved"

    def changes():
        try:
            drafts.change(bot.store, made, Draft(ROSLI, {"ms": "Lain.", "en": "Other."}), now=bot.clock())
        except moves.Refused:
            return "refused"
        return "changed"

    became = at_the_same_moment(approves, changes)

    kept = drafts.look(bot.store, made)
    if became == ["approved", "refused"]:
        assert json.loads(kept.words) == WORDS
    else:
        assert "changed" in became
        assert json.loads(kept.words) != WORDS


def test_of_many_who_approve_and_cancel_at_once_each_is_told_what_happened(bot, village):
    made = written(bot)

    def approves():
        return moves.approve(bot.store, made, ROSLI, size=12, now=bot.clock())

    def cancels():
        return moves.cancel(bot.store, made, SITI, now=bot.clock())

    def tried(move):
        try:
            return bool(move())
        except moves.Refused:
            return "refused"

    became = at_the_same_moment(*[lambda: tried(approves), lambda: tried(cancels)] * 3)

    assert status(bot, made) == "cancelled"
    assert became[1::2].count(True) == 1


@pytest.mark.parametrize("late", [timedelta(days=2), timedelta(hours=1)])
def test_one_that_is_scheduled_waits_for_its_time(bot, clock, village, late):
    made = approved(bot, at=clock() + late)
    clock.turn(late - timedelta(minutes=1))
    assert spread_all(bot) == 0

    clock.turn(timedelta(minutes=1))
    spread_all(bot)

    assert len(rows(bot, t.outbound_message)) == 12
    assert status(bot, made) == "sending"


def test_a_schedule_that_has_passed_is_refused_in_words(bot, clock, village):
    made = written(bot, at=clock() + timedelta(hours=1))
    clock.turn(timedelta(hours=2))

    with pytest.raises(moves.Refused, match="has passed"):
        moves.approve(bot.store, made, ROSLI, size=12, now=clock())


def test_one_that_comes_every_week_comes_every_week_at_the_same_hour_and_can_be_ended(bot, clock, village):
    approved(bot, at=clock() + timedelta(hours=1), every_week=True)

    for week in range(3):
        clock.turn(timedelta(days=7) if week else timedelta(hours=1))
        spread_all(bot)
        send_all(bot)

    of_it = bot.store.look(select(t.broadcast).order_by(t.broadcast.c.id))
    assert Counter(row.status for row in of_it) == {"sending": 1, "done": 2, "waiting": 1}
    assert len({row.due_at.astimezone(bot.zone).time() for row in of_it}) == 1
    assert len(sent(bot)) == 36

    moves.cancel(bot.store, of_it[-1].id, ROSLI, now=clock())
    clock.turn(timedelta(days=7))

    assert spread_all(bot) == 0


def test_weeks_in_which_everything_was_down_are_not_made_up_for(bot, clock, village):
    approved(bot, at=clock() + timedelta(hours=1), every_week=True)

    clock.turn(timedelta(days=29, hours=1))
    spread_all(bot)

    waiting = bot.store.look(select(t.broadcast.c.due_at).where(t.broadcast.c.status == "waiting"))
    assert [row.due_at > clock() for row in waiting] == [True]
    assert len(rows(bot, t.outbound_message)) == 12


# --- an emergency ---------------------------------------------------------------------------------------------------


def test_an_emergency_goes_at_night_at_once_before_everything_that_waits_but_not_to_who_has_stopped(bot, clock):
    kinds = {1: {"opted_out_at": clock()}, 2: {"consented_at": None}, 3: {"locale": "en"}}
    for n in range(6):
        villager(bot, number(n), **kinds.get(n, {}))
    broadcasts.approve(bot.store, ROSLI, {"ms": "Biasa.", "en": "Usual."}, Audience(), now=clock())
    spread_all(bot)
    clock.turn(timedelta(hours=13))
    made = written(bot)

    moves.hurry(bot.store, made, ROSLI, "banjir di Ranau", size=4, now=clock())
    spread_all(bot)
    send_all(bot)

    assert policy.next_opening(clock(), bot.zone) > clock()  # it is night
    assert sorted(each.to for each in sent(bot)) == [number(n) for n in (0, 3, 4, 5)]
    assert {each.text for each in sent(bot)} == {f"RM0.00 TITIAN: {words}" for words in WORDS.values()}
    assert "banjir di Ranau" in rows(bot, t.audit_event)[-1].about


def test_an_emergency_is_claimed_before_what_was_due_long_ago(bot, clock, village):
    broadcasts.approve(bot.store, ROSLI, {"ms": "Biasa.", "en": "Usual."}, Audience(), now=clock())
    spread_all(bot)
    clock.turn(timedelta(hours=2))
    moves.hurry(bot.store, written(bot), ROSLI, "banjir", size=12, now=clock())
    spread_all(bot)

    first = claim(bot.store, BULK, SMS, now=clock(), most=12)

    assert {row.purpose for row in first} == {"urgent"}


def test_an_emergency_needs_a_reason(bot, village):
    with pytest.raises(moves.Refused):
        moves.hurry(bot.store, written(bot), ROSLI, " ", size=12, now=bot.clock())


# --- stopped in the middle ------------------------------------------------------------------------------------------


def test_a_paused_one_keeps_still_and_goes_on_where_it_was(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)
    broadcasts.spread(bot.store, bot.pushes, now=clock(), most=5)
    outbox.deliver(bot, BULK, most=1)
    already = len(sent(bot))

    assert moves.pause(bot.store, made, ROSLI, now=clock())
    assert not moves.pause(bot.store, made, ROSLI, now=clock())
    stopping.settle(bot.store, made, now=clock())
    assert (spread_all(bot), send_all(bot), len(sent(bot))) == (0, 0, already)
    moves.resume(bot.store, made, ROSLI, now=clock())
    spread_all(bot)
    send_all(bot)
    spread_all(bot)

    assert sorted(each.to for each in sent(bot)) == [number(n) for n in range(12)]
    assert status(bot, made) == "done"


def test_one_that_is_resumed_by_a_command_that_dies_goes_on_all_the_same(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)
    spread_all(bot)
    moves.pause(bot.store, made, ROSLI, now=clock())
    stopping.settle(bot.store, made, now=clock())

    moves.resume(bot.store, made, ROSLI, now=clock())  # and there it dies
    spread_all(bot)
    send_all(bot)

    assert len(sent(bot)) == 12


def test_a_cancel_that_dies_is_finished_by_the_workers(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)
    spread_all(bot)

    moves.cancel(bot.store, made, ROSLI, now=clock())  # and there it dies
    assert spread_all(bot) == 12

    told = broadcasts.progress(bot.store, made)
    assert told.by_status == {"cancelled": 12}
    assert told.skipped == {stopping.WHY: 12}
    assert drafts.look(bot.store, made).finished_at == clock()


@pytest.mark.parametrize("move", [moves.cancel, moves.pause])
def test_what_a_worker_has_claimed_when_it_is_stopped_is_not_sent(bot, clock, village, move):
    made = approved(bot)
    clock.turn(moves.UNDO)
    spread_all(bot)
    held = claim(bot.store, BULK, SMS, now=clock(), most=4)
    other = held[0]

    move(bot.store, made, ROSLI, now=clock())
    left = stopping.let_go(bot.store, _with_announcement(bot, held), now=clock())
    stopping.settle(bot.store, made, now=clock())

    assert left == []
    assert send_all(bot) == 0
    kept = bot.store.look(select(t.outbound_message).where(t.outbound_message.c.id == other.id))[0]
    assert (kept.status, kept.lane) == (("cancelled", BULK) if move is moves.cancel else ("queued", stopping.HELD))
    if move is moves.pause:
        moves.resume(bot.store, made, ROSLI, now=clock())
        spread_all(bot)
        assert send_all(bot) == 12


def _with_announcement(bot, claimed):
    query = select(t.outbound_message).where(t.outbound_message.c.id.in_([row.id for row in claimed]))
    return bot.store.look(query)


def test_stopping_takes_bounded_batches(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)
    spread_all(bot)
    moves.cancel(bot.store, made, ROSLI, now=clock())

    batches = list(iter(lambda: stopping.settle_some(bot.store, made, now=clock(), most=5), 0))

    assert batches == [5, 5, 2]


def test_what_is_done_cannot_be_stopped(bot, clock, village):
    made = approved(bot)
    clock.turn(moves.UNDO)
    spread_all(bot)
    send_all(bot)
    spread_all(bot)

    for move in (moves.cancel, moves.pause, moves.resume, moves.take_back):
        with pytest.raises(moves.Refused, match="all of it has gone out"):
            move(bot.store, made, ROSLI, now=clock())


# --- groups ---------------------------------------------------------------------------------------------------------


def test_it_is_for_a_described_group(bot, clock):
    for n in range(9):
        villager(bot, number(n), district=("Ranau", "Kudat", "Pitas")[n % 3])
    made = approved(bot, audience=Audience(segment="daerah Ranau atau Pitas"))
    planned = plan(bot.store, bot.pushes, WORDS, Audience(segment="daerah Ranau atau Pitas"), now=clock())
    clock.turn(moves.UNDO)

    spread_all(bot)
    send_all(bot)

    assert planned.recipients == 6
    assert sorted(each.to for each in sent(bot)) == [number(n) for n in range(9) if n % 3 != 1]
    assert broadcasts.progress(bot.store, made).by_status == {"sent": 6}


def test_one_whose_saved_group_is_gone_pauses_and_says_so(bot, clock, village):
    made = approved(bot, audience=Audience(segment='segment "pagi"'))
    clock.turn(moves.UNDO)

    assert spread_all(bot) == 0

    assert status(bot, made) == "paused"
    assert "pagi" in rows(bot, t.audit_event)[-1].about


# --- what comes back ------------------------------------------------------------------------------------------------


@pytest.fixture
def announced(bot, client, clock):
    """Somebody who has written before got an announcement."""
    for place, text in enumerate(["hai", "1", "1"]):
        make(client, twilio_sms(number(0), text, f"first-{place}"))
    made = broadcasts.approve(bot.store, ROSLI, WORDS, Audience(), now=clock())
    spread_all(bot)
    send_all(bot)
    return made


@pytest.mark.parametrize(
    ("words", "kind"),
    [("HADIR", "yes"), ("coming", "yes"), ("TIDAK HADIR", "no"), ("not coming", "no")],
)
def test_who_comes_is_kept_with_the_announcement(bot, client, clock, announced, words, kind):
    clock.turn(timedelta(days=6))

    answer = make(client, twilio_sms(number(0), words, "rsvp"))

    assert broadcasts.progress(bot.store, announced).replies == {kind: 1}
    assert rows(bot, t.request) == []
    assert "penyelaras" in answer.text.casefold() or "coordinator" in answer.text


def test_her_last_word_counts(bot, client, announced):
    for place, words in enumerate(("HADIR", "TIDAK HADIR", "TIDAK HADIR")):
        make(client, twilio_sms(number(0), words, f"rsvp-{place}"))

    assert broadcasts.progress(bot.store, announced).replies == {"no": 1}


def test_a_week_later_it_answers_nothing_and_goes_to_the_coordinator(bot, client, clock, announced):
    clock.turn(timedelta(days=7, minutes=1))

    make(client, twilio_sms(number(0), "HADIR", "rsvp"))

    assert broadcasts.progress(bot.store, announced).replies == {}
    assert [row.about for row in rows(bot, t.request)] == ["coming"]


def test_free_words_within_a_day_reach_the_coordinator(bot, client, clock, announced):
    clock.turn(timedelta(hours=3))

    answer = make(client, twilio_sms(number(0), "Boleh bawa anak saya?", "free"))

    assert "Penyelaras anda akan membaca mesej ini juga." in answer.text
    (asked,) = rows(bot, t.request)
    assert asked.about == "announcement"
    assert [row.words for row in rows(bot, t.broadcast_reply)] == ["Boleh bawa anak saya?"]
    assert broadcasts.progress(bot.store, announced).replies == {"free": 1}


@pytest.mark.parametrize(("words", "hours"), [("Boleh bawa anak saya?", 25), ("7", 1), ("MENU", 1)])
def test_what_is_no_answer_to_it_stays_where_it_was(bot, client, clock, announced, words, hours):
    clock.turn(timedelta(hours=hours))

    make(client, twilio_sms(number(0), words, "free"))

    assert ([row for row in rows(bot, t.request) if row.about != "unread"], rows(bot, t.broadcast_reply)) == ([], [])


def test_without_an_announcement_nothing_is_promised(bot, client):
    """A sentence is in the inbox all the same: see test_inbox.py."""
    for place, text in enumerate(["hai", "1", "1", "Boleh bawa anak saya?"]):
        answer = make(client, twilio_sms(number(0), text, f"first-{place}"))

    assert "penyelaras" not in answer.text.casefold()
    assert [row.about for row in rows(bot, t.request)] == ["unread"]


def test_who_stops_within_a_day_of_it_is_counted(bot, client, clock, village):
    made = broadcasts.approve(bot.store, ROSLI, WORDS, Audience(), now=clock())
    spread_all(bot)
    send_all(bot)

    clock.turn(timedelta(hours=2))
    make(client, twilio_sms(number(1), "STOP", "stop-1"))
    assert broadcasts.progress(bot.store, made).opted_out == 1
    clock.turn(timedelta(hours=23))
    make(client, twilio_sms(number(2), "STOP", "stop-2"))

    assert broadcasts.progress(bot.store, made).opted_out == 1


# --- before it goes -------------------------------------------------------------------------------------------------


def test_a_preview_shows_each_text_once_with_its_tag_and_size(bot):
    shown = {(each.channel, each.locale): each for each in previews(bot.pushes, WORDS)}

    assert shown["sms", "ms"].text == f"RM0.00 TITIAN: {WORDS['ms']}"
    assert shown["sms", "ms"].segments == 1
    assert (shown["whatsapp", "en"].text, shown["whatsapp", "en"].segments) == (WORDS["en"], 0)


def test_it_is_rehearsed_on_the_authors_own_phone_at_any_hour(bot, client, clock):
    made = written(bot)
    ours = drafts.look(bot.store, made)
    with pytest.raises(moves.Refused, match="write HAI"):
        rehearse(bot.store, bot.pushes, ours, number(9), ROSLI, now=clock())
    make(client, twilio_sms(number(9), "hai", "author"))
    clock.turn(timedelta(hours=14))
    make(client, twilio_whatsapp(number(9), "hai", "author-wa"))
    before = len(sent(bot))

    rehearse(bot.store, bot.pushes, ours, number(9), ROSLI, now=clock())
    outbox.deliver(bot, 0, most=100)

    assert sorted(each.text for each in sent(bot)[before:]) == sorted(
        [*WORDS.values(), *(f"RM0.00 TITIAN: {words}" for words in WORDS.values())]
    )
    assert {each.to for each in sent(bot)[before:]} == {number(9)}
    assert drafts.look(bot.store, made).rehearsed_at == clock()


def test_the_plan_says_what_a_route_costs_and_who_has_no_address(bot, clock, village):
    with bot.store.begin() as connection:
        alone = {"id": 1, "locale": "ms", "consented_at": clock(), "created_at": clock()}
        connection.execute(insert(t.learner).values(alone))
        connection.execute(
            update(t.address).where(t.address.c.identifier == number(3)).values(identifier="+447700900123")
        )

    planned = plan(bot.store, bot.pushes, WORDS, Audience(), now=clock())

    assert planned.recipients == 12
    assert planned.skipped == {"no address": 1}
    assert planned.unpriced == 12


# --- coordinators ---------------------------------------------------------------------------------------------------


def test_coordinators_are_entered_changed_and_leave(bot):
    entered = {"number": number(1), "district": None, "locale": "ms", "now": bot.clock()}
    coordinators.add(bot.store, SITI, "office", rights=["announce"], **entered)
    coordinators.add(bot.store, SITI, "office", rights=["approve", "announce"], **entered)
    with pytest.raises(coordinators.Refused, match="that number"):
        coordinators.add(bot.store, ROSLI, "office", rights=[], **entered)
    with pytest.raises(coordinators.Refused, match="no right"):
        coordinators.add(bot.store, ROSLI, "office", rights=["fly"], **entered | {"number": None})

    found = coordinators.at(bot.store, number(1))
    assert (found.name, found.rights) == (SITI, "announce approve")
    assert coordinators.may(coordinators.named(bot.store, "cik  SITI"), "approve")

    assert coordinators.remove(bot.store, SITI, "office", now=bot.clock())
    assert coordinators.at(bot.store, number(1)) is None
    assert not coordinators.remove(bot.store, SITI, "office", now=bot.clock())
