"""Short answers that may be asked for anywhere: help, the privacy notice, a thank-you. Then back to her place."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, State, Tell
from flows.text import T, alike, invite

NOTICE_VERSION: Final = "2026-12-01"

# The law wants the notice in Malay and in English (PDPA 2010, s.7), whatever language she reads.
NOTICE: Final = (
    alike(
        "NOTIS: Kami simpan nombor, bahasa, daerah, jawapan, kemajuan dan hal diri yang anda beritahu, untuk mengajar dan memberi sijil sahaja."
    ),
    alike("Anda boleh: DATA SAYA, BETULKAN, PADAM DATA, STOP. Notis penuh ada pada penyelaras."),
    alike(
        "NOTICE: We keep your number, language, district, answers, progress and what you tell us of yourself, to teach and certify you only."
    ),
    alike("You can send: MY DATA, CORRECTION, DELETE, STOP. Your coordinator has the full notice."),
)


def aside(session: Session, library: Library) -> State:
    """The end of every aside: 1 takes her back to where she was; so does going on as if nothing had been.

    Somebody who was nowhere yet, an employer with a certificate to check, is told what else there is.
    """
    onward = T("Go on") if session.place else alike("Kursus / Courses")
    # SAMBUNG, as a reminder asks for, leads to her lesson from everywhere; before she has any, to her place as well.
    means = {"yes", "next"} if session.consented else {"yes", "next", "resume", "start_lesson"}
    return Menu(
        body=(),
        choices=(Choice(onward, PLACE, means=frozenset(means)),),
        back=PLACE,
        aside=True,
    )


def info(session: Session, library: Library) -> State:
    """What can be sent at any time."""
    return Tell(
        (
            invite(
                T(
                    "Send MENU, CONTINUE, STATUS, CERTIFICATE, BM/EN, COORDINATOR (a person), PRIVACY or STOP. Receiving is free."
                )
            ),
        ),
        "about.aside",
    )


def privacy(session: Session, library: Library) -> State:
    """The privacy notice in short, in both languages."""
    return Tell(NOTICE, "about.aside")


def thanks(session: Session, library: Library) -> State:
    """A thank-you deserves one, and costs her nothing more."""
    return Tell((T("You are welcome."),), "about.aside")


STATES: Final[Mapping[str, Describe]] = {
    "aside": aside,
    "info": info,
    "privacy": privacy,
    "thanks": thanks,
}
