"""What `python -m gate` can do, one file a command."""

from gate.commands import audit, check, claims, decommission, history, judge, move, schema
from gate.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    check.COMMAND,
    schema.COMMAND,
    claims.COMMAND,
    judge.COMMAND,
    move.COMMAND,
    decommission.COMMAND,
    history.COMMAND,
    audit.COMMAND,
)
