"""`python -m demo` runs the demo, or goes on with it; `python -m demo down` undoes it."""

import argparse
import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from belts.refusal import Refusal
from demo.engine import Engine
from demo.place import Place
from demo.screen import Screen
from demo.story import Story
from demo.teardown import down
from examples.chains.plan import DEFAULT_EVENTS
from tools.environment import environment

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo over this checkout."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("run", "down"), default="run")
    parser.add_argument(
        "--events",
        type=int,
        default=os.environ.get("EVENTS", DEFAULT_EVENTS),
        help=f"events in the past of all chains together ({DEFAULT_EVENTS:,}; also the variable EVENTS)",
    )
    arguments = parser.parse_args(argv)
    place = Place(checkout=Path.cwd())
    screen = Screen()
    engine = Engine(directory=place.checkout, environment=environment(), tell=screen.progress)
    place.lock.parent.mkdir(parents=True, exist_ok=True)
    with place.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("a demo runs in this checkout already\n")
            return 1
        try:
            if arguments.what == "down":
                down(place, engine, screen)
            else:
                Story(place=place, engine=engine, screen=screen, events=arguments.events).tell()
        except Refusal as error:
            screen.say(f"stopped: {error}")
            screen.plain("`make demo` goes on from here; `make down` undoes what is there.")
            return 1
        except KeyboardInterrupt:
            screen.say("interrupted")
            screen.plain("`make demo` goes on from here; `make down` undoes what is there.")
            return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
