"""The pinned toolchain: everything that a checkout needs beyond git, make and Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is all that an older Python gets to read
    sys.exit(
        "Belts needs Python 3.11 or newer, and this is %d.%d (%s).\n"  # noqa: UP031
        "Name a newer one: make PYTHON=python3.12 ..., or install it with your system's packages."
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
