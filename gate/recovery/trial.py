"""Judges a candidate while the serving belt is dead, by what that belt's last certificate recorded.

Only if the policy declares it, with the belt's name, a reason and an expiry; and only while the gate itself
sees that the belt is dead. A belt that has stalled but answers is compared as far as possible.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from gate.alias.certificate import memory
from gate.alias.certificate.memory import Memory
from gate.alias.order.order import Candidate, OrderRefused
from gate.alias.state import Heights
from gate.amounts import amount
from gate.checks import recovered
from gate.checks.check import Check
from gate.checks.recovered import Dead
from gate.checks.stalled import checks as stalled_checks
from gate.claims import Claim
from gate.endpoints import Endpoints
from gate.ledger import Ledger, LedgerError
from gate.looking import alone
from gate.observations import Progress, Unobserved
from gate.observations.state import Held
from gate.observations.unobserved import Cause
from gate.policy import Policy
from gate.probes import heights
from gate.probes.database import own_state
from gate.probes.heads import head
from gate.probes.heads import told as heads_told
from gate.probes.probe import Probe
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.recovery import death, stall
from gate.recovery.death import Death
from gate.recovery.stall import Stall
from gate.run import Gate

MODE = "recovery"
OF_THE_DEAD = frozenset({"turns", "lock", "heights", "counts", "content"})
"""Fields that are not observed: they need both belts, or are replaced by another check."""

REMEMBERED = (
    "serving_chains",
    "serving_schema",
    "serving_enums",
    "serving_limits",
    "serving_forms",
    "serving_metadata",
)

Watch = Callable[[Candidate, Endpoints], Awaitable[Death]]
Stands = Callable[[Candidate, Policy, float], Awaitable[Stall]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The gate that judges a candidate, the mode that its verdict is recorded under, and notes."""

    gate: Gate
    mode: str
    notes: tuple[str, ...] = ()


async def _watched(serving: Candidate, endpoints: Endpoints) -> Death:
    return await death.watch(serving.doors, endpoints.alias, name=serving.belt)


async def trial(
    gate: Gate,
    policy: Policy,
    endpoints: Endpoints,
    *,
    serving: Candidate | None,
    candidate: Candidate,
    ledger: Ledger | None,
    ends: float,
    watch: Watch = _watched,
    stands: Stands = stall.watch,
) -> Trial:
    """The usual gate, unless a recovery is declared for the serving belt; raises if the belt is not dead."""
    declared, usual = policy.recovery, Trial(gate=gate, mode=policy.mode.value)
    if declared is None or serving is None:
        return usual
    if declared.belt != serving.belt:
        note = f"the recovery of {declared.belt} does not apply: {serving.belt} serves"
        return replace(usual, notes=(note,))
    if not declared.holds(datetime.now(UTC)):
        note = f"the recovery of {declared.belt} ended on {declared.expires}, and does not apply"
        return replace(usual, notes=(note,))
    if declared.stalled:
        return await _of_the_stalled(
            gate,
            policy,
            endpoints,
            serving=serving,
            candidate=candidate,
            ledger=ledger,
            ends=ends,
            stands=stands,
        )
    seen = await watch(serving, endpoints)
    if not seen.dead:
        raise OrderRefused(
            "the alias stays where it is",
            expected=f"{serving.belt} to be dead, as the policy's `recovery` says",
            seen=f"{seen.alive}",
            now="take `recovery` out of the policy and promote as always; or stop what is left of "
            f"{serving.belt}, if it serves nobody any more",
        )
    past = remembered(ledger, serving)
    dead = Dead(
        recovery=declared,
        serving=serving.identity,
        candidate=candidate.identity,
        held=await _held(past, endpoints, policy, ends),
    )
    return Trial(
        gate=replace(gate, probes=_probes(gate.probes, past), checks=_checks(gate.checks, dead)),
        mode=MODE,
        notes=(_words(serving.belt, seen.looks, declared.reason),),
    )


async def _of_the_stalled(
    gate: Gate,
    policy: Policy,
    endpoints: Endpoints,
    *,
    serving: Candidate,
    candidate: Candidate,
    ledger: Ledger | None,
    ends: float,
    stands: Stands,
) -> Trial:
    """The usual gate, except for rows whose states at the stalled belt's height are gone."""
    if policy.recovery is None:
        raise ValueError("no recovery is declared")
    seen = await stands(serving, policy, ends)
    if not seen.stalled:
        raise OrderRefused(
            "the alias stays where it is",
            expected=f"{serving.belt} to have stalled, as the policy's `recovery` says",
            seen=f"{seen.instead}",
            now="take `recovery` out of the policy and promote as always; or leave `stalled` out of "
            f"it, if {serving.belt} is dead",
        )
    stalled = Dead(
        recovery=policy.recovery,
        serving=serving.identity,
        candidate=candidate.identity,
        held=await _held(remembered(ledger, serving), endpoints, policy, ends),
    )
    instead = {check.claim: check for check in stalled_checks(stalled)}
    checks = tuple(instead.get(check.claim, check) for check in gate.checks)
    note = (
        f"{serving.belt} has stalled: {'; '.join(seen.standing)}; what cannot be compared with it any more "
        f"is decided by its last certificate ({policy.recovery.reason})"
    )
    return Trial(gate=replace(gate, checks=checks), mode=policy.mode.value, notes=(note,))


def _words(belt: str, looks: int, reason: str) -> str:
    return (
        f"{belt} is dead: in {amount(looks, 'look')} neither its GraphQL endpoint nor its database answered; "
        f"what needs it is decided by its last certificate ({reason})"
    )


def remembered(ledger: Ledger | None, serving: Candidate) -> Memory | Unobserved:
    """What the last certificate of this very belt recorded."""
    if ledger is None:
        return _unseen("the ledger does not answer, and it holds what is remembered of the dead belt")
    try:
        past = ledger.past(serving.belt, serving.identity.digest)
    except LedgerError as error:
        return _unseen(error.brief)
    if past is None:
        return _unseen(f"the ledger has no certificate by which this very {serving.belt} came to serve")
    found = memory.decode(past.report.get("state"))
    return found if isinstance(found, Unobserved) else _at_least(found, past.heights)


def _unseen(reason: str) -> Unobserved:
    return Unobserved(reason=reason, cause=Cause.UNDECIDABLE)


def _at_least(found: Memory, heights: Heights) -> Memory:
    """Takes each chain's height from whichever look saw it further."""
    chains = tuple(
        replace(row, height=max(row.height or 0, heights.get(row.chain, 0)) or None)
        for row in found.state.progress.chains
    )
    progress = replace(found.state.progress, chains=chains)
    return replace(found, state=replace(found.state, progress=progress))


async def _held(
    past: Memory | Unobserved, endpoints: Endpoints, policy: Policy, ends: float
) -> Held | Unobserved:
    if isinstance(past, Unobserved):
        return past
    async with alone(endpoints, policy, ends=ends) as here:
        return await own_state.meet(here, past.state)


def _probes(probes: Sequence[Probe], past: Memory | Unobserved) -> tuple[Probe, ...]:
    """The candidate's probes as usual, and probes that return what was recorded of the dead belt."""
    kept = tuple(
        probe for probe in probes if probe.field not in OF_THE_DEAD and not probe.field.startswith("serving_")
    )
    remembers: dict[str, object] = (
        {
            "serving_chains": past.state.progress,
            "serving_schema": past.schema,
            "serving_enums": past.enums,
            "serving_limits": past.limits,
            "serving_forms": past.forms,
            "serving_metadata": past.metadata,
        }
        if isinstance(past, Memory)
        else dict.fromkeys(REMEMBERED, past)
    )
    told = tuple(
        Probe(field=field, claims=frozenset(Claim), look=_constant(value))
        for field, value in remembers.items()
    )

    async def goal(_world: World) -> Progress | None:
        if isinstance(past, Unobserved):
            raise UnseenError(past.reason, past.cause)
        return past.state.progress

    watch = partial(heights.look, heads=head, serving=goal, told=heads_told)
    return (*kept, *told, Probe(field="heights", claims=frozenset({Claim.HEIGHT}), look=watch))


def _constant(value: object) -> Callable[[World], Awaitable[object]]:
    async def look(_world: World) -> object:
        return value

    return look


def _checks(checks: Sequence[Check], dead: Dead) -> tuple[Check, ...]:
    """The checks in the order of the report, with replacements for those that need the dead belt."""
    instead = {check.claim: check for check in recovered.checks(dead)}
    return tuple(instead.get(check.claim, check) for check in checks)
