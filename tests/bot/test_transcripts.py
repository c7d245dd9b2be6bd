"""Golden conversations: played through the whole bot, and compared with what a person has read and found good."""

from pathlib import Path

import pytest

from bot import gsm
from bot.cli.transcript import Scene, script_of
from tests.world import TAG, World

GOLDEN = Path(__file__).with_name("transcripts")


def transcripts() -> list[Path]:
    return sorted(GOLDEN.glob("*.txt"))


def texts_of(transcript: str, *, kind: str) -> list[str]:
    """The texts that were read on one kind of channel, each whole."""
    texts, at = [], "sms"
    for line in transcript.splitlines():
        if line.startswith("@"):
            at = line.split()[1]
        elif line.startswith("< ") and at == kind:
            texts.append(line[2:])
        elif line.startswith("  ") and at == kind:
            texts[-1] += "\n" + line[2:]
    return texts


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: path.stem)
def test_the_bot_still_talks_as_in_the_transcript(path: Path, world: World, rewrite_transcripts: bool):
    golden = path.read_text(encoding="utf-8")

    played = Scene(world.rehearsal).play(script_of(golden))

    if rewrite_transcripts:
        path.write_text(played, encoding="utf-8")
    assert rewrite_transcripts or played == golden, "run `make transcripts` and read the diff as a learner would"


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: path.stem)
def test_every_text_of_a_transcript_is_one_sms_with_its_tag_or_one_screen(path: Path):
    golden = path.read_text(encoding="utf-8")

    short, screens = texts_of(golden, kind="sms"), texts_of(golden, kind="ussd")

    assert [text for text in short if gsm.segments(text) != 1 or not text.startswith(TAG)] == []
    assert [text for text in screens if not text.startswith(TAG) and not 0 < gsm.septets(text) <= 150] == []


def test_the_whole_course_is_told_on_every_channel_in_both_languages():
    told = {path.stem for path in transcripts()}

    assert {f"selamat1-{kind}-{locale}" for kind in ("sms", "ussd", "whatsapp") for locale in ("ms", "en")} <= told
