"""Answers that nobody marks: how one to a survey's question is read, and what is kept of it."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from flows.course import SHOWN_KINDS
from flows.reading.answers import NOTHING, Reading, read
from flows.reading.keywords import Heard
from flows.surveys.questionnaire import Item, Survey
from flows.surveys.surveying import AnswerSurvey
from flows.types import Effect, SetDistrict

PASSED_OVER: Final = "-"  # what SKIP is read as
YES_NO: Final = ("yes", "no")

_AGE: Final = re.compile(r"(?:umur )?(\d{2,3})(?: (?:tahun|thn|th|years?|years old))?")
# Telephone and identity card numbers that she writes of her own accord are not kept with her answer.
_PERSONAL: Final = re.compile(r"\+?\d(?:[ -]?\d){6,}")


def reads(item: Item) -> Callable[[Heard, str], Reading]:
    """The reader of answers, which also knows SKIP, a plain yes or no, and an age written as a number."""
    put, keys = item.question, tuple(option.key for option in item.question.options)

    def understood(heard: Heard, text: str) -> Reading:
        if heard.intent == "skip":
            return Reading(PASSED_OVER, sure=True)
        if keys == YES_NO and heard.intent in ("yes", "no"):
            return Reading(heard.intent, sure=True)
        if keys == YES_NO and heard.intent == "unsure":
            return Reading("yes", says="A")
        age = _AGE.fullmatch(heard.plain) if item.bands else None
        if age is not None:
            key = next((key for up_to, key in item.bands if int(age[1]) <= up_to), "")
            return Reading(key, sure=bool(key))
        reading = read(put, put.options, heard, text)
        if put.kind == "number" and reading.sure and not item.least <= Fraction(reading.answer) <= item.most:
            return NOTHING
        return reading

    return understood


def kept(survey: Survey, about: str, item: Item, answer: str) -> tuple[Effect, ...]:
    """What is kept of an answer: its keys, its number or her words; and what it says about her."""
    named = (survey.id, survey.version, about, item.id)
    if item.question.kind == "open":
        return (AnswerSurvey(*named, "", _PERSONAL.sub("***", answer)),)
    chosen = [item.question.option(key) for key in answer.split("+")] if item.question.kind in SHOWN_KINDS else []
    if not all(chosen):
        return ()
    record = AnswerSurvey(*named, answer, profile=item.profile)
    if item.profile == "district" and chosen[0]:
        return (record, SetDistrict(chosen[0].says.within("ms")))
    return (record,)
