"""The policy: everything a candidate is measured by, parsed and frozen."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gate.policy.alias import NO_ALIAS, AliasPolicy
from gate.policy.chains import ExpectedChain
from gate.policy.entities import EntityPolicy
from gate.policy.groundtruth import GroundTruth
from gate.policy.proof import Extent
from gate.policy.providers import DEFAULT_PROVIDERS, Providers
from gate.policy.served import NO_SERVED, ServedPolicy
from gate.policy.sound import NO_SOUND, SoundPolicy
from gate.policy.unproved import Unproved
from gate.policy.waivers import NO_WAIVERS, Acceptance, Recovery, Waivers
from gate.secret import Address

DEFAULT_DEADLINE = timedelta(minutes=5)
DEFAULT_SETTLE = timedelta(minutes=30)
DEFAULT_SOAK = timedelta(hours=48)


class Mode(StrEnum):
    """What a promotion is meant to be: the same footprint, or a larger one. Declared, never derived."""

    PARITY = "parity"
    EXPANSION = "expansion"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimePolicy:
    """What the candidate's indexer was declared to be."""

    version: str | None = None
    heap_mb: int | None = None


NO_RUNTIME = RuntimePolicy()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One versioned policy.

    `digest` is over its meaning, not over its layout; `loosened` lists every limit that is looser than its
    default, and everything that was left out.
    """

    version: int
    digest: str
    mode: Mode
    chains: tuple[ExpectedChain, ...]
    entities: tuple[EntityPolicy, ...] = ()
    ground_truth: tuple[GroundTruth, ...] = ()
    waivers: Waivers = NO_WAIVERS
    sound: SoundPolicy = NO_SOUND
    accepts: tuple[Acceptance, ...] = ()
    unproved: tuple[Unproved, ...] = ()
    runtime: RuntimePolicy = NO_RUNTIME
    served: ServedPolicy = NO_SERVED
    alias: AliasPolicy = NO_ALIAS
    recovery: Recovery | None = None
    proof: Extent = Extent.WHOLE
    providers: Providers = DEFAULT_PROVIDERS
    deadline: timedelta = DEFAULT_DEADLINE
    settle: timedelta = DEFAULT_SETTLE
    soak: timedelta = DEFAULT_SOAK
    loosened: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every address that it names; the path or query of each may hold a key."""
        return tuple(address for chain in self.chains for address in (*chain.rpc, *chain.indexed_from))

    def chain(self, chain_id: int) -> ExpectedChain | None:
        """What is expected of one chain, or `None` where nobody expects it."""
        return next((chain for chain in self.chains if chain.id == chain_id), None)

    def entity(self, name: str) -> EntityPolicy:
        """What is said about one entity; of one that is not named, everything is detected."""
        return next((entity for entity in self.entities if entity.name == name), EntityPolicy(name=name))
