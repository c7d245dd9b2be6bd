"""Somebody who has the database in hand changes what was done, and is found out; each change is named as what it is."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot import certificates, codes
from bot.auditing import heads, linking
from bot.auditing.chain import BEGINNING, chained
from bot.auditing.linking import event_of
from bot.completion import changes
from bot.store import audit, tables as t
from tests.auditing import by_hand, changed, completed, deeds, linked, says, sql, whole
from tests.bots import at_the_same_moment, count, rows
from tests.credentials import certificate, desk_of
from workers import auditing, credentials as signing

DAY = timedelta(days=1)


@pytest.fixture
def chain(bot):
    """Ten deeds that have their places, of eleven events in all, and today's head."""
    deeds(bot, 10)
    linked(bot)
    assert auditing.sign_head(bot) == 1
    return rows(bot, t.audit_link)


# --- the database itself refuses ---


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET who = 'nobody'",
        "DELETE FROM audit_event",
        "UPDATE audit_link SET hash = ''",
        "DELETE FROM audit_link",
        "UPDATE audit_head SET day = ''",
        "DELETE FROM audit_head",
    ],
)
def test_what_was_written_can_neither_be_changed_nor_taken_out(bot, chain, statement):
    with pytest.raises(DBAPIError, match="only grows"), bot.store.begin() as connection:
        connection.execute(text(statement))

    assert changed(whole(bot)) == []


def test_nor_can_it_be_replaced_or_emptied(bot, chain):
    event = rows(bot, t.audit_event)[0]
    statement = (
        f"INSERT OR REPLACE INTO audit_event (id, at, who, did, about) VALUES ({event.id}, '', '', '', '')"
        if bot.store.on_sqlite
        else "TRUNCATE audit_event"
    )
    with pytest.raises(DBAPIError, match="only grows"), bot.store.begin() as connection:
        connection.execute(text(statement))


# --- and where its triggers are taken off, the chain tells ---


def test_an_audit_that_nobody_touched_is_whole(bot, chain):
    found = whole(bot)

    assert (found.changed, found.untold, found.told) == (0, 0, ())
    assert found.seen == 11 + 11 + 1


def test_an_empty_audit_is_whole(bot):
    for table in (t.audit_event, t.audit_waiting, t.signing_key):
        with by_hand(bot) as connection:
            connection.execute(delete(table))

    assert auditing.link(bot) == auditing.sign_head(bot) == 0
    assert whole(bot).told == ()


@pytest.mark.parametrize("column", ["at", "who", "did", "about"])
def test_each_field_of_an_event(bot, chain, column):
    event = rows(bot, t.audit_event)[4]
    with by_hand(bot) as connection:
        value = event.at + timedelta(seconds=1) if column == "at" else "x"
        connection.execute(update(t.audit_event).where(t.audit_event.c.id == event.id).values({column: value}))

    assert changed(whole(bot)) == [f"place 5, event {event.id}: it, its place or its hash is not what was linked."]


def test_an_event_taken_out(bot, chain):
    sql(bot, "DELETE FROM audit_event WHERE id = :id", id=chain[4].event_id)

    assert changed(whole(bot)) == [f"place 5, event {chain[4].event_id}: the event was taken out."]


def test_an_event_taken_out_with_its_place(bot, chain):
    sql(bot, "DELETE FROM audit_event WHERE id = :id", id=chain[4].event_id)
    sql(bot, "DELETE FROM audit_link WHERE place = 5")

    assert changed(whole(bot)) == ["place 5: taken out of the chain."]


def test_two_events_swapped(bot, chain):
    one, other = rows(bot, t.audit_event)[2], rows(bot, t.audit_event)[6]
    with by_hand(bot) as connection:
        for here, there in ((one, other), (other, one)):
            values = {"at": there.at, "who": there.who, "did": there.did, "about": there.about}
            connection.execute(update(t.audit_event).where(t.audit_event.c.id == here.id).values(values))

    found = changed(whole(bot))
    assert [each.split(",")[0] for each in found] == ["place 3", "place 7"]


def test_an_event_put_in_beside_the_chain(bot, chain):
    event = rows(bot, t.audit_event)[4]
    with by_hand(bot) as connection:
        connection.execute(insert(t.audit_event).values(event._asdict() | {"id": event.id - 10**9}))

    assert changed(whole(bot)) == [
        f"event {event.id - 10**9}: put in beside the chain; it has no place and waits for none."
    ]


def put_in(bot, *, heads_too=False):
    """The whole chain is written again by somebody who knows how, with one event more; without a key, so no head is."""
    events = [event_of(row) for row in rows(bot, t.audit_event)]
    events.insert(4, replace(events[4], id=events[0].id - 10**9, about="learner 99"))
    with by_hand(bot) as connection:
        connection.execute(insert(t.audit_event).values(asdict(events[4])))
        connection.execute(delete(t.audit_link))
        links = chained(BEGINNING, 0, events)
        values = [{"place": x.place, "event_id": x.event_id, "hash": x.hash, "code": x.code} for x in links]
        connection.execute(insert(t.audit_link), values)
        if heads_too:
            connection.execute(delete(t.audit_head))


def test_an_event_put_in_the_middle_and_chained_anew(bot, chain):
    put_in(bot)

    assert changed(whole(bot)) == [
        "head 1 of 2026-11-24: at place 11 the chain is another one: what stands up to there was written anew."
    ]


def test_a_tail_cut_off_after_a_head(bot, chain):
    sql(bot, "DELETE FROM audit_event WHERE id >= :id", id=chain[8].event_id)
    sql(bot, "DELETE FROM audit_link WHERE place >= 9")

    assert changed(whole(bot)) == [
        "head 1 of 2026-11-24: it was signed at place 11, and the chain ends at 8: its tail was cut off."
    ]


def test_an_event_taken_out_while_it_waits(bot, chain):
    deeds(bot, 1)
    event = rows(bot, t.audit_event)[-1].id
    sql(bot, "DELETE FROM audit_event WHERE id = :id", id=event)

    assert changed(whole(bot)) == [f"event {event}: taken out before it had a place."]


def test_a_head_changed_taken_out_or_signed_by_another(bot, chain, clock):
    clock.turn(DAY)
    deeds(bot, 1)
    linked(bot)
    auditing.sign_head(bot)
    clock.turn(DAY)
    auditing.sign_head(bot)
    kept = rows(bot, t.audit_head)
    assert changed(whole(bot)) == []

    forged = json.dumps(json.loads(kept[1].json) | {"place": 11, "hash": chain[-1].hash})
    sql(bot, "UPDATE audit_head SET json = :json, place = 11 WHERE number = 2", json=forged)
    assert changed(whole(bot)) == [
        "head 2 of 2026-11-25: its signature is not the issuer's.",
        "head 3 of 2026-11-26: the one before it is not the one that it names.",
    ]
    sql(bot, "DELETE FROM audit_head WHERE number = 2")
    assert changed(whole(bot)) == ["heads 2 to 2: taken out."]


def test_the_code_beside_an_event(bot):
    completed(bot)
    linked(bot)
    sql(bot, "UPDATE audit_link SET code = 'SR7K3M9QXT2Y' WHERE code IS NOT NULL")

    assert "the code beside it is not the one it is about." in changed(whole(bot))[0]


# --- a head that was kept elsewhere ---


def test_a_head_kept_elsewhere_tells_of_a_chain_written_anew_with_all_its_heads(bot, chain):
    """Whoever has the database and the key as well can make everything here agree; what others have kept does not."""
    from bot.auditing.held_heads import held

    kept = heads.published(bot.store)
    issuers = desk_of(bot).issuers
    assert held(bot.store, issuers, kept) == []

    put_in(bot, heads_too=True)
    auditing.sign_head(bot)

    assert whole(bot).changed == 0
    assert says(held(bot.store, issuers, kept)) == [
        (
            "changed",
            "The head 1 of 2026-11-24 says another thing of place 11 than our chain: what stands up to there was written anew.",
        )
    ]


def test_a_head_that_is_newer_than_a_database_put_back_from_a_backup(bot, chain, clock):
    from bot.auditing.held_heads import held

    clock.turn(DAY)
    deeds(bot, 3)
    linked(bot)
    auditing.sign_head(bot)
    kept = heads.published(bot.store)
    sql(bot, "DELETE FROM audit_head WHERE number = 2")
    sql(bot, "DELETE FROM audit_event WHERE id >= :id", id=rows(bot, t.audit_link)[11].event_id)
    sql(bot, "DELETE FROM audit_link WHERE place > 11")

    found = held(bot.store, desk_of(bot).issuers, kept)

    assert whole(bot).changed == 0
    assert found[0].says.endswith("ends at 11: its tail was cut off, or the database was put back from a backup.")


def test_a_forged_head_accuses_nobody(bot, chain):
    from bot.auditing.held_heads import held

    issuers, head = desk_of(bot).issuers, json.loads(heads.published(bot.store))

    for text_ in ("", "[]", "{}", "no head", json.dumps(head | {"more": 1}), json.dumps(head | {"place": "11"})):
        assert [each.how for each in held(bot.store, issuers, text_)] == ["untold"]
    for forged in (head | {"hash": "0" * 64}, head | {"place": 5}, head | {"signature": "AAAA"}):
        (found,) = held(bot.store, issuers, json.dumps(forged))
        assert (found.how, "nothing follows from it" in found.says) == ("untold", True)
    stranger = json.dumps(head | {"key": "did:web:elsewhere.example#key-ed25519-2026"})
    assert [each.how for each in held(bot.store, issuers, stranger)] == ["changed", "untold"]


# --- certificates ---


def test_a_certificate_is_issued_revoked_and_corrected_with_its_events(bot, clock):
    code = completed(bot)
    other = completed(bot, "+60111000002")
    linked(bot)
    certificates.revoke(bot.store, codes.read(code), "by mistake", "Puan Rosli", now=clock())
    with bot.store.begin() as connection:
        her = connection.execute(select(t.certificate.c.learner_id).where(t.certificate.c.code == codes.read(other)))
        values = {"learner_id": her.scalar_one(), "name": "Nur Aisyah", "level": 1, "checked_by": "Puan Rosli"}
        connection.execute(insert(t.identity).values(**values, checked_at=clock()))
    changes.correct(bot.store, codes.read(other), "a name", "Puan Rosli", now=clock())
    signing.sign(bot)

    assert whole(bot, signatures=True).changed == 0  # some events have no place yet
    linked(bot)
    auditing.sign_head(bot)

    found = whole(bot, signatures=True)
    assert (found.changed, found.untold) == (0, 0)
    told = [json.loads(row.about) for row in rows(bot, t.audit_event) if row.did == audit.ISSUED]
    assert told[0] == {"code": code, "of": "selamat1", "kind": "course", "level": 0}
    assert "Aisyah" not in " ".join(row.about for row in rows(bot, t.audit_event))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE certificate SET level = 2",
            "its row says another course, kind or level than the event that issued it.",
        ),
        ("UPDATE certificate SET level = 2", "its row and what was signed differ in level."),
        ("UPDATE certificate SET name = 'Siti'", "its row and what was signed differ in name."),
        ("UPDATE certificate SET minutes = 9999", "its row and what was signed differ in hours."),
        ("UPDATE certificate SET expires_at = issued_at", "its row and what was signed differ in expires."),
        ("UPDATE certificate SET revoked_at = issued_at", "its row says that it was revoked, and no event says so."),
        (
            "UPDATE certificate SET replaced_by = 'SR7K3M9QXT2Y'",
            "its row names another certificate in its place than the audit.",
        ),
        ("DELETE FROM credential", "it was signed, and its credential was taken out."),
        ("UPDATE credential SET json = '{}'", "its credential, or the row that it is held against, cannot be read."),
        ("UPDATE certificate SET title = '{'", "its credential, or the row that it is held against, cannot be read."),
    ],
)
def test_a_certificate_or_its_credential_changed(bot, statement, found):
    code = completed(bot)
    signing.sign(bot)
    linked(bot)
    assert changed(whole(bot)) == []

    sql(bot, statement)

    assert f"certificate {code}: {found}" in changed(whole(bot))


def test_a_certificate_made_by_hand_or_taken_out(bot):
    made, real = certificate(bot, "+60111000003"), completed(bot)
    linked(bot)

    assert changed(whole(bot)) == [f"certificate {made}: no event issued it."]
    sql(bot, "DELETE FROM certificate")
    assert changed(whole(bot)) == [f"certificate {real}: issued at place 2, and taken out since."]
    with bot.store.begin() as connection:
        audit.note(connection, "Puan Rosli", audit.ERASED, json.dumps({"code": real}), now=bot.clock())
    assert changed(whole(bot)) == []


def test_a_revocation_undone(bot):
    code = completed(bot)
    certificates.revoke(bot.store, codes.read(code), "by mistake", "Puan Rosli", now=bot.clock())
    linked(bot)
    sql(bot, "UPDATE certificate SET revoked_at = NULL")

    assert changed(whole(bot)) == [f"certificate {code}: an event says that it was revoked, and its row does not."]


def test_row_and_credential_changed_alike_are_found_by_the_signature_within_a_month(bot, clock):
    code = completed(bot)
    signing.sign(bot)
    linked(bot)
    (kept,) = rows(bot, t.credential)
    sql(bot, "UPDATE certificate SET minutes = 600")
    hours = json.loads(kept.json)["credentialSubject"]["result"][1]["value"]
    sql(bot, "UPDATE credential SET json = :json", json=kept.json.replace(f'"value":"{hours}"', '"value":"10"'))

    assert changed(whole(bot, signatures=True))[0].startswith(
        f"certificate {code}: its credential is not what was signed"
    )
    nightly = []
    for _ in range(30):
        nightly += changed(whole(bot))
        clock.turn(DAY)
    assert len(nightly) == 1


# --- faults ---


def test_two_linkers_at_once_and_two_signers_give_one_chain_and_one_head(bot):
    deeds(bot, linking.BATCH + 50)

    while count(bot, t.audit_waiting):
        at_the_same_moment(*[lambda: auditing.link(bot)] * 3)
    at_the_same_moment(*[lambda: auditing.sign_head(bot)] * 3)

    assert [row.place for row in rows(bot, t.audit_link)] == list(range(1, linking.BATCH + 52))
    assert count(bot, t.audit_head) == 1
    assert whole(bot).told == ()


def test_no_head_is_signed_while_the_chain_is_far_behind(bot):
    deeds(bot, 2 * linking.BATCH + 1)
    assert auditing.link(bot) == linking.BATCH

    assert auditing.sign_head(bot) == 0
    linked(bot)
    assert auditing.sign_head(bot) == 1


def test_an_event_that_was_committed_late_comes_after_younger_ones(bot, clock):
    deeds(bot, 2)
    linked(bot)
    clock.turn(-timedelta(minutes=5))
    deeds(bot, 1)
    linked(bot)
    auditing.sign_head(bot)

    assert rows(bot, t.audit_link)[-1].event_id == rows(bot, t.audit_event)[0].id
    assert whole(bot).told == ()


def test_an_event_dated_back_before_a_head_is_remarked_upon_and_is_no_change(bot, chain, clock):
    clock.turn(-3 * DAY)
    deeds(bot, 1)
    linked(bot)
    clock.turn(3 * DAY)

    found = whole(bot)

    assert (found.changed, found.untold) == (0, 0)
    (remark,) = found.told
    assert remark.says.startswith("place 12, event ")
    assert "stands after a head of 2026-11-24" in remark.says


def test_one_that_has_a_place_and_is_said_to_wait_keeps_nobody_from_theirs(bot, chain):
    sql(bot, "INSERT INTO audit_waiting (event_id) VALUES (:id)", id=chain[0].event_id)
    deeds(bot, 2)
    linked(bot)

    assert count(bot, t.audit_link) == 13
    assert count(bot, t.audit_waiting) == 0


def test_events_that_nobody_links_are_told_of(bot, chain, clock):
    deeds(bot, 2)
    clock.turn(timedelta(hours=2))

    found = whole(bot)

    assert (found.changed, found.untold) == (0, 1)
    assert "2 events wait for their place" in found.told[0].says


def test_a_number_in_somebodys_reason_is_left_out_for_it_could_never_be_deleted(bot):
    why = (
        "she rang from +60 11-1000 0000, or 011-10000000; MyKad 900101-12-5678; learner 250787502493750576, 60 minutes"
    )
    with bot.store.begin() as connection:
        audit.note(connection, "Puan Rosli", "revoke", why, now=bot.clock())

    kept = rows(bot, t.audit_event)[-1].about
    assert kept == ("she rang from (number), or (number); MyKad (number); learner 250787502493750576, 60 minutes")
