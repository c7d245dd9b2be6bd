"""Which messages buttons may go under, and which message makes the buttons of the ones before it old."""

from bot.store import tables as t
from tests.world import World

AT_A_QUESTION = ("hai", "1", "ya")


def asked(world: World, purpose: str) -> list[bool | None]:
    """What the rows of that purpose say of their answers: one of the options, something else, or nothing at all."""
    return [row.one_of for row in world.rows(t.outbound_message) if row.purpose == purpose]


def test_a_reply_says_whether_one_of_its_options_is_wanted(world: World):
    world.says_all(*AT_A_QUESTION, "B", channel="whatsapp")

    assert asked(world, "reply") == [False, False, True, False]  # two menus, a question, a menu


def test_a_reminder_asks_nothing(world_on_both: World):
    """The question that it reminds her of is still the one she is at."""
    world = world_on_both
    world.says_all(*AT_A_QUESTION, channel="whatsapp")

    world.passes(hours=30)

    assert asked(world, "nudge") == [None]


def test_a_review_asks(world_on_both: World):
    world = world_on_both
    world.says_all(*AT_A_QUESTION, "B", "rehat", channel="whatsapp")

    world.passes(days=3)

    assert asked(world, "review") == [False]  # one letter is wanted, but by SMS, which has no buttons


def test_a_lesson_that_comes_by_itself_asks(world: World):
    """Whoever rests after a lesson gets the next one in place of a reminder."""
    world.says_all(*AT_A_QUESTION, "5 seminggu", "B", channel="whatsapp")

    said = world.passes(hours=40)

    assert any("B)" in each for each in said)
    *earlier, last = asked(world, "lesson")  # in several SMS, of which the last one asks
    assert (set(earlier), last) == ({None}, False)
