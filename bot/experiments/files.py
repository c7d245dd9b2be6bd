"""The files of content/experiments/: what they must look like, and what is wrong with one, by line and in words."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.content.problems import Problem
from bot.content.shape import Name, Shape, shaped_as
from bot.content.source import Path, Source, read_yaml
from bot.experiments.declared import NUDGE_HOURS, NUDGE_TEXT, Arm, Experiment, sizes
from flows.course import Course
from flows.learner.menu import LATER_HOURS

FOLDER: Final = "experiments"
GIVES: Final = {NUDGE_TEXT: "variant", NUDGE_HOURS: "hours"}
NO_COURSES: Final[Mapping[str, Course]] = {}
MOST_ARMS: Final = 4  # each more needs more learners in all of them

Percent = Annotated[int, Field(ge=1, le=99)]


class ArmShape(Shape):
    """One way. Which of the last two it has depends on what is tried; the usual one may have neither."""

    name: Name
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    variant: Name | None = None
    hours: Annotated[int, Field(ge=1, le=LATER_HOURS)] | None = (
        None  # who asked for LATER waits as long, and is in no arm
    )


class SizeShape(Shape):
    """How many learners: `each` arm, or computed from what is usual, the difference worth having (in points) and power."""

    each: Annotated[int, Field(ge=20)] | None = None
    usually: Percent | None = None
    worth: Percent | None = None
    power: Annotated[int, Field(ge=50, le=99)] = 80


class ExperimentShape(Shape):
    """One file."""

    id: Name
    about: str
    tries: Literal["nudge text", "nudge hours"]
    course: Name
    outcome: Literal["came back within 72 h", "completed within 60 days"]
    control: Name
    arms: Annotated[list[ArmShape], Field(min_length=2, max_length=MOST_ARMS)]
    size: SizeShape
    begins: str
    ends: str
    running: bool


def read_experiments(
    directory: FilePath, zone: ZoneInfo, courses: Mapping[str, Course] = NO_COURSES
) -> tuple[list[Experiment], list[Problem]]:
    """The experiments that are in order, and what has to be put right in the others.

    Days are whole days in `zone`. `courses` are those there are, by id; where none is given, nothing is called missing.
    """
    experiments: list[Experiment] = []
    problems: list[Problem] = []
    for path in sorted((directory / FOLDER).glob("*.yaml")):
        source = read_yaml(path, str(path))
        shape = shaped_as(ExperimentShape, source)
        if shape is not None:
            _check(source, shape, courses)
        if shape is not None and not source.problems:
            made = _made(shape, zone)
            _check_beside_others(source, made, experiments)
            experiments += [] if source.problems else [made]
        problems += source.problems
    return experiments, problems


def _made(shape: ExperimentShape, zone: ZoneInfo) -> Experiment:
    size, weights = shape.size, [arm.weight for arm in shape.arms]
    if size.each is not None:
        targets = [size.each for _ in weights]
    else:
        control = [arm.name for arm in shape.arms].index(shape.control)
        share, worth = (size.usually or 0) / 100, (size.worth or 0) / 100
        targets = sizes(weights, control, usually=share, worth=worth, power=size.power / 100)
    arms = tuple(
        Arm(
            *(arm.name, arm.weight, target),
            variant=arm.variant or "",
            hours=arm.hours or 0,
        )
        for arm, target in zip(shape.arms, targets, strict=True)
    )
    return Experiment(
        id=shape.id,
        about=shape.about,
        tries=shape.tries,
        course=shape.course,
        outcome=shape.outcome,
        control=shape.control,
        arms=arms,
        worth=(size.worth or 0) / 100,
        begins=_midnight(date.fromisoformat(shape.begins), zone),
        ends=_midnight(date.fromisoformat(shape.ends) + timedelta(days=1), zone),
        running=shape.running,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _check(source: Source, shape: ExperimentShape, courses: Mapping[str, Course]) -> None:
    names = [arm.name for arm in shape.arms]
    if courses and shape.course not in courses:
        known = ", ".join(sorted(courses))
        source.report(("course",), "missing", f'There is no course "{shape.course}": write one of {known}.')
    if shape.control not in names:
        source.report(("control",), "control", f"`control` is the usual arm: write one of {', '.join(names)}.")
    for place, name in enumerate(names):
        if name in names[:place]:
            source.report(
                ("arms", place, "name"), "same", f'"{name}" is another arm already: give this one a new name.'
            )
    course = courses.get(shape.course)
    for place, arm in enumerate(shape.arms):
        _check_arm(source, place, arm, shape)
        if course is not None and arm.variant is not None:
            _check_variant(source, ("arms", place, "variant"), arm.variant, course)
    _check_size(source, shape.size)
    _check_days(source, shape)


def _check_arm(source: Source, place: int, arm: ArmShape, shape: ExperimentShape) -> None:
    meant = GIVES[shape.tries]
    given = [name for name in GIVES.values() if getattr(arm, name) is not None]
    if given != [meant] and not (arm.name == shape.control and not given):
        says = f"To try a {shape.tries}, this arm needs `{meant}: …` and nothing else like it"
        source.report(("arms", place), "gives", f"{says} (the usual arm may have none: all stays as it is).")


def _check_variant(source: Source, path: Path, variant: str, course: Course) -> None:
    known = [name for name, _ in course.nudges.texts]
    if variant not in known:
        there = f"there are {', '.join(known)}" if known else "there are none yet"
        says = f"The course {course.id} has no text of that name under `nudges:` › `texts:`: {there}."
        source.report(path, "missing", says)


def _check_size(source: Source, size: SizeShape) -> None:
    computed = size.usually is not None and size.worth is not None
    if (size.each is not None) == (size.usually is not None or size.worth is not None) or not (size.each or computed):
        says = "Write either {each: 400}, or {usually: 30, worth: 10} for 30 % as it is and 10 points worth having."
        source.report(("size",), "size", says)
    elif computed and (size.usually or 0) + (size.worth or 0) > 99:
        source.report(("size", "worth"), "size", "`usually` and `worth` together are more than 99 %: that cannot be.")


def _check_days(source: Source, shape: ExperimentShape) -> None:
    for name in ("begins", "ends"):
        written = getattr(shape, name)
        try:
            there_is = written == date.fromisoformat(written).isoformat() and written < "2100"
        except ValueError:
            there_is = False
        if not there_is:
            source.report((name,), "day", "There is no such day: write it like 2027-01-31.")
            return
    if shape.ends < shape.begins:
        source.report(("ends",), "day", "It ends before it begins: look at the two days again.")


def _check_beside_others(source: Source, made: Experiment, others: list[Experiment]) -> None:
    for other in others:
        if other.id == made.id:
            source.report(("id",), "same", f'"{made.id}" is the id of another experiment too: give this one another.')
        at_once = made.begins < other.ends + other.term and other.begins < made.ends + made.term
        if made.running and other.running and at_once and (other.tries, other.course) == (made.tries, made.course):
            says = f'"{other.id}" tries the same on the same course in these days: nobody could tell the two apart.'
            source.report(("tries",), "at once", says)
