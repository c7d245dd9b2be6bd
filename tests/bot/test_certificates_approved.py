"""Certificates that their issuer approves first: what waits, a yes to many at once, a no that can be taken back."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, update

from bot import approving, certificates, codes, coordinators, wiring
from bot.app import create_app
from bot.cli import attesting, certificates_approving, certificates_tracker, main
from bot.completion import backfill, by_hand, complete, standing
from bot.content import ContentError, library
from bot.store import tables as t
from flows.completion import APPROVAL, DECLINED, Lack
from flows.text import localized
from tests.bot.test_completion import BY, NUMBER, holds, passes, ruled, whole
from tests.bots import COURSE, at_the_same_moment, count, made_settings, rows, to_a_certificate, villager
from tests.callers import make, twilio_sms
from tests.credentials import ISSUERS
from tests.killing import killed_after, spawning
from workers import telling

SITI = "Cik Siti"


@pytest.fixture
def shelf(bot):
    """A library in which the issuer approves each certificate of the course."""
    coordinators.add(bot.store, BY, BY, rights=["certify"], number=None, district=None, locale="ms", now=bot.clock())
    return replace(bot.library(), approving=frozenset({COURSE}))


@pytest.fixture
def her(bot, shelf, clock):
    """Somebody who has done everything, and whose certificate waits."""
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))
    fill(bot, shelf, her)
    clock.turn(timedelta(hours=1))
    return her


def fill(bot, shelf, *learners):
    done = backfill.fill(bot.store, shelf.courses[COURSE], shelf, learners, now=bot.clock())
    return [each for filled in done for each in filled.issued]


def approve(bot, shelf, *learners, by=BY):
    return list(approving.approve(bot.store, shelf, COURSE, learners, by, now=bot.clock()))


def decline(bot, shelf, her, by=BY):
    approving.decline(bot.store, shelf, COURSE, her, by, why="somebody else answered", now=bot.clock())


def waiting(bot, shelf, of=COURSE):
    return [each.learner_id for each in approving.waiting(bot.store, shelf, of, now=bot.clock())]


def lacks(bot, shelf, her):
    return standing.in_course(bot.store, shelf.courses[COURSE], her, approving=shelf.approving, now=bot.clock()).lacks


def deeds(bot):
    return [(row.who, row.did) for row in rows(bot, t.audit_event) if "certificate" in row.did or "back" in row.did]


# --- from her last answer to her code --------------------------------------------------------------------------------


def test_her_last_answer_brings_a_word_of_the_association_and_its_yes_the_code(bot, shelf, clock):
    given = replace(bot, conversations=replace(bot.conversations, library=lambda: shelf))
    client = create_app(given).test_client()
    for place, text in enumerate(to_a_certificate(bot)):
        said = make(client, twilio_sms(NUMBER, text, f"{place}")).text

    assert "Persatuan akan mengesahkan sijil anda" in said
    assert "Persatuan akan mengesahkan" in make(client, twilio_sms(NUMBER, "SIJIL", "sijil")).text
    assert "Persatuan akan mengesahkan" in make(client, twilio_sms(NUMBER, "STATUS", "status")).text
    assert count(bot, t.certificate) == 0
    assert bot.store.look(select(t.enrolment.c.completed_at))[0][0] is not None
    her = rows(bot, t.learner)[0].id
    (waits,) = approving.waiting(bot.store, shelf, COURSE, now=clock())
    assert (waits.learner_id, waits.number, waits.lacks) == (her, NUMBER, ())
    asked_at = waits.asked_at

    clock.turn(timedelta(days=2))
    (decided,) = approve(bot, shelf, her)
    telling.tell(bot)

    assert decided.issued[0].code in [row.text for row in rows(bot, t.outbound_message)][-1]
    assert decided.issued[0].code in make(client, twilio_sms(NUMBER, "SIJIL", "sijil-2")).text
    assert waiting(bot, shelf) == []
    assert deeds(bot) == [(BY, "issue certificate"), (BY, "approve certificate")]
    kept = rows(bot, t.certificate)[0]
    assert json.loads(kept.assessed)["completed"] == asked_at.isoformat()
    assert bot.store.look(select(t.enrolment.c.completed_at))[0][0] == asked_at


def test_what_waits_is_asked_for_once_and_issued_by_nobody_else(bot, shelf, her):
    assert lacks(bot, shelf, her) == (APPROVAL,)
    assert fill(bot, shelf, her) == []
    assert by_hand.issue(bot.store, shelf, COURSE, her, BY, now=bot.clock()).lacks == (APPROVAL,)
    assert (
        complete(bot.store, shelf.courses[COURSE], her, programmes={}, approving={COURSE}, now=bot.clock()).writes == ()
    )
    assert (count(bot, t.approval), count(bot, t.certificate)) == (1, 0)


def test_only_who_may_certify_decides(bot, shelf, her):
    coordinators.add(
        bot.store, SITI, BY, rights=["approve", "attest"], number=None, district=None, locale="ms", now=bot.clock()
    )

    for who in (SITI, "Nobody"):
        with pytest.raises(approving.Refused, match="has not the right to certify"):
            approve(bot, shelf, her, by=who)
        with pytest.raises(approving.Refused, match="has not the right to certify"):
            decline(bot, shelf, her, by=who)
    assert waiting(bot, shelf) == [her]


# --- several at once -------------------------------------------------------------------------------------------------


def test_approved_twice_at_once_there_is_one_certificate_and_one_yes(bot, shelf, her):
    done = at_the_same_moment(*[lambda: approve(bot, shelf, her)] * 4)

    assert sum(len(each.issued) for (each,) in done) == 1
    assert count(bot, t.certificate) == 1
    assert deeds(bot) == [(BY, "issue certificate"), (BY, "approve certificate")]


def test_of_a_yes_and_a_no_at_once_one_holds(bot, shelf, her):
    def no():
        try:
            decline(bot, shelf, her)
        except approving.Refused:
            return False
        return True

    said = at_the_same_moment(lambda: bool(approve(bot, shelf, her)[0].issued), no)

    assert sorted(said) == [False, True]
    assert count(bot, t.certificate) == int(said[0])
    assert rows(bot, t.approval)[0].approved is said[0]


def test_completed_twice_at_once_and_approved_meanwhile_there_is_one(bot, shelf):
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))

    at_the_same_moment(*[lambda: fill(bot, shelf, her)] * 3, lambda: approve(bot, shelf, her))
    approve(bot, shelf, her)

    assert (count(bot, t.approval), count(bot, t.certificate)) == (1, 1)


# --- what changes while it waits --------------------------------------------------------------------------------------


def test_a_rule_changed_meanwhile_holds_and_it_keeps_waiting(bot, shelf, her):
    stricter = replace(shelf, courses={COURSE: ruled(bot, identity=1)})

    (decided,) = approve(bot, stricter, her)

    assert (decided.issued, decided.lacks) == ((), (Lack("identity", 1, 0),))
    assert waiting(bot, shelf) == [her]
    assert approve(bot, shelf, her)[0].issued


def test_an_issuer_that_approves_no_more_lets_it_come_by_itself(bot, shelf, her):
    assert fill(bot, bot.library(), her)
    assert waiting(bot, shelf) == []
    assert approving.counted(bot.store) == {}
    with pytest.raises(approving.Refused, match="Nothing of hers waits"):
        decline(bot, shelf, her)


def test_somebody_deleted_meanwhile_is_nobody(bot, shelf, her):
    """What docs/privacy.md deletes of her here."""
    with bot.store.begin() as connection:
        for table in (t.approval, t.enrolment, t.lesson_pass, t.answer, t.conversation, t.address):
            connection.execute(delete(table).where(table.c.learner_id == her))
        connection.execute(delete(t.learner).where(t.learner.c.id == her))

    (decided,) = approve(bot, shelf, her)

    assert (decided.issued, decided.lacks) == ((), ())
    assert deeds(bot) == []


def test_somebody_who_said_stop_gets_hers_and_no_message(bot, shelf, her):
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(opted_out_at=bot.clock()))

    assert approve(bot, shelf, her)[0].issued
    telling.tell(bot)

    assert count(bot, t.outbound_message) == 0
    assert certificates.held_by(bot.store, her)


# --- a no ------------------------------------------------------------------------------------------------------------


def test_a_no_is_told_without_its_reason_and_can_be_taken_back(bot, shelf, her):
    decline(bot, shelf, her)
    telling.tell(bot)

    (text,) = [row.text for row in rows(bot, t.outbound_message)]
    assert "persatuan belum dapat mengesahkan" in text
    assert "PENYELARAS" in text
    assert "somebody else answered" not in text
    assert lacks(bot, shelf, her) == (DECLINED,)
    assert fill(bot, bot.library(), her) == []  # also where its issuer approves nothing any more
    assert approve(bot, shelf, her)[0].issued == ()
    with pytest.raises(approving.Refused, match="Nothing of hers waits"):
        decline(bot, shelf, her)

    approving.take_back(bot.store, shelf, COURSE, her, BY, now=bot.clock())

    assert waiting(bot, shelf) == [her]
    assert approve(bot, shelf, her)[0].issued
    said_no, *after = [row for row in rows(bot, t.audit_event) if row.did != "enter coordinator"][-4:]
    assert said_no.did == "decline certificate"
    assert "somebody else answered" in said_no.about
    assert [each.did for each in after] == ["take back a declined", "issue certificate", "approve certificate"]
    with pytest.raises(approving.Refused, match="Nothing of hers was declined"):
        approving.take_back(bot.store, shelf, COURSE, her, BY, now=bot.clock())


def test_a_no_taken_back_before_it_was_told_is_never_told(bot, shelf, her):
    decline(bot, shelf, her)
    approving.take_back(bot.store, shelf, COURSE, her, BY, now=bot.clock())

    telling.tell(bot)

    assert count(bot, t.outbound_message) == 0


# --- programmes ------------------------------------------------------------------------------------------------------


def test_a_programme_waits_for_a_word_of_its_own(bot, shelf):
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))
    holds(bot, her, "other1")
    both = replace(shelf, programmes={"asas9": whole()}, approving=frozenset({COURSE, "asas9"}))
    fill(bot, both, her)

    (part,) = approve(bot, both, her)

    assert [each.kind for each in part.issued] == ["course"]
    assert approving.counted(bot.store) == {"asas9": 1}
    assert standing.of(bot.store, both, her, now=bot.clock())[-1].lacks == (APPROVAL,)
    (rest,) = approving.approve(bot.store, both, "asas9", [her], BY, now=bot.clock())
    assert [each.kind for each in rest.issued] == ["programme"]
    assert by_hand.issue(bot.store, both, "asas9", her, BY, now=bot.clock()).issued[0].code == rest.issued[0].code


def test_a_turn_tells_of_a_programme_that_waits(bot, shelf):
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))
    holds(bot, her, "other1")

    outcome = complete(bot.store, ruled(bot), her, programmes={"asas9": whole()}, approving={"asas9"}, now=bot.clock())
    bot.store.write(outcome.writes)

    assert outcome.waits == (localized({"ms": "Asas", "en": "Basics"}),)
    assert [each.kind for each in outcome.issued] == ["course"]
    assert (count(bot, t.approval), count(bot, t.certificate)) == (1, 2)


# --- issuers.yaml ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "approves"),
    [
        ("approves: true", {"selamat1", "sayur1"}),
        ("approves: [sayur1]", {"sayur1"}),
        ("approves: false", set()),
        ("approves: perhaps", {"selamat1", "sayur1"}),  # rather one word too many
        ("", set()),
    ],
)
def test_a_file_says_what_its_issuer_approves(tmp_path, said, approves):
    (tmp_path / "issuers.yaml").write_text(ISSUERS + f"    {said}\n", encoding="utf-8")

    found, problems = library.read_approving(tmp_path, ["selamat1", "sayur1"])

    assert (found, problems) == (approves, [])


def test_a_file_that_cannot_be_read_changes_no_library(tmp_path):
    (tmp_path / "issuers.yaml").write_text("issuers: [", encoding="utf-8")

    with pytest.raises(ContentError):
        raise ContentError(library.read_approving(tmp_path, ["selamat1"])[1])


# --- on a terminal ---------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(bot, shelf, monkeypatch):
    """A command is given; returns what is printed."""
    given = replace(bot, experiments=_Shelf(shelf))
    for module in (attesting, certificates_approving, certificates_tracker):
        monkeypatch.setattr(module, "wired", lambda: given)

    def ask(*words, code=0, typed=""):
        told = CliRunner().invoke(main, ("certificates", *words), input=typed, catch_exceptions=False)
        assert told.exit_code == code, told.output
        return told.output

    return ask


class _Shelf:
    """The library of the test, where the bot looks for its own."""

    def __init__(self, shelf):
        self._shelf = shelf

    def library(self):
        return self._shelf


def test_on_a_terminal_from_waiting_to_issued(bot, shelf, her, ask):
    other = villager(bot, "+60111000002")
    passes_too(bot, shelf, other)
    told = ask("waiting")
    assert f"learner {her}" in told
    assert "+60•••••0001" in told
    assert json.loads(ask("waiting", "--json").splitlines()[0])["learner"] == her
    assert "waits for the issuer's word" in ask("missing", NUMBER)

    only = ask("approve", "--course", COURSE, "--except", "011-1000 002", "--by", BY, typed="n\n", code=1)
    assert str(her) in only
    assert str(other) not in only
    assert "has not the right to certify" in ask("approve", "--course", COURSE, "--by", SITI, "--yes", code=1)
    assert "1 issued" in ask("approve", "--course", COURSE, "--except", str(other), "--by", BY, typed="y\n")
    assert "Say why" in ask("decline", "+60111000002", "--course", COURSE, "--by", BY, code=2)
    ask("decline", "+60111000002", "--course", COURSE, "--by", BY, "--why", "no show", "--yes")
    assert "declined by the issuer" in ask("missing", "+60111000002")
    assert "Nothing waits" in ask("approve", "--course", COURSE, "--by", BY, "--yes")
    assert "waits again" in ask("decline", str(other), "--course", COURSE, "--by", BY, "--undo")
    assert "There is no course or programme" in ask("waiting", "--course", "tiada9", code=1)


def passes_too(bot, shelf, her):
    """A second learner has passed everything."""
    now = bot.clock()
    with bot.store.begin() as connection:
        for lesson in shelf.courses[COURSE].lessons:
            row = {"learner_id": her, "course": COURSE, "lesson": lesson.id, "version": "1", "passed_at": now}
            connection.execute(insert(t.lesson_pass).values(row))
    fill(bot, shelf, her)


def test_issued_by_hand_what_is_due_and_nothing_else(bot, shelf, ask, monkeypatch):
    monkeypatch.setattr(certificates_approving, "wired", lambda: bot)
    her = villager(bot, NUMBER)
    assert "Not issued: 0 of 7 lessons passed" in ask("issue", NUMBER, "--course", COURSE, "--by", BY, code=1)
    passes(bot, her, ruled(bot))

    first = ask("issue", NUMBER, "--course", COURSE, "--by", BY, "--why", "the phone was lost")
    again = ask("issue", NUMBER, "--course", COURSE, "--by", BY)

    assert first == again
    (note,) = [row for row in rows(bot, t.audit_event) if row.did == "issue certificate"]
    assert (note.who, json.loads(note.about)["why"]) == (BY, "the phone was lost")
    assert rows(bot, t.certificate)[0].tell_at == bot.clock()
    certificates.revoke(bot.store, rows(bot, t.certificate)[0].code, "why", BY, now=bot.clock())
    assert "there is no other" in ask("issue", NUMBER, "--course", COURSE, "--by", BY, code=1)


def test_issued_by_hand_by_several_at_once_there_is_one(bot, shelf):
    her = villager(bot, NUMBER)
    passes(bot, her, ruled(bot))

    given = at_the_same_moment(*[lambda: by_hand.issue(bot.store, bot.library(), COURSE, her, BY, now=bot.clock())] * 4)

    assert len({each.issued[0].code for each in given}) == 1
    assert count(bot, t.certificate) == 1


# --- killed in the middle --------------------------------------------------------------------------------------------


def approve_for_ever(url, var_dir, ready):
    """The process that is killed: it says that it begins, and approves and tells."""
    bot = wiring.build(made_settings(url, Path(var_dir), holidays=""))
    shelf = replace(bot.library(), approving=frozenset({COURSE}))
    ready.send(True)
    learners = [each.learner_id for each in approving.waiting(bot.store, shelf, COURSE, now=bot.clock())]
    for _ in approving.approve(bot.store, shelf, COURSE, learners, BY, now=bot.clock()):
        telling.tell(bot, most=3)


@pytest.mark.journey
def test_kills_in_the_middle_of_a_batch_issue_and_tell_everything_once(migrated_url, tmp_path):
    """Real processes on both databases."""
    processes = spawning(__name__)
    bot = wiring.build(made_settings(migrated_url, tmp_path, holidays=""))
    coordinators.add(bot.store, BY, BY, rights=["certify"], number=None, district=None, locale="ms", now=bot.clock())
    shelf = replace(bot.library(), approving=frozenset({COURSE}))
    past = bot.clock() - timedelta(hours=1)
    village = [villager(bot, f"+60111000{n:03}", last_inbound_at=past) for n in range(30)]
    for each in village:
        passes_too(bot, shelf, each)

    for n in range(5):
        killed_after(processes, 0.03 * (n + 1), approve_for_ever, migrated_url, str(tmp_path))
    list(approving.approve(bot.store, shelf, COURSE, village, BY, now=bot.clock()))
    while telling.tell(bot):
        pass

    issued = rows(bot, t.certificate)
    told = [row.text for row in rows(bot, t.outbound_message)]
    assert sorted(row.learner_id for row in issued) == sorted(village)
    assert len([row for row in rows(bot, t.audit_event) if row.did == "approve certificate"]) == len(village)
    late = bot.store.look(select(t.certificate.c.id).where(t.certificate.c.tell_at.is_not(None)))
    assert len(told) + len(late) == len(village)  # by night they wait for the morning
    assert all(sum(codes.written(row.code) in text for text in told) <= 1 for row in issued)
    bot.store.engine.dispose()
