"""What learners wrote that nobody could read, gathered for the course's author: perhaps it was a right answer in other words."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select

from bot.store import tables as t
from bot.store.database import Store
from flows.course import Question
from flows.reading.keywords import plain
from flows.session import Library

LONGEST: Final = 60  # characters of one reply that are shown
_DIGITS: Final = re.compile(r"\d(?:[ -]?\d){4,}")  # a phone or an IC number somebody sent by mistake


@dataclass(frozen=True, slots=True)
class Heap:
    """Replies to one question that say the same, and how many there are."""

    course: str
    lesson: str
    question: str
    words: str
    count: int


def gathered(store: Store, since: datetime, course: str = "") -> list[Heap]:
    """The replies since then that could not be read: by course and question, what came most often first.

    Counted in the database by their very words; those that differ only in capitals, signs and spaces are put together here.
    """
    reply = t.written_reply.c
    named = (reply.course, reply.lesson, reply.question, reply.words)
    query = select(*named, func.count()).where(reply.kind == "unread", reply.written_at >= since).group_by(*named)
    return _heaped(store.look(query.where(reply.course == course) if course else query))


def without_numbers(words: str) -> str:
    """The words without a phone or an IC number that somebody sent by mistake: "call 011..." for "call 011-1000 0000"."""
    return _DIGITS.sub("...", words)


def _heaped(rows: Iterable[Row[Any]]) -> list[Heap]:
    spellings: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        course, lesson, question, words, count = tuple(row)
        said = without_numbers(" ".join(words.casefold().split()))[:LONGEST]
        if plain(said):
            spellings[course, lesson, question, plain(said)][said] += count
    heaps = [
        Heap(*named[:3], words=spelt.most_common(1)[0][0], count=spelt.total()) for named, spelt in spellings.items()
    ]
    return sorted(heaps, key=lambda heap: (heap.course, heap.lesson, heap.question, -heap.count, heap.words))


def asked(library: Library, heap: Heap) -> Question | None:
    """The question as it is now, or None where an edit has taken it away."""
    course = library.course(heap.course)
    lesson = course.by_id.get(heap.lesson) if course else None
    return lesson.question(heap.question) if lesson else None


def line_to_paste(question: Question, words: str) -> str:
    """A line for the course file that lets these words be understood; "" where a word cannot help."""
    said = words.replace("\\", "").replace('"', "'")
    match question.kind:
        case "text":
            return f'accept: {{ms: ["{said}"]}}'
        case "choice" | "several" | "order":
            return f'also: {{ms: ["{said}"]}}'
        case _:
            return ""
