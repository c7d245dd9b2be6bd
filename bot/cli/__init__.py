"""The `titian` command: one module a command or family of commands, loaded when it is asked for.

A command module imports the heavy things inside its functions, so that `titian --help` stays quick.
"""

from importlib import import_module

import click

# Command -> the module of this package that holds it, under the command's own name.
COMMANDS = {
    "run": "run",
    "web": "run",
    "worker": "run",
    "clock": "run",
    "db": "db",
    "chat": "chat",
    "content": "content",
    "answers": "answers",
    "witnesses": "witnesses",
    "broadcast": "broadcast",
    "coordinators": "coordinators",
    "certificates": "certificates",
    "audit": "audit",
    "requests": "requests",
    "inbox": "inbox",
    "digest": "digest",
    "ring": "ring",
    "surveys": "surveys",
    "people": "people",
    "segments": "segments",
    "tags": "tags",
    "outbox": "outbox",
    "queues": "queues",
    "channels": "channels",
    "costs": "costs",
    "experiments": "experiments",
    "doctor": "doctor",
    "states": "states",
    "simulate": "simulate",
}


class Commands(click.Group):
    """A group that imports a command's module when the command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, or None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="titian", message="Titian %(version)s")
def main() -> None:
    """Lessons for phones with buttons, by SMS, USSD and WhatsApp."""
