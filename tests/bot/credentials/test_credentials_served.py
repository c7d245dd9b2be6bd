"""What machines fetch: keys, lists and achievements, for anybody, and nothing about a learner."""

import json

import pytest
from sqlalchemy import delete

from bot import credentials
from bot.credentials import status_list
from bot.store import tables as t
from tests.credentials import DID, HOST, certificate, did_of
from workers import credentials as worker


@pytest.fixture
def client(app):
    """Somebody who fetches; the application is the one every test of pages has, on the bot above."""
    return app.test_client()


def test_the_keys_are_where_did_web_looks_for_them(bot, client):
    fetched = client.get("/.well-known/did.json")

    assert fetched.json == did_of(bot)
    assert fetched.json["id"] == DID
    assert client.get("/issuers/persatuan/did.json").json == fetched.json
    assert client.get("/issuers/lain/did.json").status_code == 404
    assert fetched.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in fetched.headers


def test_the_address_a_credential_names_serves_its_list_to_the_byte(bot, client):
    code = certificate(bot)
    worker.sign(bot)
    worker.publish(bot)
    entry = json.loads(credentials.of(bot.store, code))["credentialStatus"]

    fetched = client.get(entry["statusListCredential"].removeprefix(HOST))

    assert fetched.text == status_list.published(bot.store, "persatuan", 1)
    assert fetched.content_type == "application/vc+ld+json"
    assert client.get("/credentials/status/persatuan/2").status_code == 404
    assert client.get(f"/credentials/status/persatuan/{2**70}").status_code == 404


def test_what_was_achieved_is_a_page_for_people_and_json_for_programs(bot, client):
    code = certificate(bot)
    worker.sign(bot)
    achievement = json.loads(credentials.of(bot.store, code))["credentialSubject"]["achievement"]
    path = achievement["id"].removeprefix(HOST)

    page, data = (
        client.get(path, headers={"Accept": "text/html"}),
        client.get(path, headers={"Accept": "application/ld+json"}),
    )

    assert achievement.items() <= data.json.items()
    assert data.json["creator"]["id"] == DID
    assert "PPM-012-12-01012020" in page.text
    assert "Universiti Contoh" in page.text
    assert achievement["name"] in page.text
    assert client.get(path + "x").status_code == 404


def test_without_a_key_there_is_nothing_to_fetch_and_the_answer_may_not_be_kept(bot, client):
    with bot.store.begin() as connection:
        connection.execute(delete(t.signing_key))

    fetched = client.get("/.well-known/did.json")

    assert fetched.status_code == 404
    assert fetched.headers["Cache-Control"] == "no-store"
