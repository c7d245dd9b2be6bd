"""A phone that opened the page once, in a valley: the server is stopped, and a printed QR is checked all the same."""

import json
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from werkzeug.serving import make_server

from bot import certificates, codes
from bot.app import create_app
from bot.certificates import CheckedCertificate
from bot.credentials import compact, did, issuing, keys
from bot.store import tables as t
from bot.store.ids import new_id

CODE, OTHER = "SR7K-3M9Q-XT2Y", "7H2X-KQ4B-9TMW"
NAME = "Nur Aisyah binti Ahmad"
WHO = "Puan Rosli"
ZONE = ZoneInfo("Asia/Kuching")
ISSUED = datetime(2026, 7, 31, 18, 0, tzinfo=UTC)  # already August in Sabah
TITLE = {"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"}


class Serving:
    """Titian on loopback, until the road is washed away."""

    def __init__(self, bot):
        self.app = create_app(bot)
        self.asked = []
        self.carries = threading.Event()  # cleared: there is a bar of signal, and nothing comes through
        self.carries.set()
        self._server = make_server("127.0.0.1", 0, self._noted, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = None
        self.start()

    def _noted(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        self.carries.wait(60)
        return self.app(environ, start_response)

    def start(self):
        if self._server is None:
            self._server = make_server("127.0.0.1", int(self.address.rpartition(":")[2]), self._noted, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self):
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


@pytest.fixture
def serving(titian):
    """A server that a test may stop."""
    made = Serving(titian)
    yield made
    made.carries.set()
    made.stop()


@pytest.fixture
def site(serving):
    """Its address."""
    return serving.address


@pytest.fixture
def desk(titian):
    """Where certificates are signed, with a key."""
    made = issuing.desk_of(titian.settings, titian.store, titian.library())
    keys.new(titian.store, made.safe, "persatuan", WHO, now=titian.clock())
    return made


def digits(desk, code=CODE, name=NAME, **more):
    """What stands in the QR of a certificate, signed by the key that signs now."""
    said = {"title": TITLE, "minutes": 95, "issued_at": ISSUED, "level": 1} | more
    signer = keys.signer(desk.store, desk.safe, desk.issuers.all[0])
    return compact.sign(CheckedCertificate("valid", code, name=name, **said), signer, ZONE)


def record(titian, code=CODE, **more):
    """Write the certificate into our records."""
    learner = new_id(ISSUED)
    row = {"id": new_id(ISSUED), "learner_id": learner, "course": "selamat1", "version": "1", "minutes": 95}
    row |= {"code": codes.read(code), "title": '{"ms": "Elak penipuan"}', "issued_at": ISSUED, "name": NAME}
    with titian.store.begin() as db:
        db.execute(t.learner.insert().values(id=learner, locale="ms", created_at=ISSUED))
        db.execute(t.certificate.insert().values(row | more))


@pytest.fixture
def visit(page, desk):
    """Open the page once, and wait until it says that this phone is ready."""
    page.excuse("net::ERR_CONNECTION_REFUSED")
    page.excuse("the server responded with a status of 404")

    def once():
        page.open("/luar/")
        page.wait(lambda: page.one("#stage").get_attribute("data-verdict") == "ready")

    return once


@pytest.fixture
def scan(page):
    """Open what a phone's camera read, as a new page; the verdict in words."""

    def scanned(what):
        page.driver.get("about:blank")
        page.open(f"/luar/#{what}")
        page.wait(lambda: page.one("#stage").get_attribute("data-verdict") not in (None, "checking"), 20)
        return page.one("h1").text.replace("\n", " ")

    return scanned


def changed(number, place):
    """The digits with another one at that place."""
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]


# --- with no network ------------------------------------------------------------------------------------------------


def test_what_the_paper_says_is_proven_in_both_languages_with_no_server_at_all(page, serving, desk, visit, scan):
    visit()
    serving.stop()
    page.resize(400, 860)

    assert scan(digits(desk)) == "SAH VALID"
    for words in (
        NAME,
        CODE,
        "Elak penipuan dalam talian",
        "Staying safe from scams",
        "1 Ogos 2026",
        "1 August 2026",
        "1 jam 35 minit",
        "1 hour 35 minutes",
        "seorang penyelaras persatuan mengenalinya",
        "a coordinator of the association knows the learner",
        "Persatuan Contoh Pembelajaran Desa Sabah",
        "PPM-000-12-01012020",
        "Disemak tanpa rangkaian. Sama ada sijil ini dibatalkan selepas dicetak tidak dapat diketahui",
        "Checked without a network. Whether it was withdrawn since it was printed cannot be told here",
    ):
        assert words in page.text()
    assert page.overflow() <= 0
    assert page.one("h1").location["y"] < 320


def test_a_bar_of_signal_that_carries_nothing_is_no_network(page, serving, desk, visit, scan):
    visit()
    page.excuse("signal is aborted")
    serving.carries.clear()

    assert scan(digits(desk)) == "SAH VALID"
    assert "Disemak tanpa rangkaian" in page.text()
    assert serving.asked.count(f"/verify/{CODE}.json") == 0


def test_a_name_that_tries_to_be_a_page_is_only_a_name(page, serving, desk, visit, scan):
    visit()
    serving.stop()

    assert scan(digits(desk, name='<img src=x onerror="document.title=1"><b>Siti</b>')) == "SAH VALID"
    assert page.all("#stage img, #stage b") == []
    assert "<b>Siti</b>" in page.text()


@pytest.mark.parametrize(
    "name",
    ["நிலா ராஜேந்திரன்", "Chong Mei 鍾美", "Siva A/L Raju", "D’Cruz @ Mary-Ann", "ندى", "Nama" * 30, "😀", None],
)
def test_every_name_comes_out_of_the_paper_as_it_went_in_on_a_narrow_screen(page, serving, desk, visit, scan, name):
    visit()
    serving.stop()
    page.resize(320, 640)

    assert scan(digits(desk, name=name)) == "SAH VALID"
    assert (name or "Nama belum ditulis") in page.text()
    assert page.overflow() <= 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"level": 0}, ("Sijil penyertaan", "Tahap 0", "sebuah kursus pendek", "not a national skills certificate")),
        ({"level": 2}, ("Sijil tamat kursus", "Tahap 2")),
        ({"level": 1, "kind": "programme"}, ("Sijil tamat program", "several short courses", "check its code")),
        ({"minutes": 720, "title": {"ms": "Asas"}}, ("12 jam", "12 hours", "Asas")),
    ],
    ids=["took part", "MyKad seen", "programme", "whole hours"],
)
def test_it_claims_no_more_than_the_certificate_does(page, serving, desk, visit, scan, said, words):
    visit()
    serving.stop()

    assert scan(digits(desk, **said)) == "SAH VALID"
    assert [each for each in words if each not in page.text()] == []
    levels = {"Tahap 0", "Tahap 1", "Tahap 2"}
    assert sum(each in page.text() for each in levels) == 1


def test_what_was_changed_is_forged_and_shows_nothing_of_what_it_says(page, serving, desk, visit, scan):
    visit()
    serving.stop()
    forged = str(
        int(digits(desk, name="Orang Lain")) ^ (1 << (8 * 70))
    )  # a bit in the words, which are before the signature

    assert scan(forged) == "PALSU FORGED"
    assert "Orang Lain" not in page.text()
    assert CODE not in page.text()


@pytest.mark.parametrize("broken", ["bukan", "1", "0123", "12345678901234567890" * 12, "%3Cscript%3E", "9" * 5000])
def test_what_is_not_whole_or_not_ours_is_unreadable_which_is_not_forged(page, serving, desk, visit, scan, broken):
    visit()
    serving.stop()

    assert scan(broken) == "TIDAK TERBACA UNREADABLE"
    assert "tidak bermakna sijil itu palsu" in page.text()


def test_it_says_when_it_has_ended_and_when_the_clock_of_the_phone_is_wrong(page, serving, desk, visit, scan):
    visit()
    serving.stop()

    assert scan(digits(desk, expires_at=datetime(2026, 8, 31, 0, 0, tzinfo=UTC))) == "TAMAT EXPIRED"
    assert "31 Ogos 2026" in page.text()
    assert scan(digits(desk, issued_at=datetime.now(UTC) + timedelta(days=40))) == "TIDAK PASTI CANNOT TELL"
    assert "Betulkah tarikh pada telefon ini?" in page.text()


def test_a_browser_that_knows_no_ed25519_is_taught(page, serving, desk, visit, scan):
    """Chrome for Android 7 ends at 119, and the browser's own comes with 137."""
    refuses = "() => Promise.reject(new DOMException('Unrecognized name', 'NotSupportedError'))"
    ignorant = f"if (crypto.subtle) crypto.subtle.importKey = {refuses}"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": ignorant})
    try:
        visit()
        serving.stop()

        assert scan(digits(desk)) == "SAH VALID"
        assert scan(str(int(digits(desk)) ^ (1 << 600))) == "PALSU FORGED"
        assert scan(str(int(digits(desk)) ^ 1)) == "PALSU FORGED"
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_the_page_reads_what_python_reads_and_refuses_what_it_refuses(page, serving, desk, visit):
    """A few hundred, whole and damaged at every byte; and an issuer is found by who signed, though two have one key."""
    visit()
    whole = digits(desk, name="Chong Mei 鍾美 😀 A/P", kind="programme", level=2, expires_at=ISSUED)
    number, size = int(whole), (int(whole).bit_length() + 7) // 8
    tried = [
        whole,
        "",
        "0",
        "1" * 300,
        whole + "0",
        whole[:-1],
        *(str(number ^ 1 << 8 * n + n % 8) for n in range(size)),
    ]
    document = did.document(desk.issuers.all[0], keys.keys_of(desk.store, "persatuan"))
    lain = json.loads(json.dumps(document).replace(document["id"], "did:web:lain.example.my"))

    read, found = page.driver.execute_async_script(
        """const [tried, documents, done] = arguments;
        import("/luar/reading.js").then(async ({ read, check }) => {
          const issuers = documents.map((document) => ({ document, given_up: [] }));
          const { verdict, issuer } = await check(read(tried[0]), issuers, 30000);
          const plain = (said) => said && { ...said, body: null, signature: null };
          done([tried.map((each) => plain(read(each))), [verdict, issuer.document.id]]);
        });""",
        tried,
        [lain, document],
    )

    assert found == ["expired", document["id"]]
    assert [_told(each) for each in tried] == read


def _told(each):
    """What Python reads, as the page would say it."""
    try:
        said = compact.read(each)
    except compact.Damaged:
        return None
    first = date(1970, 1, 1)
    told = {name: getattr(said, name) for name in ("code", "name", "title", "kind", "level", "minutes", "key")}
    days = {"issued": (said.issued - first).days, "expires": (said.expires - first).days if said.expires else 0}
    return told | days | {"body": None, "signature": None}


def test_another_qr_read_into_the_same_page_is_looked_at_anew(page, serving, desk, visit, scan):
    visit()
    serving.stop()
    assert scan(digits(desk)) == "SAH VALID"

    page.run("location.hash = arguments[0]", digits(desk, OTHER, "Siti"))

    page.wait(lambda: OTHER in page.text())
    assert "Siti" in page.text()
    assert NAME not in page.text()


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_key_that_was_rotated_stays_good_and_one_made_since_the_visit_cannot_be_told(
    titian, page, serving, desk, visit, scan
):
    old = digits(desk)
    visit()
    keys.rotate(titian.store, desk.safe, "persatuan", WHO, now=titian.clock())
    new = digits(desk)
    serving.stop()

    assert scan(old) == "SAH VALID"
    assert scan(new) == "TIDAK PASTI CANNOT TELL"
    assert "mungkin kunci baharu" in page.text()
    serving.start()
    record(titian)
    assert scan(new) == "SAH VALID"
    serving.stop()
    assert scan(new) == "SAH VALID"
    assert scan(old) == "SAH VALID"


def test_a_key_that_was_given_up_proves_nothing_once_the_phone_has_heard_of_it(
    titian, page, serving, desk, visit, scan
):
    stolen = digits(desk)
    visit()
    keys.compromised(titian.store, desk.safe, "persatuan", "key-ed25519-2026", WHO, now=titian.clock())
    visit()
    serving.stop()

    assert scan(stolen) == "TIDAK PASTI CANNOT TELL"
    assert "orang lain mungkin memilikinya" in page.text()
    assert NAME not in page.text()
    assert scan(digits(desk)) == "SAH VALID"


def test_a_key_that_is_nobodys_is_said_to_be_a_strangers_where_there_is_a_network(
    titian, page, serving, desk, visit, scan, tmp_path
):
    strangers = keys.Safe(tmp_path / "elsewhere")
    strangers.make("theirs")
    (pem,) = strangers.holding().values()
    theirs = compact.sign(
        CheckedCertificate("valid", CODE, name="Orang Lain", title=TITLE, issued_at=ISSUED),
        keys.Signer(desk.issuers.all[0], "key-ed25519-2026", pem),
        ZONE,
    )
    visit()

    assert scan(theirs) == "TIDAK PASTI CANNOT TELL"
    assert "bukan kunci persatuan" in page.text()
    assert "Orang Lain" not in page.text()
    assert f"/verify/{CODE}.json" not in serving.asked


def test_a_phone_that_never_had_a_network_says_so(page, serving, desk, visit, scan):
    visit()
    page.run("localStorage.clear()")
    serving.stop()

    assert scan(digits(desk)) == "TIDAK PASTI CANNOT TELL"
    assert "Buka halaman ini sekali dengan rangkaian" in page.text()


def test_where_no_association_has_a_key_yet_no_phone_is_ready(page, serving):
    page.open("/luar/")

    page.wait(lambda: page.one("#stage").get_attribute("data-verdict") == "not-ready")
    assert "BELUM SEDIA" in page.one("h1").text


# --- with a network -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({}, "SAH VALID"),
        ({"revoked_at": ISSUED}, "DIBATALKAN REVOKED"),
        ({"revoked_at": ISSUED, "replaced_by": codes.read(OTHER)}, "DIGANTI REPLACED"),
        ({"expires_at": ISSUED}, "TAMAT EXPIRED"),
        (None, "TIADA UNKNOWN"),
    ],
    ids=["valid", "revoked", "replaced", "expired", "unknown"],
)
def test_with_a_network_the_records_have_the_last_word(titian, page, serving, desk, visit, scan, row, verdict):
    if row is not None:
        record(titian, **row)
    visit()

    assert scan(digits(desk)) == verdict
    assert ("tanpa rangkaian. Sama ada" in page.text()) is False
    assert (NAME in page.text()) is (verdict in ("SAH VALID", "TAMAT EXPIRED"))
    assert page.one("#code").get_attribute("value") == CODE


def test_revoked_in_the_records_offline_it_is_only_signed(titian, page, serving, desk, visit, scan):
    record(titian)
    visit()
    certificates.revoke(titian.store, codes.read(CODE), "answers were entered for her", WHO, now=titian.clock())
    serving.stop()
    assert scan(digits(desk)) == "SAH VALID"
    serving.start()

    assert scan(digits(desk)) == "DIBATALKAN REVOKED"


def test_what_is_in_the_qr_never_reaches_us(titian, page, serving, desk, visit, scan):
    record(titian)
    visit()
    scan(digits(desk))

    assert set(serving.asked) <= {
        "/luar/",
        "/luar/page.js",
        "/luar/reading.js",
        "/luar/ed25519.js",
        "/luar/keeper.js",
        "/luar/issuers.json",
        "/.well-known/did.json",
        f"/verify/{CODE}.json",
    }


# --- the page itself ------------------------------------------------------------------------------------------------


def test_without_a_script_it_says_where_to_type_the_code(page, serving, desk):
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(f"/luar/#{digits(desk)}")

        assert page.one("h1").text.replace("\n", " ") == "Taip kodnya Type the code"
        assert "/verify" in page.text()
        assert page.one("form").get_attribute("action").endswith("/verify")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_keeps_to_its_own_folder_and_tells_how_old_its_keys_are(page, serving, desk, visit, titian):
    visit()

    scopes = page.driver.execute_async_script(
        "navigator.serviceWorker.getRegistrations().then((all) => arguments[0](all.map((each) => each.scope)))"
    )
    assert scopes == [f"{serving.address}/luar/"]
    assert f"{titian.clock():%Y}" in page.one("#stage").text


def test_a_page_that_has_changed_comes_by_itself_at_the_visit_after(titian, page, serving, desk, visit):
    """What a phone keeps for good must not be what was wrong for good."""
    visit()
    renamed = titian.settings.model_copy(update={"brand": "TITIAN BAHARU"})
    serving.app = create_app(replace(titian, settings=renamed))
    fetched = serving.asked.count("/luar/reading.js")
    visit()
    page.wait(
        lambda: serving.asked.count("/luar/reading.js") > fetched
    )  # the browser looks a second after the page is there
    page.wait(lambda: page.run("return caches.keys().then((kept) => kept.length === 1)"))
    visit()
    assert "TITIAN BAHARU" in page.text()
    serving.stop()
    page.open("/luar/")

    assert "TITIAN BAHARU" in page.text()
