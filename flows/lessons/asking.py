"""How a question is put, and how its answers are spelt: the same in a lesson, a review, a placement and a quiz."""

from collections.abc import Callable
from typing import Final

from flows.course import ONE_OF, Course, Option, Question
from flows.reading.answers import Reading, read
from flows.reading.keywords import Heard
from flows.session import Session
from flows.states import Ask
from flows.text import Localized, T, Words, invite
from flows.types import KeepReply

LETTERS: Final = "ABCDE"


def reads(question: Question, shown: tuple[Option, ...]) -> Callable[[Heard, str], Reading]:
    """The reader of answers to a question as it is shown to her."""
    return lambda heard, text: read(question, shown, heard, text)


def asking(
    question: Question,
    session: Session,
    before: tuple[Words, ...],
    *,
    then: str,
    unsure: str = "",
    unread: KeepReply | None = None,
    back: str = "menu.home",
) -> Ask:
    """The state that puts a question, after the words `before` it."""
    shown = question.shown(session.seed)
    return Ask(
        body=(*before, question.asks),
        reads=reads(question, shown),
        next=then,
        unsure=unsure,
        shown=tuple([option.says for option in shown]),
        hint=question.hint,
        unread=unread,
        back=back,
        one_of=question.kind in ONE_OF,
    )


def asked_back(question: Question, session: Session, *, then: str, unsure: str, back: str) -> Ask:
    """Her answer was not sure: "Do you mean B?" She says yes or no (which leaves `answer` empty), or answers anew."""
    afresh = reads(question, question.shown(session.seed))

    def understood(heard: Heard, text: str) -> Reading:
        if heard.plain == "1" or heard.intent == "yes":
            return Reading(session.meant, sure=True)
        if heard.plain == "2" or heard.intent == "no":
            return Reading("", sure=True)
        return afresh(heard, text)

    return Ask(
        body=(invite(T("Do you mean {answer}?", answer=spelt(question, session.meant, session.seed))),),
        reads=understood,
        next=then,
        unsure=unsure,
        shown=(T("Yes"), T("No")),
        lettered=False,
        back=back,
    )


def unread(course: Course, session: Session) -> KeepReply:
    """What is kept of a reply to her lesson's question that nobody could read."""
    return KeepReply(course.id, course.version, session.lesson, session.question, "unread", "")


def spelt(question: Question, answer: str, seed: int) -> Words | str:
    """An answer in recorded form as she would write it: "B", "1 3", "12.5 kg", or the words themselves."""
    if question.kind in ("truth", "text"):
        option = question.option(answer)
        return option.says if option else answer
    if question.amount is not None:
        return _with_unit(answer, question.amount.unit)
    keys = [option.key for option in question.shown(seed)]
    chosen = [keys.index(key) for key in _keys(question, answer) if key in keys]
    return " ".join(LETTERS[place] for place in (chosen if question.kind == "order" else sorted(chosen)))


def told(question: Question) -> Words | str:
    """The right answer in full, for one who has tried in vain."""
    if question.amount is not None:
        return _with_unit(f"{float(question.amount.right):g}", question.amount.unit)
    right = question.options if question.kind == "order" else [each for each in question.options if each.right]
    joint = " > " if question.kind == "order" else "; "
    languages = [language for language, _ in right[0].says.words]
    return Localized(tuple((each, joint.join(option.says.within(each) for option in right)) for each in languages))


def why_not(question: Question, answer: str) -> tuple[Words, ...]:
    """What to tell her whose answer was wrong: the author's words about that very answer, or else the hint."""
    chosen = question.option(answer)
    words = (chosen.because if chosen else None) or question.hint
    return (words,) if words else ()


def _keys(question: Question, answer: str) -> list[str]:
    return answer.split(">" if question.kind == "order" else "+")


def _with_unit(number: str, unit: Localized | None) -> Words | str:
    """The number with what it is counted in: "RM65", "12.5 kg"."""
    if unit is None:
        return number
    return Localized(
        tuple((each, f"{words}{number}" if words == "RM" else f"{number} {words}") for each, words in unit.words)
    )
