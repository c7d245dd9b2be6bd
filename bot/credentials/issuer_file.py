"""The file content/issuers.yaml: what it must look like, and what is wrong with it, by line and in words."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from bot.content import media
from bot.content.approving import check_approves
from bot.content.problems import Problem
from bot.content.programmes import CLAIMS
from bot.content.shape import Name, Shape, Words, shaped_as
from bot.content.source import Path, Source, read_yaml

FILE: Final = "issuers.yaml"
OTHERS: Final = "*"
LONGEST: Final = 160  # letters of a name: a paper certificate has one line for it
_is_did: Final = re.compile(r"did:web:[A-Za-z0-9.-]+(?:%3A[0-9]{1,5})?(?::[A-Za-z0-9._-]+)*").fullmatch
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SignatoryShape(Shape):
    """Who signs, and as what."""

    name: str
    office: Words


class AssessorShape(Shape):
    """An institution that set or checked the assessment of some courses."""

    name: str
    url: str
    courses: Annotated[list[str], Field(min_length=1)]


class IssuerShape(Shape):
    """One association."""

    id: Name
    name: Words
    registration: str
    url: str
    signatory: SignatoryShape
    courses: Annotated[list[str], Field(min_length=1)]
    assessors: list[AssessorShape] = Field(default_factory=list)
    logo: str | None = None
    did: str | None = None
    approves: list[str] = Field(default_factory=list)  # courses whose certificates wait for its word; true: all

    @field_validator("approves", mode="before")
    @classmethod
    def _all(cls, given: Any) -> Any:
        return [OTHERS] if given is True else [] if given is False else given


class IssuersShape(Shape):
    """The whole file."""

    issuers: Annotated[list[IssuerShape], Field(min_length=1)]


def read(directory: FilePath, courses: Collection[str] = ()) -> tuple[IssuersShape | None, list[Problem]]:
    """What the file says, and what has to be put right in it; where it is missing, nothing.

    Where no `courses` are given, none is called missing.
    """
    if not (directory / FILE).exists():
        return None, []
    source = read_yaml(directory / FILE, str(directory / FILE))
    shape = shaped_as(IssuersShape, source)
    if shape is not None:
        _check(source, shape, courses)
        _check_logos(source, shape, media.pictures(directory))
    return shape, source.problems


def _check(source: Source, shape: IssuersShape, courses: Collection[str]) -> None:
    ids = [each.id for each in shape.issuers]
    behind: dict[str, str] = {}
    for place, each in enumerate(shape.issuers):
        at: Path = ("issuers", place)
        if each.id in ids[:place]:
            source.report((*at, "id"), "same", f'"{each.id}" is another issuer already: give this one a new id.')
        for number, course in enumerate(each.courses):
            if course in behind:
                says = f'"{behind[course]}" stands behind {course} already: name each course under one issuer.'
                source.report((*at, "courses", number), "twice", says)
            behind[course] = each.id
        _check_named(source, at, each, courses)
        check_approves(source, place, each.approves, each.courses)
        for where, words in _texts(each):
            _check_words(source, (*at, *where), words)
        _check_addresses(source, at, each)
    if OTHERS not in behind:
        says = 'Nobody stands behind the courses that are not named: give one issuer `courses: ["*"]`.'
        source.report(("issuers",), "others", says)


def _check_named(source: Source, at: Path, shape: IssuerShape, courses: Collection[str]) -> None:
    named: list[tuple[Path, str]] = [(("courses", n), course) for n, course in enumerate(shape.courses)]
    for place, each in enumerate(shape.assessors):
        named += [(("assessors", place, "courses", n), course) for n, course in enumerate(each.courses)]
    named += [(("approves", n), course) for n, course in enumerate(shape.approves)]
    for where, course in named:
        if courses and course != OTHERS and course not in courses:
            known = ", ".join(sorted(courses))
            source.report((*at, *where), "missing", f'There is no course "{course}": write one of {known}.')


def _texts(shape: IssuerShape) -> Iterator[tuple[Path, str]]:
    yield ("name", "ms"), shape.name.ms
    yield ("name", "en"), shape.name.en
    yield ("registration",), shape.registration
    yield ("signatory", "name"), shape.signatory.name
    yield ("signatory", "office", "ms"), shape.signatory.office.ms
    yield ("signatory", "office", "en"), shape.signatory.office.en
    for place, each in enumerate(shape.assessors):
        yield ("assessors", place, "name"), each.name


def _check_words(source: Source, at: Path, words: str) -> None:
    claim = CLAIMS.search(words)
    if not words.strip():
        source.report(at, "empty", "There is nothing between the quotes: write the text.")
    elif len(words) > LONGEST:
        source.report(at, "length", f"{len(words) - LONGEST} letters too many: {LONGEST} fit on a certificate.")
    elif _CONTROL.search(words):
        source.report(at, "character", "There is an invisible control character in it: type these words anew.")
    elif claim:
        says = f'"{claim[0]}" claims what only an approval gives; the approved programme says it, not the issuer.'
        source.report(at, "claim", says)


def _check_addresses(source: Source, at: Path, shape: IssuerShape) -> None:
    addresses: list[tuple[Path, str]] = [(("url",), shape.url)]
    addresses += [(("assessors", place, "url"), each.url) for place, each in enumerate(shape.assessors)]
    for where, url in addresses:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.netloc or re.search(r"\s", url):
            source.report((*at, *where), "url", "Write the whole address of its page, https://…")
    if shape.did is not None and not _is_did(shape.did):
        source.report((*at, "did"), "did", "Write it like did:web:sijil.persatuan.example, or leave the line out.")


def _check_logos(source: Source, shape: IssuersShape, pictures: Mapping[str, media.Found]) -> None:
    for place, each in enumerate(shape.issuers):
        if each.logo is not None and each.logo not in pictures:
            known = ", ".join(sorted(pictures)) or "nothing yet"
            says = f'The folder media has no picture "{each.logo}"; in it: {known}.'
            source.report(("issuers", place, "logo"), "picture", says)
