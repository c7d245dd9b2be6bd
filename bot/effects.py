"""Effects become rows: every one of a turn in one list, written together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot import certifying, policy, profiles, surveys, witnesses
from bot.announcements import replies
from bot.misses import Misses
from bot.store import statements as s
from bot.store.database import Store
from bot.store.ids import new_id
from bot.store.statements import Statement, Write
from flows import types as f
from flows.learner import sharing
from flows.learner.about import NOTICE_VERSION
from flows.learner.reaching import SetPreferred
from flows.session import Library
from flows.surveys.surveying import SurveyEffect

ANSWER_WITHIN: Final = timedelta(days=21)  # the law's clock for a request about one's data (PDPA 2010, ss.31 and 35)
CALL_WITHIN: Final = timedelta(days=2)
RIGHTS: Final = frozenset({"data_access", "data_correct", "data_delete"})


@dataclass(slots=True)
class Turn:
    """One message being dealt with: who, where, when, and the rows it leads to so far."""

    learner_id: int
    address_id: int
    inbound_id: int
    channel: str
    number: int
    heard: str
    now: datetime
    zone: ZoneInfo
    library: Library
    sender: str = ""  # the number it came from
    documents: bool = False  # what she writes from can carry a PDF to her
    misses: Misses | None = None  # what counts codes asked for in vain, where somebody may guess
    quiet_hours: int | None = None  # after which she is to be nudged; the last step of a turn decides
    handover: profiles.Handover | None = None  # the phone goes to another in this turn
    writes: list[Write] = field(default_factory=list)

    def write(self, statement: Statement, **values: object) -> None:
        """Add a row to what this turn writes."""
        self.writes.append(Write(statement, values))


def keep_in_touch(turn: Turn) -> None:
    """Set the nudge for the silence of whoever has the phone now, or take away the one that was waiting."""
    handed = turn.handover if turn.handover and turn.handover.left else None
    her, number = (handed.learner_id, handed.turn) if handed else (turn.learner_id, turn.number)
    if turn.quiet_hours is None:
        turn.write(s.NOT_NUDGED, of=her)
    else:
        due = policy.next_opening(turn.now + timedelta(hours=turn.quiet_hours), turn.zone)
        turn.write(s.NUDGED_LATER, learner_id=her, turn=number, due_at=due)


def apply(effects: Iterable[f.Effect], turn: Turn, store: Store) -> tuple[f.Say | None, list[f.Event]]:
    """Turn effects into rows of `turn`. Returns what is to be said, and the events that follow in the same turn."""
    said: f.Say | None = None
    follows: list[f.Event] = []
    turn.quiet_hours = None
    for effect in effects:
        match effect:
            case f.Say():
                said = effect
            case f.NudgeAfter(hours=hours):
                turn.quiet_hours = hours
            case f.CheckCertificate() | f.FindCertificates() | f.SendPaper() | f.FindMissing() | f.AnswerAsker():
                follows.extend(certifying.carry_out(effect, turn, store))
            case f.CheckWitness():
                follows.append(_witnessed(effect, turn, store))
            case f.FindDay(course=course, words=words):
                follows.append(_day(course, words, turn))
            case sharing.FindPeople() | sharing.SetPin() | sharing.SwitchTo() | sharing.AddPerson():
                follows.extend(profiles.carry_out(effect, turn, store))
            case f.Detach():
                turn.writes.extend(profiles.let_go(turn, store))
            case f.CompleteCourse(course=course):
                follows.extend(certifying.completed(course, turn, store))
            case f.AskPerson(about="coming" | "not_coming" as about) if replies.attends(turn, store, about):
                pass
            case _:
                _keep(effect, turn)
    return said, follows


_Kept = (
    f.SetLocale
    | f.GiveConsent
    | f.OptOut
    | f.OptIn
    | f.Enrol
    | f.StartLesson
    | f.RecordAnswer
    | f.PassLesson
    | f.AskPerson
    | f.SetDistrict
    | f.SetSlot
    | f.SetPace
    | SetPreferred
    | f.PutQuestion
    | f.KeepReply
    | f.ProveLesson
    | f.ReviewAfter
    | f.SetLevel
    | f.Follow
    | SurveyEffect
)


def _keep(effect: _Kept, turn: Turn) -> None:
    """Effects that only add or change a row of hers."""
    her, now = turn.learner_id, turn.now
    match effect:
        case f.SetLocale(locale=locale):
            turn.write(s.LOCALE, of=her, locale=locale)
        case f.GiveConsent():
            _consented(turn)
        case f.OptOut():
            turn.write(s.OPTED_OUT, of=her, opted_out_at=now)
            turn.write(s.STOPPED, of=her, stopped=True)
        case f.OptIn():
            turn.write(s.OPTED_OUT, of=her, opted_out_at=None)
            turn.write(s.STOPPED, of=her, stopped=False)
        case f.Enrol(course=course, version=version):
            turn.write(s.ENROLLED, learner_id=her, course=course, version=version, started_at=now)
        case f.StartLesson() | f.PutQuestion() | f.ProveLesson() | f.SetLevel() | f.Follow():
            pass  # remembered in the session
        case f.RecordAnswer():
            _answered(effect, turn)
        case f.PassLesson(course=course, version=version, lesson=lesson):
            turn.write(s.PASSED, learner_id=her, course=course, lesson=lesson, version=version, passed_at=now)
        case f.AskPerson(about=about):
            _asked(about, turn)
        case f.SetDistrict(district=district):
            turn.write(s.DISTRICT, of=her, district=district)
        case f.SetSlot(slot=slot):
            turn.write(s.SLOT, of=her, slot=slot)
        case f.SetPace(lessons=lessons):
            turn.write(s.PACE, of=her, pace=lessons)
        case SetPreferred(kind=kind):
            turn.write(s.PREFERRED, of=her, prefers=kind)
        case f.KeepReply():
            _written(effect, turn)
        case f.ReviewAfter(course=course, lesson=lesson, question=question, days=days, step=step):
            named = {"course": course, "lesson": lesson, "question": question, "step": step}
            turn.write(s.REVIEWED_LATER, learner_id=her, **named, due_at=now + timedelta(days=days) if days else None)
        case _:
            turn.writes.extend(surveys.rows(effect, her, turn.heard, turn.channel, now=now))


def _consented(turn: Turn) -> None:
    """Her consent, provable: her own words, where and when, and the notice she was shown."""
    turn.write(s.AGREED, of=turn.learner_id, consented_at=turn.now)
    turn.write(
        s.CONSENTED,
        id=new_id(turn.now),
        learner_id=turn.learner_id,
        address_id=turn.address_id,
        words=turn.heard[:200],
        notice=NOTICE_VERSION,
        channel=turn.channel,
        given_at=turn.now,
    )


def _asked(about: str, turn: Turn) -> None:
    turn.write(
        s.ASKED,
        id=new_id(turn.now),
        learner_id=turn.learner_id,
        about=about,
        inbound_id=turn.inbound_id,
        opened_at=turn.now,
        due_at=turn.now + (ANSWER_WITHIN if about in RIGHTS else CALL_WITHIN),
    )


def _answered(effect: f.RecordAnswer, turn: Turn) -> None:
    turn.write(
        s.ANSWERED,
        id=new_id(turn.now),
        learner_id=turn.learner_id,
        course=effect.course,
        version=effect.version,
        lesson=effect.lesson,
        question=effect.question,
        option=effect.option,
        correct=effect.right,
        attempt=effect.attempt,
        answered_at=turn.now,
        purpose=effect.purpose,
    )


def _written(effect: f.KeepReply, turn: Turn) -> None:
    turn.write(
        s.WRITTEN,
        id=new_id(turn.now),
        learner_id=turn.learner_id,
        course=effect.course,
        version=effect.version,
        lesson=effect.lesson,
        question=effect.question,
        kind=effect.kind,
        words=effect.words,
        written_at=turn.now,
    )


def _witnessed(effect: f.CheckWitness, turn: Turn, store: Store) -> f.WitnessChecked:
    """Take a witness's code for this task. Of two learners with the same code at once, one finds it used: its row is there once."""
    verdict = witnesses.verdict(store, effect.code)
    if verdict == "confirmed":
        named = {"course": effect.course, "lesson": effect.lesson}
        turn.write(s.TASK_DONE, code=effect.code, learner_id=turn.learner_id, **named, done_at=turn.now)
    return f.WitnessChecked(verdict, turn.now)


def _day(course: str, words: str, turn: Turn) -> f.DayFound:
    day = policy.day_meant(words, turn.now, turn.zone)
    return f.DayFound(course, day.isoformat() if day else "", format_date(day, "d/M/y") if day else "", turn.now)
