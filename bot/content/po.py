"""A course's texts as a PO file for translators: from Malay to one other language, each text known by its place."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

SOURCE: Final = "ms"
TARGETS: Final = {"en": "English", "dtp": "Dusun"}
BETWEEN: Final = " | "
_LANGUAGES: Final = ("ms", "en", "dtp")


class Unreadable(Exception):
    """The file is no PO file; the text says what is wrong with it."""


@dataclass(slots=True)
class Translated:
    """The course with its translations, and what was not taken over, in words."""

    course: dict[str, Any]
    taken: int = 0
    passed_over: list[str] = field(default_factory=list)


def exported(course: Mapping[str, Any], target: str) -> bytes:
    """The texts of a course as a PO file, with the translations there are. The English stands beside as a help."""
    catalog = Catalog(
        locale=target,
        header_comment=f"# {course['id']}: from Malay to {TARGETS[target]}. Each text has its limit: titian content check.",
        project=str(course["id"]),
        version=target,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
    )
    for where, texts in _texts(course, ()):
        words = _joined(texts.get(SOURCE))
        if not words:
            continue
        beside = _joined(texts.get("en")) if target != "en" else ""
        message = catalog.add(
            words, _joined(texts.get(target)), context=where, auto_comments=[f"English: {beside}"] if beside else []
        )
        message.flags.clear()  # "50% daripada" is no format of a programmer's
    made = BytesIO()
    write_po(made, catalog, width=0, no_location=True, omit_header=False)
    return made.getvalue()


def imported(written: bytes, course: Mapping[str, Any], target: str) -> Translated:
    """The course with the translations of a PO file. Raises Unreadable.

    What is empty or marked fuzzy is left as it is. What was translated from other words than the Malay says now is
    passed over and named, since it may say something else.
    """
    try:
        catalog = read_po(BytesIO(written), abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable(str(error)) from error
    result = Translated(copy.deepcopy(dict(course)))
    places = dict(_texts(result.course, ()))
    for message in catalog:
        where, said = message.context, str(message.string or "").strip()
        if not message.id or not where or not said or message.fuzzy:
            continue
        texts = places.get(where)
        if texts is None:
            result.passed_over.append(f"{where}: this text is no more.")
        elif _joined(texts[SOURCE]) != message.id:
            result.passed_over.append(f"{where}: the Malay has changed since; translate it anew.")
        elif _joined(texts.get(target)) != said:
            _put(texts, target, said)
            result.taken += 1
    return result


def _texts(part: Any, where: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text of a course, or list of words, by its place: the ids on the way, and numbers where there are none."""
    if isinstance(part, Mapping):
        assert isinstance(part, dict)
        if SOURCE in part:
            yield "/".join(where), part
        for name, inner in part.items():
            if name not in _LANGUAGES:
                yield from _texts(inner, (*where, name))
    elif isinstance(part, list):
        for place, inner in enumerate(part, start=1):
            if isinstance(inner, Mapping):
                yield from _texts(inner, (*where, str(inner.get("id") or inner.get("key") or place)))


def _joined(words: Any) -> str:
    return BETWEEN.join(words) if isinstance(words, list) else str(words or "").strip()


def _put(texts: dict[str, Any], target: str, said: str) -> None:
    """The translation among the texts, after the languages that stand before it."""
    value: Any = said
    if isinstance(texts[SOURCE], list):
        value = [word for part in said.split("|") if (word := part.strip())]
    kept = texts | {target: value}
    order = [name for name in _LANGUAGES if name in kept]
    texts.clear()
    texts.update({name: kept[name] for name in [*(n for n in kept if n == "key"), *order]} | kept)
