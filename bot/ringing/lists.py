"""A coordinator's list of the week, as she reads it and as she asks for it by SMS."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, select

from bot import gsm
from bot.content.archive import Archive
from bot.render import ONE_SMS, Voice
from bot.ringing.cases import NUMBER, WROTE_AT, Outcome, close, close_when_she_writes, no_longer
from bot.ringing.dealing import RIGHT, deal, week_of
from bot.ringing.entries import Entry, Teller
from bot.store import tables as t
from bot.store.database import Store
from flows.session import Library
from flows.text import T, Words, invite

_ring = t.ring.c

_NEXT: Final = frozenset({"telefon", "telephone"})
_SAID: Final = re.compile(r"(?P<place>\d{1,2})[\s.):,-]*(?P<word>dapat|reached|tidak|no)[\s.!]*")
_OUTCOMES: Final[dict[str, Outcome]] = {
    "dapat": "reached",
    "reached": "reached",
    "tidak": "not_reached",
    "no": "not_reached",
}


class Coordinator(Protocol):
    """What of a coordinator is needed: a row of her table has it."""

    @property
    def id(self) -> int:
        """Her id."""

    @property
    def name(self) -> str:
        """What she is called, in the audit and on the telephone."""

    @property
    def locale(self) -> str:
        """The language she is written to in."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Everybody's lists of the week: made when somebody looks, the same all week."""

    store: Store
    library: Callable[[], Library]
    archive: Archive
    voice: Voice
    zone: ZoneInfo

    def this_week(self, coordinator: Coordinator, now: datetime) -> Sequence[Entry]:
        """Whom she should ring this week, by place, those already dealt with among them; none without the right `ring`.

        The first look of a week deals the names out (see `bot.ringing.dealing`), later ones fill up what has room. Who has
        written since is closed. Costs a few statements for the list, and two for each name on it.
        """
        rows = self._rows(coordinator, now)
        teller = Teller(self.store, self.library(), self.archive, self.voice.catalogues)
        return [teller.entry(row, coordinator.name, coordinator.locale, now) for row in rows]

    def to_ring(self, coordinator: Coordinator, now: datetime) -> int:
        """How many names on her list of this week nobody has dealt with yet."""
        return sum(not row.outcome for row in self._rows(coordinator, now))

    def done(self, coordinator: Coordinator, ring_id: int, outcome: Outcome, now: datetime) -> bool:
        """Note what came of a name on her own list, of this week; False where it is not there, or noted already."""
        hers = (_ring.id == ring_id, _ring.coordinator_id == coordinator.id)
        there = self.store.look(select(_ring.id).where(*hers, _ring.listed_at >= week_of(now, self.zone)))
        return bool(there) and close(self.store, ring_id, outcome, coordinator.name, now=now, zone=self.zone)

    def heard(self, coordinator: Coordinator, words: str, now: datetime) -> tuple[str, ...] | None:
        """What to answer a coordinator who writes TELEFON, 1 DAPAT or 2 TIDAK: SMS without the tag, each of one segment with it.

        None where her words are not about her list, or she has no right to ring. Networks hold back an SMS with a telephone
        number in it, so the number stands in the second of two: whatever becomes of that one, the place and the last four
        digits lead to it on the printed list. May be asked twice: the same outcome is noted once, and answered alike.
        """
        spoken = " ".join(words.casefold().split())
        said = _SAID.fullmatch(spoken)
        if spoken not in _NEXT and said is None:
            return None
        if all(each.id != coordinator.id for each in coordinators(self.store)):
            return None
        if said is not None:
            return (self._noted(coordinator, int(said["place"]), _OUTCOMES[said["word"]], now),)
        row = next((row for row in self._rows(coordinator, now) if not row.outcome), None)
        if row is None:
            return (self.voice.catalogues.say(T("There is nobody to ring now."), coordinator.locale),)
        teller = Teller(self.store, self.library(), self.archive, self.voice.catalogues)
        return self._told(teller.entry(row, coordinator.name, coordinator.locale, now), coordinator.locale)

    def _rows(self, coordinator: Coordinator, now: datetime) -> list[Row[Any]]:
        week = week_of(now, self.zone)
        with self.store.begin() as connection:
            deal(connection, week, now)
            for row in connection.execute(_listed(coordinator.id, week)).all():
                if not row.outcome and (outcome := no_longer(row)):
                    close_when_she_writes(connection, row.id, outcome, now)
            return list(connection.execute(_listed(coordinator.id, week)).all())  # with what has just been closed

    def _noted(self, coordinator: Coordinator, place: int, outcome: Outcome, now: datetime) -> str:
        def say(words: Words) -> str:
            return self.voice.catalogues.say(words, coordinator.locale)

        hers = (
            _ring.coordinator_id == coordinator.id,
            _ring.listed_at >= week_of(now, self.zone),
            _ring.place == place,
        )
        found = self.store.look(select(_ring.id, _ring.outcome).where(*hers))
        again = bool(found) and found[0].outcome == outcome  # she sent it twice, or it is read a second time
        if not found or not (
            again or close(self.store, found[0].id, outcome, coordinator.name, now=now, zone=self.zone)
        ):
            return say(
                T("There is no {place} on your list, or it is noted already. TELEFON shows the next.", place=place)
            )
        left = self.to_ring(coordinator, now)
        if not left:
            return say(T("Noted. That was the last on your list. Thank you."))
        if outcome == "reached":
            return say(T("Noted: {place} reached. {left} left. TELEFON shows the next.", place=place, left=left))
        return say(T("Noted: {place} not reached. {left} left. TELEFON shows the next.", place=place, left=left))

    def _told(self, entry: Entry, locale: str) -> tuple[str, ...]:
        """Two SMS: who she is, and then her number with the first thing to say."""

        def who(course: str) -> str:
            at: dict[str, str | int] = {
                "place": entry.place,
                "last": entry.number[-4:],
                "course": course,
                "progress": entry.progress or "-",
                "why": entry.why,
            }
            return self.voice.catalogues.say(
                invite(
                    T(
                        "{place}) number ending {last}: {course}, {progress}, {why}. Send {place} REACHED or {place} NO.",
                        **at,
                    )
                ),
                locale,
            )

        def rung(ask: str) -> str:
            return f"{entry.number}: {ask}"

        return self._fitted(entry.course or "-", who), self._fitted(entry.script[0], rung)

    def _fitted(self, words: str, say: Callable[[str], str]) -> str:
        """What is said with these words in one SMS; as many of them as it has room for, and three dots."""
        text = gsm.fold(say(words))
        while gsm.septets(self.voice.tag + text) > ONE_SMS and " " in words:
            words = words.removesuffix("...").rpartition(" ")[0] + "..."
            text = gsm.fold(say(words))
        return text


def coordinators(store: Store) -> list[Row[Any]]:
    """Everybody who has the right to ring, by name; their rows are each a `Coordinator`."""
    there = store.look(select(t.coordinator).where(t.coordinator.c.left_at.is_(None)).order_by(t.coordinator.c.name))
    return [row for row in there if RIGHT in row.rights.split()]


def _listed(coordinator_id: int, week: datetime) -> Select[Any]:
    """The names given to her this week, by place; along the index on (coordinator, when listed)."""
    hers = and_(t.enrolment.c.learner_id == _ring.learner_id, t.enrolment.c.course == _ring.course)
    return (
        select(
            t.ring,
            t.learner.c.locale,
            t.learner.c.created_at,
            t.enrolment.c.version,
            t.profile.c.place.label("person"),
            WROTE_AT.label("wrote_at"),
            NUMBER.label("number"),
        )
        .select_from(
            t.ring.join(t.learner, t.learner.c.id == _ring.learner_id)
            .outerjoin(t.enrolment, hers)
            .outerjoin(t.profile, t.profile.c.learner_id == _ring.learner_id)
        )
        .where(_ring.coordinator_id == coordinator_id, _ring.listed_at >= week)
        .order_by(_ring.place)
    )
