"""Every table, and the promise each one holds by a constraint."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.moment import Moment

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


def _id() -> Column[int]:
    # Drawn by us (see ids.py), so that everything of a turn is known before it is written.
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _to(table: str, name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(f"{table}.id"), nullable=null)


learner = Table(
    "learner",
    metadata,
    _id(),
    Column("locale", String(8), nullable=False),
    Column("district", String(40)),
    Column("slot", String(12)),
    Column("consented_at", Moment),
    Column("created_at", Moment, nullable=False),
)

address = Table(
    "address",
    metadata,
    _id(),
    Column("kind", String(10), nullable=False),  # tel, whatsapp
    Column("identifier", String(140), nullable=False),  # E.164, or WhatsApp's own user id
    _to("learner", "learner_id", null=True),  # the active learner; none once somebody said it is not theirs
    Column("opted_out_at", Moment),
    Column("last_inbound_at", Moment),
    Column("last_channel", String(40)),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("identifier", "kind"),
    Index(None, "learner_id"),
)

conversation = Table(
    "conversation",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("session", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("dialogue", String(140), nullable=False),  # the call that is open, or was last
    Column("typed", Integer, nullable=False),  # how much of its transcript has been heard
    Column("unread", Text, nullable=False),  # screens of the last reply not shown yet, as JSON
)

inbound_message = Table(
    "inbound_message",
    metadata,
    _id(),
    Column("channel", String(40), nullable=False),
    Column("provider_id", String(200), nullable=False),
    _to("address", "address_id"),
    _to("learner", "learner_id"),
    Column("turn", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("reply", Text, nullable=False),  # what we answered, as JSON: a retry gets the same words
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("provider_id", "channel"),  # a provider's retry is not a second message
    UniqueConstraint("learner_id", "turn"),  # two messages at once are two turns, one after the other
)

outbound_message = Table(
    "outbound_message",
    metadata,
    _id(),
    _to("learner", "learner_id"),
    _to("address", "address_id"),
    Column("channel", String(40), nullable=False),
    Column("purpose", String(12), nullable=False),  # reply, nudge, broadcast
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
    UniqueConstraint("broadcast_id", "learner_id"),  # one announcement reaches a learner once
    Index(None, "provider_id"),
    Index(None, "learner_id"),
)
Index(
    "ix_outbound_message_queued",
    outbound_message.c.lane,
    outbound_message.c.due_at,
    postgresql_where=outbound_message.c.status == "queued",
    sqlite_where=outbound_message.c.status == "queued",
)
_UNSETTLED = outbound_message.c.status.in_(("sending", "undetermined"))
Index(
    "ix_outbound_message_unsettled",
    *(outbound_message.c.status, outbound_message.c.lease_until),
    postgresql_where=_UNSETTLED,
    sqlite_where=_UNSETTLED,
)

consent = Table(
    "consent",
    metadata,
    _id(),
    _to("learner", "learner_id"),
    _to("address", "address_id"),
    Column("words", String(200), nullable=False),  # her own
    Column("notice", String(20), nullable=False),  # the version she was shown
    Column("channel", String(40), nullable=False),
    Column("given_at", Moment, nullable=False),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index(None, "course"),
)

answer = Table(
    "answer",
    metadata,
    _id(),
    _to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("lesson", String(40), nullable=False),
    Column("question", String(40), nullable=False),
    Column("option", String(40), nullable=False),
    Column("correct", Boolean, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("answered_at", Moment, nullable=False),
    Index(None, "learner_id", "course"),
)

lesson_pass = Table(
    "lesson_pass",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),
    Column("lesson", String(40), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("passed_at", Moment, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    _id(),
    _to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("code", String(12), nullable=False),
    Column("title", Text, nullable=False),  # as it was at issue, by language, as JSON
    Column("minutes", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_why", String(200)),
    UniqueConstraint("learner_id", "course"),  # completing twice makes one certificate
    UniqueConstraint("code"),
)

nudge = Table(
    "nudge",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("turn", Integer, nullable=False),  # the silence it was made for: any later turn makes it stale
    Column("due_at", Moment, nullable=False, index=True),
)

broadcast = Table(
    "broadcast",
    metadata,
    _id(),
    Column("author", String(80), nullable=False),
    Column("words", Text, nullable=False),  # by language, as JSON
    Column("course", String(40)),
    Column("district", String(40)),
    Column("status", String(12), nullable=False),  # sending, done, cancelled
    Column("after", BigInteger, nullable=False),  # every learner up to this id has her row
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

request = Table(
    "request",
    metadata,
    _id(),
    _to("learner", "learner_id"),
    Column("about", String(20), nullable=False),  # call, problem, data_access …
    Column("inbound_id", BigInteger, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("closed_at", Moment),
)

audit_event = Table(
    "audit_event",
    metadata,
    _id(),
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
    Column("status", String(14), nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("error", String(200)),
    Column("received_at", Moment, nullable=False, index=True),
)
