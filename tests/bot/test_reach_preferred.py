"""The channel she likes best: she says it by a word, what we send by ourselves follows it, replies go where she writes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import broadcasts, pushes
from bot.audience import Audience
from bot.store import tables as t
from bot.store.addresses import reached
from tests.bots import rows
from tests.callers import make, twilio_sms, twilio_whatsapp

NUMBER = "+60111000001"


def way(bot, prefers=None):
    found = bot.pushes.way(
        bot.store.look(select(*reached()).order_by(t.address.c.last_inbound_at.desc().nulls_last())),
        at=bot.clock(),
        prefers=prefers,
    )
    assert isinstance(found, pushes.Way)
    return found.channel.name


def writes(client, clock, *channels):
    for place, by in enumerate(channels):
        for words in ("hai", "1", "1"):
            clock.turn(timedelta(minutes=1))
            make(client, by(NUMBER, words, f"{place}-{words}-{clock()}"))


def prefers(bot):
    return [row.prefers for row in rows(bot, t.learner)]


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("SMS", "sms"),
        ("melalui sms", "sms"),
        ("WHATSAPP", "whatsapp"),
        ("wasap", "whatsapp"),
        ("by whatsapp", "whatsapp"),
    ],
)
def test_a_word_says_it(bot, client, clock, word, kept):
    writes(client, clock, twilio_sms)

    make(client, twilio_sms(NUMBER, word, "prefers"))

    assert prefers(bot) == [kept]


def test_it_may_be_changed_as_often_as_she_likes(bot, client, clock):
    writes(client, clock, twilio_sms)

    make(client, twilio_sms(NUMBER, "whatsapp", "first"))
    make(client, twilio_sms(NUMBER, "sms", "second"))

    assert prefers(bot) == ["sms"]


@pytest.mark.parametrize(
    ("language", "said"), [("1", "Kami tulis kepada anda melalui SMS."), ("2", "We write to you by SMS.")]
)
def test_status_says_it_in_her_language(world, language, said):
    world.says_all("hai", language, "1")
    assert said not in world.says("STATUS")

    assert said in world.says("SMS")
    assert said in world.says("STATUS")


def test_without_a_word_of_hers_it_is_where_she_wrote_last(bot, client, clock):
    writes(client, clock, twilio_whatsapp, twilio_sms)
    assert way(bot) == "twilio_sms"

    writes(client, clock, twilio_whatsapp)
    assert way(bot) == "twilio_whatsapp"


def test_what_we_send_follows_her_word_and_not_where_she_wrote_last(bot, client, clock):
    writes(client, clock, twilio_sms, twilio_whatsapp)

    assert way(bot, "sms") == "twilio_sms"
    writes(client, clock, twilio_sms)
    assert way(bot, "whatsapp") == "twilio_whatsapp"


def test_who_has_only_written_on_whatsapp_may_have_sms(bot, client, clock):
    writes(client, clock, twilio_whatsapp)

    assert way(bot, "sms") == "twilio_sms"


def test_who_has_never_written_on_whatsapp_is_not_written_to_there(bot, client, clock):
    writes(client, clock, twilio_sms)

    assert way(bot, "whatsapp") == "twilio_sms"


def test_when_whatsapps_window_is_shut_it_comes_by_sms_all_the_same(bot, client, clock):
    writes(client, clock, twilio_whatsapp)
    clock.turn(timedelta(hours=25))

    assert way(bot, "whatsapp") == "twilio_sms"


@pytest.mark.parametrize(("word", "channel"), [("sms", "twilio_sms"), ("whatsapp", "twilio_whatsapp")])
def test_an_announcement_goes_by_it_to_each_learner_once(bot, client, clock, word, channel):
    writes(client, clock, twilio_sms, twilio_whatsapp)
    make(client, (twilio_sms if word == "whatsapp" else twilio_whatsapp)(NUMBER, word, "prefers"))
    clock.turn(timedelta(minutes=1))
    broadcasts.approve(bot.store, "Puan Rosli", {"ms": "Esok cuti.", "en": "Closed."}, Audience(), now=clock())

    while broadcasts.spread(bot.store, bot.pushes, now=clock()):
        pass

    assert [row.channel for row in rows(bot, t.outbound_message) if row.purpose == "broadcast"] == [channel]
