"""Signed with a Data Integrity proof, eddsa-rdfc-2022: without a network, over contexts pinned to the byte."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Final

from bot.credentials import shape
from bot.credentials.keys import Signer

# As openbadgeslib ships them; another file under the same name would change what a signature covers.
PINNED: Final[Mapping[str, str]] = {
    "credentials-v2.json": "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    "ob-v3p0-context-3.0.3.json": "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    "clr_context_2.0.1.json": "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
    "ob-v3p0-extensions.json": "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
}


class CannotSign(Exception):
    """A document cannot be signed as it is; the text says why."""


def sign(document: Mapping[str, Any], template: Mapping[str, Any], signer: Signer, *, now: datetime) -> str:
    """The signed document as it is to be kept, to the byte. Raises CannotSign for one that does not fit its template."""
    # Loaded where something is signed: 10 MB of it, in every process, would be there for nothing almost always.
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import ldp

    check_contexts()
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        shape.check(unsigned, template)
        signed = ldp.add_data_integrity_proof(
            unsigned, signer.pem, signer.method, created=now, extra_contexts=more_contexts(document)
        )
    except (shape.Misshapen, LibOpenBadgesException) as error:
        raise CannotSign(str(error)) from error
    # 1EdTech's schema wants the proof in an array, which is one proof all the same.
    return json.dumps({**signed, "proof": [signed["proof"]]}, ensure_ascii=False, separators=(",", ":"))


def more_contexts(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The context of transcripts, which openbadgeslib ships but must be handed; None for a document that needs none."""
    if shape.RECORD_CONTEXT not in document.get("@context", ()):
        return None
    from openbadgeslib.ob3.clr import bundled_clr_contexts

    return bundled_clr_contexts()


@cache
def check_contexts() -> None:
    """Refuse to sign or verify over other contexts than those pinned here. Raises CannotSign."""
    folder = resources.files("openbadgeslib.ob3.contexts")
    for name, pinned in PINNED.items():
        if sha256((folder / name).read_bytes()).hexdigest() != pinned:
            raise CannotSign(
                f"openbadgeslib ships another {name} than the one pinned: look at what changed in it first."
            )
