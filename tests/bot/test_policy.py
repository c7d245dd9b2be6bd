"""When something may be sent: each rule of content/sending_rules.yaml by its id, and the hours and slots it leads to."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot import policy, settings
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


# --- each rule, by its id -------------------------------------------------------------------------------------------

EVERYTHING_PUSHED = ["call", "nudge", "review", "broadcast", "confirm"]
WAITS = ["nudge", "review", "broadcast"]


def ask(purpose="broadcast", clock="12:00", off=policy.every_day, message=policy.NEW, **more):
    return policy.may_send(purpose, reach(**more), now=at(clock), zone=KUCHING, off=off, message=message)


def on(day, name):
    """A calendar with one day off."""
    return lambda each: name if each == day else ""


@pytest.mark.parametrize("purpose", EVERYTHING_PUSHED)
def test_MY_SMS_016_who_has_said_stop_gets_nothing_that_is_pushed(purpose):
    assert ask(purpose, opted_out=True) == No("opted out")
    assert ask("reply", opted_out=True) == Yes()


@pytest.mark.parametrize("purpose", EVERYTHING_PUSHED)
def test_MY_SMS_015_nothing_is_pushed_without_consent_on_record(purpose):
    assert ask(purpose, consented=False) == No("no consent on record")
    assert ask("reply", consented=False) == Yes()


@pytest.mark.parametrize("purpose", EVERYTHING_PUSHED)
def test_MY_WA_001_outside_whatsapps_24_hours_only_a_template_goes(purpose):
    old, new = at("12:00") - timedelta(hours=24), at("12:00") - timedelta(hours=23)

    assert isinstance(ask(purpose, kind="whatsapp", last_inbound_at=old), No)
    assert isinstance(ask(purpose, kind="whatsapp"), No)
    assert ask(purpose, kind="whatsapp", last_inbound_at=new) == Yes()
    assert ask(purpose, kind="whatsapp", last_inbound_at=old, template=True) == Yes()


@pytest.mark.parametrize("purpose", WAITS)
def test_MY_SMS_029_a_number_silent_for_ninety_days_gets_nothing_but_the_question_whether_it_is_hers(purpose):
    silent, not_yet = (at("12:00") - timedelta(days=90, seconds=less) for less in (0, -1))

    assert isinstance(ask(purpose, known_at=silent), No)
    assert ask(purpose, known_at=not_yet) == Yes()
    assert ask("confirm", known_at=silent) == ask("reply", known_at=silent) == Yes()


def test_MY_SMS_032_an_answer_a_day_late_is_not_sent_as_if_nothing_had_been():
    made = {hours: policy.Message(at("12:00") - timedelta(hours=hours)) for hours in (23, 24)}

    assert ask("reply", message=made[23]) == Yes()
    assert isinstance(ask("reply", message=made[24]), No)
    assert ask("broadcast", message=made[24]) == Yes()


@pytest.mark.parametrize("purpose", EVERYTHING_PUSHED)
def test_MY_SMS_033_what_networks_would_block_is_not_sent_and_the_rule_is_named(purpose):
    message = policy.Message(text="RM0.00 TITIAN: Lihat www.contoh.my")

    answer = ask(purpose, message=message)

    assert answer == No("networks would not carry this text: MY-SMS-003")
    assert ask(purpose, message=policy.Message(text="RM0.00 TITIAN: Selamat pagi.")) == Yes()


@pytest.mark.parametrize(("two_way", "goes"), [(True, True), (False, False)])
def test_MY_SMS_033_an_answer_is_asked_for_only_where_it_can_come_back(two_way, goes):
    message = policy.Message(text="RM0.00 TITIAN: Balas A, B atau C.", two_way=two_way)

    assert (ask("nudge", message=message) == Yes()) is goes


def test_MY_SMS_033_who_wrote_to_us_is_answered_even_in_words_that_a_network_may_not_like():
    """SEMAK with a mistyped code is answered with that code, which is a long number."""
    assert ask("reply", message=policy.Message(text="RM0.00 TITIAN: 0000-0000-0000 bukan kod kami.")) == Yes()


@pytest.mark.parametrize("purpose", WAITS)
def test_MY_SMS_030_the_same_words_do_not_go_to_an_address_twice_in_a_day(purpose):
    assert ask(purpose, told=True) == No("the same words went to this address within 24 hours")
    assert ask("reply", told=True) == Yes()
    assert policy.same_words_within() == timedelta(hours=24)


@pytest.mark.parametrize("purpose", WAITS)
@pytest.mark.parametrize("clock", ["20:00", "23:00", "03:00", "06:59", "07:59"])
def test_MY_SMS_014_what_is_pushed_by_night_waits_for_the_morning(purpose, clock):
    answer = ask(purpose, clock)

    assert isinstance(answer, Later)
    assert answer.why == "outside 08:00-20:00"
    assert answer.until.astimezone(KUCHING).hour == 8


def test_MY_SMS_014_a_call_that_dropped_by_night_is_not_followed_up_in_the_morning():
    assert ask("call", "22:00") == No("outside 08:00-20:00")


@pytest.mark.parametrize("purpose", WAITS)
def test_MY_SMS_031_what_is_pushed_on_a_day_off_waits_for_the_next_day(purpose):
    answer = ask(purpose, off=on(date(2026, 11, 24), "Pesta Kaamatan"))

    assert answer == Later(datetime(2026, 11, 25, 8, tzinfo=KUCHING), "a day off: Pesta Kaamatan")


@pytest.mark.parametrize("purpose", ["reply", "call"])
def test_MY_SMS_031_who_is_learning_on_a_day_off_is_answered(purpose):
    assert ask(purpose, off=lambda day: "Pesta Kaamatan") == Yes()


def test_MY_SMS_031_the_evening_before_waits_past_the_days_off():
    """Two holidays in a row, and the third is the coordinator's own."""
    days_off = [date(2026, 11, day) for day in (25, 26, 27)]

    answer = ask(clock="21:00", off=lambda day: "raya" if day in days_off else "")

    assert answer == Later(datetime(2026, 11, 28, 8, tzinfo=KUCHING), "outside 08:00-20:00")


def test_a_calendar_full_of_days_off_holds_nothing_for_ever():
    answer = ask(off=lambda day: "closed")

    assert isinstance(answer, Later)
    assert answer.until - at("12:00") < timedelta(days=policy.LONGEST_OFF + 1)


def test_a_purpose_that_no_rule_names_is_kept_to_the_rules_of_a_nudge():
    assert ask("poem", opted_out=True) == No("opted out")
    assert isinstance(ask("poem", "23:00"), Later)


# --- the rules as data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", policy.rules().values(), ids=lambda rule: rule.id)
def test_every_rule_has_a_test_of_its_name_and_its_sources_in_the_guide(rule):
    guide = (settings.ROOT / "docs" / "sending.md").read_text(encoding="utf-8")
    tested = rule.id.replace("-", "_")

    assert any(name.startswith(f"test_{tested}_") for name in globals())
    assert rule.id in guide
    assert [source for source in rule.sources if source not in guide] == []
    assert rule.why
    assert rule.sources


@pytest.mark.parametrize(
    "written",
    [
        "- {id: MY-SMS-999, severity: block, purposes: [nudge], says: x, why: y}",
        "- {id: MY-SMS-016, severity: maybe, purposes: [nudge], says: x, why: y}",
        "- {id: MY-SMS-016, severity: block, purposes: [nudge], says: x}",
        "- {id: MY-SMS-016, severity: block, purposes: [nudge], says: x, why: y, wehn: z}",
        "- {id: MY-SMS-014, severity: block, purposes: [nudge], says: x, why: y, opens: eight}",
    ],
    ids=["unknown", "severity", "missing", "misspelt", "no time"],
)
def test_a_rule_that_cannot_be_kept_is_refused(tmp_path, written):
    file = tmp_path / "rules.yaml"
    file.write_text(written, encoding="utf-8")

    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, nothing is sent by rules half read
        policy.read(file)


# --- who can be reached ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "wrote", "gone"),
    [
        (None, None, False),
        (None, "09:00", False),
        ("12:00", None, True),
        ("12:00", "09:00", True),
        ("12:00", "12:00:01", False),
    ],
)
def test_what_she_sends_outdoes_what_a_provider_said_before(since, wrote, gone):
    assert policy.unreachable(since and at(since), wrote and at(wrote)) is gone
