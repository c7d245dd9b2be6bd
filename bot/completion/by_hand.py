"""One certificate issued because a person says so now; the rule and the issuer's word hold all the same."""

from dataclasses import dataclass
from datetime import datetime

from bot.completion import backfill, records, tracker
from bot.completion.tracker import Issued, Outcome
from bot.store.database import Store
from flows.completion import Lack
from flows.session import Library


@dataclass(frozen=True, slots=True)
class Given:
    """Her certificate, old or new, and those that came with it; or what she lacks. Neither where hers was revoked."""

    issued: tuple[Issued, ...] = ()
    lacks: tuple[Lack, ...] = ()


def issue(store: Store, library: Library, of: str, learner_id: int, who: str, *, why: str = "", now: datetime) -> Given:
    """Issue what is due to a learner in a course or programme, with a note in the audit; a worker tells her.

    Run twice, or by two at once, it issues one. `of` is known to the library.
    """
    outcome = _outcome(store, library, of, learner_id, by=who, now=now)
    backfill.write(store, outcome, why=why, now=now)
    if outcome.lacks:
        return Given(lacks=outcome.lacks)
    held = _outcome(store, library, of, learner_id, by=who, now=now)  # as it stands, also where another was first
    first = tuple(each for each in held.issued if not each.new)
    return Given((*first, *(each for each in outcome.issued if each.new and each.id != of)))


def _outcome(store: Store, library: Library, of: str, learner_id: int, *, by: str, now: datetime) -> Outcome:
    course = library.course(of)
    if course is None:
        who = records.her(store, learner_id, of, "programme")
        whole = library.programmes[of]
        if who.code and not who.revoked:
            return Outcome((Issued("programme", of, whole.title, who.code, new=False),))
        held = tracker.held(store, learner_id)
        return tracker.programme(store, whole, learner_id, held, approving=library.approving, by=by, now=now)
    return tracker.complete(
        store,
        course,
        learner_id,
        programmes=library.programmes,
        passed=records.passed(store, learner_id, of),
        approving=library.approving,
        by=by,
        now=now,
    )
