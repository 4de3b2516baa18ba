"""The errors of a command, worded as in the plugin that this one stands in for.

OperationError
└── CommandError    the command could not be started, ended with a failure, or was killed
"""

import asyncio


class OperationError(Exception):
    """An operation of the plugin failed; the text is shown to the operator."""


class CommandError(OperationError):
    """A command failed: the reason, the command, and the end of its output."""

    def __init__(self, reason: str, command: str, printed: str = "") -> None:
        super().__init__(f"{reason}: running {command}:\n{printed}".rstrip("\n"))


def killed(why: asyncio.CancelledError) -> str:
    """The reason for a command that this plugin has killed."""
    return f"signal: killed ({why})" if str(why) else "signal: killed"
