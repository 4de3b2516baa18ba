"""`python -m gate.signals.webhook --root HOSTS --gateway NAME` announces a gateway's moves until stopped.

The listener and the ledger are in the environment, because both addresses are secret.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from belts import webhook
from belts.reading.mistakes import MistakesError
from gate.alias.order.ledger_address import address
from gate.commands.place import place, runtime_argument
from gate.ledger.outbox import Outbox, outbox
from gate.redact import Redactor, secrets_of_url
from gate.secret import Address
from gate.signals.webhook.sender import Sender


def main(argv: Sequence[str]) -> int:
    """Returns 0 when stopped, 2 for wrong settings."""
    parser = argparse.ArgumentParser(
        prog="python -m gate.signals.webhook", description="Announce moves of the alias."
    )
    parser.add_argument(
        "--root", type=Path, required=True, metavar="HOSTS", help="the directory of the belts"
    )
    parser.add_argument("--gateway", required=True, metavar="NAME", help="whose moves are announced")
    runtime_argument(parser)
    arguments = parser.parse_args(argv)
    wrong = webhook.mistakes(os.environ)
    if wrong:
        sys.stderr.write(f"gate.signals.webhook: {MistakesError(wrong, of='the environment')}\n")
        return 2

    @contextmanager
    def opened() -> Iterator[Outbox]:
        # The address is looked up each time, so that a ledger that is made later is found.
        url = address(place(arguments.root, arguments.runtime), arguments.gateway, os.environ)
        with outbox(url.reveal(), arguments.gateway) as opened_outbox:
            yield opened_outbox

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Sender(
        listener=Address(os.environ[webhook.URL]),
        key=webhook.key(os.environ.get(webhook.SECRET, "")),
        outbox=opened,
        redactor=Redactor(secrets_of_url(os.environ.get(webhook.LEDGER, ""))),
        stop=stop,
    ).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
