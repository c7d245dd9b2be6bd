"""A course as a picture: its lessons in order, what each asks, and what stands before and after. As Mermaid text, or as SVG."""

from collections import Counter
from html import escape
from itertools import pairwise
from typing import Final

from flows.course import Course, Lesson
from flows.text import Localized

WIDE: Final = 420  # pixels of a box
LINE: Final = 18
GAP: Final = 26
LETTER: Final = 7.2


def mermaid(course: Course, locale: str = "ms") -> str:
    """The picture as a Mermaid flowchart, which GitHub and many editors draw."""
    boxes = [("start", _course_lines(course, locale)), *_before(course, locale)]
    boxes += [(f"l{place}", _lesson_lines(each, place, locale)) for place, each in enumerate(course.lessons, 1)]
    boxes.append(("done", ["certificate"]))
    lines = ["flowchart TB"]
    for name, said in boxes:
        shape = ('(["', '"])') if name in ("start", "done") else ('["', '"]')
        lines.append(f"    {name}{shape[0]}{'<br/>'.join(_safe(line) for line in said)}{shape[1]}")
    names = [name for name, _ in boxes]
    lines += [f"    {name} --> {after}" for name, after in pairwise(names)]
    return "\n".join(lines) + "\n"


def svg(course: Course, locale: str = "ms") -> str:
    """The picture as SVG, one box under the other."""
    boxes = [_course_lines(course, locale), *(said for _, said in _before(course, locale))]
    boxes += [_lesson_lines(each, place, locale) for place, each in enumerate(course.lessons, 1)]
    boxes.append(["certificate"])
    wide = max(WIDE, *(round(len(line) * LETTER) + 24 for said in boxes for line in said))
    shapes: list[str] = []
    y = GAP
    for place, said in enumerate(boxes):
        tall = len(said) * LINE + 14
        fill = "#e3eefc" if 0 < place < len(boxes) - 1 else "#e4f3e0"
        shapes.append(f'<rect x="20" y="{y}" width="{wide}" height="{tall}" rx="8" fill="{fill}" stroke="#888"/>')
        for row, line in enumerate(said):
            weight = "" if row else ' font-weight="bold"'
            shapes.append(f'<text x="32" y="{y + (row + 1) * LINE}"{weight}>{escape(line)}</text>')
        y += tall
        if place < len(boxes) - 1:
            middle = 20 + wide // 2
            shapes.append(f'<path d="M{middle} {y} v{GAP - 4} m-5 -6 l5 6 l5 -6" fill="none" stroke="#666"/>')
        y += GAP
    size = f'width="{wide + 40}" height="{y}" font-family="monospace" font-size="12"'
    body = "\n".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'


def _course_lines(course: Course, locale: str) -> list[str]:
    questions = sum(len(lesson.bank) for lesson in course.lessons)
    return [
        f"{course.id}: {course.title.within(locale)}",
        f"{len(course.lessons)} lessons, {questions} questions, {course.minutes} minutes",
    ]


def _before(course: Course, locale: str) -> list[tuple[str, list[str]]]:
    """What a learner is asked before the first lesson."""
    steps = []
    if course.placement:
        named = ", ".join(question for _, question in course.placement)
        steps.append(("placement", [f"placement: {len(course.placement)} questions", named]))
    if course.follows is not None:
        steps.append(("follows", ["counted from her day", course.follows.within(locale)]))
    return steps


def _lesson_lines(lesson: Lesson, place: int, locale: str) -> list[str]:
    """What one box says: the lesson, its bank by kind and level, its pass mark, its task and its day."""
    kinds = Counter(question.kind for question in lesson.bank)
    levels = Counter(question.level for question in lesson.bank if question.level)
    bank = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [f"{place} {lesson.id}: {lesson.title.within(locale)}", f"bank of {len(lesson.bank)}: {bank}"]
    if levels:
        lines.append("levels: " + ", ".join(f"{count} {level}" for level, count in sorted(levels.items())))
    lines.append(f"pass with {lesson.pass_mark} right" + (f", {lesson.minutes} minutes" if lesson.minutes else ""))
    if lesson.day is not None:
        lines.append(f"due on day {lesson.day}")
    if lesson.task is not None:
        lines.append(f"task: {_short(lesson.task.asks, locale)}")
    return lines


def _short(words: Localized, locale: str, most: int = 48) -> str:
    said = words.within(locale)
    return said if len(said) <= most else said[: most - 3].rstrip() + "..."


def _safe(line: str) -> str:
    """A text within a Mermaid label, which ends at a quote."""
    return line.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
