"""The pictures in docs/states.md: drawn from the states as they are now."""

from click.testing import CliRunner

from bot.cli import main
from bot.cli.states import page
from bot.settings import ROOT
from flows.registry import STATES


def test_the_pictures_in_the_docs_are_current():
    kept = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")

    assert kept == page(), "run `titian states --write docs/states.md`"


def test_every_state_is_drawn_once_and_says_what_it_is_for():
    drawn = [line.split("`")[1] for line in page().splitlines() if line.startswith("- `")]

    assert sorted(drawn) == sorted(STATES)
    assert [line for line in page().splitlines() if line.startswith("- `") and line.endswith(": ")] == []


def test_the_command_prints_what_it_would_write(tmp_path):
    printed = CliRunner().invoke(main, ["states"])
    written = CliRunner().invoke(main, ["states", "--write", str(tmp_path / "states.md")])

    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert printed.stdout == (tmp_path / "states.md").read_text(encoding="utf-8")
