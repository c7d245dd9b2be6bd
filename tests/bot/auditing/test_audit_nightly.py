"""Once a day a worker checks all of it, piece by piece; heads wait for a key; whoever links is killed, and nothing is lost."""

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot import health, wiring
from bot.auditing import heads, pieces, rounds
from bot.auditing.held_heads import held
from bot.auditing.pieces import Asked
from bot.cli.doctor import of_audit
from bot.credentials import keys
from bot.diagnosis import DOUBTFUL, WRONG
from bot.store import audit, tables as t
from tests.auditing import changed, completed, deeds, linked, sql, whole
from tests.bots import at_the_same_moment, count, made_settings, rows
from tests.credentials import HOST, WHO, desk_of
from tests.killing import killed_after, spawning
from workers import auditing, jobs

DAY = timedelta(days=1)
FIRST = "key-ed25519-2026"


def night(bot):
    """What a worker does until there is nothing to do; how many pieces that were."""
    done = 0
    while auditing.check(bot):
        done += 1
    return done


def untold(bot):
    return [each.says for each in whole(bot).told if each.how == "untold"]


# --- the nightly check ---


def test_a_night_looks_at_everything_once_and_says_what_it_found(bot, clock, caplog):
    deeds(bot, 5)
    completed(bot)
    linked(bot)
    auditing.sign_head(bot)

    with caplog.at_level(logging.INFO):
        assert night(bot) > len(pieces.STAGES) - 2

    last = rounds.last(bot.store)
    assert (last.ended_at, last.seen, last.changed, last.untold) == (clock(), 7 + 7 + 1 + 1, 0, 0)
    assert [each.message for each in caplog.records if each.name == rounds.__name__] == ["audit checked"]
    assert night(bot) == 0
    clock.turn(DAY)
    assert night(bot) > 0


def test_what_it_finds_is_in_the_log_the_doctor_and_the_metrics(bot, clock, caplog):
    deeds(bot, 3)
    linked(bot)
    auditing.sign_head(bot)
    night(bot)
    assert list(of_audit(bot.settings)) == []
    sql(bot, "UPDATE audit_event SET who = 'nobody' WHERE did = 'inbox done'")
    clock.turn(DAY)
    night(bot)

    (found,) = of_audit(bot.settings)
    assert found.how == WRONG
    assert "3 things were changed" in found.says
    assert "place 2, event" in found.says
    assert [each.message for each in caplog.records if each.name == rounds.__name__] == ["audit changed"]
    told = health.exposition(bot.store, now=clock() + DAY).decode()
    assert 'titian_audit_findings{how="changed"} 3.0' in told
    assert "titian_audit_checked_seconds 86400.0" in told


def test_the_doctor_makes_no_database_and_asks_none_that_is_not_there(tmp_path, bot):
    missing = made_settings(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)

    assert list(of_audit(missing)) == []
    assert not (tmp_path / "none.db").exists()


def test_workers_share_a_night_and_a_clock_that_was_wrong_holds_up_none(bot, clock):
    deeds(bot, 50)
    linked(bot)
    auditing.sign_head(bot)
    clock.turn(400 * DAY)
    auditing.check(bot)
    clock.turn(-400 * DAY)

    while any(at_the_same_moment(*[lambda: auditing.check(bot)] * 3)):
        pass

    assert rounds.last(bot.store).seen == 51 + 51 + 1
    assert rounds.last(bot.store).changed == 0


def test_a_worker_that_looks_links_signs_and_checks(bot, monkeypatch):
    monkeypatch.setattr(jobs, "_bot", bot)
    deeds(bot, 3)

    assert jobs.audit() == 4
    for _ in range(20):
        jobs.audit()

    assert heads.days(bot.store) == ["2026-11-24"]
    assert rounds.last(bot.store).seen == 4 + 4 + 1


def test_a_check_is_written_down_and_read_as_it_was(bot):
    completed(bot)
    linked(bot)
    sql(bot, "DELETE FROM certificate")
    ended = whole(bot)

    assert ended.changed
    assert rounds.progress_in(rounds.as_json(ended)) == ended


def test_of_very_many_findings_the_first_are_kept_in_words_and_all_are_counted(bot):
    deeds(bot, 200)
    linked(bot)
    sql(bot, "UPDATE audit_event SET who = 'nobody'")

    found = whole(bot)

    assert found.changed == 201
    assert len(found.told) == pieces.TOLD


@pytest.mark.parametrize("size", [1, 3])
def test_the_size_of_a_piece_changes_nothing_in_what_is_found(bot, monkeypatch, size):
    deeds(bot, 7)
    completed(bot)
    linked(bot)
    auditing.sign_head(bot)
    sql(bot, "DELETE FROM audit_link WHERE place IN (3, 4)")
    sql(bot, "UPDATE audit_event SET about = 'x' WHERE id = :id", id=rows(bot, t.audit_event)[6].id)
    at_once = whole(bot)
    for name in ("_LINKS", "_EVENTS"):
        monkeypatch.setattr(pieces, name, getattr(pieces, name))
    monkeypatch.setattr(pieces, "_LINKS", pieces._LINKS.limit(size))

    assert whole(bot) == at_once
    assert changed(at_once)[0] == "places 3 to 4: taken out of the chain."


# --- keys ---


def test_a_head_a_day_and_each_names_the_one_before(bot, clock):
    linked(bot)
    assert [auditing.sign_head(bot) for _ in range(3)] == [1, 0, 0]
    clock.turn(DAY)
    assert auditing.sign_head(bot) == 1

    first, second = (json.loads(row.json) for row in rows(bot, t.audit_head))
    assert second["before"] == heads.fingerprint(heads.published(bot.store, "2026-11-24"))
    assert (first["number"], first["place"], first["before"], second["number"]) == (1, 1, "", 2)
    assert heads.is_signed_by(second, keys.keys_of(bot.store, "persatuan")[0].public)


def test_a_clock_that_was_wrong_for_a_while_neither_stops_heads_nor_signs_many(bot, clock):
    linked(bot)
    signed = []
    for turn in (DAY, 400 * DAY, -400 * DAY, 400 * DAY, -400 * DAY, DAY):
        clock.turn(turn)
        signed.append(auditing.sign_head(bot))

    assert signed == [1, 1, 0, 0, 0, 1]
    assert whole(bot).changed == 0


def test_heads_wait_for_a_lost_key_and_the_check_says_since_when(bot, clock):
    linked(bot)
    auditing.sign_head(bot)
    (path,) = desk_of(bot).safe.folder.glob("*.pem")
    pem = path.read_bytes()
    path.unlink()
    clock.turn(3 * DAY)
    deeds(bot, 1)
    linked(bot)

    assert auditing.sign_head(bot) == 0
    assert "No head is signed since 2026-11-24" in untold(bot)[0]
    assert "keys show" in untold(bot)[0]
    path.write_bytes(pem)
    assert auditing.sign_head(bot) == 1
    assert untold(bot) == []


def test_without_any_head_it_cannot_be_told_and_says_so(bot):
    linked(bot)

    assert "No head is signed" in untold(bot)[0]


def test_what_a_rotated_key_signed_stays_good(bot, clock):
    linked(bot)
    auditing.sign_head(bot)
    kept = heads.published(bot.store)
    keys.rotate(bot.store, desk_of(bot).safe, "persatuan", WHO, now=clock())
    linked(bot)

    assert auditing.sign_head(bot) == 1
    assert json.loads(heads.published(bot.store))["key"].endswith(f"#{FIRST}-2")
    assert whole(bot).told == ()
    assert held(bot.store, desk_of(bot).issuers, kept) == []


def test_heads_of_a_key_that_was_given_up_are_vouched_for_by_the_next(bot, clock):
    linked(bot)
    auditing.sign_head(bot)
    kept = heads.published(bot.store)
    keys.compromised(bot.store, desk_of(bot).safe, "persatuan", FIRST, WHO, now=clock())
    linked(bot)

    assert "was given up, and no later head vouches for it" in untold(bot)[0]
    assert auditing.sign_head(bot) == 1
    assert whole(bot).told == ()
    (doubt,) = held(bot.store, desk_of(bot).issuers, kept)
    assert (doubt.how, "given up" in doubt.says) == ("untold", True)


def test_a_key_written_in_by_hand_could_sign_anything_and_is_found(bot, clock):
    keys.rotate(bot.store, desk_of(bot).safe, "persatuan", WHO, now=clock())
    clock.turn(DAY)
    keys.compromised(bot.store, desk_of(bot).safe, "persatuan", f"{FIRST}-2", WHO, now=clock())
    linked(bot)
    assert whole(bot).changed == 0

    sql(
        bot,
        "INSERT INTO signing_key (issuer, fragment, public, made_at) "
        "SELECT issuer, 'key-theirs', 'z6MkTheirs', signing_key.retired_at FROM signing_key WHERE fragment = :first",
        first=FIRST,
    )
    sql(bot, "UPDATE signing_key SET compromised_at = NULL")
    assert changed(whole(bot)) == [
        f"key persatuan#{FIRST}-2: an event says that it was given up, and its row does not.",
        "key persatuan#key-theirs: no event made it, so it was put in by hand.",
    ]
    sql(bot, "UPDATE signing_key SET compromised_at = made_at WHERE fragment = :first", first=FIRST)
    assert f"key persatuan#{FIRST}: its row says that it was given up, and no event says so." in changed(whole(bot))


def test_a_key_that_is_not_known_here_is_no_change(bot):
    linked(bot)
    auditing.sign_head(bot)
    sql(bot, "DELETE FROM signing_key")

    assert whole(bot).changed == 0
    assert untold(bot) == [f"head 1 of 2026-11-24: its key {FIRST} is not known here."]


def test_the_doctor_is_in_doubt_where_it_cannot_be_told(bot):
    linked(bot)
    night(bot)

    (found,) = of_audit(bot.settings)
    assert found.how == DOUBTFUL


# --- killed ---


def link_for_ever(url, var_dir, ready):
    """The process that is killed: it does what a worker does."""
    settings = made_settings(url, Path(var_dir), public_url=HOST, content_dir=Path(var_dir) / "content")
    bot = wiring.build(settings)
    ready.send(True)
    while True:
        with bot.store.begin() as connection:
            audit.note(connection, "a worker", "retry", "3 messages", now=bot.clock())
        auditing.link(bot)
        auditing.sign_head(bot)
        auditing.check(bot)


@pytest.mark.journey
def test_kills_in_the_middle_of_linking_lose_and_double_no_place(migrated_url, bot, tmp_path):
    """Real processes, two at a time: each takes a second or two to come up."""
    processes = spawning(__name__)
    deeds(bot, 3_000)
    for seconds in (0.03, 0.12, 0.3):
        killed_after(processes, seconds, link_for_ever, migrated_url, str(tmp_path), many=2)

    linked(bot)

    events = count(bot, t.audit_event)
    assert [row.place for row in rows(bot, t.audit_link)] == list(range(1, events + 1))
    assert count(bot, t.audit_waiting) == 0
    assert changed(whole(bot)) == []
    asked = Asked(bot.store, desk_of(bot).issuers, False, wiring.utc_now() + DAY)
    while rounds.go_on(asked):
        pass
    assert rounds.last(bot.store).changed == 0
