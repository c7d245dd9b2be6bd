"""What the verification page promises to programs, caches, search engines and browsers."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from bot import codes
from bot.certificates import CheckedCertificate
from bot.misses import Misses
from bot.web.verify import verify
from bot.web.wording import duration

TITLE: Mapping[str, str] = {"ms": "Asas rumpai laut", "en": "Seaweed basics"}
ISSUED = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)
REVOKED = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NAME = "Nur Aisyah binti Ahmad"
VALID, GONE, ENDED, CORRECTED, NAMELESS = (
    "SR7K-3M9Q-XT2Y",
    "7H2X-KQ4B-9TMW",
    "0123-4567-89AM",
    "ZZZZ-ZZZZ-ZZZK",
    "0000-0000-0000",
)
KNOWN = {
    VALID: {"verdict": "valid", "name": NAME, "level": 1},
    GONE: {"verdict": "revoked", "name": NAME, "revoked_at": REVOKED},
    ENDED: {"verdict": "expired", "name": NAME, "level": 2, "expires_at": REVOKED},
    CORRECTED: {"verdict": "replaced", "name": NAME, "revoked_at": REVOKED},
    NAMELESS: {"verdict": "valid"},
}


def unknown() -> str:
    """A code that is written correctly, and nobody's."""
    return codes.written(codes.draw(Random(7).randrange))


def check_certificate(text: str, who: str = "") -> CheckedCertificate:
    code = codes.read(text)
    if code is None:
        return CheckedCertificate("mistyped", text[:20])
    found = KNOWN.get(codes.written(code))
    if found is None:
        return CheckedCertificate("unknown", codes.written(code))
    about = {"title": TITLE, "minutes": 40, "issued_at": ISSUED, "course": "rumpai"} | found
    return CheckedCertificate(code=codes.written(code), **about)


@pytest.fixture
def client(tmp_path):
    app = Flask(__name__)
    bot = SimpleNamespace(
        settings=SimpleNamespace(brand="TITIAN", content_dir=tmp_path, reached_at="https://titian.example"),
        zone=ZoneInfo("Asia/Kuching"),
        check_certificate=check_certificate,
        misses=Misses("unix:///nowhere/nobody.sock"),
        clock=lambda: NOW,
    )
    app.extensions["titian"] = bot
    app.register_blueprint(verify)
    return app.test_client()


@pytest.mark.parametrize(
    ("code", "verdict", "status"),
    [
        (VALID, "valid", 200),
        (GONE, "revoked", 200),
        (ENDED, "expired", 200),
        (CORRECTED, "replaced", 200),
        (unknown(), "unknown", 404),
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
        "kind": "course",
        "course": dict(TITLE),
        "minutes": 40,
        "level": 0,
        "issuer": "TITIAN",
        "issued": "2026-10-01T02:30:00+00:00",
        "expires": None,
        "revoked": "2026-11-01T02:30:00+00:00",
    }


def test_there_is_nothing_about_a_person_before_the_name_is_known(client):
    for code in KNOWN:
        told = client.get(f"/verify/{code}.json").text + client.get(f"/verify/{code}").text
        told += client.post(f"/verify/{code}.json", data={"name": "Nur"}).text

        assert not any(word in told for word in ("Aisyah", "Ahmad"))


def test_the_name_is_masked_until_somebody_types_it(client):
    assert "Nur A••••• b•••• A••••" in client.get(f"/verify/{VALID}").text

    shown = client.post(f"/verify/{VALID}", data={"name": "NUR AISYAH BT. AHMAD"})

    assert shown.status_code == 200
    assert NAME in shown.text
    assert "Compare" not in shown.text


@pytest.mark.parametrize("typed", ["", "Nor Aisyah binti Ahmad", "<b>", "x" * 5000, "Nur A••••• b•••• A••••"])
def test_a_wrong_name_shows_nothing_more(client, typed):
    page = client.post(f"/verify/{VALID}", data={"name": typed})

    assert page.status_code == 200
    assert "bukan" in page.text or "tidak sama" in page.text
    assert NAME not in page.text
    assert "<b>" not in page.text


def test_ten_wrong_names_and_even_the_right_one_has_to_wait(client):
    tried = [client.post(f"/verify/{VALID}", data={"name": f"Nama {n}"}).status_code for n in range(12)]

    assert tried == [200] * 10 + [429] * 2
    last = client.post(f"/verify/{VALID}", data={"name": NAME})
    assert (last.status_code, NAME in last.text) == (429, False)
    assert last.headers["Retry-After"]


@pytest.mark.parametrize("code", [GONE, CORRECTED, NAMELESS])
def test_a_name_is_shown_with_nothing_that_does_not_stand(client, code):
    assert "•" not in client.get(f"/verify/{code}").text
    assert NAME not in client.post(f"/verify/{code}", data={"name": NAME}).text


def test_an_unknown_code_and_one_without_a_name_answer_a_name_alike(client):
    nameless = client.post(f"/verify/{NAMELESS}.json", data={"name": NAME})
    wrong = client.post(f"/verify/{VALID}.json", data={"name": "Siapa"})

    assert (nameless.status_code, wrong.status_code) == (403, 403)
    assert nameless.json.keys() == wrong.json.keys()
    assert client.post(f"/verify/{unknown()}.json", data={"name": NAME}).status_code == 404


def test_a_level_is_said_in_words_and_a_phone_alone_is_taking_part(client):
    assert "Sijil tamat kursus" in client.get(f"/verify/{VALID}").text
    assert "Sijil penyertaan" in client.get(f"/verify/{NAMELESS}").text
    assert "MyKad dilihat" in client.get(f"/verify/{ENDED}").text


def test_every_page_is_small_and_runs_nothing(client):
    for code in (*KNOWN, unknown(), "x"):
        for page in (client.get(f"/verify/{code}"), client.post(f"/verify/{code}", data={"name": "Ali"})):
            assert len(page.data) < 30_000
            assert "<script" not in page.text
            assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "").replace("http://localhost", "")


def test_nothing_is_kept_indexed_framed_or_run(client):
    for path in ("/verify/SR7K-3M9Q-XT2Y", "/verify/nobody"):
        headers = client.get(path).headers

        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_where_a_code_is_asked_for_one_script_may_run_and_it_is_there(client):
    page = client.get("/verify")
    policy = page.headers["Content-Security-Policy"]
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    allowed = b64encode(sha256(script.encode()).digest()).decode()

    assert policy.partition("script-src ")[2] == f"'sha256-{allowed}'"
    assert len(page.data) < 30_000
    assert "default-src 'none'" in policy
    assert "<script" not in client.get("/verify?code=!").text


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


@pytest.mark.parametrize(
    "path",
    [
        "%00",
        "%2f..%2f..%2fetc%2fpasswd",
        "..%2f..",
        "....//",
        "x" * 10_240,
        "%F0%9F%98%80" * 200,
        "%ff%fe",
        "%0d%0aSet-Cookie:%20a=b",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%7B%7B7*7%7D%7D",
        "%27%20OR%201=1--",
        "SR7K-3M9Q-XT2Y.json.json",
        "%EE%80%80name",  # the mark by which the page leaves room for a name
        "0000-0000-0000%EE%80%80linkedin",
    ],
)
def test_a_hostile_address_is_a_slip_and_nothing_else(client, path):
    name = {"name": "\x00" + "n" * 9000}
    for answer in (
        client.get(f"/verify/{path}", follow_redirects=True),
        client.post(f"/verify/{path}", data=name, follow_redirects=True),
    ):
        assert answer.status_code in (400, 404)
        assert answer.request.path.startswith("/verify/")
        assert len(answer.data) < 30_000
        assert "<script" not in answer.text
        assert "49" not in answer.text
        assert "Set-Cookie" not in answer.headers


def test_a_code_with_nothing_visible_around_it_is_the_code(client):
    assert client.get(f"/verify/{VALID}%00%E2%80%8B").status_code == 200


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
    assert duration(minutes) == (ms, en)
