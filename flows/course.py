"""What there is to learn: courses, lessons, questions, and when a course is complete."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flows.text import Localized


@dataclass(frozen=True, slots=True)
class Option:
    """One answer a learner can choose, and what to tell the one who chose it wrongly."""

    key: str
    says: Localized
    right: bool = False
    because: Localized | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question with two to five options, exactly one of them right."""

    id: str
    asks: Localized
    options: tuple[Option, ...]
    because: Localized
    hint: Localized | None = None

    def option(self, key: str) -> Option | None:
        """The option saved under `key`, or None where an edit has taken it away."""
        return next((option for option in self.options if option.key == key), None)

    @property
    def right_letter(self) -> str:
        """The letter under which the right option is shown: "A" for the first."""
        return next("ABCDE"[place] for place, option in enumerate(self.options) if option.right)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One idea and one question about it."""

    id: str
    title: Localized
    ideas: tuple[Localized, ...]
    question: Question
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """Lessons in the order they are taught; `version` is the hash of everything a learner could read in it."""

    id: str
    version: str
    title: Localized
    about: Localized
    minutes: int
    lessons: tuple[Lesson, ...]
    by_id: Mapping[str, Lesson] = field(init=False, repr=False, compare=False)
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)  # by lesson id, from 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {lesson.id: lesson for lesson in self.lessons})
        object.__setattr__(self, "places", {lesson.id: place for place, lesson in enumerate(self.lessons, start=1)})

    def next_lesson(self, passed: Iterable[str], after: str = "") -> Lesson | None:
        """The lesson to teach next: the first not passed after lesson `after`, coming round to the start; None when all are."""
        done = frozenset(passed)
        start = self.places.get(after, 0)
        ordered = self.lessons[start:] + self.lessons[:start]
        return next((lesson for lesson in ordered if lesson.id not in done), None)

    def count_passed(self, passed: Iterable[str]) -> int:
        """How many of the course's present lessons are among `passed` (an edit may have removed one)."""
        return sum(1 for lesson in passed if lesson in self.by_id)

    def is_complete(self, passed: Iterable[str]) -> bool:
        """Whether every lesson of the course is passed."""
        return self.by_id.keys() <= frozenset(passed)

    def place_of(self, lesson: Lesson) -> int:
        """The lesson's place in the course, from 1."""
        return self.places[lesson.id]
