"""Certificates by message: the one just earned, her own, what is missing for one, and anybody's code checked."""

from collections.abc import Mapping
from typing import Final

from flows.completion import DECLINED
from flows.learner import lacking
from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, Route, State, Tell
from flows.text import T, Text, Words, in_both, invite
from flows.types import (
    AnswerAsker,
    CertificateChecked,
    CertificateIssued,
    CertificateLacking,
    CertificatesCame,
    CertificatesFound,
    CheckCertificate,
    FindCertificates,
    PaperAsked,
    SendPaper,
)

YES: Final = frozenset({"yes", "consent_yes"})
_NONE_YET: Final = T("You have no certificate yet. It comes when you have passed every lesson of a course.")
NO: Final = frozenset({"no", "consent_no"})


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
    """Look up her own certificates; they follow, with one that is due by now."""
    passed = tuple(
        each.course
        for each in session.enrolments
        if (course := library.course(each.course)) and course.is_complete(each.passed)
    )
    return Route("about.aside", ("about.aside",), (FindCertificates(passed),))


def file(session: Session, library: Library) -> State:
    """Send her certificates as files, where what she writes from carries them; what becomes of it follows."""
    return Route("about.aside", ("about.aside",), (SendPaper(),))


def asked(session: Session, library: Library) -> State:
    """Somebody would like to see the name on a certificate of hers: hers to say."""
    question, _, asker = session.asker.partition(" ")
    return Menu(
        body=(invite(T("{asker} would like to see the name on your certificate. Show it for 7 days?", asker=asker)),),
        choices=(
            Choice(T("Yes, show it"), "certificate.shown", does=(AnswerAsker(question, agrees=True),), means=YES),
            Choice(T("No, hide it"), "certificate.hidden", does=(AnswerAsker(question, agrees=False),), means=NO),
        ),
        back=PLACE,
        aside=True,
    )


def shown(session: Session, library: Library) -> State:
    """She agreed."""
    return Tell((T("All right. They see your name for 7 days, and nothing else of you."),), "about.aside")


def hidden(session: Session, library: Library) -> State:
    """She did not."""
    return Tell((T("All right. Your name is not shown."),), "about.aside")


def told(
    event: CertificateIssued | CertificateLacking | CertificateChecked | CertificatesFound | PaperAsked,
    session: Session,
) -> tuple[Words, ...]:
    """What was found out for her about certificates."""
    match event:
        case CertificateIssued():
            return _earned(event)
        case CertificateLacking():
            return tuple(lacking.sentences(event.missing))
        case CertificateChecked():
            return _checked(event, session)
        case CertificatesFound():
            return _found(event)
        case PaperAsked():
            return (_paper(event),)


def _earned(event: CertificateIssued) -> tuple[Words, ...]:
    """The certificate she has just earned."""
    if event.programme is not None:
        return (
            T(
                'You have completed "{programme}" too. Its certificate: {code}',
                programme=event.programme,
                code=event.code,
            ),
        )
    return (
        invite(
            T(
                "Certificate code: {code}. Keep it, and show it to an employer. To check it: SEMAK {code}",
                code=event.code,
            ),
            T("Certificate code: {code}. Keep it, and show it to an employer.", code=event.code),
        ),
    )


def came(event: CertificatesCame, session: Session) -> tuple[Words, ...]:
    """What was issued or refused without an answer of hers; on a phone that several share, only that there is something."""
    if session.person:  # whoever has the phone reads it: no title, no code
        at_hers = T(
            "Person {person}: there is news of your certificate. Send PENGGUNA {person}.", person=session.person
        )
        on_paper = T("Person {person}: there is news of your certificate. Ask your coordinator.", person=session.person)
        return (invite(at_hers, on_paper),)
    said: list[Words] = [
        invite(
            T(
                'You have completed "{course}". Its certificate: {code}. To check it: SEMAK {code}',
                course=title,
                code=code,
            ),
            T('You have completed "{course}". Its certificate: {code}.', course=title, code=code),
        )
        for title, code in event.issued
    ]
    said += [
        T(
            "{course}: your certificate was corrected. The new code: {code}. The old one has ended.",
            course=title,
            code=code,
        )
        for title, code in event.corrected
    ]
    return (*said, *(lacking.sentence(title, DECLINED) for title in event.declined))


def _checked(event: CertificateChecked, session: Session) -> tuple[Words, ...]:
    """What a code turned out to be; in both languages for somebody whose language we do not know, an employer say."""
    verdict = _verdict(event)
    return (verdict,) if session.consented else in_both(verdict)


def _found(event: CertificatesFound) -> tuple[Words, ...]:
    """Her certificates, newest first, what is missing for one that waits, and what was revoked: she should not learn it at a counter."""
    lost = tuple(_lost(title, code) for title, code in event.revoked)
    more = (*lacking.sentences(event.missing), *lost)
    if not event.held:
        return more or (_NONE_YET,)
    files = (invite(T("To get it as a file to print, send SIJIL PDF.")),) if event.files else ()
    return (*(T("{course}: {code}", course=title, code=code) for title, code in event.held), *more, *files)


def _paper(event: PaperAsked) -> Text:
    """What becomes of the files that she asked for."""
    if not event.held:
        return _NONE_YET
    if not event.come:
        return T("A PDF can come by WhatsApp only. Your coordinator can print your certificate.")
    return T("Your certificate is coming as a PDF. It may take a minute.")


def _lost(title: Words, code: str) -> Text:
    """It was revoked, and who can say why: the reason itself is for a person to tell."""
    return invite(
        T("{course}: certificate {code} was revoked. To ask why, send COORDINATOR.", course=title, code=code),
        T("{course}: certificate {code} was revoked. Ask your coordinator why.", course=title, code=code),
    )


def _verdict(event: CertificateChecked) -> Text:
    match event.verdict:
        case "valid" if event.title is not None:
            return T("{code}: VALID. {course}, {day}.", code=event.code, course=event.title, day=event.day)
        case "revoked":
            return T("{code}: REVOKED. This certificate is no longer valid.", code=event.code)
        case "expired":
            return T("{code}: EXPIRED. This certificate was valid until {day}.", code=event.code, day=event.day)
        case "replaced":
            return T("{code}: REPLACED by a corrected certificate. Ask its holder for the new code.", code=event.code)
        case "later":
            return T("Too many codes that do not exist were checked. Please try again later.")
        case "mistyped":
            return invite(
                T("{code}: MISTYPED. Please look at the code and send SEMAK again.", code=event.code),
                T("{code}: MISTYPED.", code=event.code),
            )
        case _:
            return T("{code}: UNKNOWN. There is no certificate with this code.", code=event.code)


STATES: Final[Mapping[str, Describe]] = {
    "check": check,
    "how": how,
    "mine": mine,
    "file": file,
    "asked": asked,
    "shown": shown,
    "hidden": hidden,
}
