"""Certificates as files to print: asked for, then made by a worker, and dropped after a week, for her name is in them."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, String, Table

from bot.store.moment import Moment
from bot.store.tables.making import metadata

paper = Table(
    "paper",
    metadata,
    Column("code", String(12), primary_key=True),  # of the certificate
    Column("form", String(8), primary_key=True),  # a4, half
    Column("lane", SmallInteger, nullable=False),  # 0 somebody waits for it, 1 it belongs to a list
    Column("asked_at", Moment, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("lease_until", Moment),  # to when a worker that is making it has it to itself
    Column("made_at", Moment),  # or when it was found that it cannot be made; none while it waits
    Column("edition", String(32)),  # of what it looks like and says: another one is made anew
    Column("pdf", LargeBinary),
    Column("why", String(300)),  # it cannot be made
    Column("address_id", BigInteger),  # hers, to which it goes once it is made
    Column("channel", String(40)),  # by which it goes there
)
_WAITS = paper.c.made_at.is_(None)
Index("ix_paper_waiting", paper.c.lane, paper.c.asked_at, postgresql_where=_WAITS, sqlite_where=_WAITS)
Index("ix_paper_asked_at", paper.c.asked_at)
