"""Whether a course's rule of completion names what there is, and can be met."""

from collections.abc import Sequence

from bot.content.shape import CourseShape
from bot.content.source import Source


def check_complete(source: Source, course: CourseShape) -> None:
    """Report a rule that nobody could meet, or that says something else than it seems to."""
    rule = course.complete
    if rule is None:
        return
    there = [lesson.id for lesson in course.lessons]
    _check_names(source, "lessons", rule.lessons, there)
    _check_names(source, "witnessed", rule.witnessed, there)
    tasks = frozenset(lesson.id for lesson in course.lessons if lesson.task)
    for place, lesson in enumerate(rule.witnessed):
        if lesson in there and lesson not in tasks:
            says = (
                f'The lesson "{lesson}" has no `task`, so no witness can see anything: write one, or take it out here.'
            )
            source.report(("complete", "witnessed", place), "complete", says)
    for place, lesson in enumerate(rule.witnessed):
        if rule.lessons and lesson not in rule.lessons and lesson in tasks:
            says = f'"{lesson}" is to be witnessed, and is none of the lessons that count: add it to `lessons`.'
            source.report(("complete", "witnessed", place), "complete", says)
    if rule.final is not None:
        _check_final(source, rule.final, rule.lessons, there)


def _check_names(source: Source, field: str, named: Sequence[str], there: Sequence[str]) -> None:
    for place, lesson in enumerate(named):
        if lesson in named[:place]:
            source.report(("complete", field, place), "complete", f'"{lesson}" stands here already: name it once.')
        elif lesson not in there:
            says = f'There is no lesson "{lesson}" in this course: write one of {", ".join(there)}.'
            source.report(("complete", field, place), "complete", says)


def _check_final(source: Source, final: str, lessons: Sequence[str], there: Sequence[str]) -> None:
    if final not in there:
        says = f'There is no lesson "{final}" in this course: write one of {", ".join(there)}.'
    elif final != there[-1]:
        says = f'"{final}" assesses the whole, and lessons follow it: move it to the end of the course.'
    elif lessons and final not in lessons:
        says = f'"{final}" assesses the whole, and is none of the lessons that count: add it to `lessons`.'
    else:
        return
    source.report(("complete", "final"), "complete", says)
