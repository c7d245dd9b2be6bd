"""The words educators write, made into what the flows teach; and what is wrong with them, in an author's own terms."""

from bot.content.library import check, load
from bot.content.problems import ContentError, Problem
from bot.content.shelf import Shelf

__all__ = ["ContentError", "Problem", "Shelf", "check", "load"]
