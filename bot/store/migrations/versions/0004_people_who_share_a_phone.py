"""People who share a phone."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('profile',
    sa.Column('number', sa.String(length=140), nullable=False),
    sa.Column('place', sa.SmallInteger(), nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=True),
    sa.Column('tries', sa.SmallInteger(), nullable=False),
    sa.Column('locked_until', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_profile_learner_id')),
    sa.PrimaryKeyConstraint('number', 'place', name=op.f('pk_profile')),
    sa.UniqueConstraint('learner_id', name=op.f('uq_profile_learner_id'))
    )


def downgrade() -> None:
    op.drop_table('profile')
