"""Observes what answers where a gateway would dial, using the host name that consumers use."""

from gate.endpoints import Belt, Side
from gate.observations.database import DatabaseIdentity
from gate.observations.dial import Between, DialSeen, Sealed
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause, Unobserved, both
from gate.probes.database import identity
from gate.probes.graphql.ask import ask_at
from gate.probes.graphql.chains import QUESTION, progress_of, read_chains
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.seals import Seals, at, at_dial
from gate.secret import Address


@unseen_as_value
async def look(world: World) -> DialSeen:
    """Identifies the belt by its seal, which covers the given database, or else by its heights."""
    belt = world.endpoints.candidate
    if belt.dial is None:
        return DialSeen()
    host = world.endpoints.alias.parts.netloc if world.endpoints.alias else ""
    seals = await _seals(world, belt)
    dialled = Sealed.NONE if seals is None else await at_dial(belt.dial, seals, host=host)
    if seals is not None and dialled is not Sealed.NONE:
        return DialSeen(dial=belt.dial, dialled=dialled)
    graphql = Sealed.NONE if seals is None else await at(belt.graphql, seals)
    return await _by_heights(world, belt.dial, host, graphql)


async def _seals(world: World, belt: Belt) -> Seals | None:
    """What the candidate seals with if this project runs it: its secret, and its observed database."""
    place = await identity.candidate(world)
    if belt.admin_secret is None or not isinstance(place, DatabaseIdentity):
        return None
    seen = (str(place.system_identifier), str(place.database_oid), str(place.chain_table_oid))
    return Seals(secret=belt.admin_secret, place=seen)


async def _by_heights(world: World, dial: str, host: str, graphql: Sealed) -> DialSeen:
    belts = [Side.CANDIDATE, *([Side.SERVING] if world.endpoints.serving else [])]
    before = {side: await _chains(world, side) for side in belts}
    shown = await _shown(world, dial, host)
    after = {side: await _chains(world, side) for side in belts}
    return DialSeen(
        dial=dial,
        dialled=Sealed.NONE,
        graphql=graphql,
        same_address=world.endpoints.candidate.graphql.place == Address(f"http://{dial}/v1/graphql").place,
        shown=shown,
        candidate=_between(before[Side.CANDIDATE], after[Side.CANDIDATE]),
        serving=_between(before[Side.SERVING], after[Side.SERVING]) if Side.SERVING in before else None,
    )


@unseen_as_value
async def _shown(world: World, dial: str, host: str) -> Progress:
    if dial.startswith("unix/"):
        raise UnseenError("a belt at a socket is told by its seal alone, and it has none", Cause.UNSUPPORTED)
    headers = {"host": host} if host else {}
    data, _ = await ask_at(world, Address(f"http://{dial}/v1/graphql"), QUESTION, headers=headers)
    return progress_of(data)


@unseen_as_value
async def _chains(world: World, side: Side) -> Progress:
    return await read_chains(world, side)


def _between(before: Progress | Unobserved, after: Progress | Unobserved) -> Between | Unobserved:
    seen = both(before, after)
    return seen if isinstance(seen, Unobserved) else Between(before=seen[0], after=seen[1])
