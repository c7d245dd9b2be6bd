"""What only a person can read: what gets into the inbox, who sees it, and that an answer goes once, or says why not."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from bot import coordinators, inbox
from bot.cli import inbox as command
from bot.pushes import BULK, REPLIES
from bot.store import tables as t
from tests.bots import at_the_same_moment, listener, rows, villager
from tests.callers import make, twilio_sms
from workers import outbox

HER, SITI = "+60111000001", "Cik Siti"
WORDS = "Anak saya sakit, boleh saya sambung minggu depan? 011-1000 0001"


@pytest.fixture
def writes(client):
    """She writes; returns what she is answered."""
    count = iter(range(1000))

    def writes(text, number=HER):
        return make(client, twilio_sms(number, text, f"in-{next(count)}")).text

    return writes


@pytest.fixture
def her(bot, writes):
    """A learner in the middle of a lesson, in Ranau."""
    for text in ("hai", "1", "1"):
        writes(text)
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).values(district="Ranau"))
    return rows(bot, t.learner)[0].id


def entry(bot, district=None):
    (found,) = inbox.waiting(bot.store, district, now=bot.clock())
    return found


def answers(bot, words="Boleh. Semoga cepat sembuh.", at=None, **more):
    at = at or entry(bot).id
    return inbox.answer(bot.store, bot.pushes, at, words, **{"district": None, "who": SITI, "now": bot.clock()} | more)


def sent(bot):
    outbox.deliver(bot, REPLIES, most=100)
    return [(each.to, each.text) for each in listener(bot, "twilio_sms").sent]


# --- what gets in -----------------------------------------------------------------------------------------------------


def test_a_sentence_that_nothing_understood_gets_in_without_its_numbers(bot, writes, her):
    answered = writes(WORDS)

    found = entry(bot)
    assert [each.words for each in found.messages] == ["Anak saya sakit, boleh saya sambung minggu depan? ..."]
    assert (found.learner_id, found.district, found.locale) == (her, "Ranau", "ms")
    assert "penyelaras" not in answered  # nothing is promised


@pytest.mark.parametrize("words", ["7", "abcd", "entah lah", "MENU", "1 2 3 4"])
def test_slips_and_words_that_mean_something_do_not(bot, writes, her, words):
    writes(words)

    assert inbox.waiting(bot.store, None, now=bot.clock()) == []


def test_what_she_wrote_is_together_and_she_is_counted_once(bot, writes, clock, her):
    writes(WORDS)
    clock.turn(timedelta(hours=1))
    writes("tolong jawab saya ya")

    assert [each.about for each in entry(bot).messages] == ["unread", "unread"]
    assert inbox.count(bot.store, None, now=bot.clock()) == 1


def test_what_nobody_understood_is_shown_for_two_weeks_and_what_answers_somebody_until_it_is_done(
    bot, writes, clock, her
):
    writes(WORDS)
    writes("ADUAN")
    clock.turn(timedelta(days=13, hours=23))
    assert [each.about for each in entry(bot).messages] == ["unread", "problem"]

    clock.turn(timedelta(hours=2))

    assert [each.about for each in entry(bot).messages] == ["problem"]
    assert inbox.count(bot.store, None, now=bot.clock()) == 1


def test_it_is_seen_in_her_district_and_by_who_has_all(bot, writes, her):
    writes(WORDS)

    assert [inbox.count(bot.store, district, now=bot.clock()) for district in (None, "Ranau", "Kudat")] == [1, 1, 0]
    assert inbox.waiting(bot.store, "Kudat", now=bot.clock()) == []
    assert not inbox.done(bot.store, entry(bot).id, "Kudat", SITI, now=bot.clock())


def test_who_named_no_district_is_everybodys(bot, writes, her):
    writes(WORDS)
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).values(district=None))

    assert [inbox.count(bot.store, district, now=bot.clock()) for district in (None, "Ranau", "Kudat")] == [1, 1, 1]


def test_calls_and_rights_over_data_are_not_in_it(bot, her):
    with bot.store.begin() as connection:
        for place, about in enumerate(("call", "data_access", "problem")):
            row = {"id": place + 1, "learner_id": her, "about": about, "inbound_id": 0}
            connection.execute(insert(t.request).values(row | {"opened_at": bot.clock(), "due_at": bot.clock()}))

    assert [each.about for each in entry(bot).messages] == ["problem"]


# --- answered ---------------------------------------------------------------------------------------------------------


def test_an_answer_goes_to_her_as_one_sms_and_is_in_the_audit(bot, writes, her):
    writes(WORDS)

    answers(bot)

    assert sent(bot) == [(HER, "RM0.00 TITIAN: Boleh. Semoga cepat sembuh.")]
    assert inbox.waiting(bot.store, None, now=bot.clock()) == []
    assert [row.who for row in rows(bot, t.audit_event) if row.did == "inbox answered"] == [SITI]


def test_at_night_it_waits_for_the_morning(bot, writes, clock, her):
    clock.turn(timedelta(hours=13))
    writes(WORDS)

    due = answers(bot)

    assert due.astimezone(bot.zone).strftime("%H:%M") == "08:00"
    assert sent(bot) == []
    clock.turn(timedelta(hours=10))
    assert len(sent(bot)) == 1


def test_what_she_writes_meanwhile_does_not_take_it_back_but_stop_does(bot, writes, clock, her):
    clock.turn(timedelta(hours=13))
    writes(WORDS)
    answers(bot)
    writes("MENU")
    assert [row.status for row in rows(bot, t.outbound_message) if row.purpose == "answer"] == ["queued"]

    writes("STOP")
    clock.turn(timedelta(hours=10))

    assert sent(bot) == []
    assert [row.error for row in rows(bot, t.outbound_message) if row.purpose == "answer"] == ["opted out"]


def test_who_has_stopped_gets_none_and_it_stays_open(bot, writes, her):
    writes(WORDS)
    writes("STOP")

    with pytest.raises(inbox.Refused) as refused:
        answers(bot)

    assert "It cannot go to her" in refused.value.says.msgid
    assert inbox.count(bot.store, None, now=bot.clock()) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [("", "empty"), ("a" * 200, "too long"), ("Lihat www.titian.my", "link"), ("Ok 你好", "cannot carry")],
)
def test_what_no_sms_may_hold_is_refused_in_words_and_nothing_is_closed(bot, writes, her, words, why):
    writes(WORDS)

    with pytest.raises(inbox.Unfit, match=why):
        answers(bot, words)

    assert inbox.count(bot.store, None, now=bot.clock()) == 1
    assert [row for row in rows(bot, t.outbound_message) if row.purpose == "answer"] == []


def test_of_two_coordinators_at_once_one_answers(bot, writes, her):
    writes(WORDS)
    at = entry(bot).id

    def tries():
        try:
            answers(bot, at=at)
        except inbox.Refused:
            return False
        return True

    assert sorted(at_the_same_moment(*[tries] * 4)) == [False, False, False, True]
    assert len(sent(bot)) == 1


def test_what_comes_while_somebody_reads_stays(bot, writes, clock, her):
    writes(WORDS)
    seen = entry(bot).id
    clock.turn(timedelta(minutes=1))
    writes("dan satu lagi perkara")

    assert inbox.done(bot.store, seen, None, SITI, now=bot.clock())

    assert [each.words for each in entry(bot).messages] == ["dan satu lagi perkara"]
    assert not inbox.done(bot.store, seen, None, SITI, now=bot.clock())


def test_another_who_has_the_phone_now_does_not_get_her_answer(bot, writes, her):
    writes(WORDS)
    at = entry(bot).id
    other = villager(bot, "+60111000777")
    with bot.store.begin() as connection:
        connection.execute(update(t.address).where(t.address.c.identifier == HER).values(learner_id=other))

    with pytest.raises(inbox.Refused):
        answers(bot, at=at)


def test_an_answer_takes_no_room_in_her_week(bot, writes, her):
    from bot.store.tables.messages import ANSWERS

    writes(WORDS)
    answers(bot)

    assert {row.purpose for row in rows(bot, t.outbound_message)} <= set(ANSWERS)
    assert outbox.deliver(bot, BULK, most=10) == 0


# --- on a terminal -----------------------------------------------------------------------------------------------------


@pytest.fixture
def titian(bot, monkeypatch):
    monkeypatch.setattr(command, "wired", lambda: bot)
    return lambda *words: CliRunner().invoke(command.inbox, words)


def test_on_a_terminal_it_is_read_answered_and_done(bot, titian, writes, her):
    assert titian().output == "Nobody waits.\n"
    writes(WORDS)
    at = str(entry(bot).id)

    shown = titian().output
    assert at in shown
    assert HER not in shown
    assert "0001" in shown
    assert HER not in titian("--json").output
    assert "too long" in titian("answer", at, "a" * 200, "--by", SITI).output
    assert titian("answer", at, "Boleh.", "--by", SITI).output.startswith("It goes out 24/11/2026")
    assert titian("done", at, "--by", SITI).exit_code == 1
    assert titian("answer", at, "Boleh.", "--by", SITI).exit_code == 1


def test_on_a_terminal_a_coordinator_sees_her_district(bot, titian, writes, her):
    writes(WORDS)
    told = {"rights": ["ring"], "number": None, "district": "Kudat", "locale": "ms", "now": bot.clock()}
    coordinators.add(bot.store, SITI, "office", **told)

    assert titian("--by", SITI).output == "Nobody waits.\n"
    assert titian("--by", "nobody").exit_code == 1
