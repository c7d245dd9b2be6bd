"""What a made-up learner types: she knows where she is, and picks the right answer or another one from the course itself."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from bot.cli.village.assumptions import Assumed
from bot.cli.village.people import Villager
from flows.course import Course, Question
from flows.lessons import review
from flows.lessons.standing import where
from flows.session import Library, Session
from flows.surveys import asked as surveys_asked

LETTERS: Final = "ABCDE"
KEYS: Final = "12345"
HELLO: Final = {"ms": ("hai", "salam", "MULA"), "en": ("hello", "START")}
ONWARD: Final = {"ms": "SAMBUNG", "en": "CONTINUE"}
STOP: Final = {"ms": ("BERHENTI", "STOP", "batal"), "en": ("STOP", "stop")}
SKIP: Final = {"ms": "LANGKAU", "en": "SKIP"}
UNCLEAR: Final = {
    "ms": ("apa ni", "sy x faham la", "nanti sy tanya anak sy", "ok..."),
    "en": ("what is this", "ok...", "?"),
}
OPEN: Final = {"ms": "saya akan cuba esok", "en": "I will try it tomorrow"}
MEANT: Final = frozenset({"lesson.meant", "review.meant", "placement.meant", "survey.meant"})
RESTS: Final = frozenset({"lesson.done", "onboarding.declined", "optout.stopped", "survey.rest", "task.do"})


def digits(place: int) -> str:
    """The four digits of whoever has this place on a shared phone."""
    return str(4070 + place)


def next_words(her: Villager, session: Session, library: Library, assumed: Assumed, today: date) -> str:
    """What she sends next; "" where nothing waits for her, or she leaves it at that."""
    state = session.state
    course = library.held(session)
    match state.partition("."):
        case ("", _, _):
            return her.chance.choice(HELLO[her.locale])
        case ("onboarding", _, "hello"):
            return "1" if her.locale == "ms" else "2"
        case ("onboarding", _, "consent"):
            return "1" if her.chance.random() < assumed.agrees else "2"
        case ("menu", _, "courses"):
            return str(1 + _place(her.course, list(library.courses)))
        case ("people", _, at):
            return _among_people(her, session, at)
        case ("field", _, "ask"):
            return (today + timedelta(days=her.chance.randrange(2, 30))).strftime("%d/%m")
        case ("lesson", _, "offer"):
            return "1"
        case ("survey", _, "question"):
            return _about_herself(her, session, library, assumed)
    if state in RESTS:
        return ""
    if state in MEANT:
        return "1"
    question = _question(session, library, course)
    return "1" if question is None else _answer(her, session, question, assumed)


def is_question(session: Session) -> bool:
    """Whether a question of a lesson, a review or a placement waits for her."""
    return session.state.partition(".")[0] in ("lesson", "review", "placement") and session.state not in RESTS


def told(question: Question, seed: int, *, right: bool, keys: bool, chance: Random, locale: str = "ms") -> str:
    """An answer as she writes it who knows, or who does not; in figures only, with `keys`, where she is in a call."""
    if question.kind == "open":
        return "1" if keys else OPEN[locale]
    if question.amount is not None:
        off = 0 if right else 7
        return f"{float(question.amount.right + off):g}"
    if question.kind == "text":
        wrong = [option for option in question.options if not option.right]
        picked = question.options[0] if right or not wrong else chance.choice(wrong)
        return picked.says.within(locale)
    shown, marks = question.shown(seed), KEYS if keys else LETTERS
    if question.kind == "order":
        places = [shown.index(option) + 1 for option in question.options]
        return " ".join(map(str, places if right else reversed(places)))
    fits = [marks[place] for place, option in enumerate(shown) if option.right is right]
    if question.kind == "several":
        return " ".join(fits or marks[: len(shown)])
    letter = chance.choice(fits or [marks[0]])
    return letter.lower() if chance.random() < 0.3 else letter


def _answer(her: Villager, session: Session, question: Question, assumed: Assumed) -> str:
    if session.misses == 0 and her.kind != "ussd" and her.chance.random() < assumed.unclear:
        return her.chance.choice(UNCLEAR[her.locale])
    again = session.state.startswith("lesson.") and session.attempt > 0
    likely = her.skill * (assumed.right_again / assumed.right if again and assumed.right else 1)
    likely *= {"easy": 1.1, "hard": 0.9}.get(question.level, 1)
    right = her.chance.random() < likely
    return told(question, session.seed, right=right, keys=her.kind == "ussd", chance=her.chance, locale=her.locale)


def _question(session: Session, library: Library, course: Course | None) -> Question | None:
    """The question that is put to her, of whatever kind; None where none is."""
    flow = session.state.partition(".")[0]
    if flow == "review":
        return review.asked(session, library)
    if flow == "placement" and course is not None and session.asked < len(course.placement):
        lesson, question = course.placement[session.asked]
        return course.by_id[lesson].question(question)
    at = where(session, library) if flow == "lesson" else None
    return at[2] if at else None


def _about_herself(her: Villager, session: Session, library: Library, assumed: Assumed) -> str:
    here = surveys_asked.at(session, library)
    if here is None or here[2] is None or her.chance.random() >= assumed.tells_about_herself:
        return SKIP[her.locale] if her.kind != "ussd" else "1"
    asked = here[2].question
    marks = KEYS if her.kind == "ussd" else LETTERS
    return marks[her.chance.randrange(len(asked.options))] if asked.options else OPEN[her.locale]


def _among_people(her: Villager, session: Session, at: str) -> str:
    """How the phone goes from one to another: the digits of who leaves it, and of who takes it."""
    match at:
        case "choose":
            return str(her.on_phone)
        case "guard":
            return digits(session.person or 1)
        case "pin":
            return digits(her.on_phone)
    return "1"


def _place(course: str, offered: Sequence[str]) -> int:
    return offered.index(course) if course in offered else 0
