"""Survey files: what they must look like, what may be asked, and the survey made of each."""

import hashlib
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Annotated, Final, Literal

from pydantic import Field

from bot import blocked, gsm
from bot.content.problems import Problem
from bot.content.shape import LANGUAGES, Name, Passage, Shape, SpokenShape, Words, shaped_as
from bot.content.source import Path, Source, read_yaml
from flows.course import Amount, Option, Question
from flows.surveys.questionnaire import AGREED_FIRST, Item, Survey
from flows.text import Localized

SURVEYS: Final = "surveys"
READ_AS: Final = {"one": "choice", "several": "several", "number": "number", "open": "open"}
OF_OPTIONS: Final = frozenset({"one", "several"})
MOST_OPTIONS: Final = 5  # each has its letter, and a USSD screen holds no more
ONE_SMS: Final = 160
LONGEST_OPTION: Final = 30
YES_OR_NO: Final = len("\n1 Ya\n2 Tidak")  # stands under the consent of what is agreed to first

# What is never asked by SMS: networks block it (MY-SMS-007), and we promise not to.
_ASKS_WHO: Final = re.compile(
    r"\b(?:nama (?:penuh|anda|awak|kamu)|siapa nama|kad pengenalan|mykad|(?:no|nombor) (?:ic|kp|telefon|fon|hp|akaun|kad)"
    r"|alamat|e-?mel|e-?mail|kata laluan|your (?:full )?name|identity card|ic number|(?:phone|telephone|account) number"
    r"|address|password|tac|otp|pin)\b",
    re.IGNORECASE,
)


class SurveyOptionShape(Words):
    """One answer to choose from; `up_to` is the age up to which a number she writes counts as it."""

    key: Name
    also: SpokenShape | None = None
    up_to: Annotated[int, Field(gt=0)] | None = None


class SurveyQuestionShape(Shape):
    """One question of a survey. Which fields it has depends on its `kind`."""

    id: Name
    kind: Literal["one", "several", "number", "open"]
    ask: Passage
    options: list[SurveyOptionShape] = Field(default=[])
    unit: Words | None = None
    least: int = 1
    most: int = 1000
    profile: Literal["gender", "age", "education", "district", "work"] | None = None
    asks_again: bool = False
    hint: Passage | None = None


class SurveyShape(Shape):
    """One survey file."""

    id: Name
    kind: Literal["profile", "feedback", "poll", "survey"]
    title: Words
    consent: Annotated[list[Words], Field(min_length=1)]
    questions: Annotated[list[SurveyQuestionShape], Field(min_length=1)]


def read_surveys(directory: FilePath, tag: int) -> tuple[dict[str, Survey], list[Problem]]:
    """The surveys of a content directory by id, and what has to be put right; `tag` stands before every SMS."""
    surveys: dict[str, Survey] = {}
    problems: list[Problem] = []
    bands: dict[str, tuple[list[str], str]] = {}
    only: dict[str, str] = {}
    for path in sorted((directory / SURVEYS).glob("*.yaml")):
        source = read_yaml(path, str(path))
        shape = shaped_as(SurveyShape, source)
        if shape is not None:
            _check(source, shape, ONE_SMS - tag)
            _check_beside_others(source, shape, bands, only)
            if shape.id in surveys:
                source.report(("id",), "same", f'"{shape.id}" is the id of another survey too: give this one another.')
            surveys[shape.id] = compiled(shape)
        problems += source.problems
    return surveys, problems


def compiled(shape: SurveyShape) -> Survey:
    """The survey to ask from."""
    read = json.dumps(
        shape.model_dump(exclude_defaults=True), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return Survey(
        id=shape.id,
        version=hashlib.sha256(read.encode()).hexdigest()[:12],
        kind=shape.kind,
        title=_said(shape.title),
        consent=tuple(map(_said, shape.consent)),
        items=tuple(map(_item, shape.questions)),
    )


def _item(shape: SurveyQuestionShape) -> Item:
    options = tuple(
        Option(each.key, _said(each), also=(*each.also.ms, *each.also.en, *each.also.dtp) if each.also else ())
        for each in shape.options
    )
    question = Question(
        id=shape.id,
        asks=_said(shape.ask),
        options=options,
        because=_said(shape.ask),  # never said: there is nothing to explain
        hint=_said(shape.hint) if shape.hint else None,
        kind=READ_AS[shape.kind],
        amount=Amount(Fraction(0), unit=_said(shape.unit) if shape.unit else None) if shape.kind == "number" else None,
        keeps_order=True,
    )
    bands = tuple(sorted((each.up_to, each.key) for each in shape.options if each.up_to is not None))
    return Item(question, shape.profile or "", shape.asks_again, shape.least, shape.most, bands)


def _said(words: Words) -> Localized:
    said = [("ms", words.ms), ("en", words.en), ("dtp", words.dtp)]
    variants = (("ussd", words.ussd), ("whatsapp", words.whatsapp)) if isinstance(words, Passage) else ()
    return Localized(
        tuple((language, text) for language, text in said if text is not None),
        tuple((kind, _said(instead).words) for kind, instead in variants if instead),
    )


def _check(source: Source, shape: SurveyShape, room: int) -> None:
    """Report what is too long, not carried, not to be asked, or makes no question."""
    for at, words, most in _texts(shape, room):
        for language in LANGUAGES:
            _check_text(source, (*at, language), getattr(words, language), most)
    _check_same(source, ("questions",), [each.id for each in shape.questions])
    if shape.kind == "poll" and len(shape.questions) != 1:
        source.report(("questions",), "poll", "A poll is one question: make this a survey, or leave one question.")
    for place, asked in enumerate(shape.questions):
        path: Path = ("questions", place)
        _check_question(source, path, asked)
        if shape.kind == "profile" and asked.profile is None:
            source.report(
                path, "profile", "Say what this asks about her: profile: gender, age, education, district or work."
            )
        for language in LANGUAGES:
            _check_whole(source, (*path, "ask", language), asked, room)


def _texts(shape: SurveyShape, room: int) -> Iterator[tuple[Path, Words, int]]:
    """Every text, where it stands, and how long it may be."""
    yield ("title",), shape.title, LONGEST_OPTION
    last = len(shape.consent) - 1
    for place, words in enumerate(shape.consent):
        yield ("consent", place), words, room - (YES_OR_NO if shape.kind in AGREED_FIRST and place == last else 0)
    for place, asked in enumerate(shape.questions):
        here: Path = ("questions", place)
        yield (*here, "ask"), asked.ask, room
        if asked.hint:
            yield (*here, "hint"), asked.hint, room
        for option, words in enumerate(asked.options):
            yield (*here, "options", option), words, LONGEST_OPTION


def _check_text(source: Source, path: Path, text: str, most: int) -> None:
    if not text.strip():
        return source.report(path, "empty", "There is nothing between the quotes: write the text.")
    for offender in gsm.offenders(text):
        instead = f"write {offender.instead} instead" if offender.instead else "write it in other words"
        source.report(path, "character", f"{offender.character} ({offender.name}) makes an SMS cost more: {instead}.")
    for rule, told in blocked.reasons(text):
        source.report(path, rule, told)
    length = gsm.septets(gsm.fold(text)) if not gsm.offenders(gsm.fold(text)) else len(text)
    if length > most:
        source.report(path, "length", f"{length - most} too many: it has {length} characters, and {most} fit.")
    return None


def _check_question(source: Source, path: Path, asked: SurveyQuestionShape) -> None:
    if asked.kind in OF_OPTIONS and not 2 <= len(asked.options) <= MOST_OPTIONS:
        says = f"A question of this kind has 2 to {MOST_OPTIONS} options; this one has {len(asked.options)}."
        source.report((*path, "options"), "options", says)
    if asked.kind not in OF_OPTIONS and asked.options:
        source.report((*path, "options"), "options", f"A question of the kind {asked.kind} has no options.")
    if asked.kind == "number" and not 1 <= asked.least < asked.most:
        source.report((*path, "least"), "number", "`least` is 1 or more (0 is a key of the phone), and below `most`.")
    if asked.profile and asked.kind != "one":
        source.report((*path, "kind"), "profile", "What results are grouped by has one answer: kind: one.")
    _check_same(source, (*path, "options"), [each.key for each in asked.options])
    for language in LANGUAGES:
        who = _ASKS_WHO.search(getattr(asked.ask, language))
        if who:
            says = f'"{who[0]}": never ask for a name, a number or an address by message; networks block it.'
            source.report((*path, "ask", language), "personal", says)


def _check_whole(source: Source, path: Path, asked: SurveyQuestionShape, room: int) -> None:
    """The question and its options go out together, as one SMS; on USSD they take no more."""
    language = str(path[-1])
    lines = [getattr(asked.ask, language), *(f"A) {getattr(each, language)}" for each in asked.options)]
    whole = gsm.fold("\n".join(lines))
    over = (len(whole) if gsm.offenders(whole) else gsm.septets(whole)) - room
    if over > 0 and len(lines) > 1:
        source.report(path, "length", f"{over} too many: the question and its options must fit in one SMS together.")


def _check_beside_others(
    source: Source, shape: SurveyShape, bands: dict[str, tuple[list[str], str]], only: dict[str, str]
) -> None:
    """What is asked of her in two surveys has the same answers; there is one profile and one feedback."""
    if shape.kind in ("profile", "feedback") and only.setdefault(shape.kind, source.file) != source.file:
        source.report(("kind",), "same", f"{only[shape.kind]} is the {shape.kind} already: there can be one only.")
    for place, asked in enumerate(shape.questions):
        keys = [each.key for each in asked.options]
        first, file = bands.setdefault(asked.profile, (keys, source.file)) if asked.profile else (keys, "")
        if keys != first:
            says = f"{file} asks for her {asked.profile} with other keys ({', '.join(first)}): give both the same."
            source.report(("questions", place, "options"), "profile", says)


def _check_same(source: Source, path: Path, names: list[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            source.report((*path, place), "same", f'"{name}" stands here already: give this one another name.')
