"""One run of the gate: all probes concurrently under one deadline, then all checks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.all_probes import PROBES
from gate.checks import CHECKS
from gate.checks.check import Check
from gate.claims import Claim
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.judging import judged
from gate.looking import connected, observe
from gate.policy import Policy
from gate.probes.probe import Probe
from gate.probes.world import World
from gate.verdict import Verdict, accepting


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """The gate, ready to run, with its probes and checks."""

    probes: Sequence[Probe] = PROBES
    checks: Sequence[Check] = CHECKS
    cache: Store | None = None
    repeats: bool = False
    """Whether a run that looked at all of the same has just ended, as a preview has before an update."""

    async def run(
        self,
        endpoints: Endpoints,
        policy: Policy,
        *,
        seed: int,
        only: frozenset[Claim] = frozenset(),
        ends: float | None = None,
    ) -> Verdict:
        """Looks at both belts and the chains, and judges the candidate.

        `ends` is on the clock of `time.monotonic`, if the run is only a part of what has a deadline.
        """
        began, start = datetime.now(UTC), time.monotonic()
        checks = [check for check in self.checks if not only or check.claim in only]
        wanted = {check.claim for check in checks}
        async with connected() as http:
            world = World(
                endpoints=endpoints,
                policy=policy,
                http=http,
                seed=seed,
                began=began,
                ends=start + policy.deadline.total_seconds() if ends is None else ends,
                cache=self.cache,
                repeats=self.repeats,
            )
            seen = await observe(world, [probe for probe in self.probes if probe.claims & wanted])
        if self.cache is not None:
            self.cache.forget_unused()
        return Verdict(
            findings=tuple(accepting(judged(check, seen, policy), policy) for check in checks),
            only=only,
            began=began,
            seconds=time.monotonic() - start,
            seed=seed,
            policy=policy,
        )
