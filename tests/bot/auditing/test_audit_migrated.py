"""An audit from before there was a chain: its events get places, and certificates of that time are told apart, not passed over."""

import json
from datetime import UTC, datetime

from alembic import command

from bot.auditing import linking, pieces
from bot.auditing.pieces import Asked, Progress
from bot.cli.db import bring_up_to_date
from bot.credentials.issuers import Issuers
from bot.store.database import Store
from tests.bot.test_certificates_migrated import told, went

AT = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)


def test_what_was_there_is_chained_and_the_way_back_leaves_it_as_it_was(database_url):
    went(database_url, command.upgrade, "0012")
    at = AT.replace(tzinfo=None) if database_url.startswith("sqlite") else AT
    told(
        database_url,
        "INSERT INTO learner (id, locale, created_at) VALUES (1, 'ms', :at)",
        "INSERT INTO certificate (id, learner_id, course, version, code, title, minutes, issued_at, level) "
        """VALUES (5, 1, 'selamat1', '1', 'SR7K3M9QXT2Y', '{"ms": "Elak"}', 35, :at, 1)""",
        "INSERT INTO certificate (id, learner_id, course, version, code, title, minutes, issued_at, revoked_at) "
        """VALUES (6, 1, 'lain', '1', 'ZZZZZZZZZZZK', '{"ms": "Lain"}', 35, :at, :at)""",
        "INSERT INTO audit_event (id, at, who, did, about) VALUES (9, :at, 'Puan Rosli', 'tag', 'x: 3 learners')",
        at=at,
    )

    bring_up_to_date(database_url)

    store = Store(database_url)
    assert linking.link(store) == 3
    found = told(database_url, "SELECT id, about FROM audit_event WHERE did = 'found certificate' ORDER BY id DESC")
    progress = Progress()
    while progress.stage != "done":
        progress = pieces.piece(progress, Asked(store, Issuers(), False, AT))
    store.engine.dispose()
    assert [row.id for row in found] == [-5, -6]
    assert json.loads(found[0].about) == {
        "code": "SR7K-3M9Q-XT2Y",
        "of": "selamat1",
        "kind": "course",
        "level": 1,
        "revoked": False,
    }
    assert json.loads(found[1].about)["revoked"] is True
    assert progress.changed == 0
    went(database_url, command.downgrade, "0012")
    assert told(database_url, "SELECT id FROM audit_event") == [(9,)]
    told(database_url, "UPDATE audit_event SET who = 'x'")
    bring_up_to_date(database_url)
    assert told(database_url, "SELECT count(*) FROM audit_waiting") == [(3,)]
