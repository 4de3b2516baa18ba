"""What `python -m gate` can do, one file a command; only the one that is called is loaded."""

from importlib import import_module

from gate.commands.command import Command

NAMES = (
    "check",
    "prove",
    "schema",
    "claims",
    "judge",
    "move",
    "byway",
    "decommission",
    "history",
    "report",
    "audit",
    "ledger",
)


def command(name: str) -> Command:
    """The command of this name."""
    found: Command = import_module(f"gate.commands.{name}").COMMAND
    return found
