"""Groups of learners, described in words a coordinator would use, counted live, and kept under a name."""

from bot.segments.conditions import Unresolved as Unresolved
from bot.segments.counting import count as count, count_query as count_query, query as query
from bot.segments.described import Described as Described, opened as opened
from bot.segments.known import ANYTHING as ANYTHING, Known as Known, names_there as names_there
from bot.segments.misread import NotUnderstood as NotUnderstood
from bot.segments.reading import parse as parse
from bot.segments.saved import (
    Refused as Refused,
    delete as delete,
    listed as listed,
    load as load,
    read as read,
    resolved as resolved,
    save as save,
)
from bot.segments.telling import in_words as in_words
