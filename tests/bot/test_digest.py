"""A coordinator's week by SMS: on Monday at eight or the next working day, once, in one SMS that says nothing of a learner."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import product

import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st
from sqlalchemy import event, update

from bot import blocked, coordinators, digest
from bot.calendar import Calendar
from bot.cli import digest as command
from bot.gsm import septets
from bot.i18n import Catalogues
from bot.pushes import BULK
from bot.render import Voice
from bot.ringing import UNANSWERED, open_ring
from bot.store import tables as t
from bot.wiring import tag_of
from flows.types import Say
from tests.bots import COURSE, at_the_same_moment, listener, rows, villager
from tests.callers import make, twilio_sms
from workers import jobs, outbox
from workers.digest import fire

SITI, HERS = "Cik Siti", "+60111000900"
TO_MONDAY = timedelta(days=5, hours=23)  # from Tuesday at nine to Monday at eight


@pytest.fixture
def enter(bot):
    def enter(name=SITI, number=HERS, rights=("ring",), **more):
        told = {"district": None, "locale": "ms", "now": bot.clock()} | more
        coordinators.add(bot.store, name, "office", rights=rights, number=number, **told)
        return coordinators.named(bot.store, name)

    return enter


def sent(bot):
    outbox.deliver(bot, BULK, most=100)
    return [(each.to, each.text) for each in listener(bot, "twilio_sms").sent]


# --- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "told"), [(-0.1, 0), (0, 1), (11.9, 1), (12, 0), (24, 0), (24 * 6, 0), (24 * 7 - 0.1, 0)]
)
def test_it_is_on_monday_between_eight_and_eight_and_a_missed_one_is_not_made_up(bot, clock, enter, hours, told):
    enter()
    clock.turn(TO_MONDAY + timedelta(hours=hours))

    assert fire(bot) == told


def test_the_clock_sets_it_off(bot, clock, enter, monkeypatch):
    monkeypatch.setattr(jobs, "_bot", bot)
    enter()
    clock.turn(TO_MONDAY)

    assert jobs.look()["digest"] == 1


def test_once_a_week_whoever_looks_and_how_often(bot, clock, enter):
    enter()
    clock.turn(TO_MONDAY)

    told = [fire(bot) for _ in range(3)]
    clock.turn(timedelta(days=7))

    assert (told, fire(bot)) == ([1, 0, 0], 1)
    assert [row.week for row in rows(bot, t.digest)] == ["2026-11-30", "2026-12-07"]


def test_four_workers_at_once_tell_her_once(bot, clock, enter):
    enter()
    enter("Puan Rosli", "+60111000901")
    clock.turn(TO_MONDAY)

    at_the_same_moment(*[lambda: fire(bot)] * 4)
    fire(bot)

    assert sorted(to for to, _ in sent(bot)) == [HERS, "+60111000901"]
    assert len(rows(bot, t.learner)) == 2


class Killed(BaseException):
    """The worker ends here."""


@contextmanager
def killed_at(bot, place):
    """Whoever writes ends at the statement of that place that adds a row, before it is sent."""
    seen = iter(range(1, 10_000))

    def dies(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT") and next(seen) == place:
            raise Killed

    event.listen(bot.store.engine, "before_cursor_execute", dies)
    try:
        yield
    finally:
        event.remove(bot.store.engine, "before_cursor_execute", dies)


def test_killed_at_any_statement_she_is_told_once_all_the_same(bot, clock, enter):
    enter()
    clock.turn(TO_MONDAY)
    deaths = 0

    for place in range(1, 7):
        try:
            with killed_at(bot, place):
                fire(bot)
        except Killed:
            deaths += 1
        told = [row.message_id for row in rows(bot, t.digest)]
        assert sorted(told) == [row.id for row in rows(bot, t.outbound_message)]
    fire(bot)

    assert deaths == 5  # learner, conversation, address, digest, message
    assert [to for to, _ in sent(bot)] == [HERS]


def test_on_a_holiday_it_waits_for_the_next_working_day(bot):
    off = {"2026-11-30": "a holiday", "2026-12-01": "another"}
    monday = bot.clock() + TO_MONDAY

    def holiday(day):
        return off.get(day.isoformat(), "")

    days = [digest.due(monday + timedelta(days=day), bot.zone, holiday) for day in range(7)]

    assert days == [None, None, "2026-11-30", None, None, None, None]
    assert digest.next_time(bot.clock(), bot.zone, holiday) == monday + timedelta(days=2)
    assert digest.due(monday, bot.zone, lambda day: "always off") is None


def test_the_week_with_christmas_begins_on_monday_and_that_of_new_year_too(bot):
    """Sabah's own calendar: Christmas Eve is off, and falls on no Monday this year."""
    sabah = Calendar("MY-SBH", bot.settings.var_dir / "calendar.yaml").off
    monday = bot.clock() + TO_MONDAY

    assert all(digest.due(monday + timedelta(weeks=week), bot.zone, sabah) for week in range(5))


@given(st.integers(0, 60 * 24 * 21), st.sets(st.integers(0, 20)))
@settings(max_examples=100, deadline=None)
def test_between_two_of_them_there_is_always_a_night(minutes, days_off):
    """Whatever days are off, a week has one time at most, and it is the one that was foretold."""
    from tests.bots import BEGINS
    from tests.world import KUCHING

    now = BEGINS + timedelta(minutes=minutes)

    def off(day):
        return "off" if (day - BEGINS.date()).days in days_off else ""

    at = digest.next_time(now, KUCHING, off)
    assert at >= now
    assert (digest.due(now, KUCHING, off) is not None) == (at == now)
    if at > now:
        assert digest.due(at, KUCHING, off) is not None


# --- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"rights": ("ring",)}, 1),
        ({"rights": ("announce",)}, 1),
        ({"rights": ("approve",)}, 0),
        ({"number": None}, 0),
    ],
)
def test_who_rings_or_announces_and_has_a_number_is_told(bot, clock, enter, more, told):
    enter(**more)
    clock.turn(TO_MONDAY)

    assert fire(bot) == told


def test_who_has_left_or_said_stop_is_not(bot, clock, client, enter):
    enter("Puan Rosli", "+60111000901")
    coordinators.remove(bot.store, "Puan Rosli", "office", now=bot.clock())
    enter()
    make(client, twilio_sms(HERS, "STOP", "stop"))
    clock.turn(TO_MONDAY)

    assert fire(bot) == 0
    assert [(row.message_id, row.why) for row in rows(bot, t.digest)] == [(None, "opted out")]
    assert sent(bot) == []


def test_she_who_never_wrote_is_told_and_is_no_learner_for_it(bot, clock, client, enter):
    """Her number becomes one that something can go to, and nothing else: when she writes from it she is met as anybody is."""
    enter()
    clock.turn(TO_MONDAY)
    fire(bot)

    assert [to for to, _ in sent(bot)] == [HERS]
    assert [row.consented_at for row in rows(bot, t.learner)] == [None]
    assert "English" in make(client, twilio_sms(HERS, "hai", "first")).text
    assert len(rows(bot, t.learner)) == 1


def test_it_is_no_push_that_takes_room_in_her_own_week_as_a_learner(bot, clock, enter):
    from bot.store.tables.messages import ANSWERS

    assert digest.PURPOSE in ANSWERS


# --- what --------------------------------------------------------------------------------------------------------------


def test_it_says_what_waits_for_her_in_her_district_and_language(bot, clock, client, enter):
    for place, district in enumerate(("Ranau", "Ranau", "Kudat")):
        her = villager(bot, f"+60111001{place:03}", district=district)
        if place:
            with bot.store.begin() as connection:
                open_ring(connection, her, UNANSWERED, bot.library().courses[COURSE], bot.clock())
    clock.turn(timedelta(days=4))
    for place, text in enumerate(("hai", "1", "1")):
        make(client, twilio_sms("+60111002000", text, f"a-{place}"))
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).where(t.learner.c.district.is_(None)).values(district="Ranau"))
    make(client, twilio_sms("+60111002000", "anak saya sakit hari ini", "b"))
    enter(district="Ranau", locale="en")
    clock.turn(TO_MONDAY - timedelta(days=4))

    fire(bot)

    (text,) = [text for to, text in sent(bot) if to == HERS]
    assert text == (
        "RM0.00 TITIAN: Last 7 days: 1 active, 0 courses completed. To ring: 1. Messages to read: 1. "
        "TELEFON shows whom to ring."
    )


def test_her_week_counts_what_these_days_brought(bot, clock, client):
    for number, texts in (("+60111002000", ("hai", "1", "1", "a", "1", "STOP")), ("+60111002001", ("hai", "1", "1"))):
        for place, text in enumerate(texts):
            make(client, twilio_sms(number, text, f"{number[-1]}-{place}"))

    def week():
        return digest.week(bot.store, None, now=clock(), zone=bot.zone)

    assert (week().active, week().joined, week().completed, week().stopped) == (1, 2, 0, 1)
    assert week().answers >= 1
    clock.turn(timedelta(days=9))
    assert week() == digest.Week(0, 0, 0, 0, 0)


@pytest.mark.parametrize(("locale", "rights"), list(product(("ms", "en"), (("ring", "announce"), ("announce",)))))
def test_it_is_one_sms_however_large_her_district_and_no_network_holds_it_back(locale, rights):
    """With the longest brand, and a million learners who all wrote."""
    tag = tag_of("ABCDEFGHIJK")
    to_ring = 10 if "ring" in rights else None
    body = digest.body(1_000_000, 1_000_000, to_ring=to_ring, to_read=1_000_000)

    (text,) = Voice(Catalogues(), tag).render(Say(body), locale, "sms", "+60111000900").texts

    assert septets(text) <= 153
    assert [each for each in blocked.broken(text) if each.blocks] == []


def test_on_a_terminal_it_is_shown_before_it_goes(bot, clock, enter, monkeypatch):
    monkeypatch.setattr(command, "wired", lambda: bot)
    enter()

    shown = CliRunner().invoke(command.digest, ["--dry-run"]).output
    assert "Cik Siti: RM0.00 TITIAN: " in shown
    assert "30/11/2026" in shown
    assert CliRunner().invoke(command.digest).output.startswith("0 told.")
    clock.turn(TO_MONDAY)

    assert CliRunner().invoke(command.digest).output.startswith("1 told.")
