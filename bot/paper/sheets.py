"""What one certificate says on paper, gathered from the store and the content before anything is laid out."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import certificates, credentials, wording
from bot.certificates import CheckedCertificate, Verdict
from bot.content import media, programmes
from bot.credentials import issuers
from bot.credentials.issuers import Issuer
from bot.store.database import Store
from bot.wording import Both


class NotStanding(ValueError):
    """There is nothing to print: the code is nobody's, or its certificate was revoked, replaced or has expired."""

    def __init__(self, code: str, verdict: Verdict) -> None:
        super().__init__(f"{code} is {verdict}: no paper is made of it")
        self.code, self.verdict = code, verdict


@dataclass(frozen=True, slots=True)
class House:
    """What is the same on every sheet: the name before every SMS, our address, where days begin, and where the content is."""

    brand: str
    reached_at: str
    zone: ZoneInfo
    content_dir: Path


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that one certificate says on paper. Days are those in Sabah; a sheet that is equal looks equal."""

    code: str  # as it is written
    name: str  # "" where no coordinator has written one down
    title: Both
    kind: Both
    level: int
    who: Both  # how it was checked who she is
    minutes: int
    issued_at: datetime
    issued: Both
    expires: Both | None
    assessed: tuple[Both, ...]
    issuer: Issuer | None
    assessor: str
    logo: tuple[bytes, str] | None  # the picture and its type
    brand: str
    reached_at: str
    course: str
    several: bool  # a programme: several courses
    approved: str  # who approved the programme, and by which letter; "" where nobody has
    credential: str | None  # signed, to the byte; None until it is
    offline: str = ""  # an address with the certificate itself in it, for a QR that is checked without a network

    @property
    def behind(self) -> Both:
        """The association, or what we are called where nobody wrote one down."""
        return Both(self.issuer.name["ms"], self.issuer.name["en"]) if self.issuer else Both(self.brand, self.brand)

    @property
    def digest(self) -> str:
        """All that it says, as one word: what is made of an equal sheet may be used again."""
        told = asdict(self) | {"logo": sha256(self.logo[0]).hexdigest() if self.logo else ""}
        return sha256(json.dumps(told, default=_plain, sort_keys=True).encode()).hexdigest()

    @property
    def host(self) -> str:
        """Where a person types the code: our address without the https:// in front."""
        return self.reached_at.partition("://")[2] + "/verify"

    @property
    def leads_to(self) -> str:
        """Where its QR code leads."""
        return self.offline or self.verify_url

    @property
    def verify_url(self) -> str:
        """Where a code is checked. The code is in the fragment, which no browser sends: it is in no log on the way."""
        return f"{self.reached_at}/verify#{self.code}"


def of(store: Store, code: str, house: House, *, now: datetime) -> Sheet:
    """The sheet of a certificate, as it stands now. Raises NotStanding where there is none that stands."""
    checked = certificates.check(store, code, now=now)
    if checked.verdict != "valid":
        raise NotStanding(checked.code, checked.verdict)
    return made(checked, house, credentials.of(store, checked.code))


def made(checked: CheckedCertificate, house: House, credential: str | None) -> Sheet:
    """The sheet of a certificate that was looked up."""
    assert checked.title is not None, "it stands"
    assert checked.issued_at is not None, "it stands"
    issued = checked.issued_at.astimezone(house.zone).date()
    issuer = issuers.load(house.content_dir, house.reached_at).of_course(checked.course)
    assessor = issuer.assessor(checked.course) if issuer else None
    ms = checked.title.get("ms") or next(iter(checked.title.values()))
    return Sheet(
        code=checked.code,
        name=checked.name or "",
        title=Both(ms, checked.title.get("en") or ms),
        kind=wording.kind(checked),
        level=checked.level,
        who=wording.LEVELS[checked.level],
        minutes=checked.minutes,
        issued_at=checked.issued_at,
        issued=wording.written_out(issued),
        expires=wording.written_out(ends.astimezone(house.zone).date()) if (ends := checked.expires_at) else None,
        assessed=tuple(wording.assessed(checked)),
        issuer=issuer,
        assessor=assessor[0] if assessor else "",
        logo=media.read(house.content_dir, issuer.logo) if issuer and issuer.logo else None,
        brand=house.brand,
        reached_at=house.reached_at,
        course=checked.course,
        several=checked.kind == "programme",
        approved=_approved(house.content_dir, checked.course, issued),
        credential=credential,
    )


def _approved(directory: Path, course: str, issued: date) -> str:
    """Who had approved the programme of a course, or the programme itself, on the day of issue."""
    files = sorted((directory / programmes.FOLDER).glob("*.yaml"))
    stands = tuple((path, (about := path.stat()).st_mtime_ns, about.st_size) for path in files)
    for id_, approval in _approvals(directory, stands):
        if course == id_ and approval.date <= issued.isoformat() <= approval.until:
            return f"{approval.by} ({approval.reference})"
    return ""


@lru_cache(maxsize=4)
def _approvals(directory: Path, _stands: tuple[object, ...]) -> tuple[tuple[str, programmes.ApprovalShape], ...]:
    shapes = [each.shape for each in programmes.read_programmes(directory)[0]]
    return tuple((of, each.approved) for each in shapes if each.approved for of in (each.id, *each.courses))


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)
