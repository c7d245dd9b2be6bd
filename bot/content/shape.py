"""What a course file must look like: the fields, which of them may be left out, and how a mistake is put into words."""

import difflib
import types
import typing
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.content.source import Path, Source

M = TypeVar("M", bound="Shape")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]


class Shape(BaseModel):
    """Nothing but the fields named here, and each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Words(Shape):
    """Words in every language of a course; a third language may be there in part."""

    ms: str
    en: str
    dtp: str | None = None


class Passage(Words):
    """One passage, and what one kind of channel says instead where it needs other words."""

    ussd: Words | None = None
    whatsapp: Words | None = None


class SpokenShape(Shape):
    """Ways to say an answer, by language; every one of them is understood whatever language she reads."""

    ms: list[str] = []
    en: list[str] = []
    dtp: list[str] = []


class OptionShape(Passage):
    """One answer to choose from."""

    key: Name
    right: bool = False
    because: Passage | None = None
    also: SpokenShape | None = None


class MistakenShape(SpokenShape):
    """A wrong word that learners write, and what to tell them."""

    because: Passage | None = None


class QuestionShape(Shape):
    """One question, its answers and what is said after them. Which fields it has depends on its `kind`."""

    id: Name
    kind: Literal["choice", "truth", "several", "order", "number", "text", "open"] = "choice"
    ask: Passage
    options: list[OptionShape] = []
    keep_order: bool = False
    answer: bool | int | float | None = None
    tolerance: Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)] = 0
    unit: Words | None = None
    accept: SpokenShape | None = None
    wrong: list[MistakenShape] = []
    because: Passage
    hint: Passage | None = None
    level: Literal["easy", "hard"] | None = None


class TaskShape(Shape):
    """Something to do, confirmed by a witness."""

    id: Name
    ask: Passage
    because: Passage
    hint: Passage | None = None


class PictureShape(Words):
    """A file in the folder `media`, and words that say what it shows where it cannot be seen."""

    file: str


class LessonShape(Shape):
    """One lesson: the ideas, and the questions about them."""

    id: Name
    title: Passage
    ideas: Annotated[list[Passage], Field(min_length=1)]
    question: QuestionShape | None = None
    questions: list[QuestionShape] = []
    pass_mark: Annotated[int, Field(gt=0)] = 1
    minutes: Annotated[int, Field(gt=0)] | None = None
    day: int | None = None
    task: TaskShape | None = None
    picture: PictureShape | None = None
    sources: list[str] = []

    @property
    def bank(self) -> list[QuestionShape]:
        """Its questions, whether it has one or several."""
        return [*([self.question] if self.question else []), *self.questions]


class NudgeShape(Words):
    """One text of a nudge, and its name. It goes by SMS and by WhatsApp alike."""

    key: Name


class NudgesShape(Shape):
    """When the course speaks to a learner who has gone quiet, and in which words."""

    after_days: Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)] = [1, 3, 10]
    then_every_days: Annotated[int, Field(gt=0)] = 30
    most: Annotated[int, Field(gt=0)] = 3
    texts: list[NudgeShape] = []


class CompleteShape(Shape):
    """When a course is complete; without it, when every lesson is passed."""

    lessons: list[str] = []
    pass_mark: Annotated[int, Field(gt=0, le=100)] | None = None
    final: str | None = None
    witnessed: list[str] = []
    minutes: Annotated[int, Field(gt=0)] | None = None
    days: Annotated[int, Field(gt=0, le=366)] | None = None
    identity: Annotated[int, Field(ge=0, le=2)] = 0
    valid_months: Annotated[int, Field(gt=0, le=120)] | None = None


class CourseShape(Shape):
    """One course file."""

    id: Name
    title: Passage
    about: Passage
    minutes: Annotated[int, Field(gt=0)]
    follows: Passage | None = None
    placement: list[str] = []
    nudges: NudgesShape | None = None
    complete: CompleteShape | None = None
    lessons: Annotated[list[LessonShape], Field(min_length=1)]


LANGUAGES: Final = {"ms": "Malay", "en": "English"}

_SAYS: Final = {
    "string_pattern_mismatch": 'Write a short name here: small letters, digits and "-", a letter first, at most 20.',
    "bool_type": "Write true or false here, without quotes. (Leave the line out for a wrong answer.)",
    "int_type": "Write a whole number here, without quotes.",
    "greater_than": "Write a number above 0 here.",
    "answer": "Write the number that is right here, without quotes; for a statement, true or false.",
    "tolerance": "Write how far off still counts here, without quotes: 0 or a number above it.",
    "list_type": 'Write a list here: each part on a line of its own that begins with "- ".',
    "too_short": "This list is empty: write at least one.",
}


def shaped(source: Source) -> CourseShape | None:
    """The course in the file, or None with everything that is missing, misspelt or of the wrong kind reported."""
    return shaped_as(CourseShape, source)


def shaped_as(model: type[M], source: Source) -> M | None:
    """What the file holds as `model` says it looks, or None with everything reported."""
    if not isinstance(source.data, dict):
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_context=False)
    told: set[Path] = set(source.unread)
    for error in errors:
        if error["loc"][-2:-1] in (("answer",), ("tolerance",)):  # to pydantic, each type that is allowed is an error
            error["loc"], error["type"] = error["loc"][:-1], str(error["loc"][-2])
    for error in errors:
        if error["type"] == "extra_forbidden":
            told.add(_report_unknown(source, error["loc"], model))
    for error in errors:
        if error["type"] != "extra_forbidden" and error["loc"] not in told:
            told.add(error["loc"])
            source.report(error["loc"], *_told(error, error["loc"], source, model))
    return None


def _report_unknown(source: Source, path: Path, whole: type[Shape]) -> Path:
    """Report a key that means nothing here; return the path of the missing field it was meant to be, if one is near."""
    key, around = str(path[-1]), path[:-1]
    fields = list(_model_at(around, whole).model_fields)
    absent = [name for name in fields if source.at(*around, name) is None]
    near = difflib.get_close_matches(key, absent, 1) or difflib.get_close_matches(key, fields, 1)
    meant = f"Did you mean `{near[0]}`?" if near else f"What may stand here: {', '.join(fields)}."
    source.report(path, "unknown", f"`{key}` means nothing here. {meant}")
    return (*around, near[0]) if near and near[0] in absent else path


def _model_at(path: Path, whole: type[Shape]) -> type[Shape]:
    """The shape of what stands at a path: follow the fields, through lists and what may be left out."""
    model = whole
    for step in path:
        if isinstance(step, str):
            model = _model_in(model.model_fields[step].annotation) or model
    return model


def _model_in(annotation: Any) -> type[Shape] | None:
    if typing.get_origin(annotation) in (list, types.UnionType, typing.Union):
        return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Shape) else None


def _told(error: Any, path: Path, source: Source, whole: type[Shape]) -> tuple[str, str]:
    """The rule and the words for one of pydantic's errors."""
    kind, given, said = error["type"], error["input"], error["msg"]
    name = str(path[-1]) if path else "course"
    if kind == "missing":
        if name in LANGUAGES:
            return "language", f"The {LANGUAGES[name]} text is missing: write `{name}: …` beside the other language."
        return "missing", f"`{name}` is missing: write `{name}: …` here."
    if given is None:
        after = f"`{name}:`" if path and isinstance(path[-1], str) else 'the dash "-"'
        return "empty", f"Nothing stands after {after}: write it, or remove the line."
    if kind == "string_type":
        if isinstance(given, dict | list):
            return "type", "Write one text here, in double quotes."
        return "type", f'YAML does not read this as words: put quotes round it, "{source.written.get(path, given)}".'
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return (
            "type",
            f"Write these under it, each on a line of its own: {', '.join(_model_at(path, whole).model_fields)}.",
        )
    return ("name" if kind == "string_pattern_mismatch" else "type"), _SAYS.get(kind, f"{said}.")
