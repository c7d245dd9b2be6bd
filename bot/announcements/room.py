"""Whether a learner's week has room for an announcement, decided in SQL: see `arbiter.decide`, whose numbers and words these are."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, case, false, func, literal, select, true

from bot import arbiter
from bot.announcements.recipients import Range
from bot.store import tables as t
from bot.store.moment import later

_out: Final = t.outbound_message.c


class Room(NamedTuple):
    """Learners, each with what was pushed to her in a week."""

    source: FromClause
    full: ColumnElement[bool]  # her week has no room: `arbiter.FULL`
    opens: ColumnElement[Any]  # when it may go: not within an hour of something else
    asked: bool


def with_room(her: FromClause, at: datetime, within: Range, *, asked: bool, on_sqlite: bool) -> Room:
    """The rows of `recipients.decided`, each with whether her week has room for something that leaves `at`.

    From the index of what is pushed alone: her few of this week, however much she has had before. Not `asked` for an emergency,
    and where a coordinator has overridden the budget.
    """
    leaves = literal(at, _out.due_at.type)
    if not asked:
        return Room(her, false(), leaves, asked)
    pushes, last = func.count().label("pushes"), func.max(_out.due_at).label("last")
    lately = select(pushes, last).where(t.PUSHED, _out.due_at > literal(at - arbiter.WEEK, _out.due_at.type))
    if on_sqlite:  # which looks nothing up for each row of another query, but from itself
        hers = lately.add_columns(_out.learner_id).where(*within.holds(_out.learner_id)).group_by(_out.learner_id)
        week: Any = hers.subquery("week")
        source = her.outerjoin(week, week.c.learner_id == her.c.learner_id)
    else:
        week = lately.where(_out.learner_id == her.c.learner_id).lateral("week")
        source = her.outerjoin(week, true())
    full = and_(her.c.skipped == 0, func.coalesce(week.c.pushes, 0) >= arbiter.MOST_PUSHES)
    close = week.c.last > literal(at - arbiter.APART, _out.due_at.type)
    opens = case((close, later(week.c.last, arbiter.APART, on_sqlite=on_sqlite)), else_=leaves)
    return Room(source, full, opens, asked)
