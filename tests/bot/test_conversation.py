"""One message is one turn, once: again and again, at the same moment, on three channels, in a call that drops."""

import pytest

from bot.store import tables as t
from bot.store.tables import inbound_message
from tests.bots import at_the_same_moment, count, keys_to_a_certificate, listener, rows, to_a_certificate
from tests.callers import UssdCall, at_sms, at_ussd, make, twilio, twilio_sms, twilio_whatsapp

NUMBER = "+60111000001"
AT_ONCE = 8


def says_all(client, number, *texts):
    return [make(client, twilio_sms(number, text, f"{number[-3:]}{place}")) for place, text in enumerate(texts)][-1]


def turns(bot):
    return sorted(row.turn for row in rows(bot, inbound_message))


# --- the provider's retry -------------------------------------------------------------------------------------------


def test_a_retry_gets_the_same_words_and_moves_nothing(bot, client):
    says_all(client, NUMBER, "hai", "1")
    agreed = twilio_sms(NUMBER, "1", "agreed")
    first = make(client, agreed)
    before = rows(bot, t.conversation), count(bot, t.outbound_message)

    again = [make(client, agreed) for _ in range(3)]

    assert [each.body for each in again] == [first.body] * 3
    assert (rows(bot, t.conversation), count(bot, t.outbound_message)) == before


def test_a_retry_long_after_gets_the_words_of_then(bot, client, clock):
    hai = twilio_sms(NUMBER, "hai", "first")
    first = make(client, hai)
    says_all(client, NUMBER, "1", "1", "B")

    assert make(client, hai).body == first.body


@pytest.mark.parametrize("call", [twilio_sms, twilio_whatsapp, at_sms, at_ussd])
def test_the_same_message_at_the_same_moment_is_heard_once(bot, app, call):
    """The first message ever is the hardest: nobody knows her yet."""
    hai = call(NUMBER, "", "same")

    answers = at_the_same_moment(*[lambda: make(app.test_client(), hai)] * AT_ONCE)

    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert turns(bot) == [1]
    assert count(bot, t.learner) == 1
    assert count(bot, t.conversation) == 1


def test_the_same_answer_at_the_same_moment_is_graded_once(bot, app, client):
    says_all(client, NUMBER, "hai", "1", "1")
    answer = twilio_sms(NUMBER, "B", "graded")

    answers = at_the_same_moment(*[lambda: make(app.test_client(), answer)] * AT_ONCE)

    assert len({answer.body for answer in answers}) == 1
    assert count(bot, t.answer) == 1
    assert count(bot, t.lesson_pass) == 1
    assert turns(bot) == [1, 2, 3, 4]


# --- two at once ----------------------------------------------------------------------------------------------------


def test_different_messages_at_once_are_all_heard_one_after_the_other(bot, app, client):
    """None is lost and none is heard in the middle of another: turns without a gap, as if they had come in a row."""
    says_all(client, NUMBER, "hai", "1", "1")

    answers = at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, "MENU", f"at-once-{n}")) for n in range(AT_ONCE)]
    )

    assert all(answer.status == 200 and answer.texts for answer in answers)
    assert turns(bot) == list(range(1, 4 + AT_ONCE))
    assert rows(bot, t.conversation)[0].turn == 3 + AT_ONCE


def test_two_answers_to_one_question_at_once_are_two_turns(bot, app, client):
    """The second answers what the first led to: both are kept, and nothing is graded twice for one question."""
    says_all(client, NUMBER, "hai", "1", "1")

    at_the_same_moment(
        lambda: make(app.test_client(), twilio_sms(NUMBER, "A", "wrong")),
        lambda: make(app.test_client(), twilio_sms(NUMBER, "B", "right")),
    )

    heard = [row.text for row in sorted(rows(bot, inbound_message), key=lambda row: row.turn)][3:]
    graded = [(row.option, row.attempt) for row in sorted(rows(bot, t.answer), key=lambda row: row.attempt)]
    assert sorted(heard) == ["A", "B"]
    assert graded == ([("tap", 1), ("report", 2)] if heard == ["A", "B"] else [("report", 1)])


def test_two_first_messages_at_once_make_one_learner(bot, app):
    at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, "hai", f"first-{n}")) for n in range(AT_ONCE)]
    )

    assert count(bot, t.learner) == count(bot, t.conversation) == 1
    assert turns(bot) == list(range(1, AT_ONCE + 1))


def test_first_messages_on_three_channels_at_once_make_one_learner(bot, app):
    at_the_same_moment(
        lambda: make(app.test_client(), twilio_sms(NUMBER, "hai", "by-sms")),
        lambda: make(app.test_client(), twilio_whatsapp(NUMBER, "hai", "by-whatsapp")),
        lambda: make(app.test_client(), at_ussd(NUMBER, "", "by-ussd")),
        lambda: make(app.test_client(), at_sms(NUMBER, "hai", "by-at")),
    )

    assert count(bot, t.learner) == count(bot, t.conversation) == 1
    assert {row.learner_id for row in rows(bot, t.address)} == {rows(bot, t.learner)[0].id}
    assert turns(bot) == [1, 2, 3, 4]


def test_many_learners_at_once_do_not_hold_each_other_up(bot, app):
    numbers = [f"+60111000{n:03}" for n in range(AT_ONCE)]

    at_the_same_moment(
        *[lambda number=number: says_all(app.test_client(), number, "hai", "1", "1", "B") for number in numbers]
    )

    assert count(bot, t.learner) == AT_ONCE
    assert count(bot, t.answer) == AT_ONCE


# --- one person, three channels -------------------------------------------------------------------------------------


def test_one_number_is_one_learner_with_one_progress_on_every_channel(bot, client):
    says_all(client, NUMBER, "hai", "1", "1", "B")

    by_whatsapp = make(client, twilio_whatsapp(NUMBER, "status", "status"))
    by_ussd = make(client, at_ussd(NUMBER, "", "call"))
    by_at = make(client, at_sms(NUMBER, "status", "status"))

    assert "1/7" in by_whatsapp.text
    assert "1/7" in by_ussd.text
    assert by_at.status == 200
    assert any("1/7" in row.text for row in rows(bot, t.outbound_message) if row.channel == "africastalking_sms")
    assert count(bot, t.learner) == 1


def test_somebody_met_on_whatsapp_goes_on_by_sms(bot, client):
    for place, text in enumerate(["hai", "1", "1", "B"]):
        make(client, twilio_whatsapp(NUMBER, text, f"wa{place}"))

    answer = make(client, twilio_sms(NUMBER, "status", "status"))

    assert "1/7" in answer.text
    assert count(bot, t.learner) == 1


def test_a_whatsapp_user_without_a_number_is_a_learner_too(bot, client):
    who = "MY.1502576394655843"

    for place, text in enumerate(["hai", "1", "1", "B"]):
        answer = make(client, twilio_whatsapp(who, text, f"bsuid{place}"))

    assert "1/7" in answer.text
    assert [row.identifier for row in rows(bot, t.address)] == [who]


# --- USSD -----------------------------------------------------------------------------------------------------------


def call(client, name="call", *keys):
    """A call with these keys pressed."""
    made = UssdCall(lambda request: make(client, request), NUMBER, name)
    made.dials()
    for key in keys:
        made.presses(key)
    return made


def test_a_dropped_call_resumes_at_the_same_screen(bot, client):
    """On every screen of a whole course: dialling again shows where she is, and answering there goes on."""
    for place, key in enumerate(keys_to_a_certificate(bot)):
        dropped, again = (UssdCall(lambda request: make(client, request), NUMBER, f"{n}-{place}") for n in (1, 2))
        shown = dropped.dials()
        assert again.dials().text == shown.text
        assert not again.presses(key).ends

    assert count(bot, t.certificate) == 1
    assert count(bot, t.answer) == 7


def test_everything_typed_so_far_is_read_by_position(bot, client):
    made = call(client, "call", *keys_to_a_certificate(bot))

    assert len("*".join(made.typed)) > 40
    assert count(bot, t.certificate) == 1
    assert {row.attempt for row in rows(bot, t.answer)} == {1}


def test_a_star_she_types_shifts_nothing(bot, client):
    """Her own "*" looks like the one between two inputs; by position it cannot be taken for one."""
    made = call(client, "call", "1", "1")

    missed = made.presses("a*3*3")
    right = made.presses("2")

    assert missed.status == 200
    assert [row.option for row in rows(bot, t.answer)] == ["report"]
    assert "1/7" in right.text


def test_stars_alone_shift_nothing(bot, client):
    made = call(client, "call", "1", "1")

    made.presses("*")
    made.presses("**")
    made.presses("")
    right = made.presses("2")

    assert "1/7" in right.text
    assert count(bot, t.answer) == 1


def test_a_hop_that_comes_again_shows_the_same_screen_and_counts_once(bot, client):
    made = call(client, "call", "1", "1")
    made.typed.append("2")
    first = make(client, made.hop())

    again = make(client, made.hop())

    assert again.body == first.body
    assert count(bot, t.answer) == 1


def test_an_early_hop_that_comes_again_late_moves_nothing(bot, client):
    made = UssdCall(lambda request: make(client, request), NUMBER, "call")
    first = make(client, made.hop())
    for key in ("1", "1", "2"):
        made.presses(key)

    late = make(client, at_ussd(NUMBER, "", "call"))
    on = made.presses("1")

    assert late.body == first.body
    assert on.text.startswith("2/7")


def test_a_call_heard_only_from_its_middle_is_understood(bot, client):
    """The hops before were lost, or went to another server: its last words are what she means."""
    call(client, "first", "1", "1")

    answer = make(client, at_ussd(NUMBER, "9*9*2", "never-heard-of"))

    assert "1/7" in answer.text


def test_a_long_screen_is_read_page_by_page_and_no_page_twice(bot, client):
    made = call(client, "call", "1")

    pages = made.presses("1").texts

    assert all(len(page) <= 160 for page in pages)
    assert "98" in made.typed


# --- STOP -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", " Berhenti!! ", "batal"])
def test_stop_is_heard_as_the_very_first_message(bot, client, word):
    answer = make(client, twilio_sms(NUMBER, word, "stop"))

    assert "MULA" in answer.text
    assert all(row.opted_out_at for row in rows(bot, t.address))
    assert count(bot, t.nudge) == 0


def test_stop_holds_on_every_channel_even_one_she_comes_to_later(bot, client):
    says_all(client, NUMBER, "hai", "1", "1", "STOP")

    make(client, twilio_whatsapp(NUMBER, "hello", "later"))

    assert len(rows(bot, t.address)) == 2
    assert all(row.opted_out_at for row in rows(bot, t.address))
    assert count(bot, t.nudge) == 0


def test_mula_after_stop_opens_every_channel_again(bot, client):
    says_all(client, NUMBER, "hai", "1", "1", "STOP")
    make(client, twilio_whatsapp(NUMBER, "hello", "later"))

    make(client, twilio_whatsapp(NUMBER, "MULA", "back"))

    assert not any(row.opted_out_at for row in rows(bot, t.address))


def test_a_stop_that_twilio_has_answered_is_obeyed_in_silence(bot, client):
    says_all(client, NUMBER, "hai", "1", "1")
    stop = twilio_sms(NUMBER, "BERHENTI", "stop")
    form = dict(stop.form) | {"OptOutType": "STOP"}

    answer = make(client, twilio("sms", form, "stop-2"))

    assert answer.texts == ()
    assert rows(bot, t.address)[0].opted_out_at is not None


def test_a_number_with_a_new_owner_begins_anew_and_knows_nothing_of_the_old(bot, app, client):
    says_all(client, NUMBER, "hai", "1", "1", "B", "bukan saya")

    at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, "hai", f"new-owner-{n}")) for n in range(3)]
    )

    answer = make(client, twilio_sms(NUMBER, "status", "status"))
    assert "1/7" not in answer.text
    assert rows(bot, t.address)[0].opted_out_at is None


# --- a whole course -------------------------------------------------------------------------------------------------


def test_a_whole_course_ends_in_one_certificate(bot, client):
    answer = says_all(client, NUMBER, *to_a_certificate(bot))

    code = rows(bot, t.certificate)[0].code
    assert bot.check_certificate(code).verdict == "valid"
    assert bot.check_certificate(code).code in answer.text
    assert count(bot, t.answer) == count(bot, t.lesson_pass) == 7
    assert listener(bot, "twilio_sms").sent == []  # it all rode on the responses


def test_every_word_we_understand_gets_an_answer(bot, client):
    """Each leads to other rows, so each is said once on both databases."""
    intents = sorted(set(bot.library().keywords.intents.values()))
    said = {intent: phrase for phrase, intent in bot.library().keywords.intents.items()}

    for place, intent in enumerate(intents):
        number = f"+601110001{place:02}"
        says_all(client, number, "hai", "1", "1")
        answer = make(client, twilio_sms(number, said[intent], intent))
        assert answer.status == 200, intent
        assert answer.texts, intent
