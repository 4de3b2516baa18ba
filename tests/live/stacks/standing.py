"""What must not change where an update was refused: the alias, what consumers get, and the ledger."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from belts.runtimes.process.host import Host
from belts.spec.identity import read as read_identity
from gate.alias.order import ledger_address
from gate.certify import sealing
from gate.files import read_policy
from gate.ledger import Author, Entry, reading
from tests.live import plain
from tests.live.stacks.world import World

HERE = Author(gateway="gateway", stack="a test", who="a test")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where the alias leads, since when by its files, whom consumers are answered by, and all moves."""

    target: Path
    linked_ns: int
    written_ns: int
    route: str
    answers: str | None
    moves: tuple[tuple[str, str, str | None], ...]


def standing(world: World) -> Standing:
    """How the gateway stands now."""
    current = alias(world) / "current"
    return Standing(
        target=current.readlink(),
        linked_ns=current.lstat().st_mtime_ns,
        written_ns=current.stat().st_mtime_ns,
        route=(current / "route").read_text(),
        answers=answers(world),
        moves=moves(world),
    )


def alias(world: World) -> Path:
    """The alias directory of the gateway."""
    return world.hosts / "gateway" / "alias"


def answers(world: World) -> str | None:
    """The belt that answers a consumer."""
    url = f"{world.url(20530)}/v1/graphql"
    answer = plain.post(url, json={"query": "{ __typename }"}, timeout=10)
    return answer.headers.get("x-belt") if "data" in answer.json() else None


def certified(world: World, belt: str) -> bool:
    """Whether the ledger holds a certificate by which this belt could be promoted now."""
    url = ledger_address.of_place(Host(world.hosts), "gateway")
    assert url is not None
    identity = read_identity(world.outputs(belt)["identity"]).digest
    policy = read_policy(world.policy, os.environ).digest
    with reading(url.reveal(), HERE, key=sealing.key(Host(world.hosts), "gateway")) as book:
        return book.certificate(belt, identity, policy) is not None


def moves(world: World) -> tuple[tuple[str, str, str | None], ...]:
    """Every move that the ledger of the gateway holds, oldest first."""
    return tuple((move.kind.value, move.belt, move.result) for move in entries(world, "gateway"))


def entries(world: World, gateway: str) -> tuple[Entry, ...]:
    """What the ledger of any gateway holds, oldest first."""
    url = ledger_address.of_place(Host(world.hosts), gateway)
    assert url is not None
    with reading(url.reveal(), replace(HERE, gateway=gateway)) as book:
        return tuple(reversed(book.moves()))
