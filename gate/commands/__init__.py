"""What `python -m gate` can do, one file a command."""

from gate.commands import check, schema
from gate.commands.command import Command

COMMANDS: tuple[Command, ...] = (check.COMMAND, schema.COMMAND)
