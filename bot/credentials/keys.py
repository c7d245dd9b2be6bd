"""The keys an issuer signs with: made, rotated, given up when somebody else may have one; private halves never in the database."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select, update

from bot.credentials.issuers import Issuer
from bot.store import audit, tables as t
from bot.store.database import Store

FOLDER: Final = "keys"  # in VAR_DIR
_PEM: Final = re.compile(r"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)
_k = t.signing_key.c


class KeyTrouble(Exception):
    """A key cannot be made or used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """The public half of a key, and what has become of it."""

    issuer: str
    fragment: str
    public: str
    made_at: datetime
    retired_at: datetime | None
    compromised_at: datetime | None

    @property
    def signs(self) -> bool:
        """Whether it is the one that signs now."""
        return self.retired_at is None and self.compromised_at is None


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with its private half, ready to sign for an issuer."""

    issuer: Issuer
    fragment: str
    pem: bytes

    @property
    def method(self) -> str:
        """How a proof names the key: did:web:host#key-ed25519-2026."""
        return f"{self.issuer.did}#{self.fragment}"


@dataclass(frozen=True, slots=True)
class Safe:
    """Where private halves are: files in VAR_DIR, or the PEM blocks of SIGNING_KEY."""

    folder: Path
    given: str = ""

    def holding(self) -> Mapping[str, bytes]:
        """Every private key there is, as PEM, by its public half. Raises KeyTrouble for what is none."""
        written = [block.encode() for block in _PEM.findall(self.given.replace("\\n", "\n"))]
        if self.given and not written:
            raise KeyTrouble("SIGNING_KEY holds no private key: it begins -----BEGIN PRIVATE KEY----- and is whole.")
        written += [path.read_bytes() for path in sorted(self.folder.glob("*.pem"))]
        return {public_of(pem): pem for pem in written}

    def make(self, name: str) -> str:
        """Make a key and keep it under that name, readable by us alone; its public half. One kept before is used again."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Loaded where there is a key to make or to use: 7 MB, in every process of the web.
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

            made = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            beside = path.with_suffix(".new")  # so that a crash leaves no half a key
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(made)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        return public_of(path.read_bytes())

    def forget(self, name: str) -> None:
        """Delete the private half of a key that signs no more."""
        (self.folder / f"{name}.pem").unlink(missing_ok=True)


def public_of(pem: bytes) -> str:
    """The public half of a private key, as did.json writes it. Raises KeyTrouble for anything but an Ed25519 key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from openbadgeslib.ob3.did import multikey_from_pem

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyTrouble(
            "SIGNING_KEY or a file in VAR_DIR/keys is no private key in PEM without a password."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyTrouble("The signing key is not an Ed25519 key: make one with `titian certificates keys new`.")
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return multikey_from_pem(pem.decode())


def pem_of(public: str) -> bytes:
    """A public key as PEM, from how did.json writes it. Raises ValueError for anything but Ed25519."""
    from openbadgeslib.ob3.did import resolve_did

    if not public.startswith("z6Mk"):  # 0xed01 and 32 bytes, in base 58
        raise ValueError("no Ed25519 key")
    return resolve_did(f"did:key:{public}")


def keys_of(store: Store, issuer: str) -> list[Key]:
    """An issuer's keys, the oldest first."""
    query = select(t.signing_key).where(_k.issuer == issuer).order_by(_k.made_at, _k.fragment)
    return [Key(**row._mapping) for row in store.look(query)]


def signer(store: Store, safe: Safe, issuer: Issuer) -> Signer:
    """The key that signs for an issuer now. Raises KeyTrouble where there is none, or its private half is not here."""
    live = next((key for key in keys_of(store, issuer.id) if key.signs), None)
    if live is None:
        raise KeyTrouble(f"{issuer.id} has no key: make one with `titian certificates keys new --issuer {issuer.id}`.")
    pem = safe.holding().get(live.public)
    if pem is None:
        raise KeyTrouble(
            f"The private half of {issuer.id}'s {live.fragment} is neither in SIGNING_KEY nor in {safe.folder}. Put it "
            f"back from your copy; if there is none, `titian certificates keys rotate --issuer {issuer.id}`."
        )
    return Signer(issuer, live.fragment, pem)


def new(store: Store, safe: Safe, issuer: str, who: str, *, now: datetime) -> str:
    """Make an issuer's first key; its fragment. Raises KeyTrouble where one signs already."""
    keys = keys_of(store, issuer)
    if any(key.signs for key in keys):
        raise KeyTrouble(f"{issuer} has a key already. To take another, `titian certificates keys rotate`.")
    fragment, public = _made(store, safe, issuer, keys, now)
    with store.begin() as connection:
        _begin(connection, issuer, fragment, public, now)
        audit.note(connection, who, "key made", f"{issuer}#{fragment}", now=now)
    return fragment


def rotate(store: Store, safe: Safe, issuer: str, who: str, *, now: datetime) -> str:
    """Let another key sign from now on; its fragment. What the old one signed stays good; its private half is deleted.

    A crash in between leaves a new key that nothing names; the next try takes that one.
    """
    keys = keys_of(store, issuer)
    fragment, public = _made(store, safe, issuer, keys, now)
    with store.begin() as connection:
        connection.execute(
            update(t.signing_key).where(_k.issuer == issuer, _k.retired_at.is_(None)).values(retired_at=now)
        )
        _begin(connection, issuer, fragment, public, now)
        audit.note(connection, who, "key rotated", f"{issuer}#{fragment}", now=now)
    for old in keys:
        safe.forget(_name(issuer, old.fragment))
    return fragment


def compromised(store: Store, safe: Safe, issuer: str, fragment: str, who: str, *, now: datetime) -> tuple[str, int]:
    """Give up a key that somebody else may have: what it signed will be signed anew. The key that signs now, and how many.

    All of it is one transaction, so there is no moment at which did.json lists a key that nobody trusts.
    """
    keys = keys_of(store, issuer)
    bad = next((key for key in keys if key.fragment == fragment), None)
    if bad is None or bad.compromised_at is not None:
        known = ", ".join(key.fragment for key in keys if key.compromised_at is None) or "none"
        raise KeyTrouble(f"{issuer} has no such key in use: {fragment}. There are: {known}.")
    live = next((key.fragment for key in keys if key.signs and key is not bad), None)
    made = _made(store, safe, issuer, keys, now) if live is None else None
    with store.begin() as connection:
        gone = {"compromised_at": now, "retired_at": bad.retired_at or now}
        connection.execute(update(t.signing_key).where(_k.issuer == issuer, _k.fragment == fragment).values(**gone))
        if made is not None:
            _begin(connection, issuer, *made, now)
        signed = select(t.credential.c.certificate_id).where(
            t.credential.c.issuer == issuer, t.credential.c.key == fragment
        )
        again = connection.execute(
            update(t.certificate).where(t.certificate.c.id.in_(signed)).values(signed_at=None)
        ).rowcount
        audit.note(connection, who, "key compromised", f"{issuer}#{fragment}, {again} to sign anew", now=now)
    safe.forget(_name(issuer, fragment))
    return (made[0] if made is not None else str(live)), again


def _begin(connection: Connection, issuer: str, fragment: str, public: str, now: datetime) -> None:
    connection.execute(insert(t.signing_key).values(issuer=issuer, fragment=fragment, public=public, made_at=now))


def _made(store: Store, safe: Safe, issuer: str, keys: Sequence[Key], now: datetime) -> tuple[str, str]:
    """The fragment and the public half of the next key: one of SIGNING_KEY that is not known yet, else a new one."""
    known = {row.public for row in store.look(select(_k.public))}
    taken = {key.fragment for key in keys}
    tries = (f"key-ed25519-{now.year}" + (f"-{n}" if n > 1 else "") for n in range(1, 100))
    fragment = next(each for each in tries if each not in taken)
    given = [public for public in Safe(safe.folder / "none", safe.given).holding() if public not in known]
    return fragment, given[0] if given else safe.make(_name(issuer, fragment))


def _name(issuer: str, fragment: str) -> str:
    return f"{issuer}-{fragment}"
