"""Certificates with a name, a level and an end, corrected ones beside those they replace; names, and who asked to see them."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('identity',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('level', sa.SmallInteger(), nullable=False),
    sa.Column('checked_by', sa.String(length=80), nullable=False),
    sa.Column('checked_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_identity_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', name=op.f('pk_identity'))
    )
    op.create_table('disclosure',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('asker', sa.String(length=40), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('asked_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('due_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('answered_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('until', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_disclosure_learner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_disclosure_token_hash'))
    )
    op.create_index(op.f('ix_disclosure_code_asked_at'), 'disclosure', ['code', 'asked_at'], unique=False)
    op.create_index('ix_disclosure_due_at', 'disclosure', ['due_at'], unique=False, postgresql_where=sa.text('due_at IS NOT NULL'), sqlite_where=sa.text('due_at IS NOT NULL'))
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=10), server_default='course', nullable=False))
        batch_op.add_column(sa.Column('name', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('level', sa.SmallInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('assessed', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('expires_at', moment.Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('replaced_by', sa.String(length=12), nullable=True))
        batch_op.drop_constraint(op.f('uq_certificate_learner_id_course'), type_='unique')
    op.create_index('ix_certificate_once', 'certificate', ['learner_id', 'course', 'kind'], unique=True, postgresql_where=sa.text('replaced_by IS NULL'), sqlite_where=sa.text('replaced_by IS NULL'))
    # --- keys, credentials and status lists ---
    op.add_column('certificate', sa.Column('signed_at', moment.Moment(timezone=True), nullable=True))
    op.create_index('ix_certificate_unsigned', 'certificate', ['id'], unique=False, postgresql_where=sa.text('signed_at IS NULL'), sqlite_where=sa.text('signed_at IS NULL'))
    op.create_index('ix_certificate_revoked', 'certificate', ['id'], unique=False, postgresql_where=sa.text('revoked_at IS NOT NULL'), sqlite_where=sa.text('revoked_at IS NOT NULL'))
    op.create_table('signing_key',
    sa.Column('issuer', sa.String(length=40), nullable=False),
    sa.Column('fragment', sa.String(length=40), nullable=False),
    sa.Column('public', sa.String(length=80), nullable=False),
    sa.Column('made_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('retired_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('compromised_at', moment.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('issuer', 'fragment', name=op.f('pk_signing_key')),
    sa.UniqueConstraint('public', name=op.f('uq_signing_key_public'))
    )
    op.create_table('subject',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_subject_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', name=op.f('pk_subject')),
    sa.UniqueConstraint('uuid', name=op.f('uq_subject_uuid'))
    )
    op.create_table('credential',
    sa.Column('certificate_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('json', sa.Text(), nullable=False),
    sa.Column('issuer', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('list', sa.Integer(), nullable=False),
    sa.Column('status_index', sa.Integer(), nullable=False),
    sa.Column('signed_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_credential_certificate_id')),
    sa.PrimaryKeyConstraint('certificate_id', name=op.f('pk_credential')),
    sa.UniqueConstraint('issuer', 'list', 'status_index', name=op.f('uq_credential_issuer_list_status_index'))
    )
    op.create_table('status_list',
    sa.Column('issuer', sa.String(length=40), nullable=False),
    sa.Column('list', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('json', sa.Text(), server_default='', nullable=False),
    sa.Column('key', sa.String(length=40), server_default='', nullable=False),
    sa.Column('revoked', sa.Integer(), server_default='-1', nullable=False),
    sa.Column('signed_at', moment.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('issuer', 'list', name=op.f('pk_status_list'))
    )


def downgrade() -> None:
    op.drop_table('status_list')
    op.drop_table('credential')
    op.drop_table('subject')
    op.drop_table('signing_key')
    op.drop_index('ix_certificate_revoked', table_name='certificate', postgresql_where=sa.text('revoked_at IS NOT NULL'), sqlite_where=sa.text('revoked_at IS NOT NULL'))
    op.drop_index('ix_certificate_unsigned', table_name='certificate', postgresql_where=sa.text('signed_at IS NULL'), sqlite_where=sa.text('signed_at IS NULL'))
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.drop_column('signed_at')
    op.drop_index('ix_certificate_once', table_name='certificate', postgresql_where=sa.text('replaced_by IS NULL'), sqlite_where=sa.text('replaced_by IS NULL'))
    op.execute("DELETE FROM certificate WHERE replaced_by IS NOT NULL OR kind <> 'course'")
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        for name in ('replaced_by', 'expires_at', 'assessed', 'level', 'name', 'kind'):
            batch_op.drop_column(name)
        batch_op.create_unique_constraint(op.f('uq_certificate_learner_id_course'), ['learner_id', 'course'])
    op.drop_index('ix_disclosure_due_at', table_name='disclosure', postgresql_where=sa.text('due_at IS NOT NULL'), sqlite_where=sa.text('due_at IS NOT NULL'))
    op.drop_index(op.f('ix_disclosure_code_asked_at'), table_name='disclosure')
    op.drop_table('disclosure')
    op.drop_table('identity')
