"""The chains that must be served, and who vouches for each."""

from dataclasses import dataclass
from enum import StrEnum

from gate.secret import Address

DEFAULT_LAG_LIMIT = 20
DEFAULT_REORG_DEPTH = 64


class Receipts(StrEnum):
    """Whether a block's receipts root can be recomputed from its receipts."""

    STANDARD = "standard"
    UNKNOWN = "unknown"


class Finality(StrEnum):
    """What a block has to lie below to be compared: the `finalized` tag where there is one, or a depth."""

    TAG = "tag"
    DEPTH = "depth"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedChain:
    """One chain that consumers are promised.

    `rpc` are the providers that the gate asks, `indexed_from` are those that the belts themselves index from:
    an answer from one of those proves only what a matching receipts root proves. `new` says that the serving
    belt has it not.
    """

    id: int
    rpc: tuple[Address, ...]
    indexed_from: tuple[Address, ...]
    new: bool = False
    lag_limit: int = DEFAULT_LAG_LIMIT
    reorg_depth: int = DEFAULT_REORG_DEPTH
    finality: Finality = Finality.TAG
    receipts: Receipts = Receipts.UNKNOWN

    @property
    def independent(self) -> tuple[Address, ...]:
        """The providers that the belts do not index from."""
        own = {provider_of(address) for address in self.indexed_from}
        return tuple(address for address in self.rpc if provider_of(address) not in own)


def provider_of(address: Address) -> str:
    """Who stands behind an address: names under one domain are one provider, ports of one IP several."""
    host = (address.parts.hostname or "").rstrip(".")
    labels = host.split(".")
    if len(labels) == 1 or ":" in host or labels[-1].isdigit():
        return f"{host}:{address.parts.port or address.parts.scheme}"
    return ".".join(labels[-2:])
