"""What each kind of question needs and must not have, and ids that stand twice: the rules for a question by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from bot.content.reach import places
from bot.content.rules import Limits, check_length
from bot.content.shape import CourseShape, OptionShape, QuestionShape, SpokenShape
from bot.content.source import Path, Source
from flows.lessons.asking import LETTERS

# The fields that only some kinds have; every kind has id, kind, ask, because, hint and level.
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "choice": frozenset({"options", "keep_order"}),
    "truth": frozenset({"answer"}),
    "several": frozenset({"options", "keep_order"}),
    "order": frozenset({"options"}),
    "number": frozenset({"answer", "tolerance", "unit"}),
    "text": frozenset({"accept", "wrong"}),
    "open": frozenset(),
}
COMMON: Final = frozenset({"id", "kind", "ask", "because", "hint", "level"})
FEWEST: Final[Mapping[str, int]] = {"choice": 2, "several": 3, "order": 3}
MOST_OPTIONS: Final = 5
KEYS: Final = (0, 98)  # what 0 and 98 (and 00) do on a keypad, they do in every question: back, menu, more
LANGUAGES: Final = ("ms", "en")

Asked = tuple[Path, QuestionShape]


def questions(source: Source, shape: CourseShape | None = None) -> list[Asked]:
    """Every question in the file that has the shape of one, with its place, whatever is wrong around it."""
    if shape is not None:
        banks = zip(shape.lessons, places(shape), strict=True)
        return [each for lesson, (_, stands) in banks for each in zip(stands, lesson.bank, strict=True)]
    found: list[Asked] = []
    for place, lesson in enumerate(_list(source.at("lessons"))):
        if isinstance(lesson, dict):
            listed = _list(lesson.get("questions"))
            bank: dict[Path, Any] = {
                ("lessons", place, "questions", each): question for each, question in enumerate(listed)
            }
            for path, question in {("lessons", place, "question"): lesson.get("question"), **bank}.items():
                if isinstance(question, dict):
                    try:
                        found.append((path, QuestionShape.model_validate(question)))
                    except ValidationError:  # `shaped` has told what is wrong
                        continue
    return found


def check_questions(source: Source, asked: Sequence[Asked], limits: Limits) -> None:
    """Report every question that is not one of its kind, and every id that stands twice."""
    lessons: list[Path] = [("lessons", place) for place in range(len(_list(source.at("lessons"))))]
    check_same(source, [((*path, "id"), source.at(*path, "id")) for path in lessons], "lesson")
    tasks = [((*path, "task", "id"), source.at(*path, "task", "id")) for path in lessons]
    check_same(source, [*(((*path, "id"), question.id) for path, question in asked), *tasks], "question")
    for path, question in asked:
        _check_fields(source, path, question)
        if question.options and question.kind in FEWEST:
            _check_options(source, path, question)
        _KINDS[question.kind](source, path, question)
        for language in LANGUAGES:
            _check_shown(source, path, (question, language), limits.of("question"))


def check_same(source: Source, named: Iterable[tuple[Path, Any]], what: str) -> None:
    """Report each name or text that stands a second time among these; what is no text is passed over."""
    first: dict[str, Path] = {}
    for path, words in named:
        if not isinstance(words, str) or not words.strip():
            continue
        plain = " ".join(words.casefold().split()).rstrip(".!?")
        if plain in first:
            told = "two options read the same" if what == "text" else f"there are two {what}s of this name"
            line = source.line(first[plain])
            source.report(path, "same", f'"{words}" stands in line {line} too, so {told}: change one of them.')
        else:
            first[plain] = path


def _check_fields(source: Source, path: Path, question: QuestionShape) -> None:
    """Name each field that does not belong to the kind of question, and what does."""
    own = FIELDS[question.kind]
    for name in sorted(question.model_fields_set - COMMON - own):
        has = f"it has {' and '.join(f'`{each}`' for each in sorted(own))}" if own else "it has none of its own"
        source.report(
            (*path, name),
            "field",
            f"`{name}` does not belong to kind {question.kind}: remove it ({has}), or change the kind.",
        )
    if question.kind == "order":
        for place, option in enumerate(question.options):
            if option.because is not None:
                source.report(
                    (*path, "options", place, "because"),
                    "field",
                    "A step of an order is not chosen by itself, so this is never said: put it in the question's `because`.",
                )


def _check_options(source: Source, path: Path, question: QuestionShape) -> None:
    fewest, many = FEWEST[question.kind], len(question.options)
    if not fewest <= many <= MOST_OPTIONS:
        name = "A question" if question.kind == "choice" else f"A question of kind {question.kind}"
        says = f"{name} has {fewest} to {MOST_OPTIONS} options; this one has {many}."
        source.report((*path, "options"), "options", says)
    places: list[tuple[Path, OptionShape]] = [
        ((*path, "options", place), option) for place, option in enumerate(question.options)
    ]
    check_same(source, [((*place, "key"), option.key) for place, option in places], "option")
    check_same(source, [((*place, "ms"), option.ms) for place, option in places], "text")
    check_same(source, [((*place, "en"), option.en) for place, option in places], "text")


def _check_shown(source: Source, path: Path, shown: tuple[QuestionShape, str], most: int) -> None:
    """The question and its options go out together, as one SMS; their order changes nothing about their length."""
    question, language = shown
    if not question.options or question.kind not in FEWEST:
        return
    ask = getattr(question.ask, language)
    lines = [
        f"{letter}) {getattr(option, language)}" for letter, option in zip(LETTERS, question.options, strict=False)
    ]
    if len(ask) <= most:  # else the question alone is reported already
        check_length(source, (*path, "ask", language), "\n".join([ask, *lines]), most)


def _choice(source: Source, path: Path, question: QuestionShape) -> None:
    if not _has_options(source, path, question):
        return
    right = _right(question.options)
    if not right:
        source.report((*path, "options"), "right", "No option is right: write `right: true` under the right one.")
    for place in right[1:]:
        source.report(
            (*path, "options", place, "right"),
            "right",
            "Another option is right already: keep `right: true` under one only, or write `kind: several`.",
        )


def _truth(source: Source, path: Path, question: QuestionShape) -> None:
    if not isinstance(question.answer, bool):
        place = (*path, "answer") if question.answer is not None else path
        source.report(place, "answer", "A statement needs `answer: true` or `answer: false`, without quotes.")


def _several(source: Source, path: Path, question: QuestionShape) -> None:
    if not _has_options(source, path, question):
        return
    right = len(_right(question.options))
    if not right:
        source.report((*path, "options"), "right", "No option is right: write `right: true` under each right one.")
    elif right == len(question.options):
        source.report(
            (*path, "options"),
            "right",
            "Every option is right, so there is nothing to choose: add a wrong one that is plausible.",
        )


def _order(source: Source, path: Path, question: QuestionShape) -> None:
    if not _has_options(source, path, question):
        return
    for place in _right(question.options):
        source.report(
            (*path, "options", place, "right"),
            "right",
            "In an order no option is marked right: write them in the right order, and remove this line.",
        )


def _number(source: Source, path: Path, question: QuestionShape) -> None:
    answer = question.answer
    if answer is None or isinstance(answer, bool):
        place = (*path, "answer") if answer is not None else path
        source.report(
            place, "answer", "A question of kind number needs `answer:` and the number that is right, without quotes."
        )
    elif answer in KEYS:
        source.report(
            (*path, "answer"),
            "key",
            f"{answer:g} is a key (0 goes back, 00 to the menu, 98 says more), so nobody could answer it: ask for another number.",
        )


def _text(source: Source, path: Path, question: QuestionShape) -> None:
    accept = question.accept or SpokenShape()
    for language, name in (("ms", "Malay"), ("en", "English")):
        if not getattr(accept, language):
            place = (*path, "accept") if question.accept else path
            source.report(
                place,
                "accept",
                f'Write at least one {name} way to say the answer: `accept:` and under it `{language}: ["..."]`.',
            )
    _check_spoken(source, (*path, "accept"), accept)
    for each, mistaken in enumerate(question.wrong):
        _check_spoken(source, (*path, "wrong", each), mistaken)
        if not (mistaken.ms or mistaken.en or mistaken.dtp):
            source.report((*path, "wrong", each), "empty", 'Write the wrong word that learners send: `ms: ["..."]`.')


def _check_spoken(source: Source, path: Path, spoken: SpokenShape) -> None:
    for language in (*LANGUAGES, "dtp"):
        for place, words in enumerate(getattr(spoken, language)):
            if not words.strip():
                source.report(
                    (*path, language, place),
                    "empty",
                    "There is nothing between the quotes: write a word, or remove it.",
                )


def _open(source: Source, path: Path, question: QuestionShape) -> None:
    """Anything may be said."""


def _has_options(source: Source, path: Path, question: QuestionShape) -> bool:
    if not question.options:
        source.report(
            path, "options", f"A question of kind {question.kind} needs `options:`, each with key, ms and en."
        )
    return bool(question.options)


def _right(options: Sequence[OptionShape]) -> list[int]:
    return [place for place, option in enumerate(options) if option.right]


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


_KINDS: Final[Mapping[str, Callable[[Source, Path, QuestionShape], None]]] = {
    "choice": _choice,
    "truth": _truth,
    "several": _several,
    "order": _order,
    "number": _number,
    "text": _text,
    "open": _open,
}
