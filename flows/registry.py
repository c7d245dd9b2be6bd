"""Every state by its name, "flow.state", and where the words lead that are understood everywhere."""

from collections.abc import Mapping
from typing import Final

from flows import about, certificate, language, lesson, menu, onboarding, optout, person, prefer
from flows.states import PLACE, Describe

_FLOWS: Final = (about, certificate, language, lesson, menu, onboarding, optout, person, prefer)

STATES: Final[Mapping[str, Describe]] = {
    f"{flow.__name__.rpartition('.')[2]}.{name}": describe for flow in _FLOWS for name, describe in flow.STATES.items()
}

START: Final = "onboarding.hello"
STOPPED: Final = "optout.stopped"

OPT_OUT: Final = frozenset({"opt_out", "opt_out_all"})

# Flows for anybody: before consent, and after STOP; nobody is asked to agree to anything after STOP.
OPEN: Final = frozenset({"onboarding", "about", "certificate", "language", "optout", "person"})
OPEN_AFTER_STOP: Final = OPEN - {"onboarding"}

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
    "pause": "menu.rest",
    "exit_session": "menu.bye",
    "progress": "menu.progress",
    "certificate": "certificate.mine",
    "verify_cert": "certificate.check",
    "contact_coordinator": "person.call",
    "report_problem": "person.problem",
    "privacy_notice": "about.privacy",
    "data_access": "person.data_access",
    "data_correct": "person.data_correct",
    "data_delete": "person.data_delete",
    "switch_user": "about.one_learner",
    "time_pref": "prefer.time",
    "time_morning": "prefer.time",
    "time_noon": "prefer.time",
    "time_afternoon": "prefer.time",
    "time_evening": "prefer.time",
    "location": "prefer.district",
    "district_ranau": "prefer.ranau",
    "district_kudat": "prefer.kudat",
    "district_pitas": "prefer.pitas",
    "rsvp_yes": "person.coming",
    "rsvp_no": "person.not_coming",
    "thanks": "about.thanks",
    "hint": "lesson.hint",
    "skip": "lesson.skip",
}
