"""What is said of an experiment: counts only until it is complete, then the difference with its interval; and its files."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from scipy import stats
from sqlalchemy import insert, update

from bot import settings
from bot.cli import main
from bot.experiments import Arm, Experiment, read_experiments
from bot.experiments.declared import sizes
from bot.experiments.report import mismatch, newcombe, report, wilson
from bot.experiments.settling import stop
from bot.experiments.telling import in_words
from bot.store import tables as t
from bot.store.database import Store
from flows.course import Nudges
from flows.text import alike
from tests.bot.test_experiments import BEGINS, ENDS, TRIED
from tests.builders import course, real_library

ZONE = ZoneInfo("Asia/Kuching")
# Newcombe 1998, Statistics in Medicine 17:873-890, table II, contrast (a): 56/70 and 48/80.
SMALL = replace(TRIED, arms=(Arm("usual", 8, 80, hours=24), Arm("sooner", 7, 70, hours=12)))
NOW = BEGINS + timedelta(days=10)


@pytest.fixture
def store(migrated_url):
    """A database with nobody in it."""
    made = Store(migrated_url)
    yield made
    made.engine.dispose()


def drawn(store, experiment, still_open=0, **arms):
    """Learners in each arm: how many reached the outcome, and of how many; the last `still_open` are within their term."""
    learners, rows = [], []
    for name, (reached, of) in arms.items():
        for number in range(of):
            her = len(rows) + 1
            learners.append({"id": her, "locale": "ms", "created_at": BEGINS})
            row = {"experiment": experiment.id, "learner_id": her, "arm": name, "drawn_at": BEGINS, "opted_out": False}
            closed = {"outcome": number < reached, "settled_at": NOW, "looks_at": None}
            rows.append(row | closed | {"closes_at": BEGINS + experiment.term})
    for row in rows[len(rows) - still_open :]:
        row.update(outcome=None, settled_at=None, looks_at=row["closes_at"])
    begun = {"id": experiment.id, "declared": experiment.declaration(), "begun_at": BEGINS, "stopped_arms": ""}
    with store.begin() as connection:
        connection.execute(insert(t.experiment).values(begun))
        connection.execute(insert(t.learner), learners)
        connection.execute(insert(t.arm), rows)


def told(store, experiment=SMALL, now=NOW):
    return "\n".join(in_words(report(store, experiment, now=now), ZONE))


# --- the arithmetic, against values that others have published ------------------------------------------------------


def test_the_interval_of_a_share_is_the_published_one():
    """81 of 263: Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_the_interval_of_a_difference_is_the_published_one():
    assert newcombe((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_sizes_are_those_reckoned_by_hand():
    """(1.959964 + 0.841621)^2 x (0.3 x 0.7 + 0.4 x 0.6) / 0.1^2 = 353.2."""
    assert sizes([1, 1], 0, usually=0.3, worth=0.1, power=0.8) == [354, 354]
    # Twice as many in the other: 7.84888 x (0.21 + 0.24 / 2) / 0.01 = 259.01.
    assert sizes([1, 2], 0, usually=0.3, worth=0.1, power=0.8) == [260, 519]


def test_each_of_several_comparisons_asks_for_more_learners():
    two = sizes([1, 1], 0, usually=0.3, worth=0.1, power=0.8)
    three = sizes([1, 1, 1], 0, usually=0.3, worth=0.1, power=0.8)

    assert len(set(three)) == 1
    assert three[0] > two[0]


def test_experiments_of_that_size_find_what_they_are_made_to_find():
    """A thousand made-up trials with a true difference of 10 points: about 80 % of the intervals leave out zero."""
    (size, _), lots = sizes([1, 1], 0, usually=0.3, worth=0.1, power=0.8), 1000
    usual = stats.binom(size, 0.3).rvs(lots, random_state=1)
    other = stats.binom(size, 0.4).rvs(lots, random_state=2)

    pairs = {(int(one), int(two)) for one, two in zip(usual, other, strict=True)}
    found = {pair: newcombe((pair[0], size), (pair[1], size))[0] > 0 for pair in pairs}

    assert 0.75 < sum(found[int(one), int(two)] for one, two in zip(usual, other, strict=True)) / lots < 0.85


def test_arms_that_chance_cannot_have_made_are_told():
    even = (Arm("usual", 1, 1000), Arm("sooner", 1, 1000))
    uneven = (Arm("usual", 1, 500), Arm("sooner", 2, 1000))

    assert mismatch([500, 540], even) is None
    assert mismatch([500, 620], even) == pytest.approx(0.000337, abs=1e-6)
    assert mismatch([500, 1000], uneven) is None
    assert mismatch([2, 7], even) is None


# --- what is said ---------------------------------------------------------------------------------------------------


def test_before_every_arm_has_its_learners_only_counts_are_told(store):
    drawn(store, SMALL, usual=(10, 50), sooner=(40, 60))

    words = told(store)

    assert "Not enough yet: 30 more in usual, 10 more in sooner." in words
    assert "%" not in words
    assert "points" not in words
    assert all(line.reached is None for line in report(store, SMALL, now=NOW).lines)


def test_while_a_term_runs_only_counts_are_told(store):
    drawn(store, SMALL, usual=(48, 80), sooner=(56, 70), still_open=3)

    words = told(store)

    assert "Not enough yet: the term of 3 has not ended yet; the last ends 07/01/2027 08:00." in words
    assert "points" not in words


def test_a_complete_one_tells_the_difference_with_its_interval_and_what_it_is_worth(store):
    drawn(store, SMALL, usual=(48, 80), sooner=(56, 70))

    words = told(store)

    assert "48 reached it: 60.0%" in words
    assert "sooner less usual: +20.0 points (95% interval +5.2 to +33.4)." in words
    assert "at least about 5.2 points more, at most 33.4" in words
    assert "Whether it is the 10.0 points worth having stays open." in words
    assert "significant" not in words


def test_no_difference_is_told_as_what_it_may_still_be(store):
    drawn(store, SMALL, usual=(40, 80), sooner=(35, 70))

    assert "No difference was shown: sooner may be anything from" in told(store)


def test_one_that_was_stopped_tells_what_can_be_said_of_those_it_had(store):
    drawn(store, SMALL, usual=(24, 40), sooner=(28, 35))
    with store.begin() as connection:
        stop(connection, SMALL, "Ana", "the rains began", now=NOW)

    words = told(store)

    assert "Stopped: the rains began." in words
    assert "sooner less usual: +20.0 points (95% interval" in words


def test_one_that_ended_short_says_how_to_close_it_and_tells_no_difference(store):
    drawn(store, SMALL, usual=(24, 40), sooner=(28, 35))

    words = told(store, now=ENDS)

    assert "titian experiments stop waktu" in words
    assert "points" not in words


def test_unequal_arms_are_told_and_their_difference_is_not_explained(store):
    drawn(store, SMALL, usual=(48, 80), sooner=(100, 160))

    words = told(store)

    assert "The arms are not as large as their weights would make them" in words
    assert "No difference was shown" not in words


def test_a_file_that_was_changed_after_the_first_draw_is_told(store):
    drawn(store, SMALL, usual=(48, 80), sooner=(56, 70))

    words = told(store, replace(SMALL, worth=0.01))

    assert "The file was changed after the first draw" in words
    assert "points" not in words


def test_one_without_a_draw_says_how_many_it_needs(store):
    assert "Not enough yet: 80 more in usual, 70 more in sooner." in told(store)


# --- the files ------------------------------------------------------------------------------------------------------

FILE = """\
id: waktu
about: "Sooner?"
tries: nudge hours
course: sayur1
outcome: came back within 72 h
control: usual
arms:
  - {name: usual, hours: 24}
  - {name: sooner, hours: 12}
size: {usually: 30, worth: 10}
begins: "2027-01-04"
ends: "2027-06-30"
running: yes
"""


@pytest.fixture
def problems(tmp_path):
    """What is said of files, each given by what is different in it from one that is in order."""

    def said(*files):
        (tmp_path / "experiments").mkdir()
        for place, changes in enumerate(files):
            text = FILE
            for old, new in changes.items():
                assert old in text
                text = text.replace(old, new)
            (tmp_path / "experiments" / f"{place}.yaml").write_text(text)
        courses = {name: course(name) for name in ("sayur1", "buku1")}
        courses["sayur1"] = replace(
            courses["sayur1"], nudges=Nudges(texts=(("hujan", alike("x")), ("panas", alike("y"))))
        )
        return [(each.line, each.says) for each in read_experiments(tmp_path, ZONE, courses)[1]]

    return said


def shipped() -> Experiment:
    """The one that Titian comes with."""
    (found,), problems = read_experiments(settings.ROOT / "content", ZONE, real_library().courses)
    assert problems == []
    return found


def test_the_experiment_that_titian_comes_with_is_in_order_and_off():
    assert not shipped().running


def test_a_file_in_order_has_nothing_to_put_right(problems):
    assert problems({}) == []


@pytest.mark.parametrize(
    ("changes", "line", "says"),
    [
        ({"course: sayur1": "course: sayr1"}, 4, "write one of buku1, sayur1"),
        ({"control: usual": "control: old"}, 6, "write one of usual, sooner"),
        ({"name: sooner": "name: usual"}, 9, "is another arm already"),
        ({"sooner, hours: 12": "sooner"}, 9, "this arm needs `hours: …`"),
        ({"hours: 12": "variant: warm"}, 9, "this arm needs `hours: …`"),
        ({"usually: 30, worth: 10": "usually: 30"}, 10, "Write either {each: 400}"),
        ({"usually: 30, worth: 10": "usually: 95, worth: 10"}, 10, "more than 99 %"),
        ({"2027-06-30": "2026-06-30"}, 12, "It ends before it begins"),
        ({"2027-06-30": "2027-06-31"}, 12, "There is no such day"),
        ({"2027-06-30": "30/6/2027"}, 12, "There is no such day: write it like 2027-01-31."),
        ({"2027-06-30": "9999-12-31"}, 12, "There is no such day"),
        ({"hours: 12": "hours: 96"}, 9, "72"),
        ({"tries: nudge hours": "tries: text"}, 3, "nudge text"),
        (
            {"tries: nudge hours": "tries: nudge text", "usual, hours: 24": "usual", "hours: 12": "variant: kabut"},
            9,
            "no text of that name under `nudges:` › `texts:`: there are hujan, panas",
        ),
        (
            {
                "tries: nudge hours": "tries: nudge text",
                "usual, hours: 24": "usual",
                "hours: 12": "variant: kabut",
                "course: sayur1": "course: buku1",
            },
            9,
            "there are none yet",
        ),
        ({"outcome: came back within 72 h": "outcome: came back"}, 5, "came back within 72 h"),
        ({"running": "runing"}, 13, "Did you mean `running`?"),
    ],
)
def test_a_mistake_is_told_by_its_line_and_in_words(problems, changes, line, says):
    assert any(at == line and says in told for at, told in problems(changes))


def test_two_that_try_the_same_on_the_same_learners_cannot_be_on_at_once(problems):
    ((_, says),) = problems({}, {"id: waktu": "id: lagi"})

    assert "nobody could tell the two apart" in says


def test_an_arm_with_a_text_of_its_course_is_in_order(problems):
    words = {"tries: nudge hours": "tries: nudge text", "usual, hours: 24": "usual", "hours: 12": "variant: panas"}

    assert problems(words) == []


def test_the_check_of_the_content_tells_of_experiments_too(tmp_path):
    shutil.copytree(settings.ROOT / "content", tmp_path / "content")
    file = tmp_path / "content" / "experiments" / "waktu-peringatan.yaml"
    file.write_text(file.read_text().replace("course: sayur1", "course: sayur9"))

    checked = CliRunner().invoke(main, ["content", "check", str(tmp_path / "content")])

    assert checked.exit_code == 1
    assert f'{file}:7  missing  course: There is no course "sayur9"' in checked.output


# --- the commands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def runs(migrated_url, tmp_path, monkeypatch):
    """Give a command on this database, with the courses and experiments that Titian comes with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("CONTENT_DIR", str(settings.ROOT / "content"))
    return lambda *args: CliRunner().invoke(main, ["experiments", *args])


def test_a_coordinator_lists_reports_and_stops(runs):
    listed = runs("list")
    assert "waktu-peringatan" in listed.output
    assert "04/01/2027 to 30/06/2027" in listed.output

    assert "Not enough yet: 354 more in usual, 354 more in sooner." in runs("report", "waktu-peringatan").output
    assert json.loads(runs("report", "waktu-peringatan", "--json").output)["complete"] is False

    assert runs("stop", "waktu-peringatan", "--by", "Ana", "--why", "not now", "--yes").output == "Stopped.\n"
    assert "waktu-peringatan      stopped" in runs("list").output
    assert "was stopped already" in runs("stop", "waktu-peringatan", "--by", "Ana", "--why", "x", "--yes").output
    assert "Stopped: not now." in runs("report", "waktu-peringatan").output


def test_stopping_asks_first(runs):
    asked = runs("stop", "waktu-peringatan", "--by", "Ana", "--why", "not now")

    assert asked.exit_code == 1
    assert "It cannot be begun again" in asked.output


def test_a_name_that_is_not_there_is_told_with_those_that_are(runs):
    assert "there is: waktu-peringatan" in runs("report", "nothing").output


def test_the_report_settles_what_is_due_by_itself(runs, store):
    """So that it is right although no worker has looked since."""
    drawn(store, shipped(), usual=(3, 6), sooner=(3, 6))
    long_ago = {"closes_at": BEGINS - timedelta(days=3000), "looks_at": BEGINS - timedelta(days=3000)}
    with store.begin() as connection:
        connection.execute(update(t.arm).values(settled_at=None, outcome=None, **long_ago))
    assert [line.open for line in report(store, shipped(), now=NOW).lines] == [6, 6]

    told = json.loads(runs("report", shipped().id, "--json").output)

    assert [line["open"] for line in told["arms"]] == [0, 0]
