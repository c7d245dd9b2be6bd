"""What a certificate on paper promises: the file and what is in it, its words, its QR code, and what is never fetched."""

import hashlib
import io
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pypdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from bot import settings
from bot.paper import laying, rendering, sheets
from bot.paper.rendering import Unprintable, render
from bot.store import tables as t
from tests.bot.paper.conftest import CREDENTIAL, ISSUED
from tests.credentials import association, certificate

pytestmark = pytest.mark.usefixtures("fonts")


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def words(pdf: bytes) -> str:
    """All that it says, in one line."""
    with pypdfium2.PdfDocument(pdf) as opened:
        said = [page.get_textpage().get_text_bounded() for page in opened]
    return " ".join(" ".join(said).split())


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_credential_is_in_the_file_to_the_byte(sheet):
    file = read(render([sheet()], "a4"))

    assert {name: list(found) for name, found in file.attachments.items()} == {"sijil.json": [CREDENTIAL.encode()]}
    named = file.trailer["/Root"]["/AF"][0].get_object()
    assert named["/AFRelationship"] == "/Source"
    assert named["/EF"]["/F"].get_object()["/Subtype"] == "/application/json"


@pytest.mark.parametrize(
    ("form", "many", "credential"), [("a4", 2, CREDENTIAL), ("half", 1, CREDENTIAL), ("a4", 1, None)]
)
def test_what_is_for_the_printer_or_not_signed_yet_carries_no_credential(sheet, form, many, credential):
    assert read(render([sheet(credential)] * many, form)).attachments == {}


def test_it_says_of_itself_that_it_is_kept_for_long_and_who_made_it(sheet):
    file = read(render([sheet()], "a4"))
    root, described = file.trailer["/Root"], file.trailer["/Root"]["/Metadata"].get_data().decode()

    assert "pdfaid" in described
    assert '"3"' in described or ">3<" in described
    assert root["/OutputIntents"]
    assert root["/Lang"] == "ms"
    assert root["/MarkInfo"]["/Marked"]
    assert file.metadata.author == "Persatuan Contoh"
    assert file.metadata.title == "Sijil tamat kursus · Asas penanaman rumpai laut · SR7K-3M9Q-XT2Y"
    assert file.metadata.creation_date == ISSUED
    assert "/Encrypt" not in file.trailer
    assert "/JavaScript" not in root.get("/Names", {})


def test_every_font_is_in_the_file(sheet):
    for page in read(render([sheet(name="陳美玲 முத்து Siva")], "a4")).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]

            assert inner.keys() & {"/FontFile2", "/FontFile3"}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "CMYK"])
def test_a_logo_of_any_kind_is_printed_as_pdf_a_allows(sheet, house, mode):
    """In red, green and blue, and not smoothed by whoever shows it."""
    kept = io.BytesIO()
    Image.new(mode, (1200, 300), 3 if mode in "PL" else None).save(kept, "JPEG" if mode == "CMYK" else "PNG")
    (house.content_dir / "media" / "lambang.png").write_bytes(kept.getvalue())

    (page,) = read(render([sheet()], "a4")).pages

    (logo,) = [
        found
        for each in page["/Resources"]["/XObject"].values()
        if (found := each.get_object())["/Subtype"] == "/Image"
    ]
    assert logo["/ColorSpace"] == "/DeviceRGB"
    assert logo["/Interpolate"].value is False
    assert (logo["/Width"], logo["/Height"]) == (600, 150)


@pytest.mark.parametrize("form", rendering.FORMS)
def test_the_same_sheet_gives_the_same_bytes_in_every_process(sheet, form, tmp_path):
    here = render([sheet(), sheet(name="陳美玲")], form)

    program = (
        "import hashlib, pickle, sys; from bot.paper.rendering import render\n"
        "print(hashlib.sha256(render(pickle.load(sys.stdin.buffer), sys.argv[1])).hexdigest())"
    )
    given = pickle.dumps([sheet(), sheet(name="陳美玲")])
    ran = [
        subprocess.run(
            ["env", f"PYTHONHASHSEED={seed}", sys.executable, "-c", program, form],
            input=given,
            cwd=settings.ROOT,
            capture_output=True,
            check=True,
        )
        for seed in ("1", "2")
    ]

    assert {each.stdout.decode().strip() for each in ran} == {hashlib.sha256(here).hexdigest()}


# --- its words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", rendering.FORMS)
def test_it_says_who_what_how_and_by_whom_in_both_languages(sheet, form):
    asked = {
        "lessons": 8,
        "final": {"ms": "Ujian akhir", "en": "Final test"},
        "score": 85,
        "pass_mark": 70,
        "witnessed": 2,
    }

    said = words(render([sheet(assessed=asked, expires_at=datetime(2028, 10, 1, 2, 30, tzinfo=UTC))], form)).casefold()

    for word in (
        "Nur Aisyah binti Ahmad", "Asas penanaman rumpai laut", "Seaweed farming basics", "Sijil tamat kursus",
        "Certificate of completion", "Ujian akhir", "Final test", "85%", "70%", "2 jam 20 minit", "2 hours 20 minutes",
        "1 Oktober 2026", "1 October 2026", "1 Oktober 2028", "1 October 2028", "Tahap 1", "Level 1", "Persatuan Contoh",
        "Example Association", "PPM-012-12-01012020", "Encik Jomin", "Pengerusi", "Chairperson", "Universiti Contoh",
        "SR7K-3M9Q-XT2Y", "sijil.example.my/verify", "bukan Sijil Kemahiran", "nor a qualification accredited by the MQA",
    ):  # fmt: skip
        assert word.casefold() in said, word


@pytest.mark.parametrize("form", rendering.FORMS)
def test_a_phone_alone_is_taking_part_and_completes_nothing(sheet, form):
    said = words(render([sheet(level=0)], form)).casefold()

    assert "sijil penyertaan" in said
    assert "telah menyertai kursus" in said
    assert "rekod penyertaan dalam sebuah kursus pendek" in said
    assert "record of taking part in a short course" in said
    assert "rekod tamat" not in said
    assert "menamatkan" not in said


def test_a_programme_says_of_how_many_courses(sheet):
    said = words(render([sheet(kind="programme", assessed={"least": 4, "courses": list("abcde")})], "a4"))

    assert "telah menamatkan program" in said
    assert "4 daripada 5 kursus" in said
    assert "beberapa kursus pendek" in said


def test_without_a_name_it_is_the_holder_of_the_code(sheet):
    assert "Pemegang kod sijil ini" in words(render([sheet(name=None, level=0)], "a4"))


def test_without_an_association_our_own_name_stands_there(sheet, house):
    (house.content_dir / "issuers.yaml").unlink()

    said = words(render([sheet()], "a4"))

    assert "TITIAN" in said
    assert "Tandatangan" in said


APPROVED = 'approved: {by: "Universiti Contoh", reference: "UC/7", date: "2026-01-31", until: "2028-01-31"}'
PROGRAMME = 'id: asas1\ntitle: {ms: "Asas", en: "Basics"}\nabout: {ms: "Asas.", en: "Basics."}\ncourses: [selamat1]\n'


@pytest.mark.parametrize(
    ("approved", "issued"), [(APPROVED, ISSUED), (APPROVED, ISSUED + timedelta(1000)), ("", ISSUED)]
)
def test_only_where_its_programme_says_who_approved_it_that_is_said(sheet, house, approved, issued):
    (house.content_dir / "programmes").mkdir()
    (house.content_dir / "programmes" / "asas1.yaml").write_text(PROGRAMME + approved + "\n", encoding="utf-8")

    said = words(render([sheet(issued_at=issued)], "a4"))

    stands = bool(approved) and issued == ISSUED
    assert ("diluluskan oleh Universiti Contoh (UC/7)" in said) is stands
    assert ("bukan kelayakan yang diakreditasi" in said) is not stands


# --- the QR code ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "many"), [("a4", 1), ("half", 2), ("half", 1)])
def test_a_cheap_camera_reads_every_qr_code(sheet, form, many):
    """A hundred dots an inch: 4 dots a square of the code. Two halves are two codes on one page."""
    codes = ["SR7K-3M9Q-XT2Y", "7H2X-KQ4B-9TMW"][:many]

    with pypdfium2.PdfDocument(render([sheet(code=code) for code in codes], form)) as pdf:
        assert len(pdf) == 1
        seen = zxingcpp.read_barcodes(pdf[0].render(scale=100 / 72).to_pil().convert("L"))

    assert sorted(each.text for each in seen) == sorted(f"https://sijil.example.my/verify#{code}" for code in codes)


# --- nothing is fetched, and nothing is run -------------------------------------------------------------------------


@pytest.fixture
def stranger():
    """A server on loopback that counts who asks it for something."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_told):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("form", rendering.FORMS)
def test_hostile_words_are_only_words(sheet, house, stranger, form):
    url, asked = stranger
    (house.content_dir / "secret.txt").write_text("rahsia", encoding="utf-8")
    secret = (house.content_dir / "secret.txt").as_uri()
    hostile = (
        f'<img src="{url}/a"><link rel=attachment href="{secret}"><style>@import "{url}/b";*{{display:none}}</style>'
    )

    made = render([sheet(name=f'"{hostile}', title={"ms": f"</h2>{hostile}", "en": hostile})], form)

    assert asked == []
    assert "".join(hostile.split()) in "".join(words(made).split())
    assert b"rahsia" not in b"".join(data for found in read(made).attachments.values() for data in found)


def test_only_what_is_given_can_be_fetched(stranger, tmp_path):
    url, asked = stranger
    (tmp_path / "a.css").write_text("p{display:none}", encoding="utf-8")
    away = f'<link rel=stylesheet href="{(tmp_path / "a.css").as_uri()}"><link rel=stylesheet href="{url}/a.css">'

    made = laying.document(f'{away}<img src="{url}/b.png"><img src="data:text/html,x"><p>Ada', "a4", {}).write_pdf()

    assert asked == []
    assert "Ada" in words(made)


def bomb():
    """A picture of 16 kB that unfolds to 64 million dots."""
    kept = io.BytesIO()
    Image.new("1", (8000, 8000)).save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\nno more than that", bomb()], ids=["broken", "bomb"])
def test_a_logo_that_is_no_picture_is_told_of(sheet, house, content):
    (house.content_dir / "media" / "lambang.png").write_bytes(content)

    with pytest.raises(Unprintable, match="logo is no picture"):
        render([sheet()], "a4")


# --- which certificates ---------------------------------------------------------------------------------------------


@pytest.fixture
def bot(migrated_url, tmp_path, clock):
    """A bot on either database."""
    with association(migrated_url, tmp_path, clock) as made:
        yield made


def test_a_sheet_is_read_from_the_store_and_changes_with_what_it_says(bot):
    house = sheets.House("TITIAN", bot.settings.reached_at, bot.zone, bot.settings.content_dir)
    code = certificate(bot)

    found = sheets.of(bot.store, code.lower(), house, now=bot.clock())

    assert (found.code, found.name, found.credential) == (code, "Nur Aisyah binti Ahmad", None)
    assert found.digest == sheets.of(bot.store, code, house, now=bot.clock()).digest
    assert found.digest != replace(found, credential="{}").digest
    assert found.digest != replace(found, brand="Lain").digest


@pytest.mark.parametrize("verdict", ["revoked", "expired", "replaced", "unknown", "mistyped"])
def test_no_paper_is_made_of_what_does_not_stand(bot, verdict):
    now, house = bot.clock(), sheets.House("TITIAN", "https://x.example", bot.zone, bot.settings.content_dir)
    gone = {"revoked_at": now} if verdict in ("revoked", "replaced") else {}
    gone |= {"expires_at": now} if verdict == "expired" else {}
    code = certificate(bot, **gone)
    if verdict == "replaced":
        with bot.store.begin() as connection:
            connection.execute(t.certificate.update().values(replaced_by="7H2XKQ4B9TMW"))
    code = {"unknown": "ZZZZ-ZZZZ-ZZZK", "mistyped": "SR7K-3M9Q-XT2X"}.get(verdict, code)

    with pytest.raises(sheets.NotStanding) as refused:
        sheets.of(bot.store, code, house, now=now)

    assert refused.value.verdict == verdict
