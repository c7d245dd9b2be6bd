"""SIJIL PDF: on WhatsApp the certificate comes as a document, once, made first; elsewhere she is told who can print it."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from bot import certificates, codes, wiring
from bot.paper import tickets
from bot.pushes import REPLIES
from bot.store import papers, tables as t
from tests import whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.bots import at_the_same_moment, count, made_settings, rows, villager
from tests.credentials import certificate
from tests.whatsapp_double import WhatsAppDouble
from workers import outbox, printing


@pytest.fixture
def provider():
    with WhatsAppDouble() as made:
        yield made


@pytest.fixture
def bot(migrated_url, tmp_path, clock, provider):
    made = wiring.build(made_settings(migrated_url, tmp_path, **provider.settings), clock=clock)
    yield made
    made.store.engine.dispose()


@pytest.fixture
def her(bot):
    """Somebody with WhatsApp who holds a certificate."""
    learner = villager(bot, p.LEARNER, "whatsapp")
    return learner, certificate(bot, learner_id=learner)


@pytest.fixture
def says(bot, client, provider):
    """She writes; what comes back."""
    said = []

    def says(words, name=""):
        said.append(words)
        told = json.dumps(meta.envelope(meta.text(p.LEARNER, words, name or f"m{len(said)}"))).encode()
        assert client.post(meta.PATH, data=told, headers=meta.signed(told)).status_code == 200
        outbox.deliver(bot, REPLIES, most=10)
        return provider.messages[-1].text

    return says


def delivered(bot):
    """The worker prints what waits and sends what is due."""
    while printing.press(bot):
        pass
    return outbox.deliver(bot, REPLIES, most=10)


def test_she_gets_a_document_that_the_provider_can_fetch_for_an_hour(bot, client, provider, her, says, clock):
    _, code = her
    assert "hantar SIJIL PDF" in says("SIJIL")
    assert "sedang dihantar sebagai PDF" in says("sijil pdf")

    assert delivered(bot) == 1

    document = provider.asked[-1]["document"]
    assert (provider.asked[-1]["type"], document["filename"]) == ("document", f"sijil-{code}.pdf")
    assert document["caption"] == "Ini sijil anda, untuk disimpan atau dicetak."
    where = urlsplit(document["link"])
    assert f"{where.scheme}://{where.netloc}" == p.PUBLIC
    fetched = client.get(where.path)
    assert (fetched.status_code, fetched.data[:5]) == (200, b"%PDF-")
    clock.turn(tickets.LASTS)
    assert client.get(where.path).status_code == 404


def test_asked_twice_and_told_twice_it_comes_once(bot, provider, her, says):
    says("SIJIL PDF", "same")
    says("SIJIL PDF", "same")  # Meta is not sure that we have it
    says("pdf")

    at_the_same_moment(*[lambda: delivered(bot)] * 2)
    delivered(bot)

    assert [each["type"] for each in provider.asked].count("document") == 1
    assert rows(bot, t.paper)[0].address_id is None


def test_asked_for_again_later_it_is_sent_again_and_not_made_again(bot, provider, her, says):
    says("SIJIL PDF")
    delivered(bot)
    with bot.store.begin() as connection:
        connection.execute(update(t.paper).values(pdf=b"%PDF- as it was"))
    says("SIJIL PDF")
    delivered(bot)

    assert [each["type"] for each in provider.asked].count("document") == 2
    assert rows(bot, t.paper)[0].pdf == b"%PDF- as it was"


def test_a_worker_killed_before_it_wrote_sends_nothing_and_the_next_sends_once(bot, provider, her, says, clock):
    says("SIJIL PDF")
    papers.claim(bot.store, now=clock())
    assert delivered(bot) == 0
    clock.turn(papers.LEASE + timedelta(seconds=1))

    assert delivered(bot) == 1
    assert [each["type"] for each in provider.asked].count("document") == 1


def test_what_the_provider_refuses_for_now_is_tried_again(bot, provider, her, says, clock):
    says("SIJIL PDF")
    while printing.press(bot):
        pass
    provider.behave(status=429, code=130429, times=1)
    outbox.deliver(bot, REPLIES, most=10)
    clock.turn(timedelta(minutes=10))
    outbox.deliver(bot, REPLIES, most=10)

    assert [each["type"] for each in provider.asked].count("document") == 1


def test_what_cannot_be_made_is_told_to_her_in_words(bot, provider, says):
    her = villager(bot, p.LEARNER, "whatsapp")
    certificate(bot, learner_id=her, name="Nur \ue123")
    says("SIJIL PDF")

    delivered(bot)

    assert "tidak dapat dibuat" in provider.messages[-1].text
    assert papers.waiting(bot.store) == 0


def test_nothing_goes_to_a_phone_that_is_anothers_or_wants_no_more(bot, provider, her, says):
    learner, _ = her
    for change in ({"opted_out_at": bot.clock()}, {"learner_id": None}):
        with bot.store.begin() as connection:
            connection.execute(update(t.address).values(learner_id=learner, opted_out_at=None))
        says("SIJIL PDF")
        with bot.store.begin() as connection:
            connection.execute(update(t.address).values(change))
        while printing.press(bot):
            pass

    assert [row.picture for row in rows(bot, t.outbound_message) if row.picture] == []


def test_a_number_that_is_let_go_of_takes_the_paper_with_it(bot, her, says):
    says("SIJIL PDF")
    assert count(bot, t.paper) == 1

    says("salah nombor")

    assert bot.store.look(select(t.address.c.learner_id))[0].learner_id is None
    assert count(bot, t.paper) == 0


def test_revoked_before_it_was_made_nothing_is_sent(bot, provider, her, says):
    says("SIJIL PDF")
    certificates.revoke(bot.store, codes.read(her[1]), "x", "y", now=bot.clock())

    assert delivered(bot) == 0
    assert "belum ada sijil" in says("SIJIL PDF")


def test_by_sms_and_in_a_call_she_is_told_who_can_print_it(world):
    world.says_all("hai", "1", "1", "MENU")
    assert "belum ada sijil" in world.says("SIJIL PDF")
    her = world.rows(t.learner)[0].id
    certificate(world.bot, learner_id=her)

    assert "Penyelaras boleh cetak" in world.says("SIJIL PDF")
    assert "SIJIL PDF" not in world.says("SIJIL")
    world.says("EN")
    assert "coordinator can print" in world.says("certificate pdf")
    assert world.rows(t.paper) == []
