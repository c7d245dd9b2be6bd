"""The chain over the audit, its signed heads, and how far the nightly check of it is.

`audit_event`, `audit_link` and `audit_head` only grow: triggers of the database refuse to change a row or to take one out.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, String, Table, Text, UniqueConstraint

from bot.store.moment import Moment
from bot.store.tables.making import metadata

audit_waiting = Table(
    "audit_waiting",  # events that have no place yet: a trigger writes one beside each event, in the same transaction
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
)

audit_link = Table(
    "audit_link",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),  # from 1 on, without a gap
    Column("event_id", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),  # over the hash before it and the event: see bot/auditing/chain.py
    Column("code", String(12)),  # of the certificate that the event is about, where it is about one
    UniqueConstraint("event_id"),
)
_ABOUT_ONE = audit_link.c.code.is_not(None)
Index("ix_audit_link_code", audit_link.c.code, postgresql_where=_ABOUT_ONE, sqlite_where=_ABOUT_ONE)

audit_head = Table(
    "audit_head",  # how the chain ended at one moment, signed by the host's issuer, for others to keep
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False, index=True),  # of UTC
    Column("place", BigInteger, nullable=False),
    Column("issuer", String(40), nullable=False),
    Column("key", String(40), nullable=False),  # the fragment
    Column("signed_at", Moment, nullable=False),
    Column("json", Text, nullable=False),  # as it was signed, to the byte
)

audit_round = Table(
    "audit_round",  # the nightly check: one row
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("began_at", Moment, nullable=False),
    Column("progress", Text),  # how far it is, as JSON; none where it is over
    Column("ended_at", Moment),  # of the last one that ran to its end
    Column("told", Text),  # what that one found, as JSON
)
