"""The coordinator's pages: who gets in, who is out at once, and that nobody else's page can press her buttons."""

import re
from dataclasses import replace
from datetime import timedelta

import flask
import pytest
from sqlalchemy import insert, update

from bot import arbiter, broadcasts, coordinators, inbox, policy
from bot.announcements import drafts, moves, stopping
from bot.announcements.drafts import Draft
from bot.announcements.ways import ways_of
from bot.app import create_app
from bot.audience import Audience
from bot.pushes import BULK, REPLIES
from bot.reasons import known
from bot.ringing import UNANSWERED, open_ring
from bot.store import tables as t
from bot.web.dashboard import ROUTES, signing, visits
from bot.web.dashboard.visits import LASTS
from tests.bots import COURSE, listener, made_settings, rows, villager
from tests.callers import make, twilio_sms
from workers import outbox

SITI, HERS, PIN = "Cik Siti", "+60111000900", "4071"
LANGUAGES = ("ms", "en")


class Browser:
    """Somebody at the pages: she follows forms as a browser does, their tokens among them."""

    def __init__(self, client):
        self.client = client
        self.text = ""

    def opens(self, path):
        answer = self.client.get(f"/dashboard{path}", follow_redirects=True)
        self.text = answer.text
        return answer

    def presses(self, path, **fields):
        """Send the form of the page that goes there."""
        action = re.escape(f"/dashboard{path}")
        token = re.search(rf'action="{action}"[^>]*><input type="hidden" name="token" value="(\w+)"', self.text)
        assert token, f"no form to {path} on this page"
        return self.sends(path, token=token[1], **fields)

    def sends(self, path, **fields):
        """Send whatever to there."""
        answer = self.client.post(f"/dashboard{path}", data=fields, follow_redirects=True)
        self.text = answer.text
        return answer

    def signs_in(self, number=HERS, pin=PIN):
        self.opens("/sign-in")
        return self.presses("/sign-in", number=number, pin=pin)


@pytest.fixture
def migrated_url(sqlite_url):
    """What the pages ask of the database is tested on both where it is written: test_inbox.py, test_digest.py, test_ringing.py."""
    return sqlite_url


@pytest.fixture
def enter(bot):
    """Somebody takes up her work."""

    def enter(name=SITI, number=HERS, rights=("announce", "approve", "ring", "certify"), pin=PIN, **more):
        told = {"number": number, "district": None, "locale": "ms", "now": bot.clock()} | more
        coordinators.add(bot.store, name, "office", rights=rights, **told)
        if pin:
            coordinators.set_pin(bot.store, name, pin, "office", now=bot.clock())
        return coordinators.named(bot.store, name)

    return enter


@pytest.fixture
def browser(client):
    return Browser(client)


@pytest.fixture
def siti(browser, enter):
    """She is at her pages; her row."""
    her = enter()
    assert browser.signs_in().status_code == 200
    return her


PAGES = [path for path, method, *_ in ROUTES if method == "GET" and "<" not in path and path != "/sign-in"]


# --- who gets in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_nothing_but_the_form(browser, path):
    answer = browser.opens(path)

    assert answer.request.path == "/dashboard/sign-in"


@pytest.mark.parametrize("number", [HERS, "011-1000 900", "0111000900"])
def test_her_number_and_digits_let_her_in_however_she_writes_the_number(browser, enter, bot, number):
    enter()

    answer = browser.signs_in(number)

    assert answer.request.path == "/dashboard"
    assert SITI in answer.text
    assert (SITI, "signed in") in {(row.who, row.did) for row in rows(bot, t.audit_event)}


@pytest.mark.parametrize(
    ("number", "pin"),
    [(HERS, "1111"), ("+60111000999", PIN), ("no number", PIN), (HERS, ""), ("", ""), ("+60111000901", "")],
)
def test_whatever_is_wrong_the_page_says_the_same(browser, enter, number, pin):
    """Also for +60111000901, whose coordinator has no digits."""
    enter()
    enter("Puan Rosli", "+60111000901", pin=None)

    answer = browser.signs_in(number, pin)

    assert answer.status_code == 403
    assert "Tidak berjaya" in answer.text
    assert "digit" in answer.text
    assert browser.opens("").request.path == "/dashboard/sign-in"


def test_after_five_wrong_tries_her_own_digits_do_not_help_for_an_hour(browser, enter, clock):
    enter()
    for _ in range(5):
        browser.signs_in(pin="1111")

    assert browser.signs_in().status_code == 403
    clock.turn(timedelta(hours=1, minutes=1))
    assert browser.signs_in().status_code == 200


def test_whoever_tries_and_tries_is_told_to_wait(browser, enter):
    enter()
    tries = [browser.signs_in(number="+60111000777").status_code for _ in range(signing.TRIES_BY_NUMBER + 1)]

    assert tries == [403] * signing.TRIES_BY_NUMBER + [429]


def test_one_address_cannot_try_many_numbers(browser, enter):
    tries = [browser.signs_in(number=f"+6011100{n:04}").status_code for n in range(signing.TRIES_FROM + 1)]

    assert tries == [403] * signing.TRIES_FROM + [429]


# --- who is out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "becomes",
    [
        lambda bot: coordinators.remove(bot.store, SITI, "office", now=bot.clock()),
        lambda bot: coordinators.set_pin(bot.store, SITI, "9999", "office", now=bot.clock()),
        lambda bot: coordinators.set_pin(bot.store, SITI, "", "office", now=bot.clock()),
        lambda bot: change(bot, rights=""),
        lambda bot: change(bot, number="+60111000902"),
    ],
    ids=["left", "has other digits", "has none", "has no right", "has another number"],
)
def test_she_is_out_at_her_next_request_when_she(browser, siti, bot, becomes):
    becomes(bot)

    assert browser.opens("").request.path == "/dashboard/sign-in"


def change(bot, **values):
    with bot.store.begin() as connection:
        connection.execute(update(t.coordinator).where(t.coordinator.c.name == SITI).values(**values))


def test_she_signs_out_and_what_she_had_open_does_nothing_any_more(browser, siti):
    browser.opens("/ring")
    old = browser.text
    browser.presses("/sign-out")
    browser.text = old

    assert browser.presses("/sign-out").status_code == 400


def test_a_working_day_later_she_signs_in_again(browser, siti, clock):
    clock.turn(LASTS - timedelta(minutes=1))
    assert browser.opens("").request.path == "/dashboard"
    clock.turn(timedelta(minutes=1))
    assert browser.opens("").request.path == "/dashboard/sign-in"


@pytest.mark.parametrize(
    ("rights", "may", "may_not"),
    [
        (("ring",), ("/ring", "/inbox"), ("/announcements",)),
        (("announce",), ("/announcements", "/inbox"), ("/ring",)),
        (("approve",), ("/announcements",), ("/ring", "/inbox")),
    ],
)
def test_she_sees_what_her_rights_are_for(browser, enter, rights, may, may_not):
    enter(rights=rights)
    home = browser.signs_in().text

    assert [browser.opens(path).status_code for path in (*may, *may_not)] == [200] * len(may) + [403] * len(may_not)
    assert all(f'href="/dashboard{path}"' in home for path in may)
    assert not any(f'href="/dashboard{path}"' in home for path in may_not)


# --- only her own pages press her buttons ------------------------------------------------------------------------------


def test_no_button_works_without_the_token_of_its_own_form(browser, siti, bot, silent):
    silent()
    ring = bot.lists.this_week(siti, bot.clock())[0].ring_id
    browser.opens("/ring")
    other = re.search(r'sign-out"[^>]*><input type="hidden" name="token" value="(\w+)"', browser.text)[1]

    for token in ("", "x", other):
        assert browser.sends(f"/ring/{ring}", token=token, outcome="reached").status_code == 400
    assert browser.client.post(f"/dashboard/ring/{ring}", data={"outcome": "reached"}).status_code == 400

    assert [row.outcome for row in rows(bot, t.ring)] == [None]


@pytest.mark.parametrize("token", ["é", "\0", "\ud800", "x" * 5000])
def test_a_token_that_is_none_is_refused_whatever_it_is(browser, siti, token):
    assert browser.sends("/sign-out", token=token.encode("utf-8", "surrogatepass")).status_code == 400


def test_an_id_no_database_has_is_nothing(browser, siti):
    assert browser.opens("/announcements/99999999999999999999").status_code == 404


def test_every_address_that_changes_something_is_behind_a_token(client):
    """Nobody is signed in, and still the token is what is asked for first."""
    for path, method, *_ in ROUTES:
        if method == "POST":
            made = re.sub(r"<(int:)?\w+>", "1", path)
            assert client.post(f"/dashboard{made}").status_code == 400


def test_the_cookie_is_for_these_pages_alone_and_no_script_reads_it(client):
    cookie = client.get("/dashboard/sign-in").headers["Set-Cookie"]

    assert cookie.startswith("titian=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/dashboard", "Secure"} <= set(cookie.split("; "))


def test_on_a_machine_of_ones_own_it_goes_without_https(bot, sqlite_url, tmp_path):
    made = replace(bot, settings=made_settings(sqlite_url, tmp_path, public_url="http://127.0.0.1:8000"))

    assert "Secure" not in create_app(made).test_client().get("/dashboard/sign-in").headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/sign-in", "", "/ring", "/nothing-here"])
def test_nothing_is_kept_indexed_framed_or_run(browser, siti, path):
    headers = browser.opens(path).headers
    if path == "/nothing-here":
        return  # it is no page of these

    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "noindex" in headers["X-Robots-Tag"]


# --- both languages ---------------------------------------------------------------------------------------------------


def test_she_reads_it_in_her_language_or_the_one_she_asks_for_and_keeps_it(browser, enter):
    enter(locale="en")
    assert '<html lang="ms">' in browser.opens("/sign-in").text
    assert '<html lang="en">' in browser.signs_in().text
    assert '<html lang="ms">' in browser.opens("?lang=ms").text
    assert '<html lang="ms">' in browser.opens("/ring").text
    assert '<html lang="ms">' in browser.opens("?lang=xx").text


# --- home and whom to ring ---------------------------------------------------------------------------------------------


@pytest.fixture
def silent(bot):
    made = iter(range(1, 1000))

    def silent(district=None):
        her = villager(bot, f"+60111001{next(made):03}", district=district)
        with bot.store.begin() as connection:
            assert open_ring(connection, her, UNANSWERED, bot.library().courses[COURSE], bot.clock())
        return her

    return silent


def tiles(text):
    """The numbers of a page, by the words under them."""
    found = re.findall(r"<strong>(\d+)</strong>\s*(?:<span>)?([^<]+)", text)
    return {words.strip(): int(number) for number, words in found}


def test_her_week_in_numbers_is_that_of_her_district(browser, enter, bot, silent):
    for district in ("Ranau", "Ranau", "Kudat", None):
        silent(district)
    enter(locale="en", district="Ranau")

    home = tiles(browser.signs_in().text)

    assert home["learners joined"] == 2
    assert home["to ring this week"] == 3
    assert home["messages from learners to read"] == 0


def test_she_sees_number_reason_and_what_to_say_and_notes_the_outcome_by_one_button(browser, siti, bot, silent):
    silent()
    ring = bot.lists.this_week(siti, bot.clock())[0]
    page = browser.opens("/ring").text
    assert f'href="tel:{ring.number}"' in page
    assert "dua peringatan" in page
    assert page.count("<li>") >= 3

    browser.presses(f"/ring/{ring.ring_id}", outcome="reached")

    assert [row.outcome for row in rows(bot, t.ring)] == ["reached"]
    assert (SITI, "ring reached") in {(row.who, row.did) for row in rows(bot, t.audit_event)}
    assert f'href="tel:{ring.number}"' not in browser.text


@pytest.mark.parametrize("outcome", ["", "married"])
def test_what_is_no_outcome_is_none(browser, siti, bot, silent, outcome):
    silent()
    browser.opens("/ring")
    browser.presses(f"/ring/{bot.lists.this_week(siti, bot.clock())[0].ring_id}", outcome=outcome)

    assert [row.outcome for row in rows(bot, t.ring)] == [None]


def test_nobody_notes_what_is_on_anothers_list(browser, enter, bot, silent):
    silent("Kudat")
    rosli = enter("Puan Rosli", "+60111000901", district="Kudat")
    ring = bot.lists.this_week(rosli, bot.clock())[0].ring_id
    enter(district="Ranau")
    browser.signs_in()
    browser.opens("/ring")
    with browser.client.session_transaction(path="/dashboard") as session:
        key = session["key"]

    with browser.client.application.test_request_context():
        flask.session["key"] = key
        token = visits.token(f"/dashboard/ring/{ring}")
    browser.sends(f"/ring/{ring}", token=token, outcome="wrong")

    assert [row.outcome for row in rows(bot, t.ring)] == [None]
    assert "tiada dalam senarai" in browser.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_small_and_in_one_language(browser, siti, bot, silent, path, language):
    for _ in range(10):
        silent()

    page = browser.opens(f"{path}?lang={language}")

    assert page.status_code == 200
    assert len(page.data) < 30_000
    assert "<script" not in page.text


def test_the_office_is_told_how_many_asked_for_something_else(browser, siti, bot):
    her = villager(bot, "+60111002001")
    with bot.store.begin() as connection:
        for place, about in enumerate(("call", "call", "data_access")):
            row = {"id": place + 1, "learner_id": her, "about": about, "inbound_id": 0}
            connection.execute(insert(t.request).values(row | {"opened_at": bot.clock(), "due_at": bot.clock()}))

    page = browser.opens("?lang=en").text

    assert re.search(r"to be called</th><td>2<", page)
    assert "copy of their data" in page


# --- announcements -----------------------------------------------------------------------------------------------------


WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}
ROSLI = "Puan Rosli"


@pytest.fixture
def draft(bot):
    """Somebody has written an announcement; returns its id."""
    for n in range(4):
        villager(bot, f"+60111000{n:03}", district=("Ranau", "Kudat")[n % 2])

    def draft(**audience):
        return drafts.write(bot.store, Draft(ROSLI, WORDS, Audience(**audience)), now=bot.clock())

    return draft


def presses(browser, made, move):
    browser.opens(f"/announcements/{made}")
    return browser.presses(f"/announcements/{made}/{move}")


def status(bot, made):
    return drafts.look(bot.store, made).status


def test_a_draft_shows_what_sending_would_mean_and_one_button_lets_it_go(browser, siti, bot, clock, draft):
    made = draft()
    page = browser.opens(f"/announcements/{made}?lang=en").text
    assert re.search(r"learners would get it</th><td>4<", page)
    assert "RM0.00 TITIAN: Kelas di dewan" in page
    assert "http-equiv" not in page

    told = presses(browser, made, "approve")

    assert "five minutes" in told.text
    assert 'http-equiv="refresh"' in told.text
    assert (status(bot, made), drafts.look(bot.store, made).approved_by) == ("waiting", SITI)


def test_it_is_taken_back_paused_let_on_and_cancelled(browser, siti, bot, clock, draft):
    made = draft()
    became = []
    for move in ("approve", "back", "approve", "pause", "resume", "cancel"):
        assert presses(browser, made, move).status_code == 200
        became.append(status(bot, made))

    assert became == ["waiting", "draft", "waiting", "paused", "waiting", "cancelled"]
    assert "/approve" not in browser.text
    assert "/cancel" not in browser.text


def test_while_it_goes_it_shows_what_became_of_each_and_what_came_back(browser, siti, bot, client, clock, draft):
    villager(bot, "+60111000099", consented_at=None)
    made = draft()
    presses(browser, made, "approve")
    clock.turn(moves.UNDO)
    while broadcasts.spread(bot.store, bot.pushes, now=clock()):
        pass
    outbox.deliver(bot, BULK, most=3)
    for words in ("HADIR", "STOP"):
        make(client, twilio_sms("+60111000000", words, words))

    page = browser.opens(f"/announcements/{made}?lang=en").text

    for row in ("sent</th><td>4<", "HADIR: will come</th><td>1<", "within a day of it</th><td>1<"):
        assert row in page
    assert "+6011" not in page
    assert "Sedang dihantar" in browser.opens("/announcements?lang=ms").text or "Selesai" in browser.text


def test_who_is_left_out_is_told_with_the_reason_in_her_language(browser, siti, bot, clock, draft):
    made = draft()
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(opted_out_at=clock()))
    presses(browser, made, "approve")

    assert "telah berhenti menerima mesej" in browser.text
    assert status(bot, made) == "draft"
    assert "tiada sesiapa yang akan menerimanya" in browser.text


def test_what_may_not_be_done_is_refused_by_the_rules_of_announcements(browser, enter, bot, draft):
    enter(rights=("announce",))
    browser.signs_in()
    made = draft()
    with bot.store.begin() as connection:
        connection.execute(update(t.broadcast).values(words='{"ms": "Lihat www.titian.my", "en": "x"}'))

    browser.opens(f"/announcements/{made}")
    assert "Tidak boleh dihantar" in browser.text or "It cannot go out" in browser.text
    assert presses(browser, made, "approve").status_code == 409
    assert status(bot, made) == "draft"


def test_a_button_pressed_too_late_says_so_and_changes_nothing(browser, siti, bot, draft):
    made = draft()
    browser.opens(f"/announcements/{made}")
    moves.cancel(bot.store, made, ROSLI, now=bot.clock())

    told = browser.presses(f"/announcements/{made}/approve")

    assert told.status_code == 409
    assert "ia telah dibatalkan" in told.text


def test_with_a_district_she_sees_what_concerns_it(browser, enter, bot, draft):
    enter(district="Ranau")
    browser.signs_in()
    hers, others = draft(district="Ranau"), draft(district="Kudat")

    listed = browser.opens("/announcements").text

    assert f"/announcements/{hers}" in listed
    assert f"/announcements/{others}" not in listed
    assert [browser.opens(f"/announcements/{each}").status_code for each in (hers, others, 7)] == [200, 404, 404]


def test_nothing_is_made_with_what_is_no_move(browser, siti, draft):
    made = draft()
    browser.opens(f"/announcements/{made}")

    assert browser.sends(f"/announcements/{made}/explode", token="x").status_code == 400


# --- what learners wrote -----------------------------------------------------------------------------------------------


@pytest.fixture
def wrote(bot, client):
    """A learner in the middle of a lesson has written something that nothing understood."""
    for place, text in enumerate(("hai", "1", "1", "Anak saya sakit <b>hari ini</b>, ring 011-1000 0001")):
        make(client, twilio_sms("+60111000001", text, f"w-{place}"))


def test_she_reads_answers_and_it_is_gone(browser, siti, bot, wrote):
    page = browser.opens("/inbox").text
    assert "Anak saya sakit &lt;b&gt;hari ini&lt;/b&gt;, ring ..." in page
    assert "+60111000001" not in page
    at = inbox.waiting(bot.store, None, now=bot.clock())[0].id

    told = browser.presses(f"/inbox/{at}/answer", words="  Boleh.\r\nSemoga sembuh. ")

    assert "dihantar sekarang" in told.text
    outbox.deliver(bot, REPLIES, most=10)
    assert listener(bot, "twilio_sms").sent[-1].text == "RM0.00 TITIAN: Boleh. Semoga sembuh."
    assert "Anak saya" not in told.text


def test_she_marks_it_as_done(browser, siti, bot, wrote):
    browser.opens("/inbox")
    at = inbox.waiting(bot.store, None, now=bot.clock())[0].id

    assert "Ditanda selesai" in browser.presses(f"/inbox/{at}/done").text
    assert inbox.waiting(bot.store, None, now=bot.clock()) == []


def test_what_cannot_go_is_told_and_her_words_are_kept(browser, siti, bot, wrote):
    browser.opens("/inbox")
    at = inbox.waiting(bot.store, None, now=bot.clock())[0].id

    told = browser.presses(f"/inbox/{at}/answer", words="Lihat www.titian.my ya")

    assert told.status_code == 422
    assert "Lihat www.titian.my ya</textarea>" in told.text
    assert inbox.count(bot.store, None, now=bot.clock()) == 1


@pytest.mark.parametrize("words", ["", "\0 nul", "a" * 5000, "Hubungi 011-1000 0001 ya", "😀"])
def test_nothing_that_no_sms_may_hold_goes_and_nothing_breaks(browser, siti, bot, wrote, words):
    browser.opens("/inbox")
    at = inbox.waiting(bot.store, None, now=bot.clock())[0].id

    assert browser.presses(f"/inbox/{at}/answer", words=words).status_code == 422
    assert inbox.count(bot.store, None, now=bot.clock()) == 1


def test_of_two_who_answer_the_second_is_told(browser, siti, bot, wrote):
    browser.opens("/inbox")
    at = inbox.waiting(bot.store, None, now=bot.clock())[0].id
    inbox.done(bot.store, at, None, ROSLI, now=bot.clock())

    told = browser.presses(f"/inbox/{at}/answer", words="Boleh.")

    assert told.status_code == 409
    assert "Orang lain sudah" in told.text


# --- words of other rooms ----------------------------------------------------------------------------------------------


def test_every_reason_why_something_does_not_go_has_words_in_malay(bot):
    """Whatever the policy, the ways and the moves may say; only the names in them stay as they are."""
    said = [rule.says for rule in policy.rules().values() if "broadcast" in rule.purposes and rule.severity == "block"]
    said += [outcome.why for outcome in ways_of(bot.pushes, ("ms", "en")).outcomes if outcome.why]
    said += [*moves._can.values(), stopping.WHY, arbiter.FULL]

    assert [
        words for words in said if known(words).msgid == words and "{" not in words and not _malay(bot, words)
    ] == []
    assert (
        known("the ms text is 7 characters too long for one SMS; the tag 'RM0.00 TITIAN: ' counts too").places[1][1]
        == "7"
    )
    assert known(
        "it is for 5,000 learners: above 200 somebody else approves it, a coordinator with the right to approve"
    ).places


def _malay(bot, words):
    return bot.pushes.voice.catalogues.say(known(words), "ms") != words
