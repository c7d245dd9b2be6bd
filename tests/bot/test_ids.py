"""Ids: in order of time and of drawing, and never twice."""

from datetime import UTC, datetime, timedelta

from bot.store.ids import earliest_id, new_id
from tests.bots import at_the_same_moment

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_ids_of_one_moment_are_in_the_order_in_which_they_were_drawn_and_none_comes_twice():
    drawn = [new_id(NOW) for _ in range(10_000)]

    assert drawn == sorted(set(drawn))


def test_threads_that_draw_at_once_never_draw_the_same():
    drawn: list[int] = []

    at_the_same_moment(*(lambda: drawn.extend([new_id(NOW) for _ in range(2_000)]) for _ in range(4)))

    assert len(drawn) == len(set(drawn)) == 8_000


def test_an_id_of_a_later_moment_is_larger_and_one_of_an_earlier_moment_smaller():
    now, later, earlier = (new_id(NOW + timedelta(milliseconds=each)) for each in (0, 1, -1))

    assert earlier < now < later


def test_what_was_made_since_a_moment_is_found_by_its_id():
    assert earliest_id(NOW) <= new_id(NOW) < earliest_id(NOW + timedelta(milliseconds=2))
