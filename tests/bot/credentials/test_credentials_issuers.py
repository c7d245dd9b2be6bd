"""content/issuers.yaml is checked by line and in words, and says which issuer stands behind which course, under which DID."""

import shutil

import pytest
from click.testing import CliRunner

from bot.cli.content import check
from bot.content import ContentError
from bot.credentials.issuers import did_of_host, load, read_issuers
from bot.settings import ROOT
from tests.credentials import ISSUERS

TWO = (
    ISSUERS
    + """
  - id: koperasi
    name: {ms: "Koperasi Contoh", en: "Example Cooperative"}
    registration: "KOP-1"
    url: "https://koperasi.example"
    signatory: {name: "Puan Lina", office: {ms: "Setiausaha", en: "Secretary"}}
    courses: [sayur1]
"""
)


def written(tmp_path, text):
    (tmp_path / "issuers.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_two_issuers_have_a_did_each_and_the_first_keeps_its_own(tmp_path):
    one = load(written(tmp_path, ISSUERS), "https://sijil.example.my")
    first_did = one.all[0].did

    two = load(written(tmp_path, TWO), "https://sijil.example.my")

    assert [each.did for each in two.all] == [first_did, "did:web:sijil.example.my:issuers:koperasi"]
    assert two.of_course("sayur1").id == "koperasi"
    assert two.of_course("whatever").id == "persatuan"


def test_a_did_may_be_written_and_a_port_is_part_of_a_host(tmp_path):
    text = ISSUERS + '    did: "did:web:lama.example"\n'

    assert load(written(tmp_path, text), "https://baru.example").all[0].did == "did:web:lama.example"
    assert did_of_host("http://127.0.0.1:8000") == "did:web:127.0.0.1%3A8000"


def test_without_the_file_nobody_stands_behind_anything_and_nothing_is_wrong(tmp_path):
    assert load(tmp_path, "https://sijil.example.my").all == ()
    assert read_issuers(tmp_path) == []


def test_a_file_that_is_broken_later_changes_nothing_until_it_is_mended(tmp_path, caplog):
    load(written(tmp_path, TWO), "https://sijil.example.my")

    still = load(written(tmp_path, "issuers: ["), "https://sijil.example.my")
    load(tmp_path, "https://sijil.example.my")

    assert [each.id for each in still.all] == ["persatuan", "koperasi"]
    assert caplog.text.count("issuers not loaded") == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('courses: ["*"]', "courses: [sayur1]", 2, "Nobody stands behind"),
        ('ms: "Persatuan Contoh"', 'ms: "Persatuan SKM"', 4, "claims what only an approval gives"),
        ('ms: "Pengerusi"', 'ms: " "', 7, "nothing between the quotes"),
        ("https://persatuan.example", "persatuan.example", 6, "https://"),
        ("courses: [selamat1]", "courses: [tiada1]", 9, "There is no course"),
        ('courses: ["*"]', 'courses: ["*"]\n    did: "did:key:z6Mk"', 9, "did:web:"),
        ('courses: ["*"]', 'courses: ["*"]\n    logo: tiada.png', 9, "no picture"),
        ("registration:", "registrasi:", 5, "Did you mean `registration`"),
        ("Persatuan Contoh", "P" * 200, 4, "too many"),
        ("id: persatuan", "id: Persatuan Kami", 3, "short name"),
    ],
)
def test_a_mistake_is_told_by_its_line(tmp_path, old, new, line, says):
    problems = read_issuers(written(tmp_path, ISSUERS.replace(old, new, 1)), ["selamat1", "sayur1"])

    assert [each.line for each in problems if says in each.says] == [line], problems
    if says != "There is no course":
        with pytest.raises(ContentError):
            load(tmp_path, "https://sijil.example.my")


def test_two_issuers_of_one_id_or_one_course_are_refused(tmp_path):
    twice = TWO.replace("koperasi", "persatuan", 1).replace("[sayur1]", '["*"]')

    says = [each.says for each in read_issuers(written(tmp_path, twice))]

    assert any("another issuer already" in each for each in says)
    assert any("stands behind * already" in each for each in says)


def test_the_command_that_checks_content_checks_this_file_too():
    told = CliRunner().invoke(check, [str(ROOT / "content"), "--json"])

    assert '"ok": true' in told.output
    assert read_issuers(ROOT / "content", ["selamat1"]) == []


def test_a_logo_needs_no_lesson_that_shows_it(tmp_path):
    content = shutil.copytree(ROOT / "tests" / "content", tmp_path / "content")
    (content / "media").mkdir()
    shutil.copy(ROOT / "content" / "media" / "daun-berlubang.png", content / "media" / "lambang.png")
    before = CliRunner().invoke(check, [str(content)]).output
    written(content, ISSUERS + "    logo: lambang.png\n")

    after = CliRunner().invoke(check, [str(content)]).output

    assert "No lesson shows this picture" in before
    assert "No lesson shows this picture" not in after
    assert load(content, "https://sijil.example.my").all[0].logo.endswith("/lambang.png")
