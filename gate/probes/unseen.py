"""How a fault of the world travels inside a probe, until it becomes the value that the probe returns."""

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
    """The other side answered, with errors in place of data."""


class BusyError(UnseenError):
    """The other side had too much to do; asked again a little later it may well answer."""


class SlowError(UnseenError):
    """No answer came in time; asked for less the other side may well answer."""


class LargeError(UnseenError):
    """The answer, or the question, was larger than one side takes; asked for less it may go through."""


def unseen_as_value(look: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Unobserved]]:
    """Makes a function that raises `UnseenError` one that returns the `Unobserved` instead."""

    @functools.wraps(look)
    async def looked(*args: P.args, **kwargs: P.kwargs) -> T | Unobserved:
        try:
            return await look(*args, **kwargs)
        except UnseenError as unseen:
            return unseen.unobserved

    return looked
