"""Courses are read again only where they changed, by a process that has them in memory and by the next one."""

import gc
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import settings
from bot.content import ContentError, Shelf, load
from bot.content.cache import Cache
from bot.content.library import read
from bot.content.shape import CourseShape

SHIPPED = settings.ROOT / "tests" / "content"
TITLE = 'ms: "Elak penipuan dalam talian"'


class Turned:
    """A clock the test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Keeper:
    """What a database is given to keep; it may be away."""

    def __init__(self) -> None:
        self.away = False
        self.given: list[list[str]] = []

    def __call__(self, courses: Mapping[str, CourseShape]) -> None:
        if self.away:
            raise ConnectionError("nobody there")
        self.given.append([shape.id for shape in courses.values()])


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A directory with three courses."""
    directory = tmp_path / "content"
    (directory / "courses").mkdir(parents=True)
    shutil.copy(SHIPPED / "keywords.csv", directory)
    for name in ("satu1", "dua2", "tiga3"):
        written = (SHIPPED / "courses" / "selamat1.yaml").read_text(encoding="utf-8")
        course_file(directory, name).write_text(written.replace("id: selamat1", f"id: {name}"), encoding="utf-8")
    return directory


def course_file(directory: Path, name: str) -> Path:
    return directory / "courses" / f"{name}.yaml"


def edit(directory: Path, name: str, old: str, new: str) -> None:
    """Change a course as its author would."""
    file = course_file(directory, name)
    written = file.read_text(encoding="utf-8")
    assert old in written, "the test changes what is not there"
    file.write_text(written.replace(old, new, 1), encoding="utf-8")


def kept_files(kept: Path) -> list[Path]:
    return sorted(kept.glob("*.json"))


# --- The cache ------------------------------------------------------------------------------------------------------


def test_the_next_process_has_the_very_same_library(content, tmp_path):
    first = read(content, Cache(tmp_path / "kept"))

    second = read(content, Cache(tmp_path / "kept"))

    assert second.library.courses == first.library.courses == load(content).courses
    assert second.anew == first.anew, "a new process does not know what is in the database"
    assert len(kept_files(tmp_path / "kept")) == 3


def test_only_what_was_edited_is_read_again(content, tmp_path):
    cache = Cache(tmp_path / "kept")
    before = read(content, cache).library
    edit(content, "dua2", TITLE, 'ms: "Jangan tertipu"')

    after = read(content, cache)

    assert after.library.courses["satu1"] is before.courses["satu1"]
    assert after.library.courses["dua2"].title.within("ms") == "Jangan tertipu"
    assert [shape.id for shape in after.anew.values()] == ["dua2"]


@pytest.mark.parametrize("bad", [b"", b"{", b"\xff\x00", b"[]", b'{"shape": {}}', b"null"])
def test_a_cache_that_is_broken_is_made_anew(content, tmp_path, bad):
    whole = read(content, Cache(tmp_path / "kept")).library
    for file in kept_files(tmp_path / "kept"):
        file.write_bytes(bad)

    assert read(content, Cache(tmp_path / "kept")).library.courses == whole.courses
    assert all(file.read_bytes() != bad for file in kept_files(tmp_path / "kept"))


def test_a_cache_that_cannot_be_written_is_done_without(content, tmp_path):
    (tmp_path / "kept").write_text("a file where the directory would be", encoding="utf-8")

    assert len(read(content, Cache(tmp_path / "kept")).library.courses) == 3


def test_a_longer_tag_is_not_answered_from_what_a_shorter_one_allowed(content, tmp_path):
    read(content, Cache(tmp_path / "kept"))

    with pytest.raises(ContentError, match="too many"):
        read(content, Cache(tmp_path / "kept"), tag=120)


def test_two_files_with_one_id_are_told_even_where_both_are_known(content, tmp_path):
    cache = Cache(tmp_path / "kept")
    read(content, cache)
    shutil.copy(course_file(content, "satu1"), course_file(content, "zalin"))

    for known in (cache, Cache(tmp_path / "kept")):
        with pytest.raises(ContentError) as refused:
            read(content, known)
        (problem,) = refused.value.problems
        assert (problem.rule, Path(problem.file).name) == ("same", "zalin.yaml")
        assert "satu1.yaml" in problem.says
        assert problem.line == load_line(content, "satu1")


def load_line(directory: Path, name: str) -> int:
    written = course_file(directory, name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(written, 1) if line.startswith("id:"))


def test_what_is_wrong_is_told_again_of_the_file_it_stands_in_now(content):
    cache = Cache()
    edit(content, "dua2", "minutes: 35", "minutes: x")
    with pytest.raises(ContentError):
        read(content, cache)
    course_file(content, "dua2").rename(course_file(content, "empat4"))

    with pytest.raises(ContentError) as refused:
        read(content, cache)

    assert {Path(problem.file).name for problem in refused.value.problems} == {"empat4.yaml"}


@pytest.mark.parametrize("broken", [False, True])
def test_loading_leaves_the_garbage_collector_as_it_was(content, broken):
    if broken:
        edit(content, "dua2", "minutes: 35", "minutes: x")
        with pytest.raises(ContentError):
            load(content)
    else:
        load(content)

    assert gc.isenabled()


# --- The shelf ------------------------------------------------------------------------------------------------------


def shelf_of(directory: Path, clock: Callable[[], datetime], keeper: Keeper, told: list[object] | None = None) -> Shelf:
    return Shelf(directory, clock=clock, report=(told or []).append, every=2, keep=keeper)


def test_each_version_is_kept_once_and_never_again_with_a_message(content, clock):
    keeper = Keeper()
    shelf = shelf_of(content, clock, keeper)
    assert keeper.given == [], "nothing is written by a command that only looks"

    for _ in range(5):
        shelf.library()
        clock.now += timedelta(minutes=1)
    edit(content, "dua2", TITLE, 'ms: "Jangan tertipu"')
    shelf.library()
    shelf.library()

    assert [sorted(each) for each in keeper.given] == [["dua2", "satu1", "tiga3"], ["dua2"]]


def test_a_database_that_is_away_keeps_nobody_waiting_and_gets_the_versions_later(content, clock):
    keeper = Keeper()
    keeper.away = True
    shelf = shelf_of(content, clock, keeper)
    assert len(shelf.library().courses) == 3
    edit(content, "dua2", TITLE, 'ms: "Jangan tertipu"')
    clock.now += timedelta(seconds=2)
    assert shelf.library().courses["dua2"].title.within("ms") == "Jangan tertipu"

    keeper.away = False
    clock.now += timedelta(minutes=1)
    shelf.library()

    assert [sorted(each) for each in keeper.given] == [["dua2", "dua2", "satu1", "tiga3"]]


def test_a_version_that_came_with_a_broken_file_is_kept_once_that_is_mended(content, clock):
    keeper = Keeper()
    shelf = shelf_of(content, clock, keeper)
    shelf.library()
    edit(content, "satu1", TITLE, 'ms: "Jangan tertipu"')
    edit(content, "dua2", "minutes: 35", "minutes: x")
    clock.now += timedelta(seconds=2)
    assert shelf.library().courses["satu1"].title.within("ms") == "Elak penipuan dalam talian"

    edit(content, "dua2", "minutes: x", "minutes: 35")
    clock.now += timedelta(seconds=2)

    assert shelf.library().courses["satu1"].title.within("ms") == "Jangan tertipu"
    assert "satu1" in keeper.given[-1]


def test_one_broken_file_among_many_swaps_nothing(content, clock):
    told: list[object] = []
    shelf = Shelf(content, clock=clock, report=told.append, every=2)
    before = shelf.library()
    for number in range(30):
        written = course_file(content, "satu1").read_text(encoding="utf-8")
        course_file(content, f"lagi{number}").write_text(written.replace("id: satu1", f"id: lagi{number}"), "utf-8")
    edit(content, "lagi29", "minutes: 35", "minutes: x")

    clock.now += timedelta(seconds=2)

    assert shelf.library() is before
    assert [Path(problem.file).name for problems in told for problem in problems] == ["lagi29.yaml"]


def test_courses_that_are_all_gone_are_taught_as_they_were(content, clock):
    told: list[object] = []
    shelf = Shelf(content, clock=clock, report=told.append, every=2)
    before = shelf.library()
    shutil.rmtree(content / "courses")

    clock.now += timedelta(seconds=2)

    assert shelf.library() is before
    assert [problem.rule for problems in told for problem in problems] == ["missing"]
