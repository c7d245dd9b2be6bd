"""When a course speaks to a learner who has gone quiet, and in which words: as its author says, and never the same twice running."""

from dataclasses import replace

import pytest

from flows.course import Nudges
from flows.lessons import nudge
from flows.machine import advance
from flows.session import Session
from flows.text import Localized, alike, filled, localized
from flows.types import NudgeAfter, WentQuiet
from tests.builders import NOW, course, library, said, says

COURSE = course("kursus1", "satu1", "dua2")
BOOKS = library(COURSE)
TEXTS = (
    (
        "hujan",
        localized({"ms": "{course} {lesson}/{total}: {title}.", "en": "{course}, {lesson} of {total}: {title}."}),
    ),
    ("panas", localized({"ms": "Ke {title} dalam {course}?", "en": "On to {title} in {course}?"})),
    ("kabut", localized({"ms": "{title} ({course}) menunggu.", "en": "{title} ({course}) waits."})),
)


def begun(books=BOOKS) -> Session:
    return says(Session(), "hai", "1", "setuju", within=books).session


def written(**policy):
    """The library, with a course whose author has written when and how to nudge."""
    return library(replace(COURSE, nudges=Nudges(**policy)))


def silence(session, books, times=9):
    """Nudge her until no more follows; the hours before each but the first, the names of the words, and her session then."""
    hours, names = [], []
    for _ in range(times):
        step = advance(session, WentQuiet(NOW), books)
        names += [step.session.nudge] if step.session.nudged > session.nudged else []
        session = step.session
        follows = [effect.hours for effect in step.effects if isinstance(effect, NudgeAfter)]
        hours += follows
        if not follows:
            break
    return hours, names, session


def first_after(words, session, books=BOOKS):
    """The quiet hours that are set when she sends those words."""
    (hours,) = [each.hours for each in says(session, words, within=books).effects if isinstance(each, NudgeAfter)]
    return hours


# --- when -----------------------------------------------------------------------------------------------------------


def test_without_a_word_of_its_author_a_course_nudges_on_day_1_3_and_10_and_then_no_more():
    hours, names, _ = silence(begun(), BOOKS)

    assert first_after("MENU", begun()) == 24
    assert hours == [48, 168]
    assert len(names) == 3


def test_who_waves_every_nudge_off_comes_to_one_a_month():
    """She says something each time, so that no three come in a row; and never what would be an answer."""
    session, hours = begun(), []
    for _ in range(5):
        session = advance(session, WentQuiet(NOW), BOOKS).session
        hours.append(first_after("MENU", session))
        session = says(session, "MENU", within=BOOKS).session

    assert hours == [48, 168, 720, 720, 720]
    assert session.nudged == 0


@pytest.mark.parametrize("words", ["B", "A", "SAMBUNG"])
def test_going_on_with_the_lesson_starts_the_days_anew(words):
    _, _, session = silence(begun(), BOOKS)

    assert session.nudges == 3
    assert says(session, words, within=BOOKS).session.nudges == 0


@pytest.mark.parametrize("words", ["NANTI", "MENU", "STATUS", "BANTUAN"])
def test_other_words_leave_the_days_where_they_stood(words):
    _, _, session = silence(begun(), BOOKS)

    assert says(session, words, within=BOOKS).session.nudges == 3


def test_an_author_says_on_which_days_and_how_many_in_a_row():
    books = written(gaps=(48, 72), then=240, most=5)

    hours, names, _ = silence(begun(books), books)

    assert first_after("MENU", begun(books), books) == 48
    assert hours == [72, 240, 240, 240]
    assert len(names) == 5


def test_where_only_two_come_in_a_row_a_third_falls_due_and_says_nothing():
    """It is the moment at which a coordinator is told of her: two without an answer."""
    books = written(most=2)

    hours, names, session = silence(begun(books), books)

    assert (hours, len(names)) == ([48, 168], 2)
    assert advance(session, WentQuiet(NOW), books).effects == ()


def test_what_her_course_says_now_counts_whichever_version_her_lesson_is_from():
    old = replace(COURSE, version="v0")
    held = replace(written(gaps=(72,)), archive={"v0": old})

    assert first_after("MENU", begun(library(old)), held) == 72


def test_a_course_that_was_taken_away_still_nudges_as_it_did():
    old = replace(COURSE, version="v0", nudges=Nudges(gaps=(72,)))
    other = course("lain1")

    held = replace(library(other), archive={"v0": old})

    assert first_after("MENU", begun(library(old)), held) == 72


def test_an_experiment_may_set_the_first_sooner_and_no_other():
    books = replace(BOOKS, sooner={"kursus1": 12})
    session = begun(books)

    assert first_after("MENU", session, books) == 12
    assert silence(session, books)[0] == [48, 168]
    assert first_after("MENU", advance(session, WentQuiet(NOW), books).session, books) == 48
    assert nudge.first_hours(session, books) == 24


def test_an_experiment_with_a_longer_silence_sets_none_later():
    """Who is to wait longer is put off once she was drawn, and everybody else is not kept waiting."""
    books = replace(BOOKS, sooner={"kursus1": 36})

    assert first_after("MENU", begun(books), books) == 24


# --- in which words -------------------------------------------------------------------------------------------------


def test_ours_vary_and_each_names_the_course_and_the_next_lesson():
    _, names, _ = silence(begun(), BOOKS)

    assert len(set(names)) == 3
    for way in nudge.ways_to_say(begun(), BOOKS):
        assert {"course", "place", "total", "title"} == dict(way.words.places).keys()
        assert way.words.msgid.endswith("Send CONTINUE, LATER or STOP.")
        assert way.words.otherwise is not None


def test_an_authors_come_in_the_order_in_which_they_are_written_and_say_how_to_answer():
    books = written(texts=TEXTS, most=6)

    _, names, _ = silence(begun(books), books)

    assert names == ["hujan", "panas", "kabut"] * 2
    (words,) = said(advance(begun(books), WentQuiet(NOW), books)).body
    assert words.msgid == "{words} Send CONTINUE, LATER or STOP."
    filled_in = dict(words.places)["words"]
    assert filled_in.within("ms") == "Kursus kursus1 1/2: Tajuk satu1."
    assert filled_in.within("en") == "Course kursus1, 1 of 2: Title satu1."
    assert words.otherwise == nudge.comes(books.courses["kursus1"], books.courses["kursus1"].lessons[0])


@pytest.mark.parametrize("texts", [(), TEXTS[:2], TEXTS], ids=["ours", "two", "three"])
@pytest.mark.parametrize("words", ["B", "MENU", "NANTI", "A"])
def test_the_same_words_never_come_twice_running_though_she_answered_between(texts, words):
    books, last = written(texts=texts), ""
    session = begun(books)
    for _ in range(7):
        session = advance(session, WentQuiet(NOW), books).session
        assert session.nudge != last or not session.nudged
        last = session.nudge
        session = says(session, words, within=books).session


def test_the_words_she_was_drawn_to_hear_are_said_unless_they_were_the_last():
    books = written(texts=TEXTS)
    first = advance(begun(books), WentQuiet(NOW, words="kabut"), books).session
    second = advance(first, WentQuiet(NOW, words="kabut"), books).session

    assert (first.nudge, second.nudge) == ("kabut", "hujan")


def test_words_that_the_course_has_no_more_are_passed_over():
    books = written(texts=TEXTS)

    assert advance(begun(books), WentQuiet(NOW, words="lama"), books).session.nudge == "hujan"


def test_where_several_share_a_phone_no_title_is_named_whatever_the_author_wrote():
    books = written(texts=TEXTS)
    session = begun(books)._replace(person=2)

    ways = nudge.ways_to_say(session, books)

    assert len({way.words.msgid for way in ways}) == 2
    for way in ways:
        assert "Send PENGGUNA {person} or STOP." in way.words.msgid
        assert {"course", "place", "total", "person"} == dict(way.words.places).keys()


def test_a_session_of_an_older_release_goes_on_where_its_days_stood():
    old = begun()._replace(nudged=1).to_json()
    assert '"nudges"' not in old

    step = advance(Session.from_json(old), WentQuiet(NOW), BOOKS)

    assert [effect for effect in step.effects if isinstance(effect, NudgeAfter)] == [NudgeAfter(168)]
    assert (step.session.nudged, step.session.nudges) == (2, 2)


# --- filling --------------------------------------------------------------------------------------------------------


def test_a_gap_is_filled_in_the_same_language_and_for_the_same_kind_of_channel():
    title = Localized((("ms", "Air"), ("en", "Water")), (("whatsapp", (("ms", "Air bersih"), ("en", "Clean water"))),))
    words = filled(localized({"ms": "{title}, {lesson}", "en": "{lesson}, {title}"}), title=title, lesson=2)

    assert words.within("en") == "2, Water"
    assert words.within("ms", "whatsapp") == "Air bersih, 2"
    assert words.within("ms", "ussd") == "Air, 2"


def test_what_stands_in_a_gap_is_not_filled_itself_and_an_unknown_gap_stays():
    assert filled(alike("{title} {lain}"), title=alike("{lesson}"), lesson=1).within("ms") == "{lesson} {lain}"
