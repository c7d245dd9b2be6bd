"""Our own phrases: each translated, with the same places, and short enough for one SMS at its longest."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot import gsm, i18n
from bot.content.rules import Limits
from bot.disclosures import LONGEST as LONGEST_ASKER
from bot.i18n import Catalogues
from flows.text import T, alike, in_both, localized
from tests.builders import CODE
from tests.world import TAG

SAID_BY_US = re.compile(
    r"flows/|bot/render"
)  # what a learner reads; the dashboard's and the public page's words are not sent
TITLE = "W" * Limits().of("title")
LONGEST = {
    "course": TITLE,
    "title": TITLE,
    "answer": "W" * Limits().of("option"),
    "hours": "99.9",
    "whole": "99.9",
    "places": "1, 2, 3, 4, 5, 6, 7, 8",
    "lessons": 5,
    "person": 5,
    "code": CODE,
    "day": "31/12/2026",
    "done": 20,
    "total": 20,
    "place": 20,
    "left": 366,
    "has": 99,
    "needs": 100,
    "programme": TITLE,
    "asker": "W" * LONGEST_ASKER,
}
# `titian content check` counts these, with the author's words in them.
FILLED_BY_AUTHORS = {"{place}/{total} {idea}", "{words} Send CONTINUE, LATER or STOP."}


def catalogue(locale: str) -> Catalog:
    path = i18n.LOCALES / locale / "LC_MESSAGES" / "titian.po"
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def phrases(locale: str) -> list[Message]:
    return [message for message in catalogue(locale) if message.id]


def ours(locale: str) -> list[Message]:
    return [each for each in phrases(locale) if any(SAID_BY_US.match(file) for file, _ in each.locations)]


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def translations() -> list[str]:
    return sorted(path.parent.parent.name for path in Path(i18n.LOCALES).glob("*/LC_MESSAGES/titian.po"))


@pytest.mark.parametrize("locale", translations())
def test_every_phrase_is_translated(locale):
    assert phrases(locale)
    assert [message.id for message in phrases(locale) if message.fuzzy or not message.string] == []


@pytest.mark.parametrize("locale", translations())
def test_every_translation_has_the_same_places(locale):
    assert [
        each.id for each in phrases(locale) if isinstance(each.id, str) and places(each.id) != places(str(each.string))
    ] == []


def test_malay_marks_no_plural():
    """Babel's own default for ms says two forms, which would leave every second one empty."""
    assert (catalogue("ms").num_plurals, catalogue("ms").plural_expr) == (1, "0")


def test_every_phrase_we_send_fits_one_sms_with_the_longest_things_in_it():
    sent = {message.id for message in ours("ms")} - FILLED_BY_AUTHORS
    said = {
        f"{locale}: {msgid}": gsm.SmsText.of(
            TAG + Catalogues().say(T(msgid, **{name: LONGEST[name] for name in places(msgid)}), locale)
        )
        for msgid in sent
        for locale in i18n.LANGUAGES
    }

    assert said
    assert {phrase: text.septets for phrase, text in said.items() if text.septets > 160} == {}


def test_no_phrase_we_send_needs_folding_or_two_bytes_a_letter():
    for message in ours("ms"):
        for words in (str(message.id), str(message.string)):
            assert gsm.fold(words) == words
            assert gsm.offenders(words) == ()


def test_the_words_of_the_lesson_in_a_phrase_are_in_its_language():
    course = localized({"ms": "Elak penipuan", "en": "Staying safe"})
    phrase = T("{course}: {code}", course=course, code="X")

    assert Catalogues().say(phrase, "ms") == "Elak penipuan: X"
    assert Catalogues().say(phrase, "en") == "Staying safe: X"


def test_a_phrase_in_both_languages_is_said_in_both_whatever_hers_is():
    both = in_both(T("{course}: {code}", course=localized({"ms": "Kursus", "en": "Course"}), code="X"))

    assert [Catalogues().say(words, "en") for words in both] == ["Kursus: X", "Course: X"]


def test_a_language_we_do_not_have_is_spoken_in_malay():
    assert Catalogues().say(T("Correct!"), "dtp") == "Betul!"
    assert Catalogues().say(alike("Bahasa / Language"), "dtp") == "Bahasa / Language"


def test_what_she_wrote_is_never_read_as_a_place_to_fill():
    phrase = T("{code}: UNKNOWN. There is no certificate with this code.", code="{course} {0} %s")

    assert Catalogues().say(phrase, "en").startswith("{course} {0} %s: UNKNOWN")
