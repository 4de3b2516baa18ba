"""What a belt indexes: contracts, on chains, from blocks."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event of a contract: its name, and its signature unless the ABI contains it."""

    name: str
    signature: str | None


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Contract:
    """One contract on one chain. Without addresses it is found through other contracts' events."""

    chain: int
    name: str
    addresses: tuple[str, ...]
    start_block: int
    events: tuple[str, ...]
