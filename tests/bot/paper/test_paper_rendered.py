"""What a certificate on paper promises: the file, what is in it, and what is never fetched."""

import io

import pypdf
import pytest

from bot.paper.rendering import render
from tests.bot.paper.conftest import CREDENTIAL


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def test_the_credential_is_in_the_file_to_the_byte(sheet):
    attached = read(render([sheet()], "a4")).attachments

    assert {name: list(found) for name, found in attached.items()} == {"sijil.json": [CREDENTIAL.encode()]}


@pytest.mark.parametrize("form", ["a4", "half"])
def test_the_same_sheet_gives_the_same_bytes(sheet, form):
    assert render([sheet()], form) == render([sheet()], form)
