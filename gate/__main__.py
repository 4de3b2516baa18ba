"""`python -m gate`: an adapter from arguments to commands and from outcomes to exit codes."""

import argparse
import sys
from collections.abc import Sequence

from belts.packages import at_hand
from gate.commands import NAMES
from gate.commands import command as load

EPILOG = "exit codes: 0 passed, 1 refused, 2 usage, 3 could not tell"


def main(argv: Sequence[str]) -> int:
    """The exit code of the command that the arguments name."""
    parser = argparse.ArgumentParser(
        prog="gate", description="Prove a candidate belt, or refuse it.", epilog=EPILOG
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in map(load, argv[:1] if argv and argv[0] in NAMES else NAMES):
        below = commands.add_parser(command.name, help=command.help, epilog=EPILOG, allow_abbrev=False)
        command.arguments(below)
        below.set_defaults(run=command.run)
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    return int(arguments.run(arguments))


if __name__ == "__main__":
    with at_hand("gate"):
        sys.exit(main(sys.argv[1:]))
