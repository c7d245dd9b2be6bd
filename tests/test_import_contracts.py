"""The import contracts bite: each is broken once, in a copy of the house, and seen to be caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BREAKS = [
    ("flows/lessons/nudge.py", "import time", "flows knows nothing"),
    ("flows/learner/menu.py", "import rapidfuzz", "Slips of the thumb"),
    ("flows/learner/menu.py", "import bot.settings", "Imports go downward only"),
    ("bot/render.py", "import bot.conversation", "Imports go downward only"),
    ("bot/broadcasts.py", "import workers.jobs", "Imports go downward only"),
    ("bot/store/tables/making.py", "import bot.web.health", "Imports go downward only"),
    ("bot/policy.py", "import twilio", "Provider SDKs stay behind"),
    ("bot/receipts.py", "import flask", "Flask stays behind"),
    ("bot/pushes.py", "import rq", "RQ stays behind"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the three packages with their contracts."""
    copy = tmp_path_factory.mktemp("house")
    for package in ("flows", "bot", "workers"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def linted(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=house,
        env={"PYTHONPATH": str(house), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("module", "line", "contract"), BREAKS)
def test_a_forbidden_import_is_caught(house, module, line, contract):
    room = house / module
    as_it_was = room.read_text(encoding="utf-8")
    room.write_text(f"{as_it_was}\n{line}\n", encoding="utf-8")

    told = linted(house)

    room.write_text(as_it_was, encoding="utf-8")
    broken = [told_line for told_line in told.stdout.splitlines() if " BROKEN" in told_line]
    assert told.returncode == 1
    assert any(contract in told_line for told_line in broken), told.stdout


def test_the_house_as_it_stands_keeps_them(house):
    assert linted(house).returncode == 0
