"""Certificates get a credential each: once, whoever signs and dies meanwhile, and never at the cost of the code."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text

from bot import certificates, codes, credentials
from bot.credentials import document, issuing, keys, shape, signing, status_list
from bot.credentials.checking import check
from bot.store import tables as t
from tests.bots import count, rows
from tests.credentials import DID, HOST, NAME, WHO, association, certificate, desk_of, did_of
from workers import credentials as worker

SUBJECT = "1c0f1e3a-4b0f-4c8e-9f0e-0b6f0a4b7d11"
IDENTITY = "0d9d6f6e-9a52-4f2f-8c66-0f8d4d6c1f22"


def signed(bot, code):
    return json.loads(credentials.of(bot.store, code))


def published(bot, number=1):
    return status_list.published(bot.store, "persatuan", number)


def verdict_of(bot, code, clock):
    return check(credentials.of(bot.store, code), did_of(bot), published(bot), now=clock()).verdict


def test_a_certificate_gets_its_credential_from_the_worker_and_keeps_it_to_the_byte(bot_on_both, clock):
    bot = bot_on_both
    code = certificate(bot)

    assert credentials.of(bot.store, code) is None
    assert worker.sign(bot) == 1
    first = credentials.of(bot.store, code)
    clock.turn(timedelta(days=40))

    assert worker.sign(bot) == 0
    assert credentials.of(bot.store, code) == first
    assert "proof" in json.loads(first)


def test_a_credential_says_who_what_how_long_and_how_it_was_checked_and_no_number_of_hers(bot):
    code = certificate(bot, "+60111000077")
    worker.sign(bot)

    says = signed(bot, code)
    her, achievement = says["credentialSubject"], says["credentialSubject"]["achievement"]

    assert her["licenseNumber"] == code
    assert her["identifier"][0]["identityHash"] == NAME
    assert her["source"]["name"] == "Universiti Contoh"
    assert [each.get("value", each.get("status")) for each in her["result"]] == ["Completed", "0.58"]
    assert "0.58 jam" in achievement["criteria"]["narrative"]
    assert achievement["id"].startswith(f"{HOST}/credentials/achievements/selamat1/")
    assert says["issuer"]["otherIdentifier"][0]["identifier"] == "PPM-012-12-01012020"
    assert says["evidence"][0]["name"].startswith("Pengenalan diri L1")
    assert "111000077" not in json.dumps(says)
    assert isinstance(says["proof"], list)


def test_a_score_stands_beside_the_mark_it_had_to_reach_and_a_corrected_one_keeps_the_day_she_completed(bot, clock):
    learnt = document.Learnt("a", "v1", "course", {"ms": "A"}, {"ms": "B", "en": "C"}, 60, {}, pass_mark=70)
    completed = clock() - timedelta(days=9)
    more = {"completed_at": completed, "score": 85}
    awarded = document.Awarded("SR7K-3M9Q-XT2Y", SUBJECT, NAME, 1, clock(), None, None, learnt, **more)

    her = document.credential(desk_of(bot).issuers.all[0], awarded, IDENTITY, 1, 7)["credentialSubject"]

    (mark,) = [each for each in her["achievement"]["resultDescription"] if each["resultType"] == "Percent"]
    (result,) = [each for each in her["result"] if each["resultDescription"] == mark["id"]]
    assert (mark["requiredValue"], result["value"]) == ("70", "85")
    assert her["activityEndDate"] == document.moment(completed)


def test_a_learner_is_the_same_in_all_her_credentials_and_nobody_else_is(bot_on_both):
    bot = bot_on_both
    first = certificate(bot, "+60111000001")
    her = rows(bot, t.certificate)[0].learner_id
    second = certificate(bot, learner_id=her, course="buku1", version="gone")
    other = certificate(bot, "+60111000002")
    worker.sign(bot)

    subjects = [signed(bot, code)["credentialSubject"]["id"] for code in (first, second, other)]

    assert subjects[0] == subjects[1] != subjects[2]
    assert str(her) not in subjects[0]


def test_eight_workers_at_once_sign_each_certificate_once(bot_on_both):
    bot = bot_on_both
    codes_of = [certificate(bot, f"+6011100{n:04}") for n in range(12)]

    with ThreadPoolExecutor(8) as pool:
        signed_by = list(pool.map(lambda _: worker.sign(bot), range(8)))
    while worker.sign(bot):
        pass

    assert sum(signed_by) <= len(codes_of)
    assert count(bot, t.credential) == len(codes_of)
    assert len({(row.list, row.status_index) for row in rows(bot, t.credential)}) == len(codes_of)


def test_without_a_key_the_code_is_good_and_the_credential_follows(sqlite_url, tmp_path, clock):
    with association(sqlite_url, tmp_path, clock, key=False) as bot:
        code = certificate(bot)

        assert (worker.sign(bot), worker.publish(bot)) == (0, 0)
        assert bot.check_certificate(code).verdict == "valid"
        assert credentials.of(bot.store, code) is None

        keys.new(bot.store, desk_of(bot).safe, "persatuan", WHO, now=clock())
        assert worker.sign(bot) == 1
        assert signed(bot, code)["credentialSubject"]["licenseNumber"] == code


def test_a_worker_that_dies_while_it_writes_has_written_nothing_and_the_next_signs(bot_on_both, clock):
    bot = bot_on_both
    code = certificate(bot)
    with bot.store.begin() as connection:  # whatever it is that breaks: here the table refuses what is written
        connection.execute(text("ALTER TABLE credential RENAME TO elsewhere"))
    with pytest.raises(Exception, match="credential"):
        worker.sign(bot)
    with bot.store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO credential"))
    assert rows(bot, t.certificate)[0].signed_at is None

    assert worker.sign(bot) == 1
    worker.publish(bot)
    assert verdict_of(bot, code, clock) == "valid"


def test_more_than_a_batch_is_signed_batch_by_batch(bot):
    for n in range(issuing.BATCH + 3):
        certificate(bot, f"+6011100{n:04}")

    assert (worker.sign(bot), worker.sign(bot), worker.sign(bot)) == (issuing.BATCH, 3, 0)


def test_bits_are_drawn_from_a_whole_list_and_a_list_half_full_is_followed_by_another(bot_on_both, clock):
    bot = bot_on_both
    with bot.store.begin() as connection:
        number, drawn = status_list.draw(connection, "persatuan", 2000)

    assert number == 1
    assert len(set(drawn)) == 2000
    assert max(drawn) > status_list.SIZE * 0.9 and min(drawn) < status_list.SIZE * 0.1  # noqa: PT018
    with bot.store.begin() as connection:
        assert status_list.draw(connection, "persatuan", status_list.FULL + 1)[0] == 2


def test_a_list_is_published_at_once_after_a_revocation_daily_otherwise_and_not_between(bot_on_both, clock):
    bot = bot_on_both
    code, other = certificate(bot), certificate(bot, "+60111000002")
    worker.sign(bot)
    assert (worker.publish(bot), worker.publish(bot)) == (1, 0)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=clock())

    assert (worker.publish(bot), worker.publish(bot)) == (1, 0)
    assert (verdict_of(bot, code, clock), verdict_of(bot, other, clock)) == ("revoked", "valid")
    clock.turn(timedelta(hours=23))
    assert worker.publish(bot) == 0
    clock.turn(timedelta(hours=1))
    assert worker.publish(bot) == 1
    assert verdict_of(bot, code, clock) == "revoked"


def test_a_worker_that_was_slow_never_puts_an_older_list_in_the_place_of_a_newer_one(bot_on_both, clock):
    """It read the rows before a revocation, and writes after another worker has published it."""
    bot = bot_on_both
    code = certificate(bot)
    worker.sign(bot)
    worker.publish(bot)
    (before,) = rows(bot, t.status_list)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=clock())
    worker.publish(bot)
    newer, signer = published(bot), keys.signer(bot.store, desk_of(bot).safe, desk_of(bot).issuers.all[0])

    with bot.store.begin() as connection:
        connection.execute(status_list._written(before, signer, "an old one", 0, clock() + timedelta(minutes=1)))

    assert published(bot) == newer


def test_what_was_revoked_stays_so_when_the_learner_is_deleted_and_nobody_gets_her_bit(bot_on_both, clock):
    """Her copy of the credential is in the world for good."""
    bot = bot_on_both
    code = certificate(bot)
    worker.sign(bot)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=clock())
    worker.publish(bot)
    copy, (row,) = credentials.of(bot.store, code), rows(bot, t.credential)
    with bot.store.begin() as connection:
        connection.execute(delete(t.credential))
        connection.execute(delete(t.certificate))

    assert (worker.publish(bot), worker.publish(bot)) == (1, 0)
    assert check(copy, did_of(bot), published(bot), now=clock()).verdict == "revoked"
    with bot.store.begin() as connection:
        assert row.status_index not in status_list.draw(connection, "persatuan", 60_000)[1]


def test_an_old_list_shown_instead_is_refused_after_seven_days(bot, clock):
    code = certificate(bot)
    worker.sign(bot)
    worker.publish(bot)
    old = published(bot)
    clock.turn(timedelta(days=7))

    found = check(credentials.of(bot.store, code), did_of(bot), old, now=clock())

    assert found.verdict == "unclear"
    assert "fetch it anew" in found.why


def test_a_certificate_revoked_while_it_was_being_checked_is_revoked_for_whoever_asks_next(bot, clock):
    code = certificate(bot)
    worker.sign(bot)
    worker.publish(bot)
    credential, listed = credentials.of(bot.store, code), published(bot)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=clock())
    worker.publish(bot)

    assert check(credential, did_of(bot), listed, now=clock()).verdict == "valid"
    assert check(credential, did_of(bot), published(bot), now=clock()).verdict == "revoked"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"honours": "first class"}, "not ours"),
        ({"name": "Elak\u0001penipuan"}, "control character"),
        ({"name": "U\u0308mit"}, "composed form"),
        ({"evidence": []}, "evidence"),
        ({"id": "rumpai-laut"}, "absolute address"),
        ({"validFrom": 2026}, "validFrom"),
    ],
)
def test_what_does_not_fit_the_template_is_not_signed(bot, clock, broken, why):
    certificate(bot)
    desk = desk_of(bot)
    issuer = desk.issuers.all[0]
    learnt = document.Learnt("a", "v1", "course", {"ms": "A"}, {"ms": "B", "en": "C"}, 60, {})
    awarded = document.Awarded("SR7K-3M9Q-XT2Y", SUBJECT, NAME, 1, clock(), None, None, learnt)
    whole = document.credential(issuer, awarded, IDENTITY, 1, 7)
    signer = keys.signer(bot.store, desk.safe, issuer)
    signing.sign(whole, shape.CREDENTIAL, signer, now=clock())

    with pytest.raises(signing.CannotSign, match=why):
        signing.sign(whole | broken, shape.CREDENTIAL, signer, now=clock())


def test_the_contexts_that_signatures_cover_are_those_we_pinned():
    signing.check_contexts.cache_clear()

    signing.check_contexts()


def test_a_certificate_that_cannot_be_signed_is_told_to_the_log_and_keeps_no_other_waiting(bot, caplog):
    bad, good = certificate(bot, title='{"ms": " ", "en": " "}'), certificate(bot, "+60111000002")

    assert worker.sign(bot) == 1
    assert credentials.of(bot.store, bad) is None
    assert credentials.of(bot.store, good) is not None
    assert "credential not signed" in caplog.text


def test_an_audit_has_every_key_and_who_made_it(bot):
    told = bot.store.look(select(t.audit_event.c.who, t.audit_event.c.did, t.audit_event.c.about))

    assert [tuple(each) for each in told] == [(WHO, "key made", "persatuan#key-ed25519-2026")]


def test_what_waits_and_what_was_revoked_is_found_by_indexes_that_hold_nothing_else(bot):
    """The worker looks every two seconds, beside a million certificates that are signed and good."""
    waiting = issuing._waiting().with_only_columns(t.certificate.c.id)
    shown = {"compile_kwargs": {"literal_binds": True}}
    plans = [
        str(bot.store.look(text(f"EXPLAIN QUERY PLAN {query.compile(bot.store.engine, **shown)}")))
        for query in (waiting, status_list._REVOKED_IN)
    ]

    assert "ix_certificate_unsigned" in plans[0]
    assert "ix_certificate_revoked" in plans[1]


def test_the_did_of_an_issuer_comes_from_the_address_or_from_the_file(bot):
    issuer = desk_of(bot).issuers.all[0]

    assert issuer.did == DID
    assert document.list_url(replace(issuer, base="https://lain.example"), 3).endswith(
        "/credentials/status/persatuan/3"
    )
