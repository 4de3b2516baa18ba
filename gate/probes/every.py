"""The probes, in the order in which they are started; all of them run at once."""

from collections.abc import Awaitable, Callable
from functools import partial

from gate.claims import Claim
from gate.endpoints import Side
from gate.probes import counts, heights, metrics
from gate.probes.database import enums, identity, look, progress
from gate.probes.graphql import answers, chains, schema
from gate.probes.heads import head
from gate.probes.probe import Probe
from gate.probes.truth import look as truth
from gate.probes.world import World


def on(side: Side, thing: str, look: Callable[[World, Side], Awaitable[object]], *claims: Claim) -> Probe:
    """The probe that looks at one belt's side of a thing."""

    async def there(world: World) -> object:
        return await look(world, side)

    return Probe(field=f"{side}_{thing}", claims=frozenset(claims), look=there)


PROBES: tuple[Probe, ...] = (
    Probe(field="alias", claims=frozenset({Claim.DISTINCT}), look=chains.look_at_alias),
    Probe(field="serving_database", claims=frozenset({Claim.DISTINCT}), look=identity.serving),
    Probe(field="candidate_database", claims=frozenset({Claim.DISTINCT}), look=identity.candidate),
    Probe(field="lock", claims=frozenset({Claim.DISTINCT}), look=identity.lock),
    Probe(field="heights", claims=frozenset({Claim.HEIGHT}), look=partial(heights.look, heads=head)),
    on(Side.SERVING, "answers", answers.look, Claim.REACHABLE),
    on(Side.CANDIDATE, "answers", answers.look, Claim.REACHABLE),
    on(Side.SERVING, "chains", chains.look, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.CANDIDATE, "chains", chains.look, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.SERVING, "rows", progress.progress, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.CANDIDATE, "rows", progress.progress, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.SERVING, "schema", schema.look, Claim.COMPLETE, Claim.SCHEMA),
    on(Side.CANDIDATE, "schema", schema.look, Claim.COMPLETE, Claim.SCHEMA),
    on(Side.SERVING, "enums", enums.look, Claim.SCHEMA),
    on(Side.CANDIDATE, "enums", enums.look, Claim.SCHEMA),
    on(Side.SERVING, "limits", schema.look_at_limits, Claim.SCHEMA),
    on(Side.CANDIDATE, "limits", schema.look_at_limits, Claim.SCHEMA),
    on(Side.CANDIDATE, "metrics", metrics.look, Claim.RUNTIME),
    Probe(field="counts", claims=frozenset({Claim.COUNTS}), look=counts.look),
    Probe(field="truth", claims=frozenset({Claim.GROUND_TRUTH}), look=truth.look),
    Probe(field="content", claims=frozenset({Claim.CONTENT}), look=look.content),
)
