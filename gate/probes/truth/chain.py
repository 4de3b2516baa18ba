"""One expected chain: which providers to ask and to believe, and for which blocks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.chains import ExpectedChain, Receipts
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc.logs import Filter
from gate.probes.rpc.provider import Provider
from gate.probes.truth.arguments import decoded, same
from gate.probes.unseen import UnseenError
from gate.probes.world import World

NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """One expected chain and the providers that serve it, independent ones first."""

    world: World
    expected: ExpectedChain
    providers: tuple[Provider, ...]
    independent: tuple[Provider, ...]

    @property
    def standard(self) -> bool:
        """True if its receipts prove themselves."""
        return self.expected.receipts is Receipts.STANDARD

    @property
    def heard(self) -> tuple[Provider, ...]:
        """The providers whose hashes count."""
        return self.providers if self.expected.one_node else self.independent

    @property
    def believable(self) -> tuple[Provider, ...]:
        """The providers that can prove something: the belts' own only if receipts prove themselves."""
        return self.providers if self.standard else self.independent


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The blocks in which the candidate must hold every log."""

    start: int
    height: int
    final: int | None


def nobody(chain: Chain) -> str:
    return f"chain {chain.expected.id} has no provider that answers and is not the belts' own source"


def filter_of(truth: GroundTruth) -> Filter:
    """The logs that a policy entry selects; without a contract, those of any."""
    return Filter(
        addresses=(truth.contract.lower(),) if truth.contract else (), topics=((truth.event.topic0,),)
    )


def rowed(truth: GroundTruth, logs: Iterable[LogSeen]) -> list[LogSeen]:
    """The logs that have a row: not those with other indexed arguments or that the handler filters out."""
    own = [log for log in logs if len(log.topics) == 1 + sum(truth.event.indexed)]
    return [log for log in own if not truth.topics or _passes(truth, decoded(truth.event, log))]


def _passes(truth: GroundTruth, arguments: Mapping[str, str]) -> bool:
    unreadable = sorted(name for name, _ in truth.topics if name not in arguments)
    if unreadable:
        raise UnseenError(
            f"whether the handler lets a log pass cannot be told from it: of {', '.join(unreadable)} it holds"
            " only the hash",
            Cause.UNDECIDABLE,
        )
    return all(any(same(arguments[name], value) for value in values) for name, values in truth.topics)


def row_key(truth: GroundTruth, log: LogSeen) -> str:
    """The key of a log's row, as the policy says that the handler builds it.

    The event's own arguments can be part of it, by name.
    """
    values = {
        "chainId": str(truth.chain),
        "blockNumber": str(log.block),
        "logIndex": str(log.log_index),
        "transactionHash": log.transaction,
        "address": log.address,
    }
    names = names_in(truth)
    if names - values.keys():
        values |= decoded(truth.event, log)
    unknown = sorted(names - values.keys())
    if unknown:
        raise UnseenError(
            f"`rowId` names {', '.join(unknown)}, and {truth.event.text} has no such argument",
            Cause.UNDECIDABLE,
        )
    return NAMED.sub(lambda match: values[match[1]], truth.row_id)


def hashed(truth: GroundTruth) -> bool:
    """True if the keys of rows contain transaction hashes."""
    return "transactionHash" in names_in(truth)


def names_in(truth: GroundTruth) -> set[str]:
    """The names that the keys of rows are built from."""
    return set(NAMED.findall(truth.row_id))
