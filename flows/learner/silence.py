"""A number that has long been silent: whether it is still hers, asked so that another who has it now learns nothing of her."""

from typing import Final

from flows.text import T, Words, in_both, invite

# In both languages, since another may read it. CONTINUE and not YES: at a question, a yes could be taken for an answer.
STILL_HERS: Final[tuple[Words, ...]] = in_both(invite(T("Still your number? Send CONTINUE; if not, WRONG NUMBER.")))
