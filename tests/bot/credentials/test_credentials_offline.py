"""What a phone fetches to check a QR with no network, and the commands that draw one and read one back."""

import gzip
import json
import re

import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image

from bot import certificates, codes
from bot.cli import certificates_qr, main
from bot.cli.certificates import certificates as command
from bot.credentials import compact, keys
from tests.credentials import HOST, ISSUERS, NAME, WHO, association, certificate, desk_of, did_of

TWO = f"""{ISSUERS}
  - id: daun
    name: {{ms: "Koperasi Daun", en: "Leaf Cooperative"}}
    registration: "PPM-002-12-01012020"
    url: "https://daun.example"
    signatory: {{name: "Puan Rina", office: {{ms: "Pengerusi", en: "Chairperson"}}}}
    courses: [tiada1]
"""


@pytest.fixture
def bot(request, sqlite_url, tmp_path, clock):
    """A bot whose association has a key; a test may write the associations itself."""
    with association(sqlite_url, tmp_path, clock, issuers=getattr(request, "param", ISSUERS)) as made:
        yield made


@pytest.fixture
def client(app):
    """A phone; the application is the one every test of pages has, on the bot above."""
    return app.test_client()


# --- the page -------------------------------------------------------------------------------------------------------


def test_all_that_a_phone_keeps_is_small_and_comes_from_here(client):
    packed, plain = 0, 0
    for path in ("", "page.js", "reading.js", "ed25519.js", "keeper.js", "issuers.json"):
        fetched = client.get(f"/luar/{path}", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(fetched.data) == client.get(f"/luar/{path}").data
        packed += len(fetched.data)
        plain += 0 if path == "ed25519.js" else len(client.get(f"/luar/{path}").data)
        assert fetched.headers["Vary"] == "Accept-Encoding"
        if path != "ed25519.js":
            named = re.findall(r"https?://([^/\s\"'`]+)", client.get(f"/luar/{path}").text)
            assert set(named) <= {"sijil.example.my"}

    assert packed < 30_000
    assert plain < 32_000


def test_only_its_own_files_may_run_and_it_answers_for_its_own_folder_alone(client):
    page, keeper = client.get("/luar/"), client.get("/luar/keeper.js")

    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in page.headers
    assert "Service-Worker-Allowed" not in keeper.headers
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=", page.text)
    assert client.get("/luar/../settings.py").status_code == 404
    assert client.get("/luar/ed25519.LICENSE.txt").status_code == 404
    assert client.get("/luar").headers["Location"] == "/luar/"


def test_a_phone_fetches_everything_anew_where_anything_of_it_changed(client):
    mark = re.search(r'"luar-([0-9a-f]{16})"', client.get("/luar/keeper.js").text)

    assert mark is not None
    assert client.get("/luar/keeper.js").text == client.get("/luar/keeper.js").text


@pytest.mark.parametrize("bot", [TWO], indirect=True, ids=["two associations"])
def test_it_is_told_of_every_issuer_with_a_key_and_of_every_key_that_was_given_up(bot, client):
    assert [each["keys"] for each in client.get("/luar/issuers.json").json["issuers"]] == ["/.well-known/did.json"]
    first, safe = did_of(bot)["verificationMethod"][0]["publicKeyMultibase"], desk_of(bot).safe
    keys.new(bot.store, safe, "daun", WHO, now=bot.clock())
    keys.compromised(bot.store, safe, "persatuan", "key-ed25519-2026", WHO, now=bot.clock())

    main_issuer, other = client.get("/luar/issuers.json").json["issuers"]

    assert main_issuer["given_up"] == [compact.key_name(first)]
    assert other == {
        "keys": "/issuers/daun/did.json",
        "name": {"ms": "Koperasi Daun", "en": "Leaf Cooperative"},
        "registration": "PPM-002-12-01012020",
        "given_up": [],
    }
    assert client.get(other["keys"]).json["id"] == "did:web:sijil.example.my:issuers:daun"


# --- the commands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(bot, monkeypatch):
    """Give a command; returns what it printed, and what it said beside."""
    monkeypatch.setattr(certificates_qr, "wired", lambda: bot)

    def ask(*words, code=0):
        told = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.output

    return ask


def address_in(output):
    return re.search(rf"{HOST}/\S+", output)[0]


def test_the_qr_is_drawn_read_and_read_back(bot, ask, tmp_path):
    code = certificate(bot)

    told = ask("qr", code.lower(), "--offline", "--png", str(tmp_path / "qr.png"), "--svg", str(tmp_path / "qr.svg"))

    address = address_in(told)
    assert [each.text for each in zxingcpp.read_barcodes(Image.open(tmp_path / "qr.png"))] == [address]
    assert "modules: print it at least" in told
    assert "<svg" in (tmp_path / "qr.svg").read_text()
    back = ask("verify", address)
    assert back.startswith("verdict: valid")
    assert NAME in back
    assert code in back


def test_without_offline_the_code_alone_is_in_it_and_it_is_drawn_here(bot, ask):
    code = certificate(bot)

    told = ask("qr", code)

    assert address_in(told) == f"{HOST}/verify#{code}"
    assert "█" in told


def test_read_back_a_printed_qr_is_what_our_records_say_of_it(bot, ask, tmp_path):
    code = certificate(bot)
    address = address_in(ask("qr", code, "--offline"))
    certificates.revoke(bot.store, codes.read(code), "lent her phone", WHO, now=bot.clock())

    assert json.loads(ask("verify", address, "--json", code=1))["verdict"] == "revoked"
    did = tmp_path / "did.json"
    did.write_text(json.dumps(did_of(bot)))
    assert "cannot be told without a network" in ask("verify", address, "--did", str(did))
    assert f"{code} is revoked: there is nothing to print" in ask("qr", code, code=1)


def test_what_is_forged_damaged_or_signed_by_a_key_given_up_is_told_apart(bot, ask):
    address = address_in(ask("qr", certificate(bot), "--offline"))
    page, mark, digits = address.partition("#")

    assert "verdict: forged" in ask("verify", f"{page}#{int(digits) ^ 1}", code=4)
    assert "verdict: damaged" in ask("verify", f"{page}{mark}{digits[:50]}", code=4)
    keys.compromised(bot.store, desk_of(bot).safe, "persatuan", "key-ed25519-2026", WHO, now=bot.clock())
    told = ask("verify", address, code=6)
    assert "was given up, since somebody else may have it" in told
    assert NAME not in told


def test_refusals_say_what_to_do(bot, ask, tmp_path):
    assert "mistyped" in ask("qr", "SR7K-3M9Q-XT2X", code=1)
    assert "is unknown: there is nothing to print" in ask("qr", "SR7K-3M9Q-XT2Y", code=1)
    code = certificate(bot, name="ந" * 300)
    assert "a QR on paper carries 700" in ask("qr", code, "--offline", code=1)
    assert "cannot be written" in ask("qr", code, "--png", str(tmp_path / "none" / "qr.png"), code=1)
    (desk_of(bot).safe.folder / "persatuan-key-ed25519-2026.pem").unlink()
    assert "is neither in SIGNING_KEY nor in" in ask("qr", certificate(bot, "+60111000002"), "--offline", code=1)


def test_it_is_among_the_commands():
    assert "--offline" in CliRunner().invoke(main, ["certificates", "qr", "--help"]).output
