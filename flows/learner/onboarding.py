"""The first minutes: a greeting in both languages, the language, consent, and straight into the first lesson."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import Choice, Describe, Menu, Route, State, Tell
from flows.text import T, alike, invite
from flows.types import Enrol, GiveConsent, SetLocale

GREETING: Final = alike(
    "Selamat datang! Kursus percuma melalui mesej. Welcome! Free courses by text. STOP = henti/end."
)
NOTICE: Final = invite(T("To teach you we keep your number, answers and progress. PRIVACY = the notice. Do you agree?"))


def hello(session: Session, library: Library) -> State:
    """Greet her in both languages and let her choose one."""
    return Menu(
        body=(GREETING,),
        choices=(
            Choice(
                alike("Bahasa Malaysia"),
                "onboarding.consent",
                means=frozenset({"language_ms"}),
                does=(SetLocale("ms"),),
            ),
            Choice(alike("English"), "onboarding.consent", means=frozenset({"language_en"}), does=(SetLocale("en"),)),
        ),
        back="onboarding.hello",
    )


def consent(session: Session, library: Library) -> State:
    """Ask for her consent, in the law's words, apart from everything else."""
    return Menu(
        body=(NOTICE,),
        choices=(
            Choice(T("AGREE"), "onboarding.agreed", means=frozenset({"consent_yes", "yes"})),
            Choice(T("DO NOT AGREE"), "onboarding.declined", means=frozenset({"consent_no", "no"})),
        ),
        back="onboarding.hello",
    )


def agreed(session: Session, library: Library) -> State:
    """Keep her consent, and go on to the course: at once where there is only one."""
    among = ("onboarding.first_course", "menu.courses")
    return Route(among[0] if len(library.courses) == 1 else among[1], among, (GiveConsent(),))


def reconsidered(session: Session, library: Library) -> State:
    """SETUJU outside the question: it counts for somebody who had read the notice and declined, and for nobody else."""
    among = ("onboarding.agreed", "menu.onward")
    return Route(among[0] if session.place == "onboarding.declined" and not session.consented else among[1], among)


def first_course(session: Session, library: Library) -> State:
    """Enrol her in the only course there is, and begin."""
    course = next(iter(library.courses.values()))
    return Route("lesson.next", does=(Enrol(course.id, course.version),))


def declined(session: Session, library: Library) -> State:
    """She does not agree: nothing more is asked, and the door stays open."""
    return Tell(
        (
            invite(
                T("All right. We will not write to you. If you change your mind, send AGREE."),
                T("All right. We will not write to you."),
            ),
        ),
        ends=True,
    )


STATES: Final[Mapping[str, Describe]] = {
    "hello": hello,
    "consent": consent,
    "agreed": agreed,
    "reconsidered": reconsidered,
    "first_course": first_course,
    "declined": declined,
}
