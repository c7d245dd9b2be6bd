"""The keys that sign, held against the audit: a key that somebody wrote in by hand could sign whatever they like."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from bot.auditing.chain import Finding
from bot.store import tables as t
from bot.store.database import Store

_e, _k = t.audit_event.c, t.signing_key.c
_DEEDS: Final = select(_e.at, _e.did, _e.about).where(_e.did.in_(("key made", "key rotated", "key compromised")))
_KEYS: Final = select(t.signing_key).order_by(_k.issuer, _k.fragment)


def checked(store: Store) -> Iterator[Finding]:
    """Keys that no event made, and keys that were given up without one, or were and are not any more.

    Looks through all events once, and not in pieces: some tenths of a second for a million.
    """
    rows = store.look(_KEYS)
    deeds = [(row.did, row.at, row.about) for row in store.look(_DEEDS)]
    made = {(about, at) for did, at, about in deeds if did != "key compromised"}
    given_up = {about.partition(",")[0]: at for did, at, about in deeds if did == "key compromised"}
    # Giving up the only key makes the next one, in the same event.
    instead = {(about.partition("#")[0], at) for did, at, about in deeds if did == "key compromised"}
    for row in rows:
        name = f"{row.issuer}#{row.fragment}"
        if (name, row.made_at) not in made and (row.issuer, row.made_at) not in instead:
            yield Finding("changed", f"key {name}: no event made it, so it was put in by hand.")
        if row.compromised_at is None and name in given_up:
            yield Finding("changed", f"key {name}: an event says that it was given up, and its row does not.")
        if row.compromised_at is not None and given_up.get(name) != row.compromised_at:
            yield Finding("changed", f"key {name}: its row says that it was given up, and no event says so.")
