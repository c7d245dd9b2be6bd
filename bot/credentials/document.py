"""A certificate as an Open Badges 3.0 credential, before it is signed: what is said of her, of the course and of the issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.credentials.issuers import Issuer
from bot.credentials.shape import CONTEXTS, plain

SCHEMA: Final = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
LIST_PATH: Final = "/credentials/status"
PICTURE: Final = ".png"  # after the address of what was achieved: its badge

# How that it is she was checked (the certificate's level), as an employer reads it.
LEVELS: Final = {
    0: "Pengenalan diri L0: telefon sahaja",
    1: "Pengenalan diri L1: disahkan penyelaras",
    2: "Pengenalan diri L2: MyKad dilihat",
}
CHECKED: Final = {
    0: "Dia menjawab dari nombor telefonnya sendiri. Tiada sesiapa menyemak dokumen pengenalan; ini sijil penyertaan. "
    "She answered from her own phone number. Nobody saw an identity document; this is a certificate of participation.",
    1: "Penyelaras persatuan mengenalinya dan mengesahkan namanya. "
    "A coordinator of the association knows her and attested her name.",
    2: "MyKad dilihat semasa penilaian yang diawasi; nombornya tidak disimpan. "
    "Her MyKad was seen at a supervised assessment; its number was not kept.",
}


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a certificate is for: a version of a course, or a programme."""

    id: str
    version: str
    kind: str  # course, programme
    title: Mapping[str, str]
    about: Mapping[str, str]
    minutes: int
    asks: Mapping[str, str]  # what completing it asked for, by language; empty where that was every lesson
    pass_mark: int = 0  # in per cent; 0 where none is asked for


@dataclass(frozen=True, slots=True)
class Awarded:
    """What there is to say of one certificate."""

    code: str  # as it is written, with hyphens
    subject: str  # who she is in credentials
    name: str
    level: int
    issued_at: datetime
    expires_at: datetime | None
    started_at: datetime | None
    learnt: Learnt
    completed_at: datetime | None = None  # where that is another day than of issue, as in a corrected one
    score: int | None = None  # in per cent


def credential(issuer: Issuer, awarded: Awarded, identity: str, list_number: int, index: int) -> dict[str, Any]:
    """The credential without a proof; `identity` is its own uuid, drawn at random."""
    achievement = achievement_of(issuer, awarded.learnt)
    return {
        "@context": list(CONTEXTS),
        "id": f"urn:uuid:{identity}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": profile(issuer),
        "validFrom": moment(awarded.issued_at),
        **({"validUntil": moment(awarded.expires_at)} if awarded.expires_at else {}),
        "awardedDate": moment(awarded.issued_at),
        "name": achievement["name"],
        "credentialSubject": _subject(issuer, awarded, achievement),
        "evidence": [_evidence(awarded.level)],
        "credentialStatus": status_entry(issuer, list_number, index),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def profile(issuer: Issuer) -> dict[str, Any]:
    """The association, with its number in the register of societies."""
    registered = {
        "type": "IdentifierEntry",
        "identifier": plain(issuer.registration),
        "identifierType": "ext:ROS_MY",
    }
    logo = {"image": {"id": f"{issuer.base}/media/{issuer.logo}", "type": "Image"}} if issuer.logo else {}
    known = {"id": issuer.did, "type": ["Profile"], "name": plain(issuer.name["ms"]), "url": issuer.url}
    return {**known, "otherIdentifier": [registered], **logo}


def achievement_of(issuer: Issuer, learnt: Learnt) -> dict[str, Any]:
    """What was achieved: the course in its version, what it asks for, and how long it takes.

    It names no creator: the issuer is one thing to JSON-LD, so what was said of it twice could be taken away once, unnoticed.
    """
    at = achievement_url(issuer, learnt.id, learnt.version)
    described = [
        {"id": f"{at}#hasil", "type": ["ResultDescription"], "name": "Keputusan", "resultType": "Status"},
        {"id": f"{at}#jam", "type": ["ResultDescription"], "name": "Jam belajar", "resultType": "ext:NotionalHours"},
    ]
    if learnt.pass_mark:
        mark = {"id": f"{at}#markah", "type": ["ResultDescription"], "name": "Markah", "resultType": "Percent"}
        described.append({**mark, "requiredValue": str(learnt.pass_mark)})
    return {
        "id": at,
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": plain(learnt.title["ms"]),
        "description": plain(f"{learnt.about['ms']} {learnt.about['en']} {_long('ms', learnt)} {_long('en', learnt)}"),
        "criteria": {"narrative": plain(criteria(learnt, "ms"))},
        "humanCode": learnt.id,
        "image": {"id": f"{at}{PICTURE}", "type": "Image"},
        "inLanguage": "ms",
        "version": learnt.version,
        "resultDescription": described,
    }


def achievement_url(issuer: Issuer, learnt: str, version: str) -> str:
    """The page of what was achieved."""
    return f"{issuer.base}/credentials/achievements/{learnt}/{version}"


def list_url(issuer: Issuer, number: int) -> str:
    """Where a status list is."""
    return f"{issuer.base}{LIST_PATH}/{issuer.id}/{number}"


def status_entry(issuer: Issuer, number: int, index: int) -> dict[str, Any]:
    """Which bit of which list tells whether it was revoked."""
    at = list_url(issuer, number)
    return {
        "id": f"{at}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": at,
    }


def criteria(learnt: Learnt, language: str) -> str:
    """What completing it asks for, in one language."""
    part = learnt.kind == "programme"
    every = {
        "ms": "Lulus semua kursus dalam program ini." if part else "Lulus setiap pelajaran kursus ini melalui telefon.",
        "en": "Every course of this programme passed." if part else "Every lesson of this course passed, by phone.",
    }[language]
    return f"{learnt.asks.get(language) or every} {_long(language, learnt)}"


def hours_of(minutes: int) -> str:
    """Minutes as hours with at most two decimals: "0.58"."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def moment(at: datetime) -> str:
    """A moment as credentials write it, in whole seconds of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _long(language: str, learnt: Learnt) -> str:
    hours = hours_of(learnt.minutes)
    return f"Masa belajar: {hours} jam." if language == "ms" else f"Time to learn: {hours} hours."


def _subject(issuer: Issuer, awarded: Awarded, achievement: dict[str, Any]) -> dict[str, Any]:
    named = {"type": "IdentityObject", "hashed": False, "identityHash": plain(awarded.name), "identityType": "name"}
    assessor = issuer.assessor(awarded.learnt.id)
    return {
        "id": f"urn:uuid:{awarded.subject}",
        "type": ["AchievementSubject"],
        **({"identifier": [named]} if plain(awarded.name) else {}),
        "licenseNumber": awarded.code,
        **({"activityStartDate": moment(awarded.started_at)} if awarded.started_at else {}),
        "activityEndDate": moment(awarded.completed_at or awarded.issued_at),
        **({"source": _assessor(*assessor)} if assessor else {}),
        "achievement": achievement,
        "result": _results(awarded, achievement["id"]),
    }


def _results(awarded: Awarded, at: str) -> list[dict[str, Any]]:
    """What came of it. Values are strings, as the standard wants them."""
    results: list[dict[str, Any]] = [
        {"type": ["Result"], "resultDescription": f"{at}#hasil", "status": "Completed"},
        {"type": ["Result"], "resultDescription": f"{at}#jam", "value": hours_of(awarded.learnt.minutes)},
    ]
    if awarded.learnt.pass_mark and awarded.score is not None:
        results.append({"type": ["Result"], "resultDescription": f"{at}#markah", "value": str(awarded.score)})
    return results


def _assessor(name: str, url: str) -> dict[str, Any]:
    return {"id": url, "type": ["Profile"], "name": plain(name), "url": url}


def _evidence(level: int) -> dict[str, Any]:
    return {"type": ["Evidence"], "name": LEVELS[level], "narrative": CHECKED[level]}
