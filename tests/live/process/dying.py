"""`python -m tests.live.process.dying before|after MODULE FUNCTION NTH`: a `belts apply` that dies there.

Nothing of the command is made for this: the named function is wrapped, and the process ends by SIGKILL.
"""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from belts.runtimes.process.command import main as host


def main(argv: Sequence[str]) -> int:
    when, module, function, nth = argv
    place = importlib.import_module(f"belts.runtimes.process.{module}")
    real = getattr(place, function)
    left = int(nth)

    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, function, dying)
    return host(["apply"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
