"""What may be taken away from the page of a certificate: by whoever knows the name, and by nobody else."""

import json
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from bot import certificates, codes, credentials
from bot.certificates import CheckedCertificate
from bot.credentials import carried
from bot.web import linkedin
from bot.web.verify_page import House
from tests.credentials import HOST, NAME, WHO, certificate
from workers import credentials as worker

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def signed(bot):
    """The code of a certificate that is signed."""
    code = certificate(bot)
    worker.sign(bot)
    return code


@pytest.fixture
def client(app):
    """An employer, or she herself, with a browser."""
    return app.test_client()


def test_the_right_name_opens_the_files_and_a_wrong_one_none(bot, client, signed):
    text = credentials.of(bot.store, signed)

    badge = client.post(f"/verify/{signed}.png", data={"name": NAME.upper()}, headers=PAGE)
    wallet = client.post(f"/verify/{signed}.json", data={"name": NAME}, headers=PAGE)

    assert carried.credential_in(badge.data) == text == wallet.text
    assert badge.content_type == "image/png"
    assert wallet.content_type == "application/vc+ld+json"
    assert badge.headers["Content-Disposition"] == f'attachment; filename="lencana-{signed}.png"'
    assert wallet.headers["Content-Disposition"] == f'attachment; filename="sijil-{signed}.json"'
    for file in (badge, wallet):
        assert (file.headers["Cache-Control"], file.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    for kind in (".png", ".json"):
        wrong = client.post(f"/verify/{signed}{kind}", data={"name": "Nor Aisyah"}, headers=PAGE)
        assert "Content-Disposition" not in wrong.headers
        assert NAME not in wrong.text
        assert "Content-Disposition" not in client.get(f"/verify/{signed}{kind}").headers


def test_wrong_names_for_a_file_are_counted_with_all_others(client, signed):
    tried = [client.post(f"/verify/{signed}.png", data={"name": f"Nama {n}"}).status_code for n in range(11)]

    assert tried == [200] * 10 + [429]
    assert client.post(f"/verify/{signed}.png", data={"name": NAME}).status_code == 429


def test_a_file_that_is_not_there_yet_is_told_of_and_never_broken(bot, client):
    code = certificate(bot)

    badge = client.post(f"/verify/{code}.png", data={"name": NAME}, headers=PAGE)
    wallet = client.post(f"/verify/{code}.json", data={"name": NAME})

    assert badge.mimetype == "text/html"
    assert "belum siap" in badge.text
    assert wallet.json["credential"] is None


def test_what_was_revoked_while_she_looked_at_it_gives_no_file(bot, client, signed):
    assert "lencana" not in client.get(f"/verify/{signed}").text
    certificates.revoke(bot.store, codes.read(signed), "lent her phone", WHO, now=bot.clock())

    badge = client.post(f"/verify/{signed}.png", data={"name": NAME}, headers=PAGE)
    wallet = client.post(f"/verify/{signed}.json", data={"name": NAME})

    assert (badge.mimetype, wallet.status_code) == ("text/html", 403)
    assert "DIBATALKAN" in badge.text
    assert NAME not in badge.text + wallet.text


@pytest.mark.parametrize("kind", [".png", ".json", ""])
@pytest.mark.parametrize("code", ["ZZZZ-ZZZZ-ZZZK", "nobody", "<b>", "..", "%00", "x" * 10_000, "a/b", ".json.png"])
def test_a_file_of_a_code_that_is_none_is_a_verdict(client, code, kind):
    answer = client.post(f"/verify/{code}{kind}", data={"name": NAME}, headers=PAGE)

    assert answer.status_code in (400, 404)
    assert "Content-Disposition" not in answer.headers
    assert answer.is_json or "<b>" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_offers_files_once_the_name_is_shown_and_stays_small(client, signed):
    masked, shown = client.get(f"/verify/{signed}"), client.post(f"/verify/{signed}", data={"name": NAME})

    assert "linkedin" not in masked.text
    assert f"/verify/{signed}.png" not in masked.text
    assert f'action="/verify/{signed}.png"' in shown.text
    assert f'action="/verify/{signed}.json"' in shown.text
    assert f'name="name" value="{NAME}"' in shown.text
    assert len(shown.data) < 30_000
    assert "<script" not in shown.text


@pytest.mark.parametrize("name", ['D\'Cruz "Jo"', "A & B <i>", "Chong Mei 鍾美"])
def test_any_name_opens_the_files_from_the_page_that_shows_it(bot, client, name):
    code = certificate(bot, name=name)
    worker.sign(bot)

    page = client.post(f"/verify/{code}", data={"name": name}, headers=PAGE).text

    written = page.split(f'action="/verify/{code}.png"')[1].split('value="')[1].split('"')[0]
    assert unescape(written) == name
    assert client.post(f"/verify/{code}.png", data={"name": unescape(written)}).mimetype == "image/png"
    assert "<i>" not in page


def test_an_expired_certificate_has_files_and_is_not_offered_to_linkedin(bot, client, clock):
    code = certificate(bot, expires_at=clock() + timedelta(days=1))
    worker.sign(bot)
    clock.turn(timedelta(days=2))

    page = client.post(f"/verify/{code}", data={"name": NAME}, headers=PAGE).text

    assert f"/verify/{code}.json" in page
    assert "linkedin" not in page


def test_the_linkedin_link_says_what_it_is_and_where_it_is_checked_and_not_who_she_is(client, signed):
    page = client.post(f"/verify/{signed}", data={"name": NAME}, headers=PAGE).text
    link = unescape(page.split('href="https://www.linkedin')[1].split('"')[0])

    says = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}

    assert says["startTask"] == "CERTIFICATION_NAME"
    assert says["organizationName"] == "Persatuan Contoh"
    assert says["certId"] == signed
    assert says["certUrl"] == f"{HOST}/verify/{signed}"
    assert (says["issueYear"], says["issueMonth"]) == ("2026", "11")
    assert "expirationYear" not in says
    assert not any(word in link for word in ("Aisyah", "Ahmad"))


def test_months_are_those_of_sabah_and_a_certificate_that_ends_says_when():
    late = datetime(2026, 12, 31, 18, 0, tzinfo=UTC)  # already the new year there
    checked = CheckedCertificate("valid", "SR7K-3M9Q-XT2Y", {"en": "R&D <1>"}, issued_at=late, expires_at=late)
    house = House("TITIAN", "https://titian.example", ZoneInfo("Asia/Kuching"))

    says = parse_qs(urlsplit(linkedin.address(house, checked, None)).query)

    assert (says["issueYear"], says["issueMonth"], says["expirationYear"]) == (["2027"], ["1"], ["2027"])
    assert (says["name"], says["organizationName"]) == (["R&D <1>"], ["TITIAN"])
    assert json.dumps(says).isascii()
