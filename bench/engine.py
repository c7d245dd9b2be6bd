"""One step of the engine: the session as JSON in, one message heard, the session as JSON out; in microseconds."""

import statistics
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

from bench import play
from bench.table import Result, at_most
from flows import types as f
from flows.machine import advance
from flows.session import Library, Session

COURSES: Final = 200
BANK: Final = 10  # times as many questions a lesson
MOST_MICROSECONDS: Final = 50
MOST_GROWTH: Final = 1.1
STEPS: Final = 100  # in one reading of the clock


def measure(*, quick: bool = False) -> list[Result]:
    """A right answer as message 10 and as message 500 of a learner, in a library of one course and of many."""
    shipped = play.shipped()
    one, many = play.widened(shipped, 1), play.widened(shipped, COURSES)
    deep = play.deepened(one, BANK)
    steps = {
        "message 10, 1 course": _step(one, 10),
        "message 500, 1 course": _step(one, 500),
        f"message 10, {COURSES} courses": _step(many, 10),
        f"message 500, {COURSES} courses": _step(many, 500),
        f"message 10, banks of {BANK} times as many": _step(deep, 10),
    }
    readings: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(60 if quick else 400):  # in turn, so that a noisy moment of the machine meets all of them
        for name, step in steps.items():
            readings[name].append(_microseconds(step))
    took = {name: statistics.median(values) for name, values in readings.items()}
    ten, five_hundred, ten_of_many, _, ten_of_deep = took.values()
    return [
        *(at_most(f"engine step: {name}", value, "us", MOST_MICROSECONDS) for name, value in took.items()),
        at_most("engine step: message 500 / message 10", five_hundred / ten, "x", MOST_GROWTH),
        at_most(f"engine step: {COURSES} courses / 1 course", ten_of_many / ten, "x", MOST_GROWTH),
        at_most(f"engine step: banks of {BANK} times as many / as shipped", ten_of_deep / ten, "x", MOST_GROWTH),
    ]


def _step(library: Library, message: int) -> Callable[[], str]:
    """The step for the first question that comes as that message of hers or later, answered rightly."""
    for number, (session, _) in enumerate(play.sessions(library, learner=1, never=2), start=1):
        if number >= message and session.state == "lesson.question":
            break
    kept = session.to_json()
    asked = library.courses[session.course].by_id[session.lesson].question(session.question)
    assert asked is not None
    event = f.Replied(play.reply(asked, session.seed, right=True), play.NOW)

    def step() -> str:
        return advance(Session.from_json(kept), event, library).session.to_json()

    assert '"lesson.offer"' in step()
    return step


def _microseconds(step: Callable[[], str]) -> float:
    began = perf_counter_ns()
    for _ in range(STEPS):
        step()
    return (perf_counter_ns() - began) / STEPS / 1000
