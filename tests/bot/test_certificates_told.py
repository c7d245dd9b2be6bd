"""She is told of a certificate that no answer of hers brought: once, by day, in her language, and not on top of a lesson."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from bot import blocked, certificates, codes, coordinators
from bot.attesting import attest
from bot.completion import backfill, changes
from bot.store import tables as t
from bot.store.ids import new_id
from flows.completion import Programme
from flows.session import Session
from flows.text import localized
from flows.types import CertificatesCame
from tests.bot.test_completion import BY, NAME, NUMBER, holds, passes, ruled
from tests.bots import COURSE, at_the_same_moment, rows, villager
from workers import telling

CODE = "SR7K-3M9Q-XT2Y"


@pytest.fixture
def her(bot, clock):
    """Somebody who has passed every lesson, and said nothing for an hour."""
    coordinators.add(bot.store, BY, BY, rights=["attest"], number=None, district=None, locale="ms", now=bot.clock())
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))
    clock.turn(timedelta(hours=1))
    return her


def fill(bot, her, library=None):
    library = library or bot.library()
    done = backfill.fill(bot.store, library.courses[COURSE], library, [her], now=bot.clock())
    return [each.code for filled in done for each in filled.issued]


def told(bot):
    return [row.text for row in rows(bot, t.outbound_message) if row.purpose == telling.PURPOSE]


def waits(bot):
    query = select(t.certificate.c.tell_at).where(t.certificate.c.tell_at.is_not(None))
    return [row.tell_at for row in bot.store.look(query)]


@pytest.mark.parametrize(("locale", "says"), [("ms", "Tahniah! Anda tamat"), ("en", "You have completed")])
def test_she_reads_it_in_her_language_once_and_no_network_minds(bot, her, locale, says):
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).values(locale=locale))
    (code,) = fill(bot, her)

    assert telling.tell(bot) == 1
    assert telling.tell(bot) == 0

    (text,) = told(bot)
    assert says in text
    assert code in text
    assert not [each for each in blocked.broken(text) if each.blocks]
    assert "http" not in text
    assert NAME.split()[0] not in text


@pytest.mark.parametrize("by", ["attest", "correct", "programme"])
def test_every_way_by_which_one_comes_without_her_is_told(bot, her, by):
    if by == "programme":
        holds(bot, her, COURSE)
        whole = Programme("asas9", "1", localized({"ms": "Asas", "en": "Basics"}), (COURSE,), 90)
        library = replace(bot.library(), programmes={"asas9": whole})
        assert [each for filled in backfill.wholes(bot.store, library, now=bot.clock()) for each in filled.issued]
    else:
        attest(bot.store, her, 1, BY, name=NAME, library=bot.library(), now=bot.clock())
    if by == "correct":
        with bot.store.begin() as connection:
            connection.execute(update(t.certificate).values(tell_at=None))
        attest(bot.store, her, 1, BY, name=NAME + " Ali", library=bot.library(), now=bot.clock())
        changes.correct(bot.store, rows(bot, t.certificate)[0].code, "a name", BY, now=bot.clock())

    telling.tell(bot)

    (text,) = told(bot)
    assert codes.written(rows(bot, t.certificate)[-1].code) in text
    assert ("dibetulkan" in text) == (by == "correct")


def test_by_an_answer_of_hers_nothing_is_told_again(world):
    world.says_all("hai", "1", "1")
    with world.bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(certified(world)))

    assert not any(CODE in text for text in world.passes(days=3))


def certified(world, **more):
    now, her = world.clock(), world.rows(t.learner)[0].id
    row = {"id": new_id(now), "learner_id": her, "course": "lain1", "version": "1", "code": CODE.replace("-", "")}
    return row | {"title": '{"ms": "Lain", "en": "Other"}', "minutes": 60, "issued_at": now} | more


def test_two_certificates_are_one_message(bot, her):
    whole = Programme("asas9", "1", localized({"ms": "Asas", "en": "Basics"}), (COURSE,), 90)
    fill(bot, her, replace(bot.library(), programmes={"asas9": whole}))

    telling.tell(bot)

    sent = [row for row in rows(bot, t.outbound_message) if row.follows is None]
    assert len(sent) == 1
    assert all(codes.written(row.code) in " ".join(told(bot)) for row in rows(bot, t.certificate))
    assert waits(bot) == []


def test_of_several_workers_at_once_one_tells_her(bot, her):
    fill(bot, her)

    at_the_same_moment(*[lambda: telling.tell(bot)] * 4)

    assert len(told(bot)) == 1


def test_at_night_it_waits_for_the_morning_and_a_village_does_not_hear_it_in_one_second(bot, clock):
    villagers = [villager(bot, f"+6011100000{n:02}") for n in range(10, 18)]
    now = bot.clock()
    with bot.store.begin() as connection:
        for n, each in enumerate(villagers):
            row = {
                "id": new_id(now),
                "learner_id": each,
                "course": "lain1",
                "version": "1",
                "code": f"SR7K3M9QXT{n:02}",
            }
            row |= {"title": '{"ms": "Lain", "en": "Other"}', "minutes": 60, "issued_at": now, "tell_at": now}
            connection.execute(insert(t.certificate).values(row))
    clock.turn(timedelta(hours=13))  # 22:00

    telling.tell(bot)

    assert told(bot) == []
    assert {moment.astimezone(bot.zone).hour for moment in waits(bot)} <= {8, 9}
    assert len(set(waits(bot))) == len(villagers)


def test_it_does_not_fall_into_what_she_is_doing(bot, her, clock):
    fill(bot, her)
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(last_inbound_at=clock()))

    telling.tell(bot)
    assert told(bot) == []
    clock.turn(telling.TALKING)
    telling.tell(bot)

    assert len(told(bot)) == 1


def test_whoever_said_stop_is_left_alone_and_after_two_weeks_it_is_given_up(bot, her, clock):
    fill(bot, her)
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(opted_out_at=clock()))

    for _ in range(70):
        telling.tell(bot)
        clock.turn(timedelta(hours=6))

    assert told(bot) == []
    assert waits(bot) == []


def test_a_full_week_makes_it_wait(bot, her, clock):
    fill(bot, her)
    address = rows(bot, t.address)[0].id
    with bot.store.begin() as connection:
        for n in range(5):
            at = clock() - timedelta(days=1, hours=n * 2)
            row = {"id": new_id(at), "learner_id": her, "address_id": address, "channel": "twilio_sms", "text": "x"}
            row |= {"purpose": "lesson", "lane": 1, "status": "delivered", "rank": 4, "attempts": 1}
            connection.execute(insert(t.outbound_message).values(row | {"created_at": at, "due_at": at}))

    telling.tell(bot)

    assert told(bot) == []
    assert waits(bot)[0] > clock() + timedelta(days=5)


def test_of_what_was_revoked_meanwhile_not_a_word(bot, her):
    (code,) = fill(bot, her)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", BY, now=bot.clock())

    telling.tell(bot)

    assert told(bot) == []
    assert waits(bot) == []


def test_on_a_shared_phone_whoever_holds_it_reads_no_code(bot, her):
    fill(bot, her)
    kept = Session.from_json(rows(bot, t.conversation)[0].session)
    with bot.store.begin() as connection:
        connection.execute(update(t.conversation).values(session=kept.but(person=2).to_json()))

    telling.tell(bot)

    (text,) = told(bot)
    assert "Pengguna 2" in text
    assert codes.written(rows(bot, t.certificate)[0].code) not in text


def test_by_a_one_way_route_nothing_asks_her_to_write(world):
    world.says_all("hai", "1", "1")
    world.passes(hours=1)
    world.goes_one_way()
    with world.bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(certified(world, tell_at=world.clock())))

    (text,) = [text for text in world.passes(hours=4) if CODE in text]

    assert "SEMAK" not in text


def test_what_cannot_be_told_keeps_nobody_behind_it_waiting(bot, her, caplog):
    second = villager(bot, "+60111000002", last_inbound_at=bot.clock() - timedelta(hours=1))
    with bot.store.begin() as connection:
        broken = update(t.conversation).where(t.conversation.c.learner_id == her)
        connection.execute(broken.values(session="{"))
        for n, each in enumerate((her, second)):
            row = {"id": new_id(bot.clock()), "learner_id": each, "course": "lain1", "version": "1"}
            row |= {"code": f"SR7K3M9QXT2{n}", "title": '{"ms": "Lain", "en": "Other"}', "minutes": 60}
            row |= {"issued_at": bot.clock(), "tell_at": bot.clock()}
            connection.execute(insert(t.certificate).values(row))

    telling.tell(bot)

    assert [row.learner_id for row in rows(bot, t.outbound_message)] == [second]
    assert waits(bot) == [bot.clock() + telling.BUSY]
    assert "not told of a certificate" in caplog.text


def test_news_moves_nothing_and_is_for_whoever_agreed(bot):
    from flows.machine import advance

    came = CertificatesCame(bot.clock(), issued=((localized({"ms": "A", "en": "A"}), CODE),))
    waiting = Session(state="lesson.question", consented=True)

    assert advance(waiting, came, bot.library()).session == waiting
    assert advance(waiting, came, bot.library()).effects
    assert advance(waiting.but(stopped=True), came, bot.library()).effects == ()
    assert advance(waiting.but(consented=False), came, bot.library()).effects == ()
