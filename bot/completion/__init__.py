"""The completion tracker: who has completed what, what is still missing, and the certificates that follow.

`records` reads what is known of a learner; `issuing` makes the row of a certificate; `tracker` decides, in the turn of
the answer that completes a course; `standing` says what is missing; `backfill` looks at everybody again, `by_hand` at
one of them; `changes` corrects; `transcript` is the ledger of her hours.
"""

from bot.completion.tracker import Issued as Issued, Outcome as Outcome, complete as complete
