"""The audit only grows, and is chained: what waits for a place, links, signed heads, the nightly check; certificates found."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

GROWING = ('audit_event', 'audit_link', 'audit_head')
PIECE = 1000


def upgrade() -> None:
    op.create_table('audit_waiting',
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_audit_waiting'))
    )
    op.create_table('audit_link',
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=True),
    sa.PrimaryKeyConstraint('place', name=op.f('pk_audit_link')),
    sa.UniqueConstraint('event_id', name=op.f('uq_audit_link_event_id'))
    )
    op.create_index('ix_audit_link_code', 'audit_link', ['code'], unique=False, postgresql_where=sa.text('code IS NOT NULL'), sqlite_where=sa.text('code IS NOT NULL'))
    op.create_table('audit_head',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('issuer', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('signed_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('json', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_head'))
    )
    op.create_index(op.f('ix_audit_head_day'), 'audit_head', ['day'], unique=False)
    op.create_table('audit_round',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('began_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('progress', sa.Text(), nullable=True),
    sa.Column('ended_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('told', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_round'))
    )
    find_certificates(op.get_bind())
    op.execute('INSERT INTO audit_waiting (event_id) SELECT id FROM audit_event')
    (guard_sqlite if op.get_bind().dialect.name == 'sqlite' else guard_postgresql)()


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TRIGGER audit_event_waits')
        for table in GROWING:
            for what in ('update', 'delete', 'replace'):
                op.execute(f'DROP TRIGGER {table}_no_{what}')
    else:
        op.execute('DROP TRIGGER audit_event_waits ON audit_event')
        for table in GROWING:
            op.execute(f'DROP TRIGGER {table}_no_change ON {table}')
            op.execute(f'DROP TRIGGER {table}_no_truncate ON {table}')
        op.execute('DROP FUNCTION audit_only_grows()')
        op.execute('DROP FUNCTION audit_waits()')
    op.execute('DELETE FROM audit_event WHERE id < 0')
    op.drop_table('audit_round')
    op.drop_index(op.f('ix_audit_head_day'), table_name='audit_head')
    op.drop_table('audit_head')
    op.drop_index('ix_audit_link_code', table_name='audit_link', postgresql_where=sa.text('code IS NOT NULL'), sqlite_where=sa.text('code IS NOT NULL'))
    op.drop_table('audit_link')
    op.drop_table('audit_waiting')


def find_certificates(connection: sa.Connection) -> None:
    """Write one event for each certificate there is: those issued before issuing left an event are told apart by it for good.

    Its id is that of the certificate, below zero, where no other event has one.
    """
    certificate = sa.table('certificate', *map(sa.column, ('id', 'code', 'course', 'kind', 'level', 'revoked_at')))
    event = sa.table('audit_event', sa.column('id'), sa.column('at', moment.Moment()), *map(sa.column, ('who', 'did', 'about')))
    page = sa.select(certificate).where(certificate.c.id > sa.bindparam('after')).order_by(certificate.c.id).limit(PIECE)
    now, after = datetime.now(UTC), -1
    while rows := connection.execute(page, {'after': after}).all():
        after = rows[-1].id
        connection.execute(sa.insert(event), [
            {'id': -row.id, 'at': now, 'who': 'migration 0016', 'did': 'found certificate', 'about': about(row)} for row in rows if row.id
        ])


def about(row: sa.Row[Any]) -> str:
    written = f'{row.code[:4]}-{row.code[4:8]}-{row.code[8:]}'
    return json.dumps({'code': written, 'of': row.course, 'kind': row.kind, 'level': row.level, 'revoked': row.revoked_at is not None})


def guard_sqlite() -> None:
    for table, key in zip(GROWING, ('id', 'place', 'number'), strict=True):
        says = f"SELECT RAISE(ABORT, '{table} only grows')"
        op.execute(f'CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {says}; END')
        op.execute(f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {says}; END')
        # INSERT OR REPLACE takes a row out without asking the trigger above.
        op.execute(
            f'CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} '
            f'WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) BEGIN {says}; END'
        )
    op.execute(
        'CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event '
        'BEGIN INSERT INTO audit_waiting (event_id) VALUES (NEW.id); END'
    )


def guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION audit_waits() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO audit_waiting (event_id) VALUES (NEW.id); RETURN NULL; END $$"
    )
    for table in GROWING:
        op.execute(
            f'CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} '
            'FOR EACH ROW EXECUTE FUNCTION audit_only_grows()'
        )
        op.execute(
            f'CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} '
            'FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()'
        )
    op.execute(
        'CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_waits()'
    )
