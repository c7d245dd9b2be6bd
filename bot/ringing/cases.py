"""A ring is opened when reminders were in vain, and closed once: by what a coordinator heard, or because she is back."""

from datetime import datetime
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Update

from bot.store import audit, tables as t
from bot.store.addresses import last_word, latest_first, note_stopped, reaches
from bot.store.database import Store
from bot.store.ids import new_id
from flows.course import Course

# reached: they spoke. not_reached: nobody answered. wrong: the number is another's. left: there is no need any more, since
# she wrote, or wants no messages.
Outcome = Literal["reached", "not_reached", "wrong", "left"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

UNANSWERED: Final = "two reminders unanswered"

_ring = t.ring.c

# Her last word, by the index on (learner, turn): one probe, however much she has written.
WROTE_AT: Final = (
    select(t.inbound_message.c.received_at)
    .where(t.inbound_message.c.learner_id == _ring.learner_id)
    .order_by(t.inbound_message.c.turn.desc())
    .limit(1)
    .scalar_subquery()
)
_hers = t.address.alias("to_ring")
# What can be dialled, of a phone whose holder still takes messages; WhatsApp's own ids cannot.
NUMBER: Final = (
    select(_hers.c.identifier)
    .where(reaches(_ring.learner_id, _hers), _hers.c.identifier.like("+%"), _hers.c.opted_out_at.is_(None))
    .order_by(*latest_first(_hers))
    .limit(1)
    .scalar_subquery()
)


def open_ring(connection: Connection, learner_id: int, why: str, course: Course | None, now: datetime) -> bool:
    """Have her rung, about that course as she knows it; True where she was not to be rung already.

    Harmless twice: a learner has one open ring. For the transaction of whatever was in vain. It costs one statement; her
    district and how far she has to go are kept with it, since neither changes while she is silent.
    """
    passed = select(func.count()).where(
        t.lesson_pass.c.learner_id == learner_id, t.lesson_pass.c.course == (course.id if course else "")
    )
    known = {
        "id": literal(new_id(now), _ring.id.type),
        "learner_id": t.learner.c.id,
        "why": literal(why, _ring.why.type),
        "course": literal(course.id if course else None, _ring.course.type),
        "opened_at": literal(now, _ring.opened_at.type),
        "district": func.coalesce(t.learner.c.district, ""),
        "to_go": literal(len(course.lessons) if course else 0, t.ring.c.to_go.type) - passed.scalar_subquery(),
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    hers = select(*known.values()).where(t.learner.c.id == learner_id)
    opened = insert(t.ring).from_select(list(known), hers).on_conflict_do_nothing().returning(_ring.id)
    return connection.execute(opened).one_or_none() is not None


def no_longer(row: Row[Any]) -> Outcome | None:
    """Why she need not be rung any more, of a row with WROTE_AT as `wrote_at` and NUMBER as `number`; None where she should be."""
    if row.wrote_at is not None and row.wrote_at > row.opened_at:
        return "left"
    return "left" if row.number is None else None


def close_when_she_writes(connection: Connection, ring_id: int, outcome: Outcome, now: datetime) -> None:
    """Close a ring that nobody needs to make, without an audit: a list was looked at, and she had come back."""
    connection.execute(_closing(ring_id, outcome, now))


def close(store: Store, ring_id: int, outcome: Outcome, who: str, *, now: datetime, zone: ZoneInfo) -> bool:
    """Note what came of a ring, and who says so; False where none is open under this id.

    A wrong number is let go of, as when its new owner writes SALAH NOMBOR.
    """
    with store.begin() as connection:
        query = select(_ring.learner_id, NUMBER.label("number")).where(_ring.id == ring_id, _ring.closed_at.is_(None))
        found = connection.execute(query).one_or_none()
        if found is None:
            return False
        # Her conversation first, as her own turns lock it: the other way round the two could wait for each other.
        connection.execute(
            select(t.conversation.c.turn).where(t.conversation.c.learner_id == found.learner_id).with_for_update()
        )
        if not connection.execute(_closing(ring_id, outcome, now)).rowcount:
            return False
        if outcome == "wrong" and found.number is not None:
            _let_go(connection, found.learner_id, found.number, now, zone)
        audit.note(connection, who, f"ring {outcome}", f"ring {ring_id}, learner {found.learner_id}", now=now)
    return True


def _closing(ring_id: int, outcome: Outcome, now: datetime) -> Update:
    return update(t.ring).where(_ring.id == ring_id, _ring.closed_at.is_(None)).values(outcome=outcome, closed_at=now)


def _let_go(connection: Connection, learner_id: int, number: str, now: datetime, zone: ZoneInfo) -> None:
    """Nobody is known at that number any more, and nothing goes there; what waits for it is cancelled when it is due."""
    connection.execute(delete(t.profile).where(t.profile.c.number == number))
    of_number = t.address.c.identifier == number
    connection.execute(update(t.address).where(of_number).values(learner_id=None, opted_out_at=now))
    connection.execute(delete(t.nudge).where(t.nudge.c.learner_id == learner_id))
    note_stopped(connection, select(t.learner.c.id).where(t.learner.c.id == learner_id))
    left = connection.execute(last_word(learner_id, but=number)).scalar_one()
    heard_on = left.astimezone(zone).date() if left else None
    connection.execute(update(t.learner).where(t.learner.c.id == learner_id).values(heard_on=heard_on))
