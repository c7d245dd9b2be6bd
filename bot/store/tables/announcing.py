"""Who may announce what to whom, whom to ring, and what is being tried out."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

broadcast = Table(
    "broadcast",
    metadata,
    own_id(),
    Column("author", String(80), nullable=False),
    Column("words", Text, nullable=False),  # by language, as JSON
    Column("course", String(40)),
    Column("district", String(40)),
    Column("segment", Text, nullable=False, server_default=""),  # who it is for, as people write it; "" for everybody
    Column("status", String(12), nullable=False),  # draft, waiting, sending, paused, done, cancelled
    Column(
        "urgent", Boolean, nullable=False, server_default=false()
    ),  # floods: no second person, no undo time, no hours, no days off
    Column("size", BigInteger),  # how many it was for when it was approved
    Column("rehearsed_at", Moment),
    Column("approved_by", String(80)),
    Column("approved_at", Moment),
    Column("due_at", Moment),  # when it begins to go out: at the earliest when it can no longer be taken back
    Column(
        "every_week", Boolean, nullable=False, server_default=false()
    ),  # then a copy of it is made for the week after
    Column("beyond_cap", String(200)),  # why it goes to those too who had as much this week as may be
    # Every learner up to this id has her row. Once it has begun its stretches tell how far it is, until all have theirs.
    Column("after", BigInteger, nullable=False),
    Column("joined_by", Moment),  # who came later is not in it
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
)
Index(
    "ix_broadcast_due_at",
    broadcast.c.due_at,
    postgresql_where=broadcast.c.status.in_(("waiting", "sending")),
    sqlite_where=broadcast.c.status.in_(("waiting", "sending")),
)

broadcast_stretch = Table(
    "broadcast_stretch",  # part of the learners of one that goes out; none before and after
    metadata,
    Column("broadcast_id", BigInteger, ForeignKey("broadcast.id"), primary_key=True, autoincrement=False),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),  # the cursor: every learner of the stretch up to this id has her row
    Column("last", BigInteger, nullable=False),
)

broadcast_reply = Table(
    "broadcast_reply",  # what learners answered to an announcement
    metadata,
    own_id(),
    to("broadcast", "broadcast_id"),
    to("learner", "learner_id"),
    Column("kind", String(10), nullable=False),  # yes, no, free
    Column("words", String(200), nullable=False),
    Column("given_at", Moment, nullable=False),
    Index(None, "broadcast_id", "kind"),
)

segment = Table(
    "segment",  # a described group, under a name
    metadata,
    Column("name", String(40), primary_key=True),
    Column("described", Text, nullable=False),  # as people write it
    Column("author", String(80), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

tag = Table(
    "tag",  # a coordinator's own word for a learner
    metadata,
    Column("name", String(40), primary_key=True),
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Index(None, "learner_id"),
)

coordinator = Table(
    "coordinator",
    metadata,
    own_id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("number", String(140), unique=True),  # from which she may command by SMS
    Column("locale", String(8), nullable=False),
    Column("district", String(40)),  # whose learners she rings; none: all
    Column("rights", String(200), nullable=False),  # words with spaces between: announce approve ring
    Column("pin_hash", String(200)),
    Column("tries", SmallInteger, nullable=False),  # with wrong digits, in a row
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("left_at", Moment),
)

order = Table(
    "coordinator_order",  # asked for by SMS, and waiting for its YA
    metadata,
    Column("coordinator_id", BigInteger, ForeignKey("coordinator.id"), primary_key=True, autoincrement=False),
    Column("code", String(12), nullable=False),
    Column("broadcast_id", BigInteger, ForeignKey("broadcast.id"), nullable=False),
    Column("until", Moment, nullable=False),
)

digest = Table(
    "digest",  # that a coordinator was told of a week: once, whoever looks
    metadata,
    Column("coordinator_id", BigInteger, ForeignKey("coordinator.id"), primary_key=True, autoincrement=False),
    Column("week", String(10), primary_key=True),  # the date of its Monday there
    Column("at", Moment, nullable=False),
    Column("message_id", BigInteger),  # the outbound message; none where nothing could go
    Column("why", String(160), nullable=False),  # why nothing could; "" where it went
)

ring = Table(
    "ring",  # a learner who should be rung
    metadata,
    own_id(),
    to("learner", "learner_id"),
    to("coordinator", "coordinator_id", null=True),
    Column("why", String(200), nullable=False),
    Column("course", String(40)),
    Column("opened_at", Moment, nullable=False),
    # Hers when it was opened, "" where she named none: she could change it only by writing, which closes it.
    Column("district", String(40), nullable=False),
    Column("to_go", SmallInteger, nullable=False),  # lessons of the course she had not passed then
    Column("listed_at", Moment),  # when it was put on somebody's list
    Column("place", SmallInteger),  # on that week's list, from 1: a coordinator names it in her SMS
    Column("outcome", String(12)),  # reached, not_reached, wrong, left
    Column("closed_at", Moment),
    Index(None, "coordinator_id", "listed_at"),  # a coordinator's list of the week
)
_OPEN = ring.c.closed_at.is_(None)
Index("ix_ring_open", ring.c.learner_id, unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
Index(
    "ix_ring_in_turn",  # the next names, in their order, without sorting all that wait
    *(ring.c.to_go, ring.c.opened_at, ring.c.id),
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)
Index(
    "ix_ring_in_turn_there",  # the same of one district
    *(ring.c.district, ring.c.to_go, ring.c.opened_at, ring.c.id),
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)

arm = Table(
    "arm",  # what a learner was given in an experiment: drawn once, and kept
    metadata,
    Column("experiment", String(40), primary_key=True),
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("arm", String(40), nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("outcome", Boolean),  # none while it is open
    Column("settled_at", Moment),
    Column("opted_out", Boolean, nullable=False),
    Column("closes_at", Moment, nullable=False),  # when her outcome is decided
    Column("looks_at", Moment),  # when she is looked at next; none once she is settled
    UniqueConstraint("experiment", "arm", "learner_id"),
)
Index(
    "ix_arm_looks_at",
    arm.c.experiment,
    arm.c.looks_at,
    postgresql_where=arm.c.looks_at.is_not(None),
    sqlite_where=arm.c.looks_at.is_not(None),
)

experiment = Table(
    "experiment",  # one that has begun: what was declared at its first draw, and whether it was stopped
    metadata,
    Column("id", String(40), primary_key=True),
    Column("declared", Text, nullable=False),  # as JSON
    Column("begun_at", Moment, nullable=False),
    Column("stopped_arms", String(200), nullable=False),  # by the guard: words with spaces between
    Column("stopped_at", Moment),
    Column("stopped_why", String(200)),
)

withheld = Table(
    "withheld",  # what did not go to a learner, or not yet, and why: the last of each purpose
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("purpose", String(12), primary_key=True),
    Column("why", String(160), nullable=False),
    Column("until", Moment),  # when it is looked at again; none where it will not go
    Column("at", Moment, nullable=False),
)
