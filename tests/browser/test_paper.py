"""The PDF of a certificate, as an employer gets it: the name typed, a page that waits, and the file; without a script."""

from datetime import UTC, datetime
from json import dumps

import pytest
import requests

from bot.store import tables as t
from bot.store.ids import new_id
from workers import printing

CODE, NAME = "SR7K-3M9Q-XT2Y", "Nur D’Cruz A/P Muthu"
ISSUED = datetime(2026, 7, 31, 18, 0, tzinfo=UTC)


@pytest.fixture
def issued(titian):
    """A certificate with a name on it."""
    with titian.store.begin() as db:
        learner = new_id(ISSUED)
        db.execute(t.learner.insert().values(id=learner, locale="ms", created_at=ISSUED))
        row = {"id": new_id(ISSUED), "learner_id": learner, "course": "selamat1", "version": "1", "minutes": 95}
        title = dumps({"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"})
        row |= {"code": CODE.replace("-", ""), "title": title, "issued_at": ISSUED, "name": NAME, "level": 1}
        db.execute(t.certificate.insert().values(row))


def test_the_name_typed_leads_to_a_page_that_waits_and_then_to_the_file(page, site, titian, issued):
    page.resize(320, 640)
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(f"/verify/{CODE}")
        assert page.all(".files") == []
        page.one("#name").send_keys("nur dcruz muthu")
        page.one("form.name button").click()
        page.wait(lambda: page.all(".files button"))
        assert NAME in page.text()
        page.one(".files button").click()
        page.wait(lambda: "Sedang disediakan" in page.text())

        assert page.one("h1").location["y"] < 320
        waits = page.driver.current_url
        page.driver.get("about:blank")  # or it would look again while we look
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert printing.press(titian) == 1
    file = requests.get(waits, timeout=10)

    assert (file.status_code, file.headers["Content-Type"], file.content[:5]) == (200, "application/pdf", b"%PDF-")


def shown(page):
    """The words of a page that may be loaded anew at any moment: asked for in one piece."""
    return page.run("return document.body ? document.body.innerText : ''")


def test_a_page_that_waits_looks_again_by_itself(page, titian, issued):
    page.open(f"/verify/{CODE}")
    page.one("#name").send_keys(NAME)
    page.one("form.name button").click()
    page.wait(lambda: page.all(".files button"))
    page.one(".files button").click()
    page.wait(lambda: "Sedang disediakan" in shown(page))
    page.run("window.before = true")

    page.wait(lambda: page.run("return window.before === undefined"))

    page.wait(lambda: "Sedang disediakan" in shown(page))
    page.wait(lambda: page.overflow() <= 0)
