"""The completion tracker on both databases: rules, names and levels, programmes, corrections, and everybody looked at again."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from bot import attesting, certificates, codes, coordinators, revoking, settings, wiring
from bot.app import create_app
from bot.attesting import attest
from bot.auditing import linking
from bot.auditing.pieces import STAGES, Asked, Progress, piece
from bot.completion import backfill, changes, complete, standing, transcript
from bot.credentials.issuers import Issuers
from bot.store import statements as s, tables as t
from bot.store.ids import new_id
from flows.completion import SEEN, Lack, Programme, Rule
from flows.session import Session
from flows.text import localized
from tests.bots import COURSE, at_the_same_moment, count, made_settings, rows, to_a_certificate, villager
from tests.callers import make, twilio_sms

NUMBER = "+60111000001"
BY = "Puan Rosli"
SECOND = "Encik Jaya"
NAME = "Nur Aisyah binti Ahmad"


def ruled(bot, **rule):
    """The course under another rule."""
    return replace(bot.library().courses[COURSE], rule=Rule(**rule))


def passes(bot, her, course, *, wrong=(), at_once=True):
    """She has passed every lesson; the first question of those in `wrong` took her two tries."""
    now, session = bot.clock(), Session.from_json(rows(bot, t.conversation)[0].session)
    with bot.store.begin() as connection:
        for lesson in course.lessons:
            named = {"learner_id": her, "course": course.id, "lesson": lesson.id, "version": course.version}
            connection.execute(insert(t.lesson_pass).values(**named, passed_at=now))
            asked = {"question": lesson.bank[0].id, "option": "x", "answered_at": now, "purpose": "lesson"}
            tries = [(False, 1), (True, 2)] if lesson.id in wrong else [(True, 1)]
            for correct, attempt in tries:
                row = {**named, **asked, "id": new_id(now), "correct": correct, "attempt": attempt}
                connection.execute(insert(t.answer).values(row))
        held = session.enrolment(course.id)._replace(passed=tuple(course.by_id))
        kept = session.with_enrolment(held).to_json()
        connection.execute(update(t.conversation).where(t.conversation.c.learner_id == her).values(session=kept))


def decided(bot, course, her, **more):
    return complete(bot.store, course, her, programmes={}, now=bot.clock(), **more)


def audited(bot):
    """What a check of the audit finds changed."""
    while linking.link(bot.store):
        pass
    asked = Asked(bot.store, Issuers(), every_signature=True, now=bot.clock())
    done = Progress()
    while done.stage != STAGES[-1]:
        done = piece(done, asked)
    return [each.says for each in done.told if each.how == "changed"]


@pytest.fixture
def her(bot):
    """A learner, and a coordinator who may vouch for her."""
    for who in (BY, SECOND):
        coordinators.add(
            bot.store, who, BY, rights=["attest"], number=None, district=None, locale="ms", now=bot.clock()
        )
    return villager(bot, NUMBER)


@pytest.fixture
def vouch(bot, her):
    """Have a coordinator vouch for her; for level 2 a second one too."""

    def vouch(level=1, name=NAME, who=BY, library=None):
        if level == SEEN:
            vouch_alone(level, name, SECOND, library)
        return vouch_alone(level, name, who, library)

    def vouch_alone(level, name, who, library):
        return attest(bot.store, her, level, who, name=name, library=library or bot.library(), now=bot.clock())

    return vouch


# --- rules -----------------------------------------------------------------------------------------------------------


def test_the_pass_mark_counts_what_she_knew_at_once(bot, her):
    course = ruled(bot, pass_mark=80)
    first = course.lessons[0]
    passes(bot, her, course, wrong={first.id, course.lessons[1].id})  # 5 of 7: 71 per cent

    assert decided(bot, course, her).lacks == (Lack("score", 80, 71),)
    assert decided(bot, ruled(bot, pass_mark=71), her).lacks == ()

    again = {"learner_id": her, "course": course.id, "lesson": first.id, "version": "1", "question": first.bank[0].id}
    reviewed = {"id": new_id(bot.clock()), "option": "x", "correct": True, "attempt": 1, "answered_at": bot.clock()}
    with bot.store.begin() as connection:
        connection.execute(insert(t.answer).values(**again, **reviewed, purpose="review"))
    assert decided(bot, course, her).issued


def test_the_mark_of_a_final_lesson_is_about_it_alone(bot, her):
    course = ruled(bot)
    passes(bot, her, course, wrong={each.id for each in course.lessons[:-1]})
    final = course.lessons[-1].id

    assert decided(bot, ruled(bot, pass_mark=80), her).lacks
    outcome = decided(bot, ruled(bot, pass_mark=80, final=final), her)

    (row,) = [each.values for each in outcome.writes if each.statement is s.CERTIFIED]
    assert json.loads(row["assessed"])["score"] == 100


def test_days_and_minutes_count_from_when_she_enrolled(bot, her, clock):
    passes(bot, her, ruled(bot))
    course = ruled(bot, days=3)

    assert decided(bot, course, her).lacks == (Lack("days", 3, 0),)
    clock.turn(timedelta(days=3))

    assert decided(bot, course, her).issued


def phone(bot, library):
    """Who calls the webhooks of a bot that teaches from this library."""
    return create_app(replace(bot, conversations=replace(bot.conversations, library=lambda: library))).test_client()


def test_the_answer_that_completes_counts_though_it_is_not_written_yet(bot, app):
    """The rule is looked at in the turn of the last answer, whose rows are written at its end."""
    client = phone(bot, replace(bot.library(), courses={COURSE: ruled(bot, pass_mark=100)}))

    for place, text in enumerate(to_a_certificate(bot)):
        make(client, twilio_sms(NUMBER, text, f"{place}"))

    assert json.loads(rows(bot, t.certificate)[0].assessed)["score"] == 100


def test_who_lacks_something_is_told_what_and_gets_it_by_asking_once_it_is_there(bot, app, clock):
    strict = replace(bot.library(), courses={COURSE: ruled(bot, days=2, identity=1)})
    client = phone(bot, strict)
    for place, text in enumerate(to_a_certificate(bot)):
        said = make(client, twilio_sms(NUMBER, text, f"{place}")).text

    assert "hari" in said
    assert "penyelaras" in said
    assert count(bot, t.certificate) == 0
    assert "penyelaras" in make(client, twilio_sms(NUMBER, "STATUS", "status")).text

    clock.turn(timedelta(days=2))
    coordinators.add(bot.store, BY, BY, rights=["attest"], number=None, district=None, locale="ms", now=clock())
    her = rows(bot, t.learner)[0].id
    issued = attest(bot.store, her, 1, BY, name=NAME, library=strict, now=clock()).issued
    code = rows(bot, t.certificate)[0]

    assert [each.code for each in issued] == [codes.written(code.code)]
    assert (code.name, code.level) == (NAME, 1)
    assert issued[0].code in make(client, twilio_sms(NUMBER, "SIJIL", "mine")).text


def test_what_time_alone_was_missing_is_issued_when_she_asks(bot, app, clock):
    client = phone(bot, replace(bot.library(), courses={COURSE: ruled(bot, days=2)}))
    for place, text in enumerate(to_a_certificate(bot)):
        make(client, twilio_sms(NUMBER, text, f"{place}"))
    assert "hari" in make(client, twilio_sms(NUMBER, "SIJIL", "early")).text

    clock.turn(timedelta(days=2))
    said = make(client, twilio_sms(NUMBER, "SIJIL", "due")).text

    assert codes.written(rows(bot, t.certificate)[0].code) in said


def test_a_turn_that_completes_nothing_asks_the_database_no_more_than_before(bot, client):
    """One look and one write, whatever the rules are."""
    before, looks = to_a_certificate(bot)[:6], []
    for place, text in enumerate(before[:-1]):
        make(client, twilio_sms(NUMBER, text, f"{place}"))
    look = bot.store.look
    bot.store.look = lambda *asked: looks.append(asked) or look(*asked)

    make(client, twilio_sms(NUMBER, before[-1], "one more"))

    assert looks == []


# --- who she is ------------------------------------------------------------------------------------------------------


def test_only_a_coordinator_with_the_right_may_vouch(bot, vouch):
    with pytest.raises(attesting.Refused, match="has not the right to attest"):
        vouch(who="Encik Sesiapa")
    assert count(bot, t.identity) == 0


@pytest.mark.parametrize(
    ("name", "why"),
    [("Ali 900101125555", "digits"), ("😀", "emoji"), ("x" * 300, "300 characters"), (None, "Nobody has written down")],
)
def test_no_number_of_a_document_and_nothing_strange_becomes_a_name(bot, vouch, name, why):
    with pytest.raises(attesting.Refused, match=why):
        vouch(name=name)
    assert count(bot, t.identity) == 0


def test_a_level_is_never_lowered_and_all_of_it_is_in_the_audit(bot, vouch):
    vouch(2)
    done = vouch(1, name=None)

    assert (done.level, done.name) == (2, NAME)
    told = [json.loads(row.about) for row in rows(bot, t.audit_event) if row.did == "attest"]
    assert [(each["level"], each.get("said")) for each in told] == [(0, 2), (2, None), (2, 1)]
    assert NAME not in json.dumps(told)


def test_name_and_level_are_frozen_at_issue(bot, her, vouch, clock):
    vouch(1)
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot), her).writes)
    vouch(2, name="Nur Aishah binti Ahmad")

    row = rows(bot, t.certificate)[0]
    checked = bot.check_certificate(row.code)

    assert (checked.name, checked.level) == (NAME, 1)


def test_a_correction_is_another_certificate_and_the_old_code_says_so(bot, her, vouch, clock):
    vouch(1, name="Nur Aisah binti Ahmad")
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot, months=12), her).writes)
    old = rows(bot, t.certificate)[0]
    clock.turn(timedelta(days=5))
    vouch(2)

    new = changes.correct(bot.store, old.code, "a letter was missing", BY, now=clock())

    checked = bot.check_certificate(new)
    assert (checked.verdict, checked.name, checked.level) == ("valid", NAME, 2)
    assert (checked.expires_at, checked.assessed["completed"]) == (old.expires_at, old.issued_at.isoformat())
    assert bot.check_certificate(old.code).verdict == "replaced"
    assert [each.code for each in certificates.held_by(bot.store, her)] == [new]
    assert [row.did for row in rows(bot, t.audit_event)][-1] == "correct certificate"
    assert decided(bot, ruled(bot), her).issued[0].code == new


def test_what_was_revoked_by_mistake_is_issued_again_under_another_code(bot, her, vouch, clock):
    vouch(1)
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot), her).writes)
    old = rows(bot, t.certificate)[0]
    now = clock()
    with pytest.raises(revoking.Refused, match="has not the right to approve"):
        revoking.reissue(bot.store, old.code, "her sister, not she", BY, now=now)
    rights = {"rights": ["attest", "approve"], "number": None, "district": None, "locale": "ms"}
    coordinators.add(bot.store, BY, BY, **rights, now=now)
    with pytest.raises(revoking.Refused, match="is not revoked"):
        revoking.reissue(bot.store, old.code, "her sister, not she", BY, now=now)
    certificates.revoke(bot.store, old.code, "answers were entered for her", BY, now=now)
    clock.turn(timedelta(days=5))

    new = revoking.reissue(bot.store, old.code, "her sister, not she", BY, now=clock())

    checked = bot.check_certificate(new)
    assert (checked.verdict, checked.name, checked.level) == ("valid", NAME, 1)
    assert checked.assessed["completed"] == old.issued_at.isoformat()
    kept = next(row for row in rows(bot, t.certificate) if row.code == old.code)
    assert (kept.revoked_why, bot.check_certificate(old.code).verdict) == ("answers were entered for her", "replaced")
    assert decided(bot, ruled(bot), her).issued[0].code == new
    assert audited(bot) == []
    with pytest.raises(revoking.Refused, match="is not revoked"):
        revoking.reissue(bot.store, old.code, "again", BY, now=clock())


@pytest.mark.parametrize("why", ["nothing to correct", "revoked", "unknown"])
def test_what_cannot_be_corrected_is_refused_in_words(bot, her, vouch, why):
    vouch(1)
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot), her).writes)
    code = rows(bot, t.certificate)[0].code
    if why == "revoked":
        certificates.revoke(bot.store, code, "lent her phone", BY, now=bot.clock())

    with pytest.raises(changes.Refused):
        changes.correct(bot.store, "ZZZZZZZZZZZK" if why == "unknown" else code, "why", BY, now=bot.clock())
    assert count(bot, t.certificate) == 1


def test_corrected_at_the_same_moment_there_is_one_that_stands(bot, her, vouch):
    vouch(1)
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot), her).writes)
    code = rows(bot, t.certificate)[0].code
    vouch(2)

    def correct():
        try:
            return changes.correct(bot.store, code, "level", BY, now=bot.clock())
        except changes.Refused:
            return None

    done = [each for each in at_the_same_moment(*[correct] * 4) if each]

    assert len(done) == 1
    assert sum(row.revoked_at is None for row in rows(bot, t.certificate)) == 1


def test_a_certificate_expires_by_its_rule(bot, her, clock):
    passes(bot, her, ruled(bot))
    bot.store.write(decided(bot, ruled(bot, months=6), her).writes)
    code = rows(bot, t.certificate)[0].code
    assert bot.check_certificate(code).verdict == "valid"

    clock.turn(timedelta(days=183))

    assert bot.check_certificate(code).verdict == "expired"


# --- programmes ------------------------------------------------------------------------------------------------------


def whole(**more):
    made = {"courses": (COURSE, "other1"), "minutes": 200} | more
    return Programme("asas9", "1", localized({"ms": "Asas", "en": "Basics"}), **made)


def holds(bot, her, course, minutes=60):
    """She holds a certificate of another course."""
    code = codes.draw(__import__("random").Random(course).randrange)
    row = {"id": new_id(bot.clock()), "learner_id": her, "course": course, "version": "1", "code": code}
    row |= {"title": '{"ms": "Lain", "en": "Other"}', "minutes": minutes, "issued_at": bot.clock()}
    with bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(row))
    return code


def test_the_last_part_brings_the_whole_in_the_same_turn(bot, her):
    passes(bot, her, ruled(bot))
    holds(bot, her, "other1")

    outcome = complete(bot.store, ruled(bot), her, programmes={"asas9": whole()}, now=bot.clock())
    bot.store.write(outcome.writes)

    assert [each.kind for each in outcome.issued] == ["course", "programme"]
    assert {row.kind for row in rows(bot, t.certificate)} == {"course", "programme"}
    assert transcript.of(bot.store, her, now=bot.clock()).minutes == 200


@pytest.mark.parametrize(("least", "stands"), [(0, False), (1, True)])
def test_a_part_revoked_takes_the_whole_with_it_unless_the_rule_still_holds(bot, her, least, stands):
    passes(bot, her, ruled(bot))
    part = holds(bot, her, "other1")
    made = complete(bot.store, ruled(bot), her, programmes={"asas9": whole(least=least)}, now=bot.clock())
    bot.store.write(made.writes)

    gone = certificates.revoke(bot.store, part, "answers were entered for her", BY, now=bot.clock())

    the_whole = next(row for row in rows(bot, t.certificate) if row.kind == "programme")
    assert bot.check_certificate(the_whole.code).verdict == ("valid" if stands else "revoked")
    assert len(gone) == (1 if stands else 2)
    if not stands:
        assert "answers were entered for her" in the_whole.revoked_why
        assert codes.written(part) in the_whole.revoked_why
    assert [row.did for row in rows(bot, t.audit_event)].count("revoke") == len(gone)


def test_what_is_revoked_is_in_the_ledger_and_counts_nothing(bot, her):
    part = holds(bot, her, "other1")
    holds(bot, her, "third1", 30)
    certificates.revoke(bot.store, part, "why", BY, now=bot.clock())

    ledger = transcript.of(bot.store, her, now=bot.clock())

    assert [(line.verdict, line.counts) for line in ledger.lines] == [("revoked", 0), ("valid", 30)]
    assert ledger.minutes == 30


# --- everybody again -------------------------------------------------------------------------------------------------


def filled(bot, library):
    course = library.courses[COURSE]
    due = backfill.due(bot.store, course)
    each = list(backfill.fill(bot.store, course, library, due, now=bot.clock()))
    return [one for done in each + list(backfill.wholes(bot.store, library, now=bot.clock())) for one in done.issued]


def test_a_backfill_issues_what_is_due_and_the_second_time_nothing(bot, her):
    passes(bot, her, ruled(bot))
    holds(bot, her, "other1")
    villager(bot, "+60111000002")
    library = replace(bot.library(), programmes={"asas9": whole()})

    assert [each.kind for each in filled(bot, library)] == ["course", "programme"]
    assert filled(bot, library) == []
    assert bot.store.look(select(t.enrolment.c.completed_at).where(t.enrolment.c.learner_id == her))[0][0] is not None


def test_a_backfill_passes_over_who_lacks_something_and_who_was_revoked(bot, her):
    passes(bot, her, ruled(bot))
    strict = replace(bot.library(), courses={COURSE: ruled(bot, identity=1)}, programmes={})
    assert filled(bot, strict) == []

    code = filled(bot, bot.library())[0].code
    certificates.revoke(bot.store, codes.read(code), "why", BY, now=bot.clock())

    assert filled(bot, bot.library()) == []


@pytest.mark.parametrize("seed", range(3))
def test_completed_by_answer_by_backfill_and_by_a_coordinator_at_once_there_is_one(bot, client, app, clock, seed):
    """Whoever comes first of the last answer, its copy on another connection, a backfill and a coordinator's word."""
    *before, last = to_a_certificate(bot)
    for place, text in enumerate(before):
        make(client, twilio_sms(NUMBER, text, f"{place}"))
    her = rows(bot, t.learner)[0].id
    coordinators.add(bot.store, BY, BY, rights=["attest"], number=None, district=None, locale="ms", now=clock())

    calls = [
        lambda: make(app.test_client(), twilio_sms(NUMBER, last, "last")),
        lambda: make(app.test_client(), twilio_sms(NUMBER, last, f"last-{seed}")),
        lambda: filled(bot, bot.library()),
        lambda: attest(bot.store, her, 1, BY, name=NAME, library=bot.library(), now=clock()),
        lambda: filled(bot, bot.library()),
    ]
    at_the_same_moment(*(calls[seed:] + calls[:seed]))
    filled(bot, bot.library())

    assert [row.kind for row in rows(bot, t.certificate)] == ["course"]


# --- what is still missing -------------------------------------------------------------------------------------------


def test_a_coordinator_sees_what_everybody_lacks(bot, her):
    course = ruled(bot, identity=1)
    passes(bot, her, course)
    second = villager(bot, "+60111000002")

    found = {each.learner_id: each.lacks for each in standing.everybody(bot.store, course, now=bot.clock())}

    assert found == {her: (Lack("identity", 1, 0),), second: (Lack("lessons", 7, 0), Lack("identity", 1, 0))}


def test_one_learner_stands_somewhere_in_each_course_and_programme(bot, her):
    passes(bot, her, ruled(bot))
    library = replace(bot.library(), programmes={"asas9": whole()})
    bot.store.write(decided(bot, ruled(bot), her).writes)

    found = standing.of(bot.store, library, her, now=bot.clock())

    assert [(each.id, bool(each.code), each.lacks) for each in found] == [
        (COURSE, True, ()),
        ("asas9", False, (Lack("courses", 2, 1),)),
    ]


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def content(tmp_path):
    """The content that is shipped, to be edited."""
    return shutil.copytree(settings.ROOT / "content", tmp_path / "content")


def problems(content):
    from bot.content import check

    return [str(each) for each in check(content) if each.blocks]


def test_a_rule_in_a_course_file_is_what_the_tracker_follows(content, sqlite_url, tmp_path, clock):
    path = content / "courses" / "selamat1.yaml"
    text = path.read_text(encoding="utf-8")
    rule = "complete:\n  lessons: [sms, rayuan]\n  days: 2\n  identity: 1\n  valid_months: 24\n"
    ids = [line.split()[2] for line in text.splitlines() if line.startswith("  - id: ")]
    path.write_text(text + "\n" + rule.replace("rayuan", ids[1]), encoding="utf-8")

    assert problems(content) == []
    bot = wiring.build(made_settings(sqlite_url, tmp_path, content_dir=content), clock=clock)
    assert bot.library().courses["selamat1"].rule == Rule(lessons=("sms", ids[1]), days=2, identity=1, months=24)
    assert bot.library().programmes["asas1"].courses[0] == "sayur1"
    bot.store.engine.dispose()


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("  lessons: [sms, tiada]", 'There is no lesson "tiada"'),
        ("  lessons: [sms, sms]", "stands here already"),
        ("  final: sms", "move it to the end"),
        ("  final: tiada", 'There is no lesson "tiada"'),
        ("  witnessed: [sms]", "has no `task`"),
        ("  pass_mark: 120", "pass_mark"),
        ("  identity: 3", "identity"),
        ("  hari: 3", "`hari` means nothing here"),
    ],
)
def test_a_rule_that_cannot_be_met_is_told_with_its_line(content, rule, says):
    path = content / "courses" / "selamat1.yaml"
    text = path.read_text(encoding="utf-8") + "\ncomplete:\n"
    path.write_text(text + rule + "\n", encoding="utf-8")
    line = len(text.splitlines()) + 1

    told = problems(content)

    assert any(says in each and f":{line} " in each for each in told), told


def test_two_parts_that_come_in_one_turn_bring_the_whole(bot, her):
    """SIJIL may find two courses due at once: the second sees the first, whose row is not written yet."""
    course = ruled(bot)
    passes(bot, her, course)
    other = replace(course, id="other1")
    made = whole()

    first = complete(bot.store, other, her, programmes={"asas9": made}, now=bot.clock())
    both = complete(bot.store, course, her, programmes={"asas9": made}, pending=first.writes, now=bot.clock())

    assert [each.kind for each in both.issued] == ["course", "programme"]
