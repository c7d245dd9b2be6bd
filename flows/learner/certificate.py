"""Certificates by message: the one just earned, her own, and anybody's code checked."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import Describe, Route, State, Tell
from flows.text import T, Text, Words, in_both, invite
from flows.types import CertificateChecked, CertificateIssued, CertificatesFound, CheckCertificate, FindCertificates


def check(session: Session, library: Library) -> State:
    """Look up the code that came with SEMAK; a verdict follows. Without one, say how to ask."""
    among = ("certificate.how", "about.aside")
    if not session.answer:
        return Route(among[0], among)
    return Route(among[1], among, (CheckCertificate(session.answer),))


def how(session: Session, library: Library) -> State:
    """How to check a certificate."""
    words = invite(T("To check a certificate, send SEMAK and its code, like this: SEMAK ABCD-EFGH-JKMN"))
    return Tell((words,) if session.consented else in_both(words), "about.aside")


def mine(session: Session, library: Library) -> State:
    """Look up her own certificates; they follow."""
    return Route("about.aside", ("about.aside",), (FindCertificates(),))


def earned(event: CertificateIssued, session: Session, library: Library) -> tuple[Words, ...]:
    """The certificate she has just earned."""
    return (
        invite(
            T(
                "Certificate code: {code}. Keep it, and show it to an employer. To check it: SEMAK {code}",
                code=event.code,
            ),
            T("Certificate code: {code}. Keep it, and show it to an employer.", code=event.code),
        ),
    )


def checked(event: CertificateChecked, session: Session, library: Library) -> tuple[Words, ...]:
    """What a code turned out to be; in both languages for somebody whose language we do not know, an employer say."""
    verdict = _verdict(event)
    return (verdict,) if session.consented else in_both(verdict)


def found(event: CertificatesFound, session: Session, library: Library) -> tuple[Words, ...]:
    """Her certificates, newest first."""
    if not event.held:
        return (T("You have no certificate yet. It comes when you have passed every lesson of a course."),)
    return tuple(T("{course}: {code}", course=title, code=code) for title, code in event.held)


def _verdict(event: CertificateChecked) -> Text:
    match event.verdict:
        case "valid" if event.title is not None:
            return T("{code}: VALID. {course}, {day}.", code=event.code, course=event.title, day=event.day)
        case "revoked":
            return T("{code}: REVOKED. This certificate is no longer valid.", code=event.code)
        case "mistyped":
            return invite(
                T("{code}: MISTYPED. Please look at the code and send SEMAK again.", code=event.code),
                T("{code}: MISTYPED.", code=event.code),
            )
        case _:
            return T("{code}: UNKNOWN. There is no certificate with this code.", code=event.code)


STATES: Final[Mapping[str, Describe]] = {"check": check, "how": how, "mine": mine}
