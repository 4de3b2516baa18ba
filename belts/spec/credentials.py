"""Generations of credentials: a belt begins with 1, each higher number makes new ones."""

from typing import Annotated

from belts.reading.kinds import Flag, Whole

MOST_GENERATIONS = 999_999_999
"""The most digits that a login's name has room for."""

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
