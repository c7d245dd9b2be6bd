"""Many certificates revoked for one reason, on both databases: who is meant, who may, and broken off anywhere it goes on."""

import json
from datetime import timedelta

import pytest

from bot import certificates, codes, coordinators, revoking
from bot.revoking import Which, find, may, revoke, spelt
from bot.store import tables as t
from tests.bot.test_completion import holds
from tests.bots import BEGINS, COURSE, at_the_same_moment, rows
from tests.doubted import JOMIN, ROSLI, SITI, completed, people

OTHER = "Cikgu O'Brien A/L 李"
WHY = "answers were entered for her"


@pytest.fixture
def ready(bot, clock):
    """Five vouched for by one, a day apart; two by another."""
    people(bot)
    for n in range(7):
        completed(bot, f"+6011100000{n}", by=ROSLI if n < 5 else OTHER)
        clock.turn(timedelta(days=1))
    return bot


def gone(bot, which, why=WHY, names=(JOMIN,)):
    count = find(bot.store, which).count
    done = revoke(bot.store, which, why, names, count=count, clock=bot.clock)
    return [each for codes in done for each in codes]


def stand(bot):
    return [row.attested_by for row in rows(bot, t.certificate) if row.revoked_at is None]


@pytest.mark.parametrize(
    ("which", "many"),
    [
        (Which(attested_by=ROSLI), 5),
        (Which(attested_by=OTHER), 2),
        (Which(course=COURSE, since=BEGINS + timedelta(days=2)), 5),
        (Which(course=COURSE, since=BEGINS, until=BEGINS + timedelta(days=2)), 2),
        (Which(attested_by=ROSLI, since=BEGINS + timedelta(days=3)), 2),
        (Which(attested_by=ROSLI, course="lain1"), 0),
        (Which(codes=()), 0),
    ],
)
def test_what_is_meant_is_what_fits_everything_that_is_said(ready, which, many):
    found = find(ready.store, which)

    assert (found.count, found.learners, len(found.first)) == (many, many, many)
    assert len(gone(ready, which)) == many
    assert len(stand(ready)) == 7 - many


@pytest.mark.parametrize("which", [Which(), Which(course=COURSE), Which(since=BEGINS)])
def test_a_slip_does_not_revoke_everything(ready, which):
    with pytest.raises(revoking.Refused, match="Say whose they are"):
        find(ready.store, which)


def test_codes_from_a_file(ready):
    listed = [row.code for row in rows(ready, t.certificate)][1:3]

    assert set(gone(ready, Which(codes=(*listed, "ZZZZZZZZZZZK")))) == set(map(codes.written, listed))


def test_the_whole_is_in_the_audit_and_each_one_too(ready):
    gone(ready, Which(attested_by=ROSLI))

    told = [(row.did, row.who, json.loads(row.about)) for row in rows(ready, t.audit_event) if "revoke" in row.did]
    whole = [each for each in told if each[0] == "revoke many"]
    assert [each[1:] for each in whole] == [(JOMIN, {"attested_by": ROSLI, "why": WHY, "count": 5})]
    assert [each[0] for each in told].count("revoke") == 5


def test_programmes_fall_as_with_single_ones(ready):
    her = rows(ready, t.certificate)[0].learner_id
    part = holds(ready, her, "lain1")
    whole = holds(ready, her, "asas9")
    with ready.store.begin() as connection:
        rule = json.dumps({"courses": [COURSE, "lain1"], "least": 2})
        made = t.certificate.update().where(t.certificate.c.code == whole)
        connection.execute(made.values(kind="programme", assessed=rule))

    assert codes.written(whole) in gone(ready, Which(attested_by=ROSLI))
    assert ready.check_certificate(part).verdict == "valid"


def test_broken_off_and_given_again_it_goes_on(ready):
    which = Which(attested_by=ROSLI)
    begun = revoke(ready.store, which, WHY, (JOMIN,), count=5, clock=ready.clock)
    next(begun), next(begun)
    begun.close()

    assert find(ready.store, which).count == 3
    assert len(gone(ready, which)) == 3
    assert stand(ready) == [OTHER, OTHER]
    assert [row.did for row in rows(ready, t.audit_event)].count("revoke") == 5


def test_two_at_once_revoke_each_once(ready):
    done = at_the_same_moment(*[lambda: gone(ready, Which(attested_by=ROSLI))] * 3)

    assert sorted(each for one in done for each in one) == sorted(
        codes.written(row.code) for row in rows(ready, t.certificate) if row.attested_by == ROSLI
    )
    assert [row.did for row in rows(ready, t.audit_event)].count("revoke") == 5


def test_one_person_for_a_few_and_two_for_many(ready):
    assert may(ready.store, "encik jomin", None, 20) == (JOMIN,)
    assert may(ready.store, JOMIN, SITI, 21) == (JOMIN, SITI)
    for second in (None, "ENCIK JOMIN"):
        with pytest.raises(revoking.Refused, match="More than 20 take two"):
            may(ready.store, JOMIN, second, 21)
    for who in ((ROSLI, None), (JOMIN, ROSLI), ("Nobody", None)):
        with pytest.raises(revoking.Refused, match="has not the right to approve"):
            may(ready.store, *who, 1)


def test_a_coordinator_who_has_left_is_still_found(ready, clock):
    coordinators.remove(ready.store, ROSLI, "office", now=clock())

    assert spelt(ready.store, "  puan   ROSLI ") == ROSLI
    assert spelt(ready.store, OTHER.upper()) == OTHER
    with pytest.raises(revoking.Refused, match="No certificate says"):
        spelt(ready.store, "Puan Tiada")


def test_what_was_revoked_before_keeps_its_reason(ready, clock):
    first = rows(ready, t.certificate)[0].code
    certificates.revoke(ready.store, first, "lent her phone", SITI, now=clock())

    assert len(gone(ready, Which(attested_by=ROSLI))) == 4
    assert [row.revoked_why for row in rows(ready, t.certificate)][:2] == ["lent her phone", WHY]
