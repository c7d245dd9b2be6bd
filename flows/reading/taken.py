"""What a reply was taken for, as it is recorded and as it is asked back."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from flows.course import Option, Question
from flows.reading.keywords import Heard
from flows.reading.places import LETTERS, clashes
from flows.reading.wording import wordings

KEPT: Final = 80  # characters of her own words that are kept as an answer


class Reading(NamedTuple):
    """What a reply was taken for.

    An unsure reading holds an answer too: what is graded if she says yes to `says`, or else her own words.
    """

    answer: str = ""  # in recorded form (see `Question.right_answer`); "" where nothing could be read
    sure: bool = False  # only a sure reading is graded; an unsure one is asked back
    says: str = ""  # how to ask it back: "B", "1 3", "12.5"; "" = ask her to write it again, giving nothing away
    right: bool = False


NOTHING: Final = Reading()


def placed(question: Question, shown: tuple[Option, ...], place: int, heard: Heard, word: str = "") -> Reading:
    """The option at that place; unsure where it may as well be another option's own word, NOTHING where it is not shown."""
    known = wordings(question)
    key = shown[place - 1].key if place <= len(shown) else ""
    if clashes(word or heard.plain, place, shown, known) or known.exact.get(heard.plain, key) != key:
        return again(heard)
    if key and question.kind in ("choice", "truth"):  # the commonest answer there is
        return graded(question, key, LETTERS[place - 1].upper())
    return listed(question, shown, (key,)) if key else NOTHING


def listed(question: Question, shown: tuple[Option, ...], keys: Sequence[str], *, sure: bool = True) -> Reading:
    """A reading of options by their keys, recorded as the author ordered them and said as she sees them."""
    answer = "+".join(option.key for option in question.options if option.key in keys)
    if question.kind in ("several", "order"):
        return graded(question, answer, " ".join(sorted({figure_of(key, shown) for key in keys})), sure=sure)
    says = next((LETTERS[place].upper() for place, option in enumerate(shown) if option.key in keys), "")
    return graded(question, answer, says, sure=sure)


def graded(question: Question, answer: str, says: str, *, sure: bool = True) -> Reading:
    """A reading of an answer in recorded form."""
    return Reading(answer, sure, says, question.grades(answer))


def again(heard: Heard) -> Reading:
    """Something was said to this question, but which answer it is she has to write again."""
    return Reading(heard.plain[:KEPT])


def figure_of(key: str, shown: tuple[Option, ...]) -> str:
    """The number under which an option is shown."""
    return next((str(place) for place, option in enumerate(shown, start=1) if option.key == key), "")
