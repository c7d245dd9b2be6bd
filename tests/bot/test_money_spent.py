"""What was spent: sums that agree however they are told apart, days kept as sums, free messages, and budgets used up."""

import json
import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alembic import command as alembic
from alembic.config import Config
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings as examples, strategies as st
from sqlalchemy import create_engine, delete, event, insert, select, text

from bot import broadcasts, settings, wiring
from bot.audience import Audience
from bot.channels.base import RANK, Inbound, Status
from bot.cli import main
from bot.cli.db import bring_up_to_date
from bot.money import Budgets, Ledger, Prices, report, roll_up
from bot.money.prices import Allowance, Period, Route
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bot.channels.payloads import PUBLIC, US
from tests.bots import BEGINS, COURSE, count, rows, villager
from tests.doubles import ACCOUNT, AUTH_TOKEN

KUCHING = ZoneInfo("Asia/Kuching")
NOW, MONTH = BEGINS, "2026-11"
A_DAY = timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WENT = (Status.SENT, Status.DELIVERED, Status.READ, Status.UNDETERMINED)
SMS_PRICE = Route("", [Period(LONG_AGO, None, {"segment": 50_000})])
CHAT_PRICE = Route("", [Period(LONG_AGO, None, {"service": 60_000, "template": 60_000})])
PRICES = Prices({"twilio_sms": [SMS_PRICE], "twilio_whatsapp": [CHAT_PRICE]})


@pytest.fixture
def her(bot):
    return villager(bot, "+60111000000")


def message(bot, her, **more):
    """The row of a message that was made at `at`."""
    at = more.pop("at", NOW)
    status = more.pop("status", Status.SENT)
    address = rows(bot, t.address)[0].id
    return {
        "id": new_id(at),
        "learner_id": her,
        "address_id": address,
        "channel": "twilio_sms",
        "purpose": "reply",
        "lane": 0,
        "text": "hai",
        "status": status,
        "rank": RANK[status],
        "due_at": at,
        "attempts": 1,
        "created_at": at,
        "course": None,
        "segments": 1,
        "cost": 50_000,
        "broadcast_id": None,
        "template": None,
    } | more


def write(bot, *messages):
    with bot.store.begin() as connection:
        connection.execute(insert(t.outbound_message), list(messages))


def ledger(bot, prices=PRICES):
    return Ledger(bot.store, prices, KUCHING)


sent = st.fixed_dictionaries(
    {
        "day": st.integers(0, 40),
        "channel": st.sampled_from(("twilio_sms", "twilio_whatsapp", "whatsapp")),
        "purpose": st.sampled_from(("reply", "nudge", "broadcast")),
        "course": st.sampled_from((None, "a", "b")),
        "cost": st.one_of(st.none(), st.integers(0, 2_000_000_000)),
        "segments": st.one_of(st.none(), st.integers(1, 9)),
        "status": st.sampled_from(tuple(Status)),
        "template": st.sampled_from((None, True)),
    }
)


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(sent, min_size=1, max_size=15), rolled=st.booleans())
def test_sums_agree_with_the_rows_however_they_are_told_apart(bot, made, rolled):
    """By course, channel, purpose and day, live or from sums of days that are kept: always the same money."""
    with bot.store.begin() as connection:
        for table in (t.outbound_message, t.spend):
            connection.execute(delete(table))
    known = rows(bot, t.learner)
    her = known[0].id if known else villager(bot, "+60111000000")
    kept = [
        message(bot, her, at=NOW - each["day"] * A_DAY, **{k: v for k, v in each.items() if k != "day"})
        for each in made
    ]
    write(bot, *kept)
    while rolled and roll_up(bot.store, NOW, KUCHING):
        pass

    spending = ledger(bot)
    lines = [line for month in ("2026-10", MONTH) for line in spending.lines(month, NOW)]

    went = [
        each for each in kept if each["status"] in WENT or (each["status"] == "sending" and each["cost"] is not None)
    ]
    whole = report.total(lines)
    assert whole.cost == sum(each["cost"] or 0 for each in went)
    assert whole.segments == sum(each["segments"] or 0 for each in went)
    assert (whole.messages, whole.unpriced) == (len(went), sum(each["cost"] is None for each in went))
    for what in report.OF_LINES:
        assert report.total(report.by(lines, what)) == whole
    by_channel, service = Counter[str](), Counter[str]()
    for each in went:
        by_channel[each["channel"]] += each["cost"] or 0
        of_month = each["created_at"].astimezone(KUCHING).strftime("%Y-%m") == MONTH
        service[each["channel"]] += of_month and each["cost"] is not None and not each["template"]
    assert {each.name: each.cost for each in report.by(lines, "channel")} == dict(by_channel)
    for most in (2, 99):
        freed = ledger(bot, free(most)).given([line for line in lines if line.day.startswith(MONTH)], MONTH)
        assert sum(each.messages for each in freed) == min(most, service["twilio_whatsapp"])


def test_failed_cancelled_and_waiting_messages_cost_nothing(bot, her):
    for status in (Status.FAILED, Status.CANCELLED, Status.QUEUED):
        write(bot, message(bot, her, status=status))
    write(bot, message(bot, her, status=Status.SENDING, cost=None, segments=None))

    assert ledger(bot).lines(MONTH, NOW) == []


def test_a_day_is_that_of_the_place_not_of_greenwich(bot, her):
    write(bot, message(bot, her, at=datetime(2026, 10, 31, 15, 59, tzinfo=UTC)))
    write(bot, message(bot, her, at=datetime(2026, 10, 31, 16, 0, tzinfo=UTC)))  # midnight in Kuching

    assert [line.day for line in ledger(bot).lines("2026-10", NOW)] == ["2026-10-31"]
    assert [line.day for line in ledger(bot).lines(MONTH, NOW)] == ["2026-11-01"]


def queries(bot, work):
    """How many statements that touches the database with."""
    told = []

    def note(*given):
        told.append(given[2])

    event.listen(bot.store.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(bot.store.engine, "before_cursor_execute", note)
    return len(told)


def test_a_day_is_kept_once_it_is_eight_days_old_and_then_nothing_is_done(bot, her):
    for days in (20, 9, 8, 7, 0):
        write(bot, message(bot, her, at=NOW - days * A_DAY))

    while roll_up(bot.store, NOW, KUCHING):
        pass

    kept = {row.day for row in rows(bot, t.spend) if row.messages}
    assert kept == {"2026-11-04", "2026-11-15", "2026-11-16"}
    assert queries(bot, lambda: roll_up(bot.store, NOW, KUCHING)) == 1
    assert roll_up(bot.store, NOW + A_DAY, KUCHING) == 1
    assert max(row.day for row in rows(bot, t.spend)) == "2026-11-17"


def test_keeping_a_day_twice_changes_nothing_and_an_empty_house_has_its_day_too(bot):
    assert roll_up(bot.store, NOW, KUCHING) == 1
    assert [(row.day, row.messages) for row in rows(bot, t.spend)] == [("2026-11-16", 0)]

    assert roll_up(bot.store, NOW, KUCHING) == 0
    assert ledger(bot).lines(MONTH, NOW) == []


def test_a_day_without_messages_is_not_looked_through_again(bot, her):
    write(bot, message(bot, her, at=NOW - 11 * A_DAY))

    assert roll_up(bot.store, NOW, KUCHING) == 4
    assert count(bot, t.spend) == 4


def test_today_is_counted_anew_each_minute_and_days_before_it_each_hour(bot, her):
    spending = ledger(bot)
    write(bot, message(bot, her), message(bot, her, at=NOW - A_DAY))
    before = report.total(spending.lines(MONTH, NOW)).messages
    write(bot, message(bot, her), message(bot, her, at=NOW - A_DAY))

    def counted(after):
        return report.total(spending.lines(MONTH, NOW + after)).messages

    assert before == counted(timedelta(seconds=59)) == 2
    assert counted(timedelta(seconds=60)) == 3
    assert counted(timedelta(minutes=59)) == 3
    assert counted(timedelta(minutes=60)) == 4
    assert queries(bot, lambda: counted(timedelta(minutes=60, seconds=30))) == 0


def test_a_day_whose_messages_still_go_out_is_counted_each_minute_too(bot, her):
    """An announcement that was made last night is sent this morning."""
    spending = ledger(bot)
    write(bot, message(bot, her, at=NOW - A_DAY, status=Status.QUEUED, cost=None))
    assert spending.lines(MONTH, NOW) == []

    write(bot, message(bot, her, at=NOW - A_DAY))

    assert report.total(spending.lines(MONTH, NOW + timedelta(minutes=1))).messages == 1


def free(messages, still=0):
    return replace(PRICES, free={"twilio_whatsapp": [Allowance(date(2026, 10, 1), messages, still)]})


def chats(bot, her, *days, **more):
    by = {"channel": "twilio_whatsapp", "cost": 60_000, "segments": None} | more
    write(bot, *(message(bot, her, at=NOW - day * A_DAY, **by) for day in days))


def test_the_months_first_service_messages_are_free_and_no_more(bot, her):
    chats(bot, her, 3, 3, 2, 1, 0)
    write(bot, message(bot, her))

    assert ledger(bot, free(4)).spent(MONTH, NOW) == {"twilio_whatsapp": 60_000, "twilio_sms": 50_000}
    assert ledger(bot, free(9)).spent(MONTH, NOW)["twilio_whatsapp"] == 0
    assert ledger(bot, free(4, still=10_000)).spent(MONTH, NOW)["twilio_whatsapp"] == 100_000


def test_what_is_free_begins_anew_each_month(bot, her):
    chats(bot, her, 30, 30, 30, 0, 0, 0)
    spending = ledger(bot, free(2))

    assert [spending.spent(month, NOW)["twilio_whatsapp"] for month in ("2026-10", MONTH)] == [60_000, 60_000]


@pytest.mark.parametrize("rolled", [False, True], ids=["live", "rolled up"])
def test_whatever_is_no_template_is_free_reply_or_nudge_and_a_template_never_is(bot, her, rolled):
    for purpose in ("reply", "nudge"):
        chats(bot, her, 9, 9, purpose=purpose, template=True)
        chats(bot, her, 9, 9, 9, purpose=purpose)
    while rolled and roll_up(bot.store, NOW, KUCHING):
        pass

    spending = ledger(bot, free(9))

    (given,) = spending.given(spending.lines(MONTH, NOW), MONTH)
    assert (given.messages, spending.spent(MONTH, NOW)["twilio_whatsapp"]) == (6, 4 * 60_000)


SHE_WROTE = "'2026-11-03 01:00:00.000000'"
WENT_AS = {  # by channel, purpose, when it was due and settled: whether it can only have been a template
    ("whatsapp", "nudge", "'2026-11-04 00:59:59.000000'", SHE_WROTE): None,
    ("whatsapp", "nudge", "'2026-11-04 01:00:01.000000'", SHE_WROTE): True,
    ("twilio_whatsapp", "broadcast", "'2026-11-02 01:00:00.000000'", SHE_WROTE): True,  # before she had ever written
    ("whatsapp", "nudge", "'2026-11-09 01:00:00.000000'", "NULL"): None,
    ("whatsapp", "reply", "'2026-11-09 01:00:00.000000'", SHE_WROTE): None,
    ("twilio_sms", "nudge", "'2026-11-09 01:00:00.000000'", SHE_WROTE): None,
}


def test_in_an_older_database_what_went_after_her_24_hours_was_a_template(database_url):
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["database_url"] = database_url
    alembic.upgrade(config, "0010")
    engine = create_engine(
        database_url, connect_args={} if "sqlite" in database_url else {"options": "-c timezone=UTC"}
    )
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO learner (id, locale, created_at) VALUES (1, 'ms', {SHE_WROTE})"))
        hers = f"(1, 'whatsapp', '+60111', 1, {SHE_WROTE})"
        connection.execute(text(f"INSERT INTO address (id, kind, identifier, learner_id, created_at) VALUES {hers}"))
        said = f"(1, 'whatsapp', 'm', 1, 1, 1, '', '', {SHE_WROTE})"
        connection.execute(text(f"INSERT INTO inbound_message VALUES {said}"))
        connection.execute(text("INSERT INTO spend VALUES ('2026-11-04', 'whatsapp', 'nudge', '', 1, 0, 60000)"))
        for id_, (channel, purpose, due, settled) in enumerate(WENT_AS):
            row = f"({id_}, 1, 1, '{channel}', '{purpose}', 1, '', 'sent', 3, {due}, 1, {SHE_WROTE}, {settled})"
            names = (
                "id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at, attempts, created_at"
            )
            connection.execute(text(f"INSERT INTO outbound_message ({names}, settled_at) VALUES {row}"))

    bring_up_to_date(database_url)

    with engine.connect() as connection:
        out = t.outbound_message.c
        found = connection.execute(select(out.template).order_by(out.id)).scalars().all()
        sums = connection.execute(select(t.spend)).all()
    engine.dispose()
    assert found == list(WENT_AS.values())
    assert sums == []  # they are added up anew


def budgeted(bot, ringgit, prices=PRICES):
    return Budgets({("twilio_sms", ""): int(ringgit * 1_000_000)}, ledger(bot, prices))


def test_a_budget_warns_at_80_per_cent_and_is_used_up_at_100_each_told_once(bot, her, caplog):
    budgets = budgeted(bot, 0.5)
    write(bot, *(message(bot, her) for _ in range(7)))
    assert budgets.spent_out(NOW) == frozenset()
    assert budgets.low(NOW) == []

    with caplog.at_level(logging.WARNING, "bot.money.budgets"):
        write(bot, message(bot, her))
        later = NOW + timedelta(minutes=1)
        assert budgets.spent_out(later) == frozenset()
        assert [str(low) for low in budgets.low(later)] == ["RM0.40 of RM0.50 spent in 2026-11 (80 %)"]
        write(bot, message(bot, her), message(bot, her))
        for minutes in (2, 3, 4):
            assert budgets.spent_out(NOW + timedelta(minutes=minutes)) == {"twilio_sms"}

    assert [record.message for record in caplog.records] == ["budget nearly used up", "budget used up"]
    assert str(budgets.low(later + timedelta(minutes=3))[0]).endswith("nudges and reviews wait, replies go on")


def test_a_new_month_is_a_new_budget(bot, her):
    budgets = budgeted(bot, 0.05)
    write(bot, message(bot, her))

    assert budgets.spent_out(NOW) == {"twilio_sms"}
    assert budgets.spent_out(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == frozenset()  # December in Kuching


def test_where_no_budget_is_set_nothing_is_asked_and_where_one_is_once_a_minute(bot, her):
    none, some = Budgets({}, ledger(bot)), budgeted(bot, 1)
    some.spent_out(NOW)

    assert queries(bot, lambda: none.spent_out(NOW)) == 0
    assert queries(bot, lambda: some.spent_out(NOW + timedelta(seconds=59))) == 0


def test_readiness_tells_of_a_budget_that_is_used_up_and_stays_ready(bot, her, client):
    assert client.get("/readyz").json["budgets"] == "ok"
    write(bot, *(message(bot, her, at=bot.clock()) for _ in range(2)))
    bot.budgets.limits = {("twilio_sms", ""): 50_000}

    ready = client.get("/readyz")

    assert ready.status_code == 200
    assert "twilio_sms: RM0.10 of RM0.05 spent" in ready.json["budgets"]


def test_a_reply_that_rides_on_the_response_is_priced_as_it_is_written(bot):
    made = replace(bot, conversations=replace(bot.conversations, prices=PRICES))
    channel = made.channels["twilio_sms"]
    made.conversations.hear(Inbound("twilio_sms", "SM1", "+60111000001", "hai"), channel, now=NOW)
    made.conversations.hear(
        Inbound("africastalking_sms", "a1", "+60111000001", "1"), made.channels["africastalking_sms"], now=NOW
    )

    first, *others = rows(made, t.outbound_message)
    assert (first.segments, first.cost) == (1, 50_000)
    assert {(row.segments, row.cost) for row in others if row.channel == "africastalking_sms"} == {(None, None)}


def test_the_plan_of_an_announcement_says_what_it_costs(bot):
    villager(bot, "+60111000001")
    villager(bot, "+60111000002")
    villager(bot, "+60111000003", "africastalking_sms")
    words = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}

    planned = broadcasts.plan(bot.store, bot.pushes, words, Audience(), now=NOW, prices=PRICES)

    assert (planned.cost, planned.unpriced) == (100_000, 1)


OWN_PRICES = """
prices:
  - {channel: twilio_sms, numbers: else, from: 2026-01-01, segment: 0.05}
  - {channel: twilio_whatsapp, from: 2026-01-01, service: 0.06, template: 0.06}
free_each_month:
  - {channel: twilio_whatsapp, from: 2026-10-01, messages: 1}
"""


@pytest.fixture
def ask(bot, tmp_path, monkeypatch):
    """Give a command about the bot's database, with files of its own for prices and budgets."""
    monkeypatch.chdir(tmp_path)
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def ask(*words, prices=OWN_PRICES, budgets="budgets: []\n"):
        given = {"DATABASE_URL": bot.settings.database_url, "CONTENT_DIR": str(bot.settings.content_dir)}
        given |= {"VAR_DIR": str(tmp_path), "REDIS_URL": f"unix://{tmp_path}/nobody.sock"}
        given |= {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_SMS_FROM": US}
        given |= {"PUBLIC_URL": PUBLIC}
        for name, written in {"PRICES": prices, "BUDGETS": budgets}.items():
            (tmp_path / name).write_text(written, encoding="utf-8")
            given[name] = str(tmp_path / name)
        return CliRunner(env=given).invoke(main, list(words))

    return ask


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_somebody_asks_what_the_month_has_cost(bot, her, ask):
    chats(bot, her, 1, 1)
    write(bot, message(bot, her, course=COURSE), message(bot, her, course=COURSE, cost=None))

    said = ask("costs", "--month", MONTH).output

    assert "to pay: RM0.11" in said
    assert "twilio_whatsapp: 1 messages were free, -RM0.06" in said
    assert "1 message without a price" in said


def test_every_way_to_tell_costs_apart_adds_up_to_the_same(bot, her, ask):
    chats(bot, her, 1, 1)
    write(bot, message(bot, her, course=COURSE))

    def asked(*words):
        return told(ask("costs", "--month", MONTH, "--json", *words))

    found = [asked("--by", what) for what in (*report.OF_LINES, "learner")]

    assert {sum(line["cost"] for line in each["lines"]) for each in found} == {170_000}
    assert asked("--learner", str(her))["lines"][0]["cost"] == 170_000
    assert told(ask("costs", "--month", "2026-10", "--json"))["to_pay"] == 0


def test_an_announcement_and_a_completed_course_have_their_cost(bot, her, ask):
    made = broadcasts.approve(bot.store, "Puan Rosli", {"ms": "Hai.", "en": "Hi."}, Audience(), now=bot.clock())
    write(bot, message(bot, her, broadcast_id=made, purpose="broadcast", course=COURSE))
    earned = {"id": new_id(NOW), "learner_id": her, "course": COURSE, "version": "1", "code": "SR7K3M9QXT2Y"}
    with bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(earned | {"title": "{}", "minutes": 10, "issued_at": NOW}))

    by_broadcast = told(ask("costs", "--month", MONTH, "--by", "broadcast", "--json"))["lines"]
    completed = told(ask("costs", "--month", MONTH, "--by", "course", "--json"))["completed"]

    assert [(line["name"], line["cost"]) for line in by_broadcast] == [(str(made), 50_000)]
    assert completed == {COURSE: {"certificates": 1, "cost_each": 50_000}}


def test_what_is_asked_wrongly_is_told(ask):
    assert "one of channel, course" in ask("costs", "--by", "village").output
    assert "write it like 2026-11" in ask("costs", "--month", "November").output


def test_a_budget_shows_where_an_operator_looks(bot, ask):
    """The commands have a clock of their own, so the message is of their month."""
    her = villager(bot, "+60111000000")
    write(bot, *(message(bot, her, at=wiring.utc_now()) for _ in range(2)))
    budget = "budgets:\n  - {channel: twilio_sms, ringgit: 0.05}\n"

    for command in ("channels", "outbox"):
        said = ask(command, budgets=budget).output
        assert "RM0.10 of RM0.05 spent" in said
        assert "announcements, nudges and reviews wait, replies go on" in said
    assert "wait, replies go on" not in ask("channels").output


def test_a_wrong_file_is_told_at_start_and_by_the_doctor(ask):
    wrong = "prices:\n  - {channel: twilio_sms, numbers: else, from: 2026-01-01, segment: five}\n"

    for command in ("costs", "doctor"):
        said = ask(command, prices=wrong)
        assert said.exit_code != 0
        assert "five is no amount" in said.output
    no_price = ask("doctor", budgets="budgets:\n  - {channel: africastalking_sms, ringgit: 5}\n").output
    assert "africastalking_sms has a budget, and no price" in no_price
