"""Announcements: the plan is what happens, nobody gets two, and what died in the middle goes on where it was."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot import arbiter, broadcasts, gsm
from bot.audience import Audience
from bot.pushes import BULK, Pushes
from bot.store import tables as t
from tests.bots import COURSE, at_the_same_moment, count, listener, rows, villager
from tests.callers import make, twilio_sms, twilio_whatsapp
from workers import outbox

WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}
EVERYBODY = Audience()
SMS = "twilio_sms"
CHUNK = 10  # so that a village is several transactions


def village(bot, size=40):
    """Learners of every kind: both languages, three districts, some stopped, not agreed, never reachable, on WhatsApp."""
    for n in range(size):
        villager(
            bot,
            f"+60111000{n:03}",
            "twilio_whatsapp" if n % 10 == 7 else SMS,
            locale=("ms", "en")[n % 2],
            district=("ranau", "kudat", "pitas")[n % 3],
            enrolled=n % 4 != 0,
            **({"opted_out_at": bot.clock()} if n % 10 == 3 else {}),
            **({"consented_at": None} if n % 10 == 5 else {}),
            **({"last_channel": None} if n % 20 == 9 else {}),
        )


def spread_all(bot, sender=None):
    return sum(iter(lambda: broadcasts.spread(bot.store, sender or bot.pushes, now=bot.clock(), most=CHUNK), 0))


def send_all(bot):
    return outbox.deliver(bot, BULK, most=10_000)


def everything_sent(bot):
    return [each for channel in bot.channels for each in listener(bot, channel).sent]


@pytest.mark.parametrize(
    "audience",
    [
        EVERYBODY,
        Audience(course=COURSE),
        Audience(district="kudat"),
        Audience(COURSE, "pitas"),
        Audience(district="mars"),
    ],
    ids=str,
)
def test_the_plan_is_what_happens(bot, audience):
    village(bot)
    planned = broadcasts.plan(bot.store, bot.pushes, WORDS, audience, now=bot.clock())

    sent_as = broadcasts.approve(bot.store, "Puan Rosli", WORDS, audience, now=bot.clock())
    spread_all(bot)
    send_all(bot)

    sent = everything_sent(bot)
    kept = rows(bot, t.outbound_message)
    told = broadcasts.progress(bot.store, sent_as)
    assert planned.recipients == len(sent) == told.by_status.get("sent", 0)
    assert planned.segments == sum(gsm.segments(each.text) for each in sent)
    assert planned.skipped == Counter(row.error for row in kept if row.status == "cancelled") == Counter(told.skipped)
    assert planned.by_locale == Counter("ms" if "dewan" in each.text else "en" for each in sent)
    assert told.status == "done"
    assert told.rows == len(kept) == planned.recipients + sum(planned.skipped.values())


def test_a_plan_writes_nothing(bot):
    village(bot, 12)

    broadcasts.plan(bot.store, bot.pushes, WORDS, EVERYBODY, now=bot.clock())

    assert [count(bot, table) for table in (t.outbound_message, t.broadcast, t.audit_event)] == [0, 0, 0]


def test_each_reads_it_in_her_own_language(bot):
    villager(bot, "+60111000001", locale="ms")
    villager(bot, "+60111000002", locale="en")

    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())
    spread_all(bot)
    send_all(bot)

    read = {each.to: each.text for each in everything_sent(bot)}
    assert read["+60111000001"].endswith(WORDS["ms"])
    assert read["+60111000002"].endswith(WORDS["en"])
    assert all(text.startswith("RM0.00 TITIAN: ") for text in read.values())


@dataclass(frozen=True)
class Crashing(Pushes):
    """Dies while writing the row of the n-th learner, over and over until it is mended."""

    crashes_at: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def texts(self, say, locale, way):
        self.asked.append(1)
        if self.crashes_at and len(self.asked) == self.crashes_at[0]:
            self.crashes_at.pop(0)
            raise MemoryError("killed here")
        return super().texts(say, locale, way)


@pytest.mark.parametrize("crashes", [[1], [5], [10], [11], [3, 9, 15, 22, 30]], ids=str)
def test_it_goes_on_where_it_died_and_nobody_gets_two(bot, crashes):
    for n in range(35):
        villager(bot, f"+60111000{n:03}")
    sender = Crashing(bot.pushes.channels, bot.pushes.voice, bot.zone, crashes_at=crashes)
    made = broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())

    for _ in range(len(crashes)):
        with pytest.raises(MemoryError):
            spread_all(bot, sender)
        written = [row.learner_id for row in rows(bot, t.outbound_message)]
        for cut in rows(bot, t.broadcast_stretch):  # no half chunk
            assert all(learner <= cut.after for learner in written if learner <= cut.last)
        send_all(bot)
    spread_all(bot, sender)
    send_all(bot)

    to = [each.to for each in everything_sent(bot)]
    assert len(to) == len(set(to)) == 35
    assert broadcasts.progress(bot.store, made).by_status == {"sent": 35}


def test_workers_that_spread_at_once_give_nobody_two(bot):
    for n in range(60):
        villager(bot, f"+60111000{n:03}")
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())

    def work():
        spread_all(bot)
        send_all(bot)

    at_the_same_moment(*[work] * 6)
    work()

    to = [each.to for each in everything_sent(bot)]
    assert len(to) == len(set(to)) == 60


def test_a_cancelled_announcement_reaches_nobody_more(bot):
    for n in range(35):
        villager(bot, f"+60111000{n:03}")
    made = broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())
    broadcasts.spread(bot.store, bot.pushes, now=bot.clock(), most=CHUNK)
    outbox.deliver(bot, BULK, most=1)
    already = len(everything_sent(bot))
    broadcasts.spread(bot.store, bot.pushes, now=bot.clock(), most=CHUNK)

    stopped = broadcasts.cancel(bot.store, made, now=bot.clock())

    assert spread_all(bot) == 0
    assert send_all(bot) == 0
    assert (already, stopped) == (10, 10)
    assert len(everything_sent(bot)) == already
    assert broadcasts.progress(bot.store, made).status == "cancelled"
    assert broadcasts.cancel(bot.store, made, now=bot.clock()) == 0


def test_a_cancel_in_the_middle_of_spreading_leaves_nothing_queued(bot):
    for n in range(60):
        villager(bot, f"+60111000{n:03}")
    made = broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())

    at_the_same_moment(
        lambda: spread_all(bot), lambda: spread_all(bot), lambda: broadcasts.cancel(bot.store, made, now=bot.clock())
    )

    assert {row.status for row in rows(bot, t.outbound_message)} <= {"cancelled"}
    assert send_all(bot) == 0


def test_a_stop_after_it_was_written_down_beats_it(bot, client):
    for n in range(3):
        villager(bot, f"+60111000{n:03}")
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())
    spread_all(bot)

    make(client, twilio_sms("+60111000001", "STOP", "stop"))
    send_all(bot)

    assert sorted(each.to for each in everything_sent(bot)) == ["+60111000000", "+60111000002"]


def test_at_night_everything_is_written_down_and_goes_in_the_morning(bot, clock):
    clock.turn(timedelta(hours=13))
    for n in range(5):
        villager(bot, f"+60111000{n:03}")
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=clock())

    spread_all(bot)
    send_all(bot)
    assert everything_sent(bot) == []
    clock.turn(timedelta(hours=10))
    send_all(bot)

    assert len(everything_sent(bot)) == 5
    assert all(row.settled_at.astimezone(bot.zone).hour == 8 for row in rows(bot, t.outbound_message))


def test_whoever_joins_while_it_spreads_is_not_in_it(bot, clock):
    villager(bot, "+60111000001")
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=clock())
    clock.turn(timedelta(minutes=5))
    villager(bot, "+60111000002")

    spread_all(bot)

    assert count(bot, t.outbound_message) == 1


def test_a_learner_with_two_addresses_gets_it_once_where_she_wrote_last(bot, client, clock):
    for place, text in enumerate(["hai", "1", "1"]):
        make(client, twilio_sms("+60111000001", text, f"two-{place}"))
    clock.turn(timedelta(minutes=1))
    make(client, twilio_whatsapp("+60111000001", "status", "wa"))
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=clock())

    spread_all(bot)
    send_all(bot)

    assert [len(listener(bot, name).sent) for name in (SMS, "twilio_whatsapp")] == [0, 1]


def test_a_learner_of_whatsapp_whose_telephone_never_wrote_is_reached(bot, client, clock):
    """A number met on WhatsApp has a telephone's address too, which has never been used: it must not be chosen."""
    for place, text in enumerate(["hai", "1", "1"]):
        make(client, twilio_whatsapp("+60111000001", text, f"wa-{place}"))
    clock.turn(timedelta(hours=25))  # its window is shut by then
    planned = broadcasts.plan(bot.store, bot.pushes, WORDS, EVERYBODY, now=clock())

    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=clock())
    spread_all(bot)
    send_all(bot)

    assert planned.recipients == 1
    assert [each.to for each in listener(bot, SMS).sent] == ["+60111000001"]


def test_two_announcements_are_two_messages_an_hour_apart(bot, clock):
    villager(bot, "+60111000001")
    for place in range(2):
        words = {language: f"{text} {place}" for language, text in WORDS.items()}
        broadcasts.approve(bot.store, "Puan Rosli", words, EVERYBODY, now=bot.clock())

    for _ in range(4):
        spread_all(bot)

    assert (send_all(bot), send_all(bot)) == (1, 0)
    clock.turn(arbiter.APART)
    assert send_all(bot) == 1
    assert len(everything_sent(bot)) == 2


def test_one_that_is_announced_twice_by_mistake_reaches_her_once(bot, clock):
    villager(bot, "+60111000001")
    first, second = (broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock()) for _ in range(2))

    for _ in range(4):
        spread_all(bot)
    send_all(bot)
    clock.turn(arbiter.APART)
    send_all(bot)

    reached = [broadcasts.progress(bot.store, made) for made in (first, second)]
    assert len(everything_sent(bot)) == 1
    assert sorted(next(iter(each.by_status)) for each in reached) == ["cancelled", "sent"]
    assert reached[0].skipped | reached[1].skipped == {"the same words went to this address within 24 hours": 1}


def test_one_that_nobody_made_is_not_there(bot):
    with pytest.raises(LookupError):
        broadcasts.progress(bot.store, 1)


def test_who_announced_it_is_in_the_audit(bot):
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, EVERYBODY, now=bot.clock())

    (event,) = rows(bot, t.audit_event)
    assert (event.who, event.did) == ("Puan Rosli", "broadcast")
    assert WORDS["ms"] not in event.about


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (WORDS | {"en": " "}, "en text is empty"),
        (WORDS | {"ms": "x" * 160}, "15 characters too long"),
        (WORDS | {"ms": "Kelas 课"}, "cannot carry"),
    ],
)
def test_what_cannot_be_one_sms_is_refused_in_words(bot, words, why):
    with pytest.raises(broadcasts.Unfit, match=why):
        broadcasts.check(words, bot.pushes.voice.tag)


def test_a_village_without_a_channel_is_told_so(bot):
    villager(bot, "+60111000001")
    nobody = replace(bot.pushes, channels={})

    planned = broadcasts.plan(bot.store, nobody, WORDS, EVERYBODY, now=bot.clock())

    assert planned.skipped == {"no channel set up that can reach her": 1}
