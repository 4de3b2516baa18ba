"""What can go wrong with a command, in the words of the plugin that this one stands in for.

OperationError
└── CommandError    the command could not be started, ended with a failure, or was killed
"""

import asyncio


class OperationError(Exception):
    """An operation of the plugin failed; the text is what the operator reads."""


class CommandError(OperationError):
    """A command failed: the reason, the command, and the end of what it printed."""

    def __init__(self, reason: str, command: str, printed: str = "") -> None:
        super().__init__(f"{reason}: running {command}:\n{printed}".rstrip("\n"))


def killed(why: asyncio.CancelledError) -> str:
    """The reason of a command that this plugin has killed."""
    return f"signal: killed ({why})" if str(why) else "signal: killed"
