"""What is said where a description cannot be understood: what, where, and what is possible instead."""

from collections.abc import Iterable

from flows.reading.wording import FAR, nearly, slips
from flows.text import T, Text, Words

MOST_NEAR = 3

POSSIBLE = T(
    "district, course, finished, not finished, not begun, passed at least 3 lessons, at lesson 2, active 7 days, "
    "silent 14 days, channel, language, gender, age, education, work, answered, reachable, receive-only, unreachable, tag, "
    "joined since, segment; with and, or, not and brackets"
)


class NotUnderstood(ValueError):
    """A description that cannot be read. `says` is why, in her language; `at` is where, in characters from the start."""

    def __init__(self, says: Text, at: int = 0) -> None:
        super().__init__(english(says))
        self.says = says
        self.at = at


def english(words: Words | str | int) -> str:
    """A phrase of ours as it is written in the code, its places filled."""
    if isinstance(words, Text):
        return (
            words.msgid.format_map({name: english(value) for name, value in words.places})
            if words.places
            else words.msgid
        )
    return str(words)


def strange(word: str, at: int, candidates: Iterable[str]) -> NotUnderstood:
    """Nothing begins with this word; the candidates are words that something begins with."""
    near = nearest(word, candidates)
    if near:
        return NotUnderstood(
            T('I do not understand "{word}". Did you mean {near}?', word=word, near=", ".join(near)), at
        )
    return NotUnderstood(
        T('I do not understand "{word}". You may write: {possible}.', word=word, possible=POSSIBLE), at
    )


def alone(word: str, at: int, what: Text) -> NotUnderstood:
    """A name that we know, and nothing said of it: after a comma, perhaps."""
    return NotUnderstood(
        T(
            '"{word}" alone says too little. Write: {what} {word}. Or, for one of several, without a comma: or {word}.',
            word=word,
            what=what,
        ),
        at,
    )


def unknown(what: Text, name: str, at: int, there: Iterable[str]) -> NotUnderstood:
    """There is nothing of the kind under this name; `there` is what there is."""
    known = sorted(dict.fromkeys(there))
    listed = ", ".join(nearest(name, known) or known[:12])
    if listed:
        return NotUnderstood(
            T('There is no {what} "{name}". There is: {listed}.', what=what, name=name, listed=listed), at
        )
    return NotUnderstood(T('There is no {what} "{name}". There is none at all yet.', what=what, name=name), at)


def missing(after: str, at: int, wanted: Text) -> NotUnderstood:
    """What should come next is not there."""
    return NotUnderstood(T('After "{after}" comes {wanted}.', after=after, wanted=wanted), at)


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """The few words that may have been meant, those that were most likely first."""
    folded = word.casefold()
    near = dict.fromkeys(each for each in candidates if nearly(folded, each.casefold()))
    return sorted(near, key=lambda each: (min(slips(folded, each.casefold()), FAR), each))[:MOST_NEAR]
