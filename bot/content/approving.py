"""Of which courses and programmes the issuer approves each certificate first, as issuers.yaml says."""

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any, Final

from bot.content.problems import Problem
from bot.content.source import Source, read_yaml

FILE: Final = "issuers.yaml"
ALL: Final = "*"


def read_approving(directory: FilePath, ids: Iterable[str]) -> tuple[frozenset[str], list[Problem]]:
    """Those of these courses and programmes whose certificates wait for their issuer, and why the file cannot be read.

    Whatever stands after `approves` and is not understood means all: rather one word too many than a certificate too early.
    """
    path = directory / FILE
    if not path.exists():
        return frozenset(), []
    source = read_yaml(path, str(path))
    if source.problems:
        return frozenset(), source.problems
    issuers = [each for each in _list(source.at("issuers")) if isinstance(each, dict)]
    named = {course: each for each in issuers for course in _list(each.get("courses"))}
    found = {each: named.get(each) or named.get(ALL) or {} for each in ids}
    return frozenset(each for each, issuer in found.items() if _approves(issuer, each)), []


def check_approves(source: Source, place: int, approves: Iterable[str], courses: Iterable[str]) -> None:
    """Report a course under `approves` that another issuer stands behind, or none."""
    for number, course in enumerate(approves):
        if course not in (ALL, *courses) and ALL not in courses:
            says = (
                f'{course} is none of the courses of this issuer: write it under `courses` too, or `approves: ["*"]`.'
            )
            source.report(("issuers", place, "approves", number), "approves", says)


def _approves(issuer: dict[str, Any], course: str) -> bool:
    said = issuer.get("approves", False)
    if isinstance(said, list):
        return ALL in said or course in said
    return said is not False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
