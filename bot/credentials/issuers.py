"""The associations that stand behind certificates, as content/issuers.yaml says: who they are, and for which courses."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from bot.content import media
from bot.content.problems import ContentError, Problem
from bot.credentials.issuer_file import FILE, OTHERS, IssuerShape, read

log = logging.getLogger(__name__)

LOOKED_AT_EVERY: Final = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Issuer:
    """An association as its credentials name it."""

    id: str
    did: str
    base: str  # where its pages are, without a slash at the end
    name: Mapping[str, str]
    registration: str
    url: str
    signatory: str
    office: Mapping[str, str]
    courses: frozenset[str]
    assessors: Mapping[str, tuple[str, str]]  # by course: name and address
    logo: str  # the name of its picture, "<hash>/<file>"; "" where it has none

    @property
    def stands_for_others(self) -> bool:
        """Whether it stands behind every course that no other issuer names."""
        return OTHERS in self.courses

    def assessor(self, course: str) -> tuple[str, str] | None:
        """The institution behind the assessment of a course, its name and address; None where there is none."""
        return self.assessors.get(course) or self.assessors.get(OTHERS)


@dataclass(frozen=True, slots=True)
class Issuers:
    """All of them; none where the content has no such file."""

    all: tuple[Issuer, ...] = ()

    def named(self, issuer: str) -> Issuer | None:
        """The issuer of that id."""
        return next((each for each in self.all if each.id == issuer), None)

    def of_course(self, course: str) -> Issuer | None:
        """Who stands behind a course or programme."""
        for each in self.all:
            if course in each.courses:
                return each
        return next((each for each in self.all if each.stands_for_others), None)


_good: dict[tuple[FilePath, str], Issuers] = {}  # the last that were in order, by directory and address
_lately: dict[tuple[FilePath, str], tuple[float, Issuers]] = {}  # and when they were looked at


def load(directory: FilePath, reached_at: str) -> Issuers:
    """The issuers in a content directory, whose pages are under `reached_at`; read again only when the file has changed.

    Where it is broken, those before it stand, and the log says so. Raises ContentError where there were none before.
    """
    try:
        stat = (directory / FILE).stat()
    except OSError:
        return Issuers()
    where = (directory, reached_at)
    try:
        _good[where] = _load(directory, reached_at, (stat.st_mtime_ns, stat.st_size))
    except ContentError as error:
        if where not in _good:
            raise
        _report(str(error), stat.st_mtime_ns)
    return _good[where]


def lately(directory: FilePath, reached_at: str) -> Issuers:
    """The same for pages that many ask for: an edit is seen two seconds later at most.

    To look at the file each time lets other threads go first, which costs a page a tenth of its time.
    """
    where, now = (directory, reached_at), monotonic()
    looked_at, found = _lately.get(where, (0.0, None))
    if found is None or now - looked_at >= LOOKED_AT_EVERY:
        found = load(directory, reached_at)
        _lately[where] = (now, found)
    return found


@lru_cache(maxsize=8)  # once for each change of the file
def _report(problems: str, _changed: int) -> None:
    log.error("issuers not loaded", extra={"problem": problems})


@lru_cache(maxsize=8)
def _load(directory: FilePath, reached_at: str, _changed: tuple[int, int]) -> Issuers:
    shape, problems = read(directory)
    if shape is None or any(problem.blocks for problem in problems):
        raise ContentError(problems)
    pictures = media.pictures(directory)
    return Issuers(tuple(_made(each, reached_at, pictures) for each in shape.issuers))


def read_issuers(directory: FilePath, courses: Collection[str] = ()) -> list[Problem]:
    """What has to be put right in the file; where it is missing, nothing. With no `courses`, none is called missing."""
    return read(directory, courses)[1]


def logos(directory: FilePath) -> frozenset[str]:
    """The pictures that issuers show, by file; none where the file is not in order."""
    shape, _ = read(directory)
    return frozenset(each.logo for each in shape.issuers if each.logo) if shape else frozenset()


def did_of_host(reached_at: str) -> str:
    """The did:web of a host: `https://sijil.example.my` gives did:web:sijil.example.my, a port is written %3A8000."""
    return "did:web:" + urlsplit(reached_at).netloc.replace(":", "%3A")


def _made(shape: IssuerShape, reached_at: str, pictures: Mapping[str, media.Found]) -> Issuer:
    root = OTHERS in shape.courses
    return Issuer(
        id=shape.id,
        did=shape.did or did_of_host(reached_at) + ("" if root else f":issuers:{shape.id}"),
        base=reached_at,
        name={"ms": shape.name.ms, "en": shape.name.en},
        registration=shape.registration,
        url=shape.url,
        signatory=shape.signatory.name,
        office={"ms": shape.signatory.office.ms, "en": shape.signatory.office.en},
        courses=frozenset(shape.courses),
        assessors={course: (each.name, each.url) for each in shape.assessors for course in each.courses},
        logo=pictures[shape.logo].name if shape.logo else "",
    )
