"""Paper asked for: made once however many ask, by whoever claims it, again when it says something else, and forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import certificates, codes
from bot.paper import asking, sheets
from bot.store import papers, tables as t
from tests.bots import at_the_same_moment, count, rows
from tests.credentials import association, certificate
from workers import credentials as signing, printing


@pytest.fixture
def bot(migrated_url, tmp_path, clock):
    with association(migrated_url, tmp_path, clock) as made:
        yield made


def sheet_of(bot, code):
    return sheets.of(bot.store, code, asking.house_of(bot.settings, bot.zone), now=bot.clock())


def ask(bot, code, form="a4"):
    return asking.ask(bot.store, sheet_of(bot, code), form, now=bot.clock())


def made(bot, code, form="a4"):
    ask(bot, code, form)
    while printing.press(bot):
        pass
    return ask(bot, code, form)


def test_it_is_made_by_a_worker_and_at_hand_afterwards(bot):
    code = certificate(bot)

    assert ask(bot, code).state == "waiting"
    assert printing.press(bot) == 1
    paper = ask(bot, code)

    assert (paper.state, paper.pdf[:5]) == ("made", b"%PDF-")
    assert printing.press(bot) == 0


def test_two_who_ask_at_once_have_it_made_once(bot):
    code = certificate(bot)
    at_the_same_moment(*[lambda: ask(bot, code)] * 4)

    done = at_the_same_moment(*[lambda: printing.press(bot)] * 2)

    assert sum(done) == 1
    assert (count(bot, t.paper), rows(bot, t.paper)[0].attempts) == (1, 1)


def test_a_credential_that_comes_later_makes_it_anew(bot):
    code = certificate(bot)
    first = made(bot, code)
    signing.sign(bot)

    assert ask(bot, code).state == "waiting"
    second = made(bot, code)

    assert second.pdf != first.pdf
    assert count(bot, t.paper) == 1


def test_what_still_says_the_same_is_not_laid_out_again(bot):
    code = certificate(bot)
    first = made(bot, code)
    with bot.store.begin() as connection:
        connection.execute(update(t.paper).values(made_at=None, pdf=b"%PDF- as it was"))

    printing.press(bot)

    assert first.state == "made"
    assert ask(bot, code).pdf == b"%PDF- as it was"


def test_a_worker_that_was_killed_in_the_middle_leaves_it_to_the_next(bot, clock):
    code = certificate(bot)
    ask(bot, code)
    dead = papers.claim(bot.store, now=clock())
    assert printing.press(bot) == 0  # it is another's

    clock.turn(papers.LEASE + timedelta(seconds=1))

    assert printing.press(bot) == 1
    with bot.store.begin() as connection:
        assert papers.settle(connection, dead, pdf=b"late", made_at=clock()) is None
    assert ask(bot, code).pdf[:5] == b"%PDF-"


def test_what_kills_its_workers_is_given_up_and_said_so(bot, clock):
    code = certificate(bot)
    ask(bot, code)
    for _ in range(papers.MOST_ATTEMPTS):
        papers.claim(bot.store, now=clock())
        clock.turn(papers.LEASE + timedelta(seconds=1))

    assert printing.press(bot) == 1
    assert ask(bot, code) == asking.Paper("refused", why=papers.KILLED)
    clock.turn(papers.AGAIN)
    assert made(bot, code).state == "made"


def test_what_no_font_can_show_is_refused_in_words_and_waits_no_longer(bot):
    code = certificate(bot, name="Nur \ue123 Aisyah")

    paper = made(bot, code)

    assert paper.state == "refused"
    assert paper.why
    assert papers.waiting(bot.store) == 0


def test_somebody_who_waits_comes_before_a_list(bot):
    listed, hers = certificate(bot), certificate(bot, "+60111000002")
    asking.ask(bot.store, sheet_of(bot, listed), "a4", now=bot.clock(), lane=1)
    ask(bot, hers)

    assert papers.claim(bot.store, now=bot.clock()).code == codes.read(hers)


def test_one_of_a_list_that_somebody_comes_to_wait_for_goes_first(bot, clock):
    first, second = certificate(bot), certificate(bot, "+60111000002")
    for code in (first, second):
        asking.ask(bot.store, sheet_of(bot, code), "a4", now=clock(), lane=1)
        clock.turn(timedelta(seconds=1))
    ask(bot, second)

    assert papers.claim(bot.store, now=clock()).code == codes.read(second)


def test_a_revoked_certificate_has_no_paper_left_and_none_is_made(bot):
    code, waits = certificate(bot), certificate(bot, "+60111000002")
    made(bot, code)
    ask(bot, waits)
    certificates.revoke(bot.store, codes.read(code), "entered for her", "Puan Rosli", now=bot.clock())
    with bot.store.begin() as connection:  # in a way that forgets the paper
        gone = update(t.certificate).where(t.certificate.c.code == codes.read(waits))
        connection.execute(gone.values(revoked_at=bot.clock()))

    assert [row.code for row in rows(bot, t.paper)] == [codes.read(waits)]
    assert printing.press(bot) == 1
    assert count(bot, t.paper) == 0
    with pytest.raises(sheets.NotStanding):
        sheet_of(bot, code)


def test_after_a_week_it_is_forgotten_made_or_not(bot, clock):
    code, waits = certificate(bot), certificate(bot, "+60111000002")
    made(bot, code)
    ask(bot, waits)
    clock.turn(papers.KEPT_FOR - timedelta(minutes=1))
    assert papers.drop_old(bot.store, now=clock()) == 0

    clock.turn(timedelta(minutes=2))

    assert papers.drop_old(bot.store, now=clock()) == 2
    assert bot.store.look(select(t.paper)) == []
