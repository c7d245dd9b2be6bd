"""Messages that failed: listed with the reason, sent again by one command, and never one that may have arrived."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from bot import dead_letters, pushes, receipts
from bot.channels.base import ChannelError, Receipt, Refusal, Status
from bot.cli import outbox as command
from bot.store import tables as t
from tests.bots import listener, rows, villager
from workers import outbox

SMS = "twilio_sms"


@pytest.fixture
def send(bot):
    """Let a worker send what is due."""
    return lambda: outbox.deliver(bot, pushes.BULK, most=10_000)


@pytest.fixture
def titian(bot, monkeypatch):
    """Give `titian outbox` a command line; the bot is the test's own."""
    monkeypatch.setattr(command, "wired", lambda: bot)
    return lambda *words, **more: CliRunner().invoke(command.outbox, words, **more)


def queue(bot, *texts, number="+60111000001", channel=SMS, **more):
    """Messages that wait for one learner; returns their ids."""
    her = villager(bot, number, channel)
    address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
    made = []
    for place, text in enumerate(texts):
        row = pushes.row(her, "broadcast", bot.clock(), address_id=address, channel=channel, text=text)
        row["id"] = (made[0]["id"] if made else row["id"]) + place
        made.append(row | {"due_at": bot.clock()} | more)
    with bot.store.begin() as connection:
        for row in made:
            connection.execute(insert(t.outbound_message).values(row))
    return [row["id"] for row in made]


def row_of(bot, message_id):
    return bot.store.look(select(t.outbound_message).where(t.outbound_message.c.id == message_id))[0]


def refuse(bot, *codes, channel=SMS):
    listener(bot, channel).refusals.extend(ChannelError(code, refusal=Refusal.CONTENT) for code in codes)


def test_one_that_failed_goes_again_as_a_row_of_its_own(bot, send):
    (old,) = queue(bot, "Hai", course="sayur1", one_of=True)
    refuse(bot, "30007")
    send()
    assert row_of(bot, old).status == "failed"
    bot.clock.turn(timedelta(minutes=1))

    assert dead_letters.retry(bot.store, "Puan Rosli", ids=[old], now=bot.clock()) == 1
    send()

    before, after = rows(bot, t.outbound_message)
    assert [each.text for each in listener(bot, SMS).sent] == ["Hai"]
    assert (before.status, before.error) == ("cancelled", f"30007; goes again as {after.id}")
    assert (after.status, after.attempts, after.text) == ("sent", 1, "Hai")
    assert (after.course, after.one_of) == ("sayur1", True)


def test_asked_twice_it_goes_once(bot, send):
    queue(bot, "Hai")
    refuse(bot, "30007")
    send()

    counts = [dead_letters.retry(bot.store, "Puan Rosli", now=bot.clock()) for _ in range(3)]
    send()

    assert counts == [1, 0, 0]
    assert len(listener(bot, SMS).sent) == 1


def test_they_go_in_the_order_in_which_they_were_said(bot, send):
    queue(bot, *[f"n {n:02}" for n in range(40)])
    refuse(bot, *["30007"] * 40)
    send()

    dead_letters.retry(bot.store, "Puan Rosli", channel=SMS, now=bot.clock())
    send()

    assert [each.text for each in listener(bot, SMS).sent] == [f"n {n:02}" for n in range(40)]


def test_the_receipt_of_the_first_try_says_nothing_about_the_second(bot, send):
    (old,) = queue(bot, "Hai")
    refuse(bot, "30007")
    send()
    dead_letters.retry(bot.store, "Puan Rosli", now=bot.clock())

    receipts.settle(bot.store, Receipt(SMS, Status.FAILED, old, "SM-of-the-first", "30007"), now=bot.clock())
    send()

    assert sorted(row.status for row in rows(bot, t.outbound_message)) == ["cancelled", "sent"]


def test_who_has_said_stop_meanwhile_gets_nothing(bot, send):
    queue(bot, "Hai")
    refuse(bot, "30007")
    send()
    with bot.store.begin() as connection:
        connection.execute(t.address.update().values(opted_out_at=bot.clock()))

    dead_letters.retry(bot.store, "Puan Rosli", now=bot.clock())
    send()

    assert listener(bot, SMS).sent == []
    assert {row.error for row in rows(bot, t.outbound_message) if "goes again" not in row.error} == {"opted out"}


def test_an_announcement_keeps_its_count(bot, send):
    queue(bot, "Kelas esok.", broadcast_id=7)
    refuse(bot, "30007")
    send()

    dead_letters.retry(bot.store, "Puan Rosli", now=bot.clock())
    send()

    of_it = [row for row in rows(bot, t.outbound_message) if row.broadcast_id == 7]
    assert [row.status for row in of_it] == ["sent"]


def test_who_asked_is_in_the_audit(bot, send):
    (old,) = queue(bot, "Hai")
    refuse(bot, "30007")
    send()

    dead_letters.retry(bot.store, "Puan Rosli", now=bot.clock())

    (event,) = rows(bot, t.audit_event)
    assert (event.who, event.did, event.about) == ("Puan Rosli", "retry", f"1 messages, the first {old}")


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_lists_what_failed_by_reason_and_which_channel_rests(bot, send, titian):
    queue(bot, "a", "b", "c")
    refuse(bot, "30007", "30007")
    send()
    queue(bot, *"defgh", number="+60111000002", channel="africastalking_sms")
    no_credit = ChannelError("405", refusal=Refusal.CONFIGURATION)
    listener(bot, "africastalking_sms").refusals.extend([no_credit] * 100)
    for _ in range(3):
        send()

    shown = titian().output

    assert "2 failed on twilio_sms: 30007" in shown
    assert "channel africastalking_sms: rests since 2026-11-24 01:00 UTC: 405 (configuration); tried at " in shown
    assert "       5 queued" in shown


def test_the_command_sends_again_and_tries_the_channel_at_once(bot, send, titian):
    queue(bot, "a")
    refuse(bot, "30007")
    send()
    queue(bot, *"bcde", number="+60111000002")
    listener(bot, SMS).refusals.extend([ChannelError("20003", refusal=Refusal.CONFIGURATION)] * 4)
    send()
    assert send() == 0
    bot.clock.turn(timedelta(seconds=5))

    done = titian("retry", "--channel", SMS, "--by", "Puan Rosli", input="y\n")
    send()

    assert "Send 1 messages again?" in done.output
    assert "twilio_sms is tried again now." in done.output
    assert "1 message goes again." in done.output
    assert len(listener(bot, SMS).sent) == 1  # the others are due a minute after their channel rested


def test_the_command_says_why_a_message_does_not_go_again(bot, send, titian):
    sent, lost, waiting = queue(bot, "a", "b", "c")
    listener(bot, SMS).refusals.extend([ChannelError("ReadTimeout", ambiguous=True)])
    with bot.store.begin() as connection:
        later = bot.clock() + timedelta(days=1)
        connection.execute(
            t.outbound_message.update().where(t.outbound_message.c.id == max(sent, lost, waiting)).values(due_at=later)
        )
    send()
    by_status = {row.status: row.id for row in rows(bot, t.outbound_message)}

    done = titian("retry", *map(str, [*by_status.values(), 1]), "--by", "Puan Rosli")

    assert f"{by_status['sent']}: it is sent, not failed." in done.output
    assert f"{by_status['undetermined']}: it may have arrived, so it is not sent again." in done.output
    assert f"{by_status['queued']}: it is waiting to be sent already." in done.output
    assert "1: there is no message with this id." in done.output
    assert "0 messages go again." in done.output


@pytest.mark.parametrize("words", [(), ("--all", "1"), ("--channel", SMS, "--all")])
def test_the_command_wants_to_know_which(titian, words):
    done = titian("retry", "--by", "Puan Rosli", *words)

    assert done.exit_code == 2
    assert "Name messages by their ids" in done.output
