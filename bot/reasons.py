"""What other rooms say in English, such as why something did not go, found again among our phrases, so that it can be translated."""

import re
from typing import Final

from flows.text import T, Text

_KNOWN: Final = (
    # why an announcement may not be moved: bot/announcements/moves.py
    T("it is a draft: approve it first"),
    T("it has been approved, and waits to go out"),
    T("it has begun to go out"),
    T("it is paused"),
    T("it is done: all of it has gone out"),
    T("it was cancelled"),
    T("nobody would get it"),
    T("it is for {count} learners: above {most} somebody else approves it, a coordinator with the right to approve"),
    T("the time at which it was to go has passed: give it another"),
    T("somebody has changed it meanwhile: look at it again"),
    # why a text may not go out: bot/announcements/texts.py
    T("the {language} text is empty"),
    T("the {language} text has characters an SMS cannot carry: {characters}"),
    T("the {language} text is {count} characters too long for one SMS; the tag '{tag}' counts too"),
    T("the {language} text: {why}"),
    # why something does not go to a learner: bot/policy.py, bot/pushes.py, bot/announcements
    T("opted out"),
    T("no consent on record"),
    T("WhatsApp window shut: she last wrote over 24 hours ago, and no template is approved"),
    T("WhatsApp window shut, and no SMS channel is set up"),
    T("silent for {days} days: whether the number is still hers is asked first"),
    T("networks would not carry this text: {rule}"),
    T("the same words went to this address within {hours} hours"),
    T("nobody is at this address, as the provider says"),
    T("no channel set up that can reach her"),
    T("no address"),
    T("cap reached ({count} this week)"),
    T("cancelled by the coordinator"),
)


def _pattern(phrase: Text) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", phrase.msgid)
    return re.compile("".join(f"(?P<{each}>.+)" if odd % 2 else re.escape(each) for odd, each in enumerate(parts)))


_PATTERNS: Final = tuple((phrase.msgid, _pattern(phrase)) for phrase in _KNOWN)


def known(said: str) -> Text:
    """The phrase that reads so in English, with its places; the words themselves where it is none of those known here."""
    for msgid, pattern in _PATTERNS:
        if found := pattern.fullmatch(said):
            return Text(msgid, tuple(found.groupdict().items()))
    return Text(said)
