"""What `python -m gate` can do, one file a command."""

from gate.commands import check, judge, move, schema
from gate.commands.command import Command

COMMANDS: tuple[Command, ...] = (check.COMMAND, schema.COMMAND, judge.COMMAND, move.COMMAND)
