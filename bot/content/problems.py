"""What is wrong with a file an author wrote, in words she can act on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PROBLEM: Final = "problem"
ADVICE: Final = "advice"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right: the line it stands in, the place in the course, the rule, and what to write instead.

    A "problem" keeps the content from being published. "advice" is told, and stops nobody.
    """

    file: str
    line: int
    where: str
    rule: str
    says: str
    severity: str = PROBLEM

    @property
    def blocks(self) -> bool:
        """Whether the content cannot be published while this stands."""
        return self.severity == PROBLEM

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mark = "" if self.blocks else "(advice) "
        return f"{self.file}:{self.line}  {self.rule}  {mark}{place}{self.says}"


class ContentError(Exception):
    """The content cannot be used as it is; `problems` holds everything there is to put right."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
