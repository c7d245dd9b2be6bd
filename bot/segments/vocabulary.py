"""The words of the little language, in Malay and in English: each way to say a thing, and what it stands for."""

from collections.abc import Mapping
from functools import cache
from typing import Final

Phrase = tuple[str, ...]

# What begins a criterion -> the ways to say it. Among those that fit, the longest counts.
OPENERS: Final[Mapping[str, str]] = {
    "district": "daerah|di daerah|dari daerah|di|dari|district|in district|in the district|in|from",
    "language": "bahasa|berbahasa|language|in language|learning in|speaking",
    "course": "kursus|dalam kursus|di kursus|mendaftar kursus|course|in course|in the course|enrolled in|enrolled in course|the course|of the course"
    "|of course",
    "finished": "tamat|sudah tamat|telah tamat|selesai|sudah selesai|telah selesai|finished|completed",
    "unfinished": "belum tamat|tidak tamat|tak tamat|belum selesai|tidak selesai|tak selesai|unfinished|not finished"
    "|not yet finished|not completed|not yet completed",
    "not begun": "belum mula|belum bermula|belum memulakan|tidak bermula|not begun|not yet begun|not started|not yet started",
    "least": "sekurang-kurangnya|sekurang kurangnya|paling sedikit|minimum|at least|lulus sekurang-kurangnya"
    "|lulus sekurang kurangnya|lulus paling sedikit|lulus minimum|passed at least",
    "most": "paling banyak|selebih-lebihnya|maksimum|at most|lulus paling banyak|lulus selebih-lebihnya|lulus maksimum"
    "|passed at most",
    "exactly": "lulus|lulus tepat|passed|passed exactly",
    "at lesson": "di pelajaran|pada pelajaran|sedang di pelajaran|sampai pelajaran|at lesson|on lesson",
    "active": "aktif|aktif dalam|aktif sejak|active|active in|active in the last|active within|active for",
    "silent": "senyap|senyap selama|diam|sunyi|silent|silent for|silent since|quiet|quiet for|inactive|inactive for",
    "channel": "saluran|melalui|guna|menggunakan|channel|by|via|wrote last by|writing by",
    "gender": "jantina|gender|sex",
    "age": "umur|berumur|age|aged",
    "education": "pendidikan|berpendidikan|education|educated to",
    "work": "kerja|pekerjaan|work|working as",
    "answered": "menjawab|jawapan|tinjauan|undian|answered|answer|survey|poll",
    "reachable": "boleh dihubungi|dapat dihubungi|reachable",
    "receive-only": "terima sahaja|hanya terima|hanya boleh terima|hanya menerima|receive-only|receive only|only receive"
    "|only receiving|able only to receive",
    "unreachable": "tidak boleh dihubungi|tak boleh dihubungi|tidak dapat dihubungi|tak dapat dihubungi|unreachable"
    "|not reachable",
    "tag": "tag|bertag|dengan tag|tagged|with tag|with the tag",
    "joined before": "sertai sebelum|menyertai sebelum|daftar sebelum|mendaftar sebelum|joined before",
    "joined after": "sertai selepas|menyertai selepas|daftar selepas|mendaftar selepas|joined after",
    "joined since": "sertai sejak|menyertai sejak|daftar sejak|mendaftar sejak|sertai mulai|joined since|joined from",
    "segment": "segmen|kumpulan|dalam segmen|dalam kumpulan|segment|group|in segment|in the segment|in group|in the group",
}
AND: Final = frozenset("dan serta tetapi tapi and but ;".split()) | {",", "&"}
OR: Final = frozenset("atau or".split())
NOT: Final = frozenset("bukan tidak tak tanpa kecuali selain not without except no".split())
# Words that a sentence may have, and that change nothing.
FILLERS: Final = frozenset(
    "pelajar learner learners orang people yang who ada adalah ialah semua setiap setiap-satu all every everybody everyone "
    "have has had been are is was the those them among antara mereka itu still masih also juga".split()
)
DAYS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("hari", "day", "days", "d", "h"), 1),
    **dict.fromkeys(("minggu", "week", "weeks"), 7),
    **dict.fromkeys(("bulan", "month", "months"), 30),
}
LESSONS: Final = frozenset("pelajaran lesson lessons".split())
ANY_COURSE: Final = ("mana-mana kursus", "any course")

# How a value may be said -> what is kept of it. The first way in each language is ours (see `telling`).
LANGUAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("melayu", "malay", "ms", "bm", "malaysia", "bahasa malaysia", "bahasa melayu"), "ms"),
    **dict.fromkeys(("inggeris", "english", "en", "bi", "bahasa inggeris"), "en"),
}
CHANNELS: Final[Mapping[str, str]] = {"sms": "sms", "whatsapp": "whatsapp", "wasap": "whatsapp", "ussd": "ussd"}
ABOUT: Final[Mapping[str, Mapping[str, str]]] = {
    "gender": {
        **dict.fromkeys(("perempuan", "women", "wanita", "woman", "female"), "female"),
        **dict.fromkeys(("lelaki", "men", "man", "male"), "male"),
    },
    "age": {
        **dict.fromkeys(("bawah 18", "under 18", "<18"), "under18"),
        **dict.fromkeys(("18 hingga 29", "18 to 29", "18-29"), "age18"),
        **dict.fromkeys(("30 hingga 44", "30 to 44", "30-44"), "age30"),
        **dict.fromkeys(("45 hingga 59", "45 to 59", "45-59"), "age45"),
        **dict.fromkeys(("60 ke atas", "60 and over", "60+"), "age60"),
    },
    "education": {
        **dict.fromkeys(("belum ada spm", "no spm yet", "tiada spm", "no spm"), "none"),
        "spm": "spm",
        **dict.fromkeys(("stpm atau sijil", "stpm or a certificate", "stpm", "sijil", "certificate"), "stpm"),
        "diploma": "diploma",
        **dict.fromkeys(("ijazah", "a degree", "degree"), "degree"),
    },
    "work": {
        **dict.fromkeys(("sendiri", "self-employed", "kerja sendiri", "self employed"), "self"),
        **dict.fromkeys(("makan gaji", "an employee", "employed", "employee"), "paid"),
        **dict.fromkeys(("urus rumah", "a housekeeper", "suri rumah", "housekeeper", "housewife"), "home"),
        **dict.fromkeys(("belajar", "a student", "student"), "study"),
        **dict.fromkeys(("belum bekerja", "no work yet", "tidak bekerja", "unemployed"), "none"),
    },
}
# Values that may stand alone: "women, silent 14 days".
ALONE: Final[Mapping[str, Mapping[str, str]]] = {"channel": CHANNELS, "gender": ABOUT["gender"]}


@cache
def openers() -> Mapping[Phrase, str]:
    """Every phrase that begins a criterion, in words, and which one it begins."""
    return {tuple(said.split()): kind for kind, ways in OPENERS.items() for said in ways.split("|")}


@cache
def beginnings() -> frozenset[str]:
    """Every word that cannot be taken for a name, because something begins with it or it joins what stands around it."""
    return frozenset(phrase[0] for phrase in openers()) | {word for values in ALONE.values() for word in values}


@cache
def taken() -> frozenset[str]:
    """Every word of the language: a name that is one of them is written in quotes."""
    spoken = {word for phrase in openers() for word in phrase} | {
        word for phrase in ANY_COURSE for word in phrase.split()
    }
    return beginnings() | spoken | AND | OR | NOT | FILLERS | LESSONS | frozenset(DAYS)


def longest() -> int:
    """How many words the longest phrase that begins a criterion has."""
    return max(map(len, openers()))
