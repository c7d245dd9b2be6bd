"""What a course says to learners who have gone quiet: that the days rise, and that a text names the course and the next step."""

import re
from typing import Final

from bot.content.rules import NUDGE_PLACES
from bot.content.shape import LANGUAGES, CourseShape, NudgeShape, NudgesShape
from bot.content.source import Path, Source
from flows.lessons.nudge import ENOUGH

LATEST_DAY: Final = 90  # then a number that is silent may be another's by now (MY-SMS-029)
SELDOM: Final = 7  # days between those that go on for ever: more often they only drive learners away
MOST: Final = 6
STEP: Final = frozenset({"lesson", "title"})
_in_braces: Final = re.compile(r"\{([^{}]*)\}|[{}]").finditer


def check_nudges(source: Source, course: CourseShape) -> None:
    """Report days that do not rise, more nudges than do any good, and texts that leave out what a learner needs to know."""
    nudges = course.nudges
    if nudges is None:
        return
    _check_days(source, nudges)
    if not ENOUGH <= nudges.most <= MOST:
        says = f"Write {ENOUGH} to {MOST}: after {ENOUGH} without an answer a coordinator is told to ring her."
        source.report(("nudges", "most"), "nudges", says)
    if len(nudges.texts) == 1:
        says = (
            "Write two texts or more, so that the same words never come twice running; or none, and Titian has its own."
        )
        source.report(("nudges", "texts"), "nudges", says)
    keys = [text.key for text in nudges.texts]
    for place, text in enumerate(nudges.texts):
        path: Path = ("nudges", "texts", place)
        if text.key in keys[:place]:
            source.report((*path, "key"), "same", f'"{text.key}" is another text already: give this one a new name.')
        _check_text(source, path, text)


def _check_days(source: Source, nudges: NudgesShape) -> None:
    before = 0
    for place, day in enumerate(nudges.after_days):
        if day <= before:
            says = (
                f"Day {day} does not come after day {before}: write the days of silence as they rise, like [1, 3, 10]."
            )
            source.report(("nudges", "after_days", place), "nudges", says)
        before = day
    if before > LATEST_DAY:
        says = f"After {LATEST_DAY} days of silence the number may be another's: write an earlier last day."
        source.report(("nudges", "after_days"), "nudges", says)
    if nudges.then_every_days < SELDOM:
        says = f"Write {SELDOM} or more: who did not come back by then is not brought back by more messages."
        source.report(("nudges", "then_every_days"), "nudges", says)


def _check_text(source: Source, path: Path, text: NudgeShape) -> None:
    for language in (*LANGUAGES, "dtp"):
        words = getattr(text, language)
        if words is None:
            continue
        named = [found[1] if found[1] is not None else found[0] for found in _in_braces(words)]
        strange = [name for name in dict.fromkeys(named) if name not in NUDGE_PLACES]
        if strange:
            known = ", ".join(f"{{{name}}}" for name in NUDGE_PLACES)
            says = f"Nothing is known that could stand in {{{strange[0].strip('{}')}}}: there are {known}."
            source.report((*path, language), "place", says)
        elif "course" not in named:
            source.report((*path, language), "place", "Name the course, so that she knows what it is about: {course}.")
        elif STEP.isdisjoint(named):
            source.report((*path, language), "place", "Name the one next step: {title}, or {lesson} of {total}.")
