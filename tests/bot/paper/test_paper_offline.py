"""A sheet whose QR has the certificate itself in it: read from the page as a camera does, and checked against the keys."""

import io

import pypdf
import pypdfium2
import pytest
import zxingcpp

from bot import codes
from bot.credentials import issuers, qr
from bot.paper.batches import Batch, make
from bot.paper.press import OFFLINE
from bot.store import papers
from tests.credentials import HOST, NAME, association, certificate
from workers import credentials as signing
from workers.printing import press_of


@pytest.fixture
def bot(sqlite_url, tmp_path, clock):
    with association(sqlite_url, tmp_path, clock) as made:
        yield made


def pressed(bot, code, form=OFFLINE):
    """The batch of that one paper."""
    batch = Batch(press_of(bot), form)
    batch.ask([code])
    make(batch, told=lambda _: None, wait=lambda: None)
    return batch


def read(pdf):
    """The QR codes that a camera reads on the first page, at what a cheap printer prints; a frame may pass for a bar code."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
    return [each.text for each in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize("name", [NAME, "Muthu A/L D’Cruz", "முத்துலட்சுமி", "陳偉明"])
def test_its_qr_is_checked_by_the_keys_alone(bot, name):
    code = certificate(bot, "+60111000001", name=name)
    signing.sign(bot)
    batch = pressed(bot, code)
    (address,) = read(batch.file_of(code))
    known = issuers.load(bot.settings.content_dir, bot.settings.reached_at)

    found = qr.check(known, bot.store, address, today=bot.clock().date())

    assert address.startswith(f"{HOST}/luar/#")
    assert (found.verdict, found.said.name, found.said.code) == ("valid", name, code)


def test_it_stands_beside_the_ordinary_sheet_which_leads_to_the_code(bot):
    code = certificate(bot, "+60111000001", name=NAME)
    signing.sign(bot)

    assert read(pressed(bot, code, "a4").file_of(code)) == [f"{HOST}/verify#{code}"]
    whole = pressed(bot, code).file_of(code)
    page = pypdf.PdfReader(io.BytesIO(whole))
    assert len(page.pages) == 1
    assert "juga tanpa rangkaian" in page.pages[0].extract_text()
    assert {papers.found(bot.store, codes.read(code), form).made_at is not None for form in ("a4", OFFLINE)} == {True}


def test_without_a_key_it_is_left_out_and_says_why(sqlite_url, tmp_path, clock):
    with association(sqlite_url, tmp_path, clock, key=False) as bot:
        code = certificate(bot, "+60111000001", name=NAME)

        batch = pressed(bot, code)

        assert batch.at_hand == []
        assert "key" in batch.left_out[code]


def test_a_name_too_long_for_such_a_qr_is_left_out_and_told_of(bot):
    code = certificate(bot, "+60111000001", name="முத்துலட்சுமி " * 8 + "முத்து")

    batch = pressed(bot, code)

    assert "print it as a4" in batch.left_out[code]
