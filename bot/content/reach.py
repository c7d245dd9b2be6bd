"""Whether every lesson and question of a course can be reached, and every pass mark: the rules for a course as a whole."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.content.shape import CourseShape, LessonShape
from bot.content.source import Path, Source

LEVELS: Final = ("easy", "middle", "hard")


def check_reach(source: Source, course: CourseShape) -> None:
    """Report what nobody would ever be asked, and what cannot be passed."""
    for lesson, (path, banks) in zip(course.lessons, places(course), strict=True):
        if not lesson.bank:
            source.report(path, "missing", "A lesson needs at least one question: write `questions:` and one under it.")
            continue
        if lesson.question and lesson.questions:
            source.report(
                (*path, "question"),
                "twice",
                "Keep one of `question:` and `questions:`: move this one into the list below.",
            )
        _check_pass_mark(source, path, lesson)
        _check_levels(source, path, lesson, banks, found=bool(course.placement))
        if lesson.day is not None and course.follows is None:
            source.report(
                (*path, "day"),
                "day",
                "`day` is counted from the day that the course follows, and it follows none: write `follows:` with the question "
                "for that day (when was it planted?), or remove `day`.",
            )
    if course.follows is not None and all(lesson.day is None for lesson in course.lessons):
        source.advise(
            ("follows",),
            "day",
            "Learners are asked for a day, and no lesson uses it: give lessons a `day:`, or remove `follows`.",
        )
    _check_placement(source, course)


def _check_pass_mark(source: Source, path: Path, lesson: LessonShape) -> None:
    if lesson.pass_mark > len(lesson.bank):
        source.report(
            (*path, "pass_mark"),
            "pass mark",
            f"{lesson.pass_mark} right answers are asked for, and the bank has {len(lesson.bank)} questions: add some, or lower it.",
        )


def _check_levels(source: Source, path: Path, lesson: LessonShape, banks: list[Path], *, found: bool) -> None:
    """A level is only found by a placement; and whoever is at a level needs enough questions of hers to pass."""
    levels = [question.level or "" for question in lesson.bank]
    plain = levels.count("")
    if not found:
        if levels and not plain:
            source.advise(
                path,
                "level",
                "No level is ever found in this course, since it has no `placement`: everybody gets all of these.",
            )
        for place in [place for place, level in enumerate(levels) if level and plain]:
            source.report(
                (*banks[place], "level"),
                "level",
                "Nobody would be asked this: a level is found by a `placement`, and this course has none. Remove `level`.",
            )
        return
    if not plain and len(set(levels)) == 1 and lesson.bank:
        source.advise(
            path,
            "level",
            f"Every question of this lesson is {levels[0]}, so learners of every other level get them too: add one for them.",
        )
    for level in LEVELS:
        hers = sum(1 for each in levels if each in ("", level))
        if 0 < hers < lesson.pass_mark <= len(lesson.bank):
            source.report(
                (*path, "pass_mark"),
                "pass mark",
                f"Learners of level {level} would be asked the same again: {lesson.pass_mark} right answers are asked for, and "
                f"the bank has {hers} for them. Add questions without a level, or lower it.",
            )


def _check_placement(source: Source, course: CourseShape) -> None:
    kinds = {f"{lesson.id}/{question.id}": question.kind for lesson in course.lessons for question in lesson.bank}
    for place, name in enumerate(course.placement):
        path: Path = ("placement", place)
        if name in course.placement[:place]:
            source.report(path, "placement", f'"{name}" stands here already: name each question once.')
        elif name not in kinds:
            near = ", ".join(_near(name, kinds)) or "lesson/question"
            source.report(path, "placement", f'There is no question "{name}" in this course: write it as {near}.')
        elif kinds[name] == "open":
            source.report(
                path, "placement", f'"{name}" is an open question, and no answer to it is right or wrong: name another.'
            )
    named = frozenset(course.placement)
    for place, lesson in enumerate(course.lessons):
        if lesson.bank and all(f"{lesson.id}/{question.id}" in named for question in lesson.bank):
            source.advise(
                ("lessons", place),
                "placement",
                "Every question of this lesson is in the placement, so its learners have met all of them: add one that is new.",
            )


def _near(name: str, kinds: Iterable[str]) -> Iterator[str]:
    lesson, _, question = name.partition("/")
    for known in kinds:
        if (question and known.endswith(f"/{question}")) or (not question and known.endswith(f"/{lesson}")):
            yield known


def places(course: CourseShape) -> Iterator[tuple[Path, list[Path]]]:
    """Where each lesson stands in its file, and each question of its bank."""
    for place, lesson in enumerate(course.lessons):
        path: Path = ("lessons", place)
        first: list[Path] = [(*path, "question")] if lesson.question else []
        yield path, [*first, *((*path, "questions", number) for number in range(len(lesson.questions)))]
