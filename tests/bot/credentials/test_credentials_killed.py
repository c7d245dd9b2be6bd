"""Whoever signs is killed with -9, again and again: every certificate has one credential in the end, and all of them are good."""

import json
from pathlib import Path

import pytest

from bot import credentials, wiring
from bot.credentials import status_list
from bot.credentials.checking import check
from bot.store import tables as t
from tests.bots import count, made_settings, rows
from tests.credentials import HOST, association, certificate, did_of
from tests.killing import killed_after, spawning
from workers import credentials as worker

pytestmark = pytest.mark.journey

KILLS, WAITING = 6, 60


def sign_for_ever(url, var_dir, ready):
    """The process that is killed: it says that it begins, and does what the worker does."""
    settings = made_settings(url, Path(var_dir), public_url=HOST, content_dir=Path(var_dir) / "content")
    bot = wiring.build(settings)
    ready.send(True)
    while True:
        worker.sign(bot)
        worker.publish(bot)


def test_kills_in_the_middle_of_signing_lose_and_double_no_credential(migrated_url, tmp_path):
    """Real processes: each takes a second or two to come up."""
    processes = spawning(__name__)
    with association(migrated_url, tmp_path, wiring.utc_now) as bot:
        codes_of = [certificate(bot, f"+6011100{n:04}") for n in range(WAITING)]

        for n in range(KILLS):
            killed_after(processes, 0.06 * n, sign_for_ever, migrated_url, str(tmp_path))
        while worker.sign(bot):
            pass
        worker.publish(bot)

        listed = {row.list: status_list.published(bot.store, "persatuan", row.list) for row in rows(bot, t.status_list)}
        texts = [credentials.of(bot.store, code) for code in codes_of]
        assert count(bot, t.credential) == WAITING
        assert all(row.signed_at for row in rows(bot, t.certificate))
        assert len({json.loads(text)["credentialStatus"]["id"] for text in texts}) == WAITING
        checked = [check(text, did_of(bot), listed[1], now=bot.clock()) for text in texts[:: WAITING // 6]]
        assert {each.verdict for each in checked} == {"valid"}, checked
