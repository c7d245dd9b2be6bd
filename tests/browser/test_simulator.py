"""The phones in the browser, played as a visitor would: the same bot answers as on a real line."""

import re

import pytest
from selenium.webdriver.common.keys import Keys

from bot.content import load
from bot.gsm import offenders, segments, septets
from bot.settings import ROOT
from bot.store import tables as t
from bot.store.ids import new_id
from bot.wiring import Bot
from tests.browser.phones import Page, Phones


@pytest.fixture
def phones(page: Page) -> Phones:
    return Phones(page)


# --- a first lesson, on every phone ----------------------------------------------------------------------------------


@pytest.mark.one_course
def test_a_first_lesson_by_sms_on_the_keys(phones):
    phones.press("#")
    phones.tap("hai")
    assert phones.field() == "hai"
    phones.press("call")
    phones.hears("Bahasa Malaysia")
    phones.press("#", "#", "1", "call")
    phones.hears("SETUJU")
    phones.press("#")
    phones.tap("setuju")
    phones.press("ok")
    phones.hears("Adukan kepada MCMC")
    phones.tap(sign_of("Adukan kepada MCMC", phones.heard()[-1]))
    phones.press("call")
    phones.hears("Betul!")

    assert all(text.startswith("RM0.00 ") for text in phones.heard())
    assert "1 SMS" in phones.meter()


@pytest.mark.one_course
def test_a_first_lesson_by_ussd_on_the_keys(phones):
    phones.show("ussd")
    assert phones.field("ussd") == "*384#"
    phones.press("call")
    phones.sees("English")
    assert phones.meter()[0] == "CON"
    phones.press("2", "call")
    phones.sees("DO NOT AGREE")
    phones.press("1", "ok")
    phones.sees("1/7")
    while "Report it to MCMC" not in phones.screen():
        before = phones.screen()
        phones.press(*sign_of("More", before), "call")
        phones.page.wait(lambda before=before: phones.screen() not in ("", before))
    phones.press(sign_of("Report it to MCMC", phones.screen()), "call")
    phones.sees("Correct!")


@pytest.mark.one_course
def test_a_first_lesson_by_whatsapp_on_the_keyboard(phones):
    phones.chats("hai")
    phones.hears("English", "chat")
    phones.chats("EN")
    phones.hears("AGREE", "chat")
    phones.chats("setuju")
    phones.hears("Report it to MCMC", "chat")
    phones.chats(sign_of("Report it to MCMC", phones.heard("chat")[-1]))
    phones.hears("Correct!", "chat")

    assert "✓✓" in phones.page.run("return getComputedStyle(document.querySelector('.mine time'), '::after').content")


def test_a_lesson_with_a_picture_shows_it_on_whatsapp_and_nowhere_else(phones):
    """It is the real file, loaded, with words for whoever cannot see it; kept with its message through a reload."""
    lesson = next(
        (course, place)
        for course in load(ROOT / "content").courses.values()
        for place, lesson in enumerate(course.lessons, start=1)
        if lesson.picture
    )
    course, place = lesson
    phones.chats("hai")
    phones.hears("English", "chat")
    phones.chats("EN")
    phones.hears("AGREE", "chat")
    phones.chats("setuju")
    phones.page.wait(lambda: phones.page.all("#chat-thread .theirs"))
    phones.chats(f"daftar {course.id}")
    phones.hears(f"1/{len(course.lessons)}", "chat")
    for number in range(2, place + 1):
        phones.chats("skip")
        phones.hears(f"{number}/{len(course.lessons)}", "chat")

    for _ in range(2):
        phones.page.wait(lambda: phones.page.run("return document.querySelector('#chat-thread img')?.naturalWidth > 0"))
        (shown,) = phones.page.all("#chat-thread img")
        assert shown.get_attribute("alt") == course.lessons[place - 1].picture.words.within("en")
        assert shown.size["height"] > 100
        assert phones.page.overflow() <= 0
        phones.page.driver.refresh()
    assert phones.page.all("#sms-thread img") == []


def sign_of(choice: str, said: str) -> str:
    """What to answer for a choice: "b" where "B) Report it" stands."""
    found = re.search(rf"^(\w+)\W+{re.escape(choice)}", said, re.MULTILINE)
    assert found, said
    return found[1].lower()


# --- the keys --------------------------------------------------------------------------------------------------------


def test_the_keys_write_letters_signs_and_digits(phones):
    phones.press("#")
    phones.tap_again("2", 3)
    assert phones.field() == "c"
    phones.press("clear")
    phones.tap_again("2", 2)
    phones.press("#", "7", "#", "0")
    phones.hold("5")
    phones.press("#")
    phones.hold("3")

    assert phones.field() == "bP053"
    phones.hold("clear")
    assert phones.field() == ""


def test_the_red_key_throws_a_draft_away(phones):
    phones.press("1", "2", "end")

    assert phones.field() == ""


def test_an_empty_message_is_not_sent(phones):
    phones.press("call")

    assert phones.page.all("#sms-thread li") == []


def test_the_keyboard_types_into_the_phone_that_was_used_last(phones):
    phones.page.run("document.activeElement.blur()")
    phones.keyboard("hai")
    assert phones.field() == "hai"
    phones.page.one("#chat-thread").click()
    phones.keyboard("info")
    assert phones.field("chat") == "info"


def test_the_counter_beside_a_draft_counts_as_the_network_does(phones):
    phones.page.one("#sms-field").send_keys("a" * 159 + "[")

    assert phones.page.one("#sms-count").text == "161/306 (2)"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("a" * 160, id="just one"),
        pytest.param("a" * 152 + "[" + "b" * 160, id="an escape on the cut"),
        pytest.param("€" * 81, id="two places each"),
        pytest.param("ş" * 70, id="just one in UCS-2"),
        pytest.param("ş" * 71, id="two in UCS-2"),
        pytest.param("😀" * 36, id="emoji"),
        pytest.param("x" * 66 + "😀" * 60, id="an emoji on the cut"),
    ],
)
def test_the_meter_agrees_with_the_bot(phones, text):
    measured = phones.page.run(
        "return import('/simulator/static/gsm.js').then((gsm) => gsm.measure(arguments[0]))", text
    )

    assert measured["segments"] == segments(text)
    assert measured["alphabet"] == ("UCS-2" if offenders(text) else "GSM-7")
    assert measured["alphabet"] == "UCS-2" or measured["used"] == septets(text)


# --- USSD as a network does it ---------------------------------------------------------------------------------------


def test_a_wrong_code_reaches_nobody(phones):
    phones.show("ussd")
    phones.press("clear", "5", "#", "call")
    phones.sees("Kod MMI tidak sah")
    phones.press("ok")

    assert phones.field("ussd") == "*384#"


def test_the_red_key_ends_a_call_and_the_next_one_is_new(phones):
    phones.show("ussd")
    phones.press("call")
    phones.sees("Selamat datang")
    phones.press("1", "end", "call")
    phones.sees("Selamat datang")

    assert phones.page.one("#ussd-left").text.startswith(("3:00", "2:5"))


def test_a_call_that_ends_is_put_away_with_ok(phones):
    phones.show("ussd")
    phones.press("call")
    phones.sees("Selamat datang")
    phones.press("2", "call")
    phones.sees("DO NOT AGREE")
    phones.press("2", "call")
    phones.sees("All right")
    assert phones.meter()[0] == "END"
    phones.press("ok")

    assert phones.field("ussd") == "*384#"


# --- what comes by itself, and what goes wrong -----------------------------------------------------------------------


def push(bot: Bot, identifier: str, text: str) -> None:
    """Something was sent to that number that is no reply: a nudge."""
    now = bot.clock()
    with bot.store.begin() as db:
        address = db.execute(t.address.select().where(t.address.c.identifier == identifier)).one()
        row = {
            "id": new_id(now),
            "learner_id": address.learner_id,
            "address_id": address.id,
            "channel": "simulator_sms",
        }
        status = {"purpose": "nudge", "lane": 1, "status": "sent", "rank": 3, "attempts": 1}
        times = {"due_at": now, "created_at": now, "settled_at": now}
        db.execute(t.outbound_message.insert().values(**row, **status, **times, text=text))


def test_a_nudge_arrives_by_itself_and_marks_its_channel(phones, titian):
    phones.press("1", "call")
    phones.hears("Bahasa Malaysia")
    phones.show("ussd")
    push(titian, "+601110000001", "RM0.00 TITIAN: Masih ada satu soalan untuk anda.")
    phones.page.wait(lambda: phones.page.one('[data-show="sms"]').get_attribute("data-unread") == "1")
    phones.show("sms")

    assert phones.heard()[-1] == "RM0.00 TITIAN: Masih ada satu soalan untuk anda."
    assert phones.page.one('[data-show="sms"]').get_attribute("data-unread") is None


def test_a_message_that_failed_can_be_sent_again(phones):
    phones.page.excuse("/webhooks/simulator")
    phones.page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/webhooks/*"]})
    phones.press("1", "call")
    phones.page.wait(lambda: phones.page.all("#sms-thread button"))
    assert phones.page.one("#trouble").is_displayed()
    phones.page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    phones.page.one("#sms-thread button").click()
    phones.hears("Bahasa Malaysia")

    assert len(phones.page.all("#sms-thread .mine")) == 1


def test_every_number_keeps_its_own_thread_even_through_a_reload(phones):
    phones.press("1", "call")
    phones.hears("Bahasa Malaysia")
    phones.page.one("#another").click()
    assert phones.heard() == []
    assert phones.page.one("#number").get_attribute("value") == "+60 11-1000 0002"
    number = phones.page.one("#number")
    number.clear()
    number.send_keys("011-1000 0001", Keys.ENTER)
    phones.hears("Bahasa Malaysia")
    phones.page.driver.refresh()
    phones.hears("Bahasa Malaysia")

    assert phones.page.one("#number").get_attribute("value") == "+60 11-1000 0001"


def test_what_is_no_number_changes_nothing(phones):
    number = phones.page.one("#number")
    number.clear()
    number.send_keys("siapa", Keys.ENTER)

    assert number.get_attribute("aria-invalid") == "true"


# --- every screen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 740), (767, 900), (768, 1024), (1280, 720)])
def test_nothing_sticks_out_at_any_width(phones, width, height):
    phones.page.resize(width, height)
    phones.press("1", "call")
    phones.hears("Bahasa Malaysia")

    for channel in ("sms", "ussd", "whatsapp"):
        button = phones.page.one(f'[data-show="{channel}"]')
        if button.is_displayed():
            button.click()
        assert phones.page.overflow() <= 0, channel


def test_on_a_narrow_screen_one_phone_is_shown_at_a_time(phones):
    phones.page.resize(360, 740)
    phones.show("whatsapp")
    assert (phones.page.one("#handset").is_displayed(), phones.page.one("#smartphone").is_displayed()) == (False, True)
    phones.show("ussd")
    assert (phones.page.one("#handset").is_displayed(), phones.page.one("#smartphone").is_displayed()) == (True, False)


def test_everything_that_can_be_used_has_a_name(phones):
    """What a screen reader calls each button and field; a key says its digit and its letters."""
    used = phones.page.all("button, input, textarea, [role=log]")
    names = [element.accessible_name for element in used if element.is_displayed()]

    assert len(names) > 25
    assert all(names)
