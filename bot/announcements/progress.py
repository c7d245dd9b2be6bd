"""How far an announcement has come: counted by index, so that looking costs little however large it is.

One query each, for a million recipients on PostgreSQL: the statuses 0.15 s from an index alone; those left out, as long as it
takes to read that many rows; answers and opt-outs by their own number. So whoever watches waits longer between two looks.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, select

from bot.announcements.drafts import look
from bot.announcements.spreading import END
from bot.channels.base import Status
from bot.channels.status import ARRIVED
from bot.store import tables as t
from bot.store.database import Store

CAUSED: Final = timedelta(
    hours=24
)  # who says STOP so soon after an announcement counts as having stopped because of it
_out: Final = t.outbound_message.c
_reply: Final = t.broadcast_reply.c
_SENT: Final = (Status.SENT, *ARRIVED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an announcement has come: rows by status, why some were skipped, what was answered, who stopped because of it."""

    status: str
    by_status: Mapping[str, int]
    skipped: Mapping[str, int]
    replies: Mapping[str, int] = field(default_factory=dict)  # yes, no, free
    opted_out: int = 0
    size: int | None = None  # how many it was for when it was approved
    due_at: datetime | None = None

    @property
    def rows(self) -> int:
        """How many learners have their row."""
        return sum(self.by_status.values())

    @property
    def waiting(self) -> int:
        """How many of them are neither sent nor given up."""
        return self.by_status.get(Status.QUEUED, 0) + self.by_status.get(Status.SENDING, 0)

    def as_json(self) -> dict[str, object]:
        """The same for a program, such as the web."""
        return asdict(self) | {"due_at": self.due_at.isoformat() if self.due_at else None}


def progress(store: Store, announcement: int) -> Progress:
    """How far an announcement has come. Raises LookupError where there is none with this id."""
    ours = look(store, announcement)
    of_it = _out.broadcast_id == announcement
    by_status = dict(map(tuple, store.look(select(_out.status, func.count()).where(of_it).group_by(_out.status))))
    skipped: dict[str, int] = {}
    if by_status.get(Status.CANCELLED):
        left_out = (of_it, _out.status == Status.CANCELLED)
        skipped = dict(map(tuple, store.look(select(_out.error, func.count()).where(*left_out).group_by(_out.error))))
    # It is done when the clock has looked; whoever looks before sees that nothing waits.
    over = ours.status == "sending" and ours.after == END and not by_status.get(Status.QUEUED)
    return Progress(
        "done" if over else ours.status,
        by_status,
        skipped,
        _replies(store, announcement),
        _opted_out(store, ours),
        ours.size,
        ours.due_at,
    )


def _replies(store: Store, announcement: int) -> dict[str, int]:
    """What was answered: of HADIR and TIDAK HADIR the last word of each learner, and all free words."""
    newest = func.row_number().over(partition_by=(_reply.learner_id, _reply.kind == "free"), order_by=_reply.id.desc())
    each = select(_reply.kind, newest.label("newest")).where(_reply.broadcast_id == announcement).subquery()
    counts = select(each.c.kind, func.count()).where((each.c.newest == 1) | (each.c.kind == "free"))
    return dict(map(tuple, store.look(counts.group_by(each.c.kind))))


def _opted_out(store: Store, ours: Row[Any]) -> int:
    """How many said STOP within a day after it reached them: found from the few who did, not from all who got it."""
    if ours.joined_by is None:
        return 0
    stops = select(t.address.c.learner_id, func.max(t.address.c.opted_out_at).label("at")).where(
        t.address.c.opted_out_at >= ours.joined_by, t.address.c.learner_id.is_not(None)
    )
    stops_of = stops.group_by(t.address.c.learner_id).subquery("stops")
    got = select(stops_of.c.at, _out.settled_at).join_from(
        stops_of, t.outbound_message, _out.learner_id == stops_of.c.learner_id
    )
    rows = store.look(got.where(_out.broadcast_id == ours.id, _out.status.in_(_SENT)))
    return sum(row.settled_at is not None and timedelta() <= row.at - row.settled_at <= CAUSED for row in rows)
