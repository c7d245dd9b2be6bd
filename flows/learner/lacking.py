"""What is still missing for a certificate, in words to her."""

from collections.abc import Iterator

from flows.completion import SEEN, Lack
from flows.learner.certifying import Missing
from flows.text import T, Text, Words, invite


def sentences(missing: Missing) -> Iterator[Text]:
    """One sentence for each thing that is missing."""
    for title, lacks in missing:
        for lack in lacks:
            yield sentence(title, lack)


def sentence(title: Words, lack: Lack) -> Text:
    """What is missing, and what she may do about it."""
    left = lack.needs - lack.has
    match lack.what:
        case "lessons":
            return T("{course}: lessons still to pass: {left}.", course=title, left=left)
        case "score":
            return T(
                "{course}: right so far {has}%, asked for {needs}%. Questions come again, and count then.",
                course=title,
                has=lack.has,
                needs=lack.needs,
            )
        case "witness":
            return T("{course}: tasks that a witness still has to see: {left}.", course=title, left=left)
        case "minutes" if left < 120:
            return invite(
                T("{course}: the certificate can come in {left} minutes. Send SIJIL then.", course=title, left=left),
                T("{course}: the certificate can come in {left} minutes.", course=title, left=left),
            )
        case "minutes":
            return _in_hours(title, -(-left // 60))
        case "days":
            return invite(
                T("{course}: the certificate can come in days: {left}. Send SIJIL then.", course=title, left=left),
                T("{course}: the certificate can come in days: {left}.", course=title, left=left),
            )
        case "approval" | "declined":
            return _word(title, lack)
        case "courses":
            return T("{course}: courses still to complete: {left}.", course=title, left=left)
        case _:
            return _identity(title, lack)


def _in_hours(title: Words, left: int) -> Text:
    return invite(
        T("{course}: the certificate can come in {left} hours. Send SIJIL then.", course=title, left=left),
        T("{course}: the certificate can come in {left} hours.", course=title, left=left),
    )


def _identity(title: Words, lack: Lack) -> Text:
    if lack.needs >= SEEN:
        return invite(
            T("{course}: a coordinator still has to meet you at an assessment. Send COORDINATOR.", course=title),
            T("{course}: a coordinator still has to meet you at an assessment.", course=title),
        )
    return invite(
        T("{course}: a coordinator still has to confirm who you are. Send COORDINATOR.", course=title),
        T("{course}: a coordinator still has to confirm who you are.", course=title),
    )


def _word(title: Words, lack: Lack) -> Text:
    """The issuer's word is missing, or was no."""
    if lack.what == "approval":
        return T(
            "{course}: you have done everything. The association confirms your certificate, then its code comes.",
            course=title,
        )
    return invite(
        T("{course}: the association could not confirm your certificate. Send COORDINATOR to ask why.", course=title),
        T("{course}: the association could not confirm your certificate. Ask your coordinator.", course=title),
    )
