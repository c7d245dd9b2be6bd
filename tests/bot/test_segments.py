"""Groups described in words: what coordinators type is understood, said back so that it is understood again, or refused with help."""

from datetime import date

import pytest
from hypothesis import example, given, settings, strategies as st

from bot.i18n import Catalogues
from bot.segments import Known, NotUnderstood, described as d, in_words, parse
from bot.segments.described import bound
from bot.segments.joining import either, every, outside
from bot.segments.vocabulary import ABOUT

EXAMPLE = d.All(
    (
        d.District(("Ranau", "Pitas")),
        d.Enrolled(("sayur1",)),
        d.Stands("unfinished", ("sayur1",)),
        d.Silent(14),
        d.Outside(d.Tagged(("ujian",))),
    )
)


@pytest.mark.parametrize(
    "words",
    [
        'daerah Ranau atau Pitas, kursus sayur1, belum tamat, senyap 14 hari, bukan tag "ujian"',
        'district Ranau or Pitas, course sayur1, not finished, silent 14 days, not tag "ujian"',
        "DAERAH ranau ATAU pitas;kursus SAYUR1 belum tamat dan senyap 2 minggu, bukan tag ujian",
        "Pelajar di Ranau atau Pitas dalam kursus sayur1, yang belum tamat, senyap 14 hari dan tidak bertag ujian.",
        "Learners in Ranau or Pitas in the course sayur1 who have not finished, silent for 14days, but not tagged “ujian”",
    ],
)
def test_the_same_group_is_understood_in_many_words(words):
    assert parse(words) == EXAMPLE


def test_a_group_is_explained_as_a_person_would():
    assert in_words(EXAMPLE, "ms") == (
        "Pelajar di Ranau atau Pitas dalam kursus sayur1, yang belum tamat, senyap 14 hari dan tidak bertag ujian"
    )
    assert in_words(EXAMPLE, "en") == (
        "Learners in Ranau or Pitas in the course sayur1, who have not finished, have been silent for 14 days"
        " and are not tagged ujian"
    )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", d.Everybody()),
        ("semua pelajar", d.Everybody()),
        ("all learners in Kudat", d.District(("Kudat",))),
        ("kursus a, tamat", d.All((d.Enrolled(("a",)), d.Stands("finished", ("a",))))),
        ("belum tamat, kursus a", d.All((d.Stands("unfinished", ("a",)), d.Enrolled(("a",))))),
        ("belum tamat kursus a, tamat kursus b", d.All((d.Stands("unfinished", ("a",)), d.Stands("finished", ("b",))))),
        ("belum mula", d.Stands("not begun", ())),
        ("passed at least 3 lessons of course a", d.Passed(3, None, ("a",))),
        ("paling banyak 2 pelajaran", d.Passed(0, 2, ())),
        ("di pelajaran 3 kursus a", d.AtLesson(3, ("a",))),
        ("aktif dalam 1 bulan", d.Active(30)),
        ("saluran sms atau ussd", d.Channel(("sms", "ussd"))),
        ("whatsapp", d.Channel(("whatsapp",))),
        ("perempuan, umur 18-29 atau 60+", d.All((d.About("gender", ("female",)), d.About("age", ("age18", "age60"))))),
        ("bahasa inggeris", d.Language(("en",))),
        ("tinjauan undian1.when = morning or evening", d.Answered("undian1", "when", ("morning", "evening"))),
        ("tidak boleh dihubungi", d.Reached("unreachable")),
        ("not (reachable)", d.Outside(d.Reached("reachable"))),
        ("sertai sebelum 1/12/2026", d.Joined(before=date(2026, 12, 1))),
        ("joined after 2026-12-01", d.Joined(since=date(2026, 12, 2))),
        ("segmen kelas-pagi", d.Saved("kelas-pagi")),
        ('tag "ketua kampung"', d.Tagged(("ketua kampung",))),
        ("tag a atau b dan tag c", d.All((d.Tagged(("a", "b")), d.Tagged(("c",))))),
        ("tag a atau tag b, tag c", d.All((d.Tagged(("a", "b")), d.Tagged(("c",))))),
        ("tag a atau sms, tag c", d.All((d.Either((d.Tagged(("a",)), d.Channel(("sms",)))), d.Tagged(("c",))))),
        ("di Ranau kecuali tag a", d.All((d.District(("Ranau",)), d.Outside(d.Tagged(("a",)))))),
        ("bukan (di Ranau atau tag a)", d.Outside(d.Either((d.District(("Ranau",)), d.Tagged(("a",)))))),
    ],
)
def test_every_criterion_is_understood(words, meant):
    assert parse(words) == meant


KNOWN = Known(
    courses={"sayur1": "sayur1", "buku1": "buku1"},
    tags={"ujian": "ujian"},
    segments={"pagi": "pagi"},
    answers={("undian1", "when"): frozenset({"morning", "evening"})},
)


@pytest.mark.parametrize(
    ("words", "at", "says"),
    [
        ("kurusus sayur1", 0, 'I do not understand "kurusus". Did you mean kursus?'),
        ("di Ranau snyap 14 hari", 9, 'I do not understand "snyap". Did you mean senyap?'),
        ("di Ranua", 3, 'There is no district "Ranua". There is: Ranau.'),
        ("kursus sayr1", 7, 'There is no course "sayr1". There is: sayur1.'),
        ("tag ujan", 4, 'There is no tag "ujan". There is: ujian.'),
        ("segmen petang", 7, 'There is no segment "petang". There is: pagi.'),
        ("undian undian1.when=malam", 20, 'There is no answer "malam". There is: evening, morning.'),
        ("undian undian2.when=evening", 7, 'There is no survey question "undian2.when". There is: undian1.when.'),
        (
            "daerah Ranau, Pitas",
            14,
            '"Pitas" alone says too little. Write: district Pitas. Or, for one of several, without a comma: or Pitas.',
        ),
        ("senyap", 0, 'After "senyap" comes a number of days, like 14 days.'),
        ("senyap hari", 7, 'After "senyap" comes a number of days, like 14 days.'),
        ("lulus tiga", 6, 'After "lulus" comes a number of lessons, like 3 lessons.'),
        ("joined since yesterday", 13, 'After "joined since" comes a date, like 2026-12-01 or 1/12/2026.'),
        ("tag", 0, 'After "tag" comes the name of a tag.'),
        ("tag ujian dan", 10, 'Something is missing after "dan".'),
        ("tag ujian, ", 9, 'Something is missing after ",".'),
        ("(tag ujian", 5, "A bracket is not closed."),
        ("tag ujian)", 9, "A bracket is closed that was never opened."),
        ('tag "ujian', 4, "A quotation mark is not closed."),
        (
            "di Ranau, atau tag ujian",
            10,
            'A comma means "and". Before "or", leave the comma out, or set brackets around what belongs together.',
        ),
    ],
)
def test_what_is_not_understood_is_told_where_and_what_is_possible(words, at, says):
    with pytest.raises(NotUnderstood) as refused:
        parse(words, KNOWN)

    assert (refused.value.at, str(refused.value)) == (at, says)


def test_a_word_from_nowhere_gets_the_whole_list_of_what_is_possible():
    with pytest.raises(NotUnderstood) as refused:
        parse("zzzzzz")

    assert "district, course, finished" in str(refused.value)
    assert "daerah, kursus, tamat" in Catalogues().say(refused.value.says, "ms")


def test_only_brackets_without_end_are_refused_in_words():
    with pytest.raises(NotUnderstood, match="too many brackets"):
        parse("(" * 1000)
    with pytest.raises(NotUnderstood, match="too long"):
        parse("tag a, " * 1000)


def test_a_word_that_says_nothing_is_not_everybody():
    """Half a sentence must not send an announcement to all."""
    with pytest.raises(NotUnderstood):
        parse("pelajar yang")


NAMES = st.one_of(
    st.sampled_from(["atau", "dan", "tag", "sms", "a b", "x.y", "kelas-pagi", "pelajar", "14", "hari"]),
    st.text("abcdefg1-", min_size=1, max_size=8),
)
SOME_NAMES = st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)
COURSES = st.one_of(
    st.just(()), st.lists(st.sampled_from(["sayur1", "buku1", "q"]), min_size=1, max_size=2, unique=True).map(tuple)
)
COUNTS = st.integers(0, 99)
DAYS = st.integers(1, 400)


def some(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


LEAVES = st.one_of(
    st.just(d.Everybody()),
    st.builds(d.District, some(["Ranau", "Kudat", "Pitas", "Daerah lain"])),
    st.builds(d.Language, some(["ms", "en"])),
    st.builds(d.Enrolled, COURSES.filter(bool)),
    st.builds(d.Stands, st.sampled_from(["finished", "unfinished", "not begun"]), st.one_of(st.none(), COURSES)),
    st.builds(lambda n, courses: d.Passed(n, None, courses), COUNTS, COURSES),
    st.builds(lambda n, courses: d.Passed(0, n, courses), COUNTS, COURSES),
    st.builds(lambda n, courses: d.Passed(n, n, courses), COUNTS, COURSES),
    st.builds(d.AtLesson, st.integers(1, 20), COURSES),
    st.builds(d.Active, DAYS),
    st.builds(d.Silent, DAYS),
    st.builds(d.Channel, some(["sms", "whatsapp", "ussd"])),
    *(st.builds(d.About, st.just(what), some(sorted(set(table.values())))) for what, table in ABOUT.items()),
    st.builds(d.Answered, st.sampled_from(["undian1", "profil"]), st.sampled_from(["when", "q2"]), SOME_NAMES),
    st.builds(d.Reached, st.sampled_from(["reachable", "receive-only", "unreachable"])),
    st.builds(d.Tagged, SOME_NAMES),
    st.builds(lambda day: d.Joined(since=day), st.dates()),
    st.builds(lambda day: d.Joined(before=day), st.dates()),
    st.builds(d.Saved, NAMES),
)
TREES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=4).map(every),
        st.lists(parts, min_size=2, max_size=3).map(either),
        parts.map(outside),
    ),
    max_leaves=8,
).map(bound)


WOMEN = d.About("gender", ("female",))


@settings(max_examples=400)
@example(d.Outside(d.Either((d.Outside(WOMEN), WOMEN))), "ms")
@given(TREES, st.sampled_from(["ms", "en"]))
def test_what_is_said_of_a_group_describes_the_same_group(tree, locale):
    assert parse(in_words(tree, locale)) == tree


@given(st.text("abkdt (),\"'=.0123", max_size=40))
def test_whatever_is_typed_is_understood_or_refused_in_words(words):
    where, said = understood(words)

    assert 0 <= where <= len(words)
    assert said


def understood(words):
    """Where reading stopped and what was said then; at the end, with the explanation, where it was understood."""
    try:
        return len(words), in_words(parse(words), "ms")
    except NotUnderstood as refused:
        return refused.at, Catalogues().say(refused.says, "ms")
