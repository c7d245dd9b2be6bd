"""What was said, what is to be said and when, and who did what."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

inbound_message = Table(
    "inbound_message",
    metadata,
    own_id(),
    Column("channel", String(40), nullable=False),
    Column("provider_id", String(200), nullable=False),
    to("address", "address_id"),
    to("learner", "learner_id"),
    Column("turn", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("reply", Text, nullable=False),  # what we answered, as JSON: a retry gets the same words
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("provider_id", "channel"),  # a provider's retry is not a second message
    UniqueConstraint("learner_id", "turn"),  # two messages at once are two turns, one after the other
)

# On PostgreSQL learner_id and address_id are not checked against their tables (migration 0010): that took more than half of the
# time in which an announcement's million rows are written, all of them selected from those very tables. Nothing deletes from these.
outbound_message = Table(
    "outbound_message",
    metadata,
    own_id(),
    to("learner", "learner_id"),
    to("address", "address_id"),
    Column("channel", String(40), nullable=False),
    Column("purpose", String(12), nullable=False),  # reply, nudge, call, broadcast
    Column("lane", SmallInteger, nullable=False),  # 0 replies, 1 what may wait
    Column("text", Text, nullable=False),
    Column("status", String(14), nullable=False),
    Column("rank", SmallInteger, nullable=False),  # of the status: it only grows
    Column("due_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("attempts", SmallInteger, nullable=False),
    Column("provider_id", String(140)),
    Column("error", String(200)),
    Column("turn", Integer),  # a nudge is for the silence after this turn, and for no other
    Column("broadcast_id", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("picture", Text),  # goes with the text: its name, a space, and what it shows in words
    Column("follows", BigInteger),  # the part before it, where one thought has several: it leaves when that one is sent
    Column("one_of", Boolean),  # she answers it with one of its lettered options, so buttons may show them
    Column("course", String(40)),  # the one it belongs to, where it belongs to one
    Column("segments", SmallInteger),  # how many SMS it was; none until it is sent, and where it is none
    Column("cost", Integer),  # in millionths of a ringgit, by the prices when it was sent
    Column("template", Boolean),  # it went as one, by WhatsApp; none where it did not
    UniqueConstraint("broadcast_id", "learner_id"),  # one announcement reaches a learner once
    Index(None, "learner_id", "id"),  # the newest of hers
)
_TAKEN = outbound_message.c.provider_id.is_not(None)
Index(  # what a receipt is about: without those that wait, a fourteenth of the time it takes to write one is saved
    "ix_outbound_message_provider_id",
    outbound_message.c.provider_id,
    postgresql_where=_TAKEN,
    sqlite_where=_TAKEN,
)
Index(
    "ix_outbound_message_queued",
    outbound_message.c.lane,
    outbound_message.c.channel,
    outbound_message.c.due_at,
    outbound_message.c.id,  # an announcement's rows are all due at once: without it each claim would sort them
    postgresql_where=outbound_message.c.status == "queued",
    sqlite_where=outbound_message.c.status == "queued",
)
# Purposes of what counts in nobody's week: she wrote, and is answered, by the bot or by a coordinator; or it is a coordinator's own.
ANSWERS = ("reply", "answer", "digest")
# What was pushed to a learner, or waits to be: of a thought in several parts the first, and not what never reached her. What gave
# way to another try (`resending`, with the rank of what failed) counts for it. Said as the index says it: SQLite does not look
# into parameters.
PUSHED = and_(
    outbound_message.c.purpose.not_in([literal_column(f"'{purpose}'") for purpose in ANSWERS]),
    outbound_message.c.follows.is_(None),
    outbound_message.c.status != literal_column("'failed'"),
    outbound_message.c.rank < literal_column("9"),  # cancelled
)
Index(  # her week, from the index alone: what the weekly budget asks of a million learners when something is announced
    "ix_outbound_message_pushed",
    *(outbound_message.c.learner_id, outbound_message.c.due_at),
    postgresql_where=PUSHED,
    sqlite_where=PUSHED,
)
_ANNOUNCED = outbound_message.c.broadcast_id.is_not(None)
Index(  # how far an announcement is, and what of it may be stopped; replies and nudges are not in it
    "ix_outbound_message_broadcast_id_status",
    *(outbound_message.c.broadcast_id, outbound_message.c.status),
    postgresql_where=_ANNOUNCED,
    sqlite_where=_ANNOUNCED,
)
_UNSETTLED = outbound_message.c.status.in_(("sending", "undetermined"))
Index(
    "ix_outbound_message_unsettled",
    *(outbound_message.c.status, outbound_message.c.lease_until),
    postgresql_where=_UNSETTLED,
    sqlite_where=_UNSETTLED,
)

_FAILED = outbound_message.c.status == "failed"
Index(
    "ix_outbound_message_failed",
    *(outbound_message.c.channel, outbound_message.c.id),
    postgresql_where=_FAILED,
    sqlite_where=_FAILED,
)

circuit = Table(
    "circuit",  # a channel that fails; no row where all is well
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row, in all processes
    Column("rests", Integer, nullable=False),  # how often it has rested since something went through
    Column("opened_at", Moment),  # since when nothing goes by it; none while it is only counted
    Column("until", Moment),  # then one message is tried
    Column("refusal", String(16), nullable=False),
    Column("why", String(200), nullable=False),  # the provider's code
)

spend = Table(
    "spend",  # a day that is over, added up, so that a month costs thirty rows and not a million
    metadata,
    Column("day", String(10), primary_key=True),  # the date there, of when the messages were made
    Column("channel", String(40), primary_key=True),
    Column("purpose", String(12), primary_key=True),
    Column("course", String(40), primary_key=True),  # "" for what belongs to none
    # whether they went as templates, of which WhatsApp gives none for nothing
    Column("template", Boolean, primary_key=True, server_default=false()),
    Column("messages", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("cost", BigInteger, nullable=False),  # in millionths of a ringgit
)

nudge = Table(
    "nudge",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("turn", Integer, nullable=False),  # the silence it was made for: any later turn makes it stale
    Column("due_at", Moment, nullable=False, index=True),
    Column("step", SmallInteger, nullable=False, server_default="0"),  # how many were sent into this silence
    Column("course", String(40)),  # the one it is about, whose policy it follows
)

request = Table(
    "request",
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("about", String(20), nullable=False),  # call, problem, data_access …
    Column("inbound_id", BigInteger, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
_STILL_OPEN = request.c.closed_at.is_(None)
Index("ix_request_open", request.c.due_at, postgresql_where=_STILL_OPEN, sqlite_where=_STILL_OPEN)

audit_event = Table(
    "audit_event",
    metadata,
    own_id(),
    Column("at", Moment, nullable=False),
    Column("who", String(80), nullable=False),
    Column("did", String(40), nullable=False),
    Column("about", Text, nullable=False),
)

early_receipt = Table(
    "early_receipt",  # about a message whose id at the provider we do not know yet, or that is not ours
    metadata,
    Column("provider_id", String(140), primary_key=True),
    Column("channel", String(40), primary_key=True),
    # whom it is about, since one id may stand for many people's messages; "" where it does not say
    Column("identifier", String(140), primary_key=True, server_default=""),
    Column("status", String(14), nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("error", String(200)),
    Column("refusal", String(16)),  # what that means, where we know it
    Column("received_at", Moment, nullable=False, index=True),
)

# --- surveys ---
