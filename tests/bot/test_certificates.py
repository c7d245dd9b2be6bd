"""A certificate is issued once, however often and at whatever moment a course is completed, and never again once revoked."""

from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import select

from bot import certificates, codes
from bot.channels.base import Inbound
from bot.completion import Outcome, complete
from bot.store import tables as t
from bot.store.database import Conflict
from tests.bots import COURSE, at_the_same_moment, count, rows, to_a_certificate, villager
from tests.callers import make, twilio_sms, twilio_whatsapp

NUMBER = "+60111000001"


def to_the_last_answer(bot, client, number=NUMBER):
    *before, last = to_a_certificate(bot)
    for place, text in enumerate(before):
        make(client, twilio_sms(number, text, f"{number[-3:]}-{place}"))
    return last


def test_completing_at_the_same_moment_issues_one_certificate(bot, app, client):
    """The same last answer from eight threads, half of them a provider's retry."""
    last = to_the_last_answer(bot, client)

    answers = at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, last, f"last-{n // 2}")) for n in range(8)]
    )

    code = codes.written(rows(bot, t.certificate)[0].code)
    assert count(bot, t.certificate) == 1
    assert sum(code in answer.text for answer in answers) >= 1


def test_completing_on_two_channels_at_once_issues_one_certificate(bot, app, client):
    last = to_the_last_answer(bot, client)

    at_the_same_moment(
        lambda: make(app.test_client(), twilio_sms(NUMBER, last, "by-sms")),
        lambda: make(app.test_client(), twilio_whatsapp(NUMBER, last, "by-whatsapp")),
    )

    assert count(bot, t.certificate) == 1


def test_the_table_itself_allows_one(bot, clock):
    """Two completions that both saw none: the second is told so, and looks again."""
    her = villager(bot, NUMBER)
    course = bot.library().courses[COURSE]
    issued = [complete(bot.store, course, her, programmes={}, now=clock()).writes for _ in range(2)]
    assert all(issued)
    bot.store.write(issued[0])

    with pytest.raises(Conflict):
        bot.store.write(issued[1])
    assert complete(bot.store, course, her, programmes={}, now=clock()).writes == ()


def test_a_learner_who_completes_once_more_keeps_her_code(bot, clock):
    her = villager(bot, NUMBER)
    course = bot.library().courses[COURSE]
    first = complete(bot.store, course, her, programmes={}, now=clock())
    bot.store.write(first.writes)

    again = complete(bot.store, course, her, programmes={}, now=clock())

    assert [each.code for each in again.issued] == [each.code for each in first.issued]
    assert again.writes == ()


def test_a_revoked_certificate_is_not_issued_again(bot, client, clock):
    last = to_the_last_answer(bot, client)
    make(client, twilio_sms(NUMBER, last, "last"))
    code = rows(bot, t.certificate)[0].code
    assert certificates.revoke(bot.store, code, "lent her phone to a cousin", "Puan Rosli", now=clock())

    her = rows(bot, t.learner)[0].id
    again = complete(bot.store, bot.library().courses[COURSE], her, programmes={}, now=clock())

    assert again == Outcome()
    assert bot.check_certificate(code).verdict == "revoked"
    assert certificates.held_by(bot.store, her) == ()
    said = make(client, twilio_sms(NUMBER, "SIJIL", "mine")).text
    assert f"sijil {codes.written(code)} telah dibatalkan. Untuk tanya sebabnya, hantar PENYELARAS" in said
    assert "belum ada sijil" not in said
    assert "cousin" not in said
    make(client, twilio_sms(NUMBER, "EN", "english"))
    said = make(client, twilio_sms(NUMBER, "CERTIFICATE", "mine again")).text
    assert f"certificate {codes.written(code)} was revoked. To ask why, send COORDINATOR" in said


def test_a_certificate_is_revoked_once(bot, client, clock):
    last = to_the_last_answer(bot, client)
    make(client, twilio_sms(NUMBER, last, "last"))
    code = rows(bot, t.certificate)[0].code

    done = at_the_same_moment(*[lambda: certificates.revoke(bot.store, code, "why", "Puan Rosli", now=clock())] * 4)

    assert sorted(done) == [(), (), (), (codes.written(code),)]
    assert not certificates.revoke(bot.store, "NOSUCHCODE12", "why", "Puan Rosli", now=clock())


def test_anybody_may_check_a_code_by_message(bot, client):
    last = to_the_last_answer(bot, client)
    make(client, twilio_sms(NUMBER, last, "last"))
    code = codes.written(rows(bot, t.certificate)[0].code)

    employer = make(client, twilio_sms("+60111000009", f"semak {code.lower()}", "employer"))
    mistyped = make(client, twilio_sms("+60111000009", f"SEMAK {code[:-1]}{'2' if code[-1] != '2' else '3'}", "typo"))

    assert code in employer.text
    assert "SAH" in employer.text or "VALID" in employer.text
    assert employer.text != mistyped.text
    assert NUMBER not in employer.text


def test_what_was_issued_says_what_was_learnt_then(bot, client):
    last = to_the_last_answer(bot, client)
    make(client, twilio_sms(NUMBER, last, "last"))

    row = rows(bot, t.certificate)[0]
    course = bot.library().courses[COURSE]
    enrolled = bot.store.look(select(t.enrolment))[0]

    assert (row.version, row.minutes) == (course.version, course.minutes)
    assert bot.check_certificate(row.code).title == dict(course.title.words)
    assert enrolled.completed_at is not None


def test_a_turn_that_fails_after_completing_issues_nothing(bot, app, client):
    """The certificate is a row of the turn: all of it or nothing."""
    last = to_the_last_answer(bot, client)
    taken = rows(bot, t.conversation)[0]
    inbound = Inbound("twilio_sms", "same-turn", NUMBER, last)
    writes = []

    class Full(type(bot.store)):
        def write(self, given):
            writes.extend(given)
            raise OSError("disk full")

    full = Full(str(bot.store.engine.url.render_as_string(hide_password=False)))
    with pytest.raises(OSError, match="disk full"):
        replace(bot.conversations, store=full).hear(inbound, bot.channels["twilio_sms"], now=bot.clock())
    full.engine.dispose()

    assert any(write.statement.table == "certificate" for write in writes)
    assert count(bot, t.certificate) == 0
    assert rows(bot, t.conversation)[0] == taken


def test_a_number_that_guesses_is_told_to_come_later_and_slips_are_free(bot, client):
    """Five codes that do not exist a day; what is written wrongly says so as often as it likes."""
    nobodys = [codes.written(codes.draw(Random(n).randrange)) for n in range(7)]
    guesser = "+60111000009"

    slips = [make(client, twilio_sms(guesser, "SEMAK SR7K-3M9Q-XT2X", f"slip-{n}")).text for n in range(8)]
    said = [make(client, twilio_sms(guesser, f"SEMAK {code}", code)).text for code in nobodys]

    assert all("SALAH TAIP" in each for each in slips)
    assert ["cuba lagi nanti" in each for each in said] == [False] * 5 + [True] * 2
