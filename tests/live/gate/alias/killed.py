"""`gate move` that the kernel kills right after one of its steps: `python -m ….killed STEP TIMES`."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from gate.__main__ import main
from gate.alias.confirm.against_certificate import AgainstCertificate
from gate.alias.decide import refutation
from gate.alias.directory import Directory
from gate.alias.move.arrival import GatewayConnections
from gate.ledger import Ledger

STEPS: dict[str, tuple[Any, str]] = {
    "begin": (Ledger, "begin"),
    "swap": (Directory, "swap"),
    "arrive": (GatewayConnections, "leads_to"),
    "look": (AgainstCertificate, "after"),
    "note": (refutation, "note"),
    "end": (Ledger, "end"),
}


def killed_after(owner: Any, name: str, times: int) -> None:
    """From now on, what is named here is the last thing that this process does, when it is done so often."""
    whole: Callable[..., Any] = getattr(owner, name)
    left = [times]

    def done() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def step(*args: Any, **kwargs: Any) -> Any:
        given = whole(*args, **kwargs)
        done()
        return given

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        given = await whole(*args, **kwargs)
        done()
        return given

    setattr(owner, name, awaited if name in {"leads_to", "after"} else step)


if __name__ == "__main__":
    killed_after(*STEPS[sys.argv[1]], int(sys.argv[2]))
    sys.exit(main(["move"]))
