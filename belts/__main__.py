"""`python -m belts`: what runs on this host, and everything that is done there."""

import sys

from belts.packages import at_hand

if __name__ == "__main__":
    with at_hand("belts"):
        from belts.runtimes.process.command import main

        sys.exit(main(sys.argv[1:]))
