"""The log: one JSON object a line, with ids; never a number, and never what a learner wrote, whatever goes wrong."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from bot.channels.base import ChannelError
from bot.logs import set_up
from bot.store import tables as t
from tests.bot.test_outbox import queue
from tests.bots import count, listener, to_a_certificate, villager
from tests.callers import TOKEN, Call, at_sms, at_ussd, make, twilio_sms, twilio_whatsapp
from workers import jobs, nudges, outbox

NUMBER = "+60111000123"
BARE = NUMBER.removeprefix("+")
SECRET = "rahsia hati saya"


@pytest.fixture
def told(capsys):
    """Every line logged so far, as what it says. Fails where one is no JSON object."""

    def told():
        lines = [line for line in capsys.readouterr().err.splitlines() if line]
        return [json.loads(line) for line in lines], "\n".join(lines)

    return told


def test_a_whole_journey_leaves_ids_and_nothing_else(bot, client, clock, told, monkeypatch):
    """On all channels, with words nobody expects, a nudge, a refusal, a forged request and a stop."""
    set_up(logging.DEBUG)
    monkeypatch.setattr(jobs, "_bot", bot)
    words = [*to_a_certificate(bot), SECRET, f"SEMAK {SECRET}", "data saya", "sijil"]
    for place, text in enumerate(words):
        make(client, twilio_sms(NUMBER, text, f"journey-{place}"))
        make(client, twilio_whatsapp(NUMBER, text, f"journey-{place}"))
        make(client, at_sms(NUMBER, text, f"journey-{place}"))
        make(client, at_ussd(NUMBER, text, f"journey-{place}"))
    make(client, Call(f"/webhooks/africastalking/sms/{TOKEN}x", {"from": NUMBER, "text": SECRET, "id": "1"}))
    make(client, Call(f"/webhooks/africastalking/sms/{TOKEN}", {"from": NUMBER, "text": SECRET}))
    make(client, twilio_sms("22384", SECRET, "short-code"))
    villager(bot, "+60111000124")
    for name in ("africastalking_sms", "twilio_sms"):
        listener(bot, name).refusals.extend(
            [ChannelError("21211"), ChannelError("20429", retryable=True), KeyError(NUMBER)]
        )
    for _ in range(3):
        jobs.look()
        jobs.deliver(jobs.BULK)
        clock.turn(timedelta(hours=25))
    make(client, twilio_sms(NUMBER, "STOP", "stop"))

    entries, everything = told()

    assert sum(entry["event"] == "heard" for entry in entries) >= 4 * len(words)
    assert any(entry["event"] == "not sent" for entry in entries)
    for private in (BARE, SECRET, "60111000124", TOKEN, "hati", "Elak penipuan"):
        assert private not in everything, private
    heard = next(entry for entry in entries if entry["event"] == "heard")
    assert {"event", "level", "logger", "timestamp", "channel", "learner", "inbound", "state"} == heard.keys()


@pytest.mark.parametrize("error", [ValueError(f"{SECRET} {NUMBER}"), KeyError(SECRET), OSError(28, SECRET, NUMBER)])
def test_an_exception_inside_a_turn_is_told_without_what_it_says(bot, app, told, error):
    set_up(logging.DEBUG)

    def broken(*_):
        raise RuntimeError(f"while reading {SECRET}") from error

    app.extensions["titian"] = replace(bot, conversations=replace(bot.conversations, advance=broken))

    answer = make(app.test_client(), twilio_sms(NUMBER, SECRET, "broken"))

    entries, everything = told()
    (entry,) = [entry for entry in entries if entry["level"] == "error"]
    assert answer.status == 500
    assert SECRET not in everything + answer.body
    assert BARE not in everything + answer.body
    assert entry["exception"] == f"builtins.RuntimeError < builtins.{type(error).__name__}"
    assert any("conversation.py" in frame for frame in entry["where"])


def test_an_error_of_the_database_is_told_without_the_row(bot, client, told):
    """Postgres itself names the whole row that it refuses: "Failing row contains (…)"."""
    set_up(logging.DEBUG)
    with bot.store.begin() as connection:
        if bot.store.on_sqlite:
            made = "CREATE TRIGGER refuse BEFORE INSERT ON inbound_message BEGIN SELECT RAISE(FAIL, 'rahsia hati saya'); END"
            connection.exec_driver_sql(made)
        else:
            connection.exec_driver_sql(
                "ALTER TABLE inbound_message ADD COLUMN required VARCHAR(20) NOT NULL DEFAULT NULL"
            )

    answer = make(client, twilio_sms(NUMBER, SECRET, "refused"))

    _, everything = told()
    assert answer.status >= 500
    assert SECRET not in everything + answer.body
    assert BARE not in everything + answer.body
    assert "request failed" in everything or "busy" in everything
    assert count(bot, t.inbound_message) == 0


def test_a_worker_whose_send_breaks_tells_ids(bot, told):
    set_up(logging.DEBUG)
    her = villager(bot, NUMBER)
    listener(bot, "twilio_sms").refusals.append(KeyError(NUMBER))
    (message,) = queue(bot, her=her)
    outbox.deliver(bot, 1, most=1)

    entries, everything = told()
    assert BARE not in everything
    assert [entry["outbound"] for entry in entries if entry["event"] == "sending failed"] == [message]


def test_a_nudge_that_breaks_tells_whose_it_was(bot, told, clock):
    set_up(logging.DEBUG)
    her = villager(bot, NUMBER)
    with bot.store.begin() as connection:
        connection.execute(update(t.conversation).values(session=f'{{"state": "{SECRET}'))
        connection.execute(insert(t.nudge).values(learner_id=her, turn=0, due_at=clock()))

    nudges.fire(bot)

    entries, everything = told()
    assert SECRET not in everything
    assert [entry["learner"] for entry in entries if entry["event"] == "not nudged"] == [her]


def test_only_extras_that_are_known_to_be_safe_are_kept(told):
    set_up(logging.DEBUG)
    logging.getLogger("bot.test").info("said", extra={"learner": 7, "text": SECRET, "phone": NUMBER})

    (entry,), _ = told()
    assert entry["learner"] == 7
    assert entry.keys() == {"event", "level", "logger", "timestamp", "learner"}


@pytest.mark.parametrize(
    "name", ["gunicorn.error", "rq.worker", "sqlalchemy.engine", "urllib3", "werkzeug", "twilio.http_client"]
)
def test_other_peoples_lines_are_json_too(told, name):
    set_up(logging.DEBUG)
    logging.getLogger(name).error("two\nlines of %s", "something")

    entries, _ = told()
    assert [(entry["logger"], entry["event"]) for entry in entries] == [(name, "two\nlines of something")]


@pytest.mark.parametrize("name", ["werkzeug", "twilio.http_client", "urllib3.connectionpool"])
def test_whole_urls_and_numbers_that_libraries_tell_are_not_kept(told, name):
    set_up(logging.DEBUG)
    logging.getLogger(name).info("POST /webhooks/africastalking/sms/%s from %s", TOKEN, NUMBER)

    assert told() == ([], "")
