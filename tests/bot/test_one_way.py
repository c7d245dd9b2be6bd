"""A route that carries no reply: lessons go on by it, nothing asks for an answer, and a quiz comes back another way."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain, product
from typing import Final

import pytest

from bot import gsm
from bot.content.situations import moments
from bot.i18n import Catalogues
from bot.render import Voice, told
from bot.settings import ROOT
from bot.slip_sheet import read_rows
from bot.slips import Slips
from bot.store import tables as t
from flows.course import PAPER, Course
from flows.lessons import nudge, one_way
from flows.lessons.standing import where
from flows.machine import advance
from flows.session import Enrolment, Library, Session
from flows.text import T, invite
from flows.types import NudgeAfter, Replied, Say, WentQuiet
from tests.builders import NOW, course, everywhere, library, real_library, said, survey
from tests.world import PHONE, World

LANGUAGES: Final = ("ms", "en")
CATALOGUES: Final = Catalogues()
VOICE: Final = Voice(CATALOGUES, "RM0.00 TITIAN: ")
COURSE: Final = "selamat1"

# What tells her to send or press something, in our own phrases; keywords stand in capitals.
ASKS: Final = re.compile(
    r"(?<!SALAH )\b(?i:balas|reply|hantar|send|tekan|press|taip|type)\b|\b(SETUJU|AGREE|SAMBUNG|CONTINUE|NANTI|LATER|SEMAK|LANGKAU|SKIP)\b"
)


# --- every phrase of ours -------------------------------------------------------------------------------------------


def phrases() -> Iterator[tuple[str, ast.Call, bool]]:
    """Every phrase in the house: where it stands, the phrase, and whether it is marked as one that invites."""
    for path in chain.from_iterable(sorted((ROOT / room).rglob("*.py")) for room in ("flows", "bot", "workers")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        marked = {id(node.args[0]) for node in calls if getattr(node.func, "id", "") == "invite"}
        # Through a name on the line before: words = T(…), and invite(words, …).
        named = {
            each.id
            for node in calls
            if getattr(node.func, "id", "") == "invite"
            for each in node.args[:1]
            if isinstance(each, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in named:
                marked.add(id(node.value))
        for node in calls:
            if getattr(node.func, "id", "") == "T" and isinstance(node.args[0], ast.Constant):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node, id(node) in marked


CHOICES: Final = frozenset({"AGREE", "DO NOT AGREE"})  # of a menu, and gone with it


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_that_asks_for_a_reply_is_marked_where_it_is_written(language: str):
    unmarked = []
    for place, call, marked in phrases():
        msgid = call.args[0].value  # type: ignore[attr-defined]
        words = CATALOGUES._of[language].gettext(msgid)
        if ASKS.search(words) and not marked and msgid not in CHOICES:
            unmarked.append(f"{place}: {words}")

    assert unmarked == []


def test_some_phrases_are_marked():
    assert sum(marked for _, _, marked in phrases()) > 30


# --- what is left of a message --------------------------------------------------------------------------------------


def test_an_invitation_is_left_out_or_replaced_in_the_language_of_the_message():
    kept, gone = T("Your place is kept."), invite(T("Send one number only, like 1."))
    other = invite(T("No more messages. Send START to come back."), T("No more messages."))
    say = Say((kept, gone, other._replace(locale="en")), (T("Go on"),))

    assert told(say) == Say((kept, T("No more messages.")._replace(locale="en")))
    assert VOICE.render(Say((gone,)), "ms", "sms", PHONE, two_way=False).texts == ()
    assert VOICE.render(Say((gone,)), "ms", "sms", PHONE).texts == (
        "RM0.00 TITIAN: Hantar satu nombor sahaja, contoh 1.",
    )


def test_the_options_of_a_question_stay():
    say = Say((T("Which course?"),), (T("Yes"), T("No")), lettered=True)

    (text,) = VOICE.render(say, "en", "sms", PHONE, two_way=False).texts

    assert text.endswith("A) Yes\nB) No")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_instead_is_never_longer_so_what_fits_two_ways_fits_one_way(language: str):
    for course_ in real_library().courses.values():
        for moment in moments(course_):
            both = VOICE.render(moment.say, language, "sms", PHONE).texts
            one = VOICE.render(moment.say, language, "sms", PHONE, two_way=False).texts
            assert len(one) <= len(both)
            assert all(gsm.segments(text) == 1 for text in one)
        last = one_way.went_quiet(_trip(_sent_all(course_), real_library()))
        (only,) = VOICE.render(said(last), language, "sms", PHONE, two_way=False).texts
        assert gsm.segments(only) == 1


# --- everything that can be said ------------------------------------------------------------------------------------


def authors_words(courses: Library) -> frozenset[str]:
    """Whatever an author wrote: about links and parcels, and never about answering us."""

    def of(node: object) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, tuple | list):
            for each in node:
                yield from of(each)
        elif hasattr(node, "__dataclass_fields__"):
            for name in node.__dataclass_fields__:
                yield from of(getattr(node, name))

    return frozenset(" ".join(gsm.fold(each).split()) for each in of(tuple(courses.courses.values())))


def ours(text: str, theirs: frozenset[str]) -> str:
    """A text without what its author wrote in it, as it would stand there."""
    plain = " ".join(text.split())
    for words in sorted((each for each in theirs if len(each) > 3 and each in plain), key=len, reverse=True):
        plain = plain.replace(words, "…")
    return plain


def asking(say: Say, theirs: frozenset[str]) -> list[str]:
    """Texts of ours that ask for a reply, though she cannot."""
    texts = [
        text
        for language, kind in product(LANGUAGES, ("sms", "whatsapp"))
        for text in VOICE.render(say, language, kind, PHONE, two_way=False).texts
    ]
    return [text for text in texts if ASKS.search(ours(text, theirs))]


@pytest.mark.parametrize("name", sorted(real_library().courses))
def test_nothing_that_is_said_of_a_course_asks_for_a_reply(name: str):
    one = real_library().courses[name]
    theirs = authors_words(library(one))

    assert [text for moment in moments(one) for text in asking(moment.say, theirs)] == []


def test_nothing_that_is_said_anywhere_asks_for_a_reply():
    """Every state that a learner can come to in a small course, each word she may send there, and every silence."""
    small = replace(library(), surveys={"tinjau": survey()})
    theirs = authors_words(small)
    texts = (
        "a",
        "b",
        "1",
        "2",
        "zzz",
        "menu",
        "info",
        "stop",
        "mula",
        "nanti",
        "rehat",
        "semak",
        "pengguna",
        "lokasi",
        "kerap",
    )
    asked: set[str] = set()

    for session, _, step in everywhere(
        small, texts=texts, most=20_000, like=lambda session: session.but(misses=0, answer="")
    ):
        quiet = advance(session, WentQuiet(NOW, one_way=True), small)
        for each in (step, quiet):
            asked.update(text for say in each.effects if isinstance(say, Say) for text in asking(say, theirs))

    assert asked == set()


def test_a_lesson_of_an_author_who_asks_for_a_message_would_be_noticed():
    assert asking(Say((T("Send one number only, like 1."),)), frozenset()) != []


# --- a learner who cannot reply -------------------------------------------------------------------------------------


def _sent_all(of: Course) -> Session:
    last = of.lessons[-1]
    held = Enrolment(of.id, of.version, sent=tuple(lesson.id for lesson in of.lessons))
    return Session("lesson.question", consented=True, course=of.id, lesson=last.id, enrolments=(held,))


def _trip(session: Session, within: Library):
    from flows.trip import Trip

    return Trip(session, within, NOW)


def _enrolled(of: Course, **more: object) -> Session:
    return Session("lesson.offer", consented=True, course=of.id, enrolments=(Enrolment(of.id, of.version),))._replace(
        **more
    )


def test_lessons_go_on_without_an_answer_each_once_and_none_counts_as_passed():
    of = course("kursus1", "satu", "dua", "tiga")
    within, session, heard = library(of), _enrolled(course("kursus1", "satu", "dua", "tiga")), []

    for _ in range(4):
        step = advance(session, WentQuiet(NOW, one_way=True), within)
        session = step.session
        heard.append((session.lesson, [effect.hours for effect in step.effects if isinstance(effect, NudgeAfter)]))

    assert heard == [("satu", [56]), ("dua", [56]), ("tiga", [56]), ("tiga", [])]
    assert session.enrolment().passed == ()
    assert session.enrolment().sent == ("satu", "dua", "tiga")
    assert Session.from_json(session.to_json()) == session


def test_they_come_at_the_pace_she_asked_for():
    step = advance(_enrolled(course(), pace=1), WentQuiet(NOW, one_way=True), library())

    assert NudgeAfter(168) in step.effects


def test_a_question_that_was_put_in_a_conversation_is_given_its_time_and_she_is_told_how_it_goes_on():
    of = course("kursus1", "satu", "dua")
    within = library(of)
    asked = advance(_enrolled(of), Replied("1", NOW), within).session
    assert where(asked, within) is not None

    told_ = advance(asked, WentQuiet(NOW, one_way=True), within)
    then = advance(told_.session, WentQuiet(NOW, one_way=True), within)

    (words,) = said(told_).body
    assert words == nudge.comes(of, of.lessons[1])
    assert NudgeAfter(32) in told_.effects
    assert (told_.session.lesson, then.session.lesson) == ("satu", "dua")


def test_who_is_asked_for_a_level_or_a_day_first_is_not_kept_waiting_for_her_answer():
    of = course("kursus1", "satu", "dua")
    of = replace(of, placement=(("satu", "satu-1"),), follows=of.title)

    step = advance(_enrolled(of, state="placement.question"), WentQuiet(NOW, one_way=True), library(of))

    assert step.session.state == "lesson.question"
    assert (step.session.enrolment().level, step.session.enrolment().began) == ("middle", "-")


def test_a_course_that_follows_a_day_keeps_to_it():
    of = course("kursus1", "satu", "dua")
    of = replace(of, follows=of.title, lessons=(of.lessons[0], replace(of.lessons[1], day=14)))
    held = Enrolment(of.id, of.version, began="2026-11-24")

    step = advance(_enrolled(of)._replace(enrolments=(held,)), WentQuiet(NOW, one_way=True), library(of))

    assert NudgeAfter(14 * 24) in step.effects


@pytest.mark.parametrize(
    "changes",
    [
        {"stopped": True},
        {"consented": False},
        {"course": ""},
        {"enrolments": (Enrolment("kursus1", "v1", ("satu1", "dua2")),)},
    ],
)
def test_nothing_comes_to_whom_nothing_is_owed(changes: dict[str, object]):
    session = _enrolled(course())._replace(**changes)

    assert advance(session, WentQuiet(NOW, one_way=True), library()).effects == ()


def test_on_a_shared_phone_no_lesson_is_shown_to_whoever_holds_it():
    step = advance(_enrolled(course(), person=2), WentQuiet(NOW, one_way=True), library())

    texts = VOICE.render(said(step), "en", "sms", PHONE, two_way=False).texts
    assert texts == ("RM0.00 TITIAN: Person 2: Course kursus1, lesson 1 of 2 is with your coordinator.",)


def test_options_sent_one_way_stand_as_on_the_slip_and_an_order_is_not_given_away():
    for of in real_library().courses.values():
        for lesson in of.lessons:
            asked = lesson.bank[0]
            shown = asked.shown(PAPER)
            assert (
                shown in ((), asked.options)
                if asked.kind != "order"
                else sorted(shown, key=id) == sorted(asked.options, key=id)
            )
            assert asked.kind != "order" or shown != asked.options


# --- the whole story ------------------------------------------------------------------------------------------------


def letters(world: World, *wrong: int) -> str:
    """A whole quiz, by the letters that stood in the messages: as on the slip."""
    lessons = world.bot.library().courses[COURSE].lessons
    ticked = []
    for place, lesson in enumerate(lessons, 1):
        right = [option.right for option in lesson.bank[0].shown(PAPER)].index(True)
        ticked.append(f"{place}{'ABC'[right if place not in wrong else (right + 1) % 2]}")
    return " ".join(ticked)


@pytest.fixture
def villager(world_on_both: World) -> World:
    """A learner who has agreed by SMS and then hears from us by a route that carries no replies."""
    world = world_on_both
    world.says_all("hai", "1", "1")
    world.goes_one_way()
    return world


def lessons_of(sent: list[str]) -> list[str]:
    return [found[1] for text in sent if (found := re.match(r"([1-7])/7 ", text))]


def test_a_course_comes_one_way_and_a_quiz_in_one_text_by_another_route_earns_the_certificate(villager: World):
    sent = villager.passes(days=30)

    assert lessons_of(sent) == ["2", "3", "4", "5", "6", "7"]
    assert [text for text in sent if text.endswith("Kuiz bertulis ada pada penyelaras anda.")] == [sent[0], sent[-1]]
    assert not any(re.search(r"(?i)\b(sambung|nanti|hantar [A-Z])\b", text) for text in sent)
    assert {row.channel for row in villager.rows(t.outbound_message) if row.purpose == "nudge"} == {"one_way"}
    assert villager.rows(t.lesson_pass) == []

    first = villager.says("1A")
    heard = first if "sijil" in first else villager.says(letters(villager))

    assert {row.lesson for row in villager.rows(t.lesson_pass)} >= {each.id for each in lessons(villager)[1:]}
    assert "2, 3, 4, 5, 6, 7" in heard


def lessons(world: World):
    return world.bot.library().courses[COURSE].lessons


def test_or_the_quiz_is_on_paper_and_a_coordinator_enters_it(villager: World, tmp_path):
    villager.passes(days=30)
    sheet = tmp_path / "slips.csv"
    answers = letters(villager)
    sheet.write_text(
        f"phone,course,answers,date,entered_by\n{PHONE},{COURSE},{answers},2026-12-20,Aini\n", encoding="utf-8"
    )
    bot = villager.bot
    slips = Slips(bot.store, bot.library, bot.zone, bot.clock)
    written, wrong = read_rows(sheet, today=date(2026, 12, 24))
    found, more = slips.read(written)
    assert (wrong, more) == ([], [])

    assert [slips.enter(slip) for slip in found] == [True]

    assert {row.lesson for row in villager.rows(t.lesson_pass)} == {each.id for each in lessons(villager)}
    assert [row.course for row in villager.rows(t.certificate)] == [COURSE]


def test_the_letter_of_a_question_sent_one_way_is_read_as_it_stood_there(villager: World):
    (second,) = [text for text in villager.passes(days=4) if text.startswith("2/7 ") or "A)" in text][-1:]
    lesson = lessons(villager)[1]
    right = next(option for option in lesson.bank[0].options if option.right).says.within("ms")
    (letter,) = re.findall(rf"^([A-C])\) {re.escape(right)}$", second, re.MULTILINE)

    assert villager.says(letter).startswith("Betul!")


def test_a_question_asked_again_waits_where_nobody_could_answer_it(villager: World):
    lesson = lessons(villager)[0]
    asked = lesson.bank[0]
    seed = villager.session().seed
    villager.says("ABCDE"[[option.right for option in asked.shown(seed)].index(True)])

    villager.passes(days=30)

    assert [row for row in villager.rows(t.outbound_message) if row.purpose == "review"] == []
    assert villager.rows(t.review) != []
