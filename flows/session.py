"""What is remembered between two messages, and what there is to speak of: the session and the library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flows.course import Course
from flows.keywords import Keywords


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One course a learner follows: the version she last met, and the lessons she has passed in it."""

    course: str
    version: str
    passed: tuple[str, ...] = ()


class Session(NamedTuple):
    """What is remembered between two messages. Its size depends on the courses she follows, never on her history.

    A tuple with names, since every message makes several of it: `_replace` takes a third of what a dataclass would.
    """

    state: str = ""  # "" until the first message: nobody has been greeted yet
    locale: str = "ms"
    consented: bool = False
    stopped: bool = False
    course: str = ""
    lesson: str = ""
    answer: str = ""
    attempt: int = 0
    misses: int = 0
    nudged: int = 0
    place: str = ""  # where an aside hands her back to
    enrolments: tuple[Enrolment, ...] = ()

    def enrolment(self, course: str = "") -> Enrolment | None:
        """Her enrolment in `course`, or in the course she is in now."""
        wanted = course or self.course
        for each in self.enrolments:
            if each.course == wanted:
                return each
        return None

    def with_enrolment(self, changed: Enrolment) -> "Session":
        """The session with that enrolment added, or put in the place of the old one."""
        others = tuple(each for each in self.enrolments if each.course != changed.course)
        return self._replace(course=changed.course, enrolments=(*others, changed))

    def to_json(self) -> str:
        """The session as compact JSON; what is as it was at the beginning is left out."""
        kept: dict[str, Any] = {}
        for name, beginning in _BEGINNING.items():
            value = getattr(self, name)
            if value != beginning:
                kept[name] = value
        if self.enrolments:
            kept["enrolments"] = [(each.course, each.version, each.passed) for each in self.enrolments]
        return _compact(kept)

    @classmethod
    def from_json(cls, text: str) -> "Session":
        """The session that `to_json` wrote. Names it does not know are passed over, so a roll-back can read it."""
        kept = json.loads(text)
        known = {name: kept[name] for name in _BEGINNING if name in kept}
        known["enrolments"] = tuple(
            Enrolment(course, version, tuple(passed)) for course, version, passed in kept.get("enrolments", ())
        )
        return cls(**known)


_compact = json.JSONEncoder(separators=(",", ":")).encode
_BEGINNING: Mapping[str, Any] = {
    name: getattr(Session(), name)
    for name in (
        "state",
        "locale",
        "consented",
        "stopped",
        "course",
        "lesson",
        "answer",
        "attempt",
        "misses",
        "nudged",
        "place",
    )
}


@dataclass(frozen=True, slots=True)
class Library:
    """Everything the machine may speak of: the courses as they are now, and the words it understands."""

    courses: Mapping[str, Course]
    keywords: Keywords

    def course(self, wanted: str) -> Course | None:
        """The course with that id, or None where it has been taken away."""
        return self.courses.get(wanted)
