"""What is said of a certificate wherever people read it, each sentence in Bahasa Malaysia and in English."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from babel.dates import format_date

from bot.certificates import CheckedCertificate

LANGUAGES: Final = ("ms", "en")


class Both(NamedTuple):
    """One sentence in both languages."""

    ms: str
    en: str


# How it was checked who she is. A certificate of level 0 says that somebody took part, and no more.
LEVELS: Final[Sequence[Both]] = (
    Both(
        "Tahap 0: telefon sahaja. Tiada sesiapa menyemak siapa yang menjawab.",
        "Level 0: the phone alone. Nobody checked who answered.",
    ),
    Both(
        "Tahap 1: seorang penyelaras persatuan mengenalinya dan mengesahkan namanya.",
        "Level 1: a coordinator of the association knows the learner and confirmed the name.",
    ),
    Both(
        "Tahap 2: MyKad dilihat semasa penilaian yang diawasi. Nombornya tidak disimpan.",
        "Level 2: the MyKad was seen at a supervised assessment. Its number is not kept.",
    ),
)
PARTICIPATION: Final = Both("Sijil penyertaan", "Certificate of participation")
COMPLETION: Final = Both("Sijil tamat kursus", "Certificate of completion")
PROGRAMME: Final = Both("Sijil tamat program", "Certificate of a programme")


# What stands on paper around the name: of somebody who took part, and of somebody who completed.
CERTIFIES: Final = Both("Dengan ini disahkan bahawa", "This is to certify that")
TOOK_PART: Final[Mapping[str, Both]] = {
    "course": Both("telah menyertai kursus", "took part in the course"),
    "programme": Both("telah menyertai program", "took part in the programme"),
}
COMPLETED: Final[Mapping[str, Both]] = {
    "course": Both("telah menamatkan kursus", "has completed the course"),
    "programme": Both("telah menamatkan program", "has completed the programme"),
}
NAMELESS: Final = Both("Pemegang kod sijil ini", "The holder of this certificate’s code")
PAPER_ALONE: Final = Both(
    "Kertas sahaja bukan bukti: semak kodnya.",
    "Paper alone proves nothing: check the code.",
)


def limits(level: int, *, several: bool, approved: str) -> Both:
    """What it is, and what it is not; or, where its programme says so, who approved that."""
    what = Both(*(("rekod tamat", "completing") if level else ("rekod penyertaan dalam", "taking part in")))
    if approved:
        return Both(
            f"Ini {what.ms} seluruh atau sebahagian program yang diluluskan oleh {approved}.",
            f"This is a record of {what.en} all or part of a programme approved by {approved}.",
        )
    courses = Both(*(("beberapa kursus", "several short courses") if several else ("sebuah kursus", "a short course")))
    return Both(
        f"Ini {what.ms} {courses.ms} pendek. Ia bukan Sijil Kemahiran Malaysia (SKM) dan bukan kelayakan yang "
        "diakreditasi oleh MQA.",
        f"This is a record of {what.en} {courses.en}. It is not a national skills certificate (SKM), nor a qualification "
        "accredited by the MQA.",
    )


def kind(checked: CheckedCertificate) -> Both:
    """What sort of certificate it is."""
    if not checked.level:
        return PARTICIPATION
    return PROGRAMME if checked.kind == "programme" else COMPLETION


def assessed(checked: CheckedCertificate) -> list[Both]:
    """What was assessed, and how; of a certificate from before this was kept, what held for all of them."""
    how: Mapping[str, Any] = checked.assessed
    if checked.kind == "programme":
        count, all_ = how.get("least", 0), len(how.get("courses", ()))
        return [
            Both(
                f"Sijil bagi {count} daripada {all_} kursus dalam program ini, setiap satu dengan kodnya sendiri.",
                f"The certificates of {count} of the programme’s {all_} courses, each with a code of its own.",
            )
        ]
    lessons = how.get("lessons")
    told = [
        Both(
            f"{lessons} pelajaran. Soalan bagi setiap pelajaran dijawab dengan betul melalui mesej teks.",
            f"{lessons} lessons. Each lesson’s questions were answered right, by text message.",
        )
        if lessons
        else Both(
            "Setiap pelajaran dalam kursus ini. Soalan bagi setiap pelajaran dijawab dengan betul melalui mesej teks.",
            "Every lesson of the course. Each lesson’s question was answered right, by text message.",
        )
    ]
    return [*told, *_besides(how)]


def _besides(how: Mapping[str, Any]) -> list[Both]:
    told = []
    if "final" in how:
        ms = how["final"].get("ms", "")
        told.append(Both(f"Penilaian akhir: {ms}.", f"Final assessment: {how['final'].get('en', ms)}."))
    if "score" in how:
        score, mark = how["score"], how["pass_mark"]
        told.append(
            Both(
                f"{score}% betul pada cubaan pertama atau semasa soalan diulang; markah lulus {mark}%.",
                f"{score}% right at the first try or when questions came again; the pass mark is {mark}%.",
            )
        )
    if how.get("witnessed"):
        count = how["witnessed"]
        told.append(
            Both(
                f"Tugasan yang dilihat oleh saksi: {count}.",
                f"Tasks seen by a witness: {count}.",
            )
        )
    return told


def written_out(local: date) -> Both:
    """A day for people: "24 November 2026"."""
    return Both(*(format_date(local, "d MMMM y", locale=language) for language in LANGUAGES))


def duration(minutes: int) -> Both:
    """A length of time for people: "1 jam 30 minit"."""
    hours, left = divmod(minutes, 60)
    made = []
    for words in (("jam", "jam", "minit", "minit"), ("hour", "hours", "minute", "minutes")):
        parts = [f"{hours} {words[hours > 1]}"] if hours else []
        if left or not parts:
            parts.append(f"{left} {words[2 + (left != 1)]}")
        made.append(" ".join(parts))
    return Both(*made)
