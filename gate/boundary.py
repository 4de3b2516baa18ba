"""The boundary around whatever may fail in the gate: every exception becomes a reason."""

import asyncio
from collections.abc import Awaitable, Callable

from gate.observations.unobserved import Cause, Unobserved


async def held(look: Callable[[], Awaitable[object]]) -> object:
    """Calls a probe and returns its result, or why there is none.

    `SystemExit` and `KeyboardInterrupt` raised inside a task would end the loop from within, and an exception
    without a text would leave nothing to refuse with. So everything is caught, here and nowhere else.
    """
    try:
        return await look()
    except asyncio.CancelledError:
        return Unobserved(reason="the gate's time was up before it was seen", cause=Cause.DEADLINE)
    except BaseException as error:  # noqa: BLE001 - the one place where that is the point
        return Unobserved(reason=words_of(error), cause=Cause.CRASHED)


def words_of(error: BaseException) -> str:
    """A sentence for any exception, never empty."""
    if isinstance(error, BaseExceptionGroup):
        inner = "; ".join(words_of(one) for one in error.exceptions)
        return f"{type(error).__name__} of {len(error.exceptions)}: {inner}"
    text = " ".join(_text(error).split())
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}, without a text"


def _text(error: BaseException) -> str:
    """The text of an exception, even of one whose `__str__` raises."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a `__str__` that raises must not hide what it belongs to
        return ""
