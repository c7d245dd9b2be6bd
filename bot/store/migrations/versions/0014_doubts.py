"""Doubts about certificates, and whom to ring about them; who said who she is, kept with the certificate."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('certificate', sa.Column('attested_by', sa.String(length=80), nullable=True))
    op.add_column('certificate', sa.Column('looked_at', moment.Moment(timezone=True), nullable=True))
    op.create_index('ix_certificate_unlooked', 'certificate', ['id'], unique=False, postgresql_where=sa.text('looked_at IS NULL'), sqlite_where=sa.text('looked_at IS NULL'))
    op.create_index('ix_certificate_attested', 'certificate', ['attested_by', 'id'], unique=False, postgresql_where=sa.text('attested_by IS NOT NULL'), sqlite_where=sa.text('attested_by IS NOT NULL'))
    op.create_index('ix_certificate_of_course', 'certificate', ['course', 'id'], unique=False)
    op.create_index('ix_identity_checked', 'identity', ['checked_by', 'checked_at'], unique=False)
    op.create_index('ix_consent_address_id', 'consent', ['address_id'], unique=False)
    op.create_table('doubt',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('certificate_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('seen', sa.Text(), nullable=False),
    sa.Column('score', sa.SmallInteger(), nullable=False),
    sa.Column('found_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('settled_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=80), nullable=True),
    sa.Column('outcome', sa.String(length=10), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_doubt_certificate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_doubt')),
    sa.UniqueConstraint('certificate_id', 'kind', name=op.f('uq_doubt_certificate_id_kind'))
    )
    op.create_index('ix_doubt_open', 'doubt', ['certificate_id', 'score'], unique=False, postgresql_where=sa.text('settled_at IS NULL'), sqlite_where=sa.text('settled_at IS NULL'))
    op.create_table('sampled',
    sa.Column('certificate_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('why', sa.String(length=10), nullable=False),
    sa.Column('seed', sa.String(length=32), nullable=False),
    sa.Column('drawn_by', sa.String(length=80), nullable=False),
    sa.Column('drawn_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('tries', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=True),
    sa.Column('called_by', sa.String(length=80), nullable=True),
    sa.Column('called_at', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_sampled_certificate_id')),
    sa.PrimaryKeyConstraint('certificate_id', name=op.f('pk_sampled'))
    )
    op.create_index('ix_sampled_open', 'sampled', ['certificate_id'], unique=False, postgresql_where=sa.text('outcome IS NULL'), sqlite_where=sa.text('outcome IS NULL'))


def downgrade() -> None:
    op.drop_table('sampled')
    op.drop_table('doubt')
    op.drop_index('ix_consent_address_id', table_name='consent')
    op.drop_index('ix_identity_checked', table_name='identity')
    op.drop_index('ix_certificate_of_course', table_name='certificate')
    op.drop_index('ix_certificate_attested', table_name='certificate')
    op.drop_index('ix_certificate_unlooked', table_name='certificate')
    op.drop_column('certificate', 'looked_at')
    op.drop_column('certificate', 'attested_by')
