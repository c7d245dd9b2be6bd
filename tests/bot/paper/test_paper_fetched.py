"""The PDF in a browser: for whoever knows the name, by an address that is over after an hour; and never for a guess."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from hypothesis import given, strategies as st

from bot import certificates, codes, credentials
from bot.paper import tickets
from bot.settings import browser_secret
from bot.store import tables as t
from tests.bots import count
from tests.credentials import NAME, association, certificate
from workers import credentials as signing, printing


@pytest.fixture
def bot(sqlite_url, tmp_path, clock):
    with association(sqlite_url, tmp_path, clock) as made:
        yield made


def asked(client, code, name=NAME):
    return client.post(f"/verify/{code}.pdf", data={"name": name})


def test_whoever_types_the_name_gets_the_pdf_once_a_worker_has_made_it(bot, client):
    code = certificate(bot)
    signing.sign(bot)
    page = client.post(f"/verify/{code}", data={"name": NAME}).text
    assert f'action="/verify/{code}.pdf"' in page
    assert f'value="{NAME}"' in page

    answer = asked(client, code, "nur aisyah AHMAD")
    assert answer.status_code == 303
    waits = client.get(answer.location)
    assert (waits.status_code, waits.headers["Refresh"], waits.headers["Retry-After"]) == (202, "2", "2")
    assert "Sedang disediakan" in waits.text
    printing.press(bot)
    file = client.get(answer.location)

    assert (file.status_code, file.content_type) == (200, "application/pdf")
    assert file.headers["Cache-Control"] == "no-store"
    assert f'filename="sijil-{code}.pdf"' in file.headers["Content-Disposition"]
    read = pypdf.PdfReader(BytesIO(file.data))
    assert read.attachments["sijil.json"][0].decode() == credentials.of(bot.store, code)


def test_the_page_has_no_pdf_for_whoever_does_not_know_the_name(bot, client):
    code = certificate(bot)

    assert ".pdf" not in client.get(f"/verify/{code}").text
    wrong = asked(client, code, "Siti binti Ali")
    assert "tidak sama" in wrong.text
    assert NAME not in wrong.text
    assert client.get(f"/verify/{code}.pdf").location == f"/verify/{code}"
    assert count(bot, t.paper) == 0


def test_wrong_names_are_counted_as_on_the_page(bot, client):
    code = certificate(bot)
    for _ in range(11):
        asked(client, code, "Siti binti Ali")

    assert asked(client, code).status_code == 429


@pytest.mark.parametrize("given", ["x", "", "ffffffff-", "ffffffffff-00", "-", "g-1", "1-é", "f" * 400])
def test_an_address_cannot_be_guessed(bot, client, given):
    code = certificate(bot)

    assert client.get(f"/paper/{given or 'none'}/sijil-{code}.pdf").status_code == 404
    assert count(bot, t.paper) == 0


def test_an_address_is_over_after_an_hour_and_is_for_one_certificate(bot, client, clock):
    code, other = certificate(bot), certificate(bot, "+60111000002")
    where = asked(client, code).location

    assert client.get(where.replace(code, other)).status_code == 404
    assert client.get(where).status_code == 202
    clock.turn(tickets.LASTS)
    over = client.get(where)

    assert over.status_code == 404
    assert "sudah tamat" in over.text


def test_what_was_revoked_meanwhile_leads_to_the_page_that_says_so(bot, client):
    code = certificate(bot)
    where = asked(client, code).location
    certificates.revoke(bot.store, codes.read(code), "x", "Puan Rosli", now=bot.clock())

    assert client.get(where).location == f"/verify/{code}"
    assert asked(client, code).status_code == 200
    assert count(bot, t.paper) == 0


def test_an_expired_certificate_has_a_page_and_no_pdf(bot, client, clock):
    code = certificate(bot, expires_at=clock() + timedelta(days=1))
    clock.turn(timedelta(days=2))

    page = client.post(f"/verify/{code}", data={"name": NAME}).text

    assert NAME in page
    assert ".pdf" not in page


def test_what_cannot_be_made_is_said_so_and_nobody_waits_for_it(bot, client):
    code = certificate(bot, name="Nur \ue123 Aisyah")
    where = tickets.ticket(browser_secret(bot.settings), codes.read(code), now=bot.clock())
    where = f"/paper/{where}/sijil-{code}.pdf"
    client.get(where)
    printing.press(bot)

    answer = client.get(where)

    assert answer.status_code == 503
    assert "Refresh" not in answer.headers
    assert "Tidak dapat dibuat" in answer.text


@given(at=st.integers(0, 50), sign=st.sampled_from("0123456789abcdef-_zZ"))
def test_a_ticket_with_one_sign_changed_is_none(at, sign):
    now, code = datetime(2026, 12, 1, tzinfo=UTC), "SR7K3M9QXT2Y"
    good = tickets.ticket("a secret", code, now=now)
    changed = good[:at] + sign + good[at + 1 :]

    assert tickets.holds("a secret", code, changed, now=now) == (changed == good)
    assert not tickets.holds("another secret", code, good, now=now)
