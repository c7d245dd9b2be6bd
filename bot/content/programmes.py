"""Programmes: courses that belong together, the time they take in minutes, and what may not be said before they are approved."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Final

from pydantic import Field

from bot.content.problems import Problem
from bot.content.rules import Passed
from bot.content.shape import Name, Shape, Words, shaped_as
from bot.content.source import Source, read_yaml
from flows.completion import Programme as Whole
from flows.course import Course
from flows.text import localized

FOLDER: Final = "programmes"
CREDIT: Final = (
    40  # hours of learning that one credit stands for (2400 minutes); arithmetic only, and promised to nobody
)
# Words that claim what only an approval gives: to say them without one misleads the learner, and breaks the law (MQA Act 2007).
CLAIMED: Final = (
    "kredit|credit|credits|MQA|SKM|Sijil Kemahiran Malaysia|diiktiraf|pengiktirafan|akreditasi|diakreditasi|diakreditasikan|"
    "terakreditasi|accredited|accreditation"
).split("|")
CLAIMS: Final = re.compile(rf"(?i)\b(?:{'|'.join(CLAIMED)})\b")

Minutes = Annotated[int, Field(ge=0)]


class ApprovalShape(Shape):
    """Who approved a programme, by which letter, and for how long."""

    by: str
    reference: str
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class MinutesShape(Shape):
    """What is spent besides the lessons."""

    practice: Minutes = 0
    meetings: Minutes = 0
    assessment: Minutes = 0


class CompleteShape(Shape):
    """When a programme is complete; without it, when she has the certificate of every course in it."""

    courses: Annotated[int, Field(gt=0)] | None = None
    identity: Annotated[int, Field(ge=0, le=2)] = 0
    valid_months: Annotated[int, Field(gt=0, le=120)] | None = None


class ProgrammeShape(Shape):
    """One programme file."""

    id: Name
    title: Words
    about: Words
    courses: Annotated[list[Name], Field(min_length=1)]
    minutes: MinutesShape = Field(default=MinutesShape())
    approved: ApprovalShape | None = None
    complete: CompleteShape | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as its file says it, and the file."""

    shape: ProgrammeShape
    source: Source


def read_programmes(directory: FilePath) -> tuple[list[Programme], list[Problem]]:
    """The programmes of a content directory, and what has to be put right in their files."""
    programmes: list[Programme] = []
    problems: list[Problem] = []
    for path in sorted((directory / FOLDER).glob("*.yaml")):
        source = read_yaml(path, str(path))
        shape = shaped_as(ProgrammeShape, source)
        if shape is not None:
            _check(source, shape)
            programmes.append(Programme(shape, source))
        problems += source.problems
    return programmes, problems


def wholes(programmes: Iterable[Programme], courses: Mapping[str, Course]) -> dict[str, Whole]:
    """The programmes as the completion tracker knows them, by id; one whose course is missing is none yet."""
    return {
        each.shape.id: _whole(each.shape, courses)
        for each in programmes
        if frozenset(each.shape.courses) <= courses.keys()
    }


def _whole(shape: ProgrammeShape, courses: Mapping[str, Course]) -> Whole:
    rule = shape.complete or CompleteShape()
    minutes = shape.minutes
    return Whole(
        id=shape.id,
        version=hashlib.sha256(shape.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:12],
        title=localized({"ms": shape.title.ms, "en": shape.title.en}),
        courses=tuple(shape.courses),
        minutes=sum(courses[course].minutes for course in shape.courses)
        + minutes.practice
        + minutes.meetings
        + minutes.assessment,
        least=rule.courses or 0,
        identity=rule.identity,
        months=rule.valid_months or 0,
    )


def approved(programmes: Iterable[Programme]) -> frozenset[str]:
    """The ids of the courses that are part of an approved programme."""
    return frozenset(course for each in programmes if each.shape.approved for course in each.shape.courses)


def check_claims(source: Source, passed: Sequence[Passed], *, is_approved: bool) -> None:
    """Refuse words that promise a credit or a recognition, in a course of no approved programme; `passed` are its texts."""
    if is_approved:
        return
    whole = "\n".join(each.words for each in passed).casefold().upper()  # every way to write a letter becomes one
    if any(claim.upper() in whole for claim in CLAIMED):
        for path, _, words, _ in passed:
            _check_claim(source, path, words)


def missing(programmes: Iterable[Programme], courses: Sequence[str]) -> list[Problem]:
    """The courses that a programme names and that are not among those of the directory; an id of a programme that stands twice.

    Where a course file could not be read its id is "", and nothing is called missing: it may be that one.
    """
    problems: list[Problem] = []
    stands: dict[str, str] = {}
    for each in programmes:
        source, shape = Source(each.source.file, each.source.data, each.source.lines), each.shape
        other = stands.setdefault(shape.id, source.file)
        if other != source.file:
            source.report(("id",), "same", f'"{shape.id}" is the id of {other} too: give this programme another.')
        for place, course in enumerate(shape.courses):
            if course not in courses and "" not in courses:
                known = ", ".join(sorted(courses))
                source.report(("courses", place), "missing", f'There is no course "{course}": write one of {known}.')
        problems += source.problems
    return problems


def ledger(programme: Programme, courses: Mapping[str, Course]) -> str:
    """The time a programme takes, part by part and in hours, beside the 40 of one credit: "12/40 jam"."""
    minutes, shape = programme.shape.minutes, programme.shape
    parts = {
        "lessons": sum(courses[course].minutes for course in shape.courses),
        "practice": minutes.practice,
        "meetings": minutes.meetings,
        "assessment": minutes.assessment,
    }
    told = ", ".join(f"{name} {spent} min" for name, spent in parts.items())
    hours = sum(parts.values()) / 60
    state = (
        f"approved by {shape.approved.by} until {shape.approved.until}" if shape.approved else "approved by nobody yet"
    )
    return f"{shape.id}: {hours:.3g}/{CREDIT} jam ({told}); {state}."


def _check(source: Source, shape: ProgrammeShape) -> None:
    for place, course in enumerate(shape.courses):
        if course in shape.courses[:place]:
            source.report(("courses", place), "twice", f'"{course}" stands here already: name each course once.')
    if shape.complete and (shape.complete.courses or 0) > len(shape.courses):
        source.report(
            ("complete", "courses"),
            "complete",
            f"{shape.complete.courses} courses are asked for, and the programme has {len(shape.courses)}: lower it.",
        )
    if shape.approved and shape.approved.until <= shape.approved.date:
        source.report(
            ("approved", "until"), "approved", "The approval ends before it begins: look at the two dates again."
        )
    for field in ("title", "about"):
        for language in ("ms", "en"):
            words = source.at(field, language)
            if not words.strip():
                source.report((field, language), "empty", "There is nothing between the quotes: write the text.")
            elif not shape.approved:
                _check_claim(source, (field, language), words)


def _check_claim(source: Source, path: tuple[str | int, ...], words: str) -> None:
    claim = CLAIMS.search(words)
    if claim:
        source.report(
            path,
            "claim",
            f'"{claim[0]}" promises what nobody has approved: say hours instead (or, for a phone, "baki"). It may be said once the '
            "programme of this course has `approved: {by, reference, date, until}`.",
        )
