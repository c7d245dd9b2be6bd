"""Whether a reply says that something is true or false, in the words people use for it; what may be either is left open."""

import re
from typing import Final

from flows.reading.places import said
from flows.reading.wording import AT_A_LOSS, DOUBTS

# With the slips people make: short words have neighbours (besar, sawah, salam), so no others are forgiven.
_TRUE: Final = frozenset(
    "betul btl btul btol butul batul betol betl betu bteul beetul benar bnar bner bener true tru ture correct right "
    "tepat sah ya y ye yes yeah yep yup iya iye iyo oo yea".split()
)
_FALSE: Final = frozenset(
    "salah slh salh slah slaah sala sallah saalh palsu false fals flase fasle wrong worng incorrect untrue bohong tipu "
    "karut f n".split()
)
_NO: Final = frozenset("tidak bukan not no nope nah never".split())
_EITHER: Final = frozenset("au t s".split())  # au is yes or no, t is true or tidak, s is salah or setuju
_OK: Final = frozenset("ok okay oke okey k".split())
_ASKS: Final = frozenset("ke kah ka kan".split())  # "tak betul ke?" is not answered, but asked
_PAUSE = re.compile(r"\w\s*[,.;:!?/]+\s*\w")

UNSURE: Final = "?"


def verdict(spoken: tuple[str, ...], text: str) -> str:
    """What the words of an answer say: "true", "false", UNSURE, or "" where they say neither.

    >>> verdict(("tidak", "betul"), "x betul"), verdict(("tidak", "salah"), "tak salah"), verdict(("betul", "tidak"), "")
    ('false', '?', '?')
    """
    yes = any(word in _TRUE for word in spoken)
    no = any(word in _FALSE for word in spoken)
    turned = [word for word in spoken if word in _NO]
    if not (yes or no or turned or _EITHER.intersection(spoken)):
        return ""
    if (DOUBTS | AT_A_LOSS).intersection(spoken) and not (yes or no):
        return ""
    strange = any(word not in _TRUE and word not in _FALSE and word not in _NO for word in spoken)
    if strange or (yes and no) or (turned and no):
        return UNSURE
    if turned and yes:
        at_once = len(turned) == 1 and len(spoken) == 2 and spoken[0] in _NO and not _PAUSE.search(text)
        return "false" if at_once else UNSURE
    return "true" if yes else "false"


def verdict_of(plain: str, text: str) -> str:
    """What a whole reply says, a bare "ok" included."""
    if plain in _OK:
        return "true"
    reply = said(plain)
    told = verdict(tuple(_stem(word) for word in reply.core), text)
    asks = reply.turned and not _ASKS.isdisjoint(plain.split())
    return UNSURE if told and (reply.wavers or asks) else told


def _stem(word: str) -> str:
    """The word without -lah: "betullah" says what "betul" says."""
    bare = word.removesuffix("lah")
    return bare if bare in _TRUE or bare in _FALSE or bare in _NO else word
