"""Where a description has been read up to, and what can be read there: a phrase, a name, a number, a day."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from bot.segments import vocabulary as v
from bot.segments.known import Known
from bot.segments.marks import Mark, cut
from bot.segments.misread import missing, unknown
from bot.slip_sheet import day_of
from flows.text import T, Text

LONGEST_NAME: Final = 40  # as the tables have it
_MOST_WORDS: Final = 5  # of a value
_NUMBER: Final = re.compile(r"(\d{1,4})([a-z]*)")
_SIGNS: Final = frozenset("(),;&=")


class Cursor:
    """The words of a description and a place among them; what is read moves on."""

    def __init__(self, words: str, known: Known) -> None:
        self.marks = cut(words)
        self.known = known
        self.place = 0

    @property
    def next(self) -> Mark | None:
        """The word that comes next; None at the end."""
        return self.marks[self.place] if self.place < len(self.marks) else None

    @property
    def at(self) -> int:
        """Where that is, in characters; at the end, where the last word stands."""
        return self.marks[min(self.place, len(self.marks) - 1)].at if self.marks else 0

    def sees(self, words: frozenset[str], ahead: int = 0) -> bool:
        """Whether the next word, or one further on, is one of these, and not in quotes."""
        place = self.place + ahead
        return place < len(self.marks) and not self.marks[place].quoted and self.marks[place].plain in words

    def passes(self, words: frozenset[str]) -> str:
        """Move past the next word where it is one of these, and return it as it was typed."""
        if not self.sees(words):
            return ""
        self.place += 1
        return self.marks[self.place - 1].text

    def plain(self, count: int, ahead: int = 0) -> tuple[str, ...]:
        """The next so many words in small letters; none of them where there are fewer, or one is in quotes."""
        found = self.marks[self.place + ahead : self.place + ahead + count]
        return () if len(found) < count or any(mark.quoted for mark in found) else tuple(mark.plain for mark in found)

    def opens(self, ahead: int = 0) -> tuple[str, int]:
        """The criterion that begins here and how many words say so; ("", 0) where none does."""
        for count in range(v.longest(), 0, -1):
            kind = v.openers().get(self.plain(count, ahead))
            if kind:
                return kind, count
        return "", 0

    def value(self, table: Mapping[str, str], ahead: int = 0) -> tuple[str, int]:
        """The value of a table that stands here, as it is kept, and how many words it has; ("", 0) where none does."""
        place = self.place + ahead
        if place < len(self.marks) and self.marks[place].quoted:
            kept = table.get(self.marks[place].plain, "")
            return (kept, 1) if kept else ("", 0)
        for count in range(_MOST_WORDS, 0, -1):
            kept = table.get(" ".join(self.plain(count, ahead)), "")
            if kept:
                return kept, count
        return "", 0

    def names(self, after: str, what: Text, table: Mapping[str, str] | None) -> tuple[str, ...]:
        """One name, or several with "or" between them. Raises NotUnderstood where there is none, or nothing has it."""
        found = [self._name(after, what, table)]
        while self.sees(v.OR) and (self._is_name(1) or (table and self.value(table, 1)[1])):
            self.place += 1
            found.append(self._name(after, what, table))
        return tuple(dict.fromkeys(found))

    def _is_name(self, ahead: int = 0) -> bool:
        """Whether what stands here can only be a name: in quotes, or a word that is not ours."""
        place = self.place + ahead
        if place >= len(self.marks):
            return False
        mark = self.marks[place]
        words_of_ours = v.beginnings() | v.FILLERS | v.NOT | v.AND | v.OR | _SIGNS
        return mark.quoted or mark.plain not in words_of_ours

    def _name(self, after: str, what: Text, table: Mapping[str, str] | None) -> str:
        if table is not None:
            kept, count = self.value(table)
            if count:
                self.place += count
                return kept
        if not self._is_name():
            raise missing(after, self.at, T("the name of a {what}", what=what))
        mark = self.marks[self.place]
        if table is not None:
            raise unknown(what, mark.text, mark.at, table.values())
        if not 0 < len(mark.text) <= LONGEST_NAME:
            raise missing(after, mark.at, T("the name of a {what}", what=what))
        self.place += 1
        return mark.plain

    def number(self, after: str, wanted: Text) -> tuple[int, str]:
        """A number from 0 to 9999, and the letters glued to it. Raises NotUnderstood where none stands here."""
        found = _NUMBER.fullmatch(self.next.plain) if self.next else None
        if found is None:
            raise missing(after, self.at, wanted)
        self.place += 1
        return int(found[1]), found[2]

    def days(self, after: str) -> int:
        """A number of days, weeks of seven or months of thirty. Raises NotUnderstood where none stands here."""
        at, wanted = self.at, T("a number of days, like 14 days")
        count, unit = self.number(after, wanted)
        unit = unit or self.passes(frozenset(v.DAYS)).casefold() or "days"
        if not count or unit not in v.DAYS:
            raise missing(after, at, wanted)
        return count * v.DAYS[unit]

    def day(self, after: str) -> date:
        """A date. Raises NotUnderstood where none stands here."""
        found = day_of(self.next.text) if self.next else None
        if found is None:
            raise missing(after, self.at, T("a date, like 2026-12-01 or 1/12/2026"))
        self.place += 1
        return found

    def sign(self, sign: str) -> bool:
        """Move past a sign where it comes next."""
        return bool(self.passes(frozenset((sign,))))
