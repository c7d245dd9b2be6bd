"""Groups joined to one: in all of them, in one of them, outside; as flat as can be, so that the same words give the same tree."""

from collections.abc import Sequence

from bot.segments.described import (
    About,
    All,
    Channel,
    Described,
    District,
    Either,
    Enrolled,
    Everybody,
    Language,
    Names,
    Outside,
    Tagged,
)


def every(parts: Sequence[Described]) -> Described:
    """Who is in every one: as flat as can be, and without the word "everybody", which adds nothing."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, All) else (part,))]
    kept = tuple(each for each in flat if not isinstance(each, Everybody))
    return All(kept) if len(kept) > 1 else kept[0] if kept else Everybody()


def either(parts: Sequence[Described]) -> Described:
    """Who is in at least one, as flat as can be: "tag a or tag b" is "tag a or b"."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    kept = flat[:1]
    for part in flat[1:]:
        together = _together(kept[-1], part)
        kept[-1:] = [kept[-1], part] if together is None else [together]
    return Either(tuple(kept)) if len(kept) > 1 else kept[0]


def _together(one: Described, other: Described) -> Described | None:
    """Both as one, where they name things of the same kind; else None."""
    match one, other:
        case (District(a), District(b)):
            return District(_joined(a, b))
        case (Language(a), Language(b)):
            return Language(_joined(a, b))
        case (Enrolled(a), Enrolled(b)):
            return Enrolled(_joined(a, b))
        case (Channel(a), Channel(b)):
            return Channel(_joined(a, b))
        case (Tagged(a), Tagged(b)):
            return Tagged(_joined(a, b))
        case (About(what, a), About(of, b)) if what == of:
            return About(what, _joined(a, b))
        case _:
            return None


def _joined(some: Names, more: Names) -> Names:
    return tuple(dict.fromkeys((*some, *more)))


def outside(part: Described) -> Described:
    """Who is not in it; twice not is nothing."""
    return part.part if isinstance(part, Outside) else Outside(part)
