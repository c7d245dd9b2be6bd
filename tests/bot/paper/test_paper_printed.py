"""Certificates printed together and exported: in the order of names, what is left out is said, and what was made is not made again."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import pypdf
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from bot import certificates, codes, credentials, wiring
from bot.cli.certificates import certificates as command
from bot.paper import asking, sheets
from bot.paper.batches import Batch, make
from bot.store import papers, tables as t
from tests.bots import COURSE, count, made_settings, rows
from tests.credentials import HOST, NAME, association, certificate
from tests.killing import begun, spawning
from workers import credentials as signing, printing

NAMES = ("Siti binti Ali", "aminah a/p Muthu", "Chong Wei Ming", "D’Cruz, Maria")
BY = ("--by", "Puan Rosli")


@pytest.fixture
def bot(sqlite_url, tmp_path, clock):
    with association(sqlite_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
def titian(bot, tmp_path):
    """The command, in the environment of that bot."""
    given = {
        "DATABASE_URL": bot.settings.database_url,
        "VAR_DIR": str(tmp_path),
        "CONTENT_DIR": str(bot.settings.content_dir),
        "PUBLIC_URL": bot.settings.public_url,
    }

    def run(*words, code=0):
        ran = CliRunner().invoke(command, [str(word) for word in words], env=given, catch_exceptions=False)
        assert ran.exit_code == code, ran.output
        return ran

    return run


def of_four(bot):
    return [certificate(bot, f"+6011100000{n}", name=name) for n, name in enumerate(NAMES)]


def pages(file):
    return [page.extract_text() for page in pypdf.PdfReader(file).pages]


def on(page):
    """Whose names are on a page."""
    said = "".join(page.split())
    return [name for name in NAMES if name.replace(" ", "") in said]


def test_a_course_is_printed_in_the_order_of_names_without_any_worker(bot, titian, tmp_path):
    of_four(bot)
    out = tmp_path / "majlis.pdf"

    told = titian("print", "--course", COURSE, "--out", out, *BY)

    assert "4 certificates are in" in told.output
    assert [on(page) for page in pages(out)] == [
        ["aminah a/p Muthu"],
        ["Chong Wei Ming"],
        ["D’Cruz, Maria"],
        ["Siti binti Ali"],
    ]
    noted = rows(bot, t.audit_event)[-1]
    assert (noted.who, noted.did, json.loads(noted.about)["count"]) == ("Puan Rosli", "print certificates", 4)


def test_halves_go_two_to_a_page(bot, titian, tmp_path):
    of_four(bot)
    with bot.store.begin() as connection:
        connection.execute(t.certificate.delete().where(t.certificate.c.name == NAMES[0]))
    out = tmp_path / "separuh.pdf"

    titian("print", "--course", COURSE, "--form", "half", "--out", out, *BY)

    assert [on(page) for page in pages(out)] == [["aminah a/p Muthu", "Chong Wei Ming"], ["D’Cruz, Maria"]]
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pypdf.PdfReader(out).pages} == {
        (595, 842)
    }


def test_what_is_left_out_is_named_with_its_reason(bot, titian, tmp_path):
    good, gone, ended, boxes = of_four(bot)
    certificates.revoke(bot.store, codes.read(gone), "x", "y", now=bot.clock())
    with bot.store.begin() as connection:
        c = t.certificate.c
        connection.execute(update(t.certificate).where(c.code == codes.read(ended)).values(expires_at=bot.clock()))
        connection.execute(update(t.certificate).where(c.code == codes.read(boxes)).values(name="Nur \ue123"))
    listed = tmp_path / "kod.txt"
    listed.write_text(f"{good}\n{gone}\n\n{ended}\n{boxes}\nSR7K-3M9Q-XT2X\n", encoding="utf-8")
    out = tmp_path / "kertas.pdf"

    told = titian("print", "--codes", listed, "--codes", "SR7K-3M9Q-XT2Y", "--out", out, *BY, code=1)

    assert len(pages(out)) == 1
    for code, why in ((gone, "revoked"), (ended, "expired"), (boxes, "no font"), ("SR7K-3M9Q-XT2X", "mistyped")):
        assert any(code in line and why in line for line in told.output.splitlines()), told.output
    assert "SR7K-3M9Q-XT2Y, it is unknown" in told.output


def test_where_nothing_can_be_printed_no_file_is_written(bot, titian, tmp_path):
    out = tmp_path / "tiada.pdf"

    assert "no such certificate" in titian("print", "--course", "tiada", "--out", out, *BY, code=2).output
    assert "unknown" in titian("print", "--codes", "SR7K-3M9Q-XT2Y", "--out", out, *BY, code=2).output
    assert "one of the two" in titian("print", "--out", out, *BY, code=2).output
    assert not out.exists()


def test_what_is_made_is_not_made_again_when_the_command_is_given_again(bot, titian, tmp_path):
    first, *_ = of_four(bot)
    asking.ask(bot.store, sheet_of(bot, first), "a4", now=bot.clock())
    printing.press(bot)

    told = titian("print", "--course", COURSE, "--out", tmp_path / "a.pdf", *BY)

    assert "1 are at hand already" in told.output
    assert [row.attempts for row in rows(bot, t.paper) if row.code == codes.read(first)] == [1]


def sheet_of(bot, code):
    return sheets.of(bot.store, code, asking.house_of(bot.settings, bot.zone), now=bot.clock())


def test_one_certificate_is_written_with_its_credential_in_it(bot, titian, tmp_path):
    code = certificate(bot)
    signing.sign(bot)
    out = tmp_path / "sijil.pdf"

    titian("export", code, "--pdf", out)

    (attached,) = pypdf.PdfReader(BytesIO(out.read_bytes())).attachments["sijil.json"]
    assert attached.decode() == credentials.of(bot.store, code)
    assert "mistyped" in titian("export", "SR7K-3M9Q-XT2X", "--pdf", out, code=2).output
    certificates.revoke(bot.store, codes.read(code), "x", "y", now=bot.clock())
    assert "it is revoked" in titian("export", code, "--pdf", out, code=2).output


def test_a_list_for_a_spreadsheet_runs_no_formula_and_is_in_the_audit(bot, titian, tmp_path):
    code = certificate(bot, name="=cmd|' /C calc'!A0")
    other = certificate(bot, "+60111000002")
    certificates.revoke(bot.store, codes.read(other), "x", "y", now=bot.clock())
    out = tmp_path / "senarai.csv"

    titian("export", "--csv", out, "--course", COURSE, *BY)

    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    listed = list(csv.DictReader(StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [(row["code"], row["name"], row["status"]) for row in listed] == [
        (code, "'=cmd|' /C calc'!A0", "valid"),
        (other, NAME, "revoked"),
    ]
    assert (listed[0]["level"], listed[0]["hours"], listed[0]["issued"]) == ("1", "0.58", "2026-11-24")
    assert rows(bot, t.audit_event)[-1].did == "export certificates"
    assert "say with --by" in titian("export", "--csv", out, code=2).output


def test_a_list_for_a_program_has_an_object_a_line(bot, titian):
    code = certificate(bot)
    titian("export", "--json-lines", "--since", "2026-11-25", *BY)

    told = titian("export", "--json-lines", "--since", "2026-11-24", *BY).stdout.splitlines()

    assert [json.loads(line)["code"] for line in told] == [code]
    assert "Give one of" in titian("export", code, code=2).output
    assert "want a CODE" in titian("export", "--json", code=2).output


# --- by several processes, one of them killed -----------------------------------------------------------------------


def press_for_ever(url, var_dir, ready):
    """A worker that only prints."""
    settings = made_settings(url, Path(var_dir), public_url=HOST, content_dir=Path(var_dir) / "content")
    bot = wiring.build(settings)
    ready.send(True)
    while True:
        printing.press(bot)


@pytest.mark.journey
def test_a_batch_is_shared_by_processes_and_one_that_is_killed_loses_and_doubles_nothing(migrated_url, tmp_path):
    """Real processes: each takes a second or two to come up. The killed one's paper comes when its lease is over."""
    processes = spawning(__name__)
    with association(migrated_url, tmp_path, wiring.utc_now) as bot:
        those = [certificate(bot, f"+6011100{n:04}") for n in range(16)]
        press = printing.press_of(bot)
        batch = Batch(press, "a4")
        batch.ask(those)
        killed, other = begun(processes, press_for_ever, migrated_url, str(tmp_path), many=2)
        while papers.waiting(bot.store) > 12:
            pass
        killed.kill()
        killed.join(30)
        with bot.store.begin() as connection:  # its lease is over: two minutes are long in a test
            past = bot.clock() - papers.LEASE
            waits = (t.paper.c.made_at.is_(None), t.paper.c.lease_until.is_not(None))
            connection.execute(update(t.paper).where(*waits).values(lease_until=past))

        make(batch, told=lambda done: None, wait=lambda: None)
        other.kill()
        other.join(30)

        assert batch.left_out == {}
        assert sorted(batch.at_hand) == sorted(those)
        assert count(bot, t.paper) == 16
        assert len(pypdf.PdfReader(BytesIO(batch.file(those))).pages) == 16
        assert (
            sum(row.attempts > 1 for row in rows(bot, t.paper)) <= 2
        )  # those that were in hand when the lease was ended
