"""QR codes for paper: an address, drawn as small as it goes."""

from typing import TYPE_CHECKING, Final

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
