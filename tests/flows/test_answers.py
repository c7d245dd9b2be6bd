"""What learners' answers are taken for, over a corpus of replies as people write them (answers_corpus.csv)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, strategies as st

from flows.course import Amount, Option, Question
from flows.reading.answers import NOTHING, Reading, quiz, read
from flows.text import localized
from tests.builders import keywords

CORPUS: Final = Path(__file__).with_name("answers_corpus.csv")
RECALL: Final = 0.95
UNSURE, UNREAD = "?", "-"


def both(ms: str, en: str):
    return localized({"ms": ms, "en": en})


def option(key: str, ms: str, en: str, *also: str, right: bool = False) -> Option:
    return Option(key, both(ms, en), right, also=also)


def asked(id: str, kind: str, ms: str, en: str, *options: Option, **more) -> Question:  # noqa: A002
    return Question(id, both(ms, en), options, both("kerana begitu", "because it is so"), kind=kind, **more)


def amount(id: str, ms: str, en: str, right: str, unit: tuple[str, str] | None = None) -> Question:  # noqa: A002
    counted = Amount(Fraction(right), Fraction(0), both(*unit) if unit else None)
    return asked(id, "number", ms, en, amount=counted)


TRUE, FALSE = ("true", "Betul", "True"), ("false", "Salah", "False")

QUESTIONS: Final[Mapping[str, Question]] = {
    each.id: each
    for each in (
        asked(
            "sms",
            "choice",
            "SMS berpautan mengatakan akaun anda akan disekat. Apa anda buat?",
            "An SMS with a link says your account will be blocked. What do you do?",
            option("tap", "Tekan untuk semak", "Tap to check"),
            option("report", "Adukan kepada MCMC", "Report it to MCMC", "lapor", "lapor MCMC", right=True),
            option("share", "Kongsi dengan kawan", "Forward it to a friend"),
        ),
        asked(
            "minggu",
            "choice",
            "Berapa lama baja kompos perlu ditunggu?",
            "How long does compost have to rest?",
            option("two", "2 minggu", "2 weeks"),
            option("three", "3 minggu", "3 weeks", right=True),
            option("four", "4 minggu", "4 weeks"),
            keeps_order=True,
        ),
        asked(
            "anjing",
            "choice",
            "Anjing asing mendekati anak. Apa pesan anda?",
            "A strange dog comes near a child. What do you tell her?",
            option("avoid", "Jangan sentuh", "Do not touch it", right=True),
            option("touch", "Sentuh perlahan", "Touch it gently"),
            option("chase", "Halau dengan kayu", "Chase it with a stick"),
            option("unsure", "Tidak pasti", "Not sure"),
        ),
        asked(
            "tac",
            "truth",
            "Bank boleh meminta TAC anda.",
            "A bank may ask for your TAC.",
            option(*TRUE),
            option(*FALSE, right=True),
        ),
        asked(
            "baja",
            "truth",
            "Baja organik menyuburkan tanah.",
            "Organic fertiliser feeds the soil.",
            option(*TRUE, right=True),
            option(*FALSE),
        ),
        asked(
            "tanaman",
            "several",
            "Yang mana sesuai untuk fertigasi? Pilih semua.",
            "Which suit fertigation? Choose all.",
            option("cili", "Cili", "Chilli", right=True),
            option("padi", "Padi", "Rice"),
            option("tomato", "Tomato", "Tomato", right=True),
            option("kopi", "Kopi", "Coffee"),
        ),
        asked(
            "kedai",
            "several",
            "Apa yang perlu disimpan?",
            "What should be kept?",
            option("receipt", "Resit", "Receipt", right=True),
            option("notebook", "Buku catatan", "Notebook", right=True),
            option("gossip", "Cerita orang", "Gossip"),
        ),
        asked(
            "basuh",
            "order",
            "Susun langkah memasak sayur.",
            "Put the steps of cooking vegetables in order.",
            option("wash", "Basuh", "Wash"),
            option("cut", "Potong", "Cut"),
            option("cook", "Masak", "Cook"),
        ),
        asked(
            "anak",
            "order",
            "Susun kerja menanam.",
            "Put the work of planting in order.",
            option("seed", "Semai benih", "Sow the seed"),
            option("water", "Siram", "Water"),
            option("move", "Pindah ke ladang", "Move to the field"),
            option("pick", "Tuai", "Harvest"),
        ),
        amount("kos", "Kos 20 botol RM70. Berapa kos sebotol?", "20 jars cost RM70. How much is one jar?", "3.5", ("RM", "RM")),
        amount("berat", "Berapa berat hasil seminggu?", "How much does a week's harvest weigh?", "12.5", ("kg", "kg")),
        amount("hari", "Berapa lama sebelum dituai?", "How long until the harvest?", "14", ("hari", "days")),
        amount("jual", "Berapa jualan sebulan?", "How much are a month's sales?", "1500", ("RM", "RM")),
        amount("pokok", "Berapa pokok muat di sini?", "How many trees fit here?", "1500"),
        amount("pukul", "Pukul berapa pasar pagi ditutup?", "At what time does the morning market close?", "11"),
        asked(
            "air",
            "text",
            "Baja diberi bersama apa?",
            "What is the fertiliser given together with?",
            option("water", "air", "water", "aer", "ayer", "air bersih", "air paip", "clean water", right=True),
            option("oil", "minyak", "oil"),
        ),
        asked(
            "warna",
            "text",
            "Perangkap melekit: sebutkan satu warnanya.",
            "Sticky traps: name one colour they come in.",
            option("yellow", "kuning", "yellow", "kuneng", "biru", "blue", "warna kuning", "kuning dan biru", right=True),
            option("red", "merah", "red"),
            option("green", "hijau", "green"),
        ),
        asked(
            "untung",
            "text",
            "Jualan RM80, kos RM95. Untung atau rugi?",
            "Sales RM80, costs RM95. Profit or loss?",
            option("loss", "rugi", "loss", "kerugian", "rugi rm15", "a loss", right=True),
            option("profit", "untung", "profit"),
        ),
        asked("cerita", "open", "Ceritakan kebun anda.", "Tell us about your plot."),
    )
}  # fmt: skip

# The order in which they are shown, where it is another than the author's.
SHOWN: Final[Mapping[str, str]] = {
    "kedai": "gossip receipt notebook",
    "basuh": "cut wash cook",
    "anak": "pick seed move water",
}


@dataclass(frozen=True)
class Label:
    """One line of the corpus: what this reply to this question has to be taken for."""

    question: str
    reply: str
    expected: str
    note: str

    def read(self) -> Reading:
        return answer(self.question, self.reply)


def answer(question: str, reply: str) -> Reading:
    found = QUESTIONS[question]
    keys = SHOWN.get(question, "").split()
    shown = tuple(found.option(key) for key in keys) if keys else found.shown(0) if found.keeps_order else found.options
    return read(found, shown if found.kind not in ("text", "number", "open") else (), keywords().hear(reply), reply)


def corpus() -> list[Label]:
    with CORPUS.open(encoding="utf-8", newline="") as file:
        return [Label(**row) for row in csv.DictReader(file)]


def misread(labels: list[Label]) -> list[str]:
    """Sure readings that are something else than the label: each one a learner who is graded wrongly."""
    return [
        f"{label.question}: {label.reply!r} was taken for {reading.answer!r}, not {label.expected!r}"
        for label in labels
        if (reading := label.read()).sure and reading.answer != label.expected
    ]


def missed(labels: list[Label]) -> list[str]:
    """Replies whose answer a person sees and the reader does not."""
    return [
        f"{label.question}: {label.reply!r} is {label.expected!r}, and was not understood"
        for label in labels
        if label.expected not in (UNSURE, UNREAD) and not label.read().sure
    ]


def summary(labels: list[Label]) -> str:
    """Precision and recall over the corpus, and what is behind them."""
    sure = sum(1 for label in labels if label.read().sure)
    clear = sum(1 for label in labels if label.expected not in (UNSURE, UNREAD))
    wrong, lost = misread(labels), missed(labels)
    precision, recall = 1 - len(wrong) / sure, 1 - len(lost) / clear
    first = f"{len(labels)} replies, {clear} of them clear: precision {precision:.4f}, recall {recall:.4f}"
    return "\n".join([first, *wrong, *lost])


def test_no_reply_is_taken_for_an_answer_it_is_not():
    labels = corpus()

    print(summary(labels))
    assert misread(labels) == []


def test_nearly_every_clear_answer_is_understood():
    labels = corpus()
    clear = [label for label in labels if label.expected not in (UNSURE, UNREAD)]

    assert len(labels) >= 450
    assert 1 - len(missed(labels)) / len(clear) >= RECALL, summary(labels)


def test_what_is_no_answer_is_left_to_the_keywords_and_what_is_doubtful_is_asked_back():
    doubtful = [label for label in corpus() if label.expected in (UNSURE, UNREAD)]

    told = [
        f"{label.question}: {label.reply!r} {reading}"
        for label in doubtful
        if (reading := label.read()).sure or bool(reading.answer) != (label.expected == UNSURE)
    ]

    assert told == []


# --- how a reading is asked back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "reply", "says"),
    [
        ("sms", "b", "B"),
        ("sms", "apa itu kongsi", "C"),
        ("tac", "au", "A"),
        ("tac", "tak salah", "A"),
        ("tanaman", "cili padi", "1 2"),
        ("tanaman", "11", "1"),
        ("basuh", "basuh, potong, masak", "2 1 3"),
        ("pokok", "1,500", "1500"),
        ("pokok", "1.500", "1.5"),
        ("berat", "12.5 gram", ""),
        ("sms", "a atau b", ""),
        ("air", "ari", ""),
    ],
)
def test_a_reading_says_how_to_ask_it_back(question, reply, says):
    assert answer(question, reply).says == says


def test_an_order_is_right_only_as_the_author_wrote_it_however_it_was_shown():
    assert answer("basuh", "2 1 3").right
    assert not answer("basuh", "1 2 3").right


def test_a_number_within_the_tolerance_is_right():
    about = asked("kira", "number", "Berapa?", "How many?", amount=Amount(Fraction("12.5"), Fraction("0.5")))

    verdicts = {
        said: read(about, (), keywords().hear(said), said).right for said in ("12", "13", "12,75", "11.9", "13.1")
    }

    assert verdicts == {"12": True, "13": True, "12,75": True, "11.9": False, "13.1": False}


# --- a whole quiz in one text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1A 2C 3B",
        "1a,2c,3b",
        "1.a 2.c 3.b",
        "1a2c3b",
        "1) a 2) c 3) b",
        "soalan 1 a soalan 2 c soalan 3 b",
        "2c 1a\n3b",
    ],
)
def test_a_whole_quiz_is_read_from_one_text(text):
    assert quiz(text) == ((1, "a"), (2, "c"), (3, "b"))


def test_true_and_false_may_stand_in_a_quiz():
    assert quiz("1 betul 2 salah 3 b") == ((1, "true"), (2, "false"), (3, "b"))


@pytest.mark.parametrize(
    "text", ["1 3", "2 1 3", "12", "b", "1a", "1 a 1 b", "1a 2", "30x2=60", "1a 2b stop", "1 500", "", "1a 100b", "😀"]
)
def test_other_replies_are_no_quiz(text):
    assert quiz(text) == ()


# --- whatever is written --------------------------------------------------------------------------------------------

ANYTHING: Final = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            "a b c d 1 2 3 4 13 1,500 0,5 ½ / = - > dan atau bukan tidak tak x betul salah semua kedua-dua jawapan saya "
            "rm kg minggu air kuning merah rugi cili padi tekan kongsi kawan basuh potong masak setengah puluh ratus 😀".split()
        ),
        max_size=8,
    ).map(" ".join),
)


@given(st.sampled_from(sorted(QUESTIONS)), ANYTHING)
def test_whatever_is_written_is_read_without_a_fault_and_graded_as_it_is_recorded(question, text):
    found, reading = QUESTIONS[question], answer(question, text)

    assert not reading.right or reading.answer
    if found.kind in ("choice", "truth", "several", "order"):
        assert reading.right == (reading.answer == found.right_answer)
    if found.kind in ("choice", "truth") and reading.sure:
        assert found.option(reading.answer)
    if found.kind in ("several", "order") and reading.sure:
        assert {*reading.answer.replace(">", "+").split("+")} <= {each.key for each in found.options}
    if found.kind == "number" and reading.sure:
        assert reading.right == found.grades(reading.answer)


@given(
    st.sampled_from(
        [name for name, each in sorted(QUESTIONS.items()) if each.kind not in ("open", "truth") and name != "anjing"]
    ),
    st.sampled_from(["bukan {}", "tidak {}", "x {}", "jangan {}", "not {}", "nda {}", "{} bukan", "selain {}"]),
    ANYTHING,
)
def test_a_reply_that_says_not_is_never_taken_for_the_right_answer(question, negated, text):
    reading = answer(question, negated.format(text.replace("=", " ")))

    assert not (reading.sure and reading.right)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\u202e b", "b" * 2000, "1 " * 1000, "cili " * 400, "\U0001f600" * 500, "½" * 300]
)
@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_what_is_empty_odd_or_endless_is_read_too(question, text):
    reading = answer(question, text)

    assert reading == NOTHING or len(reading.answer) <= 200


def test_stop_is_never_an_answer():
    stopping = asked(
        "undang", "text", "Apa maksud berhenti?", "What does berhenti mean?", option("stop", "stop", "stop", right=True)
    )

    assert read(stopping, (), keywords().hear("stop"), "stop") == NOTHING


def test_a_keyword_is_an_answer_where_it_is_one_of_the_questions_own():
    when = asked("bila", "text", "Bila siram?", "When to water?", option("pagi", "pagi", "morning", right=True))

    assert read(when, (), keywords().hear("pagi"), "pagi").right
    assert read(when, (), keywords().hear("petang"), "petang") == NOTHING


def test_a_letter_that_is_another_options_own_word_is_asked_again():
    group = asked(
        "darah",
        "choice",
        "Jenis darah?",
        "Blood group?",
        option("o", "B", "B"),
        option("b", "A", "A"),
        option("ab", "AB", "AB", right=True),
    )

    assert not read(group, group.options, keywords().hear("b"), "b").sure
    assert read(group, group.options, keywords().hear("ab"), "AB").right


def test_a_task_is_not_read_here():
    task = asked("kerja", "task", "Siram pokok anda.", "Water your plants.")

    assert read(task, (), keywords().hear("siap sudah"), "siap sudah") == NOTHING
    assert read(task, (), keywords().hear("x" * 400), "x" * 400) == NOTHING
