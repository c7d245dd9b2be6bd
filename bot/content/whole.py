"""What goes out together: every message of a course as it will be sent, in every language and on every channel.

The flows say it and `bot.render` lays it out, as they do for a learner; here it is only looked at. On SMS and USSD the order
in which a learner's options are shuffled changes no length and no page, since a question and its options stay on one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bot import gsm
from bot.content.bounds import MOST_SMS, Bounds, Rooms
from bot.content.rules import BUBBLE, Limits
from bot.content.situations import Moment, moments
from bot.content.source import Path, Source
from bot.i18n import Catalogues
from bot.render import ONE_SCREEN, ONE_SMS, Voice
from flows.course import Course
from flows.text import Localized, Words
from flows.types import Say

LONGEST_TAG: Final = 20  # "RM0.00 ELEVENCHARS: ": networks allow a brand of 11 characters
ONE_BUTTON, MOST_BUTTONS, ONE_ROW = (
    20,
    3,
    24,
)  # WhatsApp: characters on a reply button, buttons, characters in a list's row
LONGEST_LINE: Final = len("\nTekan 98")  # what a USSD screen ends with where another one follows
PHONE: Final = "+601110000000"
NAMES: Final = {"ms": "Malay", "en": "English", "dtp": "Dusun"}


def check_whole(source: Source, course: Course, paths: dict[tuple[str, str], Path], limits: Limits) -> None:
    """Report every message that would be cut inside a passage, lose an option, or take too many SMS.

    `paths` says where each lesson ("id", "") and each question ("lesson", "id") stands in the file.
    """
    look = Look(source, _voice(limits.tag), _voice(max(limits.tag, LONGEST_TAG)), _languages(course))
    for moment in list(moments(course)):  # a list, since what is known of passages is known by their identity
        look.at(moment, paths[moment.lesson, moment.question])
    _advise_on_buttons(source, course, paths)


@dataclass
class Look:
    """Looks at messages; each thing to put right is told once, where it stands."""

    source: Source
    voice: Voice
    widest: Voice  # with the longest brand there may be, for what we say around titles
    languages: tuple[str, ...]
    told: set[tuple[Path, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._bounds, self._within = Bounds(), {language: Bounds(language) for language in self.languages}
        self._rooms, self._our_rooms = _rooms(self.voice), _rooms(self.widest)

    def at(self, moment: Moment, place: Path) -> None:
        """Look at what is said at one moment, in every language, as SMS and on USSD's screen; its question stands at `place`."""
        say, rooms = moment.say, self._our_rooms if moment.is_ours else self._rooms
        if self._bounds.surely_fit(say, rooms):
            return
        path = (*place, *moment.part)
        for language in self.languages:
            if self._within[language].surely_fit(say, rooms):
                continue
            for kind in ("sms", "ussd"):
                self._look(moment, path, (language, kind))
            said = sum(self._length(words, language) for words in (*say.body, *say.choices))
            if said > BUBBLE and (path, "bubble") not in self.told:
                self.told.add((path, "bubble"))
                says = f"{moment.when}, {said} characters would go out by WhatsApp in {NAMES[language]}; {BUBBLE} fit with buttons."
                self.source.advise(path, "whatsapp", says)

    def _length(self, words: Words, language: str) -> int:
        """The longest that a passage is on any channel."""
        said = {self.voice.catalogues.say(words, language, kind) for kind in ("sms", "ussd")}
        return max(gsm.septets(gsm.fold(each)) for each in said)

    def _look(self, moment: Moment, path: Path, heard: tuple[str, str]) -> None:
        language, kind = heard
        voice = self.widest if moment.is_ours else self.voice
        rendered = voice.render(moment.say, language, kind, PHONE)
        pages = (*rendered.texts, *rendered.unread)
        if len(pages) == 1:
            return
        room = _rooms(voice).sms if kind == "sms" else _rooms(voice).screen
        place = f"one {'SMS' if kind == 'sms' else 'USSD screen'} in {NAMES[language]}"
        for passage in _said(moment.say, voice, heard):
            if not any(passage in page for page in pages):
                over = gsm.septets(passage) - room
                says = f'{moment.when}, "{_short(passage)}" does not fit {place}: make it {max(over, 1)} characters shorter.'
                self._report(path, "cut", says)
        options = _options(moment.say, voice, heard)
        if options and not any(all(f"{option}\n" in f"{page}\n" for option in options) for page in pages):
            self._report(
                path, "options", f"{moment.when}, the question and all its options do not fit {place}: shorten them."
            )
        if kind == "sms" and len(pages) > MOST_SMS:
            says = f"{moment.when}, {len(pages)} SMS would be sent in {NAMES[language]}; at most {MOST_SMS}: say less, or in two lessons."
            self._report(path, "segments", says)

    def _report(self, path: Path, rule: str, says: str) -> None:
        if (path, rule) not in self.told:
            self.told.add((path, rule))
            self.source.report(path, rule, says)


def _advise_on_buttons(source: Source, course: Course, paths: dict[tuple[str, str], Path]) -> None:
    """WhatsApp's buttons and lists are not used yet; an author who wants to be ready for them is told once a course."""
    long: list[Path] = []
    for lesson in course.lessons:
        for question in lesson.bank:
            most = ONE_BUTTON if len(question.options) <= MOST_BUTTONS else ONE_ROW
            if question.kind == "choice" and any(
                len(option.says.within(language, "whatsapp")) > most
                for option in question.options
                for language in NAMES
            ):
                long.append(paths[lesson.id, question.id])
    if long:
        lines = ", ".join(str(source.line(path)) for path in long[:5]) + (" …" if len(long) > 5 else "")
        source.advise(
            long[0],
            "whatsapp",
            f"{len(long)} questions (lines {lines}) have options too long for a WhatsApp button ({ONE_BUTTON} characters, up to "
            f"{MOST_BUTTONS} options) or a list ({ONE_ROW}): they go out as text, as all do now. Nothing needs doing.",
        )


def _said(say: Say, voice: Voice, heard: tuple[str, str]) -> Iterator[str]:
    for words in say.body:
        yield gsm.fold(voice.catalogues.say(words, *heard)).strip()


def _options(say: Say, voice: Voice, heard: tuple[str, str]) -> list[str]:
    """The lines of the options but for their letter or number."""
    return [gsm.fold(" " + " ".join(voice.catalogues.say(words, *heard).split())) for words in say.choices]


def _languages(course: Course) -> tuple[str, ...]:
    """Malay and English, and Dusun where any of the course is in it."""
    passages = (
        passage
        for lesson in course.lessons
        for passage in (lesson.title, *lesson.ideas, *(q.asks for q in lesson.bank))
    )
    return ("ms", "en", "dtp") if any(_speaks_dusun(passage) for passage in (course.title, *passages)) else ("ms", "en")


def _speaks_dusun(passage: Localized) -> bool:
    return any(language == "dtp" for language, _ in passage.words)


def _short(passage: str) -> str:
    return passage if len(passage) <= 40 else passage[:40].rsplit(" ", 1)[0] + " …"


def _rooms(voice: Voice) -> Rooms:
    return Rooms(ONE_SMS - len(voice.tag), ONE_SCREEN - LONGEST_LINE)


@lru_cache(maxsize=8)
def _voice(tag: int) -> Voice:
    brand = "X" * (tag - len("RM0.00 : "))
    return Voice(_catalogues(), f"RM0.00 {brand}: ")


@lru_cache(maxsize=1)
def _catalogues() -> Catalogues:
    return Catalogues()
