"""Receipts that come early."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('early_receipt',
    sa.Column('provider_id', sa.String(length=140), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=14), nullable=False),
    sa.Column('rank', sa.SmallInteger(), nullable=False),
    sa.Column('error', sa.String(length=200), nullable=True),
    sa.Column('received_at', moment.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('provider_id', 'channel', name=op.f('pk_early_receipt'))
    )
    with op.batch_alter_table('early_receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_early_receipt_received_at'), ['received_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('early_receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_early_receipt_received_at'))

    op.drop_table('early_receipt')
