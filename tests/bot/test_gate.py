"""The gate to publication: each rule is broken once, and its message read as an author reads it."""

import json
import re
from pathlib import Path
from textwrap import indent

import pytest
import yaml
from click.testing import CliRunner

from bot import blocked, gsm
from bot.cli.content import content
from bot.content import ContentError, Problem, check, load
from bot.content.situations import moments
from bot.content.whole import PHONE
from bot.i18n import Catalogues
from bot.render import Voice

SHIPPED = Path(__file__).parents[2] / "content"
KEYWORDS = """\
intent,scope,ms,en,sabah,note
opt_out,any,batal|berhenti,stop,,
menu,any,menu,main menu,,
help,any,info|bantuan,help,,
time_morning,any,pagi,morning,,
"""
COURSE = """\
id: air1
title: {ms: "Air bersih", en: "Clean water"}
about: {ms: "Air selamat untuk keluarga.", en: "Safe water for the family."}
minutes: 5
"""
LESSON = """\
  - id: didih
    title: {ms: "Didihkan air", en: "Boil the water"}
    ideas:
      - {ms: "Didihkan air sebelum diminum.", en: "Boil water before you drink it."}
"""
END = """\
because: {ms: "Begitulah adanya.", en: "That is how it is."}
hint: {ms: "Cuba fikir.", en: "Think of it."}
"""
CHOICE = """\
id: q-1
kind: choice
ask: {ms: "Bila selamat?", en: "When is it safe?"}
options:
  - {key: boiled, ms: "Sudah mendidih", en: "Once boiled", right: true}
  - {key: clear, ms: "Nampak jernih", en: "Looks clear"}
"""
TRUTH = """\
id: q-1
kind: truth
ask: {ms: "Air hujan sentiasa bersih.", en: "Rain is always clean."}
answer: false
"""
SEVERAL = """\
id: q-1
kind: several
ask: {ms: "Apa membunuh kuman? Pilih semua yang betul.", en: "What kills germs? Choose all that are right."}
options:
  - {key: boil, ms: "Mendidih", en: "Boiling", right: true}
  - {key: cool, ms: "Menyejuk", en: "Cooling"}
  - {key: sieve, ms: "Menapis kasar", en: "A rough sieve"}
"""
ORDER = """\
id: q-1
kind: order
ask: {ms: "Susun langkah.", en: "Put the steps in order."}
options:
  - {key: fill, ms: "Isi periuk", en: "Fill the pot"}
  - {key: heat, ms: "Panaskan", en: "Heat it"}
  - {key: wait, ms: "Biar sejuk", en: "Let it cool"}
"""
NUMBER = """\
id: q-1
kind: number
ask: {ms: "Dua baldi, empat liter setiap satu. Berapa liter?", en: "Two pails of four litres. How many litres?"}
answer: 8
unit: {ms: "liter", en: "litres"}
"""
TEXT = """\
id: q-1
kind: text
ask: {ms: "Apa yang dididihkan?", en: "What is boiled?"}
accept:
  ms: ["air"]
  en: ["water"]
"""
OPEN = """\
id: q-1
kind: open
ask: {ms: "Apa anda buat di rumah?", en: "What do you do at home?"}
"""


def lesson(*questions: str, more: str = "", head: str = LESSON) -> str:
    """One lesson of a course file with these questions."""
    bank = "".join(indent("- " + indent(question, "  ").lstrip(), "      ") for question in questions)
    return f"{head}{indent(more, '    ')}    questions:\n{bank}" if questions else f"{head}{indent(more, '    ')}"


def course(*questions: str, more: str = "", top: str = "") -> str:
    """A course file of one lesson; `more` stands in the lesson, `top` in the course."""
    return f"{COURSE}{top}lessons:\n{lesson(*questions, more=more)}"


@pytest.fixture
def told(tmp_path):
    """Everything that is told of a course file."""

    def tell(text: str, *, tag: int = 15, programme: str = "") -> list[Problem]:
        for folder in ("courses", "programmes"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "courses" / "air1.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "keywords.csv").write_text(KEYWORDS, encoding="utf-8")
        if programme:
            (tmp_path / "programmes" / "p.yaml").write_text(programme, encoding="utf-8")
        return check(tmp_path, tag)

    return tell


@pytest.fixture
def directory(tmp_path, told):
    """A content directory in order."""
    assert told(course(CHOICE + END)) == []
    return tmp_path


def only(problems: list[Problem], severity: str = "problem") -> Problem:
    found = [problem for problem in problems if problem.severity == severity]
    assert len(found) == 1, "\n".join(map(str, problems))
    return found[0]


# --- Each kind of question ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [CHOICE, TRUTH, SEVERAL, ORDER, NUMBER, TEXT, OPEN])
def test_a_question_of_each_kind_is_in_order(told, question):
    assert told(course(question + END)) == []


RIGHT = ", right: true"
WRONG_WORD = """\
wrong:
  - ms: ["{word}"]
    because: {{ms: "Bukan itu.", en: "Not that."}}
"""
KINDS = [
    # the question, what is changed, into what -> rule, where, words of the message
    (CHOICE, RIGHT, "", "right", "q-1 › options", "No option is right"),
    (CHOICE, '"Looks clear"', '"Looks clear", right: true', "right", "options › 2 › right", "keep `right: true` under one only, or write `kind: several`"),
    (CHOICE, '  - {key: clear, ms: "Nampak jernih", en: "Looks clear"}\n', "", "options", "q-1 › options", "2 to 5 options; this one has 1"),
    (CHOICE, CHOICE[CHOICE.index("options:"):], "", "options", "questions › q-1", "kind choice needs `options:`"),
    (CHOICE, "kind: choice", "kind: choice\nanswer: true", "field", "q-1 › answer", "`answer` does not belong to kind choice: remove it (it has `keep_order` and `options`)"),
    (CHOICE, "kind: choice", "kind: choise", "type", "q-1 › kind", "'choice', 'truth'"),
    (TRUTH, "answer: false\n", "", "answer", "questions › q-1", "`answer: true` or `answer: false`"),
    (TRUTH, "answer: false", "answer: 1", "answer", "q-1 › answer", "without quotes"),
    (TRUTH, "answer: false", 'answer: "false"', "type", "q-1 › answer", "for a statement, true or false"),
    (TRUTH, "answer: false\n", "answer: false\n" + CHOICE[CHOICE.index("options:"):], "field", "q-1 › options", "does not belong to kind truth"),
    (SEVERAL, RIGHT, "", "right", "q-1 › options", "under each right one"),
    (SEVERAL, '"Cooling"}\n  - {key: sieve, ms: "Menapis kasar", en: "A rough sieve"', f'"Cooling"{RIGHT}}}\n  - {{key: sieve, ms: "Menapis kasar", en: "A rough sieve"{RIGHT}', "right", "q-1 › options", "nothing to choose"),
    (SEVERAL, '  - {key: cool, ms: "Menyejuk", en: "Cooling"}\n', "", "options", "q-1 › options", "kind several has 3 to 5 options; this one has 2"),
    (ORDER, '"Fill the pot"', f'"Fill the pot"{RIGHT}', "right", "options › 1 › right", "write them in the right order, and remove this line"),
    (ORDER, '  - {key: heat, ms: "Panaskan", en: "Heat it"}\n', "", "options", "q-1 › options", "kind order has 3 to 5 options"),
    (ORDER, '"Heat it"', '"Heat it", because: {ms: "Sabar.", en: "Patience."}', "field", "options › 2 › because", "never said"),
    (NUMBER, "answer: 8\n", "", "answer", "questions › q-1", "the number that is right"),
    (NUMBER, "answer: 8", "answer: true", "answer", "q-1 › answer", "the number that is right"),
    (NUMBER, "answer: 8", "answer: eight", "type", "q-1 › answer", "Write the number that is right here, without quotes"),
    (NUMBER, "answer: 8", "answer: 0", "key", "q-1 › answer", "0 is a key (0 goes back, 00 to the menu, 98 says more)"),
    (NUMBER, "answer: 8", "answer: 00", "key", "q-1 › answer", "0 is a key"),
    (NUMBER, "answer: 8", "answer: 98", "key", "q-1 › answer", "98 is a key"),
    (NUMBER, "answer: 8", "answer: 8\ntolerance: -1", "type", "q-1 › tolerance", "0 or a number above it"),
    (NUMBER, "answer: 8", "answer: 8\naccept: {ms: [lapan]}", "field", "q-1 › accept", "`accept` does not belong to kind number: remove it (it has `answer` and `tolerance` and `unit`)"),
    (TEXT, '  en: ["water"]\n', "", "accept", "q-1 › accept", "at least one English way"),
    (TEXT, '  ms: ["air"]\n', "", "accept", "q-1 › accept", "at least one Malay way"),
    (TEXT, TEXT[TEXT.index("accept:"):], "", "accept", "questions › q-1", "at least one Malay way"),
    (TEXT, '["air"]', '["air", " "]', "empty", "accept › ms › 2", "write a word, or remove it"),
    (TEXT, "kind: text", "kind: text\nwrong: [{because: {ms: Bukan., en: No.}}]", "empty", "wrong › 1", "the wrong word that learners send"),
    (OPEN, "kind: open", "kind: open\nanswer: 3", "field", "q-1 › answer", "it has none of its own"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "old", "new", "rule", "where", "says"), KINDS)
def test_a_question_that_is_not_of_its_kind_is_told_so(told, question, old, new, rule, where, says):
    assert old in question, "the test changes what is not there"

    problems = told(course(question.replace(old, new) + END))

    found = [problem for problem in problems if problem.rule == rule and says in problem.says]
    assert found, "\n".join(map(str, problems))
    assert found[0].where.endswith(where)
    assert found[0].line > 8


def test_every_example_in_the_guide_is_a_question_in_order(told):
    guide = (SHIPPED.parent / "docs" / "authoring.md").read_text(encoding="utf-8")
    section = guide.split("## The kinds of question")[1].split("\n## ")[0]
    examples = re.findall(r"```yaml\n(kind: .*?)```", section, re.DOTALL)

    assert len(examples) == 6
    for example in examples:
        assert told(course(f"id: q-1\n{example}{END}")) == [], example


# --- A course as a whole --------------------------------------------------------------------------------------------


def asked(name: str, question: str = CHOICE) -> str:
    return (question + END).replace("q-1", name)


def test_a_lesson_without_a_question_is_none(told):
    problem = only(told(course()))

    assert (problem.rule, problem.line) == ("missing", 6)
    assert "write `questions:`" in problem.says


def test_one_question_and_a_list_of_them_are_one_too_many(told):
    single = "    question:\n" + indent(asked("q-9", TRUTH), "      ")

    problem = only(told(course(asked("q-1")) + single))

    assert (problem.rule, problem.where) == ("twice", "lessons › didih › question")


def test_more_right_answers_than_questions_cannot_be_asked_for(told):
    problem = only(told(course(asked("q-1"), more="pass_mark: 2\n")))

    assert (problem.rule, problem.where) == ("pass mark", "lessons › didih › pass_mark")
    assert "the bank has 1 questions" in problem.says


def test_a_question_id_stands_once_in_a_course(told):
    problem = only(told(course(asked("q-1"), asked("q-1", TRUTH))))

    assert (problem.rule, problem.where) == ("same", "lessons › didih › questions › q-1 › id")


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("didih/q-9", 'There is no question "didih/q-9"'),
        ("q-1", "write it as didih/q-1"),
        ("didih/q-2", "open question"),
    ],
)
def test_a_placement_names_questions_that_are_there_and_graded(told, named, says):
    problem = only(told(course(asked("q-1"), asked("q-2", OPEN), top=f"placement: [{named}]\n")))

    assert (problem.rule, problem.where) == ("placement", "placement › 1")
    assert says in problem.says


def test_a_lesson_that_is_all_placement_is_advised_on(told):
    problem = only(told(course(asked("q-1"), top="placement: [didih/q-1]\n")), "advice")

    assert "add one that is new" in problem.says


def test_a_day_needs_something_to_be_counted_from(told):
    problem = only(told(course(asked("q-1"), more="day: 7\n")))

    assert (problem.rule, problem.where) == ("day", "lessons › didih › day")
    assert "write `follows:`" in problem.says


def test_a_day_that_nothing_uses_is_advised_on(told):
    follows = 'follows: {ms: "Bila anda menanam?", en: "When did you plant?"}\n'

    assert told(course(asked("q-1"), more="day: 7\n", top=follows)) == []
    assert only(told(course(asked("q-1"), top=follows)), "advice").rule == "day"


def test_a_level_that_nobody_can_have_makes_a_question_nobody_is_asked(told):
    problem = only(told(course(asked("q-1"), asked("q-2", TRUTH + "level: hard\n"))))

    assert (problem.rule, problem.where) == ("level", "lessons › didih › questions › q-2 › level")
    assert "Nobody would be asked this" in problem.says


def test_levels_without_a_placement_are_advised_on(told):
    problem = only(told(course(asked("q-1", CHOICE + "level: hard\n"))), "advice")

    assert "everybody gets all of these" in problem.says


def test_a_level_with_too_few_questions_would_be_asked_the_same_again(told):
    bank = (asked("q-1"), asked("q-2", TRUTH + "level: hard\n"), asked("q-3", ORDER + "level: hard\n"))

    problem = told(course(*bank, more="pass_mark: 2\n", top="placement: [didih/q-2]\n"))[0]

    assert (problem.rule, problem.where) == ("pass mark", "lessons › didih › pass_mark")
    assert "level easy" in problem.says


# --- What learners may write ----------------------------------------------------------------------------------------


def test_a_wrong_word_that_is_heard_as_the_right_one_is_refused(told):
    problem = only(told(course(TEXT + WRONG_WORD.format(word="AIR!") + END)))

    assert (problem.rule, problem.where) == ("alike", "lessons › didih › questions › q-1 › wrong › 1")
    assert '"AIR!" and "air" (line' in problem.says


def test_a_wrong_word_one_slip_from_the_right_one_is_refused(told):
    problem = only(told(course(TEXT.replace('["air"]', '["sungai"]') + WRONG_WORD.format(word="sungsi") + END)))

    assert problem.rule == "alike"
    assert '"sungsi" is a slip of the thumb away from "sungai"' in problem.says


def test_a_synonym_of_two_options_is_refused(told):
    also = CHOICE.replace('"Looks clear"', '"Looks clear", also: {en: ["once boiled"]}')

    problem = only(told(course(also + END)))

    assert (problem.rule, problem.where) == ("alike", "lessons › didih › questions › q-1 › options › 2")


@pytest.mark.parametrize(
    ("word", "says"),
    [("STOP", "ends all our messages"), ("menu", "asks for something else"), ("0", "asks for something else")],
)
def test_a_word_understood_everywhere_is_no_answer(told, word, says):
    problem = only(told(course(TEXT.replace('["air"]', f'["air", "{word}"]') + END)))

    assert (problem.rule, problem.where) == ("taken", "lessons › didih › questions › q-1 › accept")
    assert says in problem.says


def test_no_option_says_stop(told):
    problem = only(told(course(CHOICE.replace("Nampak jernih", "Berhenti") + END)))

    assert problem.rule == "taken"


def test_an_everyday_word_is_an_answer_though_it_is_a_keyword_too(told):
    assert told(course(TEXT.replace('["air"]', '["pagi"]') + END)) == []


# --- What gives an answer away --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "end", "where", "says"),
    [
        (TEXT.replace("Apa yang dididihkan?", "Air dididihkan. Apa?"), END, "ask", '("air")'),
        (NUMBER.replace("setiap satu", "jadi 8 liter"), END, "ask", '("8")'),
        (NUMBER.replace("setiap satu", "jadi lapan"), END, "ask", '("8")'),
        (CHOICE.replace("Bila selamat?", "Sudah mendidih: selamat?"), END, "ask", '("sudah mendidih")'),
        (TEXT, END.replace("Cuba fikir.", "Ia air."), "hint", '("air")'),
        (NUMBER, END.replace("Cuba fikir.", "Lebih daripada 7, iaitu 8."), "hint", '("8")'),
    ],
)
def test_a_question_or_hint_that_holds_its_own_answer_is_refused(told, question, end, where, says):
    problem = only(told(course(question + end)))

    assert (problem.rule, problem.where) == ("giveaway", f"lessons › didih › questions › q-1 › {where}")
    assert says in problem.says


def test_a_question_may_name_both_answers_to_choose_from(told):
    both = TEXT.replace("Apa yang dididihkan?", "Air atau susu?") + WRONG_WORD.format(word="susu")

    assert told(course(both + END)) == []


def test_money_does_not_give_away_days(told):
    assert told(course(NUMBER.replace("setiap satu", "harganya RM8") + END)) == []


def test_a_neighbour_in_the_bank_that_shows_the_answer_is_advised_on(told):
    neighbour = SEVERAL.replace("Menapis kasar", "Air sejuk").replace("q-1", "q-2")

    problem = only(told(course(TEXT + END, neighbour + END)), "advice")

    assert (problem.rule, problem.where) == ("giveaway", "lessons › didih › questions › q-1")
    assert '("air") stands in q-2' in problem.says


# --- Every text, as it goes out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "rule", "says"),
    [
        ("Cuba fikir.", "Cuba fikir…", "character", "write ... instead"),
        ("Cuba fikir.", "Fikir 🤔", "character", "thinking face"),
        ("Cuba fikir.", "Cuba fikir. " * 8, "length", "too many for one SMS"),
        ("Cuba fikir.", "Lihat contoh.com", "link", 'say it without one (".com")'),
        ("Cuba fikir.", "Balas sekarang", "reply", "receive but not send"),
        ("Cuba fikir.", "Beri nama penuh", "personal", "ask face to face"),
    ],
)
def test_a_text_that_no_network_carries_is_refused(told, old, new, rule, says):
    problem = only(told(course(CHOICE + END.replace(old, new))))

    assert (problem.rule, problem.where) == (rule, "lessons › didih › questions › q-1 › hint › ms")
    assert says in problem.says


def test_what_only_warns_is_told_and_published(told, tmp_path):
    warned = told(course(CHOICE + END.replace("Cuba fikir.", "Jangan beri kata laluan.")))

    assert only(warned, "advice").rule == "personal"
    assert "(advice)" in str(warned[0])
    assert "air1" in load(tmp_path).courses


def test_a_third_language_may_be_there_in_part_and_is_held_to_the_same_rules(told):
    dusun = CHOICE.replace('en: "When is it safe?"', 'en: "When is it safe?", dtp: "Nunu o osonong?"')

    assert told(course(dusun + END)) == []
    problem = only(told(course(dusun.replace("Nunu o osonong?", "Nunu o osonong? " * 12) + END)))
    assert problem.where.endswith("q-1 › ask › dtp")


def test_other_words_for_one_channel_are_held_to_that_channel(told):
    idea = LESSON.replace('it."}', 'it.", whatsapp: {ms: "Didihkan air ☕", en: "Boil it ☕"}}')
    assert told(f"{COURSE}lessons:\n{lesson(CHOICE + END, head=idea)}") == []

    screen = LESSON.replace('it."}', f'it.", ussd: {{ms: "{"Didihkan air. " * 12}", en: "Boil it."}}}}')
    problem = only(told(f"{COURSE}lessons:\n{lesson(CHOICE + END, head=screen)}"))
    assert problem.where == "lessons › didih › ideas › 1 › ussd › ms"


def test_a_lesson_that_takes_too_many_sms_is_refused(told):
    more = "".join(f'      - {{ms: "{"Panjang sekali ini. " * 6}", en: "Short."}}\n' for _ in range(4))

    problem = only(told(f"{COURSE}lessons:\n{lesson(CHOICE + END, head=LESSON + more)}"))

    assert problem.rule == "segments"
    assert "SMS would be sent in Malay; at most 4: say less, or in two lessons" in problem.says


def test_an_answer_that_does_not_fit_one_sms_is_refused(told):
    wordy = TEXT.replace('"air"', f'"{"rebus air itu " * 10}"')

    problem = only(told(course(wordy + END)))

    assert (problem.rule, problem.where) == ("cut", "lessons › didih › questions › q-1 › accept")
    assert problem.says.startswith(
        'When the answer is shown, "Jawapannya: rebus air itu rebus air itu …" does not fit one SMS'
    )


def test_titles_are_reckoned_with_the_longest_brand(told):
    """A reminder names course and lesson, after a tag of up to twenty characters."""
    long = course(CHOICE + END).replace("Air bersih", "W" * 28).replace('Didihkan air"', "M" * 28 + '"')

    assert [problem for problem in told(long) if problem.rule == "cut"] == []


def test_what_the_gate_lets_through_is_never_cut_inside_a_passage():
    """The whole of what we ship, said in every situation, on SMS and USSD, in both languages."""
    catalogues = Catalogues()
    voice = Voice(catalogues, "RM0.00 TITIAN: ")
    looked_at = 0
    for course_of_ours in load(SHIPPED).courses.values():
        for moment in moments(course_of_ours):
            for language in ("ms", "en"):
                for kind, room in (("sms", 160), ("ussd", 150)):
                    rendered = voice.render(moment.say, language, kind, PHONE)
                    pages = (*rendered.texts, *rendered.unread)
                    looked_at += 1
                    assert all(gsm.septets(page) <= room for page in pages), pages
                    assert kind == "ussd" or len(pages) <= 4, pages
                    for passage in moment.say.body:
                        said = gsm.fold(catalogues.say(passage, language, kind))
                        assert any(said in page for page in pages), (moment.when, said, pages)
    assert looked_at > 3000


# --- The rules of the networks, as data -----------------------------------------------------------------------------

RULES = blocked.rules()


def test_every_rule_of_the_networks_says_what_to_do_and_where_it_is_from():
    assert len({rule.id for rule in RULES}) == len(RULES) > 10
    for rule in RULES:
        assert rule.says.endswith((".", ").")), rule.id
        assert rule.why, rule.id
        assert rule.breaks, rule.id
        assert rule.fine, rule.id
        assert all(re.match("https?://", source) for source in rule.sources), rule.id


def named(each) -> str:
    return getattr(each, "id", each)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.breaks], ids=named)
def test_a_rule_finds_what_breaks_it(rule, text):
    assert rule.find(text)

    told = {broken.name: broken for broken in blocked.broken(text)}
    assert told[rule.name].blocks == (rule.severity == "block")
    assert "{" not in told[rule.name].says


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.warned], ids=named)
def test_a_rule_with_an_exception_only_warns(rule, text):
    told = {broken.name: broken.blocks for broken in blocked.broken(text)}

    assert told[rule.name] is False


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.fine], ids=named)
def test_a_rule_lets_pass_what_only_looks_like_it(rule, text):
    assert blocked.broken(text) == []


def test_a_rule_that_is_misspelt_stops_everything(tmp_path):
    written = yaml.safe_load(blocked.RULES.read_text(encoding="utf-8"))
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump([{**written[0], "severity": "blok"}]), encoding="utf-8")

    with pytest.raises(ValueError, match="severity is block or warn"):
        blocked.read(tmp_path / "rules.yaml")


# --- Programmes -----------------------------------------------------------------------------------------------------

PROGRAMME = """\
id: asas
title: {ms: "Asas air", en: "Water basics"}
about: {ms: "Satu kursus.", en: "One course."}
courses: [air1]
minutes: {practice: 60, meetings: 50, assessment: 5}
"""
APPROVED = 'approved: {by: "Institut Contoh", reference: "IC/1", date: "2026-01-01", until: "2028-01-01"}\n'


def test_a_programme_is_told_in_hours(directory):
    (directory / "programmes" / "p.yaml").write_text(PROGRAMME, encoding="utf-8")

    ran = CliRunner().invoke(content, ["check", str(directory)])

    assert ran.exit_code == 0
    assert ran.output.splitlines()[0] == (
        "asas: 2/40 jam (lessons 5 min, practice 60 min, meetings 50 min, assessment 5 min); approved by nobody yet."
    )


@pytest.mark.parametrize("word", ["kredit", "Credit", "MQA", "SKM", "diiktiraf", "accredited"])
def test_nothing_promises_a_credit_before_somebody_approved_it(told, word):
    claims = course(CHOICE + END.replace("That is how it is.", f"It gives {word} too."))

    problem = only(told(claims, programme=PROGRAMME))

    assert (problem.rule, problem.where) == ("claim", "lessons › didih › questions › q-1 › because › en")
    assert f'"{word}" promises what nobody has approved' in problem.says
    assert told(claims, programme=PROGRAMME + APPROVED) == []


@pytest.mark.parametrize("field", ["title", "about"])
@pytest.mark.parametrize("word", ["Kredit", "MQA", "SKM", "Sijil Kemahiran Malaysia", "diakreditasi", "ACCREDITED"])
def test_nothing_that_stands_on_a_certificate_promises_what_nobody_approved(told, field, word):
    claims = re.sub(rf"(?m)^({field}: .*?ms: \")[^\"]*", rf"\g<1>{word}", course(CHOICE + END), count=1)

    problem = only(told(claims))

    assert (problem.rule, problem.where, problem.blocks) == ("claim", f"{field} › ms", True)


def test_a_programme_promises_nothing_either(told):
    problem = only(told(course(CHOICE + END), programme=PROGRAMME.replace("Satu kursus", "Satu kredit")))

    assert (Path(problem.file).name, problem.line, problem.rule) == ("p.yaml", 3, "claim")


@pytest.mark.parametrize(
    ("old", "new", "rule", "says"),
    [
        ("[air1]", "[air1, api2]", "missing", 'There is no course "api2": write one of air1'),
        ("[air1]", "[air1, air1]", "twice", "name each course once"),
        ("practice: 60", "practise: 60", "unknown", "Did you mean `practice`?"),
        ("courses: [air1]", "courses: []", "type", "This list is empty"),
        (PROGRAMME[-10:], PROGRAMME[-10:] + APPROVED.replace("2028", "2025"), "approved", "ends before it begins"),
    ],
)
def test_a_mistake_in_a_programme_is_told(told, old, new, rule, says):
    problem = only(told(course(CHOICE + END), programme=PROGRAMME.replace(old, new)))

    assert (Path(problem.file).name, problem.rule) == ("p.yaml", rule)
    assert says in problem.says


# --- The command ----------------------------------------------------------------------------------------------------


def test_advice_stops_nobody(directory):
    text = course(CHOICE + END.replace("Cuba fikir.", "Jangan beri kata laluan."))
    (directory / "courses" / "air1.yaml").write_text(text, encoding="utf-8")

    ran = CliRunner().invoke(content, ["check", str(directory)])

    assert ran.exit_code == 0
    assert ran.output.splitlines()[-1] == f"{directory}: everything is in order, 1 thing to think about."


def test_editors_get_every_problem_as_data(directory):
    text = course(CHOICE.replace(RIGHT, "") + END)
    (directory / "courses" / "air1.yaml").write_text(text, encoding="utf-8")

    ran = CliRunner().invoke(content, ["check", str(directory), "--json"])

    (problem,) = json.loads(ran.output)["problems"]
    assert ran.exit_code == 1
    assert problem == {
        "file": f"{directory}/courses/air1.yaml",
        "line": 14,
        "where": "lessons › didih › questions › q-1 › options",
        "rule": "right",
        "says": "No option is right: write `right: true` under the right one.",
        "severity": "problem",
    }
    with pytest.raises(ContentError):
        load(directory)
