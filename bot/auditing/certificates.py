"""Every certificate held against the audit, and against the credential that was signed of it; and the audit against certificates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, bindparam, select

from bot import codes
from bot.auditing import signed_form
from bot.auditing.chain import Finding, Link, code_of, told_in
from bot.credentials.issuers import Issuers
from bot.store import tables as t
from bot.store.audit import CORRECTED, ERASED, FOUND, ISSUED, REVOKED
from bot.store.database import Store

PIECE: Final = 200
MOST_WAITING: Final = 5_000  # events without a place that are looked through for one about a certificate

_c, _k, _e = t.certificate.c, t.credential.c, t.audit_event.c
_ROWS: Final = select(t.certificate, _k.json, _k.issuer, _k.key, _k.status_index, _k.list).outerjoin_from(
    t.certificate, t.credential, _k.certificate_id == _c.id
)
_PIECE: Final = _ROWS.where(_c.id > bindparam("after")).order_by(_c.id).limit(PIECE)
_AGAIN: Final = _ROWS.where(_c.id.in_(bindparam("ids", expanding=True)))
_DEEDS: Final = (
    select(t.audit_link.c.code, _e.did, _e.about)
    .join_from(t.audit_link, t.audit_event, _e.id == t.audit_link.c.event_id)
    .where(t.audit_link.c.code.in_(bindparam("codes", expanding=True)))
)
_WAITING: Final = (
    select(_e.did, _e.about)
    .join(t.audit_waiting, t.audit_waiting.c.event_id == _e.id)
    .where(_e.about.startswith("{"))
    .order_by(_e.id.desc())
    .limit(MOST_WAITING + 1)
)
_THERE: Final = select(_c.code).where(_c.code.in_(bindparam("codes", expanding=True)))


class Deed(NamedTuple):
    """What the audit says was done to a certificate."""

    did: str
    told: Mapping[str, Any]


def checked(
    store: Store, issuers: Issuers, after: int, *, every: bool, now: datetime
) -> tuple[int, list[Finding], int]:
    """Check the certificates after that id: the last one looked at, what was found, and how many they were; at the end, none.

    Of the signatures of credentials `every` one, or a thirtieth each day: they take a hundred times as long as all the rest.
    """
    rows = store.look(_PIECE, {"after": after})
    if not rows:
        return after, [], 0
    deeds = _linked(store, [row.code for row in rows])
    doubted = [row.id for row in rows if any(_differs(row, deeds.get(row.code, ())))]
    found = _looked_at_again(store, doubted) if doubted else []
    known = signed_form.Known(store, issuers)
    for row in rows:
        thoroughly = every or row.id % signed_form.TURNS == now.toordinal() % signed_form.TURNS
        wrong = signed_form.findings(row, known, thoroughly=thoroughly, now=now)
        found += [Finding(each.how, f"certificate {codes.written(row.code)}: {each.says}") for each in wrong]
    return rows[-1].id, found, len(rows)


def gone(store: Store, links: Sequence[Link]) -> list[Finding]:
    """Certificates that these events issued, and that are there no more without having been erased."""
    issued = {link.code: link.place for link in links if link.code and link.event and link.event.did in (ISSUED, FOUND)}
    if not issued:
        return []
    missing = issued.keys() - {row.code for row in store.look(_THERE, {"codes": list(issued)})}
    if not missing:
        return []
    deeds = _all_of(store, sorted(missing))[0]
    return [
        Finding("changed", f"certificate {codes.written(code)}: issued at place {issued[code]}, and taken out since.")
        for code in sorted(missing)
        if not any(deed.did == ERASED for deed in deeds.get(code, ()))
    ]


def _looked_at_again(store: Store, ids: Sequence[int]) -> list[Finding]:
    """A certificate that was issued or revoked just now may be there before its event has a place: so a second look, at both."""
    rows = store.look(_AGAIN, {"ids": list(ids)})
    deeds, whole = _all_of(store, [row.code for row in rows])
    found = []
    for row in rows:
        for says in _differs(row, deeds.get(row.code, ())):
            unsure = "" if whole else " Its event may be among the many that wait for their place."
            how: Any = "changed" if whole else "untold"
            found.append(Finding(how, f"certificate {codes.written(row.code)}: {says}.{unsure}"))
    return found


def _all_of(store: Store, wanted: Sequence[str]) -> tuple[dict[str, list[Deed]], bool]:
    """What was done to these, with and without a place in the chain; and whether all that waits was looked through."""
    waiting = store.look(_WAITING)
    deeds = _linked(store, wanted)
    for row in waiting:
        code = code_of(row.about)
        if code in wanted:
            deeds.setdefault(str(code), []).append(Deed(row.did, told_in(row.about)))
    return deeds, len(waiting) <= MOST_WAITING


def _linked(store: Store, wanted: Sequence[str]) -> dict[str, list[Deed]]:
    deeds: dict[str, list[Deed]] = {}
    for row in store.look(_DEEDS, {"codes": list(wanted)}):
        deeds.setdefault(row.code, []).append(Deed(row.did, told_in(row.about)))
    return deeds


def _differs(row: Row[Any], deeds: Iterable[Deed]) -> Iterator[str]:
    """In what a certificate's row is another than the audit says."""
    issued = [deed.told for deed in deeds if deed.did in (ISSUED, FOUND)]
    if not issued:
        yield "no event issued it"
    said = {"of": row.course, "kind": row.kind, "level": row.level}
    if any(told.get(name, value) != value for told in issued for name, value in said.items()):
        yield "its row says another course, kind or level than the event that issued it"
    found = [deed.told for deed in deeds if deed.did == FOUND]
    corrected = [codes.read(str(deed.told.get("new"))) for deed in deeds if deed.did == CORRECTED]
    withdrawn = corrected or any(deed.did == REVOKED for deed in deeds) or any(told.get("revoked") for told in found)
    if row.revoked_at and not withdrawn:
        yield "its row says that it was revoked, and no event says so"
    if withdrawn and not row.revoked_at:
        yield "an event says that it was revoked, and its row does not"
    if row.replaced_by not in corrected if corrected else row.replaced_by and not found:
        yield "its row names another certificate in its place than the audit"
