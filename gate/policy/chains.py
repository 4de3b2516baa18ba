"""The chains that must be served, and the providers that confirm each."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from belts.provider.naming import provider_at
from gate.secret import Address

DEFAULT_LAG_LIMIT = 20
DEFAULT_REORG_DEPTH = 64
DEFAULT_COMPARE_WITHIN = timedelta(hours=1)


class Receipts(StrEnum):
    """Whether a block's receipts root can be recomputed from its receipts."""

    STANDARD = "standard"
    UNKNOWN = "unknown"


class Finality(StrEnum):
    """Below what a compared block has to be: the `finalized` tag if there is one, or a depth."""

    TAG = "tag"
    DEPTH = "depth"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedChain:
    """One chain that consumers are promised.

    `rpc` are the providers that the gate asks, `indexed_from` are those that the belts themselves index from:
    an answer from one of those proves only what a matching receipts root proves. `new` means that the serving
    belt lacks it. `compare_within` is how far below the lower progress of two belts their rows may be
    compared, in the time of the chain. `end_block` is where the chain ends for the belts, as their config
    says.

    `one_node` means that all addresses lead to the node that the belts index from: it is believed, but logs
    only with receipts roots. `several_nodes` is why ports of one host are several nodes.
    """

    id: int
    rpc: tuple[Address, ...]
    indexed_from: tuple[Address, ...]
    new: bool = False
    lag_limit: int = DEFAULT_LAG_LIMIT
    reorg_depth: int = DEFAULT_REORG_DEPTH
    compare_within: timedelta = DEFAULT_COMPARE_WITHIN
    finality: Finality = Finality.TAG
    receipts: Receipts = Receipts.UNKNOWN
    end_block: int | None = None
    one_node: bool = False
    several_nodes: str = ""

    @property
    def ahead_limit(self) -> int:
        """How far a candidate may be above the head, which is read first, while the chain goes on."""
        return max(self.lag_limit, DEFAULT_LAG_LIMIT)

    @property
    def independent(self) -> tuple[Address, ...]:
        """The providers that the belts do not index from."""
        own = {provider_of(address) for address in self.indexed_from}
        return () if self.one_node else tuple(one for one in self.rpc if provider_of(one) not in own)

    @property
    def heard(self) -> tuple[Address, ...]:
        """The providers asked for heads and hashes: the independent ones, or the only node."""
        return self.rpc if self.one_node else self.independent

    @property
    def shared(self) -> str:
        """A host of which several ports would count as several providers; empty if there is none."""
        ports: dict[str, set[str]] = {}
        for address in (*self.rpc, *self.indexed_from):
            ports.setdefault(address.host, set()).add(provider_of(address))
        return next((host for host, found in ports.items() if len(found) > 1), "")


def provider_of(address: Address) -> str:
    """The provider behind an address."""
    return provider_at(address.host, address.port)
