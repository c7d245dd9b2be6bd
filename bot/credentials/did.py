"""An issuer's did.json: the keys whose signatures are good, by which anybody checks what the issuer signed."""

from collections.abc import Iterable
from typing import Any

from bot.credentials.issuers import Issuer
from bot.credentials.keys import Key


def document(issuer: Issuer, keys: Iterable[Key]) -> dict[str, Any]:
    """The DID document. Retired keys stay, or what they signed would die; a compromised one is in no part of it.

    `assertionMethod` names keys by strings, and each key its controller, since 1EdTech's validator reads it so.
    """
    good = [key for key in keys if key.compromised_at is None]
    good.sort(key=lambda key: not key.signs)  # the one that signs now first: simple readers take the first
    methods = [
        {
            "id": f"{issuer.did}#{key.fragment}",
            "type": "Multikey",
            "controller": issuer.did,
            "publicKeyMultibase": key.public,
        }
        for key in good
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": issuer.did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
