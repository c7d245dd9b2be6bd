"""What is wrong with a file an author wrote, in words she can act on."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right: the line it stands in, the place in the course, the rule, and what to write instead."""

    file: str
    line: int
    where: str
    rule: str
    says: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}  {self.rule}  {place}{self.says}"


class ContentError(Exception):
    """The content cannot be used as it is; `problems` holds everything there is to put right."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
