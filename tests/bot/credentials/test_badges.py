"""Badges: a picture that says what was learnt, with the credential in it, taken out again by us and by others."""

import json
import subprocess
import sys
from io import BytesIO
from struct import pack
from zlib import compress, crc32

import pytest
from hypothesis import given, strategies as st
from openbadgeslib.baking import extract_png, has_png
from PIL import Image
from pypdf import PdfWriter

from bot import credentials
from bot.credentials import carried, drawing, stored
from bot.credentials.carried import NotCarried
from bot.settings import ROOT
from tests.bot.credentials.test_credentials_checked import titian as titian, whole as whole
from tests.credentials import HOST, ISSUERS, certificate, desk_of
from workers import credentials as worker

PLAIN = drawing.badge("Persatuan Contoh", "Elak penipuan", "0.58")


def looked_at(picture):
    with Image.open(BytesIO(picture)) as opened:
        opened.load()
        return opened


def chunk(kind, body):
    return pack(">I", len(body)) + kind + body + pack(">I", crc32(kind + body))


def with_chunk(picture, kind, body):
    return picture[:-12] + chunk(kind, body) + picture[-12:]


def pdf_with(**files):
    writer, written = PdfWriter(), BytesIO()
    writer.add_blank_page(200, 200)
    for name, content in files.items():
        writer.add_attachment(name.replace("_", "."), content)
    writer.write(written)
    return written.getvalue()


def test_a_badge_holds_its_credential_to_the_byte_for_us_and_for_others(bot_on_both):
    bot = bot_on_both
    code = certificate(bot, name="Chong Mei 鍾美 D'Cruz a/l நிலா")
    worker.sign(bot)
    text = credentials.of(bot.store, code)

    picture = stored.badge(bot.store, desk_of(bot).issuers, bot.settings.content_dir, code)

    assert carried.credential_in(picture) == text
    assert extract_png(picture, keyword=b"openbadgecredential") == text
    assert not has_png(picture)  # nothing that a reader of Open Badges 2.0 would take for one
    assert looked_at(picture).size == (400, 400)
    assert looked_at(picture).text["openbadgecredential"] == text
    assert len(picture) < 25_000


def test_without_a_credential_there_is_no_badge(bot):
    code = certificate(bot)

    assert stored.badge(bot.store, desk_of(bot).issuers, bot.settings.content_dir, code) is None
    assert stored.badge(bot.store, desk_of(bot).issuers, bot.settings.content_dir, "nobody") is None


@given(st.text(max_size=300))
def test_whatever_is_baked_comes_out_as_it_was(text):
    readable = text.encode("utf-8", "replace").decode()

    assert carried.credential_in(carried.bake(PLAIN, readable)) == readable


def test_a_picture_is_baked_once_and_only_a_whole_png_is():
    baked = carried.bake(PLAIN, "{}")

    for picture, why in ((baked, "already"), (b"GIF89a", "no PNG"), (PLAIN[:-12], "cut off"), (PLAIN[:60], "cut off")):
        with pytest.raises(NotCarried, match=why):
            carried.bake(picture, "{}")


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (PLAIN, "no credential"),
        (with_chunk(carried.bake(PLAIN, "{}"), b"iTXt", carried.KEYWORD + b"\0\0\0\0\0{}"), "several"),
        (with_chunk(carried.bake(PLAIN, "{}"), b"tEXt", carried.KEYWORD + b"\0{}"), "several"),
        (with_chunk(PLAIN, b"iTXt", carried.KEYWORD + b"\0\1\0\0\0" + compress(b"{}")), "not written"),
        (with_chunk(PLAIN, b"zTXt", carried.KEYWORD + b"\0\0" + compress(b"{}")), "not written"),
        (with_chunk(PLAIN, b"iTXt", carried.KEYWORD), "not written"),
        (carried.bake(PLAIN, "{}")[:-20], "cut off"),
        (carried.bake(PLAIN, '{"name":"Nur"}').replace(b"Nur", b"Nor"), "damaged"),
        (carried.PNG, "cut off"),
        (carried.PNG + pack(">I", 2**31) + b"iTXt", "cut off"),
        (carried.PNG + b"\0" * carried.MOST, "larger"),
        (b"%PDF-1.7 no more", "cannot be read"),
        (pdf_with(), "no credential"),
        (pdf_with(notes_txt=b"{}"), "no credential"),
        (pdf_with(one_json=b"{}", two_json=b"{}"), "several"),
        (pdf_with(big_json=b" " * 300_000), "larger"),
    ],
)
def test_what_carries_none_or_two_or_is_damaged_is_told_in_words(picture, why):
    with pytest.raises(NotCarried, match=why):
        carried.credential_in(picture)


@given(st.binary(max_size=300), st.sampled_from([b"", carried.PNG, carried.PDF]))
def test_no_file_breaks_the_reader(content, head):
    told = ""
    try:
        told = carried.credential_in(head + content)
    except NotCarried as why:
        told = str(why)

    assert told or not content


def test_a_badge_and_a_pdf_are_checked_as_the_credential_in_them_is(titian, whole, tmp_path):
    code, text, _ = whole
    titian("status", "publish")  # the command goes by this machine's clock, and so must the list
    badge, paper, forged = tmp_path / "badge.png", tmp_path / "sijil.pdf", tmp_path / "forged.png"

    told = titian("export", code, "--png", str(badge))
    paper.write_bytes(pdf_with(sijil_json=text.encode()))
    forged.write_bytes(carried.bake(PLAIN, text.replace("Nur", "Nor")))

    assert "document" in told.output
    for file, verdict, exit_code in ((badge, "valid", 0), (paper, "valid", 0), (forged, "forged", 4)):
        checked = titian("verify", str(file))
        assert (checked.exit_code, checked.output.partition(":")[0]) == (exit_code, verdict), checked.output
    assert titian("verify", str(tmp_path / "none.png")).exit_code == 2
    forged.write_bytes(PLAIN)
    assert "no credential in it" in titian("verify", str(forged)).output


def test_export_writes_one_thing_at_a_time(titian, whole, tmp_path):
    code, _, _ = whole

    assert titian("export", code).exit_code == 2
    assert titian("export", code, "--json", "--png", str(tmp_path / "x.png")).exit_code == 2
    assert titian("export", "ZZZZ-ZZZZ-ZZZK", "--png", str(tmp_path / "x.png")).exit_code == 2
    assert not (tmp_path / "x.png").exists()
    assert "cannot be written" in titian("export", code, "--png", str(tmp_path / "none" / "x.png")).output


# --- the picture ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    ["A", "Elak penipuan dalam talian", "x" * 300, "Rumpai laut " * 25, "😀 நிலா 鍾美", "Anak\u0001\nJalan", " "],
)
def test_any_title_is_drawn_within_the_seal(title):
    picture = looked_at(drawing.badge("Persatuan " + title, title, "1234.56")).convert("RGBA")

    assert picture.size == (400, 400)
    assert picture.getpixel((2, 2))[3] == 0
    assert len({picture.getpixel((x, y)) for x in (66, 334) for y in (150, 200, 240)}) == 1, "words over the edge"


def test_a_logo_stands_where_the_bridge_would_and_one_that_is_no_picture_is_left_out():
    red = BytesIO()
    Image.new("RGB", (40, 20), "#ff0000").save(red, "PNG")

    shown = looked_at(drawing.badge("P", "A", "1", red.getvalue())).convert("RGBA")

    assert shown.getpixel((200, 106))[0] > 240 > 40 > shown.getpixel((200, 106))[1]
    assert looked_at(drawing.badge("P", "A", "1", b"no picture")).size == (400, 400)


def test_the_picture_that_credentials_name_is_served_for_everybody_and_keeps_nobody(bot, app):
    client, code = app.test_client(), certificate(bot)
    worker.sign(bot)
    achievement = json.loads(credentials.of(bot.store, code))["credentialSubject"]["achievement"]
    path = achievement["image"]["id"].removeprefix(HOST)

    fetched = client.get(path)

    assert path == achievement["id"].removeprefix(HOST) + ".png"
    assert fetched.content_type == "image/png"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    with pytest.raises(NotCarried, match="no credential"):
        carried.credential_in(fetched.data)
    assert client.get(path.replace("selamat1", "tiada")).status_code == 404
    assert client.get(path.removesuffix(".png") + "x.png").status_code == 404


def test_a_changed_logo_leaves_the_credentials_that_were_signed_as_they_are(bot):
    """They name the old file by its hash: it has to stay in the content (docs/credentials.md)."""
    media, issuers = bot.settings.content_dir / "media", bot.settings.content_dir / "issuers.yaml"
    media.mkdir(exist_ok=True)
    for name, colour in (("lama.png", "#ff0000"), ("baharu.png", "#0000ff")):
        Image.new("RGB", (40, 20), colour).save(media / name)
    issuers.write_text(ISSUERS.replace("    courses", "    logo: lama.png\n    courses", 1), encoding="utf-8")
    code = certificate(bot)
    worker.sign(bot)
    text = credentials.of(bot.store, code)
    issuers.write_text(ISSUERS.replace("    courses", "    logo: baharu.png\n    courses", 1), encoding="utf-8")

    worker.sign(bot)
    worker.publish(bot)

    assert json.loads(text)["issuer"]["image"]["id"].endswith("/lama.png")
    assert credentials.of(bot.store, code) == text
    found = stored.check(bot.store, desk_of(bot).issuers, text, lambda address: None, now=bot.clock())
    assert found.verdict == "valid"
    picture = looked_at(stored.badge(bot.store, desk_of(bot).issuers, bot.settings.content_dir, code)).convert("RGBA")
    assert picture.getpixel((200, 106))[2] > 200


def test_what_draws_and_reads_files_is_loaded_where_it_is_used():
    """A web process would hold some 30 MB of them for nothing."""
    loads = "import sys, bot.app; print(sorted({'PIL', 'pypdf', 'pyld', 'openbadgeslib', 'weasyprint'} & sys.modules.keys()))"

    told = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
