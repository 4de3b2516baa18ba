"""Which logs a chain is asked for, and which rows of the candidate have to match them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from eth_hash.auto import keccak

from gate.observations.truth import LogSeen
from gate.policy.groundtruth import EventSignature, GroundTruth, Registration
from gate.proof.decoding import INTEGER, is_hex
from gate.proof.form import Form


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The logs of one event: of one contract, of all that another one registers, or of any.

    `topics` maps positions to the words that the handler accepts.
    """

    chain: int
    address: str
    registered_by: Registration | None
    event: EventSignature
    topics: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def words(self) -> str:
        """The source in an operator's words."""
        if self.registered_by is not None:
            return f"{self.event.text} of the contracts that {self.registered_by.contract} registers"
        return f"{self.event.text} of {self.address or 'any contract'}"

    def takes(self, log: LogSeen) -> bool:
        """True if a log is of this event; events of the same name with other indexed arguments are not.

        If contracts are registered, the log's contract is checked elsewhere.
        """
        topics = log.topics
        return (
            bool(topics)
            and topics[0] == self.event.topic0
            and len(topics) == 1 + sum(self.event.indexed)
            and (not self.address or log.address == self.address)
            and all(topics[position] in words for position, words in self.topics)
        )

    @property
    def name(self) -> tuple[object, ...]:
        """Everything that identifies its logs."""
        by = self.registered_by
        return (
            self.chain,
            self.address,
            None if by is None else (by.contract, by.event.text, by.event.indexed, by.argument),
            self.event.text,
            sum(self.event.indexed),
            self.topics,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One source with its first block, and the form of its rows.

    `form` is `None` if it only registers contracts: then `registers` is the argument that holds them.
    """

    source: Source
    form: Form | None
    registers: str = ""
    start: int | None = None

    @property
    def hashed(self) -> bool:
        """True if the hashes of the logs' transactions matter."""
        return self.form is not None and self.form.hashed

    @property
    def key(self) -> str:
        """The key under which it is stored; it changes with what is asked and with what rows hold.

        It also excludes what was stored before the hashes of transactions were proved.
        """
        form = None if self.form is None else self.form.name
        what = (self.source.name, form, self.registers, *(("hashed",) if self.hashed else ()))
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:40]


def source_of(truth: GroundTruth) -> Source:
    """The logs that an entry of the policy selects."""
    positions = _positions(truth.event)
    return Source(
        chain=truth.chain,
        address=truth.contract,
        registered_by=truth.registered_by,
        event=truth.event,
        topics=tuple(
            (positions[name][0], tuple(_word(positions[name][1], value) for value in values))
            for name, values in truth.topics
        ),
    )


def registering(truths: Iterable[GroundTruth]) -> list[Asked]:
    """The logs that register contracts for the entries of one chain, without duplicates."""
    found: dict[tuple[int, Registration], int | None] = {}
    for truth in truths:
        if truth.registered_by is not None:
            key = (truth.chain, truth.registered_by)
            starts = [truth.start, found.get(key, truth.start)]
            found[key] = None if None in starts else min(start for start in starts if start is not None)
    return [
        Asked(
            source=Source(chain=chain, address=by.contract, registered_by=None, event=by.event),
            form=None,
            registers=by.argument,
            start=start,
        )
        for (chain, by), start in found.items()
    ]


def _positions(event: EventSignature) -> dict[str, tuple[int, str]]:
    indexed = [
        (name, kind)
        for name, kind, flag in zip(event.arguments, event.types, event.indexed, strict=True)
        if flag
    ]
    return {name: (position, kind) for position, (name, kind) in enumerate(indexed, start=1)}


def _word(kind: str, value: str) -> str:
    """A value as a topic of a log."""
    if kind in {"string", "bytes"} or kind.endswith("]") or kind.startswith("("):
        told = bytes.fromhex(value[2:]) if kind == "bytes" and value.startswith("0x") else value.encode()
        return f"0x{keccak(told).hex()}"
    if kind == "bool":
        return f"0x{int(value in {'true', '1'}):064x}"
    if INTEGER.fullmatch(kind) and not value.startswith("0x"):
        return f"0x{int(value) % (1 << 256):064x}"
    digits = value.lower().removeprefix("0x")
    return f"0x{digits.ljust(64, '0') if is_hex(kind) and kind != 'address' else digits.rjust(64, '0')}"
