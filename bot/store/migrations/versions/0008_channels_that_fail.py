"""Channels that fail, addresses that nobody is at."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('circuit',
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('rests', sa.Integer(), nullable=False),
    sa.Column('opened_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('until', moment.Moment(timezone=True), nullable=True),
    sa.Column('refusal', sa.String(length=16), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_circuit'))
    )
    op.create_index('ix_outbound_message_failed', 'outbound_message', ['channel', 'id'],
        postgresql_where=sa.text("status = 'failed'"), sqlite_where=sa.text("status = 'failed'"))
    op.drop_index('ix_outbound_message_queued', table_name='outbound_message')
    op.create_index('ix_outbound_message_queued', 'outbound_message', ['lane', 'channel', 'due_at', 'id'],
        postgresql_where=sa.text("status = 'queued'"), sqlite_where=sa.text("status = 'queued'"))
    op.drop_index('ix_outbound_message_learner_id', table_name='outbound_message')
    op.create_index('ix_outbound_message_learner_id_id', 'outbound_message', ['learner_id', 'id'])
    op.add_column('address', sa.Column('unreachable_at', moment.Moment(timezone=True), nullable=True))
    op.add_column('address', sa.Column('unreachable_why', sa.String(length=200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.drop_column('unreachable_why')
        batch_op.drop_column('unreachable_at')
    op.drop_index('ix_outbound_message_learner_id_id', table_name='outbound_message')
    op.create_index('ix_outbound_message_learner_id', 'outbound_message', ['learner_id'])
    op.drop_index('ix_outbound_message_queued', table_name='outbound_message')
    op.create_index('ix_outbound_message_queued', 'outbound_message', ['lane', 'due_at'],
        postgresql_where=sa.text("status = 'queued'"), sqlite_where=sa.text("status = 'queued'"))
    op.drop_index('ix_outbound_message_failed', table_name='outbound_message')
    op.drop_table('circuit')
