"""A coordinator without data announces to a few by SMS: a summary first, then YA with a code, and nobody else can."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import broadcasts, coordinators, segments
from bot.announcements import drafts, moves
from bot.pushes import BULK
from bot.store import tables as t
from tests.bots import listener, rows, villager
from tests.callers import make, twilio_sms
from workers import outbox

HERS, OTHER = "+60111000900", "+60111000901"
PIN = "4071"


@pytest.fixture
def siti(bot):
    """A coordinator who may announce; learners of two districts; a saved group."""
    for n in range(9):
        villager(bot, f"+60111000{n:03}", district=("Ranau", "Kudat", "Pitas")[n % 3])
    segments.save(bot.store, "kelas pagi", "daerah Ranau", "office", now=bot.clock())
    enter(bot)


def enter(bot, rights=("announce",), locale="ms"):
    more = {"number": HERS, "district": None, "locale": locale, "now": bot.clock()}
    coordinators.add(bot.store, "Cik Siti", "office", rights=rights, **more)


@pytest.fixture
def writes(client):
    """She writes, or somebody else; returns the answer."""
    count = iter(range(1000))

    def writes(text, number=HERS):
        return make(client, twilio_sms(number, text, f"sms-{next(count)}")).text

    return writes


def code(answer):
    return re.search(r"YA (\d{4})", answer)[1]


def announced(bot, clock):
    clock.turn(moves.UNDO)
    while broadcasts.spread(bot.store, bot.pushes, now=clock()):
        pass
    outbox.deliver(bot, BULK, most=100)
    return sorted(each.to for each in listener(bot, "twilio_sms").sent)


RANAU = ["+60111000000", "+60111000003", "+60111000006"]


@pytest.mark.parametrize(
    "words",
    [
        "UMUM kelas pagi Kelas esok pukul 9.",
        "umum Kelas  Pagi: Kelas esok pukul 9.",
        "Umum daerah Ranau: Kelas esok pukul 9.",
    ],
)
def test_she_announces_to_a_few(bot, clock, siti, writes, words):
    summary = writes(words)
    assert "3 pelajar, 3 SMS" in summary
    assert '"Kelas esok pukul 9."' in summary

    answer = writes(f"YA {code(summary)}")

    assert "24/11" in answer
    assert "09:05" in answer
    assert announced(bot, clock) == RANAU
    assert listener(bot, "twilio_sms").sent[-1].text == "RM0.00 TITIAN: Kelas esok pukul 9."
    assert ("Cik Siti", "announcement approved") in {(row.who, row.did) for row in rows(bot, t.audit_event)}


def test_in_english_too(bot, clock, siti, writes):
    enter(bot, locale="en")

    summary = writes("announce kelas pagi Class at 9 tomorrow.")

    assert "3 learners" in summary
    assert "goes out" in writes(f"yes {code(summary)}")
    assert announced(bot, clock) == RANAU


def test_she_can_stop_it_within_the_five_minutes(bot, clock, siti, writes):
    writes(f"YA {code(writes('UMUM kelas pagi Kelas esok.'))}")

    assert "Dibatalkan" in writes("UMUM BATAL")

    assert announced(bot, clock) == []
    assert bot.store.look(select(t.address.c.opted_out_at).where(t.address.c.identifier == HERS))[0][0] is None


def test_with_digits_nothing_goes_without_them_and_they_are_not_kept(bot, clock, siti, writes):
    coordinators.set_pin(bot.store, "Cik Siti", PIN, "office", now=clock())
    wanted = code(writes("UMUM kelas pagi Kelas esok."))

    assert "empat digit" in writes(f"YA {wanted}")
    assert "empat digit" in writes(f"YA {wanted} 1111")
    assert "Akan dihantar" in writes(f"YA {wanted} {PIN}")

    heard = [row.text for row in rows(bot, t.inbound_message)]
    assert heard[-1] == f"YA {wanted} ****"
    assert not any(PIN in text for text in heard)


def test_after_five_wrong_tries_nothing_is_taken_for_an_hour(bot, clock, siti, writes):
    coordinators.set_pin(bot.store, "Cik Siti", PIN, "office", now=clock())
    wanted = code(writes("UMUM kelas pagi Kelas esok."))
    for n in range(5):
        writes(f"YA {wanted} 000{n}")

    assert "Terlalu banyak" in writes(f"YA {wanted} {PIN}")
    assert "Terlalu banyak" in writes("UMUM kelas pagi Kelas esok.")
    clock.turn(timedelta(hours=1, minutes=1))
    assert "3 pelajar" in writes("UMUM kelas pagi Kelas esok.")


def test_a_code_is_good_for_a_quarter_of_an_hour(bot, clock, siti, writes):
    wanted = code(writes("UMUM kelas pagi Kelas esok."))
    clock.turn(timedelta(minutes=16))

    assert "15 minit sudah tamat" in writes(f"YA {wanted}")
    assert announced(bot, clock) == []


def test_a_code_of_before_is_forgotten(bot, clock, siti, writes):
    first = code(writes("UMUM kelas pagi Kelas esok."))
    second = code(writes("UMUM kelas pagi Kelas lusa."))

    if first != second:
        assert "Tiada pengumuman" in writes(f"YA {first}")
    assert "Akan dihantar" in writes(f"YA {second}")
    assert "Akan dihantar" in writes(f"YA {second}")  # she sends it twice, to be sure
    assert announced(bot, clock) == RANAU


def test_the_providers_retry_announces_nothing_twice(bot, clock, siti, client):
    summary = make(client, twilio_sms(HERS, "UMUM kelas pagi Kelas esok.", "one")).text

    assert make(client, twilio_sms(HERS, "UMUM kelas pagi Kelas esok.", "one")).text == summary
    assert len(rows(bot, t.broadcast)) == 1


def test_who_is_no_coordinator_is_heard_as_a_learner(bot, siti, writes):
    writes("hai", OTHER)

    answer = writes("UMUM kelas pagi Kelas esok.", OTHER)

    assert "pelajar" not in answer
    assert rows(bot, t.broadcast) == []


def test_without_the_right_she_is_told_so(bot, siti, writes):
    enter(bot, rights=["ring"])

    assert "belum dibenarkan" in writes("UMUM kelas pagi Kelas esok.")
    assert rows(bot, t.broadcast) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("UMUM kelas petang Kelas esok.", "Kumpulan dahulu"),
        ("UMUM kelas pagi", "Teks tiada"),
        ("UMUM daerah Tawau: Kelas esok.", "Tidak boleh dihantar"),
        ("UMUM tag tiada: Kelas esok.", "Tiada sesiapa"),
        (f"UMUM kelas pagi {'x' * 160}", "aksara untuk satu SMS"),
    ],
)
def test_what_cannot_be_announced_is_said_in_words(bot, siti, writes, words, told):
    answer = writes(words)

    assert told in answer
    assert rows(bot, t.broadcast) == []


def test_what_is_too_large_needs_the_office(bot, clock, siti, writes, monkeypatch):
    monkeypatch.setattr(moves, "LARGE", 2)

    assert "pejabat" in writes("UMUM kelas pagi Kelas esok.")
    assert rows(bot, t.broadcast) == []


def test_her_list_of_the_week_is_asked_for_in_the_same_way(bot, siti, writes):
    enter(bot, rights=["announce", "ring"])

    assert "RM0.00 TITIAN: " in writes("TELEFON")
    assert "kurang faham" not in writes("TELEFON")


def test_she_learns_like_anybody_else_from_the_same_phone(bot, siti, writes):
    for text in ("hai", "1", "1"):
        writes(text)
    before = rows(bot, t.conversation)[-1].session

    writes("UMUM kelas pagi Kelas esok.")

    assert rows(bot, t.conversation)[-1].session == before
    assert drafts.newest(bot.store, most=1)[0].status == "draft"


def test_a_learners_turn_looks_up_no_coordinator(bot, siti, writes):
    writes("hai", OTHER)
    asked = []
    look = bot.store.look
    bot.store.look = lambda query, values=None: (asked.append(str(query)), look(query, values))[1]

    for text in ("1", "1", "A", "B", "menu", "ya", "tidak", "2"):
        writes(text, OTHER)

    assert not [query for query in asked if "coordinator" in query]
