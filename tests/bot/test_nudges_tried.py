"""Nudges as a course says, and experiments on them from the draw to the report: real rows, workers and files."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import event, func, select, update

from bot import settings
from bot.cli import main
from bot.experiments.report import report
from bot.experiments.telling import in_words
from bot.store import tables as t
from tests.bots import BEGINS, at_the_same_moment, count, listener, listening_bot, rows, villager
from tests.callers import make, twilio_sms, twilio_whatsapp
from workers import jobs, nudges

NUMBER = "+60111000001"
HOUR = timedelta(hours=1)
NUDGES = """\
nudges:
  after_days: [1, 4]
  then_every_days: 20
  most: 4
  texts:
    - {key: sekejap, ms: "Ada 3 minit? {course}: {title}.", en: "Have 3 minutes? {course}: {title}."}
    - {key: sambung, ms: "{course} {lesson}/{total}: {title} menunggu.", en: "{course} {lesson}/{total}: {title} waits."}
    - {key: tempat, ms: "Tempat anda: {title}, {course}.", en: "Your place: {title}, {course}."}
"""
EXPERIMENT = """\
id: cuba
about: "Which?"
tries: nudge text
course: selamat1
outcome: came back within 72 h
control: usual
arms:
  - {name: usual}
  - {name: place, variant: tempat}
size: {each: 20}
begins: "2026-11-01"
ends: "2026-12-24"
running: yes
"""
HOURS = EXPERIMENT.replace("nudge text", "nudge hours").replace("variant: tempat", "hours: 12")


@pytest.fixture
def content(tmp_path):
    """A content directory whose course says when and how it nudges."""
    made = tmp_path / "content"
    shutil.copytree(settings.ROOT / "tests" / "content", made)
    file = made / "courses" / "selamat1.yaml"
    file.write_text(file.read_text().replace("\nlessons:\n", f"\n{NUDGES}\nlessons:\n"))
    (made / "experiments").mkdir()
    return made


@pytest.fixture
def bot(migrated_url, tmp_path, clock, content):
    """A bot with that content, listening."""
    made = listening_bot(migrated_url, tmp_path, clock, content_dir=content, twilio_whatsapp_template="HX" + "a" * 32)
    yield made
    made.store.engine.dispose()


@pytest.fixture
def passes(bot, clock, monkeypatch):
    """Turn the clock on, the workers looking whenever something is due."""
    monkeypatch.setattr(jobs, "_bot", bot)
    queued = t.outbound_message.c.status == "queued"
    waits = select(
        select(func.min(t.nudge.c.due_at)).scalar_subquery(),
        select(func.min(t.arm.c.looks_at)).scalar_subquery(),
        select(func.min(t.outbound_message.c.due_at)).where(queued).scalar_subquery(),
    )

    def passes(**time):
        until = clock() + timedelta(**time)
        while clock() < until:
            due = min([moment for moment in bot.store.look(waits)[0] if moment], default=until)
            clock.turn(max(timedelta(seconds=30), min(due, until) - clock()))
            jobs.look()
            jobs.deliver(jobs.BULK)

    return passes


def tries(content, file=EXPERIMENT):
    """Put an experiment beside the courses, as its author does while the bot runs."""
    (content / "experiments" / "cuba.yaml").write_text(file)


def begins(client, number=NUMBER, *words):
    for place, text in enumerate(["hai", "1", "1", *words]):
        make(client, twilio_sms(number, text, f"{number[-4:]}-{place}"))


def told(bot, channel="twilio_sms"):
    """What was nudged, without the tag and how to answer."""
    sent = [message.text.removeprefix("RM0.00 TITIAN: ") for message in listener(bot, channel).sent]
    return [text.removesuffix(" Hantar SAMBUNG, NANTI atau STOP.") for text in sent]


def nudged_at(bot):
    """Hours from the beginning to each nudge."""
    return [round((row.created_at - BEGINS) / HOUR) for row in rows(bot, t.outbound_message) if row.purpose == "nudge"]


# --- as the course says ---------------------------------------------------------------------------------------------


def test_a_course_nudges_on_its_own_days_in_its_own_words_and_as_often_as_it_says(bot, client, passes):
    begins(client)

    passes(days=60)

    assert told(bot) == [
        "Ada 3 minit? Elak penipuan dalam talian: SMS yang mencurigakan.",
        "Elak penipuan dalam talian 1/7: SMS yang mencurigakan menunggu.",
        "Tempat anda: SMS yang mencurigakan, Elak penipuan dalam talian.",
        "Ada 3 minit? Elak penipuan dalam talian: SMS yang mencurigakan.",
    ]
    assert [round(hours / 24) for hours in nudged_at(bot)] == [1, 4, 24, 44]
    assert count(bot, t.nudge) == 0
    assert [row.why for row in rows(bot, t.ring)] == ["two reminders unanswered"]


def test_an_edit_of_the_words_is_said_at_once_to_who_is_in_the_middle_of_a_lesson(bot, client, content, passes):
    begins(client)
    file = content / "courses" / "selamat1.yaml"
    file.write_text(file.read_text().replace("Ada 3 minit?", "Ada masa?"))

    passes(hours=26)

    assert told(bot) == ["Ada masa? Elak penipuan dalam talian: SMS yang mencurigakan."]


def test_when_whatsapps_window_is_shut_an_approved_template_carries_the_courses_words(bot, client, passes):
    for place, text in enumerate(["hai", "1", "1"]):
        make(client, twilio_whatsapp(NUMBER, text, f"wa-{place}"))

    passes(hours=26)

    (sent,) = listener(bot, "twilio_whatsapp").sent
    assert sent.template
    assert told(bot, "twilio_whatsapp") == ["Ada 3 minit? Elak penipuan dalam talian: SMS yang mencurigakan."]
    assert told(bot) == []


def test_where_only_two_come_in_a_row_somebody_is_told_to_ring_all_the_same(bot, client, content, passes):
    file = content / "courses" / "selamat1.yaml"
    file.write_text(file.read_text().replace("most: 4", "most: 2"))
    begins(client)

    passes(days=30)

    assert len(told(bot)) == 2
    assert [row.why for row in rows(bot, t.ring)] == ["two reminders unanswered"]
    assert count(bot, t.nudge) == 0


# --- experiments: what is tried -------------------------------------------------------------------------------------


def test_who_is_drawn_hears_the_words_of_her_arm_and_the_draw_is_in_the_same_transaction(bot, client, content, passes):
    tries(
        content, EXPERIMENT.replace("name: usual", "name: usual, weight: 1").replace("tempat}", "tempat, weight: 100}")
    )
    numbers = [f"+6011100{n:04}" for n in range(8)]
    for number in numbers:
        begins(client, number)

    passes(hours=26)

    arms = {row.learner_id: row.arm for row in rows(bot, t.arm)}
    words = {row.learner_id: row.text for row in rows(bot, t.outbound_message) if row.purpose == "nudge"}
    assert len(arms) == len(words) == 8
    assert "place" in arms.values()
    assert {her: "Tempat anda: " in text for her, text in words.items()} == {
        her: arm == "place" for her, arm in arms.items()
    }


def test_a_nudge_that_cannot_be_written_draws_nobody(bot, client, clock, content):
    """Both are one transaction: what a crash undoes of the one it undoes of the other."""
    tries(content)
    begins(client)
    clock.turn(timedelta(hours=25))
    refuses = _refuses(bot, "INSERT INTO outbound_message")

    nudges.fire(bot)
    assert (count(bot, t.arm), count(bot, t.experiment)) == (0, 0)
    event.remove(bot.store.engine, "before_cursor_execute", refuses)
    clock.turn(timedelta(hours=1))
    nudges.fire(bot)

    assert count(bot, t.arm) == 1
    assert [row.purpose for row in rows(bot, t.outbound_message) if row.purpose != "reply"] == ["nudge"]


def test_eight_workers_at_once_draw_her_once_and_nudge_her_once(bot, client, clock, content):
    tries(content)
    begins(client)
    clock.turn(timedelta(hours=25))

    at_the_same_moment(*[lambda: nudges.fire(bot)] * 8)

    assert (count(bot, t.arm), count(bot, t.experiment)) == (1, 1)
    assert len([row for row in rows(bot, t.outbound_message) if row.purpose == "nudge"]) == 1


def _refuses(bot, begins_with):
    def refuse(connection, cursor, statement, *rest):
        if statement.startswith(begins_with):
            raise RuntimeError("the machine dies here")

    event.listen(bot.store.engine, "before_cursor_execute", refuse)
    return refuse


def test_hours_are_tried_from_the_sooner_one_on_and_who_is_to_wait_longer_waits(bot, client, clock, content, passes):
    tries(content, HOURS.replace("hours: 12", "hours: 6"))
    numbers = [f"+6011100{n:04}" for n in range(8)]
    for number in numbers:
        begins(client, number)

    passes(hours=30)

    arms = {row.learner_id: row for row in rows(bot, t.arm)}
    sent = {row.learner_id: row for row in rows(bot, t.outbound_message) if row.purpose == "nudge"}
    assert len(arms) == len(sent) == 8
    assert {row.drawn_at for row in arms.values()} == {BEGINS + timedelta(hours=6)}
    for her, row in sent.items():
        assert row.created_at - BEGINS == timedelta(hours=6 if arms[her].arm == "place" else 24)


def test_who_comes_back_before_the_sooner_one_is_in_no_arm(bot, client, content, passes):
    tries(content, HOURS)
    begins(client)

    passes(hours=11)
    make(client, twilio_sms(NUMBER, "MENU", "back"))
    passes(hours=11)

    assert count(bot, t.arm) == 0


def test_who_asked_for_later_is_in_no_arm_and_waits_as_long_as_she_asked(bot, client, content, passes):
    tries(content, HOURS)
    begins(client, NUMBER, "NANTI")

    passes(hours=78)

    assert count(bot, t.arm) == 0
    assert nudged_at(bot) == [72]


def test_only_the_first_of_a_silence_has_its_hours_tried(bot, client, content, passes):
    tries(content, HOURS.replace("hours: 12", "hours: 6"))
    begins(client)

    passes(days=6)
    (first, second) = nudged_at(bot)

    assert second - first == 72
    assert count(bot, t.arm) == 1


def test_a_phone_that_several_share_is_in_no_experiment_on_words(bot, client, clock, content, passes):
    tries(content)
    begins(client)
    with bot.store.begin() as connection:
        (kept,) = connection.execute(select(t.conversation.c.session)).one()
        connection.execute(update(t.conversation).values(session=kept.replace("{", '{"person":2,', 1)))

    passes(hours=26)

    assert count(bot, t.arm) == 0
    assert ["Pengguna 2" in text for text in told(bot)] == [True]


# --- what it costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file", ["", EXPERIMENT.replace("running: yes", "running: no"), EXPERIMENT.replace("selamat1", "sayur1")]
)
def test_where_nothing_is_tried_a_nudge_costs_no_query_more(bot, client, clock, content, file):
    if file:
        tries(content, file)
    begins(client)
    clock.turn(timedelta(hours=25))
    asked = []
    event.listen(bot.store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    nudges.fire(bot)

    assert len(told(bot)) == 0
    assert [row.purpose for row in rows(bot, t.outbound_message)][-1] == "nudge"
    assert [sql for sql in asked if "experiment" in sql or " arm" in sql] == []


def test_a_file_with_a_mistake_tries_nothing_and_keeps_nobody_from_her_lessons(bot, client, content, passes, caplog):
    tries(content, EXPERIMENT.replace("variant: tempat", "variant: kabut"))
    begins(client)

    passes(hours=26)

    assert count(bot, t.arm) == 0
    assert told(bot) == ["Ada 3 minit? Elak penipuan dalam talian: SMS yang mencurigakan."]
    assert [row.getMessage() for row in caplog.records].count("content not loaded") == 1


def test_an_edit_of_the_file_counts_within_seconds(bot, clock, content):
    bot.library()
    tries(content)
    assert bot.experiments.on("nudge text", "selamat1", clock()) is None
    clock.turn(timedelta(seconds=3))
    bot.library()
    assert bot.experiments.on("nudge text", "selamat1", clock()) is not None

    (content / "experiments" / "cuba.yaml").write_text(EXPERIMENT.replace("running: yes", "running: no"))
    clock.turn(timedelta(seconds=3))
    bot.library()

    assert bot.experiments.on("nudge text", "selamat1", clock()) is None


# --- from the draw to the report ------------------------------------------------------------------------------------


def come_quiet(bot, many):
    """So many learners, all of whom fell silent yesterday."""
    due = bot.clock() - HOUR
    hers = [villager(bot, f"+6011200{n:04}") for n in range(many)]
    with bot.store.begin() as connection:
        connection.execute(t.nudge.insert(), [{"learner_id": her, "turn": 0, "due_at": due} for her in hers])
    return hers


def test_an_experiment_says_the_truth_from_the_draw_to_the_report(bot, client, clock, content, passes, monkeypatch):
    """All who hear where their place is come back, and nobody else; and it is told once the last term has ended."""
    tries(content)
    clock.turn(timedelta(seconds=3))
    come_quiet(bot, 60)
    passes(hours=1)
    arms = {row.learner_id: row.arm for row in rows(bot, t.arm)}
    assert min(list(arms.values()).count(arm) for arm in ("usual", "place")) >= 20
    assert "Not enough yet" in "\n".join(in_words(_report(bot), bot.zone))
    assert len(arms) < 60

    phones = {row.learner_id: row.identifier for row in rows(bot, t.address)}
    for her in [her for her, arm in arms.items() if arm == "place"]:
        make(client, twilio_sms(phones[her], "B", f"back-{her}"))
    passes(hours=30)
    assert "the term of" in "\n".join(in_words(_report(bot), bot.zone))
    passes(hours=44)

    said = _report(bot)
    assert said.complete
    assert [(line.arm, line.reached == line.drawn, line.opted_out) for line in said.lines] == [
        ("usual", False, 0),
        ("place", True, 0),
    ]
    assert said.differences[0].by == 1
    assert "More learners reached it with place" in "\n".join(in_words(said, bot.zone))


def test_the_guard_stops_an_arm_that_drives_learners_away_while_it_runs(bot, client, clock, content, passes):
    tries(content, EXPERIMENT.replace("each: 20", "each: 60"))
    clock.turn(timedelta(seconds=3))
    come_quiet(bot, 40)
    passes(hours=1)
    phones = {row.learner_id: row.identifier for row in rows(bot, t.address)}
    away = [row.learner_id for row in rows(bot, t.arm) if row.arm == "place"]
    assert len(away) > 8
    for her in away:
        make(client, twilio_sms(phones[her], "STOP", f"stop-{her}"))

    passes(hours=25)

    assert "in the arm place opted out" in rows(bot, t.experiment)[0].stopped_why
    assert [(row.who, row.did) for row in rows(bot, t.audit_event)][-1] == ("the guard", "stop experiment")
    before = count(bot, t.arm)
    come_quiet_again = villager(bot, "+60111009999")
    with bot.store.begin() as connection:
        connection.execute(t.nudge.insert().values(learner_id=come_quiet_again, turn=0, due_at=clock()))
    passes(hours=1)
    assert count(bot, t.arm) == before
    assert "Stopped: " in "\n".join(in_words(_report(bot), bot.zone))


def test_the_command_tells_what_the_workers_found(bot, clock, content, tmp_path, passes, monkeypatch, migrated_url):
    tries(content)
    clock.turn(timedelta(seconds=3))
    come_quiet(bot, 5)
    passes(hours=1)
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("CONTENT_DIR", str(content))

    said = CliRunner().invoke(main, ["experiments", "report", "cuba"]).output

    assert "cuba: Which?" in said
    drawn = [int(line.split()[1]) for line in said.splitlines() if line.startswith(("usual ", "place "))]
    assert sum(drawn) == 5


def _report(bot):
    experiment = bot.experiments.on("nudge text", "selamat1", bot.clock())
    assert experiment is not None
    return report(bot.store, replace(experiment), now=bot.clock())
