"""A coordinator's list of learners who agreed on paper: made known, enrolled, and reached though they never wrote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final, Literal
from zlib import crc32
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.roster_sheet import Entry
from bot.slip_sheet import Trouble
from bot.store import audit, tables as t
from bot.store.addresses import latest_first
from bot.store.database import Store
from bot.store.ids import new_id
from flows.completion import PHONE
from flows.course import Course
from flows.learner.about import NOTICE_VERSION
from flows.lessons.standing import passed
from flows.memory import remember
from flows.session import Enrolment, Library, Session
from flows.types import Enrol

CHANNEL: Final = "paper"  # of a consent that was given on it
RESTS: Final = "lesson.offer"  # where she is: her first lesson is the next thing to come
MOST_TRIES: Final = 5
_MORNING: Final = time(8)

# What entering a row does: she is new; she is known and begins a course; her number is confirmed; her name becomes known;
# nothing at all.
What = Literal["new", "enrolled", "confirmed", "named", "as before"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list, and what entering it would do."""

    entry: Entry
    what: What


@dataclass(frozen=True)
class Roster:
    """The use case, with what it needs: rows, the courses, where days begin, the time, and who brings the list."""

    store: Store
    library: Callable[[], Library]
    zone: ZoneInfo
    clock: Callable[[], datetime]
    by: str

    def read(self, entries: Sequence[Entry]) -> tuple[list[Listed], list[Trouble]]:
        """What each row would do; nothing is written. What cannot be entered comes back as trouble."""
        library, listed, troubles = self.library(), list[Listed](), list[Trouble]()
        with self.store.engine.connect() as connection:
            for entry in entries:
                found = self._found(connection, entry, library)
                if isinstance(found, Trouble):
                    troubles.append(found)
                else:
                    listed.append(Listed(entry, found[0]))
        return listed, troubles

    def enter(self, entry: Entry) -> What:
        """Enter one row in one transaction and return what that did; the same row again does nothing.

        Her consent is kept with its source: the words on the paper, the day, and who brought the list. The first lesson
        comes when her part of the day does. Raises ValueError where it cannot be entered (any more).
        """
        library = self.library()
        for _ in range(MOST_TRIES):
            try:
                with self.store.begin() as connection:
                    found = self._found(connection, entry, library)
                    if isinstance(found, Trouble):
                        raise ValueError(str(found))
                    what, held = found
                    if what != "as before":
                        self._enter(connection, entry, what, held, library.courses[entry.course])
                        audit.note(connection, self.by, "enter learner", f"{what}, row {entry.line}", now=self.clock())
                    return what
            except IntegrityError:
                continue  # she wrote at this very moment, or somebody enters the same list: look again
        raise ValueError(
            str(Trouble(entry.line, "number", "She is writing to us just now: import the list once more."))
        )

    def _found(self, connection: Connection, entry: Entry, library: Library) -> tuple[What, Row[Any] | None] | Trouble:
        """What the row does, and her address and session where she is known already."""
        course = library.course(entry.course)
        if course is None:
            there = ", ".join(sorted(library.courses))
            return Trouble(entry.line, "course", f'There is no course "{entry.course}". There are: {there}.')
        known = self._known(connection, entry.number)
        if isinstance(known, str):
            return Trouble(entry.line, "number", known)
        if known is None:
            return "new", None
        session = Session.from_json(known.session)
        if not session.consented:
            return Trouble(entry.line, "number", "She has written to us, and not agreed: ask her to send SETUJU.")
        if session.enrolment(entry.course) is None:
            if not _is_free(session, library):
                return Trouble(entry.line, "course", f"She is in the course {session.course}, and has not finished it.")
            return "enrolled", known
        given = select(t.consent.c.given_at).where(t.consent.c.learner_id == known.learner_id)
        at = self._at(entry)
        newer = all(each < at for each in connection.execute(given).scalars())
        heard = known.last_inbound_at
        if newer and (heard is None or heard < at):
            return "confirmed", known
        unnamed = entry.name is not None and self._named(connection, known.learner_id) is None
        return ("named" if unnamed else "as before"), known

    def _known(self, connection: Connection, number: str) -> Row[Any] | str | None:
        """Her address and session; None where nobody has ever written from there; or, in words, why a list cannot speak for her."""
        query = (
            select(t.address, t.conversation.c.session, t.conversation.c.turn)
            .select_from(t.address.outerjoin(t.conversation, t.conversation.c.learner_id == t.address.c.learner_id))
            .where(t.address.c.identifier == number)
            .order_by(*latest_first())
        )
        rows = connection.execute(query).all()
        sharing = connection.execute(select(t.profile.c.place).where(t.profile.c.number == number)).all()
        if any(row.opted_out_at is not None for row in rows):
            return "Somebody has sent STOP or SALAH NOMBOR from there: only a word from that phone (MULA) ends that."
        if any(row.learner_id is None for row in rows):
            return "Somebody has said that this number is another's: ask her to send MULA."
        if len(sharing) > 1:
            return "Several people share this phone: each begins by herself, with PENGGUNA."
        return rows[0] if rows else None

    def _named(self, connection: Connection, her: int) -> str | None:
        return connection.scalar(select(t.identity.c.name).where(t.identity.c.learner_id == her))

    def _enter(self, connection: Connection, entry: Entry, what: What, held: Row[Any] | None, course: Course) -> None:
        now = self.clock()
        her, address = (held.learner_id, held.id) if held else self._meet(connection, entry, course, now)
        if (
            entry.name and self._named(connection, her) is None
        ):  # what a coordinator has vouched for is changed by her alone
            checked = {"level": PHONE, "checked_by": self.by[:80], "checked_at": now}
            connection.execute(insert(t.identity).values(learner_id=her, name=entry.name, **checked))
        if what == "named":
            return
        self._agreed(connection, entry, her, address)
        if held is not None:
            session = Session.from_json(held.session)
            if session.enrolment(course.id) is not None:  # confirmed: what waited may come
                connection.execute(update(t.nudge).where(t.nudge.c.learner_id == her).values(due_at=now))
                return
            session = remember(session, Enrol(course.id, course.version)).but(state=RESTS, nudged=0)
            connection.execute(
                update(t.conversation)
                .where(t.conversation.c.learner_id == her, t.conversation.c.turn == held.turn)
                .values(session=session.to_json(), shown="")
            )
            connection.execute(t.nudge.delete().where(t.nudge.c.learner_id == her))
        enrolled = {"learner_id": her, "course": course.id, "version": course.version, "started_at": now}
        connection.execute(insert(t.enrolment).values(enrolled))
        turn = held.turn if held else 0
        connection.execute(insert(t.nudge).values(learner_id=her, turn=turn, due_at=now))

    def _meet(self, connection: Connection, entry: Entry, course: Course, now: datetime) -> tuple[int, int]:
        """Her rows: nobody has written from there, so there is no channel she wrote on."""
        her, address = new_id(now), new_id(now)
        session = Session(
            state=RESTS,
            locale=entry.locale,
            consented=True,
            seed=crc32(entry.number.encode()),
            course=course.id,
            enrolments=(Enrolment(course.id, course.version),),
        )
        of = {"id": her, "locale": entry.locale, "district": entry.district, "slot": entry.slot}
        connection.execute(insert(t.learner).values(of | {"consented_at": self._at(entry), "created_at": now}))
        kept = {"learner_id": her, "session": session.to_json(), "turn": 0, "dialogue": "", "typed": 0, "unread": "[]"}
        connection.execute(insert(t.conversation).values(kept))
        at = {"id": address, "kind": "tel", "identifier": entry.number, "learner_id": her, "created_at": now}
        connection.execute(insert(t.address).values(at))
        return her, address

    def _agreed(self, connection: Connection, entry: Entry, her: int, address: int) -> None:
        """Her consent, provable: the words on the paper, the day, and who brought the list."""
        source = f"({CHANNEL}, {entry.consented_on.isoformat()}, {self.by})"
        words = f"{entry.words[: 199 - len(source)]} {source}"
        given = {"words": words, "notice": NOTICE_VERSION, "channel": CHANNEL, "given_at": self._at(entry)}
        row = {"id": new_id(self.clock()), "learner_id": her, "address_id": address}
        connection.execute(insert(t.consent).values(row | given))

    def _at(self, entry: Entry) -> datetime:
        """The morning of the day she agreed."""
        return datetime.combine(entry.consented_on, _MORNING, self.zone)


def _is_free(session: Session, library: Library) -> bool:
    """Whether she may begin a course without leaving another unfinished."""
    course = library.course(session.course)
    return course is None or course.is_complete(passed(session))
