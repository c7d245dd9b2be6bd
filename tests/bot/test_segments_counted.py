"""Who is in a described group, by the database and by looking at every learner's rows one by one; saved groups; tags."""

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert, select

from bot import segments
from bot.cli import main
from bot.segments import described as d, parse, tags
from bot.segments.saved import Refused
from bot.store import tables as t
from bot.store.database import Store
from tests.bot.test_segments import TREES
from tests.bots import BEGINS

NOW = BEGINS
KUCHING = ZoneInfo("Asia/Kuching")
LEARNERS = 300


class Village:
    """Learners of every kind, in the database and in lists that a test can look through."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: dict[str, list[dict]] = defaultdict(list)
        self.draw = random.Random(7)
        for her in range(1, LEARNERS + 1):
            self._settle(her)
        for row in self.rows["learner"]:
            row["stopped"] = self._stopped(row["id"])
        with store.begin() as connection:
            for name in (
                "learner",
                "address",
                "enrolment",
                "lesson_pass",
                "answer",
                "background",
                "survey_answer",
                "tag",
                "profile",
            ):
                connection.execute(insert(t.metadata.tables[name]), self.rows[name])

    def _settle(self, her: int) -> None:
        draw, joined = self.draw, NOW - timedelta(days=self.draw.randrange(0, 400), hours=1)
        self.rows["learner"].append(
            {
                "id": her,
                "locale": draw.choice(["ms", "ms", "en"]),
                "district": draw.choice(["Ranau", "Kudat", "Pitas", "Daerah lain", None]),
                "consented_at": draw.choice([joined, joined, joined, None]),
                "created_at": joined,
            }
        )
        for n, kind in enumerate(draw.choice([["tel"], ["tel"], ["tel", "whatsapp"], ["whatsapp"], []])):
            wrote = draw.choice([None, NOW - timedelta(days=draw.randrange(0, 400), minutes=1)])
            way = "whatsapp" if kind == "whatsapp" else draw.choice(["twilio_sms", "africastalking_ussd"])
            self.rows["address"].append(
                {
                    "id": her * 10 + n,
                    "kind": kind,
                    "identifier": f"+6011{her:08}",
                    "learner_id": her,
                    "opted_out_at": draw.choice([None, None, None, NOW]),
                    "unreachable_at": draw.choice([None, None, NOW - timedelta(days=draw.randrange(0, 400))]),
                    "last_inbound_at": wrote,
                    "last_channel": way if wrote else None,
                    "created_at": joined,
                }
            )
        if draw.random() < 0.2:  # she shares her phone, or the phone of the one who came before her
            holder = max(1, her - draw.randrange(2))
            places = [row["number"] for row in self.rows["profile"]]
            number = f"+6011{holder:08}"
            self.rows["profile"].append(
                {"number": number, "place": places.count(number) + 1, "learner_id": her, "tries": 0}
            )
        words = [each["last_inbound_at"] for each in self.of("address", her) if each["last_inbound_at"]]
        self.rows["learner"][-1]["heard_on"] = max(words).astimezone(KUCHING).date() if words else None
        self._learn(her)
        if draw.random() < 0.6:
            keys = {
                what: draw.choice([*sorted(set(table.values())), None])
                for what, table in segments.ANYTHING.about.items()
            }
            self.rows["background"].append({"learner_id": her, **keys})
        for question in draw.sample(["when", "q2"], draw.randrange(3)):
            option = draw.choice(["atau", "dan", "a", "a+dan", "sms+tag", "14", "hari"])
            row = {"learner_id": her, "survey": draw.choice(["undian1", "profil"]), "about": "", "question": question}
            self.rows["survey_answer"].append(row | {"version": "v", "option": option, "answered_at": NOW})
        for name in draw.sample(["atau", "dan", "tag", "a b", "14", "kelas-pagi"], draw.randrange(3)):
            self.rows["tag"].append({"name": name, "learner_id": her})

    def _learn(self, her: int) -> None:
        draw = self.draw
        for course in draw.sample(["sayur1", "buku1", "q"], draw.randrange(3)):
            row = {"learner_id": her, "course": course, "version": "v"}
            done = draw.choice([None, None, NOW])
            self.rows["enrolment"].append(row | {"started_at": NOW, "completed_at": done})
            for lesson in range(draw.randrange(5)):
                self.rows["lesson_pass"].append(row | {"lesson": f"l{lesson}", "passed_at": NOW})
            if draw.random() < 0.5:
                given_ = {
                    "id": her * 10 + len(course),
                    "lesson": "l0",
                    "question": "q1",
                    "option": "a",
                    "correct": True,
                }
                self.rows["answer"].append(row | given_ | {"attempt": 1, "answered_at": NOW})

    def of(self, name: str, her: int) -> list[dict]:
        return [row for row in self.rows[name] if row["learner_id"] == her]

    def group(self, tree: d.Described) -> set[int]:
        """Who is in it, found by looking at everybody."""
        return {row["id"] for row in self.rows["learner"] if self._may_be_written_to(row) and self.holds(tree, row)}

    def _may_be_written_to(self, her: dict) -> bool:
        return her["consented_at"] is not None and not her["stopped"]

    def _stopped(self, her: int) -> bool:
        """Whether no address is open that reaches her, on the phone she shares or another."""
        numbers = {row["number"] for row in self.of("profile", her)}
        reach = [row for row in self.rows["address"] if row["learner_id"] == her or row["identifier"] in numbers]
        return all(each["opted_out_at"] for each in reach)

    def holds(self, tree: d.Described, her: dict) -> bool:
        match tree:
            case d.Everybody():
                return True
            case d.All(parts=parts):
                return all(self.holds(part, her) for part in parts)
            case d.Either(parts=parts):
                return any(self.holds(part, her) for part in parts)
            case d.Outside(part=part):
                return not self.holds(part, her)
            case d.District(names=names):
                return her["district"] in names
            case d.Language(names=names):
                return her["locale"] in names
            case d.Joined(since=None, before=before):
                return her["created_at"] < _midnight(before)
            case d.Joined(since=since):
                return her["created_at"] >= _midnight(since)
            case d.About(what=what, keys=keys):
                return any(row[what] in keys for row in self.of("background", her["id"]))
            case d.Tagged(names=names):
                return any(row["name"] in names for row in self.of("tag", her["id"]))
            case d.Answered(survey=survey, question=question, options=options):
                asked = [
                    r for r in self.of("survey_answer", her["id"]) if (r["survey"], r["question"]) == (survey, question)
                ]
                return any(r["option"] in options or set(r["option"].split("+")) & set(options) for r in asked)
            case d.Enrolled() | d.Stands() | d.Passed() | d.AtLesson():
                return self._learns(tree, her["id"])
            case _:
                return self._is_heard(tree, her)

    def _learns(self, tree, her: int) -> bool:
        for row in self.of("enrolment", her):
            if tree.courses and row["course"] not in tree.courses:
                continue
            done = row["completed_at"] is not None
            passes = sum(each["course"] == row["course"] for each in self.of("lesson_pass", her))
            begun = passes > 0 or any(each["course"] == row["course"] for each in self.of("answer", her))
            match tree:
                case d.Enrolled():
                    holds = True
                case d.Stands(state=state):
                    holds = {"finished": done, "unfinished": not done, "not begun": not done and not begun}[state]
                case d.Passed(least=least, most=most):
                    holds = passes >= least and (most is None or passes <= most)
                case d.AtLesson(place=place):
                    holds = not done and passes == place - 1
            if holds:
                return True
        return False

    def _is_heard(self, tree, her: dict) -> bool:
        addresses = self.of("address", her["id"])
        words = [each for each in addresses if each["last_inbound_at"]]
        heard = max((each["last_inbound_at"] for each in words), default=None)
        alive = [
            each
            for each in addresses
            if not each["opted_out_at"]
            and not (
                each["unreachable_at"]
                and (not each["last_inbound_at"] or each["last_inbound_at"] <= each["unreachable_at"])
            )
        ]
        match tree:
            case d.Active(days=days):
                return heard is not None and (_day(NOW) - _day(heard)).days < days
            case d.Silent(days=days):
                joined = (_day(NOW) - _day(her["created_at"])).days
                return joined >= days and (heard is None or (_day(NOW) - _day(heard)).days >= days)
            case d.Channel(kinds=kinds):
                last = [each for each in words if each["last_inbound_at"] == heard]
                return any(_kind(each) in kinds for each in last)
            case d.Reached(way="reachable"):
                return any(each["last_inbound_at"] for each in alive)
            case d.Reached(way="receive-only"):
                return bool(alive) and not any(each["last_inbound_at"] for each in alive)
            case d.Reached():
                return not alive
        raise AssertionError(tree)


def _kind(address: dict) -> str:
    return "whatsapp" if address["kind"] == "whatsapp" else address["last_channel"].rpartition("_")[2]


def _day(moment: datetime) -> date:
    return moment.astimezone(KUCHING).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), KUCHING)


@pytest.fixture
def village(migrated_url):
    store = Store(migrated_url)
    yield Village(store)
    store.engine.dispose()


def meant(tree, name="atau"):
    """The tree with something behind every name of a saved group."""
    match tree:
        case d.All(parts=parts) | d.Either(parts=parts):
            return type(tree)(tuple(meant(part) for part in parts))
        case d.Outside(part=part):
            return d.Outside(meant(part))
        case d.Saved(name=name):
            return d.Saved(name, d.Tagged((name,)))
        case _:
            return tree


def plain(tree):
    match tree:
        case d.All(parts=parts) | d.Either(parts=parts):
            return type(tree)(tuple(plain(part) for part in parts))
        case d.Outside(part=part):
            return d.Outside(plain(part))
        case d.Saved(means=means):
            return means
        case _:
            return tree


def test_the_database_finds_whom_a_person_would_find_by_looking_at_everybody(village):
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(TREES)
    def holds(tree):
        asked = meant(tree)
        found = [row.id for row in village.store.look(segments.query(asked, NOW))]
        assert len(found) == len(set(found)) == segments.count(village.store, asked, NOW)
        assert set(found) == village.group(plain(asked))

    holds()


@pytest.mark.parametrize(
    "words",
    [
        "semua",
        "di Ranau atau Pitas, kursus sayur1, belum tamat, senyap 14 hari, bukan tag atau2",
        "perempuan, aktif 90 hari",
        "kursus sayur1, belum mula",
        "kursus sayur1 atau buku1, lulus sekurang-kurangnya 2 pelajaran",
        "kursus sayur1, di pelajaran 2",
        "lulus paling banyak 1 pelajaran mana-mana kursus",
        "whatsapp atau (di Kudat dan tidak boleh dihubungi)",
        "hanya terima, bahasa melayu",
        "bukan (di Ranau atau tag dan2 atau aktif 30 hari)",
    ],
)
def test_groups_as_coordinators_describe_them_are_found(village, words):
    tree = parse(words)

    assert segments.count(village.store, tree, NOW) == len(village.group(tree))


def test_who_joined_yesterday_has_not_been_silent_for_two_weeks(village):
    young = {row["id"] for row in village.rows["learner"] if row["created_at"] > NOW - timedelta(days=13)}

    found = {row.id for row in village.store.look(segments.query(parse("senyap 14 hari"), NOW))}

    assert found
    assert not found & young


def test_a_saved_group_is_used_by_its_name_and_follows_what_is_saved_there(village):
    store = village.store
    segments.save(store, "Pagi", "di Ranau", "Puan Rosli", now=NOW)
    segments.save(store, "muda", "segmen pagi, umur 18-29 atau bawah 18", "Puan Rosli", now=NOW)
    before = segments.count(store, parse("segmen muda"), NOW)

    segments.save(store, "pagi", "di Kudat", "Encik Juni", now=NOW)

    assert before == len(village.group(parse("di Ranau, umur 18-29 atau bawah 18")))
    assert segments.count(store, segments.load(store, "MUDA"), NOW) == len(
        village.group(parse("di Kudat, umur 18-29 atau bawah 18"))
    )
    assert [(row.name, row.author) for row in segments.listed(store)] == [
        ("muda", "Puan Rosli"),
        ("pagi", "Encik Juni"),
    ]
    assert {row.did for row in store.look(select(t.audit_event))} == {"save segment"}


def test_no_group_is_within_itself_and_none_is_deleted_that_another_needs(village):
    store = village.store
    segments.save(store, "a", "di Ranau", "R", now=NOW)
    segments.save(store, "b", "segmen a, perempuan", "R", now=NOW)

    with pytest.raises(Refused, match="a > b > a"):
        segments.save(store, "a", "bukan segmen b", "R", now=NOW)
    with pytest.raises(Refused, match="part of: b"):
        segments.delete(store, "a", "R", now=NOW)
    with pytest.raises(Refused, match='no segment "z"'):
        segments.save(store, "c", "segmen z", "R", now=NOW)

    assert segments.in_words(segments.load(store, "a"), "ms") == "Pelajar yang dalam segmen a"
    assert segments.delete(store, "b", "R", now=NOW)
    assert segments.delete(store, "a", "R", now=NOW)
    assert not segments.delete(store, "a", "R", now=NOW)
    assert segments.listed(store) == []


def test_a_group_that_nobody_has_looked_up_is_not_taken_for_everybody(village):
    with pytest.raises(segments.Unresolved):
        segments.query(parse("segmen pagi"), NOW)
    with pytest.raises(LookupError):
        segments.count(village.store, parse("segmen pagi"), NOW)
    with pytest.raises(segments.NotUnderstood):
        segments.read(village.store, "segmen pagi")


def test_a_tag_is_put_on_whoever_has_or_shares_the_phone_and_taken_off_again(village):
    store = village.store
    of = {row["learner_id"]: row["identifier"] for row in village.rows["address"]}
    (one, number), (other, shared) = list(of.items())[:2]
    with store.begin() as connection:
        beside = next(
            row["id"] for row in village.rows["learner"] if row["id"] not in of and not village.of("profile", row["id"])
        )
        row = {"number": shared, "place": 2, "learner_id": beside, "tries": 0}
        connection.execute(insert(t.profile).values(row))

    done = tags.add(store, " Ketua ", [number, shared, "+60119999999", "nobody", number], "R", now=NOW)
    again = tags.add(store, "ketua", [number], "R", now=NOW)
    off = tags.remove(store, "KETUA", [shared, number], "R", now=NOW)

    assert done == tags.Tagged(3, 0, ("nobody", "+60119999999"))
    assert again == tags.Tagged(0, 1, ())
    assert off == tags.Tagged(3, 0, ())
    assert {one, other, beside} & {
        row.learner_id for row in store.look(select(t.tag).where(t.tag.c.name == "ketua"))
    } == set()
    assert [row.did for row in store.look(select(t.audit_event).order_by(t.audit_event.c.id))] == ["tag", "untag"]


@pytest.fixture
def titian(sqlite_url, tmp_path, monkeypatch):
    """The command, as typed; returns what it printed and its exit code."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))

    def run(*words: str, typed: str = ""):
        ran = CliRunner().invoke(main, [*words], input=typed)
        return ran.output, ran.exit_code

    return run


def test_the_command_explains_counts_saves_and_deletes(titian):
    said, code = titian(
        "segments", "save", "ranau", "di Ranau, kursus sayur1, belum tamat", "--by", "R", "--language", "ms"
    )
    assert (said, code) == ("Pelajar di Ranau dalam kursus sayur1, yang belum tamat\nSaved. 0 learners now.\n", 0)
    assert "di Ranau, kursus sayur1, belum tamat" in titian("segments", "list")[0]
    assert "in Ranau" in titian("segments", "show", "Ranau")[0]
    assert "0 learners" in titian("segments", "count", "segmen ranau, perempuan")[0]

    said, code = titian("segments", "count", "di Ranau, kursus sayr1", "--language", "ms")
    assert code == 1
    assert 'Tiada kursus "sayr1". Yang ada: sayur1' in said
    assert said.splitlines()[-1].index("^") == said.splitlines()[-2].index("sayr1")

    assert titian("segments", "save", "ranau", "di Kudat", "--by", "R", typed="n\n")[1] == 1
    assert titian("segments", "delete", "ranau", "--by", "R", typed="n\n")[1] == 1
    assert titian("segments", "delete", "ranau", "--by", "R", "--yes") == ("Deleted.\n", 0)
    assert titian("segments", "delete", "ranau", "--by", "R", "--yes")[1] == 1


def test_the_command_tags_from_a_file_and_says_whose_number_it_does_not_know(titian, tmp_path):
    file = tmp_path / "numbers.csv"
    file.write_text("+60 11-1000 0000\n\n011-1000 0001\n")

    said, code = titian("tags", "add", "ketua", "--from", str(file), "--by", "R")

    assert code == 1
    assert "Tagged: 0." in said
    assert "011-1000 0001" not in said  # told as it is dialled
    assert "+601110000001: no learner has this number." in said
    assert titian("tags", "remove", "ketua", "--all", "--by", "R", typed="n\n")[1] == 1
    assert titian("tags", "remove", "ketua", "--all", "--by", "R", "--yes") == ("Taken off: 0.\n", 0)
    assert titian("tags", "list") == ("Nobody is tagged yet.\n", 0)
