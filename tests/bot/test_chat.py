"""`titian chat`: a phone in the terminal, piped into as a script would, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.transcript import Scene, script_of
from bot.settings import ROOT
from tests.world import World


def chat(*options: str, typed: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run `titian chat` on a machine where nothing is set but where things are kept."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}  # noqa: TID251
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "chat", *options],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env=kept | {"VAR_DIR": str(directory / "var"), "CONTENT_DIR": str(ROOT / "tests" / "content")},
    )


def test_a_conversation_may_be_piped_in_and_only_what_the_phone_shows_comes_out(tmp_path):
    said = chat(typed="hai\n1\nya\n/quit\nnever read\n", directory=tmp_path)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("RM0.00 TITIAN: Selamat datang!")
    assert "[137 of 160, 1 SMS]" in said.stdout
    assert "A) Tekan untuk semak" in said.stdout
    assert "\x1b" not in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_one_journey_goes_on_over_three_channels_and_a_reminder_comes_when_time_is_turned(tmp_path):
    typed = "1\n/ussd\n1\n\n2\n\n/wait 2d\n/whatsapp\ncontinue\n/wait soon\n/what\n"

    said = chat("--locale", "en", typed=typed, directory=tmp_path).stdout

    assert "No call is open: an empty line dials." in said
    assert "│ 1/7 Since 1 September 2024, an SMS may   │" in said
    assert "(hung up)" in said
    assert '"Suspicious SMS", is waiting for you' in said
    assert "\n\nA) Tap to check" in said
    assert "Write a time like 30m, 24h or 3d." in said
    assert "There is no /what; /help says what there is." in said


def test_what_is_recorded_is_a_transcript_that_plays_the_same(tmp_path, world: World):
    typed = "1\nB\n/wait 2d\n/ussd\n7\n\n1\n\n/sms\nstop\n"

    said = chat("--locale", "ms", "--record", "./mine", typed=typed, directory=tmp_path)

    recorded = (tmp_path / "mine.txt").read_text(encoding="utf-8")
    assert said.returncode == 0
    assert "* PassLesson course=selamat1 lesson=sms" in recorded
    assert Scene(world.rehearsal).play(script_of(recorded)) == recorded


def test_a_transcript_is_never_written_over_another(tmp_path):
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")

    said = chat("--record", str(tmp_path / "mine"), typed="hai\n", directory=tmp_path)

    assert said.returncode == 2
    assert "exists already" in said.stderr
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "precious"


def test_with_keep_the_next_chat_goes_on_where_this_one_ended(tmp_path):
    chat("--keep", "--locale", "en", typed="1\n", directory=tmp_path)

    said = chat("--keep", typed="status\n/wait 24h\n", directory=tmp_path).stdout

    assert "Staying safe from scams: 0/7 done, 0.0 of 0.6 hours." in said
    assert "With --keep time is everybody's, so it cannot be turned." in said


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--phone", "12"], "phone number"),
        (["--keep", "--record", "x"], "do not go together"),
        (["--channel", "fax"], "fax"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path, options, why):
    said = chat(*options, typed="hai\n", directory=tmp_path)

    assert said.returncode == 2
    assert why in said.stderr
