"""Signed heads held against the chain as it is now: our own, one after the other, and one that somebody kept elsewhere."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, func, select

from bot.auditing import heads, linking
from bot.auditing.chain import Finding, Link
from bot.credentials import keys
from bot.credentials.issuers import Issuers
from bot.credentials.keys import Key
from bot.store import tables as t
from bot.store.database import Store

PIECE: Final = 100
WITHOUT: Final = timedelta(days=2)  # a head is missed after so long
LATE: Final = timedelta(days=1)  # an event may be linked so long after it happened
KeyState = Literal["good", "given up", "unknown"]

_h, _l = t.audit_head.c, t.audit_link.c
_PIECE: Final = (
    select(t.audit_head, _l.hash)
    .outerjoin_from(t.audit_head, t.audit_link, _l.place == _h.place)
    .where(_h.number > bindparam("after"))
    .order_by(_h.number)
    .limit(PIECE)
)
_NUMBERED: Final = select(t.audit_head).where(_h.number == bindparam("number"))
_UP_TO: Final = (
    select(_h.place, func.max(_h.signed_at, type_=_h.signed_at.type).label("at"))
    .where(_h.place < bindparam("place"))
    .group_by(_h.place)
    .order_by(_h.place.desc())
    .limit(PIECE)
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What heads are held against besides the chain: where it ends, the keys, and the newest head whose key is good."""

    end: int
    keys: Mapping[tuple[str, str], Key]
    vouched: int

    def state(self, issuer: str, fragment: str) -> KeyState:
        key = self.keys.get((issuer, fragment))
        return "unknown" if key is None else "given up" if key.compromised_at else "good"


def checked(store: Store, issuers: Issuers, after: int, *, now: datetime) -> tuple[int, list[Finding], int]:
    """Check the heads after that number: the last one looked at, what was found, and how many they were; at the end, none."""
    rows = store.look(_PIECE, {"after": after})
    if not rows:
        return after, _missed(store, after, now), 0
    known, found = _known(store, issuers), []
    before = store.look(_NUMBERED, {"number": after})
    last, text = after, before[0].json if before else ""
    for row in rows:
        name = f"head {row.number} of {row.day}"
        if row.number != last + 1:
            found.append(Finding("changed", f"heads {last + 1} to {row.number - 1}: taken out."))
            text = None
        found += [Finding(each.how, f"{name}: {each.says}") for each in _wrong(row, text, known)]
        last, text = row.number, row.json
    return last, found, len(rows)


def held(store: Store, issuers: Issuers, text: str) -> list[Finding]:
    """Hold a head that was kept elsewhere against our chain. Empty where the chain still says what it said then."""
    try:
        head = heads.read(text)
    except heads.NoHead as error:
        return [Finding("untold", f"This is no head: {error}.")]
    name = f"The head {head['number']} of {head['day']}"
    issuer = next((each for each in issuers.all if head["key"].startswith(f"{each.did}#")), None)
    known, fragment = _known(store, issuers), head["key"].rpartition("#")[2]
    state = known.state(issuer.id, fragment) if issuer else "unknown"
    if issuer and state != "unknown" and not heads.is_signed_by(head, known.keys[issuer.id, fragment].public):
        return [Finding("untold", f"{name} is not what was signed with {fragment}: nothing follows from it.")]
    found = [Finding("changed", f"{name} {says}.") for says in _differs(store, head, text, known)]
    if state != "good":
        why = "was given up" if state == "given up" else "is not known here"
        found.append(
            Finding("untold", f"{name}: its key {fragment[:40]} {why}; hold it against a did.json of its time.")
        )
    return found


def late(store: Store, links: Sequence[Link]) -> list[Finding]:
    """Events that say they happened long before a head that was signed without them: by a wrong clock, or written in afterwards."""
    signed = [(row.place, row.at) for row in reversed(store.look(_UP_TO, {"place": links[-1].place}))]
    places, found = [place for place, _ in signed], []
    for link in links:
        before = bisect_left(places, link.place) - 1
        if link.event is not None and before >= 0 and link.event.at < signed[before][1] - LATE:
            says = f"place {link.place}, event {link.event_id}: says {link.event.at:%Y-%m-%d %H:%M}, and stands after a head"
            found.append(
                Finding("remark", f"{says} of {signed[before][1]:%Y-%m-%d}. A wrong clock, or written in later?")
            )
    return found


def _known(store: Store, issuers: Issuers) -> _Known:
    known = {(each.issuer, each.fragment): each for issuer in issuers.all for each in keys.keys_of(store, issuer.id)}
    newest = 0
    for row in store.look(select(_h.issuer, _h.key, func.max(_h.number).label("number")).group_by(_h.issuer, _h.key)):
        key = known.get((row.issuer, row.key))
        newest = max(newest, row.number) if key is not None and key.compromised_at is None else newest
    return _Known(linking.last(store)[0], known, newest)


def _wrong(row: Row[Any], before: str | None, known: _Known) -> list[Finding]:
    """What is wrong with one of our heads. `before` is the one before it, None where that is gone."""
    try:
        head = heads.read(row.json)
    except heads.NoHead as error:
        return [Finding("changed", f"what is kept is no head: {error}.")]
    says = (head["number"], head["day"], head["place"], head["key"].rpartition("#")[2])
    wrong = []
    if says != (row.number, row.day, row.place, row.key):
        wrong.append("its row says another thing than what was signed")
    if before is not None and head["before"] != (heads.fingerprint(before) if before else ""):
        wrong.append("the one before it is not the one that it names")
    if row.place > known.end:
        wrong.append(f"it was signed at place {row.place}, and the chain ends at {known.end}: its tail was cut off")
    elif row.hash != head["hash"]:
        wrong.append(f"at place {row.place} the chain is another one: what stands up to there was written anew")
    state = known.state(row.issuer, row.key)
    if state != "unknown" and not heads.is_signed_by(head, known.keys[row.issuer, row.key].public):
        wrong.append("its signature is not the issuer's")
    found = [Finding("changed", f"{each}.") for each in wrong]
    if state == "unknown":
        found.append(Finding("untold", f"its key {row.key} is not known here."))
    elif state == "given up" and row.number > known.vouched:
        # A later head names this one, so that one with a good key vouches for all that are before it.
        found.append(Finding("untold", f"its key {row.key} was given up, and no later head vouches for it."))
    return found


def _differs(store: Store, head: Mapping[str, Any], text: str, known: _Known) -> list[str]:
    if head["place"] > known.end:
        shorter = f"was signed at place {head['place']}, and our chain ends at {known.end}"
        return [f"{shorter}: its tail was cut off, or the database was put back from a backup"]
    there = store.look(select(_l.hash).where(_l.place == head["place"]))
    if not there or there[0].hash != head["hash"]:
        return [f"says another thing of place {head['place']} than our chain: what stands up to there was written anew"]
    ours = store.look(_NUMBERED, {"number": head["number"]})
    if not ours:
        return ["is not among ours: it was taken out, or the database was put back from a backup"]
    return [] if heads.read(ours[0].json) == head else ["is another one than ours of that number"]


def _missed(store: Store, newest: int, now: datetime) -> list[Finding]:
    if not linking.last(store)[0]:
        return []
    rows = store.look(_NUMBERED, {"number": newest})
    if not rows:
        says = (
            "No head is signed: a chain that was written anew as a whole cannot be told. Is there an issuer with a key?"
        )
        return [Finding("untold", says)]
    if rows[0].signed_at >= now - WITHOUT:
        return []
    says = f"No head is signed since {rows[0].signed_at:%Y-%m-%d}: what was done since may have been written anew."
    return [Finding("untold", f"{says} `titian certificates keys show` says what its key lacks.")]
