"""A style sheet that rides in its page: one request on a slow line, and the page looks the same once saved or printed.

The page's policy names the sheet by its hash: nothing else may style the page, and nothing at all may run in it, but for a
script of ours that rides in the same way.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "static"


class Style(NamedTuple):
    """A sheet, and how a policy names it."""

    sheet: Markup
    source: str  # for style-src

    @property
    def policy(self) -> str:
        """The policy of a page with this sheet whose forms come back to us."""
        return (
            f"default-src 'none'; style-src {self.source}; img-src data:; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )

    def policy_with(self, script: "Style") -> str:
        """The same where one script may run as well."""
        return f"{self.policy}; script-src {script.source}"


def read(name: str) -> Style:
    """The sheet of that name."""
    return _riding(f"{name}.css")


def script(name: str) -> Style:
    """The script of that name, in the way of a sheet."""
    return _riding(f"{name}.js")


def _riding(file: str) -> Style:
    text = (FOLDER / file).read_text(encoding="utf-8")
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Style(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own file
