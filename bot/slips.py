"""Paper slips: answers somebody ticked on paper, read from a sheet and graded as if she had sent them, without a word to her."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot import effects
from bot.completion.issuing import told_later
from bot.effects import Turn
from bot.slip_sheet import Trouble, Written
from bot.store import audit, tables as t
from bot.store.addresses import latest_first, reaches
from bot.store.database import Store
from bot.store.ids import new_id
from flows import types as f
from flows.lessons.quiz import Marked, on_paper
from flows.machine import advance
from flows.session import Library, Session

CHANNEL: Final = "paper"  # of the inbound message that a slip becomes
MOST_TRIES: Final = 20
_DAY: Final = 8 * 3600  # seconds, from eight in the morning


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip whose learner and course are known: what it says, and what each answer was read as."""

    written: Written
    learner_id: int
    key: str  # the same for the same slip however often it is imported
    marked: tuple[Marked, ...]
    entered: bool  # before now


@dataclass(frozen=True)
class Slips:
    """The use case, with what it needs: rows, the courses, where days begin, and the time."""

    store: Store
    library: Callable[[], Library]
    zone: ZoneInfo
    clock: Callable[[], datetime]

    def read(self, rows: Sequence[Written]) -> tuple[list[Slip], list[Trouble]]:
        """What each slip would lead to; nothing is written. What cannot be entered comes back as trouble."""
        slips: list[Slip] = []
        troubles: list[Trouble] = []
        keys: set[str] = set()
        for row in rows:
            found = self._slip(row)
            if isinstance(found, Trouble):
                troubles.append(found)
            elif found.key in keys:
                troubles.append(Trouble(row.line, "answers", "The same slip stands in an earlier row: remove one."))
            else:
                slips.append(found)
                keys.add(found.key)
        return slips, troubles

    def enter(self, slip: Slip) -> bool:
        """Grade one slip for her, in one transaction; False where this very slip has been entered before.

        It takes a turn of hers, as a message does, so that a message of hers at the same moment comes after it. The
        message it becomes has the slip's key for its id, which the table holds once: entering twice changes nothing.
        """
        for _ in range(MOST_TRIES):
            try:
                with self.store.begin() as connection:
                    return self._enter(connection, slip)
            except IntegrityError:
                continue  # her turn was taken, or somebody enters the same slip: look again
        return False

    def _slip(self, row: Written) -> Slip | Trouble:
        library = self.library()
        course = library.course(row.course)
        if course is None:
            there = ", ".join(sorted(library.courses))
            return Trouble(row.line, "course", f'There is no course "{row.course}". There are: {there}.')
        her = self._learner(row)
        if isinstance(her, Trouble):
            return her
        session = Session.from_json(her.session)
        if not session.consented:
            return Trouble(row.line, "learner", "She has not agreed to the privacy notice yet: ask her to send MULA.")
        marked = tuple(on_paper(course, row.answers, library.keywords))
        if len(marked) < row.count:
            last = len(course.lessons)
            return Trouble(row.line, "answers", f"{row.course} has {last} lessons: there is no answer after {last}.")
        said = " ".join(f"{each.place}{each.said}" for each in marked)
        named = f"{her.learner_id} {row.course} {said} {row.day.isoformat()}"
        key = hashlib.sha256(named.encode()).hexdigest()
        return Slip(row, her.learner_id, key, marked, self._known(key))

    def _learner(self, row: Written) -> Row[Any] | Trouble:
        """Her conversation, by her id, or by a phone; of a phone that is shared, by her place on it."""
        query = select(t.conversation.c.learner_id, t.conversation.c.session)
        if row.learner:
            found = self.store.look(query.where(t.conversation.c.learner_id == row.learner))
            return found[0] if found else Trouble(row.line, "learner", f"There is no learner {row.learner}.")
        sharing = self.store.look(select(t.profile).where(t.profile.c.number == row.phone).order_by(t.profile.c.place))
        if len(sharing) > 1 and not row.person:
            says = f"{len(sharing)} people share this phone: write which of them in the column person, as 1 to {len(sharing)}."
            return Trouble(row.line, "person", says)
        if sharing:
            wanted = next((each.learner_id for each in sharing if each.place == (row.person or 1)), None)
        else:
            wanted = None if row.person > 1 else self._holder(row.phone)
        found = self.store.look(query.where(t.conversation.c.learner_id == wanted)) if wanted else ()
        if found:
            return found[0]
        return Trouble(row.line, "phone", "Nobody has written to us from this phone: ask her to send MULA first.")

    def _holder(self, phone: str) -> int | None:
        query = select(t.address.c.learner_id).where(t.address.c.identifier == phone).order_by(*latest_first())
        return next((row.learner_id for row in self.store.look(query) if row.learner_id), None)

    def _known(self, key: str) -> bool:
        return bool(self.store.look(select(t.inbound_message.c.id).where(*_is(key))))

    def _enter(self, connection: Connection, slip: Slip) -> bool:
        if connection.execute(select(t.inbound_message.c.id).where(*_is(slip.key))).first():
            return False
        now, her = self.clock(), slip.learner_id
        kept = connection.execute(
            select(t.conversation).where(t.conversation.c.learner_id == her).with_for_update()
        ).one()
        address = connection.execute(
            select(t.address.c.id).where(reaches(her)).order_by(*latest_first()).limit(1)
        ).scalar_one()
        library, at = self.library(), self._at(slip, now)
        turn = Turn(her, address, new_id(now), CHANNEL, kept.turn + 1, slip.written.answers, at, self.zone, library)
        event = f.SlipEntered(slip.written.course, slip.written.answers, at)
        step = advance(Session.from_json(kept.session), event, library)
        # What she did, she did that day; the certificate is issued now.
        completing = [effect for effect in step.effects if isinstance(effect, f.CompleteCourse)]
        effects.apply([effect for effect in step.effects if effect not in completing], turn, self.store)
        effects.apply(completing, replace(turn, now=now), self.store)  # the replaced turn shares the list of writes
        turn.writes[:] = told_later(turn.writes, now=now)  # the paper brought it, so nobody answers her
        connection.execute(insert(t.inbound_message).values(_message(turn, slip, now)))
        self.store.add(connection, turn.writes)
        moved = {"session": step.session.to_json(), "turn": turn.number}
        connection.execute(update(t.conversation).where(t.conversation.c.learner_id == her).values(moved))
        connection.execute(update(t.nudge).where(t.nudge.c.learner_id == her).values(turn=turn.number))
        audit.note(connection, slip.written.by, "enter slip", str(turn.inbound_id), now=now)
        return True

    def _at(self, slip: Slip, now: datetime) -> datetime:
        """Some time on the slip's day, never later than now.

        Slips of one day fall on different seconds, since ids are drawn from the time: a whole class in the same
        millisecond would draw some of them twice.
        """
        day = slip.written.day
        morning = datetime(day.year, day.month, day.day, 8, tzinfo=self.zone)
        return min(now, morning + timedelta(seconds=int(slip.key[:8], 16) % _DAY))


def _is(key: str) -> tuple[Any, Any]:
    return t.inbound_message.c.provider_id == key, t.inbound_message.c.channel == CHANNEL


def _message(turn: Turn, slip: Slip, now: datetime) -> dict[str, Any]:
    return {
        "id": turn.inbound_id,
        "channel": CHANNEL,
        "provider_id": slip.key,
        "address_id": turn.address_id,
        "learner_id": turn.learner_id,
        "turn": turn.number,
        "text": turn.heard,
        "reply": "[[], false]",
        "received_at": now,
    }
