"""Doubts: what about a certificate people should ask, whom they ring by lot, and what they decided. Never a verdict of a rule.

`rules` says when something is worth a question, and is pure; `known` reads what they look at; `looking` finds them after a
certificate was issued; `settling` lists them and keeps what people decided; `sampling` draws whom to ring, `calling` keeps
what came of it.
"""

from bot.doubts.rules import KINDS as KINDS, Doubt as Doubt, in_words as in_words
