"""What the verification page promises to programs, caches, search engines and browsers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from bot import codes
from bot.certificates import CheckedCertificate
from bot.web.verify import duration, verify

TITLE: Mapping[str, str] = {"ms": "Asas rumpai laut", "en": "Seaweed basics"}
ISSUED = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)
KNOWN = {
    "SR7K3M9QXT2Y": ("valid", None),
    "7H2XKQ4B9TMW": ("revoked", datetime(2026, 11, 1, 2, 30, tzinfo=UTC)),
}


def check_certificate(text: str) -> CheckedCertificate:
    code = codes.read(text)
    if code is None:
        return CheckedCertificate("mistyped", text[:20])
    if code not in KNOWN:
        return CheckedCertificate("unknown", codes.written(code))
    verdict, revoked_at = KNOWN[code]
    return CheckedCertificate(verdict, codes.written(code), TITLE, 40, ISSUED, revoked_at)


@pytest.fixture
def client():
    app = Flask(__name__)
    bot = SimpleNamespace(
        settings=SimpleNamespace(brand="TITIAN"), zone=ZoneInfo("Asia/Kuching"), check_certificate=check_certificate
    )
    app.extensions["titian"] = bot
    app.register_blueprint(verify)
    return app.test_client()


@pytest.mark.parametrize(
    ("code", "verdict", "status"),
    [
        ("SR7K-3M9Q-XT2Y", "valid", 200),
        ("7H2X-KQ4B-9TMW", "revoked", 200),
        ("ZZZZ-ZZZZ-ZZZK", "unknown", 404),
        ("SR7K-3M9Q-XT2X", "mistyped", 400),
    ],
)
def test_a_program_and_a_person_get_the_same_verdict(client, code, verdict, status):
    as_json = client.get(f"/verify/{code}", headers={"Accept": "application/json"})
    as_page = client.get(f"/verify/{code}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (as_json.status_code, as_page.status_code) == (status, status)
    assert as_json.json["verdict"] == verdict
    assert as_json.json["code"] == code
    assert as_page.mimetype == "text/html"
    assert f'class="verdict {verdict}"' in as_page.text


def test_a_program_learns_course_and_times(client):
    answer = client.get("/verify/7h2xkq4b9tmw", headers={"Accept": "application/json"}).json

    assert answer == {
        "verdict": "revoked",
        "code": "7H2X-KQ4B-9TMW",
        "course": dict(TITLE),
        "minutes": 40,
        "issuer": "TITIAN",
        "issued": "2026-10-01T02:30:00+00:00",
        "revoked": "2026-11-01T02:30:00+00:00",
    }


def test_nothing_is_kept_indexed_framed_or_run(client):
    for path in ("/verify", "/verify/SR7K-3M9Q-XT2Y", "/verify/nobody", "/verify?code=x"):
        headers = client.get(path).headers

        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_code_that_was_typed_gets_an_address_of_its_own(client):
    answer = client.get("/verify", query_string={"code": " sr7k 3m9q xt2y "})

    assert answer.status_code == 303
    assert answer.location == "/verify/SR7K-3M9Q-XT2Y"


@pytest.mark.parametrize("typed", ["..", "/", "//evil.example", "a/b", "%2e%2e", "é", "x" * 5000, "\r\nX: y"])
def test_whatever_is_typed_is_answered_here_as_mistyped(client, typed):
    answer = client.get("/verify", query_string={"code": typed}, follow_redirects=True)

    assert answer.status_code == 400
    assert "SALAH TAIP" in answer.text
    assert answer.request.path.startswith("/verify")


def test_what_was_typed_is_shown_as_text(client):
    page = client.get("/verify/<script>alert(1)</script>").text

    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("minutes", "ms", "en"),
    [
        (0, "0 minit", "0 minutes"),
        (1, "1 minit", "1 minute"),
        (40, "40 minit", "40 minutes"),
        (60, "1 jam", "1 hour"),
        (121, "2 jam 1 minit", "2 hours 1 minute"),
    ],
)
def test_lengths_of_time_are_written_out(minutes, ms, en):
    assert (duration(minutes, "ms"), duration(minutes, "en")) == (ms, en)
