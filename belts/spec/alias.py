"""Where an alias is kept: in a directory that our Caddy reads, or elsewhere, behind two commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from belts.reading.codec import decode, encode
from belts.reading.fields import Fields
from belts.reading.kinds import Arguments, Choice, Seconds, Texts, Url
from belts.reading.mistakes import Mistake, MistakesError

ENV = "aliasEnv"
STDIN = "aliasStdin"
BELT = r"[a-z][a-z0-9-]{0,30}"
PLACE = r"[A-Za-z0-9\[][A-Za-z0-9._~:/\[\]@%+=,-]{0,1999}"
"""An address: it begins no option, and nothing in it means anything to a shell or in JSON."""


class AliasKind(StrEnum):
    """Where the alias is kept, and so who moves it."""

    DIRECTORY = "directory"
    COMMAND = "command"


Told = Annotated[
    AliasKind,
    Choice(
        "where the alias is kept: `directory`, which our Caddy reads, or `command`, where something of yours "
        "leads consumers to a belt; see [an alias that lives elsewhere](aliases.md)",
        words=AliasKind,
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryAlias:
    """A directory on the gateway's host, swapped whole."""

    kind: Told = field(default=AliasKind.DIRECTORY, init=False)


DIRECTORY = DirectoryAlias()


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandAlias:
    """Something that leads consumers to a belt, set and told by two commands. Nothing here is secret."""

    kind: Told = field(default=AliasKind.COMMAND, init=False)
    url: Annotated[
        str,
        Url(
            "command only: the stable URL as consumers ask it, with its path",
            what="a URL like https://graph.example.org/v1/graphql",
        ),
    ]
    setting: Annotated[
        tuple[str, ...],
        Arguments(
            "command only: the program that leads the alias to a belt, and its arguments",
            key="set",
            words=("upstream", "belt", "url"),
            must="upstream",
        ),
    ]
    getting: Annotated[
        tuple[str, ...],
        Arguments(
            "command only: the program that prints where the alias leads now, and its arguments",
            key="get",
            words=("url",),
        ),
    ]
    addresses: Annotated[
        Mapping[str, str],
        Texts(
            "command only: how the alias names a belt, by the belt's name; left out, a belt is named by its "
            "GraphQL URL",
            what="a map from belts to addresses",
            names=BELT,
            name="the name of a belt's stack",
            text="an address without blanks, quotes and signs of a shell, such as `http://10.0.0.7:8080`",
            pattern=PLACE,
        ),
    ] = field(default_factory=dict)
    set_limit: Annotated[
        timedelta,
        Seconds("command only: how long `set` may run; then it is ended", key="setSeconds", most=1_800),
    ] = timedelta(seconds=60)
    get_limit: Annotated[
        timedelta,
        Seconds("command only: how long `get` may run; then it is ended", key="getSeconds", most=120),
    ] = timedelta(seconds=10)
    arrive: Annotated[
        timedelta,
        Seconds(
            "command only: how long after `set` it may take until `get` tells of the belt, and again until "
            "every answer is the belt's",
            most=1_800,
        ),
    ] = timedelta(seconds=60)

    @property
    def longest(self) -> timedelta:
        """How long a move and its way back may take, with everything that is asked meanwhile."""
        return 4 * (self.set_limit + 2 * self.arrive + 2 * self.get_limit)


Alias: TypeAlias = DirectoryAlias | CommandAlias


def written(alias: CommandAlias) -> dict[str, Any]:
    """As an order and the folder of the alias hold it."""
    return encode(alias)


def read(values: Mapping[str, Any]) -> CommandAlias:
    """What was written; raises `MistakesError` for anything else."""
    mistakes: list[Mistake] = []
    found: CommandAlias = decode(CommandAlias, Fields(values=values, mistakes=mistakes, path="alias"))
    if mistakes:
        raise MistakesError(mistakes, of="the alias")
    return found
