"""What there is to ask besides lessons: surveys, polls, feedback on a course, and questions about the learner herself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from flows.course import Question
from flows.text import Localized

KINDS: Final = ("profile", "feedback", "poll", "survey")
AGREED_FIRST: Final = frozenset({"survey", "feedback"})  # nothing of these is asked before she has said yes
PROFILE: Final = ("gender", "age", "education", "district", "work")  # what results may be grouped by


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a survey. No answer to it is right or wrong.

    `question` is as the reader of answers knows it. `profile` is what the answer says of her, "" where it says nothing
    of the kind. `again` is for what may be answered anew when the survey is taken once more. A number counts from
    `least` to `most`. `bands` are for an age written as a number: up to which one each option goes, lowest first.
    """

    question: Question
    profile: str = ""
    again: bool = False
    least: int = 1
    most: int = 10**6
    bands: tuple[tuple[int, str], ...] = ()

    @property
    def id(self) -> str:
        """Its question's id."""
        return self.question.id


@dataclass(frozen=True, slots=True)
class Survey:
    """Questions in the order they are asked; `version` is the hash of everything a learner could read in it.

    `consent` tells what is asked, why, that it is voluntary, and who sees it.
    """

    id: str
    version: str
    kind: str
    title: Localized
    consent: tuple[Localized, ...]
    items: tuple[Item, ...]
    by_id: Mapping[str, Item] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {item.id: item for item in self.items})


def of_kind(surveys: Mapping[str, Survey], kind: str) -> Survey | None:
    """The survey of that kind, where there is one of it: the questions about herself, the feedback on a course."""
    return next((survey for survey in surveys.values() if survey.kind == kind), None)
