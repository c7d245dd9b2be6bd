"""What Malaysian networks block in an SMS since September 2024, and what they do not carry; nobody is exempt."""

import re
from typing import Final

# In the alphabet, but not carried.
_NOT_CARRIED: Final = re.compile("[€ΔΦΓΛΩΠΨΣΘΞ¤]")
_LINK: Final = re.compile(
    r"https?:|www\.|\S@\w+\.\w|\b[a-z0-9-]{2,}\.(?:com|net|org|edu|gov|info|io|ly|me|my|co|app|link|shop|xyz)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d{5,}|\d(?:[ -]?\d){8,}")

LINK: Final = "Networks block an SMS with a link or an e-mail address: say it without one."
NUMBER: Final = (
    "This looks like a telephone or account number, which networks block. Write amounts with a comma: RM15,000."
)


def reasons(text: str) -> list[tuple[str, str]]:
    """Why networks would not carry this text: a short name for each reason, and what to do about it, in words."""
    found = [
        ("character", f"{character} is not carried by Malaysian networks: write it in words.")
        for character in dict.fromkeys(_NOT_CARRIED.findall(text))
    ]
    if _LINK.search(text):
        found.append(("link", LINK))
    if _NUMBER.search(text):
        found.append(("number", NUMBER))
    return found
