"""QR codes for paper: an address, drawn as small as it goes, and what a camera read held against our own keys."""

from datetime import date
from typing import TYPE_CHECKING, Final

from bot.credentials import compact, did, keys
from bot.credentials.issuers import Issuers
from bot.store.database import Store

if TYPE_CHECKING:
    from segno import QRCode

LEVEL: Final = "m"  # 15 % of it may be creased or dirty; more where that costs no size


def of(address: str) -> "QRCode":
    """The QR of an address; the digits of an offline certificate in it are packed as digits, 3.3 bits each."""
    import segno  # loaded where something is drawn
    from segno.consts import MODE_BYTE, MODE_NUMERIC

    page, mark, fragment = address.partition("#")
    if not fragment.isdigit():
        return segno.make_qr(address, error=LEVEL)
    parts = [(page + mark, MODE_BYTE), (fragment, MODE_NUMERIC)]
    return segno.make_qr(parts, error=LEVEL)  # type: ignore[arg-type]  # its encoder takes parts, its types do not say so


def check(issuers: Issuers, store: Store, address: str, *, today: date) -> compact.Finding:
    """Check an offline address against our own keys. Whether the certificate still stands is for its code to tell."""
    digits = address.partition("#")[2]
    try:
        key = compact.read(digits).key
    except compact.Damaged as error:
        return compact.Finding("damaged", f"It cannot be read: {error}.")
    held = [(issuer, keys.keys_of(store, issuer.id)) for issuer in issuers.all]
    given_up = {compact.key_name(each.public) for _, all_ in held for each in all_ if each.compromised_at is not None}
    documents = [did.document(issuer, all_) for issuer, all_ in held]
    theirs = next((each for each in documents if key in compact.key_names(each)), {})
    return compact.check(digits, theirs, today=today, given_up=given_up)
