"""Looks at a belt's database around a move: its identity, and its heights."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Protocol

from belts.refusal import Refusal
from belts.spec.identity import Identity, Seed
from gate.alias.state import Heights, Standing
from gate.probes.database import changed as database_changed
from gate.probes.database import identity as database_identity
from gate.probes.database import progress as database_progress
from gate.probes.database.session import opened
from gate.probes.unseen import UnseenError
from gate.secret import Secret

PATIENCE = timedelta(seconds=10)
PAUSE = 0.2
NOTHING: Heights = MappingProxyType({})


class UnprovedError(Refusal):
    """A belt is not, or can no longer be shown to be, what it has to be."""


class RefutedError(UnprovedError):
    """A belt was seen, and is not what it has to be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """A belt in its database at one moment: whose chain table it is, and every chain's height.

    `project` is the one recorded by its host; unknown for a belt that others run.
    """

    seed: Seed
    heights: Heights
    project: str | None = None


class IdentityProbe(Protocol):
    """Something that can look at one belt."""

    async def __call__(self) -> Sight:
        """The belt now; raises `UnprovedError` if it cannot be seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseProbe:
    """Looks through a read-only database URL."""

    belt: str
    url: Secret

    async def __call__(self) -> Sight:
        """One snapshot of the belt's identity and progress."""
        ends = time.monotonic() + PATIENCE.total_seconds()
        try:
            name = f"{self.belt}'s database"
            left = partial(_left, ends)
            async with (
                opened(self.url, name=name, remaining=left) as database,
                database.snapshot() as snapshot,
            ):
                identity = await database_identity.within(snapshot)
                progress = await database_progress.within(snapshot)
                project = await database_changed.project(snapshot)
        except UnseenError as error:
            raise UnprovedError(
                f"nobody can see how far {self.belt} has come",
                expected="a database of it that answers",
                seen=str(error),
                now=f"see whether it runs, `pulumi up --stack {self.belt}`, then run the same again",
            ) from None
        return Sight(
            seed=Seed(
                system_identifier=str(identity.system_identifier),
                database_oid=identity.database_oid,
                chain_table_oid=identity.chain_table_oid,
            ),
            heights={row.chain: row.height for row in progress.chains if row.height is not None},
            project=project,
        )


def same(belt: str, declared: Identity, seen: Sight) -> None:
    """Raises if a belt's database is not the one that its stack declared."""
    if seen.seed != declared.seed:
        raise RefutedError(
            f"{belt} is not the belt that its stack declares",
            expected=declared.seed.unlike(seen.seed),
            seen=f"{seen.seed.unlike(declared.seed)}: it was seeded again, or its URL leads elsewhere",
            now=f"`pulumi up --stack {belt}`, then promote it anew",
        )
    if seen.project not in {None, declared.project_digest}:
        raise RefutedError(
            f"{belt} is not the belt that its stack declared",
            expected=f"project {declared.project_digest}",
            seen=f"project {seen.project}: its code was changed in place since",
            now=f"`pulumi up --stack {belt}`, then promote it anew",
        )


async def as_seen(
    belt: str, look: IdentityProbe, recorded: Heights, *, within: timedelta = PATIENCE
) -> Sight:
    """Waits until a belt is nowhere behind where it was seen; `look` ensures that it is the same belt.

    A reorganisation of one chain takes others back with it, for as long as it takes to index them again, so
    a belt that is behind gets time. One that stays behind is not the belt it was.
    """
    return await caught_up(belt, look, NOTHING, recorded=recorded, within=within)


def _behind(belt: str, heights: Heights, recorded: Heights) -> RefutedError:
    return RefutedError(
        f"{belt} is behind where it was already seen",
        expected="no chain lower than it was",
        seen=_far(heights, recorded, ", was"),
        now="let it catch up, or find out why it went back, then run the same again",
    )


def _lower(heights: Heights, wanted: Heights) -> Heights:
    """The wanted heights of the chains that are below them."""
    return {chain: height for chain, height in wanted.items() if heights.get(chain, -1) < height}


async def seen_heights(probe: Mapping[str, IdentityProbe], belt: Standing) -> Heights:
    """How far a belt has come, or was last seen to have come."""
    look = probe.get(belt.belt)
    try:
        return belt.heights if look is None else (await look()).heights
    except UnprovedError:
        return belt.heights


def steps_back(now: Heights, then: Heights) -> Heights:
    """By how many blocks consumers of `now` fall back if they get `then`."""
    return {chain: now[chain] - then.get(chain, 0) for chain in now if now[chain] > then.get(chain, 0)}


async def caught_up(
    belt: str,
    probe: IdentityProbe,
    goal: Heights,
    *,
    recorded: Heights = NOTHING,
    within: timedelta,
) -> Sight:
    """Waits until a belt has reached `goal` everywhere, and is nowhere behind `recorded`.

    There is no tolerance but time.
    """
    ends = time.monotonic() + within.total_seconds()
    while True:
        sight = await probe()
        missing, behind = _lower(sight.heights, goal), _lower(sight.heights, recorded)
        if not missing and not behind:
            return sight
        if time.monotonic() > ends:
            if not missing:
                raise _behind(belt, sight.heights, behind)
            raise UnprovedError(
                f"{belt} has not reached, within {within.total_seconds():g} s, where the serving belt was",
                expected="every chain that far",
                seen=_far(sight.heights, missing, " of"),
                now="let it catch up, then run the same again",
            )
        await asyncio.sleep(PAUSE)


def _far(heights: Heights, wanted: Heights, beside: str) -> str:
    """Describes the height of each chain beside the wanted one."""
    return ", ".join(
        f"chain {chain} at {heights.get(chain, 'nothing')}{beside} {height}"
        for chain, height in sorted(wanted.items())
    )


def _left(ends: float) -> float:
    return max(0.1, ends - time.monotonic())
