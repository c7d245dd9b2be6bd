"""Credentials of ours, checked by an implementation that is not ours: Digital Bazaar's, in one process and without a network."""

import json
from datetime import timedelta

from openbadgeslib.ob3 import ldp

from bot import certificates, codes, credentials
from bot.credentials import issuing, keys, status_list
from bot.settings import ROOT
from tests.credentials import DID, WHO, certificate, desk_of, did_of, verdicts, when


def signed(bot, code):
    """The credential of a certificate, as it would be fetched."""
    return json.loads(credentials.of(bot.store, code))


def documents_of(bot):
    """All that a verifier may fetch: the issuer's keys, and every list."""
    lists = [json.loads(status_list.published(bot.store, "persatuan", 1))]
    return {DID: did_of(bot)} | {each["id"]: each for each in lists}


def work(bot):
    """What the worker does when it looks."""
    desk = desk_of(bot)
    issuing.sign_batch(desk, now=bot.clock())
    status_list.publish(desk.store, desk.safe, desk.issuers, now=bot.clock())


def everybody(bot, clock):
    """Certificates of all kinds, by what is odd about them; names as villagers have them, and worse."""
    odd = ["Chong Mei 鍾美", "Siti a/p Ravi", 'D\'Cruz "Jo"', "நிலா", "😀 Ümit\u0301", "Anak\u0001 Jalan\u007f"]
    codes_of = {name: certificate(bot, f"+6011100001{n}", name=name) for n, name in enumerate(odd)}
    return codes_of | {
        "hers": certificate(bot, "+60111000020"),
        "ends": certificate(bot, "+60111000021", expires_at=clock() + timedelta(days=30), level=2),
        "nameless": certificate(bot, "+60111000022", name=None, level=0),
        "gone": certificate(bot, "+60111000023"),
    }


def misshapen(bot, credential):
    """The same, well signed with our key, but for a version that is no text: nothing but 1EdTech's schema minds that."""
    desk = desk_of(bot)
    signer = keys.signer(desk.store, desk.safe, desk.issuers.named("persatuan"))
    odd = {name: value for name, value in json.loads(json.dumps(credential)).items() if name != "proof"}
    odd["credentialSubject"]["achievement"]["version"] = 7
    made = ldp.add_data_integrity_proof(odd, signer.pem, signer.method, created=bot.clock())
    return {**made, "proof": [made["proof"]]}


def test_what_we_sign_is_good_elsewhere_until_it_is_changed_revoked_or_expired_or_its_key_is_given_up(
    bot, clock, verifier
):
    """One process of node checks some 250 signatures, and npm installs it first: that takes a few seconds."""
    codes_of, desk = everybody(bot, clock), desk_of(bot)
    work(bot)
    certificates.revoke(bot.store, codes.read(codes_of["gone"]), "lent her phone", WHO, now=clock())
    work(bot)
    now, later = when(clock() + timedelta(hours=1)), when(clock() + timedelta(days=31))
    before = {name: {"name": name, "credential": signed(bot, code), "now": now} for name, code in codes_of.items()}
    hers, at_first = before["hers"], documents_of(bot)
    odd = hers | {"name": "odd", "credential": misshapen(bot, hers["credential"])}
    keys.rotate(desk.store, desk.safe, "persatuan", WHO, now=clock())
    rotated = {"documents": at_first | {DID: did_of(bot)}}
    keys.compromised(desk.store, desk.safe, "persatuan", "key-ed25519-2026", WHO, now=clock())
    work(bot)
    given_up = {"documents": documents_of(bot)}
    cases = [
        *before.values(),
        odd,
        hers | {"name": "tampered", "tamper": True},
        before["ends"] | {"name": "ended", "now": later},
        hers
        | {
            "name": "another's proof",
            "credential": hers["credential"] | {"proof": before["ends"]["credential"]["proof"]},
        },
        hers | {"name": "rotated"} | rotated,
        hers | {"name": "given up"} | given_up,
        hers | {"name": "signed anew", "credential": signed(bot, codes_of["hers"])} | given_up,
    ]

    told = verdicts(verifier, cases, at_first)

    wanted = dict.fromkeys(codes_of, "valid") | {"gone": "revoked", "tampered": "valid", "ended": "expired"}
    wanted |= {"another's proof": "forged", "rotated": "valid", "given up": "forged", "signed anew": "valid"}
    wanted["odd"] = "misshapen"
    assert {name: each["verdict"] for name, each in told.items()} == wanted, [each["why"] for each in told.values()]
    assert told["odd"]["why"].startswith("/credentialSubject/achievement/version "), told["odd"]
    assert told["tampered"]["missed"] == []
    assert told["tampered"]["changes"] > 150


def test_what_checks_signatures_where_a_browser_cannot_is_the_package_to_the_byte(verifier):
    """Beside the page lies @noble/ed25519 as npm serves it, and its licence; npm holds it against the lock's hash."""
    package, ours = verifier / "node_modules" / "@noble" / "ed25519", ROOT / "bot" / "web" / "static" / "offline"

    assert (ours / "ed25519.js").read_bytes() == (package / "index.js").read_bytes()
    assert (ours / "ed25519.LICENSE.txt").read_bytes() == (package / "LICENSE").read_bytes()
