"""Doubts on both databases: found once by whoever looks, kept with their certificate, and settled by people."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from bot import attesting, certificates, codes
from bot.completion import changes, complete
from bot.doubts import in_words, looking, settling
from bot.store import tables as t
from tests.bot.test_completion import passes
from tests.bots import COURSE, at_the_same_moment, count, rows, villager
from tests.doubted import A_WHILE, JOMIN, ROSLI, SITI, agreed, completed, looked, people, unlooked
from workers import doubting

QUICK = timedelta(seconds=5)


@pytest.fixture
def ready(bot):
    people(bot)
    return bot


def told(bot):
    """Every doubt, in words, by kind."""
    return {row.kind: in_words(row.kind, json.loads(row.seen)) for row in rows(bot, t.doubt)}


def test_who_finished_in_seconds_is_asked_about_and_the_certificate_stands(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    assert doubting.look(ready) == 0  # not before what came around it is there

    clock.turn(A_WHILE)
    assert doubting.look(ready) == 1

    assert told(ready) == {
        "speed": "7 lessons in 0.5 minutes, of a course that takes 35; 6 of them within ten seconds of the last"
    }
    assert ready.check_certificate(code).verdict == "valid"
    assert doubting.look(ready) == 0


def test_who_learnt_as_people_do_is_asked_about_nothing(ready, clock):
    for n in range(5):
        completed(ready, f"+6011100000{n}", wrong={n}, district="Ranau")
        clock.turn(timedelta(minutes=20))

    assert looked(ready, clock() + A_WHILE) == 5
    assert count(ready, t.doubt) == 0


def test_the_same_wrong_answers_on_one_list(ready, clock):
    first = completed(ready, "+60111000001", wrong={0, 2, 4})
    clock.turn(timedelta(hours=1))
    completed(ready, "+60111000002", wrong={0, 2, 4})
    completed(ready, "+60111000003", by=None, wrong={0, 2, 4})  # on nobody's list

    looked(ready, clock() + A_WHILE)

    written = codes.written(first)
    says = f"3 wrong answers are word for word those of {written} (coordinator), 4 right ones too, and 0 differ"
    assert told(ready) == {"sameness": says}
    assert count(ready, t.doubt) == 1


def test_neighbours_of_a_district_need_to_be_more_alike(ready, clock):
    for n, wrong in enumerate(({0, 1, 2}, {0, 1, 2}, {3, 4, 5, 6}, {3, 4, 5, 6})):
        completed(ready, f"+6011100000{n}", by=None, wrong=wrong, district="Pitas")
        clock.turn(timedelta(minutes=5))
    completed(ready, "+60111000009", by=None, wrong={3, 4, 5, 6}, district="Kudat")

    looked(ready, clock() + A_WHILE)

    assert [(row.kind, json.loads(row.seen)["near"]) for row in rows(ready, t.doubt)] == [("sameness", "district")]


def test_one_phone_that_says_wrong_number_again_and_again_is_seen(ready, clock):
    """Each time it is let go of and begins anew, as another learner; what each agreed from is kept."""
    codes_of = []
    for n in range(4):
        codes_of.append(completed(ready, f"+6011100000{n}", by=None))
        if n == 0:
            phone = rows(ready, t.address)[0].id
        agreed(ready, rows(ready, t.certificate)[-1].learner_id, phone)
        clock.turn(timedelta(days=2))

    looked(ready, clock() + A_WHILE)

    assert told(ready) == {"phone": "4 people completed this course from one phone, 1 of them within a day"}
    assert count(ready, t.doubt) == 4


def test_a_night_batch_is_seen_from_the_first_to_the_last_of_it(ready, clock):
    clock.turn(timedelta(hours=15))  # midnight in Kuching
    for n in range(6):
        completed(ready, f"+6011100000{n}")
        clock.turn(timedelta(minutes=3))

    looked(ready, clock() + A_WHILE)

    assert set(told(ready)) == {"night"}
    assert count(ready, t.doubt) == 6


def test_a_burst_of_attesting(ready, clock):
    for n in range(12):
        completed(ready, f"+601110000{n:02}")
        clock.turn(timedelta(seconds=5))

    looked(ready, clock() + A_WHILE)

    assert told(ready) == {"burst": "attested together with 11 others within five minutes"}


def test_each_thirtieth_of_a_coordinator_far_above_the_others(ready, clock):
    for n in range(61):
        completed(ready, f"+601110000{n:02}")
        clock.turn(timedelta(minutes=20))
    for n in range(2):
        completed(ready, f"+601110001{n:02}", by=SITI)

    looked(ready, clock() + A_WHILE)

    found = [json.loads(row.seen) for row in rows(ready, t.doubt) if row.kind == "rate"]
    assert [each["count"] for each in found] == [30, 60]


def test_looked_at_twice_and_by_two_at_once_it_is_one_question(ready, clock):
    for n in range(8):
        completed(ready, f"+6011100000{n}", apart=QUICK)
    at = clock() + A_WHILE

    at_the_same_moment(*[lambda: looking.look(ready.store, ready.zone, now=at)] * 4)
    found = count(ready, t.doubt)
    unlooked(ready)
    looked(ready, at)

    assert {row.kind for row in rows(ready, t.doubt)} == {"speed"}
    assert count(ready, t.doubt) == found == 8


def test_one_that_cannot_be_looked_at_keeps_nobody_waiting(ready, clock, caplog):
    broken, good = completed(ready, "+60111000001"), completed(ready, "+60111000002", by=None, apart=QUICK)
    at = clock() + A_WHILE
    look = ready.store.look

    def fails(query, values=None):
        if values and values.get("of") == [rows_by[broken]]:
            raise ValueError("no such thing")
        return look(query, values)

    rows_by = {row.code: row.learner_id for row in rows(ready, t.certificate)}
    ready.store.look = fails
    assert looked(ready, at) == 2

    assert [row.kind for row in rows(ready, t.doubt)] == ["speed"]
    assert ready.check_certificate(good).verdict == "valid"
    assert "not looked at for doubts" in caplog.text


def test_what_is_looked_at_does_not_grow_with_the_course(ready, clock):
    """A few queries for each certificate, each with a limit or by her own id."""
    asked = []
    event.listen(ready.store.engine, "before_cursor_execute", lambda *sent: asked.append(sent[2]))

    def queries(many):
        for n in range(many):
            completed(ready, f"+60111{many:03}{n:03}", district="Ranau", wrong={n % 7})
            clock.turn(timedelta(minutes=11))
        looked(ready, clock() + A_WHILE)
        completed(ready, f"+60112{many:03}999", district="Ranau")
        asked.clear()
        looked(ready, clock() + A_WHILE)
        return len([each for each in asked if each.startswith("SELECT")])

    few = queries(25)

    assert queries(60) == few <= 12


def test_a_programme_and_what_is_revoked_are_marked_and_asked_about_nothing(ready, clock):
    whole, gone = completed(ready, "+60111000001", apart=QUICK), completed(ready, "+60111000002", apart=QUICK)
    with ready.store.begin() as connection:
        connection.execute(update(t.certificate).where(t.certificate.c.code == whole).values(kind="programme"))
    certificates.revoke(ready.store, gone, "why", JOMIN, now=clock())

    assert looked(ready, clock() + A_WHILE) == 2
    assert count(ready, t.doubt) == 0


# --- with the certificate ----------------------------------------------------------------------------------------------


def test_who_vouched_for_her_is_kept_with_the_certificate(ready, clock):
    her = villager(ready, "+60111000001")
    course = ready.library().courses[COURSE]
    passes(ready, her, course)
    who = {"name": "Ng A/L 李", "library": ready.library(), "now": clock()}
    attesting.attest(ready.store, her, 1, "puan rosli", **who)

    assert [row.attested_by for row in rows(ready, t.certificate)] == [ROSLI]
    nobody = villager(ready, "+60111000002")
    outcome = complete(ready.store, course, nobody, programmes={}, passed=tuple(course.by_id), now=clock())
    (row,) = [each.values for each in outcome.writes if each.statement.table == "certificate"]
    assert row["attested_by"] is None


def test_a_corrected_certificate_takes_its_questions_along(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    looked(ready, clock() + A_WHILE)
    settling.settle(ready.store, code, "fine", "she showed me", JOMIN, now=clock())
    her = rows(ready, t.certificate)[0].learner_id
    name = {"name": "Nur Aishah binti Ahmad", "library": ready.library(), "now": clock()}
    attesting.attest(ready.store, her, 1, ROSLI, **name)

    new = codes.read(changes.correct(ready.store, code, "a letter", ROSLI, now=clock()))
    looked(ready, clock() + A_WHILE)

    row = next(each for each in rows(ready, t.certificate) if each.code == new)
    assert [(each.certificate_id, each.outcome) for each in rows(ready, t.doubt)] == [(row.id, "fine")]
    assert settling.waiting(ready.store, most=9) == ([], 0)


# --- settled by people -------------------------------------------------------------------------------------------------


def test_the_worst_is_shown_first_with_all_that_was_seen(ready, clock):
    mild = completed(ready, "+60111000001", apart=timedelta(seconds=30))
    bad = completed(ready, "+60111000002", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    found, many = settling.waiting(ready.store, COURSE, most=9)

    assert [each.code for each in found] == [codes.written(bad), codes.written(mild)]
    assert many == 2
    assert settling.waiting(ready.store, COURSE, most=1)[1] == 2
    assert settling.waiting(ready.store, "lain1", most=9) == ([], 0)
    assert dict(found[0].seen).keys() == {"speed"}


def test_fine_is_fine_and_not_asked_again(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    assert settling.settle(ready.store, code, "fine", "she reads fast", "encik jomin", now=clock()) == ()

    row = rows(ready, t.doubt)[0]
    assert (row.outcome, row.settled_by, row.why) == ("fine", JOMIN, "she reads fast")
    unlooked(ready)
    looked(ready, clock() + A_WHILE)
    assert settling.waiting(ready.store, most=9) == ([], 0)
    assert ready.check_certificate(code).verdict == "valid"
    with pytest.raises(settling.Refused, match="Nothing is open"):
        settling.settle(ready.store, code, "revoked", "after all", JOMIN, now=clock())
    assert [row.did for row in rows(ready, t.audit_event)].count("settle doubts") == 1


def test_revoked_settles_and_revokes_in_one(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    gone = settling.settle(ready.store, code, "revoked", "a cousin answered", JOMIN, now=clock())

    assert gone == (codes.written(code),)
    assert ready.check_certificate(code).verdict == "revoked"
    assert {"settle doubts", "revoke"} <= {row.did for row in rows(ready, t.audit_event)}


def test_one_revoked_in_another_way_is_asked_about_no_more(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    certificates.revoke(ready.store, code, "she asked for it", JOMIN, now=clock())

    assert settling.waiting(ready.store, most=9) == ([], 0)
    assert [row.outcome for row in rows(ready, t.doubt)] == ["revoked"]


@pytest.mark.parametrize(
    ("who", "why"), [(ROSLI, "has not the right to approve"), ("Encik Sesiapa", "has not the right"), (SITI, "herself")]
)
def test_who_may_not_decide_decides_nothing(ready, clock, who, why):
    code = completed(ready, "+60111000001", by=SITI, apart=QUICK)
    looked(ready, clock() + A_WHILE)

    with pytest.raises(settling.Refused, match=why):
        settling.settle(ready.store, code, "fine", "I know her", who, now=clock())
    assert ready.store.look(select(t.doubt.c.outcome))[0][0] is None


def test_settled_by_two_at_once_one_is_heard(ready, clock):
    code = completed(ready, "+60111000001", apart=QUICK)
    looked(ready, clock() + A_WHILE)

    def settle(outcome, who):
        try:
            settling.settle(ready.store, code, outcome, "why", who, now=clock())
        except settling.Refused:
            return None
        return outcome

    done = [each for each in at_the_same_moment(lambda: settle("fine", JOMIN), lambda: settle("revoked", SITI)) if each]

    assert len(done) == 1
    assert [row.outcome for row in rows(ready, t.doubt)] == done
    assert ready.check_certificate(code).verdict == ("valid" if done == ["fine"] else "revoked")
