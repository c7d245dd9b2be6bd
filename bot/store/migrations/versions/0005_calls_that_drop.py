"""Calls that drop."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added in place: a batch would copy every conversation on SQLite.
    op.add_column('conversation', sa.Column('shown', sa.Text(), server_default='', nullable=False))
    op.add_column('conversation', sa.Column('drops_at', moment.Moment(timezone=True), nullable=True))
    op.create_index(
        op.f('ix_conversation_drops_at'), 'conversation', ['drops_at'], unique=False,
        postgresql_where=sa.text('drops_at IS NOT NULL'), sqlite_where=sa.text('drops_at IS NOT NULL'),
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_conversation_drops_at'), table_name='conversation')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_column('drops_at')
        batch_op.drop_column('shown')
