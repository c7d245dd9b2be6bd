"""The author's tools: `titian content schema`, `new`, `preview`, `graph`, `export`, `import`, `po` and `play`; one command a file.

Like every command module, each imports the heavy things inside its functions.
"""

from importlib import import_module
from typing import Final

import click

# Command -> the module of this package that holds it, and the name it has there.
COMMANDS: Final = {
    "schema": ("schema", "schema"),
    "new": ("new", "new"),
    "preview": ("preview", "preview"),
    "graph": ("graph", "graph"),
    "export": ("sheet", "export"),
    "import": ("sheet", "import_"),
    "po": ("po", "po"),
    "play": ("play", "play"),
}


class AuthorsGroup(click.Group):
    """A group that also has the author's tools, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return its own commands, then the author's."""
        return [*super().list_commands(ctx), *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, or None if there is no such command."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name]
        command = getattr(import_module(f"{__name__}.{module}"), name)
        assert isinstance(command, click.Command)
        return command
