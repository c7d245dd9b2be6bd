"""The JSON Schema of a course file: what an editor completes, explains under the pointer, and underlines in red.

Made from the shapes, so that it cannot say otherwise than the check. What a schema cannot say (lengths as sent, words
that networks block, one right option) the check says.
"""

import json
import re
from typing import Any, Final

from bot.content.rules import Limits
from bot.content.shape import CourseShape

DRAFT: Final = "http://json-schema.org/draft-07/schema#"  # the newest that every editor's YAML extension reads

_most: Final = Limits().of

# What each field is for, as an editor shows it: (shape, field) -> words, and an example where the words are not enough.
# A field that several shapes have is described once, under "".
SAYS: Final[dict[tuple[str, str], tuple[str, Any]]] = {
    ("", "id"): ("A short name that never changes: progress is kept under it.", "air-1"),
    ("CourseShape", "id"): ("What learners send after DAFTAR; it never changes.", "air1"),
    ("", "title"): (f"A line in a menu: at most {_most('title')} characters.", None),
    ("CourseShape", "about"): (f"What it is good for, in one sentence: at most {_most('about')} characters.", None),
    ("CourseShape", "minutes"): ("What the whole course takes: reading, answering, doing.", 60),
    ("CourseShape", "lessons"): ("In the order in which they are taught.", None),
    ("CourseShape", "follows"): ("Asks for the date from which `day` is counted: a planting, a market day.", None),
    ("CourseShape", "placement"): ("Questions that find a learner's level, as lesson/question.", ["air/air-1"]),
    ("CourseShape", "nudges"): (
        "What is said, and when, to learners who have gone quiet. Left out: as Titian does.",
        None,
    ),
    ("NudgesShape", "after_days"): ("The days of silence on which a reminder comes, as they rise.", [1, 3, 10]),
    ("NudgesShape", "then_every_days"): ("How many days lie between all that come after those.", 30),
    ("NudgesShape", "most"): ("How many come in a row without an answer: 2 to 6.", 3),
    ("NudgesShape", "texts"): (
        "Two texts or more, said in turn, with {course}, {lesson}, {total} and {title}. How to answer is added.",
        [{"key": "a", "ms": "{course}: {title} menunggu.", "en": "{course}: {title} is waiting."}],
    ),
    ("NudgeShape", "key"): ("A short name that never changes: experiments name a text by it.", "rain"),
    ("CourseShape", "complete"): ("When the course is complete. Left out: when every lesson is passed.", None),
    ("CompleteShape", "lessons"): ("The lessons that must be passed. Left out: all of them.", ["tanah", "air"]),
    ("CompleteShape", "pass_mark"): ("Per cent of the questions known at once, or when they came again later.", 70),
    ("CompleteShape", "final"): (
        "The last lesson, where it assesses the whole: the pass mark is then its own.",
        "ujian",
    ),
    ("CompleteShape", "witnessed"): ("Lessons whose task a witness must have seen.", ["tanah"]),
    ("CompleteShape", "minutes"): ("How long after she enrolled it can be complete at the earliest.", 60),
    ("CompleteShape", "days"): ("The same in days.", 3),
    ("CompleteShape", "identity"): ("0: her phone. 1: a coordinator knows her. 2: her MyKad was seen.", 1),
    ("CompleteShape", "valid_months"): ("How long a certificate holds. Left out: for good.", 24),
    ("LessonShape", "ideas"): (
        f"One or two passages, sent before the question: at most {_most('idea')} characters each.",
        None,
    ),
    ("LessonShape", "question"): (
        "The only question of this lesson. Better are three or more, under `questions`.",
        None,
    ),
    ("LessonShape", "questions"): ("The bank: each learner gets others of it. Three or more.", None),
    ("LessonShape", "pass_mark"): ("How many right answers pass the lesson.", 1),
    ("LessonShape", "minutes"): ("What this lesson takes. Left out: its share of the course's minutes.", 8),
    ("LessonShape", "day"): ("On which day after the date the course `follows` this lesson is due.", 14),
    ("LessonShape", "task"): ("Something to do, confirmed by a witness with a code, after the questions.", None),
    ("LessonShape", "picture"): ("Goes with the first idea on WhatsApp only. The lesson must stand without it.", None),
    ("PictureShape", "file"): ("PNG or JPEG in the folder `media`, at most 300 kB.", "daun-berlubang.png"),
    ("PictureShape", "ms"): ("What the picture shows, for whoever cannot see it: Bahasa Malaysia.", None),
    ("PictureShape", "en"): ("What the picture shows, for whoever cannot see it: English.", None),
    ("LessonShape", "sources"): (
        "Where the facts come from. Learners do not see it.",
        ["Jabatan Pertanian Sabah, 2024"],
    ),
    ("", "ask"): ("The question, or what is to be done.", None),
    ("", "because"): (f"Why it is so: at most {_most('because')} characters. A kind word first.", None),
    ("", "hint"): (f"Points the way without giving the answer: at most {_most('hint')} characters.", None),
    ("QuestionShape", "because"): ("Why the right answer is right; said after it and after the last try.", None),
    ("OptionShape", "because"): ("What to tell her who chose this: first her reason, then what it overlooks.", None),
    ("MistakenShape", "because"): ("What to tell her who wrote this.", None),
    ("QuestionShape", "kind"): ("How it is answered. Left out: choice, one right option.", None),
    ("QuestionShape", "options"): ("Two to five. An order's options stand here in the order that is right.", None),
    ("QuestionShape", "keep_order"): ("true: the options are never shuffled, as with amounts that rise.", True),
    ("QuestionShape", "answer"): ("truth: true or false. number: the number.", 12.5),
    ("QuestionShape", "tolerance"): ("number: how far off still counts.", 0.5),
    ("QuestionShape", "unit"): ("number: what it is counted in, or RM.", {"ms": "kg", "en": "kg"}),
    ("QuestionShape", "accept"): (
        "text: every way to write the right answer, by language.",
        {"ms": ["air"], "en": ["water"]},
    ),
    ("QuestionShape", "wrong"): ("text: wrong words that learners will write, and what to tell them.", None),
    ("QuestionShape", "level"): ("Only for learners of this level. Left out: for everybody.", None),
    ("OptionShape", "key"): ("A short name that never changes: answers are kept under it.", "boil"),
    ("OptionShape", "right"): ("true under a right option; left out under the others.", True),
    ("OptionShape", "also"): ("Other ways to write this answer.", {"ms": ["masak"], "en": ["cook"]}),
    ("", "ms"): ("Bahasa Malaysia.", None),
    ("", "en"): ("English.", None),
    ("", "dtp"): ("Dusun. It may be left out; she then reads Malay.", None),
    ("", "ussd"): ("Other words for the small screen of *...#.", None),
    ("", "whatsapp"): ("Other words for WhatsApp.", None),
}

# What each kind needs besides `id`, `ask` and `because`, and what has no meaning in it.
NEEDS: Final = {
    "choice": ("options",),
    "truth": ("answer",),
    "several": ("options",),
    "order": ("options",),
    "number": ("answer",),
    "text": ("accept",),
    "open": (),
}
MAY: Final = {
    "choice": ("keep_order",),
    "several": ("keep_order",),
    "number": ("tolerance", "unit"),
    "text": ("wrong",),
}
_BY_KIND: Final = ("options", "keep_order", "answer", "tolerance", "unit", "accept", "wrong")
_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "truth": {"answer": {"type": "boolean"}},
    "number": {"answer": {"type": "number"}},
    "choice": {"options": {"minItems": 2, "maxItems": 5, "contains": {"required": ["right"]}}},
    "several": {"options": {"minItems": 3, "maxItems": 5, "contains": {"required": ["right"]}}},
    "order": {"options": {"minItems": 3, "maxItems": 5, "items": {"properties": {"right": False}}}},
    "text": {"accept": {"required": ["ms", "en"]}},
}


def is_name(text: str) -> bool:
    """Whether a text can be the id of a course."""
    return re.search(CourseShape.model_json_schema()["properties"]["id"]["pattern"], text) is not None


def written() -> str:
    """The schema as it stands in a file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The schema of a course file, as JSON Schema of draft 7."""
    made = CourseShape.model_json_schema()
    for name, shape in {"CourseShape": made, **made["$defs"]}.items():
        for field, about in shape["properties"].items():
            shape["properties"][field] = _described(name, field, about)
    made["allOf"] = [_unless("follows", {"lessons": {"items": {"properties": {"day": False}}}})]
    made["$defs"]["QuestionShape"]["allOf"] = [_of_kind(kind) for kind in NEEDS]
    made["$defs"]["LessonShape"]["allOf"] = [{"if": _without("question"), "then": {"required": ["questions"]}}]
    return {"$schema": DRAFT, **made, "title": "Titian course"}


def _described(shape: str, field: str, about: dict[str, Any]) -> dict[str, Any]:
    """A field with its words. What may be left out is left out, never written as null."""
    choices = [each for each in about.pop("anyOf", ()) if each != {"type": "null"}]
    about.pop("title", None)
    if about.get("default", "") is None:
        del about["default"]
    if "$ref" in about:  # an editor of draft 7 reads nothing beside a $ref
        choices = [{"$ref": about.pop("$ref")}]
    words, example = SAYS.get((shape, field)) or SAYS["", field]
    shown = about | {"description": words} | ({"examples": [example]} if example is not None else {})
    if len(choices) == 1:
        return shown | ({"allOf": choices} if "$ref" in choices[0] else choices[0])
    return shown | ({"anyOf": choices} if choices else {})


def _of_kind(kind: str) -> dict[str, Any]:
    """What a question of this kind must have, and may not."""
    named: dict[str, Any] = {"properties": {"kind": {"const": kind}}}
    if kind != "choice":  # which it is where nothing is said
        named["required"] = ["kind"]
    means = {*NEEDS[kind], *MAY.get(kind, ())}
    strange = {field: False for field in _BY_KIND if field not in means}
    return {"if": named, "then": {"required": list(NEEDS[kind]), "properties": _ANSWERS.get(kind, {}) | strange}}


def _without(field: str) -> dict[str, Any]:
    return {"not": {"required": [field]}}


def _unless(field: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"if": _without(field), "then": {"properties": properties}}
