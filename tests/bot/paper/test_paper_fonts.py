"""What a machine lacks to print with is said in words: a script that no font has, or the libraries that draw."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from bot import settings
from bot.paper import laying

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
SPARE = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>"""

PRINTS = """
import pickle, sys
from bot.paper.rendering import PaperUnavailable, Unprintable, render
for sheet in pickle.load(sys.stdin.buffer):
    try:
        print(len(render([sheet], "a4")) > 1000)
    except (Unprintable, PaperUnavailable) as refused:
        print(type(refused).__name__, refused)
"""
# A machine where no library can be opened, as far as WeasyPrint can tell.
BARE = """
import cffi
def gone(self, name=None, flags=0):
    raise OSError(f"cannot load library {name}")
cffi.FFI.dlopen = gone
"""
DOCTOR = "from bot.cli import main; main(['doctor'])"
PAGE = """
import sys
from bot import settings, wiring
from bot.app import create_app
bot = wiring.build(settings.load(_env_file=None))
print(create_app(bot).test_client().get("/verify").status_code)
print("weasyprint" in sys.modules, "openbadgeslib" in sys.modules)
bot.store.engine.dispose()
"""


def ran(program: str, *environment: str, given: bytes = b"") -> str:
    """What a Python of its own says, in an environment with these settings besides."""
    made = subprocess.run(
        ["env", *environment, sys.executable, "-c", program],
        input=given,
        cwd=settings.ROOT,
        capture_output=True,
        check=False,
    )
    return made.stdout.decode() + made.stderr.decode()


@pytest.fixture
def spare(tmp_path):
    """A machine with DejaVu and no other font."""
    if not DEJAVU.is_dir():
        pytest.skip("needs fonts-dejavu-core")
    file = tmp_path / "fonts.conf"
    file.write_text(SPARE.format(fonts=DEJAVU, cache=tmp_path / "cache"), encoding="utf-8")
    return f"FONTCONFIG_FILE={file}"


def test_a_name_without_a_font_is_refused_and_nobody_elses(sheet, spare):
    given = pickle.dumps([sheet(name=name) for name in ("முத்து", "陳美玲", "Nur D’Cruz A/L @ é", "陳 முத்து")])

    tamil, chinese, latin, both = ran(PRINTS, spare, given=given).splitlines()

    assert latin == "True"
    assert tamil.startswith("Unprintable")
    assert "Tamil" in tamil
    assert "fonts-noto-core" in tamil
    assert "Chinese" in chinese
    assert "fonts-noto-cjk" in chinese
    assert "Tamil" in both
    assert "Chinese" in both
    assert not any(sign in tamil + chinese + both for sign in "முத்து陳美玲")  # a name is in no log


def test_the_doctor_names_the_scripts_and_what_to_install(spare, tmp_path):
    said = ran(DOCTOR, spare, f"VAR_DIR={tmp_path}")

    assert "no font here has Tamil" in said
    assert "Install fonts-noto-core" in said
    assert "no font here has Chinese" in said
    assert "Traceback" not in said


def test_the_doctor_names_a_logo_that_cannot_be_printed(house, tmp_path):
    (house.content_dir / "media" / "lambang.png").write_bytes(b"\x89PNG\r\n\x1a\nno more than that")

    said = ran(DOCTOR, f"VAR_DIR={tmp_path}", f"CONTENT_DIR={house.content_dir}")

    assert "issuers.yaml: persatuan: the association's logo is no picture" in said


def test_without_the_libraries_that_draw_there_is_no_paper_and_all_else_runs(sheet, tmp_path):
    said = ran(BARE + PRINTS, given=pickle.dumps([sheet(), sheet()])).splitlines()

    assert [line.startswith("PaperUnavailable Paper needs Pango") for line in said] == [True, True]
    assert "apt-get install libpango-1.0-0" in said[0]
    assert "paper: Paper needs Pango" in ran(BARE + DOCTOR, f"VAR_DIR={tmp_path}")
    assert "200" in ran(f"{BARE}\n{PAGE}", f"VAR_DIR={tmp_path}")


def test_a_web_process_does_not_load_what_draws(tmp_path):
    assert ran(PAGE, f"VAR_DIR={tmp_path}").splitlines()[-2:] == ["200", "False False"]


def test_scripts_are_named_as_people_know_them():
    assert laying.scripts("தமி陳நعÑ") == {
        "Arabic": "fonts-noto-core",
        "Chinese": "fonts-noto-cjk",
        "Latin": "fonts-noto-core",
        "Tamil": "fonts-noto-core",
    }
