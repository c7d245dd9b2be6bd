"""What is said, as texts and screens: nothing of it lost, none of it too long, and every choice within reach."""

from collections.abc import Iterable

from hypothesis import given, strategies as st

from bot import gsm, render
from bot.i18n import Catalogues
from flows.text import T, alike
from flows.types import Say
from tests.builders import real_library
from tests.world import TAG

CATALOGUES = Catalogues()
QUESTIONS = [
    (lesson, asked) for course in real_library().courses.values() for lesson in course.lessons for asked in lesson.bank
]
ROOM = 160 - gsm.septets(TAG)

WORD = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789.,?!'()/-:é[€“…", min_size=1, max_size=30)
PASSAGE = st.lists(WORD, min_size=1, max_size=30).map(" ".join)
OPTION = st.lists(WORD, min_size=1, max_size=6).map(lambda words: " ".join(words)[:30].strip() or "x")
SAYS = st.builds(
    lambda body, choices, lettered: Say(tuple(map(alike, body)), tuple(map(alike, choices)), lettered),
    st.lists(PASSAGE, min_size=1, max_size=4),
    st.lists(OPTION, max_size=5),
    st.booleans(),
)


def source(say: Say, *, lettered: bool) -> list[str]:
    """All the words of it in order, each option after its mark, as a phone can show them."""
    marks = ["A)", "B)", "C)", "D)", "E)"] if lettered else list("12345")
    options = [f"{mark} {choice.within('ms')}" for mark, choice in zip(marks, say.choices, strict=False)]
    return gsm.fold(" ".join([*(words.within("ms") for words in say.body), *options])).split()


def shown(texts: Iterable[str], *, without: str = "") -> list[str]:
    return " ".join(text.removeprefix(without) for text in texts).split()


def screens(say: Say, locale: str = "ms") -> tuple[str, ...]:
    rendered = render.screens(say, locale, CATALOGUES)
    return (*rendered.texts, *rendered.unread)


@given(SAYS)
def test_by_sms_nothing_is_lost_and_every_text_is_one_segment_with_its_tag(say):
    texts = render.sms(say, "ms", CATALOGUES, TAG).texts

    assert shown(texts, without=TAG) == source(say, lettered=say.lettered)
    assert all(text.startswith(TAG) and gsm.septets(text) <= 160 for text in texts)


@given(SAYS)
def test_no_passage_that_fits_one_sms_is_cut(say):
    texts = render.sms(say, "ms", CATALOGUES, TAG).texts

    passages = [gsm.fold(words.within("ms")) for words in say.body]
    assert [
        words for words in passages if gsm.septets(words) <= ROOM and not any(words in text for text in texts)
    ] == []


@given(SAYS)
def test_by_sms_a_question_and_its_options_stay_together_where_they_fit(say):
    texts = render.sms(say, "ms", CATALOGUES, TAG).texts

    marks = "ABCDE" if say.lettered else "12345"
    options = [
        f"{mark}{')' if say.lettered else ''} {each.within('ms')}"
        for mark, each in zip(marks, say.choices, strict=False)
    ]
    asked = gsm.fold("\n".join([say.body[-1].within("ms"), *options]))
    assert gsm.septets(asked) > ROOM or any(text.endswith(asked) for text in texts)


@given(SAYS)
def test_on_a_call_nothing_is_lost_and_every_screen_has_its_way_on(say):
    pages = screens(say)

    assert all(gsm.septets(page) <= 150 for page in pages)
    assert all(page.endswith("\n98 Lagi") for page in pages[:-1])
    assert not pages[-1].endswith("98 Lagi")
    assert shown(page.removesuffix("\n98 Lagi") for page in pages) == source(say, lettered=False)


@given(SAYS)
def test_every_option_stands_on_a_screen_with_its_key(say):
    lines = [line for page in screens(say) for line in page.split("\n")]

    keys = [line.split(" ")[0] for line in lines]
    assert [str(key) for key in range(1, len(say.choices) + 1) if str(key) not in keys] == []


@given(SAYS)
def test_on_whatsapp_it_is_all_one_bubble(say):
    texts = render.bubble(say, "ms", CATALOGUES).texts

    assert all(len(text) <= 1600 for text in texts)
    assert len(texts) == 1 or sum(map(len, texts)) > 1590


def test_a_text_too_long_for_any_bubble_is_cut_at_the_end_of_a_sentence():
    say = Say((alike("Satu ayat yang pendek. " * 100),))

    texts = render.bubble(say, "ms", CATALOGUES).texts

    assert [len(text) <= 1600 and text.endswith(".") for text in texts[:-1]] == [True]


def test_a_number_abroad_is_written_to_without_the_tag():
    texts = render.sms(Say((alike("hai"),)), "ms", CATALOGUES, "").texts

    assert texts == ("hai",)


def test_a_lone_emoji_and_typographic_quotes_cost_no_second_segment():
    say = Say((alike("“Betul!” 🎉 – bagus…"),))

    assert render.sms(say, "ms", CATALOGUES, "").texts == ('"Betul!" - bagus...',)


def test_every_question_of_the_courses_stays_whole_in_one_sms_and_on_one_screen():
    for lesson, asked in QUESTIONS:
        for locale in ("ms", "en"):
            idea = T("{place}/{total} {idea}", place=9, total=9, idea=lesson.ideas[0])
            options = tuple(option.says for option in asked.shown(0))
            say = Say((idea, *lesson.ideas[1:], asked.asks), options, lettered=True)
            texts, pages = render.sms(say, locale, CATALOGUES, TAG).texts, screens(say, locale)

            assert len(texts) <= len(say.body), f"{asked.id} {locale}"
            for last, kind in ((texts[-1], "sms"), (pages[-1], "ussd")):
                assert gsm.fold(asked.asks.within(locale, kind)) in last, f"{asked.id} {locale}"
                assert len(last.split("\n")) == 1 + len(options), f"{asked.id} {locale}"
