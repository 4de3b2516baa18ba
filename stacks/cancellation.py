"""Whether the engine was asked to stop, as the process of a dynamic provider hears it.

Ctrl-C does not reach a running hook, and once the hook has passed, the engine carries out what the hook was
asked about. It does tell its providers at once; the SDK's dynamic provider answers that call and forgets it.
So the body of that answer is exchanged for one that remembers.
"""

import sys
from threading import Event
from typing import Any

from google.protobuf.empty_pb2 import Empty

cancelled = Event()
heard = Event()
"""Set where cancellations arrive; where they cannot, nobody may act as if there were none."""


def listen() -> None:
    """Hear from now on, in the process that the SDK runs dynamic providers in."""
    servicer = getattr(sys.modules["__main__"], "DynamicResourceProviderServicer", None)
    if servicer is not None:
        # The server holds the method already: only what is in it can be exchanged.
        servicer.Cancel.__code__ = _cancel.__code__
        heard.set()


def _cancel(_self: Any, _request: Any, _context: Any) -> Empty:
    """What the SDK's method becomes; its globals are those of the SDK's module, so it brings its own."""
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

    from stacks.cancellation import cancelled  # noqa: PLC0415

    cancelled.set()
    return Empty()
