"""What every table is made with."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    MetaData,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


def own_id() -> Column[int]:
    # Drawn by us (see ids.py), so that everything of a turn is known before it is written.
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def to(table: str, name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(f"{table}.id"), nullable=null)
