"""The page for authors, followed word by word: every command on it is given, in order, in an empty folder."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import ROOT

PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def lines() -> Iterator[str]:
    """The lines of the page's blocks that an author types, what follows a # left out."""
    for block in BLOCKS:
        for line in block.splitlines():
            if re.match(r"(CONTENT_DIR=\S+ )?titian |cp ", line):
                yield line.split("  #")[0].strip()


def test_an_author_who_follows_the_page_meets_no_surprise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    (tmp_path / "content").mkdir()
    shutil.copytree(ROOT / "content" / "courses", tmp_path / "content" / "courses")
    said = next(block for block in BLOCKS if block.startswith("# an answer"))
    (tmp_path / "said.txt").write_text(said, encoding="utf-8")

    given = []
    for line in lines():
        words = shlex.split(line)
        if words[0] == "cp":
            shutil.copy(words[1], words[2])
        elif words[:2] == ["titian", "content"]:
            into = words[words.index(">") + 1] if ">" in words else ""
            result = CliRunner().invoke(main, words[1 : words.index(">")] if into else words[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}"
            if into:
                Path(into).write_text(result.output, encoding="utf-8")
            given.append(words[2])

    assert set(given) >= {"new", "check", "preview", "export", "import", "po", "graph", "play"}
    assert (tmp_path / "content" / "courses" / "air1.yaml").is_file()
    assert (tmp_path / "air1.svg").is_file()


@pytest.mark.parametrize("line", sorted({line for line in lines() if "titian " in line}))
def test_every_command_on_the_page_exists_with_its_options(line):
    words = shlex.split(line.partition("titian ")[2].partition(" >")[0])
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found

    options = {option for each in command.params for option in each.opts}
    assert [word for word in words if word.startswith("--") and word not in options] == []
