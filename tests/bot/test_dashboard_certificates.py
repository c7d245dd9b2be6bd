"""The coordinator's page of certificates: what waits, a yes to those ticked, a no with a reason, and who lacks what."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import coordinators
from bot.app import create_app
from bot.completion import backfill
from bot.store import tables as t
from bot.web.dashboard import certificates
from flows.session import Library
from tests.bot.test_completion import passes
from tests.bot.test_dashboard import HERS, PIN, SITI, Browser
from tests.bots import COURSE, count, rows, villager

PATH = f"/certificates/{COURSE}"


class Shelf:
    """The library of the test, where the bot looks for its own."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def library(self) -> Library:
        return self._library


@pytest.fixture
def given(bot):
    """The bot, whose course's issuer approves each certificate."""
    return replace(bot, experiments=Shelf(replace(bot.library(), approving=frozenset({COURSE}))))


@pytest.fixture
def enter(bot):
    def enter(*rights, district=None, locale="en"):
        told = {"number": HERS, "district": district, "locale": locale, "now": bot.clock()}
        coordinators.add(bot.store, SITI, "office", rights=rights, **told)
        coordinators.set_pin(bot.store, SITI, PIN, "office", now=bot.clock())

    return enter


@pytest.fixture
def browser(given):
    return Browser(create_app(given).test_client())


@pytest.fixture
def her(given, clock):
    """Somebody in Ranau whose certificate waits."""
    her = villager(given, "+60111000001", district="Ranau")
    passes(given, her, given.library().courses[COURSE])
    list(backfill.fill(given.store, given.library().courses[COURSE], given.library(), [her], now=given.clock()))
    clock.turn(timedelta(hours=1))
    return her


@pytest.fixture
def siti(browser, enter):
    enter("certify")
    assert browser.signs_in().status_code == 200


def test_from_what_waits_to_what_was_issued(browser, given, her, siti):
    second = villager(given, "+60111000002")
    assert "certificates that wait for a yes" in browser.opens("").text
    assert "1 wait" in browser.opens("/certificates").text
    page = browser.opens(PATH).text
    assert "+60•••••0001" in page
    assert "0 of 7 lessons passed" in page
    assert "+60111000001" not in page

    done = browser.presses(PATH, move="yes", her=[str(her), str(second), "x", "9" * 19]).text

    assert "Certificates issued: 1" in done
    assert [row.learner_id for row in rows(given, t.certificate)] == [her]
    assert [row.who for row in rows(given, t.audit_event) if row.did == "approve certificate"] == [SITI]
    assert rows(given, t.certificate)[0].code[:4] in browser.opens(PATH).text
    assert "wait for the association" not in browser.text


def test_a_no_needs_a_reason_which_the_page_says_is_not_told(browser, given, her, siti):
    browser.opens(PATH)
    assert browser.presses(PATH, move="no", her=str(her), why="  ").status_code == 422
    assert "Please write why" in browser.text

    done = browser.presses(PATH, move="no", her=str(her), why="nobody <b>saw</b> her").text
    assert "Not confirmed: 1" in done

    assert "the association said no" in browser.text
    assert rows(given, t.approval)[0].why == "nobody <b>saw</b> her"
    assert count(given, t.certificate) == 0


def test_decided_twice_it_is_told_and_changes_nothing(browser, given, her, siti):
    browser.opens(PATH)
    before = browser.text
    browser.presses(PATH, move="yes", her=str(her))
    browser.text = before

    assert "issued: 0" in browser.presses(PATH, move="yes", her=str(her)).text
    browser.text = before
    assert "Not confirmed: 0" in browser.presses(PATH, move="no", her=str(her), why="late").text
    assert count(given, t.certificate) == 1


def test_who_may_not_certify_sees_and_cannot_decide(browser, given, her, enter):
    enter("attest")
    browser.signs_in()
    page = browser.opens(PATH).text

    assert "+60•••••0001" in page
    assert "checkbox" not in page
    assert 'method="post" action="/dashboard/cert' not in page
    assert browser.sends(PATH, move="yes", her=str(her)).status_code == 400
    assert count(given, t.certificate) == 0


def test_another_districts_learners_are_not_hers(browser, given, her, enter):
    enter("certify", district="Pitas")
    browser.signs_in()
    assert "0001" not in browser.opens(PATH).text
    villager(given, "+60111000003", district="Pitas")
    pending = villager(given, "+60111000004", district="Pitas")
    passes_here(given, pending)

    page = browser.opens(PATH).text
    assert "0004" in page
    assert "issued: 0" in browser.presses(PATH, move="yes", her=str(her)).text
    browser.opens(PATH)
    assert "Not confirmed: 0" in browser.presses(PATH, move="no", her=str(her), why="not mine").text
    assert count(given, t.certificate) == 0


def passes_here(given, her):
    from sqlalchemy import insert

    course = given.library().courses[COURSE]
    with given.store.begin() as connection:
        for lesson in course.lessons:
            row = {"learner_id": her, "course": COURSE, "lesson": lesson.id, "version": "1"}
            connection.execute(insert(t.lesson_pass).values(row | {"passed_at": given.clock()}))
    list(backfill.fill(given.store, course, given.library(), [her], now=given.clock()))


@pytest.mark.parametrize("path", ["/certificates/tiada9", "/certificates/%00", "/certificates/..%2f"])
def test_of_what_there_is_not_nothing_is_said(browser, siti, path):
    assert browser.opens(path).status_code == 404


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1"])
def test_however_a_page_is_asked_for_it_comes(browser, her, siti, after):
    assert browser.opens(f"{PATH}?after={after}").status_code == 200


@pytest.mark.parametrize("locale", ["ms", "en"])
def test_the_page_is_in_her_language_and_prints(browser, her, enter, locale):
    enter("certify", locale=locale)
    browser.signs_in()
    page = browser.opens(PATH).text

    assert ("Menunggu pengesahan persatuan" in page) == (locale == "ms")
    assert ("These wait for" in page) == (locale == "en")
    assert "<script" not in page


def test_a_full_page_is_small_and_leads_on(browser, given, siti):
    for n in range(certificates.MOST + 3):
        passes_here(given, villager(given, f"+6011100010{n:02}"))

    page = browser.opens(PATH)

    assert page.text.count("checkbox") == certificates.MOST
    assert "And 3 more" in page.text
    assert len(page.data) < 30_000
    after = re.search(r"\?after=(\d+)", page.text)
    assert browser.opens(f"{PATH}?after={after[1]}").text.count("<tr>") == 3
