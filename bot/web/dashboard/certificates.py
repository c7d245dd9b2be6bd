"""Certificates: in each course who has one, whose waits for the association's word, and who lacks what; a yes to those ticked."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from flask import request
from werkzeug.wrappers import Response as Answer

from bot import approving
from bot.completion import standing
from bot.completion.standing import Standing
from bot.phone import masked
from bot.web.dashboard.visits import LARGEST_ID, Gone, Visit
from flows.completion import Lack
from flows.text import Localized, T, Text

RIGHTS: Final = frozenset({"certify", "attest"})
CERTIFY: Final = frozenset({approving.RIGHT})
MOST: Final = 40  # on a page, of each: a page stays small, and each takes some queries
REASON: Final = 200  # letters
DIGITS: Final = 20  # no learner has an id of so many

LACKS: Final = {
    "lessons": T("{has} of {needs} lessons passed"),
    "score": T("right: {has}%, asked for: {needs}%"),
    "witness": T("{has} of {needs} tasks seen by a witness"),
    "minutes": T("{has} of {needs} minutes since she began"),
    "days": T("{has} of {needs} days since she began"),
    "identity": T("known at level {has}, level {needs} asked for"),
    "courses": T("{has} of {needs} courses certified"),
    "approval": T("waits for the association's word"),
    "declined": T("the association said no"),
}


class Line(NamedTuple):
    """A learner in a course: who she is, and where she stands."""

    who: standing.Known
    stands: Standing


def courses(visit: Visit) -> Answer:
    """Every course and programme, with how many wait."""
    waits = approving.counted(visit.bot.store, visit.coordinator.district)
    rows = [(of, title, waits.get(of, 0)) for of, title in _titles(visit).items()]
    return visit.page("certificates", rows=rows)


def course(visit: Visit, of: str, *, status: int = 200, wrong: str = "") -> Answer:
    """What waits in one, and of a course who lacks what, some to a page, in the order in which they came to us."""
    title = _known(visit, of)
    bot, library = visit.bot, visit.bot.library()
    district, after = visit.coordinator.district, request.args.get("after", 0, type=int)
    lines = _lines(visit, of, min(max(0, after), LARGEST_ID - 1))
    return visit.page(
        "certificate",
        status,
        of=of,
        title=title,
        waits=list(approving.waiting(bot.store, library, of, district=district, most=MOST, now=visit.now)),
        count=approving.counted(bot.store, district).get(of, 0),
        lines=lines,
        more=lines[-1].who.learner_id if len(lines) == MOST else 0,
        masked=masked,
        lack=lambda each: visit.say(_in_words(each)),
        most=REASON,
        wrong=wrong,
    )


def decide(visit: Visit, of: str) -> Answer:
    """Say yes, or no and why, to those that are ticked and that are hers to decide. Made twice it changes nothing."""
    _known(visit, of)
    ticked = {int(each) for each in request.form.getlist("her")[:MOST] if each.isdecimal() and len(each) < DIGITS}
    bot, district = visit.bot, visit.coordinator.district
    chosen = approving.within(bot.store, [each for each in ticked if each < LARGEST_ID], district)
    why = " ".join(request.form.get("why", "")[: REASON * 2].split())[:REASON]
    if request.form.get("move") != "no":
        told = _issued(visit, of, chosen)
    elif not why:
        return course(visit, of, status=422, wrong=visit.say(T("Please write why: somebody will have to tell her.")))
    else:
        told = _declined(visit, of, chosen, why)
    bot.wake()
    return visit.goes("certificate", told, of=of)


def _issued(visit: Visit, of: str, chosen: Sequence[int]) -> Text:
    bot, her = visit.bot, visit.coordinator.name
    done = approving.approve(bot.store, bot.library(), of, chosen, her, now=visit.now)
    count = sum(1 for each in done if each.issued)
    return T("Certificates issued: {count}. Their learners are told.", count=count)


def _declined(visit: Visit, of: str, chosen: Sequence[int], why: str) -> Text:
    bot, her, count = visit.bot, visit.coordinator.name, 0
    for learner in chosen:
        with suppress(approving.Refused):  # somebody else has decided it
            approving.decline(bot.store, bot.library(), of, learner, her, why=why, now=visit.now)
            count += 1
    return T("Not confirmed: {count}. They are told to ask their coordinator.", count=count)


def _titles(visit: Visit) -> dict[str, Localized]:
    library = visit.bot.library()
    programmes = {each.id: each.title for each in library.programmes.values()}
    return {each.id: each.title for each in library.courses.values()} | programmes


def _known(visit: Visit, of: str) -> Localized:
    """The title of a course or programme. Raises Gone where there is none of that id."""
    title = _titles(visit).get(of)
    if title is None:
        raise Gone
    return title


def _lines(visit: Visit, of: str, after: int) -> list[Line]:
    """Who follows a course, a page of them; nobody follows a programme."""
    library, store = visit.bot.library(), visit.bot.store
    found = library.course(of)
    if found is None:
        return []
    known = standing.page(store, of, visit.coordinator.district, after=after, most=MOST)
    return [
        Line(who, standing.in_course(store, found, who.learner_id, approving=library.approving, now=visit.now))
        for who in known
    ]


def _in_words(lack: Lack) -> Text:
    return Text(LACKS[lack.what].msgid, (("has", lack.has), ("needs", lack.needs)))
