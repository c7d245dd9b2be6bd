"""When a course or a programme is complete: the rule, what is known of a learner, and what she still lacks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from flows.text import Localized

PHONE, ATTESTED, SEEN = (
    0,
    1,
    2,
)  # how a learner is known: by her phone; by a coordinator; by her MyKad, at an assessment
LEVELS: Final = (PHONE, ATTESTED, SEEN)

What = Literal["lessons", "score", "witness", "minutes", "days", "identity", "courses", "approval", "declined"]


class Lack(NamedTuple):
    """One thing that is missing: how much the rule wants, and how much there is. For identity these are levels.

    Approval is the issuer's word, where it approves each certificate; declined is its no, until that is taken back.
    """

    what: What
    needs: int
    has: int


APPROVAL: Final = Lack("approval", 1, 0)
DECLINED: Final = Lack("declined", 1, 0)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a learner in one course. `put` are the questions that count, `right` those she knew at once."""

    passed: frozenset[str] = frozenset()
    put: int = 0
    right: int = 0
    witnessed: frozenset[str] = frozenset()
    minutes: int = 0  # since she enrolled
    level: int = PHONE

    @property
    def score(self) -> int:
        """Per cent of the questions put to her that she knew at once, rounded down; 0 where none was put."""
        return 100 * self.right // self.put if self.put else 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What completing a course asks for. As it stands here: every lesson, and nothing else.

    `final` is a lesson that assesses the whole: it comes last, and the pass mark is then about it alone. `pass_mark` is
    in per cent. `witnessed` are lessons whose task a witness has to have seen. `months` is how long a certificate holds.
    """

    lessons: tuple[str, ...] = ()
    pass_mark: int = 0
    final: str = ""
    witnessed: tuple[str, ...] = ()
    minutes: int = 0
    days: int = 0
    identity: int = PHONE
    months: int = 0

    @property
    def asks_more(self) -> bool:
        """Whether lessons alone do not tell that it is met, so that rows have to be read."""
        return bool(self.pass_mark or self.witnessed or self.minutes or self.days or self.identity)

    def lacks(self, her: Record, lessons: Iterable[str]) -> tuple[Lack, ...]:
        """What she still lacks; nothing where the course is complete. `lessons` are those the course has."""
        wanted = frozenset(self.lessons or lessons)
        found: list[Lack] = [
            Lack("lessons", len(wanted), len(wanted & her.passed)),
            Lack("witness", len(self.witnessed), len(frozenset(self.witnessed) & her.witnessed)),
            Lack("score", self.pass_mark, her.score),
            Lack("minutes", self.minutes, her.minutes),
            Lack("days", self.days, her.minutes // (24 * 60)),
            Lack("identity", self.identity, her.level),
        ]
        return tuple(each for each in found if each.has < each.needs)


EVERY_LESSON: Final = Rule()


@dataclass(frozen=True, slots=True)
class Programme:
    """Courses that belong together, what the whole takes in minutes, and what its certificate asks for besides theirs."""

    id: str
    version: str
    title: Localized
    courses: tuple[str, ...]
    minutes: int
    least: int = 0  # of the courses; 0 = all of them
    identity: int = PHONE
    months: int = 0

    def lacks(self, held: Iterable[str], level: int) -> tuple[Lack, ...]:
        """What she still lacks who holds the certificates of these courses."""
        has = len(frozenset(self.courses) & frozenset(held))
        found = (Lack("courses", self.least or len(self.courses), has), Lack("identity", self.identity, level))
        return tuple(each for each in found if each.has < each.needs)
