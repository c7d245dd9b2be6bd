"""Processes killed with -9 in the middle of everything: no message is sent twice, none is heard twice, none is lost."""

import random
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from os import kill as send_signal
from signal import SIGKILL

import pytest
from sqlalchemy import select

from bot import broadcasts
from bot.audience import Audience
from bot.store import tables as t
from tests.bots import COURSE, villager
from tests.callers import at_sms, twilio_sms
from tests.journeys.processes import NoAnswer, wait_until
from workers import outbox

pytestmark = pytest.mark.journey

ROUNDS = 5
VILLAGE = 300
WRITERS = 30
WORDS = {"ms": "Kelas {n} hari ini.", "en": "Class {n} today."}


def number(n):
    return f"+60111000{n:03}"


# --- the workers ----------------------------------------------------------------------------------------------------


def accepted_by_row(home):
    """How often the provider took each message: Twilio names our row, at Africa's Talking each text to somebody is her own."""
    taken = Counter()
    for row in home.accepted():
        taken[row["callback"].rpartition("=")[2] or (row["to"], row["text"])] += 1
    return taken


def test_workers_killed_while_they_send_send_nothing_twice(titian_house, capsys):
    """An announcement to each of five districts by two providers, replies between; two workers, killed at random moments."""
    home = titian_house("provider", "web", "clock")
    home.behave(latency=0.02)
    for n in range(VILLAGE):
        villager(home.bot, number(n), "twilio_sms" if n % 2 else "africastalking_sms", district=f"D{n % ROUNDS}")
    home.start("worker1", "worker2")
    caller, chance = home.caller(), random.Random()
    kills = 0

    for round_ in range(ROUNDS):
        words = {locale: text.format(n=round_) for locale, text in WORDS.items()}
        to = Audience(COURSE, f"D{round_}")
        broadcasts.approve(home.bot.store, "Puan Rosli", words, to, now=home.bot.clock())
        for n in range(WRITERS // ROUNDS):
            caller(at_sms(number(500 + round_ * 10 + n), "hai", f"{round_}-{n}"))
        before = len(home.accepted())
        with suppress(AssertionError):  # nobody may be up to send just now, and that is fine
            wait_until(lambda before=before: len(home.accepted()) > before + chance.randrange(12), "some to go out", 6)
        victim = f"worker{1 + round_ % 2}"
        home.kill(victim)
        kills += 1
        home.start(victim)
    wait_until(lambda: not_waiting(home), "everything to leave the queue")
    home.kill("worker1")
    home.kill("worker2")
    wait_until(lambda: home.statuses().get("sent", 0) == 0, "the last receipts")

    outbox.expire(home.bot.store, now=home.bot.clock() + outbox.LEASE + timedelta(seconds=1))
    taken = accepted_by_row(home)
    out = home.bot.store.look(
        select(t.outbound_message, t.address.c.identifier).join(
            t.address, t.address.c.id == t.outbound_message.c.address_id
        )
    )
    fates = Counter((row.status, taken[key_of(row)]) for row in out)
    with capsys.disabled():
        print(f"\n  {kills} kills, {len(out)} rows, (status, times accepted): {dict(sorted(fates.items()))}")
    assert {status for status, _ in fates} <= {"sent", "delivered", "undetermined"}
    assert all(times == 1 for status, times in fates if status in {"sent", "delivered"})
    assert all(times <= 1 for _, times in fates)
    assert sum(taken.values()) == sum(times * count for (_, times), count in fates.items())
    assert len(out) == VILLAGE + WRITERS
    assert fates["undetermined", 0] + fates["undetermined", 1] <= kills * outbox.BATCH


def key_of(row):
    return str(row.id) if row.channel.startswith("twilio") else (row.identifier, row.text)


def not_waiting(home):
    spreading = home.bot.store.look(select(t.broadcast.c.id).where(t.broadcast.c.status == "sending"))
    return not spreading and home.statuses().get("queued", 0) == 0


# --- the web --------------------------------------------------------------------------------------------------------

CLIENTS = 4
EACH = 400
SECONDS = 14


def test_a_web_process_killed_after_the_commit_leaves_the_same_words_for_the_retry(titian_house, capsys):
    """Four learners write without a pause while gunicorn's processes are killed; each retries until it is answered."""
    home = titian_house("provider", "web")
    ends = time.monotonic() + SECONDS
    told: dict[str, list[str]] = {}
    lost: list[str] = []  # committed, and then the answer was lost
    threads = [threading.Thread(target=writes, args=(home, n, told, lost, ends)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    kills = 0
    chance = random.Random()
    while time.monotonic() < ends - 2:
        time.sleep(chance.uniform(0.05, 0.6))
        if len(workers := home.web_workers()) == 2:
            with suppress(ProcessLookupError):
                send_signal(chance.choice(workers), SIGKILL)
                kills += 1
    for thread in threads:
        thread.join(30)

    caller = home.caller()
    wait_until(home.healthy, "the web")
    for name, bodies in told.items():
        bodies.append(caller(message(home, name)).body)
    with capsys.disabled():
        print(f"\n  {kills} kills, {len(told)} messages, {len(lost)} committed and unanswered before their retry")
    assert kills >= 5
    assert [name for name, bodies in told.items() if len(set(bodies)) != 1] == []
    for n in range(CLIENTS):
        turns = turns_of(home, number(n))
        assert turns == list(range(1, len([name for name in told if name.startswith(f"{n}x")]) + 1))


def message(home, name):
    who, _, place = name.partition("x")
    return twilio_sms(
        number(int(who)), "hai" if place == "0" else ("MENU", "1", "2", "status")[int(place) % 4], name, base=home.base
    )


def writes(home, who, told, lost, ends):
    caller = home.caller()
    for place in range(EACH):
        if time.monotonic() > ends:
            return
        name = f"{who}x{place}"
        told[name] = [until_answered(home, caller, message(home, name), lost)]


def until_answered(home, caller, call, lost):
    for _ in range(600):
        try:
            answer = caller(call)
            if answer.status == 200:
                return answer.body
        except NoAnswer:
            sid = t.inbound_message.c.provider_id
            if home.bot.store.look(select(sid).where(sid == call.form["MessageSid"])):
                lost.append(call.form["MessageSid"])
        time.sleep(0.05)
    raise AssertionError("never answered")


def turns_of(home, who):
    heard = t.inbound_message
    query = (
        select(heard.c.turn).join(t.address, t.address.c.id == heard.c.address_id).where(t.address.c.identifier == who)
    )
    return sorted(row.turn for row in home.bot.store.look(query))
