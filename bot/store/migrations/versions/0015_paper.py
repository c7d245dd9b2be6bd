"""Certificates as files to print."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('paper',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('lane', sa.SmallInteger(), nullable=False),
    sa.Column('asked_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('lease_until', moment.Moment(timezone=True), nullable=True),
    sa.Column('made_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('edition', sa.String(length=32), nullable=True),
    sa.Column('pdf', sa.LargeBinary(), nullable=True),
    sa.Column('why', sa.String(length=300), nullable=True),
    sa.Column('address_id', sa.BigInteger(), nullable=True),
    sa.Column('channel', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('code', 'form', name=op.f('pk_paper'))
    )
    op.create_index('ix_paper_waiting', 'paper', ['lane', 'asked_at'], unique=False, postgresql_where=sa.text('made_at IS NULL'), sqlite_where=sa.text('made_at IS NULL'))
    op.create_index('ix_paper_asked_at', 'paper', ['asked_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_paper_asked_at', table_name='paper')
    op.drop_index('ix_paper_waiting', table_name='paper', postgresql_where=sa.text('made_at IS NULL'), sqlite_where=sa.text('made_at IS NULL'))
    op.drop_table('paper')
