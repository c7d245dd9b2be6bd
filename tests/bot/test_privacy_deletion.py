"""The SQL by which docs/privacy.md deletes a learner: it runs, in that order, and leaves nothing that leads to her."""

import re

from sqlalchemy import func, select, text

from bot.app import create_app
from bot.settings import ROOT
from bot.store import tables as t
from bot.store.tables.making import metadata
from tests.bots import count, rows, to_a_certificate
from tests.callers import make, twilio_sms

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
BEGINS = "-- deletion, for good"
HERS = {"learner", "certificate", "address"}


def deletion():
    """The statements of the page, without those that open and close the transaction."""
    told = PAGE[PAGE.index(BEGINS) :].partition("```")[0].splitlines()
    return [line.partition(";")[0] for line in told if line.startswith("DELETE")]


def test_every_table_that_leads_to_a_learner_is_in_it_and_in_an_order_that_works():
    order = [re.match(r"DELETE FROM (\w+)", line)[1] for line in deletion()]
    leads = {
        (table.name, key.column.table.name)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in HERS and key.column.table is not table
    }

    assert {table for table, _ in leads} - set(order) == set()
    assert [(one, other) for one, other in leads if order.index(one) > order.index(other)] == []


def test_a_learner_who_wants_to_be_deleted_is_gone_and_the_others_stay(bot):
    client = create_app(bot).test_client()
    for number in ("+60111000001", "+60111000002"):
        for place, word in enumerate(to_a_certificate(bot)):
            make(client, twilio_sms(number, word, f"{number}-{place}"))
    first, second = (row.id for row in rows(bot, t.learner))
    assert count(bot, t.certificate) == 2

    with bot.store.begin() as connection:
        for statement in deletion():
            connection.execute(text(statement.replace("123", str(first))))

    for table in metadata.sorted_tables:
        if "learner_id" in table.c:
            held = select(func.count()).select_from(table).where(table.c.learner_id == first)
            assert bot.store.look(held)[0][0] == 0, table.name
    assert [row.id for row in rows(bot, t.learner)] == [second]
    assert count(bot, t.certificate) == 1
    assert "Selamat datang" in make(client, twilio_sms("+60111000001", "hai", "again")).text
