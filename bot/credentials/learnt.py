"""What certificates are for, in the words that stand in credentials: a course in the version she completed, or a programme."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, select

from bot.content import archive
from bot.credentials.document import Learnt
from bot.store import tables as t
from bot.store.database import Store
from flows.completion import Rule
from flows.course import Course
from flows.session import Library

_VERSION: Final = select(t.course_version.c.data).where(
    t.course_version.c.course == bindparam("course"), t.course_version.c.version == bindparam("version")
)


def course(store: Store, named: str, version: str) -> Learnt | None:
    """A course as it was taught in that version; None where there never was such a one."""
    rows = store.look(_VERSION, {"course": named, "version": version})
    return _course(version, rows[0].data) if rows else None


def programme(library: Library, named: str, version: str) -> Learnt | None:
    """A programme as it is now; None where its version is another, or there is none of that name."""
    found = library.programmes.get(named)
    if found is None or found.version != version:
        return None
    asks, every = {}, len(found.courses)
    if found.least:
        asks = {
            "ms": f"Lulus {found.least} daripada {every} kursus dalam program ini.",
            "en": f"{found.least} of the {every} courses of this programme passed.",
        }
    return Learnt(found.id, found.version, "programme", dict(found.title.words), _no_words(), found.minutes, asks)


def as_written(named: str, version: str, kind: str, title: Mapping[str, str], minutes: int) -> Learnt:
    """What a certificate itself tells, where nothing more is known of its course any more."""
    both = {"ms": title.get("ms") or next(iter(title.values())), "en": title.get("en") or next(iter(title.values()))}
    return Learnt(named, version, kind, both, _no_words(), minutes, {})


def asked(made: Course) -> dict[str, str]:
    """What completing a course asks for, in words; nothing where that is every lesson and no more."""
    rule, every = made.rule, len(made.lessons)
    if rule == Rule():
        return {}
    wanted = len(rule.lessons) or every
    malay = [f"Lulus {wanted} daripada {every} pelajaran melalui telefon."]
    english = [f"{wanted} of {every} lessons passed, by phone."]
    if rule.pass_mark:
        malay.append(
            f"Markah lulus: {rule.pass_mark} % {'dalam penilaian akhir' if rule.final else 'pada kali pertama'}."
        )
        english.append(
            f"Pass mark: {rule.pass_mark} % {'in the final assessment' if rule.final else 'at the first try'}."
        )
    if rule.witnessed:
        malay.append(f"Kerja amali disaksikan: {len(rule.witnessed)}.")
        english.append(f"Practical tasks seen by a witness: {len(rule.witnessed)}.")
    if rule.days or rule.minutes:
        days = max(rule.days, -(-rule.minutes // (24 * 60)))
        malay.append(f"Tempoh belajar paling singkat: {days} hari.")
        english.append(f"Shortest time from start to end: {days} days.")
    if rule.identity:
        malay.append(f"Pengenalan diri sekurang-kurangnya L{rule.identity}.")
        english.append(f"Identity checked to L{rule.identity} at least.")
    return {"ms": " ".join(malay), "en": " ".join(english)}


@lru_cache(maxsize=64)
def _course(version: str, data: str) -> Learnt | None:
    made = archive.restored(version, data)
    if made is None:
        return None
    title = {language: made.title.within(language) for language in ("ms", "en")}
    about = {language: made.about.within(language) for language in ("ms", "en")}
    return Learnt(made.id, version, "course", title, about, made.minutes, asked(made), made.rule.pass_mark)


def _no_words() -> dict[str, str]:
    return {"ms": "", "en": ""}
