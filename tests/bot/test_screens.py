"""Screens of a call: put together again they are all that was said, and every option can be reached and chosen."""

import re

from hypothesis import given, strategies as st

from bot import gsm, listening, render
from bot.channels.simulator import Simulator
from bot.i18n import Catalogues
from flows.machine import advance
from flows.registry import STATES
from flows.session import Enrolment, Session
from flows.states import Menu, Route, Tell
from flows.text import alike
from flows.types import Arrived, Replied, Say
from tests.builders import NOW, library, real_library, said

CATALOGUES = Catalogues()
USSD = Simulator("ussd", lambda: "id")
BOOKS = library()
REAL = real_library()
NAV = {"ms": "\n98 Lagi", "en": "\n98 More"}
PRESS = {"ms": "\nTekan 98", "en": "\nPress 98"}
ROOM = 150 - len(PRESS["en"])

# No word of a passage is a digit alone, so that in these tests a line that begins with one is an option's.
MALAY = st.sampled_from(
    "baja racun tanah hujung minggu tanaman sayur simpan di tempat berkunci jauh daripada anak-anak dan air (2 1liter "
    "RM1.50 3-5 hari petang; tunggu sebelum tuai. Betul! Mengapa? Ya. 98Lagi".split()
)
DIGIT = st.sampled_from("123456789")
DEAR = st.sampled_from(["ā", "日本", "جاوي", "đ", "ŋ"])  # none of them in GSM-7: they make the whole screen dear
EXTENDED = st.sampled_from(["€5", "[lihat]", "~2", "a|b", "{x}", "2^3", "\\", "“petik”", "…"])
LONG = st.text("abcdefgh0123456789", min_size=100, max_size=420)
WORD = st.one_of(MALAY, MALAY, MALAY, EXTENDED)
ANY_WORD = st.one_of(MALAY, MALAY, MALAY, EXTENDED, DEAR, LONG)


def texts(word, most):
    return st.lists(word, min_size=1, max_size=most).map(" ".join)


def says(word):
    return st.builds(
        lambda body, choices: Say(tuple(map(alike, body)), tuple(map(alike, choices))),
        st.lists(texts(word, 60), min_size=1, max_size=4),
        st.lists(texts(st.one_of(word, word, DIGIT), 8), max_size=9),
    )


def screens(say, locale="ms"):
    rendered = render.screens(say, locale, CATALOGUES)
    return [*rendered.texts, *rendered.unread]


def source(say, locale="ms"):
    options = [f"{place} {choice.within(locale)}" for place, choice in enumerate(say.choices, 1)]
    return gsm.fold(" ".join([*(words.within(locale) for words in say.body), *options]))


def bare(pages, locale="ms"):
    """The pages without the line that leads on."""
    return [page.removesuffix(NAV[locale]) if page != pages[-1] else page for page in pages]


def squeezed(text):
    return re.sub(r"\s", "", text)


def begins(option, line):
    """Whether the option stands in that line, or the first part of it does."""
    return line[1:2] == " " and bool(line.strip()) and option.startswith(line.rstrip())


def known(pages, at):
    """A learner who sees that page."""
    return listening.Known(1, 1, Session(), 1, "call", 0, tuple(pages[at + 1 :]), pages[at], (), "2026-11-24")


def pressing(pages, at, keys):
    """The page that follows when she presses keys on that page; None where they go to the machine."""
    return listening.kept_screen(known(pages, at), Replied(keys, NOW), USSD, BOOKS)


@given(says(ANY_WORD))
def test_put_together_again_the_pages_are_all_that_was_said_and_each_fits(say):
    pages = screens(say)

    assert squeezed("".join(bare(pages))) == squeezed(source(say))
    assert max(map(gsm.septets, pages)) <= 150
    assert all(page.endswith(NAV["ms"]) for page in pages[:-1])


@given(says(WORD))
def test_no_word_is_cut_that_fits_a_page(say):
    assert " ".join(bare(screens(say))).split() == source(say).split()


@given(says(ANY_WORD))
def test_a_page_that_is_shown_again_because_of_a_wrong_key_still_fits(say):
    pages = screens(say)

    for at, page in enumerate(pages[:-1]):
        seen = render.Rendered((page,), tuple(pages[at + 1 :]))
        shown = render.again(seen, len(say.choices), "ms", CATALOGUES)
        assert shown == render.Rendered((page.removesuffix(NAV["ms"]) + PRESS["ms"],), seen.unread)
        assert gsm.septets(shown.texts[0]) <= 150
        assert render.again(shown, len(say.choices), "ms", CATALOGUES) == shown
    last = render.again(render.Rendered((pages[-1],)), len(say.choices), "ms", CATALOGUES)
    assert last is None or (gsm.septets(last.texts[0]) <= 150 and last.texts[0].startswith(pages[-1] + "\nTekan 1"))


@given(says(ANY_WORD))
def test_98_leads_from_page_to_page_and_every_option_is_chosen_on_the_page_where_it_stands(say):
    pages = screens(say)
    lines = [page.split("\n") for page in bare(pages)]

    for at in range(len(pages) - 1):
        assert pressing(pages, at, "98").texts == (pages[at + 1],)
    for number, choice in enumerate(say.choices, 1):
        option = gsm.fold(f"{number} {' '.join(choice.within('ms').split())}")
        (stands,) = [at for at, of_page in enumerate(lines) if any(begins(option, line) for line in of_page)]
        assert pressing(pages, stands, str(number)) is None
        for before in range(stands):
            assert pressing(pages, before, str(number)).texts == (pages[before + 1],)


@given(texts(MALAY, 30))
def test_what_fits_one_screen_is_one_screen_without_a_line_that_leads_on(words):
    pages = screens(Say((alike(words),)))

    if len(words) <= ROOM:
        assert pages == [words]


def test_it_is_cut_behind_a_sentence_where_a_page_is_at_least_half_full():
    words = (
        "Ikat pokok pada tiang dengan tali. " * 3
        + "Siram pada waktu pagi dan petang, bukan tengah hari yang panas terik."
    )

    first, second = screens(Say((alike(words),)))

    assert first == ("Ikat pokok pada tiang dengan tali. " * 3).rstrip() + NAV["ms"]
    assert second.startswith("Siram pada waktu pagi")


def test_a_token_longer_than_a_page_is_cut_hard():
    first, second = screens(Say((alike("x" * 200),)))

    assert first == "x" * ROOM + NAV["ms"]
    assert second == "x" * (200 - ROOM)


def test_a_number_within_a_long_option_is_not_taken_for_the_key_of_another():
    """Option 1 goes on on the next page with "2 cawan": 2 pressed there chooses option 2, and 1 on the first page option 1."""
    say = Say((alike("Berapa?"),), (alike("x" * 138 + " 2 cawan beras"), alike("y" * 130)))
    pages = screens(say)
    at = next(place for place, page in enumerate(pages) if "2 cawan" in page)

    assert pressing(pages, at - 1, "1") is None
    assert pressing(pages, at - 1, "2").texts == (pages[at],)


# --- what there is to learn -----------------------------------------------------------------------------------------


def at_every_question():
    """A session at every question there is, in every language."""
    for course in REAL.courses.values():
        enrolled = (Enrolment(course.id, course.version),)
        questions = [(lesson.id, asked.id) for lesson in course.lessons for asked in lesson.bank]
        for lesson, asked in questions:
            at = Session("lesson.question", consented=True, course=course.id, lesson=lesson, question=asked)
            yield from (at._replace(locale=locale, enrolments=enrolled) for locale in ("ms", "en"))


def said_there(session):
    """All that can be said to her at a question: the question itself, after wrong keys, after each answer twice, for a hint."""
    yield said(advance(session, Arrived(NOW), REAL))
    for words in (("zzz",) * 3, *((str(n), str(n)) for n in range(1, 6)), ("petunjuk",), ("0",), ("00",), ("langkau",)):
        step = advance(session, Replied(words[0], NOW), REAL)
        yield said(step)
        for word in words[1:]:
            step = advance(step.session, Replied(word, NOW), REAL)
            yield said(step)


def test_every_screen_of_every_lesson_fits_loses_nothing_and_has_its_keys():
    wrong = []
    for session in at_every_question():
        for say in dict.fromkeys(said_there(session)):
            pages = screens(say, session.locale)
            if max(map(gsm.septets, pages)) > 150 or squeezed("".join(bare(pages, session.locale))) != squeezed(
                whole(say, session.locale)
            ):
                wrong.append((session.question, session.locale, pages))
            for number in range(1, len(say.choices) + 1):
                stands = [at for at, page in enumerate(pages) if re.search(rf"^{number} ", page, re.MULTILINE)]
                assert pressing(pages, stands[-1], str(number)) is None

    assert wrong == []


def test_every_other_state_fits_its_screens_too():
    agreed = Session("menu.home", consented=True)
    for describe in STATES.values():
        state = describe(agreed, REAL)
        if isinstance(state, Route):
            continue
        shown = (
            tuple(choice.says for choice in state.choices) if isinstance(state, Menu) else getattr(state, "shown", ())
        )
        for locale in ("ms", "en"):
            pages = screens(Say(state.body, shown), locale)
            assert max(map(gsm.septets, pages)) <= 150
            assert squeezed("".join(bare(pages, locale))) == squeezed(whole(Say(state.body, shown), locale))


def test_what_ends_a_call_is_one_screen_so_that_nothing_of_it_is_taken_away():
    agreed = Session("menu.home", consented=True)
    ends = [state for describe in STATES.values() if isinstance(state := describe(agreed, REAL), Tell) and state.ends]

    assert ends
    assert [state for state in ends for locale in ("ms", "en") if len(screens(Say(state.body), locale)) > 1] == []


def whole(say, locale):
    """All that is said, in her language, each option after its key."""
    options = [f"{place} {CATALOGUES.say(words, locale, 'ussd')}" for place, words in enumerate(say.choices, 1)]
    return gsm.fold(" ".join([*(CATALOGUES.say(words, locale, "ussd") for words in say.body), *options]))
