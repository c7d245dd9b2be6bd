"""Every state by its name, "flow.state", and where the words lead that are understood everywhere."""

from collections.abc import Mapping
from typing import Final

from flows.learner import about, certificate, language, menu, onboarding, optout, people, person, prefer
from flows.lessons import field, lesson, placement, quiz, review, task
from flows.states import PLACE, Describe
from flows.surveys import survey

_FLOWS: Final = (
    about,
    certificate,
    field,
    language,
    lesson,
    menu,
    onboarding,
    optout,
    people,
    person,
    placement,
    prefer,
    quiz,
    review,
    survey,
    task,
)

STATES: Final[Mapping[str, Describe]] = {
    f"{flow.__name__.rpartition('.')[2]}.{name}": describe for flow in _FLOWS for name, describe in flow.STATES.items()
}

START: Final = "onboarding.hello"
STOPPED: Final = "optout.stopped"

OPT_OUT: Final = frozenset({"opt_out", "opt_out_all"})

# Flows for anybody: before consent, and after STOP; nobody is asked to agree to anything after STOP.
OPEN: Final = frozenset({"onboarding", "about", "certificate", "language", "optout", "people", "person"})
OPEN_AFTER_STOP: Final = OPEN - {"onboarding", "people"}

ANYWHERE: Final[Mapping[str, str]] = {
    "opt_out": "optout.stop",
    "opt_out_all": "optout.stop",
    "opt_in": "optout.back",
    "wrong_number": "optout.wrong_number",
    "consent_yes": "onboarding.reconsidered",
    "menu": "menu.home",
    "help": "about.info",
    "language_menu": "language.choose",
    "language_ms": "language.malay",
    "language_en": "language.english",
    "list_courses": "menu.courses",
    "enrol": "menu.enrol",
    "start_lesson": "menu.onward",
    "resume": "menu.onward",
    "next": "menu.onward",
    "quiz": "menu.onward",
    "repeat": PLACE,
    "greeting": PLACE,
    "pause": "menu.later",
    "rest": "menu.rest",
    "pace": "prefer.pace",
    "pace_1": "prefer.pace_1",
    "pace_3": "prefer.pace_3",
    "pace_5": "prefer.pace_5",
    "fewer": "prefer.fewer",
    "exit_session": "menu.bye",
    "progress": "menu.progress",
    "certificate": "certificate.mine",
    "certificate_file": "certificate.file",
    "verify_cert": "certificate.check",
    "contact_coordinator": "person.call",
    "report_problem": "person.problem",
    "privacy_notice": "about.privacy",
    "data_access": "person.data_access",
    "data_correct": "person.data_correct",
    "data_delete": "person.data_delete",
    "switch_user": "people.switch",
    "time_pref": "prefer.time",
    "time_morning": "prefer.time",
    "time_noon": "prefer.time",
    "time_afternoon": "prefer.time",
    "time_evening": "prefer.time",
    "prefers_sms": "prefer.sms",
    "prefers_whatsapp": "prefer.whatsapp",
    "location": "prefer.district",
    "district_ranau": "prefer.ranau",
    "district_kudat": "prefer.kudat",
    "district_pitas": "prefer.pitas",
    "rsvp_yes": "person.coming",
    "rsvp_no": "person.not_coming",
    "thanks": "about.thanks",
    "survey": "survey.begin",
    "hint": "lesson.hint",
    "skip": "lesson.skip",
}
