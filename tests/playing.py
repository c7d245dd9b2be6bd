"""A learner who plays a course to its certificate: some answers wrong, a hint asked for, her place looked up."""

from typing import Final

from bot.cli.transcript import Scene
from flows.course import Question
from flows.session import Session
from tests.world import World

MOST: Final = 200  # messages that a course may take
LANGUAGES: Final = {"ms": "1", "en": "2"}
HANDS: Final = ("sms", "ussd", "whatsapp")


def reply(asked: Question, seed: int, *, right: bool, keys: bool = False) -> str:
    """What she writes who knows the answer, or who does not; in `keys` only, where she is in a call."""
    if asked.kind == "open":
        return "1" if keys else "saya akan cuba esok"
    if asked.amount is not None:
        return f"{float(asked.amount.right + (0 if right else 7)):g}"
    if asked.kind == "text":
        wrong = next((option for option in asked.options if not option.right), None)
        return (asked.options[0] if right or wrong is None else wrong).says.within("ms")
    shown = asked.shown(seed)
    if asked.kind == "order":
        places = [shown.index(option) + 1 for option in asked.options]
        return " ".join(map(str, places if right else reversed(places)))
    marks = "12345" if keys else "ABCDE"
    chosen = [marks[place] for place, option in enumerate(shown) if option.right is right]
    return " ".join(chosen) if asked.kind == "several" else chosen[0]


class Player:
    """Plays one course by one kind of channel, or "mixed": the next lesson always by another, in one thread."""

    def __init__(self, world: World, course: str, locale: str, kind: str):
        self.world, self.course, self.locale, self.kind = world, course, locale, kind
        self.scene = Scene(world.rehearsal)
        self._hinted = self._looked = False
        self._lesson = ""

    def play(self) -> str:
        """The whole transcript, from the first word to the end of the course."""
        self._turn(0)
        self._begins()
        for _ in range(MOST):
            session = self.world.session()
            if session.state == "lesson.done":
                return "\n".join(self.scene.lines) + "\n"
            self._types(self._next(session))
        raise AssertionError(f"{self.course} was not done in {MOST} messages: {session.state}")

    def _begins(self) -> None:
        self._types("" if self.scene.kind == "ussd" else "hai")
        self._types(LANGUAGES[self.locale])
        self._types("1")
        place = list(self.world.bot.library().courses).index(self.course) + 1
        if len(self.world.bot.library().courses) > 1:
            self._types(str(place))

    def _next(self, session: Session) -> str:
        match session.state.partition("."):
            case ("lesson", _, "question" | "again" | "meant"):
                return self._answers(session)
            case ("survey", _, _):
                return "langkau"
            case ("lesson", _, "offer") if not self._looked and self.scene.kind != "ussd":
                self._looked = True
                return "status"
            case _:
                return "1"

    def _answers(self, session: Session) -> str:
        course = self.world.bot.library().courses[self.course]
        lesson = course.by_id[session.lesson]
        asked = lesson.question(session.question)
        assert asked is not None
        place = course.place_of(lesson)
        if self.kind == "mixed" and lesson.id != self._lesson:
            self._lesson = lesson.id
            self._turn(place)
            if self.scene.kind == "ussd":
                return ""
        if place == 2 and not self._hinted and self.scene.kind != "ussd":
            self._hinted = True
            return "petunjuk" if self.locale == "ms" else "hint"
        right = not (session.attempt == 0 and session.asked == 1 and place % 3 == 0)
        return reply(asked, session.seed, right=right, keys=self.scene.kind == "ussd")

    def _turn(self, place: int) -> None:
        kind = HANDS[place % len(HANDS)] if self.kind == "mixed" else self.kind
        if kind != self.scene.kind:
            self.scene.turn_to(kind)

    def _types(self, words: str) -> None:
        if self.scene.kind == "ussd" and words and not self.scene.phone.call:
            self.scene.types("")
        self.scene.types(words)
