"""Keys are made, rotated, lost and given up; what was signed stays as good as the key it was signed with."""

import json
import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import credentials
from bot.cli.doctor import of_credentials
from bot.credentials import issuing, keys, status_list
from bot.credentials.checking import check
from bot.credentials.keys import KeyTrouble, Safe
from bot.store import tables as t
from tests.bots import made_settings, rows
from tests.credentials import DID, WHO, association, certificate, desk_of, did_of
from workers import credentials as worker

FIRST = "key-ed25519-2026"


def work(bot):
    while worker.sign(bot):
        pass
    worker.publish(bot)


def key_of(bot, code):
    return json.loads(credentials.of(bot.store, code))["proof"][0]["verificationMethod"].partition("#")[2]


def verdict(bot, text, clock):
    return check(text, did_of(bot), status_list.published(bot.store, "persatuan", 1), now=clock()).verdict


def test_a_private_key_is_a_file_that_we_alone_may_read_and_never_in_the_database(bot):
    (path,) = desk_of(bot).safe.folder.glob("*")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    secret = path.read_text().splitlines()[1]
    assert secret not in str(rows(bot, t.signing_key))


def test_the_issuers_document_names_its_keys_as_verifiers_read_them(bot):
    says = did_of(bot)

    assert says["id"] == DID
    assert says["assertionMethod"] == [f"{DID}#{FIRST}"]
    method = says["verificationMethod"][0]
    assert (method["type"], method["controller"]) == ("Multikey", DID)
    assert method["publicKeyMultibase"].startswith("z6Mk")


def test_a_first_key_is_made_once(bot, clock):
    with pytest.raises(KeyTrouble, match="rotate"):
        keys.new(bot.store, desk_of(bot).safe, "persatuan", WHO, now=clock())


def test_after_a_rotation_the_new_key_signs_the_old_ones_work_stays_good_and_its_private_half_is_gone(
    bot_on_both, clock
):
    bot = bot_on_both
    before = certificate(bot)
    work(bot)
    clock.turn(timedelta(days=60))
    safe = desk_of(bot).safe

    assert keys.rotate(bot.store, safe, "persatuan", WHO, now=clock()) == "key-ed25519-2027"

    after = certificate(bot, "+60111000002")
    work(bot)
    assert (key_of(bot, before), key_of(bot, after)) == (FIRST, "key-ed25519-2027")
    assert [verdict(bot, credentials.of(bot.store, code), clock) for code in (before, after)] == ["valid", "valid"]
    assert [path.name for path in safe.folder.glob("*")] == ["persatuan-key-ed25519-2027.pem"]
    assert did_of(bot)["assertionMethod"][0].endswith("2027")


def test_a_key_that_was_lost_is_told_in_words_and_another_takes_over(bot, clock):
    code = certificate(bot)
    desk = desk_of(bot)
    desk.safe.forget(f"persatuan-{FIRST}")

    with pytest.raises(KeyTrouble, match="rotate --issuer persatuan"):
        keys.signer(bot.store, desk.safe, desk.issuers.all[0])
    assert worker.sign(bot) == 0
    assert keys.rotate(bot.store, desk.safe, "persatuan", WHO, now=clock()) == "key-ed25519-2026-2"
    work(bot)
    assert verdict(bot, credentials.of(bot.store, code), clock) == "valid"


def test_a_key_in_wrong_hands_is_good_for_nothing_and_all_it_signed_is_signed_anew(bot_on_both, clock):
    bot = bot_on_both
    codes_of = [certificate(bot, f"+6011100000{n}") for n in range(3)]
    work(bot)
    old = [credentials.of(bot.store, code) for code in codes_of]
    clock.turn(timedelta(days=1))

    live, again = keys.compromised(bot.store, desk_of(bot).safe, "persatuan", FIRST, WHO, now=clock())

    assert (live, again) == ("key-ed25519-2026-2", 3)
    assert FIRST not in json.dumps(did_of(bot)).replace(live, "")
    assert [verdict(bot, text, clock) for text in old] == ["forged"] * 3
    work(bot)
    anew = [credentials.of(bot.store, code) for code in codes_of]
    assert [verdict(bot, text, clock) for text in anew] == ["valid"] * 3
    unsigned = [{**json.loads(text), "proof": None} for text in old]
    assert [{**json.loads(text), "proof": None} for text in anew] == unsigned  # what it says of her is what it said


def test_what_a_worker_had_signed_when_its_key_was_given_up_is_not_written(bot_on_both, clock):
    """The worker signs with no transaction open, so a key may be given up between."""
    bot = bot_on_both
    code, desk = certificate(bot), desk_of(bot)

    class Slow(type(desk.store)):
        """Gives the key up just before a worker writes."""

        def begin(self):
            if rows(bot, t.status_list) and not given_up:
                given_up.append(keys.compromised(bot.store, desk.safe, "persatuan", FIRST, WHO, now=clock()))
            return super().begin()

    given_up: list = []
    slow = Slow(bot.settings.store_url)

    assert issuing.sign_batch(replace(desk, store=slow), now=clock()) == 0
    slow.engine.dispose()
    assert given_up
    work(bot)
    assert key_of(bot, code) == "key-ed25519-2026-2"


def test_a_key_given_up_twice_or_unknown_is_refused_in_words(bot, clock):
    safe = desk_of(bot).safe
    keys.compromised(bot.store, safe, "persatuan", FIRST, WHO, now=clock())

    with pytest.raises(KeyTrouble, match="There are: key-ed25519-2026-2"):
        keys.compromised(bot.store, safe, "persatuan", FIRST, WHO, now=clock())


def test_a_retired_key_found_in_wrong_hands_leaves_the_one_that_signs(bot, clock):
    code, safe = certificate(bot), desk_of(bot).safe
    work(bot)
    keys.rotate(bot.store, safe, "persatuan", WHO, now=clock())

    assert keys.compromised(bot.store, safe, "persatuan", FIRST, WHO, now=clock()) == ("key-ed25519-2026-2", 1)
    work(bot)
    assert key_of(bot, code) == "key-ed25519-2026-2"


def test_a_crash_after_the_file_and_before_the_row_leaves_a_key_that_the_next_try_takes(bot, clock):
    safe = desk_of(bot).safe
    left = safe.make("persatuan-key-ed25519-2026-2")

    keys.rotate(bot.store, safe, "persatuan", WHO, now=clock())

    assert [key.public for key in keys.keys_of(bot.store, "persatuan") if key.signs] == [left]


def test_a_key_given_in_the_environment_signs_and_no_file_is_made(sqlite_url, tmp_path, clock):
    elsewhere = Safe(tmp_path / "elsewhere")
    elsewhere.make("any")
    pem = (elsewhere.folder / "any.pem").read_text()
    with association(sqlite_url, tmp_path, clock, key=False) as bot:
        safe = Safe(desk_of(bot).safe.folder, pem.replace("\n", "\\n"))

        keys.new(bot.store, safe, "persatuan", WHO, now=clock())

        assert keys.signer(bot.store, safe, desk_of(bot).issuers.all[0]).pem.decode().strip() == pem.strip()
        assert not safe.folder.exists()


def test_what_is_no_private_key_is_told_in_words():
    with pytest.raises(KeyTrouble, match="no private key in PEM"):
        keys.public_of(b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----")


def test_a_signing_key_that_is_none_is_told_by_the_doctor(tmp_path):
    with pytest.raises(KeyTrouble, match="BEGIN PRIVATE KEY"):
        Safe(tmp_path, "secret").holding()
    settings = made_settings("sqlite:///nowhere.db", tmp_path, signing_key="secret")

    assert [finding.about for finding in of_credentials(settings)] == ["SIGNING_KEY:"]
