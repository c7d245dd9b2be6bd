"""When something may be sent: the hours, the opt-out, the consent, and WhatsApp's window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot import policy
from bot.policy import Later, No, Reach, Yes

KUCHING = ZoneInfo("Asia/Kuching")
MOMENTS = st.integers(0, 4 * 365 * 86_400_000).map(
    lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


def at(clock: str) -> datetime:
    """A moment on Tuesday 24 November 2026, by the clock in Kuching, as the bot is told it: in UTC."""
    return datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=KUCHING).astimezone(UTC)


def reach(**more) -> Reach:
    return Reach(**({"kind": "tel", "consented": True, "opted_out": False, "last_inbound_at": None} | more))


@pytest.mark.parametrize("purpose", ["nudge", "broadcast"])
@pytest.mark.parametrize("clock", ["08:00:00", "12:00:00", "19:59:59.999999"])
def test_by_day_it_may_go_at_once(purpose, clock):
    assert policy.may_send(purpose, reach(), now=at(clock), zone=KUCHING) == Yes()


@pytest.mark.parametrize(
    ("clock", "opens"),
    [
        ("07:59:59.999999", "2026-11-24T00:00+00:00"),
        ("00:00:00", "2026-11-24T00:00+00:00"),
        ("20:00:00", "2026-11-25T00:00+00:00"),
        ("23:59:59", "2026-11-25T00:00+00:00"),
    ],
)
def test_by_night_it_waits_for_eight_in_the_morning_in_sabah(clock, opens):
    answer = policy.may_send("nudge", reach(), now=at(clock), zone=KUCHING)

    assert answer == Later(datetime.fromisoformat(opens), "outside 08:00-20:00")


@pytest.mark.parametrize("clock", ["03:00:00", "12:00:00", "23:00:00"])
def test_a_reply_goes_at_any_hour_even_to_confirm_a_stop(clock):
    nobody = reach(consented=False, opted_out=True)

    assert policy.may_send("reply", nobody, now=at(clock), zone=KUCHING) == Yes()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"opted_out": True}, "opted out"),
        ({"consented": False}, "no consent on record"),
        ({"opted_out": True, "consented": False}, "opted out"),
        ({"kind": "whatsapp"}, "WhatsApp window shut"),
    ],
)
def test_a_refusal_says_why_in_words_whatever_the_hour(more, why):
    by_day, by_night = (
        policy.may_send("broadcast", reach(**more), now=at(c), zone=KUCHING) for c in ("12:00", "23:00")
    )

    assert isinstance(by_day, No)
    assert by_day.why.startswith(why)
    assert by_night == by_day


def test_whatsapp_lets_us_write_for_a_day_after_she_wrote_and_not_a_moment_longer():
    now = at("12:00")
    wrote = {
        before: reach(kind="whatsapp", last_inbound_at=now - before)
        for before in (policy.WINDOW - timedelta(microseconds=1), policy.WINDOW)
    }

    answers = [policy.may_send("nudge", each, now=now, zone=KUCHING) for each in wrote.values()]

    assert answers[0] == Yes()
    assert isinstance(answers[1], No)


def test_sms_knows_no_window():
    assert (
        policy.may_send("nudge", reach(last_inbound_at=at("12:00") - timedelta(days=90)), now=at("12:00"), zone=KUCHING)
        == Yes()
    )


@given(MOMENTS)
def test_the_next_opening_is_open_and_the_first_there_is(moment):
    opens = policy.next_opening(moment, KUCHING)

    assert opens >= moment
    assert policy.next_opening(opens, KUCHING) == opens
    assert opens == moment or opens - moment <= timedelta(hours=12)
    assert opens == moment or opens.astimezone(KUCHING).hour == 8


@given(MOMENTS, st.sampled_from(list(policy.SLOTS)))
def test_her_part_of_the_day_comes_within_a_day_and_by_daylight(moment, slot):
    begins = policy.in_her_slot(moment, slot, KUCHING)

    assert timedelta() <= begins - moment < timedelta(days=1)
    assert begins.astimezone(KUCHING).time() == policy.SLOTS[slot]
    assert policy.next_opening(begins, KUCHING) == begins


@pytest.mark.parametrize("slot", [None, "midnight", ""])
def test_who_named_no_part_of_the_day_may_be_written_to_at_once(slot):
    assert policy.in_her_slot(at("12:00"), slot, KUCHING) == at("12:00")
