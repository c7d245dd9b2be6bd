"""The gate's quick looks: whatever the exact rule refuses, the quick look hands on to it."""

from pathlib import Path

from hypothesis import assume, given, settings, strategies as st

from bot import blocked, gsm
from bot.content import load
from bot.content.alike import may_be, spelt
from bot.content.bounds import Bounds, Rooms
from bot.content.situations import moments
from bot.content.whole import LONGEST_LINE, MOST_SMS, PHONE
from bot.i18n import Catalogues
from bot.render import ONE_SCREEN, ONE_SMS, Voice
from flows.reading.keywords import plain
from flows.reading.wording import FAR, wordings
from flows.text import Localized, T, Words
from flows.types import Say

SHIPPED = Path(__file__).parents[2] / "content"
CATALOGUES = Catalogues()
TAGS = ("RM0.00 TITIAN: ", "RM0.00 ELEVENCHARS: ")

# Letters, what takes two places, what is folded into more or none, and what makes a whole SMS dear.
LETTERS = st.sampled_from(
    ["a", "bc ", "kata ", "lama. ", " ", "\n", "[", "€", "½", "…", "☕", "“", "é", "e\u0301", "\u65e5", "0", "{"]
)
PASSAGE = st.tuples(st.lists(LETTERS, max_size=6).map("".join), st.integers(0, 160)).map(
    lambda made: made[0] + ("panjang " * 20)[: made[1]]
)
LOCALIZED = st.builds(
    lambda ms, en, ussd: Localized((("ms", ms), ("en", en)), (("ussd", (("ms", ussd),)),) if ussd else ()),
    PASSAGE,
    PASSAGE,
    st.one_of(st.just(""), PASSAGE),
)
OURS: st.SearchStrategy[Words] = st.one_of(
    st.just(T("Correct!")),
    st.just(T("Try another question:")),
    st.builds(lambda answer: T("The answer: {answer}.", answer=answer), st.one_of(LOCALIZED, PASSAGE)),
    st.builds(
        lambda idea, place: T("{place}/{total} {idea}", place=place, total=12, idea=idea), LOCALIZED, st.integers(1, 12)
    ),
    st.builds(lambda course: T('You have finished "{course}". Well done!', course=course), LOCALIZED),
)
SAYS = st.builds(
    Say,
    st.lists(st.one_of(LOCALIZED, OURS), max_size=6).map(tuple),
    st.lists(st.one_of(LOCALIZED, st.just(T("Yes"))), max_size=5).map(tuple),
    st.booleans(),
)


def filled(places: int, letter: str) -> Localized:
    """A passage that takes so many places in either language, all of one letter: no passage stands within another."""
    words = ((letter * 9 + " ") * 20)[: places - 1] + letter
    return Localized((("ms", words), ("en", words)))


def rooms_of(tag: str) -> Rooms:
    return Rooms(ONE_SMS - len(tag), ONE_SCREEN - LONGEST_LINE)


@st.composite
def tight(draw: st.DrawFn) -> tuple[Say, str]:
    """A message within a few places of the most that fits, and the tag before it."""
    tag = draw(st.sampled_from(TAGS))
    room, mark = draw(st.sampled_from(list(zip(rooms_of(tag), (len("\nA) "), len("\n1 ")), strict=True))))
    options = draw(st.lists(st.integers(1, 30), max_size=5))
    last = max(1, room - sum(options) - mark * len(options) + draw(st.integers(-1, 3)))
    others = draw(st.lists(st.one_of(st.integers(60, room), st.integers(room - 1, room + 1)), max_size=4))
    body = tuple(map(filled, [*others, last], "klmno"))
    return Say(body, tuple(map(filled, options, "pqrst")), draw(st.booleans())), tag


def is_refused(say: Say, language: str, tag: str) -> bool:
    """Whether the message, laid out as it will be sent, has a passage cut, options apart, or too many SMS."""
    for kind, room in (("sms", ONE_SMS), ("ussd", ONE_SCREEN)):
        rendered = Voice(CATALOGUES, tag).render(say, language, kind, PHONE)
        pages = (*rendered.texts, *rendered.unread)
        passages = [gsm.fold(CATALOGUES.say(words, language, kind)).strip() for words in say.body]
        options = [" ".join(gsm.fold(CATALOGUES.say(words, language, kind)).split()) for words in say.choices]
        if any(gsm.septets(page) > room for page in pages):
            return True
        if not all(any(passage in page for page in pages) for passage in passages):
            return True
        if options and not any(all(each in page for each in (*passages[-1:], *options)) for page in pages):
            return True
        if kind == "sms" and len(pages) > MOST_SMS:
            return True
    return False


@settings(max_examples=800)
@given(st.one_of(tight(), st.tuples(SAYS, st.sampled_from(TAGS))), st.sampled_from(("ms", "en")))
def test_what_the_layout_refuses_never_surely_fits(said, language):
    say, tag = said
    fits = Bounds().surely_fit(say, rooms_of(tag)) or Bounds(language).surely_fit(say, rooms_of(tag))

    assert not fits or not is_refused(say, language, tag)


@settings(max_examples=400)
@given(st.one_of(LOCALIZED, OURS), st.sampled_from(("ms", "en")))
def test_a_bound_is_never_less_than_what_is_said(words, language):
    for kind in ("sms", "ussd"):
        said = gsm.septets(gsm.fold(CATALOGUES.say(words, language, kind)))

        assert said <= Bounds().of(words)
        assert said <= Bounds(language).of(words)


def test_almost_nothing_we_ship_has_to_be_laid_out():
    """Else the gate is right, and slow."""
    said = [moment.say for course in load(SHIPPED).courses.values() for moment in moments(course)]
    bounds = Bounds()

    assert sum(not bounds.surely_fit(say, rooms_of(TAGS[0])) for say in said) < len(said) / 20


def test_a_phrase_that_shapes_what_stands_in_its_gap_is_laid_out():
    """How long that is nobody knows before it is said."""
    assert Bounds().of(T("{count:,} learners", count=1)) > ONE_SMS


# --- What networks block --------------------------------------------------------------------------------------------

BITS = st.sampled_from(
    [text for rule in blocked.rules() for text in (*rule.breaks, *rule.fine, *rule.warned)]
    + "http:|WWW.|wwW .|ab.\u017fhop|1 2-3.4|08|12345|999|RM 5|hantar|Beri| nama|HELP|.|:|@".split("|")
)
TEXTS = st.lists(st.lists(BITS, min_size=1, max_size=4).map("".join), max_size=5)


def found_by_every_rule(text: str) -> list[str]:
    """The rules that a text breaks, each looked for from its first letter to its last."""
    found: dict[str, str] = {}
    for rule in blocked.rules():
        if rule.find(text) and (not rule.starts or rule.starts & blocked.words_in(text)):
            found.setdefault(rule.name, rule.id)
    return list(found.values())


@settings(max_examples=400)
@given(TEXTS)
def test_a_rule_is_not_overlooked_for_what_it_cannot_do_without(texts):
    broken = blocked.broken_by(texts)

    told = [[each.rule for each in broken.get(place, [])] for place in range(len(texts))]
    assert told == [found_by_every_rule(text) for text in texts]


# --- What learners may write ----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    "hujan ujan sungai sungsi sngai hutan utan tidak x air airnya baja bajalah 2 dua jangan pagi yang rumah".split()
)
WAYS = st.lists(WORDS, max_size=4).map(" ".join)


@settings(max_examples=400)
@given(WAYS, WAYS)
def test_phrases_that_are_near_are_never_told_apart_by_their_first_letters(one, other):
    meant, said = spelt("a", one), spelt("b", other)
    assume(meant.phrase.negations == said.phrase.negations)

    assert may_be(meant, said) or meant.phrase.whole(said.phrase.content) == FAR


def test_the_gate_compares_the_phrases_that_are_read():
    for course in load(SHIPPED).courses.values():
        for question in (each for lesson in course.lessons for each in lesson.bank):
            ways = [(each.key, way) for each in question.options for _, way in each.says.words]
            ways += [(each.key, way) for each in question.options for way in each.also]

            assert {spelt(key, plain(way)).phrase for key, way in ways} == set(wordings(question).phrases)


@settings(max_examples=400)
@given(st.text(st.characters(max_codepoint=127), max_size=30), st.sampled_from((1, 2)))
def test_plain_letters_are_read_as_all_letters_are(text, letters):
    """Only the first of these has nothing but ASCII, and takes the short way."""
    among_others = plain(f"{text} \u00e9", letters=letters)

    assert plain(text, letters=letters).strip("?") == among_others.removesuffix("\u00e9").strip()
