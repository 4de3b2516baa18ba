"""`python -m belts`: what runs on this host, and everything that is done there."""

import sys

from belts.runtimes.process.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
