"""The names that a description may use: without them any name goes, with them a misspelt one is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from bot.segments.vocabulary import ABOUT
from bot.store import tables as t
from bot.store.database import Store
from flows.learner.prefer import DISTRICTS
from flows.session import Library

ELSEWHERE: Final = "Daerah lain"  # what the survey keeps of a district that is none of ours

Table = Mapping[str, str]  # as it may be said, in small letters -> as it is kept


def districts(more: Mapping[str, str] | None = None) -> Table:
    """The districts, as a learner may say them and as they are kept with her."""
    ours = {name.casefold(): name for name in DISTRICTS}
    elsewhere = dict.fromkeys(("daerah lain", "another district", "lain"), ELSEWHERE)
    return {**ours, **elsewhere, **(more or {})}


@dataclass(frozen=True, slots=True)
class Known:
    """The names there are, each as it may be said and as it is kept. None where nobody has looked: then any name goes."""

    districts: Table = field(default_factory=districts)
    about: Mapping[str, Table] = field(default_factory=lambda: ABOUT)
    courses: Table | None = None
    tags: Table | None = None
    segments: Table | None = None
    answers: Mapping[tuple[str, str], frozenset[str]] | None = (
        None  # survey, question -> options; none where a number is asked
    )


ANYTHING: Final = Known()


def names_there(store: Store, library: Library) -> Known:
    """Every name there is now: of courses and surveys, of tags, of saved groups. Two small looks at the database."""
    tags = [row.name for row in store.look(select(t.tag.c.name).distinct())]
    saved = [row.name for row in store.look(select(t.segment.c.name))]
    more: dict[str, str] = {}
    about = {what: dict(said) for what, said in ABOUT.items()}
    answers: dict[tuple[str, str], frozenset[str]] = {}
    for survey in library.surveys.values():
        for item in survey.items:
            options = item.question.options
            answers[survey.id, item.id] = frozenset(option.key for option in options)
            for option in options:
                kept = option.says.within("ms") if item.profile == "district" else option.key
                said = {words.casefold(): kept for _, words in option.says.words} | {option.key: kept}
                if item.profile == "district":
                    more |= said
                elif item.profile:
                    about[item.profile] = said | {word.casefold(): kept for word in option.also} | about[item.profile]
    return Known(districts(more), about, _same(library.courses), _same(tags), _same(saved), answers)


def _same(names: Mapping[str, object] | list[str]) -> Table:
    return {name.casefold(): name for name in names}
