"""Whom to ring by lot, on both databases: a share of everybody's, drawn once; what to ask; what came of it."""

import random
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import update

from bot import attesting, certificates, codes
from bot.completion import changes
from bot.doubts import calling, sampling, settling
from bot.doubts.sampling import Wanted, _lot, draw, place
from bot.store import tables as t
from tests.bots import BEGINS, COURSE, at_the_same_moment, count, rows
from tests.doubted import A_WHILE, JOMIN, ROSLI, SITI, completed, looked, people

QUICK = timedelta(seconds=5)
ALL = Wanted(Fraction(1, 10), BEGINS)


@pytest.fixture
def ready(bot, clock):
    """A village: twenty vouched for by one, two by another, five by nobody."""
    people(bot)
    for n in range(27):
        by = ROSLI if n < 20 else "Cikgu Ahmad" if n < 22 else None
        completed(bot, f"+601110000{n:02}", by=by)
        clock.turn(timedelta(minutes=20))
    return bot


def drawn(bot, wanted=ALL, seed=7):
    chance = random.Random(seed)
    return draw(bot.store, wanted, JOMIN, chance.getrandbits, now=bot.clock())


def of_whom(bot):
    """How many were drawn of each coordinator's."""
    by_id = {row.id: row.attested_by for row in rows(bot, t.certificate)}
    found = [by_id[row.certificate_id] for row in rows(bot, t.sampled)]
    return {who: found.count(who) for who in set(found)}


def test_a_share_of_each_coordinators_and_at_least_one(ready):
    done = drawn(ready)

    assert of_whom(ready) == {ROSLI: 2, "Cikgu Ahmad": 1, None: 1}
    assert (done.by_lot, done.with_doubts, done.of) == (4, 0, 27)
    assert [row.did for row in rows(ready, t.audit_event)].count("draw sample") == 1


def test_the_same_seed_draws_the_same_and_anybody_can_see_that_it_did(ready):
    done = drawn(ready)
    hers = [row.id for row in rows(ready, t.certificate) if row.attested_by == ROSLI]

    first = sorted(hers, key=lambda each: place(done.seed, each))[:2]

    assert {row.certificate_id for row in rows(ready, t.sampled)} >= set(first)


def test_drawn_again_until_it_pleases_it_is_the_same_list(ready):
    drawn(ready)
    before = rows(ready, t.sampled)

    again = [drawn(ready, seed=n) for n in range(5)]

    assert all(each.by_lot == 0 for each in again)
    assert rows(ready, t.sampled) == before


def test_a_larger_share_and_later_certificates_only_add(ready, clock):
    drawn(ready)
    before = {row.certificate_id for row in rows(ready, t.sampled)}
    for n in range(20):
        completed(ready, f"+601110001{n:02}")

    assert drawn(ready).by_lot == 2
    drawn(ready, Wanted(Fraction(1, 4), BEGINS))

    assert before < {row.certificate_id for row in rows(ready, t.sampled)}
    assert of_whom(ready) == {ROSLI: 10, "Cikgu Ahmad": 1, None: 2}


def test_two_who_draw_at_once_draw_one_share(ready):
    at_the_same_moment(*[lambda n=n: drawn(ready, seed=n) for n in range(4)])

    assert of_whom(ready) == {ROSLI: 2, "Cikgu Ahmad": 1, None: 1}


def test_what_is_doubted_is_always_in(ready, clock):
    code = completed(ready, "+60111000199", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    done = drawn(ready)

    assert done.by_lot + done.with_doubts == count(ready, t.sampled) in (5, 6)
    assert codes.written(code) in {each.code for each in calling.calls(ready.store, ready.library(), BEGINS)}


def test_other_courses_earlier_ones_and_what_is_revoked_are_not_drawn(ready, clock):
    for row in rows(ready, t.certificate)[:20]:
        certificates.revoke(ready.store, row.code, "why", JOMIN, now=clock())

    assert drawn(ready).of == 7
    assert ROSLI not in of_whom(ready)
    assert drawn(ready, Wanted(Fraction(1), clock() + timedelta(days=1))).of == 0
    assert drawn(ready, Wanted(Fraction(1), BEGINS, "lain1")).of == 0


@given(
    st.dictionaries(st.integers(1, 10_000), st.sampled_from(["a", "b", None]), max_size=80),
    st.dictionaries(st.sampled_from(["a", "b", None]), st.integers(-3, 20)),
    st.text(max_size=5),
)
def test_the_lot_is_the_first_of_each_in_its_order(certificates, room, seed):
    """Whatever the order they are read in, and with no more in memory than are drawn."""
    rows = list(certificates.items())

    expected = set()
    for of in ("a", "b", None):
        theirs = sorted((each for each, who in rows if who == of), key=lambda each: place(seed, each))
        expected |= set(theirs[: max(0, room.get(of, 0))])

    assert _lot(rows, room, seed) == expected == _lot(reversed(rows), room, seed)


# --- the calls -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def one(bot):
    """One certificate, drawn."""
    people(bot)
    code = completed(bot, "+60111000001", wrong={0, 1})
    drawn(bot)
    return code


def calls(bot):
    return calling.calls(bot.store, bot.library(), BEGINS)


def called(bot, code, outcome, said="", who=JOMIN):
    calling.called(bot.store, code, outcome, said, who, now=bot.clock())


def test_she_is_asked_two_questions_that_she_knew(bot, one):
    call = calls(bot)[0]

    assert (call.number, call.name, call.attested_by) == ("+60111000001", "Nur Aisyah binti Ahmad", ROSLI)
    lessons = bot.library().courses[COURSE].lessons
    knew = {each.bank[0].asks.within("ms") for each in lessons[2:]}
    assert len(call.asks) == 2
    assert {question for question, _ in call.asks} <= knew
    assert all(right for _, right in call.asks)
    assert calls(bot) == [call]


def test_who_wants_no_messages_is_not_rung_either(bot, one):
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(opted_out_at=bot.clock()))

    assert calls(bot)[0].number is None


def test_a_course_that_is_taught_no_more_leaves_nothing_to_ask(bot, one):
    library = bot.library()
    gone = type(library)({}, library.keywords)

    assert calling.calls(bot.store, gone, BEGINS)[0].asks == ()


def test_confirmed_is_off_the_list_and_nobody_answering_is_not(bot, one):
    called(bot, one, "no-answer")
    assert calls(bot)[0].tries == 1

    called(bot, one, "confirmed")
    assert calls(bot) == []
    row = rows(bot, t.sampled)[0]
    assert (row.outcome, row.tries, row.called_by) == ("confirmed", 2, JOMIN)
    assert count(bot, t.doubt) == 0
    with pytest.raises(settling.Refused, match="she was confirmed already"):
        called(bot, one, "doubtful", "after all")


def test_a_call_that_did_not_sound_right_is_a_question_more(bot, one):
    called(bot, one, "doubtful", "she had never heard of {it}")

    found, _ = settling.waiting(bot.store, most=9)

    assert found[0].seen == (("call", "rung, and it did not sound right: she had never heard of {it}"),)
    assert bot.check_certificate(one).verdict == "valid"


@pytest.mark.parametrize(("who", "why"), [(ROSLI, "has not the right"), (SITI, "herself")])
def test_nobody_checks_her_own_learners(bot, one, who, why):
    with bot.store.begin() as connection:
        connection.execute(update(t.certificate).values(attested_by=SITI))

    with pytest.raises(settling.Refused, match=why):
        called(bot, one, "confirmed", who=who)
    with pytest.raises(settling.Refused, match="has not the right"):
        draw(bot.store, ALL, ROSLI, random.Random(1).getrandbits, now=bot.clock())


def test_one_that_was_not_drawn_is_not_to_be_rung(bot, one):
    other = completed(bot, "+60111000002")

    with pytest.raises(settling.Refused, match="she was not drawn"):
        called(bot, other, "confirmed")
    with pytest.raises(settling.Refused, match="There is no certificate"):
        called(bot, "ZZZZZZZZZZZK", "confirmed")


def test_a_corrected_certificate_stays_drawn(bot, one):
    her = rows(bot, t.certificate)[0].learner_id
    attesting.attest(bot.store, her, 1, ROSLI, name="Nur Aishah", library=bot.library(), now=bot.clock())

    new = changes.correct(bot.store, one, "a letter", ROSLI, now=bot.clock())

    assert [each.code for each in calls(bot)] == [new]
    assert sampling.draw(bot.store, ALL, JOMIN, random.Random(3).getrandbits, now=bot.clock()).by_lot == 0
