"""What lets somebody fetch one paper for an hour: a signature in its address, so nothing is kept, and no address can be guessed."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from itsdangerous import Signer

from bot import codes

LASTS: Final = timedelta(hours=1)
_FILE: Final = "sijil/"
_LONGEST: Final = 64


def named(code: str) -> str:
    """What the row of a message calls the file: where a provider fetches it is known only when it is sent."""
    return f"{_FILE}{codes.written(code)}.pdf"


def code_in(name: str) -> str | None:
    """The certificate whose file has that name; None where it is no such name, but a picture's."""
    return codes.read(name.removeprefix(_FILE).removesuffix(".pdf")) if name.startswith(_FILE) else None


def ticket(secret: str, code: str, *, now: datetime) -> str:
    """A ticket for the paper of a certificate, good for an hour.

    >>> made = ticket("s", "SR7K3M9QXT2Y", now=datetime(2026, 12, 1))
    >>> holds("s", "SR7K3M9QXT2Y", made, now=datetime(2026, 12, 1, 0, 59)), holds("s", "x", made, now=datetime(2026, 12, 1))
    (True, False)
    """
    until = int((now + LASTS).timestamp())
    return f"{until:x}-{_seal(secret).get_signature(f'{code} {until}').decode()}"


def holds(secret: str, code: str, given: str, *, now: datetime) -> bool:
    """Whether that is a ticket of ours for this certificate, and its hour is not over."""
    ends, _, signature = given[:_LONGEST].partition("-")
    try:
        until = int(ends, 16)
    except ValueError:
        return False
    good = _seal(secret).verify_signature(f"{code} {until}", signature.encode("utf-8", "replace"))
    return good and now.timestamp() < until


def _seal(secret: str) -> Signer:
    return Signer(secret, salt="paper", digest_method=sha256)
