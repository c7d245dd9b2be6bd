"""The link by which the holder of a certificate adds it to her LinkedIn profile: it says what it is and where it is checked."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from bot.certificates import CheckedCertificate
    from bot.credentials.issuers import Issuer
    from bot.web.verify_page import House

ADD: Final = "https://www.linkedin.com/profile/add"


def address(house: "House", checked: "CheckedCertificate", issuer: "Issuer | None") -> str:
    """The link, with nothing of hers in it but the code. Days are those of Sabah."""
    title = checked.title or {}
    says = {
        "startTask": "CERTIFICATION_NAME",
        "name": title.get("ms") or next(iter(title.values()), ""),
        "organizationName": issuer.name["ms"] if issuer else house.brand,
        "certUrl": f"{house.reached_at}/verify/{checked.code}",
        "certId": checked.code,
    }
    for what, moment in (("issue", checked.issued_at), ("expiration", checked.expires_at)):
        if moment is not None:
            local = moment.astimezone(house.zone)
            says |= {f"{what}Year": str(local.year), f"{what}Month": str(local.month)}
    return f"{ADD}?{urlencode(says)}"
