"""What machines check: the keys of the associations, what was signed with them, and the lists of what is revoked."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from bot.store.moment import Moment
from bot.store.tables.making import metadata

signing_key = Table(
    "signing_key",  # the public half of a key of an issuer; the private one is never in the database
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("fragment", String(40), primary_key=True),  # its name in did.json, for ever: key-ed25519-2026
    Column("public", String(80), nullable=False),  # as did.json writes it, z6Mk…
    Column("made_at", Moment, nullable=False),
    Column("retired_at", Moment),  # signs no more; what it signed stays good
    Column("compromised_at", Moment),  # somebody else may have it: what it signed is good no more
    UniqueConstraint("public"),
)

subject = Table(
    "subject",  # who a learner is in credentials: drawn at random, never used for anybody else, and found by nobody
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("uuid", String(36), nullable=False),
    UniqueConstraint("uuid"),
)

credential = Table(
    "credential",
    metadata,
    Column("certificate_id", BigInteger, ForeignKey("certificate.id"), primary_key=True, autoincrement=False),
    Column("json", Text, nullable=False),  # as it was signed, to the byte
    Column("issuer", String(40), nullable=False),
    Column("key", String(40), nullable=False),  # the fragment
    Column("list", Integer, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("signed_at", Moment, nullable=False),
    UniqueConstraint("issuer", "list", "status_index"),
)

status_list = Table(
    "status_list",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("json", Text, nullable=False, server_default=""),  # as it was signed; empty before it first was
    Column("key", String(40), nullable=False, server_default=""),
    Column("revoked", Integer, nullable=False, server_default="-1"),  # how many were when it was signed, or -1
    Column("signed_at", Moment),
)
