"""What describes a group of learners: a tree that nothing changes, and which course each of its parts is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

# Finished and unfinished need no word more; "not begun": enrolled, with no lesson of it passed and nothing answered.
State = Literal["finished", "unfinished", "not begun"]
Way = Literal["reachable", "receive-only", "unreachable"]
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everybody:
    """All who agreed and have not stopped our messages everywhere; every other group is part of this one."""


@dataclass(frozen=True, slots=True)
class All:
    """Who is in every one of these groups."""

    parts: "tuple[Described, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """Who is in at least one of these groups."""

    parts: "tuple[Described, ...]"


@dataclass(frozen=True, slots=True)
class Outside:
    """Who is not in this group."""

    part: "Described"


@dataclass(frozen=True, slots=True)
class District:
    """Who said that she lives in one of these."""

    names: Names


@dataclass(frozen=True, slots=True)
class Language:
    """Whose lessons are in one of these languages ("ms", "en")."""

    names: Names


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who is, or was, in one of these courses."""

    courses: Names


@dataclass(frozen=True, slots=True)
class Stands:
    """Who has come so far in one of these courses; no course: in any. None: nobody has said yet which."""

    state: State
    courses: Names | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Who is in one of these courses and has passed so many of its lessons, `least` to `most`; courses as in Stands."""

    least: int
    most: int | None = None
    courses: Names | None = None


@dataclass(frozen=True, slots=True)
class AtLesson:
    """Whose next lesson in one of these courses is the one at this place (1 is the first); courses as in Stands."""

    place: int
    courses: Names | None = None


@dataclass(frozen=True, slots=True)
class Active:
    """From whom something came on one of the last so many days, today among them."""

    days: int


@dataclass(frozen=True, slots=True)
class Silent:
    """From whom nothing came on any of the last so many days, today among them, and who joined before them."""

    days: int


@dataclass(frozen=True, slots=True)
class Channel:
    """Whose last word came by one of these: "sms", "whatsapp", "ussd"."""

    kinds: Names


@dataclass(frozen=True, slots=True)
class About:
    """Who told us this of herself: `what` is gender, age, education or work; one of these keys."""

    what: str
    keys: Names


@dataclass(frozen=True, slots=True)
class Answered:
    """Who chose one of these options, or gave one of these numbers, at a question of a survey."""

    survey: str
    question: str
    options: Names


@dataclass(frozen=True, slots=True)
class Reached:
    """Who can be reached so: she wrote to us; we can write but she never did; neither."""

    way: Way


@dataclass(frozen=True, slots=True)
class Tagged:
    """Who carries one of these tags."""

    names: Names


@dataclass(frozen=True, slots=True)
class Joined:
    """Who joined on or after `since`, or before `before`: days in our time zone. One of them is None."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """Who is in the group saved under this name; `means` is what was saved there, once it has been looked up."""

    name: str
    means: "Described | None" = None


AboutCourse = Stands | Passed | AtLesson
Described = (
    Everybody
    | All
    | Either
    | Outside
    | District
    | Language
    | Enrolled
    | AboutCourse
    | Active
    | Silent
    | Channel
    | About
    | Answered
    | Reached
    | Tagged
    | Joined
    | Saved
)


def spoken_of(parts: Sequence[Described], place: int, around: Names | None) -> Names | None:
    """The courses that "not finished" means at that place of a list, where it names none itself.

    Those named last before it, else those named first after it, else those spoken of around the brackets; None where
    nobody speaks of a course.
    """
    for part in (*reversed(parts[:place]), *parts[place + 1 :]):
        if isinstance(part, Enrolled):
            return part.courses
    return around


def bound(tree: Described, around: Names | None = None) -> Described:
    """The same, with every "not finished" and the like about the courses it means; () where it means any."""
    match tree:
        case All(parts=parts):
            return All(tuple(bound(part, spoken_of(parts, place, around)) for place, part in enumerate(parts)))
        case Either(parts=parts):
            return Either(tuple(bound(part, around) for part in parts))
        case Outside(part=part):
            return Outside(bound(part, around))
        case Stands(courses=None) | Passed(courses=None) | AtLesson(courses=None):
            return replace(tree, courses=around or ())
        case _:
            return tree


def saved_in(tree: Described) -> Iterator[Saved]:
    """Every saved group that it speaks of by name, those within the saved ones left out."""
    match tree:
        case All(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from saved_in(part)
        case Outside(part=part):
            yield from saved_in(part)
        case Saved():
            yield tree
        case _:
            return


def opened(tree: Described) -> Described:
    """The same, with what a saved group means in its place; for an explanation that names no other names."""
    return tree.means if isinstance(tree, Saved) and tree.means is not None else tree
