"""The page an employer opens: four verdicts, in words, on any screen, without a script, and on paper."""

from datetime import UTC, datetime
from json import dumps

import pytest
from selenium.webdriver.common.keys import Keys

from bot.store import tables as t
from bot.store.ids import new_id

VALID, REVOKED, UNKNOWN, MISTYPED = "SR7K-3M9Q-XT2Y", "7H2X-KQ4B-9TMW", "ZZZZ-ZZZZ-ZZZK", "SR7K-3M9Q-XT2X"
LATE = datetime(2026, 7, 31, 18, 0, tzinfo=UTC)  # already August in Sabah


@pytest.fixture
def issued(titian):
    """Two certificates, one of them revoked."""
    with titian.store.begin() as db:
        for code, revoked_at in ((VALID, None), (REVOKED, datetime(2026, 9, 1, 3, 0, tzinfo=UTC))):
            learner = new_id(LATE)
            db.execute(t.learner.insert().values(id=learner, locale="ms", created_at=LATE))
            row = {"id": new_id(LATE), "learner_id": learner, "course": "selamat1", "version": "1", "minutes": 95}
            title = dumps({"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"})
            plain = code.replace("-", "")
            db.execute(
                t.certificate.insert().values(**row, code=plain, title=title, issued_at=LATE, revoked_at=revoked_at)
            )


@pytest.fixture
def check(page, issued):
    """Open the page of a code and give its first heading."""
    page.excuse("the server responded with a status of 40")

    def open_it(code):
        page.open(f"/verify/{code}")
        return page.one("h1").text.split()

    return open_it


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (VALID, ["SAH", "VALID"]),
        (REVOKED, ["DIBATALKAN", "REVOKED"]),
        (UNKNOWN, ["TIADA", "UNKNOWN"]),
        (MISTYPED, ["SALAH", "TAIP", "MISTYPED"]),
    ],
)
def test_the_verdict_comes_first_in_words_and_fits_a_small_screen(page, check, code, verdict):
    page.resize(320, 640)

    assert check(code) == verdict
    assert page.overflow() <= 0
    assert page.one("h1").location["y"] < 320
    assert code in page.text()
    assert len(page.driver.page_source.encode()) < 30_000


def test_an_employer_reads_what_it_stands_for_in_both_languages(page, check):
    check(VALID)

    for words in (
        "Elak penipuan dalam talian",
        "Staying safe from scams",
        "1 Ogos 2026",
        "1 August 2026",
        "1 jam 35 minit",
        "1 hour 35 minutes",
        "dijawab dengan betul",
        "answered right, by text message",
        "bukan Sijil Kemahiran Malaysia",
        "not a national skills certificate",
        "TITIAN",
    ):
        assert words in page.text()


def test_a_revoked_certificate_says_since_when(page, check):
    check(REVOKED)

    assert "pada 1 September 2026" in page.text()
    assert "withdrew this certificate on 1 September 2026" in page.text()


def test_a_slip_is_explained_and_the_code_waits_to_be_corrected(page, check):
    check(MISTYPED)

    assert "Ini tidak bermakna sijil itu palsu" in page.text()
    field = page.one("#code")
    assert field.get_attribute("value") == MISTYPED
    field.clear()
    field.send_keys("sr7k 3m9q xt2y", Keys.ENTER)
    page.wait(lambda: page.driver.current_url.endswith(f"/verify/{VALID}"))
    assert "SAH" in page.text()


def test_it_works_without_a_script(page, issued):
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open("/verify")
        page.one("#code").send_keys("SR7K3M9QXT2Y", Keys.ENTER)
        page.wait(lambda: page.driver.current_url.endswith(f"/verify/{VALID}"))

        assert page.one("h1").text.startswith("SAH")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_on_paper_it_says_where_it_was_checked_and_asks_nothing(page, check):
    check(VALID)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert f"/verify/{VALID}" in page.one(".on-paper").text
        assert not page.one("form").is_displayed()
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_what_a_stranger_types_is_never_run(page, check):
    assert check("<img src=x onerror=alert(1)>") == ["SALAH", "TAIP", "MISTYPED"]
    assert page.all("img") == []


def test_who_knows_the_name_may_take_the_files_away_without_a_script(page, titian, issued):
    with titian.store.begin() as db:
        db.execute(t.certificate.update().values(name="Nur Aisyah binti Ahmad", level=1))
    page.resize(320, 640)
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(f"/verify/{VALID}")
        assert page.all(".files") == []
        page.one("#name").send_keys("nur aisyah ahmad", Keys.ENTER)
        page.wait(lambda: page.all(".files"))
        buttons = [button.text.splitlines()[0] for button in page.all(".files button, .files a")]
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    files = ["Sijil untuk dicetak (PDF)", "Lencana, satu gambar", "Fail untuk dompet digital"]
    assert buttons == [*files, "Pemegang: tambah ke LinkedIn"]
    assert page.overflow() <= 0
    assert len(page.driver.page_source.encode()) < 30_000
    page.all(".files button")[1].click()  # nobody has signed it here: that is said, and the name stays
    page.wait(lambda: "belum siap" in page.text())
    assert "Nur Aisyah binti Ahmad" in page.text()


@pytest.mark.parametrize("name", ["x" * 120, "Nur " * 30, "W" * 60 + " " + "鍾" * 59])
def test_the_longest_name_stays_on_the_smallest_screen(page, titian, issued, name):
    with titian.store.begin() as db:
        db.execute(t.certificate.update().values(name=name, level=1))
    page.resize(320, 640)
    page.open(f"/verify/{VALID}")
    assert page.overflow() <= 0

    page.one("#name").send_keys(name, Keys.ENTER)
    page.wait(lambda: page.all(".files"))

    assert name.strip() in page.text()
    assert page.overflow() <= 0


def test_the_qr_code_on_paper_leads_to_the_verdict(page, issued):
    page.open(f"/verify#{VALID}")

    page.wait(lambda: "SAH" in page.one("h1").text)
    assert page.driver.current_url.endswith(f"/verify/{VALID}")


def test_a_second_qr_code_in_the_same_tab_is_followed_too(page, issued):
    page.open("/verify")
    page.open(f"/verify#{REVOKED}")

    page.wait(lambda: "DIBATALKAN" in page.one("h1").text)


@pytest.mark.parametrize("behind", ["//example.org", "../dashboard", "javascript:alert(1)", "%3Cb%3E", "x" * 4000, ""])
def test_a_hostile_fragment_leads_nowhere(page, issued, behind):
    page.open("/verify?")
    page.open(f"/verify?#{behind}")

    assert page.one("h1").text.startswith("Semak sijil")
    assert page.driver.current_url.partition("#")[0].endswith("/verify?")
