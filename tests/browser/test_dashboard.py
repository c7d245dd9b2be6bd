"""The coordinator's pages in a real browser: on a small phone, without a script, on paper, in both languages."""

from datetime import timedelta
from json import dumps

import pytest
from selenium.webdriver.common.by import By
from sqlalchemy import insert

from bot import broadcasts, coordinators
from bot.announcements import drafts
from bot.announcements.drafts import Draft
from bot.audience import Audience
from bot.ringing import UNANSWERED, open_ring
from bot.store import tables as t
from bot.store.ids import new_id
from bot.web.dashboard import ROUTES
from tests.bots import villager

SITI, HERS, PIN = "Cik Siti", "+60111000900", "4071"
WORDS = {"ms": "Kelas di dewan pada hari Sabtu, 9 pagi.", "en": "Class in the hall on Saturday, 9 in the morning."}

pytestmark = pytest.mark.one_course


@pytest.fixture
def village(titian):
    """Whom to ring, what learners wrote, a draft, and an announcement that is going out; returns the announcements' ids."""
    now, channel = titian.clock(), "simulator_sms"
    learners = [villager(titian, f"+60111001{n:03}", channel, district=("Ranau", "Kudat")[n % 2]) for n in range(12)]
    course = titian.library().courses["selamat1"]
    with titian.store.begin() as db:
        for her in learners[:3]:
            open_ring(db, her, UNANSWERED, course, now - timedelta(days=4))
            lesson = course.lessons[0]
            missed = {
                "id": new_id(now),
                "learner_id": her,
                "course": course.id,
                "version": course.version,
                "attempt": 1,
            }
            missed |= {"lesson": lesson.id, "question": lesson.bank[0].id, "option": "x", "correct": False}
            db.execute(insert(t.answer).values(missed | {"answered_at": now}))
        for place, words in enumerate(
            ("Anak saya sakit, boleh sambung minggu depan?", "telefon saya rosak, macam mana ni")
        ):
            heard = {
                "id": new_id(now),
                "channel": channel,
                "provider_id": f"in-{place}",
                "learner_id": learners[5 + place],
            }
            heard |= {"address_id": new_id(now), "turn": 1, "text": words, "reply": "[[], false]", "received_at": now}
            address = titian.store.look(t.address.select().where(t.address.c.learner_id == learners[5 + place]))[0].id
            db.execute(insert(t.inbound_message).values(heard | {"address_id": address}))
            asked = {"id": new_id(now), "learner_id": learners[5 + place], "about": "unread", "inbound_id": heard["id"]}
            db.execute(insert(t.request).values(asked | {"opened_at": now, "due_at": now}))
        for her in learners[8:]:
            waits = {"learner_id": her, "course": course.id, "kind": "course", "asked_at": now}
            db.execute(insert(t.approval).values(waits))
    now = titian.clock()  # those who are there by now get it
    draft = drafts.write(titian.store, Draft("Puan Rosli", WORDS), now=now)
    sending = broadcasts.approve(titian.store, "Puan Rosli", WORDS, Audience(), now=now)
    while broadcasts.spread(titian.store, titian.pushes, now=now):
        pass
    told = {
        "rights": ("announce", "approve", "ring", "certify"),
        "number": HERS,
        "district": None,
        "locale": "ms",
        "now": now,
    }
    coordinators.add(titian.store, SITI, "office", **told)
    coordinators.set_pin(titian.store, SITI, PIN, "office", now=now)
    return {"draft": draft, "sending": sending}


@pytest.fixture
def signed_in(page, village):
    page.resize(360, 740)
    page.open("/dashboard")
    page.one("#number").send_keys("011-1000 900")
    page.one("#pin").send_keys(PIN)
    press(page, "form [id=pin] ~ .moves button")
    page.wait(lambda: page.all("nav"))
    assert SITI in page.text()
    return page


def press(page, selector):
    page.run("arguments[0].scrollIntoView()", page.one(selector))
    page.one(selector).click()


def paths(village):
    simple = [path for path, method, *_ in ROUTES if method == "GET" and "<" not in path and path != "/sign-in"]
    return [*simple, "/certificates/selamat1", *(f"/announcements/{each}" for each in village.values())]


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_every_page_fits_the_screen_and_a_slow_line_in_both_languages(signed_in, village, width):
    signed_in.resize(width, 740)
    for language in ("ms", "en"):
        for path in paths(village):
            signed_in.open(f"/dashboard{path}?lang={language}")

            assert signed_in.overflow() <= 0, path
            assert signed_in.one("html").get_attribute("lang") == language
            assert signed_in.one("h1").location["y"] < 320, path
            assert len(signed_in.driver.page_source.encode()) < 30_000


def test_all_of_it_works_without_a_script(page, village, titian):
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open("/dashboard")
        page.one("#number").send_keys("0111000900")
        page.one("#pin").send_keys(PIN)
        page.one("#pin").submit()
        page.wait(lambda: page.all("nav"))

        page.open("/dashboard/ring")
        page.one('button[value="reached"]').click()
        page.wait(lambda: page.all(".told"))
        assert "berbual" in page.one(".told").text

        page.open("/dashboard/inbox")
        page.one("textarea").send_keys("Boleh. Semoga cepat sembuh.")
        page.one("textarea ~ .moves button").click()
        page.wait(lambda: page.all(".told"))
        assert len(page.all("article")) == 1

        page.open(f"/dashboard/announcements/{village['draft']}")
        page.driver.find_element(By.XPATH, "//button[text()='Luluskan']").click()
        page.wait(lambda: page.all(".told"))
        assert page.one('meta[http-equiv="refresh"]').get_attribute("content")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert [row.outcome for row in titian.store.look(t.ring.select()) if row.outcome] == ["reached"]
    assert drafts.look(titian.store, village["draft"]).status == "waiting"


def test_a_number_can_be_rung_from_the_page_and_a_wrong_one_takes_two_taps(signed_in, titian):
    signed_in.open("/dashboard/ring")
    assert signed_in.one("a.number").get_attribute("href").startswith("tel:+6011")
    wrong = signed_in.one('button[value="wrong"]')
    assert not wrong.is_displayed()

    press(signed_in, "article details:last-of-type summary")
    signed_in.wait(wrong.is_displayed)
    press(signed_in, 'button[value="wrong"]')
    signed_in.wait(lambda: signed_in.all(".told"))

    assert [row.outcome for row in titian.store.look(t.ring.select()) if row.outcome] == ["wrong"]


def test_what_cannot_go_out_keeps_what_she_typed(signed_in):
    signed_in.excuse("422")
    signed_in.open("/dashboard/inbox")
    signed_in.one("textarea").send_keys("Lihat www.titian.my")
    press(signed_in, "textarea ~ .moves button")
    signed_in.wait(lambda: signed_in.all(".wrong"))

    assert signed_in.one("textarea").get_attribute("value") == "Lihat www.titian.my"
    assert signed_in.overflow() <= 0


def test_on_paper_the_list_has_boxes_and_no_buttons(signed_in):
    signed_in.open("/dashboard/ring")
    signed_in.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not signed_in.one("nav").is_displayed()
        box = "return getComputedStyle(document.querySelector('.box button'), '::before').content"
        assert "☐" in signed_in.run(box)
        assert signed_in.one('button[value="not_reached"]').is_displayed()
    finally:
        signed_in.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_signed_out_the_way_back_leads_to_the_form(signed_in):
    press(signed_in, "button.plain")
    signed_in.wait(lambda: signed_in.all("#pin"))

    signed_in.open("/dashboard/ring")

    assert signed_in.all("#pin")
    assert dumps(SITI) not in signed_in.driver.page_source


def test_a_certificate_is_ticked_and_declined_from_a_phone(signed_in, titian):
    signed_in.open("/dashboard/certificates/selamat1")
    press(signed_in, "label.tick")
    press(signed_in, "#yes summary")
    signed_in.one("#why").send_keys("nobody saw her")
    press(signed_in, "button.red")
    signed_in.wait(lambda: signed_in.all(".told"))

    decided = [row for row in titian.store.look(t.approval.select()) if row.decided_at]
    assert [(row.approved, row.why, row.decided_by) for row in decided] == [(False, "nobody saw her", SITI)]
