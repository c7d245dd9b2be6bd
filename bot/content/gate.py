"""The gate to publication: every rule there is for a course, in the order in which an author can act on what they find."""

from bot.content.alike import check_alike
from bot.content.compiling import compiled
from bot.content.completing import check_complete
from bot.content.giveaway import check_giveaways
from bot.content.kinds import check_questions, questions
from bot.content.nudging import check_nudges
from bot.content.programmes import check_claims
from bot.content.reach import check_reach, places
from bot.content.rules import Limits, check_texts, texts
from bot.content.shape import CourseShape
from bot.content.source import Path, Source
from bot.content.whole import check_whole
from flows.course import Course
from flows.reading.keywords import Keywords


def judge(
    source: Source, shape: CourseShape | None, words: Keywords, tag: int, *, approved: frozenset[str] = frozenset()
) -> Course | None:
    """Hold one course file against every rule; the course to teach, unless something in the source keeps it from being published.

    `words` are those understood everywhere; `tag` is how many characters stand before every SMS; `approved` are the
    courses whose programme may speak of credit. What goes out together is reckoned last, when every text and question is in order by itself, so that one mistake is told once.
    """
    limits = Limits(tag)
    passed = texts(source)
    check_texts(source, passed, limits)
    check_questions(source, questions(source, shape), limits)
    if shape is None:
        return None
    check_reach(source, shape)
    check_nudges(source, shape)
    check_complete(source, shape)
    check_claims(source, passed, is_approved=shape.id in approved)
    if _is_blocked(source):
        return None
    course = compiled(shape)
    stands: dict[tuple[str, str], Path] = {("", ""): ()}
    for (path, written), lesson in zip(places(shape), course.lessons, strict=True):
        stands[lesson.id, ""] = path
        bank = list(zip(written, lesson.bank, strict=True))
        for place, question in bank:
            stands[lesson.id, question.id] = place
            check_alike(source, place, question, words)
        check_giveaways(source, bank)
    if not _is_blocked(source):
        check_whole(source, course, stands, limits)
    return None if _is_blocked(source) else course


def _is_blocked(source: Source) -> bool:
    return any(problem.blocks for problem in source.problems)
