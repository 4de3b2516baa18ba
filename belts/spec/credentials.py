"""Generations of credentials: 1 is what a belt begins with, each higher number makes new ones."""

from typing import Annotated

from belts.reading.kinds import Flag, Whole

MOST_GENERATIONS = 999_999_999
"""As many as a login's name has digits for."""

Credentials = Annotated[
    int,
    Whole(
        "the generation of the belt's passwords and of its engine's admin secret; raising it makes "
        "[new ones](rotation.md) of all, lowering it is refused",
        most=MOST_GENERATIONS,
        live=True,
        top=True,
    ),
]
RevokePrevious = Annotated[
    bool,
    Flag(
        "whether readers' passwords of the generation before open nothing any more; see "
        "[rotation](rotation.md)",
        key="revokePreviousCredentials",
        live=True,
        top=True,
    ),
]
