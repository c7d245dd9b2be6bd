"""What the YAML parser says of a file it cannot read, and what that most often means in a lesson."""

from typing import Final

NEVER_CLOSED: Final = "The quotes that begin here are never closed: put a second one at the end of the text."

# What the parser says, and what it most often means in a lesson.
_MEANS: Final = (
    ("mapping values are not allowed", "A colon inside a text ends it: put the whole text in double quotes."),
    ("cannot start any token", "A text may not begin with this sign: put the whole text in double quotes."),
    ("did not find expected key", 'Either this line is not indented like its neighbours, or a " stands inside a text in quotes: write it as \\".'),
    ("unexpected end of stream", NEVER_CLOSED),
    ("expected ':'", "This line has no colon after its name, or the text of the line before goes on here without quotes."),
    ("sequence entries are not allowed", 'A text may not begin with "- ": put it in double quotes, or begin the list on a line of its own.'),
    ("expected <document start>", "This line is indented less than the one the file begins with: give both the same indent."),
    ("another document", 'Only one course stands in a file: remove the line "---", or put the second course in a file of its own.'),
    ("undefined alias", "A text may not begin with *: put the whole text in double quotes."),
    ("unknown escape character", "A \\ inside double quotes has a meaning of its own: write it twice, or leave it out."),
    ("control characters", "There is an invisible character here: delete this stretch of the line and type it again."),
)  # fmt: skip


def meaning(said: str) -> str:
    """The parser's words in an author's terms."""
    plain = " ".join(said.split())
    return next((means for part, means in _MEANS if part in plain), f"This line cannot be read as YAML ({plain}).")
