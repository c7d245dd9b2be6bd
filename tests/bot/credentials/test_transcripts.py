"""A transcript as a signed file: her credentials in one, and nobody takes one out, puts one in or changes a word unnoticed."""

import json
import secrets
from datetime import timedelta

import pytest

from bot import certificates, codes, credentials
from bot.completion import transcript as ledger
from bot.credentials import issuing, keys, shape, status_list, stored, transcript
from bot.store import tables as t
from tests.bot.credentials.test_credentials_checked import changed, leaves
from tests.bots import rows
from tests.credentials import DID, ISSUERS, WHO, association, certificate, desk_of, did_of, verdicts, when

LATER = timedelta(hours=1)  # more than the minutes by which that verifier forgives a clock


def holding(bot, *minutes):
    """A learner with certificates of so many courses, signed; her id and the codes."""
    first = certificate(bot, minutes=minutes[0])
    her = rows(bot, t.certificate)[0].learner_id
    more = [
        certificate(bot, learner_id=her, course=f"lain{n}", version="gone", minutes=each)
        for n, each in enumerate(minutes[1:])
    ]
    work(bot)
    return her, [first, *more]


def work(bot):
    """What the worker does when it looks."""
    desk = desk_of(bot)
    while issuing.sign_batch(desk, now=bot.clock()):
        pass
    status_list.publish(desk.store, desk.safe, desk.issuers, now=bot.clock())


def signed(bot, her):
    """Her transcript, as the command signs it."""
    found = ledger.of(bot.store, her, now=bot.clock())
    counted = {line.code: line.counts for line in found.lines if line.verdict == "valid"}
    return transcript.sign(desk_of(bot), counted, now=bot.clock())


def checked(bot, text, lists=lambda address: None):
    return stored.check(bot.store, desk_of(bot).issuers, text, lists, now=bot.clock())


def within(document):
    return document["credentialSubject"]["verifiableCredential"]


def test_a_transcript_holds_her_credentials_to_the_letter_and_the_hours_of_the_ledger(bot_on_both):
    bot = bot_on_both
    her, held = holding(bot, 35, 60, 85)

    made = signed(bot, her)

    document = json.loads(made.text)
    assert within(document) == [json.loads(credentials.of(bot.store, code)) for code in held]
    assert "3 jam" in document["description"]
    assert "3 hours" in document["description"]
    assert document["partial"] is True
    assert made.left_out == ()
    assert checked(bot, made.text).verdict == "valid"


def test_what_is_revoked_has_ended_or_is_not_signed_is_left_out(bot_on_both, clock):
    bot = bot_on_both
    her, (first, second, third, fourth) = holding(bot, 35, 60, 60, 60)
    certificates.revoke(bot.store, codes.read(second), "lent her phone", WHO, now=clock())
    with bot.store.begin() as connection:
        of = t.certificate.c.code
        connection.execute(
            t.certificate.update().where(of == codes.read(third)).values(expires_at=clock() - timedelta(days=1))
        )
        connection.execute(t.certificate.update().where(of == codes.read(fourth)).values(signed_at=None))

    made = signed(bot, her)

    assert [each["credentialSubject"]["licenseNumber"] for each in within(json.loads(made.text))] == [first]
    assert made.left_out == (fourth,)
    assert "0.58 jam" in json.loads(made.text)["description"]


def test_a_programme_says_which_of_the_courses_are_its_parts_and_no_minute_counts_twice(bot_on_both):
    bot = bot_on_both
    her, (first, _) = holding(bot, 35, 60)
    rule = json.dumps({"courses": ["selamat1", "elsewhere"], "least": 1})
    whole = certificate(bot, learner_id=her, course="asas1", kind="programme", version="v1", minutes=95, assessed=rule)
    work(bot)

    text = signed(bot, her).text

    document = json.loads(text)
    named = {each["credentialSubject"]["licenseNumber"]: each["credentialSubject"] for each in within(document)}
    (part,) = document["credentialSubject"]["association"]
    assert part["associationType"] == "isParentOf"
    assert part["sourceId"] == named[whole]["achievement"]["id"]
    assert part["targetId"] == named[first]["achievement"]["id"]
    assert "2.58 jam" in document["description"]
    assert checked(bot, text).verdict == "valid", checked(bot, text).why
    part["targetId"] = part["sourceId"]
    assert checked(bot, json.dumps(document)).verdict == "forged"


def test_with_nothing_to_show_it_says_so(bot):
    certificate(bot)
    her = rows(bot, t.certificate)[0].learner_id

    with pytest.raises(transcript.Nothing, match="valid and signed"):
        signed(bot, her)


def test_the_newest_stay_where_all_would_be_too_large_for_a_verifier(bot, clock, monkeypatch):
    her, held = holding(bot, 35, 60, 60)
    monkeypatch.setattr(transcript, "MOST", len(credentials.of(bot.store, held[1]).encode()) * 2 + 500)

    made = signed(bot, her)

    assert len(within(json.loads(made.text))) == 2
    assert len(made.left_out) == 1
    assert checked(bot, made.text).verdict == "valid"


def test_twenty_five_certificates_in_one_are_signed_and_believed(bot):
    """Blank things that look alike, such as her name in each, must not take a verifier for ever."""
    her, _ = holding(bot, *[60] * 25)

    made = signed(bot, her)

    assert made.left_out == ()
    assert len(made.text.encode()) < 256 * 1024
    assert checked(bot, made.text).verdict == "valid"


def test_any_single_word_of_it_changed_and_any_credential_taken_out_is_found(bot):
    """The credentials in it are checked by themselves: their words are tried in one of them alone."""
    her, _ = holding(bot, 35, 60)
    rule = json.dumps({"courses": ["selamat1", "lain0"], "least": 2})
    certificate(bot, learner_id=her, course="asas1", kind="programme", version="v1", assessed=rule)
    work(bot)
    document = json.loads(signed(bot, her).text)
    only = ("credentialSubject", "verifiableCredential", 0)
    ways = [path for path in leaves(document) if path[:2] != only[:2] or path[:3] == only]

    slipped = [path for path in ways if checked(bot, json.dumps(changed(document, path))).verdict == "valid"]

    assert slipped == []
    for among in (within, lambda whole: whole["credentialSubject"]["association"]):
        for gone in range(len(among(document))):
            fewer = json.loads(json.dumps(document))
            del among(fewer)[gone]
            assert checked(bot, json.dumps(fewer)).verdict == "forged"
    twice = json.loads(json.dumps(document))
    within(twice)[1] = within(twice)[0]
    assert checked(bot, json.dumps(twice)).verdict == "forged"
    for name in ("type", "name"):  # said of the issuer in the credentials too, so a signature alone would not miss it
        less = json.loads(json.dumps(document))
        del less["issuer"][name]
        assert checked(bot, json.dumps(less)).verdict == "forged"


def test_somebody_elses_credential_is_not_hers_even_when_the_issuer_signs(bot):
    _, held = holding(bot, 35)
    other = certificate(bot, "+60111000002")
    work(bot)

    made = transcript.sign(desk_of(bot), {held[0]: 35, other: 60}, now=bot.clock())

    assert checked(bot, made.text).verdict == "forged"


def test_it_is_no_better_than_what_is_in_it(bot, clock):
    her, (first, second) = holding(bot, 35, 60)
    text = signed(bot, her).text
    assert checked(bot, text, lambda address: "").verdict == "unclear"
    certificates.revoke(bot.store, codes.read(second), "lent her phone", WHO, now=clock())
    before = checked(bot, text)
    work(bot)

    for found in (before, checked(bot, text)):
        assert (found.verdict, second in found.why, first in found.why) == ("revoked", True, False)


def test_it_ends_after_ninety_days_and_one_of_tomorrow_asks_for_the_clock(bot, clock):
    her, _ = holding(bot, 35)
    clock.turn(timedelta(days=1))
    text = signed(bot, her).text
    clock.turn(timedelta(days=-1))
    early = checked(bot, text)
    clock.turn(transcript.GOOD_FOR + timedelta(days=1))
    work(bot)

    assert (early.verdict, "clock" in early.why) == ("unclear", True)
    assert checked(bot, text).verdict == "expired"


def test_a_key_that_was_given_up_takes_its_transcripts_with_it(bot, clock):
    her, _ = holding(bot, 35)
    text, desk = signed(bot, her).text, desk_of(bot)
    keys.compromised(desk.store, desk.safe, "persatuan", "key-ed25519-2026", WHO, now=clock())

    with pytest.raises(transcript.Nothing):
        signed(bot, her)
    work(bot)

    assert checked(bot, text).verdict == "forged"
    assert checked(bot, signed(bot, her).text).verdict == "valid"


def test_of_two_issuers_the_one_that_stands_for_others_signs(sqlite_url, tmp_path, clock):
    second = (
        ISSUERS.replace("issuers:\n", "")
        .replace("persatuan\n", "koperasi\n")
        .replace('["*"]', "[lain0]")
        .split("    ass")
    )
    with association(sqlite_url, tmp_path, clock, issuers=ISSUERS + second[0]) as bot:
        keys.new(bot.store, desk_of(bot).safe, "koperasi", WHO, now=clock())
        her, held = holding(bot, 35, 60)

        document = json.loads(signed(bot, her).text)

        assert document["issuer"]["id"] == DID
        assert {each["issuer"]["id"] for each in within(document)} == {DID, f"{DID}:issuers:koperasi"}
        assert checked(bot, json.dumps(document)).verdict == "valid"
        one = transcript.sign(desk_of(bot), {held[1]: 60}, now=clock())
        assert json.loads(one.text)["issuer"]["id"] == f"{DID}:issuers:koperasi"


def test_a_transcript_is_good_elsewhere_until_one_word_of_it_is_changed(bot, clock, verifier):
    """Some 220 changes, each checked with all that is in it, by Digital Bazaar's implementation."""
    her, (_, second) = holding(bot, 35, 60)
    rule = json.dumps({"courses": ["selamat1"], "least": 1})
    certificate(bot, learner_id=her, course="asas1", kind="programme", version="v1", assessed=rule)
    work(bot)
    document, now = json.loads(signed(bot, her).text), when(clock() + LATER)
    lists = json.loads(status_list.published(bot.store, "persatuan", 1))
    documents = {DID: did_of(bot), lists["id"]: lists}
    fewer = json.loads(json.dumps(document))
    del within(fewer)[1]
    certificates.revoke(bot.store, codes.read(second), "lent her phone", WHO, now=clock())
    work(bot)
    after = json.loads(status_list.published(bot.store, "persatuan", 1))
    cases = [
        {"name": "hers", "credential": document, "now": now, "tamper": True},
        {"name": "one taken out", "credential": fewer, "now": now},
        {"name": "one revoked", "credential": document, "now": now, "documents": {after["id"]: after}},
        {"name": "ended", "credential": document, "now": when(clock() + transcript.GOOD_FOR + LATER)},
    ]

    told = verdicts(verifier, cases, documents)

    wanted = {"hers": "valid", "one taken out": "forged", "one revoked": "revoked", "ended": "expired"}
    assert {name: each["verdict"] for name, each in told.items()} == wanted, [each["why"] for each in told.values()]
    assert told["hers"]["missed"] == []
    assert told["hers"]["changes"] > 200


def test_the_contexts_of_a_transcript_are_in_the_order_that_the_standard_wants():
    assert shape.RECORD_CONTEXTS[:3] == (shape.CONTEXTS[0], shape.RECORD_CONTEXT, shape.CONTEXTS[1])
    assert secrets.compare_digest(shape.RECORD_CONTEXT, "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json")
