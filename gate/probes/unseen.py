"""The errors that probes raise internally for faults, until they are returned as a value."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from belts.refusal import Caught
from gate.observations.unobserved import Cause, Unobserved

P = ParamSpec("P")
T = TypeVar("T")


class UnseenError(Caught):
    """Something could not be looked at; `unobserved` says what and why.

    It never leaves the probes: `unseen_as_value` turns it into what it carries.
    """

    def __init__(self, reason: str, cause: Cause, *, advice: str = "") -> None:
        self.unobserved = Unobserved(reason=reason, cause=cause, advice=advice)
        super().__init__(self.unobserved.reason)


class RefusedError(UnseenError):
    """The server answered with errors in place of data."""


class BusyError(UnseenError):
    """The server was overloaded; a later attempt may succeed."""


class SlowError(UnseenError):
    """No answer came in time; a smaller request may succeed."""


class LargeError(UnseenError):
    """The answer or the request was too large for one side; a smaller request may succeed."""


def unseen_as_value(look: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Unobserved]]:
    """Decorates a function so that it returns the `Unobserved` of an `UnseenError`."""

    @functools.wraps(look)
    async def looked(*args: P.args, **kwargs: P.kwargs) -> T | Unobserved:
        try:
            return await look(*args, **kwargs)
        except UnseenError as unseen:
            return unseen.unobserved

    return looked
