"""Calls that drop: she lands where she was, one SMS tells her how to go on, and nothing of hers is lost or done twice."""

import logging
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot import gsm
from bot.app import create_app
from bot.store import tables as t
from flows.lessons.calls import DROPPED_AFTER, SAME_CALL
from tests.bot.channels import payloads as p
from tests.bots import at_the_same_moment, listener, rows, villager
from tests.callers import at_sms, at_ussd, make, twilio_sms, twilio_whatsapp
from tests.world import TAG
from workers import calls, jobs

KUCHING = ZoneInfo("Asia/Kuching")
NUMBER = "+60111000001"
TO_A_QUESTION = ("1", "1")  # Malay, agreed: the first page of the first lesson


class Phone:
    """Her phone, key by key, as Africa's Talking brings it: no page is turned for her."""

    def __init__(self, client, number=NUMBER):
        self.client, self.number = client, number
        self.calls, self.typed, self.name = 0, [], ""

    def dials(self, *keys):
        """Open a call, press keys, and return the last screen."""
        self.calls += 1
        self.name, self.typed = f"{self.number[-3:]}-{self.calls}", []
        answer = make(self.client, at_ussd(self.number, "", self.name))
        return self.presses(*keys) if keys else answer

    def presses(self, *keys):
        """Press keys, one screen after the other, and return the last one."""
        for key in keys:
            self.typed.append(key)
            answer = make(self.client, at_ussd(self.number, "*".join(self.typed), self.name))
        return answer

    def page(self, number):
        """Turn to that page of the lesson's first screen."""
        return self.presses(*["98"] * (number - 1)) if number > 1 else None

    def to_the_keys(self, answer):
        """Turn pages until nothing is left to turn to."""
        while answer.text.endswith("\n98 Lagi"):
            answer = self.presses("98")
        return answer


@pytest.fixture
def phone(client):
    return Phone(client)


@pytest.fixture
def passes(bot, clock, monkeypatch):
    """Turn the clock on, minute by minute, the workers looking each time."""
    monkeypatch.setattr(jobs, "_bot", bot)

    def passes(**time):
        until = clock() + timedelta(**time)
        while clock() < until:
            clock.turn(min(timedelta(minutes=1), until - clock()))
            jobs.look()
            jobs.deliver(jobs.BULK)

    return passes


def hangs_up(client, phone, *, status="Incomplete", token=p.TOKEN):
    """Africa's Talking tells us that the call is over."""
    form = {
        "sessionId": f"ATUid_{phone.name}",
        "phoneNumber": phone.number,
        "status": status,
        "durationInMillis": "4200",
    }
    form |= {"hopsCount": "3", "input": "1*1", "lastAppResponse": "CON Soalan", "errorMessage": ""}
    return client.post(f"/webhooks/africastalking/ussd/{token}", data=form)


def as_in_this_call(phone):
    """The phone as it was in its present call."""
    before = Phone(phone.client, phone.number)
    before.name = phone.name
    return before


def told(bot):
    """What was sent about a call."""
    return [row for row in rows(bot, t.outbound_message) if row.purpose == "call" and row.status == "sent"]


# --- dialling again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("minutes", [0, 1, 10])
def test_who_dials_again_within_ten_minutes_sees_the_very_page_she_was_at(phone, clock, page, minutes):
    shown = phone.dials(*TO_A_QUESTION)
    shown = phone.page(page) or shown

    clock.turn(timedelta(minutes=minutes))
    again = phone.dials()

    assert again.body == shown.body
    assert again.body.startswith("CON ")


def test_and_from_there_everything_goes_on_98_included(bot, phone, clock):
    second = phone.dials(*TO_A_QUESTION, "98")
    third = phone.presses("98")
    phone.dials()
    clock.turn(timedelta(minutes=2))
    dropped_at_the_second = Phone(phone.client, "+60111000002")
    assert dropped_at_the_second.dials(*TO_A_QUESTION, "98").text == second.text

    dropped_at_the_second.dials()

    assert dropped_at_the_second.presses("98").text == third.text


def test_the_words_about_her_last_answer_are_there_again(phone, clock):
    """Described anew, the state would show the question without them."""
    at_keys = phone.to_the_keys(phone.dials(*TO_A_QUESTION))
    wrong = phone.presses("1")
    assert "Belum tepat" in wrong.text
    assert wrong.text != at_keys.text

    assert phone.dials().text == wrong.text


def test_dialling_again_and_again_moves_nothing(bot, phone):
    shown = phone.dials(*TO_A_QUESTION)
    before = rows(bot, t.conversation)[0].session

    assert {phone.dials().body for _ in range(4)} == {shown.body}
    assert rows(bot, t.conversation)[0].session == before


def test_what_she_did_by_sms_meanwhile_is_where_the_next_call_begins(bot, phone, client):
    phone.dials(*TO_A_QUESTION)
    make(client, twilio_sms(NUMBER, "MENU", "menu"))

    assert phone.dials().text.startswith("MENU")


def test_after_the_end_of_a_call_she_is_not_shown_that_end(phone):
    phone.dials(*TO_A_QUESTION)
    ended = phone.presses("KELUAR")
    assert ended.ends

    again = phone.dials()

    assert not again.ends
    assert again.text != ended.text


def test_later_she_is_asked_whether_to_go_on_and_1_takes_her_there(phone, clock):
    first_page = phone.dials(*TO_A_QUESTION)
    phone.presses("98")

    clock.turn(SAME_CALL + timedelta(seconds=1))
    asked = phone.dials()

    assert asked.text == "Selamat kembali.\nElak penipuan dalam talian: pelajaran 1/7.\n1 Sambung\n2 Menu"
    assert not asked.ends
    assert phone.presses("1").text == first_page.text


@pytest.mark.parametrize("key", ["2", "00"])
def test_and_2_or_00_to_the_main_menu(phone, clock, key):
    phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(days=3))

    phone.dials()

    assert phone.presses(key).text.startswith("MENU\n1 ")


@pytest.mark.parametrize("key", ["0", "98", "SAMBUNG"])
def test_and_so_do_the_other_words_for_going_on(phone, clock, key):
    first_page = phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(days=3))
    phone.dials()

    again = phone.presses(key)

    assert again.text == first_page.text


def test_a_key_of_the_question_she_does_not_see_is_no_answer_to_it(bot, phone, clock):
    """Option 3 is three days and two screens away."""
    phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(days=3))
    phone.dials()

    missed = phone.presses("3")

    assert rows(bot, t.answer) == []
    assert missed.text.endswith("1 Sambung\n2 Menu\nTekan 1-2")


def test_a_letter_by_sms_still_answers_the_question(bot, phone, client, clock):
    phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(days=3))
    phone.dials()

    make(client, twilio_sms(NUMBER, "B", "letter"))

    assert [row.option for row in rows(bot, t.answer)] == ["report"]


def test_the_question_whether_to_go_on_may_drop_too(phone, clock):
    first_page = phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(hours=1))
    asked = phone.dials()
    clock.turn(timedelta(minutes=1))
    assert phone.dials().text == asked.text
    clock.turn(timedelta(hours=1))
    assert phone.dials().text == asked.text

    assert phone.presses("1").text == first_page.text


def test_before_she_has_agreed_there_is_nothing_to_go_on_with(phone, clock):
    greeting = phone.dials()
    clock.turn(timedelta(hours=1))

    assert phone.dials().text == greeting.text


def test_after_stop_she_is_shown_how_to_come_back_and_no_lesson(phone, clock):
    phone.dials(*TO_A_QUESTION)
    phone.presses("STOP")
    clock.turn(timedelta(hours=1))

    assert phone.dials().text == "Anda telah berhenti menerima mesej kami.\n1 Mula semula"


def test_at_the_main_menu_she_is_not_asked_whether_to_go_on_to_the_main_menu(phone, clock):
    menu = phone.dials(*TO_A_QUESTION, "00")
    clock.turn(timedelta(hours=1))

    assert phone.dials().text == menu.text


def test_the_simulator_dials_the_same(world_on_both):
    world = world_on_both
    world.dials()
    world.presses("2")
    page = world.presses("1")
    second = world.presses("98")
    assert world.dials() == second

    world.passes(minutes=11)

    assert world.dials().split("\n")[-2:] == ["1 Go on", "2 Main menu"]
    assert world.presses("1") == page


# --- read by position -----------------------------------------------------------------------------------------------


def test_in_the_next_call_the_count_starts_anew(bot, phone):
    """What was typed in the first call is longer than all of the second: nothing of it is waited for."""
    phone.dials(*TO_A_QUESTION, "98", "98", "99999999", "xxxxxxxxxxxxx", "98", "98")

    phone.to_the_keys(phone.dials())
    answer = phone.presses("2")

    assert "1/7" in answer.text
    assert [row.option for row in rows(bot, t.answer)] == ["report"]


@pytest.mark.parametrize("typed", ["*", "**", "1*", "*1", "a*3*3", "9*9"])
def test_a_star_she_types_shifts_nothing_in_the_call_or_the_next(bot, phone, typed):
    phone.dials(*TO_A_QUESTION, "98", "98")
    phone.to_the_keys(phone.presses(typed))

    phone.to_the_keys(phone.dials())
    phone.to_the_keys(phone.presses("*"))
    answer = phone.presses("2")

    assert "1/7" in answer.text
    assert [row.option for row in rows(bot, t.answer) if row.correct] == ["report"]


def test_a_hop_of_the_first_call_that_comes_again_after_redialling_moves_nothing(bot, phone, client):
    phone.dials(*TO_A_QUESTION)
    hop = at_ussd(NUMBER, "1*1", phone.name)
    first = make(client, hop)
    phone.dials("98")

    late = make(client, hop)

    assert late.body == first.body
    assert phone.to_the_keys(phone.presses("98")).text.endswith("3 Kongsi dengan kawan")


# --- a wrong key ----------------------------------------------------------------------------------------------------


def test_a_wrong_key_on_a_page_shows_that_page_and_says_what_to_press_and_the_third_moves_on(phone):
    first = phone.dials(*TO_A_QUESTION)
    second = phone.presses("98")
    other = Phone(phone.client, "+60111000002")
    other.dials(*TO_A_QUESTION)

    missed = [other.presses(key) for key in ("7", "xyz", "8")]

    assert [each.text for each in missed[:2]] == [first.text.replace("98 Lagi", "Tekan 98")] * 2
    assert missed[2].text == second.text
    assert not any(each.ends for each in missed)


def test_a_wrong_key_at_a_question_says_which_keys_work_then_hints_then_shows_a_way_out(phone):
    asked = phone.to_the_keys(phone.dials(*TO_A_QUESTION))
    question = asked.text.split("\n")[0]

    reason, hint, way_out = [phone.to_the_keys(phone.presses(key)) for key in ("7", "8", "9")]

    assert reason.text == f"{asked.text}\nTekan 1-3"
    assert question in hint.text
    assert question in way_out.text
    assert phone.presses("2").text.startswith("Betul!")


# --- an error of ours -----------------------------------------------------------------------------------------------


def breaking(bot):
    """The bot with a machine that breaks."""

    def breaks(*_):
        raise ZeroDivisionError("of nobody's telling")

    return replace(bot, conversations=replace(bot.conversations, advance=breaks))


def test_an_error_keeps_her_place_and_says_so(bot, phone, caplog):
    phone_at = phone.to_the_keys(phone.dials(*TO_A_QUESTION))
    before = rows(bot, t.conversation)
    broken = Phone(create_app(breaking(bot)).test_client())
    broken.name, broken.typed = phone.name, list(phone.typed)

    with caplog.at_level(logging.ERROR):
        logging.root.addHandler(caplog.handler)
        answer = broken.presses("2")

    assert answer.status == 200
    assert answer.body.startswith("END Sila cuba lagi. Jawapan anda selamat. ")
    assert rows(bot, t.conversation) == before
    assert "request failed" in caplog.text
    assert NUMBER not in caplog.text
    assert phone.dials().text == phone_at.text
    assert "1/7" in phone.presses("2").text


def test_an_error_by_sms_is_told_to_the_provider_which_brings_it_again(bot, phone):
    phone.dials(*TO_A_QUESTION)
    broken = create_app(breaking(bot)).test_client()

    assert make(broken, twilio_sms(NUMBER, "B", "again")).status == 500
    assert "1/7" in make(phone.client, twilio_sms(NUMBER, "B", "again")).text


# --- the SMS about a call that dropped ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_call_that_drops_at_a_question_is_followed_by_one_sms_after_three_minutes(bot, phone, passes, page):
    phone.dials(*TO_A_QUESTION)
    phone.page(page)

    passes(minutes=2)
    assert told(bot) == []
    passes(minutes=60)

    (sms,) = listener(bot, "africastalking_sms").sent
    assert sms.to == NUMBER
    assert sms.text == (
        f"{TAG}Elak penipuan dalam talian: panggilan terputus di pelajaran 1/7. "
        "Jawapan anda selamat. Dail semula atau hantar SAMBUNG."
    )
    assert [row.settled_at - rows(bot, t.address)[0].last_inbound_at for row in told(bot)] == [DROPPED_AFTER]


def test_what_it_says_can_be_done(bot, phone, client, passes):
    first_page = phone.dials(*TO_A_QUESTION)
    passes(minutes=4)

    assert phone.dials().text == first_page.text
    assert "1/7" in make(client, twilio_sms(NUMBER, "SAMBUNG", "on")).text


@pytest.mark.parametrize("call", [twilio_sms, twilio_whatsapp, at_sms, at_ussd])
def test_whatever_she_sends_on_whichever_channel_takes_it_away(bot, phone, client, passes, call):
    phone.dials(*TO_A_QUESTION)
    passes(minutes=2)

    make(
        client,
        call(NUMBER, "MENU" if call is not at_ussd else "1*1*00", "meanwhile" if call is not at_ussd else phone.name),
    )
    passes(minutes=30)

    assert told(bot) == []


def test_in_a_call_that_goes_on_each_key_puts_it_off(bot, phone, passes):
    phone.dials(*TO_A_QUESTION)
    for _ in range(4):
        passes(minutes=2)
        phone.presses("98")
    assert told(bot) == []

    passes(minutes=3)

    assert len(told(bot)) == 1


@pytest.mark.parametrize(
    "keys", [(), ("1",), (*TO_A_QUESTION, "00"), (*TO_A_QUESTION, "98", "98", "2"), (*TO_A_QUESTION, "KELUAR")]
)
def test_nowhere_but_at_a_question_and_not_after_the_end(bot, phone, passes, keys):
    """At the greeting, at the consent, at the menu, at the offer of the next lesson, after goodbye."""
    phone.dials(*keys)

    passes(minutes=30)

    assert told(bot) == []


def test_at_most_one_a_day(bot, phone, passes):
    phone.dials(*TO_A_QUESTION)
    for _ in range(4):
        passes(minutes=30)
        phone.dials("1")
    passes(minutes=30)
    assert len(told(bot)) == 1

    passes(hours=26)
    phone.dials("1")
    passes(minutes=30)

    assert len(told(bot)) == 2


def test_not_within_an_hour_of_another_push(bot, phone, passes):
    """The reminder after a day of silence has just told her how to go on."""
    phone.dials(*TO_A_QUESTION)
    passes(minutes=30)
    assert len(told(bot)) == 1

    passes(hours=24)
    phone.dials("1")
    passes(minutes=10)

    assert len(told(bot)) == 1


def test_not_after_stop_and_not_to_a_number_that_was_let_go(bot, phone, client, passes):
    for number, word in (("+60111000001", "STOP"), ("+60111000002", "STOP"), ("+60111000003", "bukan saya")):
        Phone(client, number).dials(*TO_A_QUESTION)
        make(client, twilio_sms(number, word, number[-3:]))

    passes(minutes=30)

    assert told(bot) == []


def test_at_night_it_is_left_out_and_not_sent_in_the_morning(bot, phone, clock, passes):
    clock.turn(timedelta(hours=10, minutes=58))  # 19:58: due at 20:01
    phone.dials(*TO_A_QUESTION)

    passes(hours=14)

    assert told(bot) == []
    assert [row for row in rows(bot, t.outbound_message) if row.purpose == "call"] == []


def test_one_that_waited_for_a_worker_past_closing_time_is_held_back(bot, phone, clock, passes):
    clock.turn(timedelta(hours=10, minutes=56, seconds=30))  # 19:56:30: due at 19:59:30
    phone.dials(*TO_A_QUESTION)
    clock.turn(DROPPED_AFTER)
    calls.fire(bot)
    clock.turn(timedelta(minutes=1))

    passes(hours=14)

    (held,) = [row for row in rows(bot, t.outbound_message) if row.purpose == "call"]
    assert (held.status, held.error) == ("cancelled", "outside 08:00-20:00")


def test_found_after_an_hours_outage_it_is_let_be(bot, phone, clock, passes):
    phone.dials(*TO_A_QUESTION)
    clock.turn(timedelta(hours=3))

    passes(minutes=30)

    assert told(bot) == []
    assert [row.drops_at for row in rows(bot, t.conversation)] == [None]


def test_without_a_channel_for_sms_there_is_none(bot, phone, clock):
    phone.dials(*TO_A_QUESTION)
    clock.turn(DROPPED_AFTER)
    channels = {name: channel for name, channel in bot.channels.items() if name != "africastalking_sms"}

    calls.fire(replace(bot, channels=channels, pushes=replace(bot.pushes, channels=channels)))

    assert [row for row in rows(bot, t.outbound_message) if row.purpose == "call"] == []


def test_eight_workers_at_once_tell_her_once(bot, phone, clock):
    phone.dials(*TO_A_QUESTION)
    clock.turn(DROPPED_AFTER)

    at_the_same_moment(*[lambda: calls.fire(bot)] * 8)

    assert len([row for row in rows(bot, t.outbound_message) if row.purpose == "call"]) == 1


def test_a_worker_that_dies_in_the_middle_has_written_nothing_and_taken_nothing(bot, phone, clock):
    phone.dials(*TO_A_QUESTION)
    clock.turn(DROPPED_AFTER)

    class Dies:
        def way(self, *_, **__):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calls.fire(replace(bot, pushes=Dies()))
    calls.fire(bot)

    assert len([row for row in rows(bot, t.outbound_message) if row.purpose == "call"]) == 1


def test_one_whose_row_is_broken_does_not_keep_the_others_from_theirs(bot, phone, clock):
    phone.dials(*TO_A_QUESTION)
    broken = villager(bot, "+60111000009")
    with bot.store.begin() as connection:
        connection.execute(
            update(t.conversation).where(t.conversation.c.learner_id == broken).values(session="{", drops_at=clock())
        )
    clock.turn(DROPPED_AFTER)

    calls.fire(bot)

    assert [row.learner_id != broken for row in rows(bot, t.outbound_message) if row.purpose == "call"] == [True]


def test_a_reply_between_written_and_sent_holds_it_back(bot, phone, client, clock, passes):
    phone.dials(*TO_A_QUESTION)
    clock.turn(DROPPED_AFTER)
    calls.fire(bot)

    phone.dials()
    passes(minutes=1)

    (held,) = [row for row in rows(bot, t.outbound_message) if row.purpose == "call"]
    assert (held.status, held.error) == ("cancelled", "she has written since")


def test_for_every_course_and_language_it_is_one_sms(bot):
    from bot.render import sms
    from flows.lessons.calls import said
    from flows.session import Enrolment, Session
    from flows.types import Say

    library = bot.library()
    for course in library.courses.values():
        session = Session(
            state="lesson.question",
            consented=True,
            course=course.id,
            enrolments=(Enrolment(course.id, course.version),),
        )
        for locale in ("ms", "en"):
            (text,) = sms(Say(said(session, library)), locale, bot.pushes.voice.catalogues, TAG).texts
            assert gsm.segments(text) == 1
            assert "balas" not in text.lower()
            assert not set("*#") & set(text)


# --- a provider that tells us of the end of a call ------------------------------------------------------------------


def test_a_call_whose_end_we_are_told_of_brings_its_sms_at_once(bot, client, phone, passes):
    phone.to_the_keys(phone.dials(*TO_A_QUESTION))

    assert hangs_up(client, phone).status_code == 200
    passes(minutes=1)

    assert len(told(bot)) == 1


def test_the_end_of_a_call_that_stood_at_no_question_brings_nothing(bot, client, phone, passes):
    phone.dials()

    hangs_up(client, phone)
    passes(minutes=10)

    assert told(bot) == []


def test_the_end_of_an_older_call_says_nothing_of_the_one_she_is_in(bot, client, phone, passes):
    phone.to_the_keys(phone.dials(*TO_A_QUESTION))
    older = as_in_this_call(phone)
    phone.dials()

    hangs_up(client, older)
    passes(minutes=1)

    assert told(bot) == []


def test_an_end_told_twice_or_of_nobody_we_know_does_no_harm(bot, client, phone, passes):
    phone.to_the_keys(phone.dials(*TO_A_QUESTION))
    stranger = Phone(client, "+60111000077")

    assert [hangs_up(client, each).status_code for each in (phone, stranger, phone)] == [200, 200, 200]
    passes(minutes=1)
    hangs_up(client, phone)
    passes(minutes=10)

    assert len(told(bot)) == 1


def test_an_end_without_our_secret_is_refused(client, phone):
    phone.dials(*TO_A_QUESTION)

    assert hangs_up(client, phone, token="wrong-token-0123456789").status_code == 403
