"""Whether Pulumi was asked to stop, as the process of a dynamic provider learns it.

Ctrl-C does not reach a running hook, and when the hook has passed, Pulumi carries out what the hook was asked
about. Pulumi does notify its providers at once, but the SDK's dynamic provider ignores that call. So the code
of the SDK's method is replaced by code that records the call.
"""

import sys
from threading import Event
from typing import Any

from google.protobuf.empty_pb2 import Empty

cancelled = Event()
heard = Event()
"""Set where cancellations arrive; if it is not set, `cancelled` says nothing."""


def listen() -> None:
    """Record cancellations from now on, in the process in which the SDK runs dynamic providers."""
    servicer = getattr(sys.modules["__main__"], "DynamicResourceProviderServicer", None)
    if servicer is not None:
        # The server already holds the method: only its code can be replaced.
        servicer.Cancel.__code__ = _cancel.__code__
        heard.set()


def _cancel(_self: Any, _request: Any, _context: Any) -> Empty:
    """The new code of the SDK's method; its globals are those of the SDK's module, so it imports its own."""
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

    from stacks.cancellation import cancelled  # noqa: PLC0415

    cancelled.set()
    return Empty()
