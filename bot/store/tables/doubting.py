"""What people still have to ask about certificates: doubts, and whom to ring to hear how it was."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, SmallInteger, String, Table, Text, UniqueConstraint

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

doubt = Table(
    "doubt",  # a question for people about a certificate, never a verdict: the certificate stands meanwhile
    metadata,
    own_id(),
    to("certificate", "certificate_id"),
    Column("kind", String(12), nullable=False),  # see bot/doubts/rules.py
    Column(
        "seen", Text, nullable=False
    ),  # what was seen, with its numbers, as JSON; no names of learners, no numbers of phones
    Column("score", SmallInteger, nullable=False),  # 1 to 100: in which order people should look, and nothing else
    Column("found_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("settled_by", String(80)),
    Column("outcome", String(10)),  # fine, revoked
    Column("why", String(200)),
    UniqueConstraint("certificate_id", "kind"),  # looked at twice, it is one question
)
Index(
    "ix_doubt_open",
    doubt.c.certificate_id,
    doubt.c.score,
    postgresql_where=doubt.c.settled_at.is_(None),
    sqlite_where=doubt.c.settled_at.is_(None),
)

sampled = Table(
    "sampled",  # drawn so that its learner is rung and asked; once and for good, so that nobody draws until it pleases
    metadata,
    Column("certificate_id", BigInteger, ForeignKey("certificate.id"), primary_key=True, autoincrement=False),
    Column("why", String(10), nullable=False),  # lot, doubt
    Column("seed", String(32), nullable=False),  # of the lot: with it anybody can draw again and see
    Column("drawn_by", String(80), nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),  # calls that nobody answered
    Column("outcome", String(10)),  # confirmed, doubtful; none until somebody spoke with her
    Column("called_by", String(80)),
    Column("called_at", Moment),
)
Index(
    "ix_sampled_open",
    sampled.c.certificate_id,
    postgresql_where=sampled.c.outcome.is_(None),
    sqlite_where=sampled.c.outcome.is_(None),
)
