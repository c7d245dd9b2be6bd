"""What the rules look at, read for one certificate: her own answers, and a few neighbours, each found by an index."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from bot.doubts.rules import LESSONS, NIGHT_WITHIN, RATE, RATE_WITHIN, Known, Neighbour, Try
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

MOST_TRIES: Final = 500  # answers of one learner in one course; hers are some twenty
MOST_NEIGHBOURS: Final = 20  # of each sort
SHORTLY: Final = timedelta(days=14)  # on one coordinator's list
THESE_DAYS: Final = timedelta(days=2)  # in one district: who sits together completes together
MOST_OF_COURSE: Final = 40  # of whom those of her district are taken
MOST_ABOUT_THEN: Final = 100
MOST_ON_PHONE: Final = 50

_c, _a = t.certificate.c, t.answer.c
_TRIES: Final = (
    select(_a.learner_id, _a.lesson, _a.question, _a.attempt, _a.option, _a.correct, _a.answered_at, _a.purpose)
    .where(_a.learner_id.in_(bindparam("of", expanding=True)), _a.course == bindparam("course"))
    .where(_a.purpose.in_(sorted(LESSONS)))
    .order_by(_a.id)
    .limit(bindparam("most"))
)
_STANDS: Final = (_c.kind == "course", _c.replaced_by.is_(None))
_BEFORE: Final = (_c.id < bindparam("before"), _c.id >= bindparam("since"))
_OF_COORDINATOR: Final = (
    select(_c.learner_id, _c.code)
    .where(_c.attested_by == bindparam("who"), *_BEFORE, _c.course == bindparam("course"), *_STANDS)
    .order_by(_c.id.desc())
    .limit(MOST_NEIGHBOURS)
)
_latest = (
    select(_c.learner_id, _c.code, _c.id)
    .where(_c.course == bindparam("course"), *_BEFORE, *_STANDS)
    .order_by(_c.id.desc())
    .limit(MOST_OF_COURSE)
    .subquery("latest")
)
_hers, _others = t.learner.alias("hers"), t.learner.alias("others")
_OF_DISTRICT: Final = (
    select(_latest.c.learner_id, _latest.c.code)
    .select_from(_latest.join(_others, _others.c.id == _latest.c.learner_id))
    .join(_hers, _hers.c.district == _others.c.district)
    .where(_hers.c.id == bindparam("of"))
    .order_by(_latest.c.id.desc())
    .limit(MOST_NEIGHBOURS)
)
# Everybody who has ever agreed from her phone, whoever has it now: by SMS and WhatsApp, which are two addresses of one number.
_mine, _theirs = t.consent.alias("mine"), t.consent.alias("theirs")
_at, _beside = t.address.alias("at"), t.address.alias("beside")
_ON_PHONE: Final = (
    select(_theirs.c.learner_id)
    .distinct()
    .select_from(_mine.join(_at, _at.c.id == _mine.c.address_id))
    .join(_beside, _beside.c.identifier == _at.c.identifier)
    .join(_theirs, _theirs.c.address_id == _beside.c.id)
    .where(_mine.c.learner_id == bindparam("of"), _theirs.c.learner_id != bindparam("of"))
    .limit(MOST_ON_PHONE)
)
_COMPLETED: Final = select(_c.learner_id, _c.code, _c.issued_at).where(
    _c.learner_id.in_(bindparam("of", expanding=True)), _c.course == bindparam("course"), *_STANDS
)
_i = t.identity.c
_ATTESTED: Final = select(_i.checked_at, _i.checked_by, _i.level).where(_i.learner_id == bindparam("of"))
_ABOUT_THEN: Final = (
    select(_i.checked_at)
    .where(_i.checked_by == bindparam("who"), _i.checked_at.between(bindparam("first"), bindparam("last")))
    .where(_i.learner_id != bindparam("of"), _i.level > 0)
    .limit(MOST_ABOUT_THEN)
)
_m = t.inbound_message.c
_ENTERED: Final = (
    select(_m.received_at)
    .where(_m.learner_id == bindparam("of"), _m.channel == "paper")
    .order_by(_m.turn.desc())
    .limit(MOST_TRIES)
)
_THIS_WEEK: Final = (
    select(func.count())
    .select_from(t.certificate)
    .where(_c.attested_by == bindparam("who"), _c.id > bindparam("since"), _c.id <= bindparam("until"))
)
_EVERYBODYS: Final = (
    select(_c.attested_by, func.count().label("of_hers"))
    .where(_c.attested_by.is_not(None), _c.id > bindparam("since"), _c.id <= bindparam("until"))
    .group_by(_c.attested_by)
)


def of(store: Store, row: Row[Any]) -> Known:
    """All there is to look at about a certificate; some eight queries, however many there are."""
    of_course = {"course": row.course}
    hers = tries(store, [row.learner_id], row.course)[row.learner_id]
    phones = [each.learner_id for each in store.look(_ON_PHONE, {"of": row.learner_id})]
    on_phone = store.look(_COMPLETED, of_course | {"of": phones}) if phones else ()
    attested = _attested(store, row)
    on_paper = any(each.purpose == "paper" for each in hers)
    return Known(
        row.minutes,
        row.issued_at,
        hers,
        _neighbours(store, row, [(each.learner_id, each.code, "phone") for each in on_phone]),
        tuple(each.issued_at for each in on_phone),
        attested["attested_at"],
        attested["about_then"],
        tuple(each.received_at for each in store.look(_ENTERED, {"of": row.learner_id})) if on_paper else (),
        _week(store, row),
    )


def tries(store: Store, learners: Iterable[int], course: str) -> Mapping[int, tuple[Try, ...]]:
    """What these learners answered in a course, in their order."""
    of = list(learners)
    found: dict[int, list[Try]] = defaultdict(list)
    for each in store.look(_TRIES, {"of": of, "course": course, "most": MOST_TRIES * len(of)}):
        answered = (each.lesson, each.question, each.attempt, each.option, each.correct, each.answered_at, each.purpose)
        found[each.learner_id].append(Try(*answered))
    return defaultdict(tuple, {her: tuple(each) for her, each in found.items()})


def _neighbours(store: Store, row: Row[Any], near: list[tuple[int, str, str]]) -> tuple[Neighbour, ...]:
    """Who completed it shortly before her, on her phone, on her coordinator's list or in her district; each once."""
    asked = {"course": row.course, "before": row.id, "of": row.learner_id}
    if row.attested_by:
        since = earliest_id(row.issued_at - SHORTLY)
        found = store.look(_OF_COORDINATOR, asked | {"who": row.attested_by, "since": since})
        near += [(each.learner_id, each.code, "coordinator") for each in found]
    found = store.look(_OF_DISTRICT, asked | {"since": earliest_id(row.issued_at - THESE_DAYS)})
    near += [(each.learner_id, each.code, "district") for each in found]
    known: dict[int, tuple[str, str]] = {}
    for learner_id, code, how in near:
        if learner_id != row.learner_id:
            known.setdefault(learner_id, (code, how))
    answers = tries(store, known, row.course) if known else {}
    return tuple(Neighbour(code, how, answers[her]) for her, (code, how) in known.items())


def _attested(store: Store, row: Row[Any]) -> dict[str, Any]:
    found = store.look(_ATTESTED, {"of": row.learner_id})
    if not found or not found[0].level:
        return {"attested_at": None, "about_then": ()}
    at = found[0].checked_at
    about = {"who": found[0].checked_by, "first": at - NIGHT_WITHIN, "last": at + NIGHT_WITHIN, "of": row.learner_id}
    return {"attested_at": at, "about_then": tuple(each.checked_at for each in store.look(_ABOUT_THEN, about))}


def _week(store: Store, row: Row[Any]) -> tuple[int, float] | None:
    """How many her coordinator has vouched for in the week up to her; with each thirtieth the others are counted too."""
    if not row.attested_by:
        return None
    week = {"who": row.attested_by, "since": earliest_id(row.issued_at - RATE_WITHIN), "until": row.id}
    count = int(store.look(_THIS_WEEK, week)[0][0])
    if not count or count % RATE:
        return None
    others = [int(each.of_hers) for each in store.look(_EVERYBODYS, week) if each.attested_by != row.attested_by]
    return count, float(median(others or [0]))
