"""All probes, in the order in which they are started; they run concurrently."""

from collections.abc import Awaitable, Callable
from functools import partial

from gate.claims import Claim
from gate.endpoints import Side
from gate.probes import content, counts, dial, doors, heights, metrics, relayed, siblings, watched
from gate.probes.database import changed, enums, holdings, identity, progress
from gate.probes.graphql import answers, chains, forms, metadata, schema, turns
from gate.probes.heads import head, told
from gate.probes.probe import Probe
from gate.probes.served import followed
from gate.probes.served import look as served
from gate.probes.sound import sound
from gate.probes.truth import look as truth
from gate.probes.world import World
from gate.proof.look import look as whole_history


def on(side: Side, thing: str, look: Callable[[World, Side], Awaitable[object]], *claims: Claim) -> Probe:
    """A probe that looks at one belt."""

    async def there(world: World) -> object:
        return await look(world, side)

    return Probe(field=f"{side}_{thing}", claims=frozenset(claims), look=there)


PROBES: tuple[Probe, ...] = (
    Probe(field="turns", claims=frozenset({Claim.DISTINCT}), look=turns.look),
    Probe(field="serving_database", claims=frozenset({Claim.DISTINCT}), look=identity.serving),
    Probe(
        field="candidate_database",
        claims=frozenset({Claim.DISTINCT, Claim.RUNTIME}),
        look=identity.candidate,
    ),
    Probe(field="lock", claims=frozenset({Claim.DISTINCT}), look=identity.lock),
    Probe(field="dial", claims=frozenset({Claim.DISTINCT}), look=dial.look),
    on(Side.SERVING, "doors", doors.look, Claim.DISTINCT),
    on(Side.CANDIDATE, "doors", doors.look, Claim.DISTINCT),
    Probe(field="watched", claims=frozenset({Claim.HEIGHT}), look=lambda world: world.once(watched.look)),
    Probe(
        field="heights", claims=frozenset({Claim.HEIGHT}), look=partial(heights.look, heads=head, told=told)
    ),
    on(Side.SERVING, "answers", answers.look, Claim.REACHABLE),
    on(Side.CANDIDATE, "answers", answers.look, Claim.REACHABLE),
    on(Side.SERVING, "chains", chains.look, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.CANDIDATE, "chains", chains.look, Claim.DISTINCT, Claim.COMPLETE, Claim.CONTENT),
    on(Side.SERVING, "rows", progress.progress, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.CANDIDATE, "rows", progress.progress, Claim.DISTINCT, Claim.COMPLETE),
    on(Side.SERVING, "schema", schema.look, Claim.COMPLETE, Claim.SCHEMA),
    on(Side.CANDIDATE, "schema", schema.look, Claim.COMPLETE, Claim.CONTENT, Claim.SCHEMA),
    on(Side.SERVING, "enums", enums.look, Claim.SCHEMA),
    on(Side.CANDIDATE, "enums", enums.look, Claim.SCHEMA),
    on(Side.SERVING, "limits", schema.look_at_limits, Claim.SCHEMA),
    on(Side.CANDIDATE, "limits", schema.look_at_limits, Claim.SCHEMA),
    on(Side.SERVING, "forms", forms.look, Claim.SCHEMA),
    on(Side.CANDIDATE, "forms", forms.look, Claim.SCHEMA),
    on(Side.SERVING, "metadata", metadata.look, Claim.SCHEMA),
    on(Side.CANDIDATE, "metadata", metadata.look, Claim.SCHEMA, Claim.CONTENT),
    on(Side.CANDIDATE, "metrics", metrics.look, Claim.RUNTIME),
    on(Side.SERVING, "changed", changed.look, Claim.CONTENT),
    on(Side.CANDIDATE, "changed", changed.look, Claim.CONTENT),
    Probe(field="counts", claims=frozenset({Claim.COUNTS}), look=counts.look),
    Probe(field="relay", claims=frozenset({Claim.GROUND_TRUTH}), look=relayed.look),
    Probe(field="truth", claims=frozenset({Claim.GROUND_TRUTH}), look=truth.look),
    Probe(field="history", claims=frozenset({Claim.GROUND_TRUTH}), look=whole_history),
    Probe(field="content", claims=frozenset({Claim.CONTENT}), look=content.content),
    Probe(field="holdings", claims=frozenset({Claim.CONTENT}), look=holdings.look),
    Probe(field="footprint", claims=frozenset({Claim.CONTENT}), look=holdings.footprint),
    Probe(field="served", claims=frozenset({Claim.CONTENT}), look=served.look),
    Probe(field="followed", claims=frozenset({Claim.CONTENT}), look=followed.look),
    Probe(field="siblings", claims=frozenset({Claim.BUDGET}), look=siblings.look),
    Probe(field="sound", claims=frozenset({Claim.SOUND}), look=sound),
)
