"""A credential in a file, checked with nothing but did.json and a status list: every trick is caught, and told in words."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from openbadgeslib.ob3 import OB3LdpVerifier

from bot import certificates, codes, credentials
from bot.cli.certificates import certificates as command
from bot.credentials import keys, signing, status_list
from bot.credentials.checking import check
from bot.credentials.keys import Safe, Signer
from bot.credentials.shape import CREDENTIAL
from tests.credentials import DID, ISSUERS, NAME, WHO, certificate, desk_of, did_of
from workers import credentials as worker


@pytest.fixture
def whole(bot, clock) -> tuple[str, str, str]:
    """A code, its credential and the status list."""
    code = certificate(bot)
    worker.sign(bot)
    worker.publish(bot)
    return code, credentials.of(bot.store, code), status_list.published(bot.store, "persatuan", 1)


def leaves(value, path=()):
    if isinstance(value, dict | list):
        for name, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(below, (*path, name))
    else:
        yield path


def changed(document, path):
    copy = json.loads(json.dumps(document))
    around = copy
    for step in path[:-1]:
        around = around[step]
    was = around[path[-1]]
    around[path[-1]] = (not was) if isinstance(was, bool) else was + "x"
    return copy


def test_any_single_word_of_it_changed_is_found(bot, whole, clock):
    _, text, listed = whole
    document = json.loads(text)
    ways = list(leaves(document))

    slipped = [
        path
        for path in ways
        if check(json.dumps(changed(document, path)), did_of(bot), listed, now=clock()).verdict == "valid"
    ]

    assert slipped == []
    assert len(ways) > 50


def with_key_in_fragment(bot, document):
    """A forger's own key, in the fragment of the issuer's name: some validators would take it from there."""
    safe = Safe(bot.settings.var_dir / "forger")
    public = safe.make("his")
    (pem,) = safe.holding().values()
    signer = Signer(desk_of(bot).issuers.all[0], public, pem)
    return signing.sign({**document, "name": "Doktor"}, CREDENTIAL, signer, now=bot.clock())


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda bot, text: with_key_in_fragment(bot, json.loads(text)), "not in the issuer's document"),
        (lambda _, text: text.replace('"name":', '"name":"Another","name":', 1), "twice"),
        (lambda _, text: json.dumps({**json.loads(text), "honours": "first class"}), "not ours"),
        (lambda _, text: json.dumps({**json.loads(text), "proof": json.loads(text)["proof"] * 2}), "more than one"),
        (lambda _, text: json.dumps({k: v for k, v in json.loads(text).items() if k != "proof"}), "no proof"),
        (lambda _, text: text.replace("eddsa-rdfc-2022", "none"), "another kind"),
        (lambda _, text: text.replace("Encik", "Tuan").replace("Nur", "Nor"), "signature|verif"),
        (lambda _, text: text[:-2], "no whole JSON"),
        (lambda _, text: "[" * 100_000, "nested too deeply"),
        (lambda _, text: "NaN", "no JSON"),
        (lambda _, text: " " * 300_000 + text, "larger"),
    ],
)
def test_a_forger_is_told_why_it_is_not_believed(bot, whole, clock, forge, why):
    _, text, listed = whole

    found = check(forge(bot, text), did_of(bot), listed, now=clock())

    assert found.verdict == "forged"
    assert found.document is None
    assert any(word in found.why for word in why.split("|")), found.why


def test_a_credential_of_another_issuer_is_not_ours(bot, whole, clock):
    _, text, listed = whole
    theirs = json.loads(json.dumps(did_of(bot)).replace(DID, "did:web:lain.example"))

    assert check(text, theirs, listed, now=clock()).verdict == "forged"


def test_a_list_that_was_changed_or_is_another_or_missing_leaves_it_unclear(bot, whole, clock):
    _, text, listed = whole
    changed_list = listed.replace("revocation", "suspension")
    another = json.loads(listed) | {"id": "https://sijil.example.my/credentials/status/persatuan/2"}

    for status in (changed_list, json.dumps(another), "", None):
        assert check(text, did_of(bot), status, now=clock()).verdict == "unclear"


def test_a_certificate_that_ended_is_expired_and_one_of_tomorrow_asks_for_the_clock(bot, clock):
    code = certificate(bot, expires_at=clock() + timedelta(days=5))
    worker.sign(bot)
    worker.publish(bot)
    text, listed = credentials.of(bot.store, code), status_list.published(bot.store, "persatuan", 1)

    assert check(text, did_of(bot), listed, now=clock() + timedelta(days=5)).verdict == "expired"
    early = check(text, did_of(bot), None, now=clock() - timedelta(days=1))
    assert early.verdict == "unclear"
    assert "clock" in early.why


def test_the_library_that_signs_for_us_also_believes_what_it_signed(bot, clock):
    """Its verifier asks the real clock, so this certificate is of last year."""
    code = certificate(bot, issued_at=clock() - timedelta(days=700))
    worker.sign(bot)
    (key,) = keys.keys_of(bot.store, "persatuan")

    found = OB3LdpVerifier(pubkey_pem=keys.pem_of(key.public)).verify(credentials.of(bot.store, code))

    assert found.issuer.id == DID


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def titian(bot, tmp_path, monkeypatch):
    """The command, in the environment of that bot."""
    given = {
        "DATABASE_URL": bot.settings.database_url,
        "VAR_DIR": str(tmp_path),
        "CONTENT_DIR": str(bot.settings.content_dir),
        "PUBLIC_URL": bot.settings.public_url,
    }
    return lambda *words: CliRunner().invoke(command, list(words), env=given, catch_exceptions=False)


def test_a_credential_is_exported_and_checked_by_anybody_with_three_files(titian, whole, tmp_path):
    """What the command says of the time is by this machine's clock, which may be wrong; so the exit code is one of two."""
    code, text, _ = whole
    files = {name: tmp_path / f"{name}.json" for name in ("credential", "did", "list")}
    files["credential"].write_text(titian("export", code, "--json").output)
    files["did"].write_text(titian("keys", "did").output)
    files["list"].write_text(titian("status", "export").output)
    alone = ["verify", str(files["credential"]), "--did", str(files["did"])]

    checked = titian(*alone, "--status-list", str(files["list"]))

    assert files["credential"].read_text().strip() == text
    assert checked.exit_code in (0, 6)
    assert NAME in checked.output
    assert titian(*alone).exit_code == 6
    files["credential"].write_text(text.replace("Nur", "Nor"))
    assert titian(*alone).exit_code == 4


def test_a_revoked_one_is_told_apart_by_our_own_list(titian, bot, whole, tmp_path):
    code, text, _ = whole
    (tmp_path / "hers.json").write_text(text)
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=bot.clock())

    before = titian("verify", str(tmp_path / "hers.json"))
    assert (before.exit_code, "in our own records" in before.output) == (1, True)
    assert titian("status", "publish").output.startswith("1 status lists")
    told = titian("verify", str(tmp_path / "hers.json"), "--json")

    assert json.loads(told.output)["verdict"] in ("revoked", "unclear")
    assert titian("verify", code).exit_code == 1


def test_whoever_takes_the_credential_of_a_revoked_certificate_is_told(titian, bot, whole):
    code, text, _ = whole
    assert "revoked" not in titian("export", code, "--json").stderr
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=bot.clock())

    told = titian("export", code, "--json")

    assert (told.exit_code, told.stdout.strip()) == (0, text.strip())
    assert told.stderr == f"{code} is revoked, and whoever checks this will see it.\n"


def test_a_code_without_a_credential_is_told_why(titian, bot):
    waits = certificate(bot, "+60111000009")

    told = titian("export", waits, "--json")

    assert told.exit_code == 2
    assert "not signed yet" in told.output
    assert titian("export", "SR7K-3M9Q-XT2Y", "--json").exit_code == 2


def test_keys_are_shown_made_rotated_and_given_up_by_command_and_each_asks_first(titian, bot, whole):
    refused = titian("keys", "rotate", "--by", WHO)
    rotated = titian("keys", "rotate", "--by", WHO, "--yes")
    given_up = titian("keys", "compromised", "key-ed25519-2026", "--by", WHO, "--yes")
    again = titian("keys", "compromised", "key-ed25519-2026", "--by", WHO, "--yes")
    shown = titian("keys", "show").output

    assert refused.exit_code == 1
    assert rotated.exit_code == 0
    assert "1 credentials are signed anew" in given_up.output
    assert again.exit_code == 1
    assert "no such key in use" in again.output
    assert "given up" in shown
    assert "1 certificates wait" in shown


def test_a_second_first_key_an_unknown_issuer_and_no_file_are_told_in_words(titian, bot):
    assert "rotate" in titian("keys", "new", "--by", WHO, "--yes").output
    assert "one of persatuan" in titian("keys", "did", "--issuer", "lain").output
    Path(bot.settings.content_dir / "issuers.yaml").unlink()
    assert "no issuers.yaml" in titian("keys", "did").output
    Path(bot.settings.content_dir / "issuers.yaml").write_text(ISSUERS)
