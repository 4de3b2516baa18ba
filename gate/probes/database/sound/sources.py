"""The events that make the rows of an entity, as the policy declares them."""

from dataclasses import dataclass

from psycopg import sql

from gate.policy.groundtruth import GroundTruth, Registration
from gate.policy.model import Policy
from gate.policy.sound import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One event that makes rows of an entity; an empty field does not restrict which events are meant."""

    contract: str
    event: str
    row_id: str
    chains: tuple[int, ...] = ()
    address: str = ""
    registered_by: Registration | None = None
    passing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    skips: str = ""
    no_event: str = ""

    @property
    def name(self) -> str:
        """Its name in reports."""
        return ".".join(text for text in (self.contract or self.address, self.event) if text)

    def where(self, events: sql.Composable) -> sql.Composed:
        """The condition on raw events, with the cheap tests first, as most events are of other sources."""
        conditions: list[sql.Composable] = [sql.SQL("true")]
        if self.chains:
            conditions.append(sql.SQL("e.chain_id = ANY({})").format(sql.Literal(list(self.chains))))
        if self.event:
            conditions.append(sql.SQL("e.event_name = {}").format(sql.Literal(self.event)))
        if self.contract:
            conditions.append(sql.SQL("e.contract_name = {}").format(sql.Literal(self.contract)))
        if self.address:
            conditions.append(sql.SQL("lower(e.src_address) = {}").format(sql.Literal(self.address)))
        if self.registered_by is not None:
            conditions.append(_registered(self.registered_by, events))
        for argument, values in self.passing:
            passing = sql.SQL("lower(e.params ->> {}) = ANY({})")
            conditions.append(passing.format(sql.Literal(argument), sql.Literal(list(values))))
        return sql.SQL("({})").format(sql.SQL(" AND ").join(conditions))


def declared(policy: Policy) -> dict[str, list[Source]]:
    """By entity: the sources from the policy's mappings and from its ground truth."""
    found: dict[str, list[Source]] = {}
    for mapping in policy.sound.mappings:
        found.setdefault(mapping.entity, []).append(source_of(mapping))
    for truth in policy.ground_truth:
        same = [
            mapping
            for mapping in policy.sound.mappings
            if (mapping.entity, mapping.event) == (truth.entity, truth.event.name)
            and (not mapping.chains or truth.chain in mapping.chains)
        ]
        if not same:
            found.setdefault(truth.entity, []).append(_promised(truth))
    return found


def _promised(truth: GroundTruth) -> Source:
    return Source(
        contract="",
        event=truth.event.name,
        row_id=truth.row_id,
        chains=(truth.chain,),
        address=truth.contract.lower(),
        registered_by=truth.registered_by,
        passing=truth.topics,
    )


def _registered(by: Registration, events: sql.Composable) -> sql.Composed:
    """Contracts that another contract has registered, by the events that the belt received from it."""
    return sql.SQL(
        "(e.chain_id, lower(e.src_address)) IN (SELECT r.chain_id, lower(r.params ->> {}) FROM {} r"
        " WHERE r.event_name = {} AND lower(r.src_address) = {})"
    ).format(sql.Literal(by.argument), events, sql.Literal(by.event.name), sql.Literal(by.contract.lower()))


def source_of(mapping: Mapping) -> Source:
    """The source of a mapping."""
    return Source(
        contract=mapping.contract,
        event=mapping.event,
        row_id=mapping.row_id,
        chains=mapping.chains,
        skips=mapping.skips,
        no_event=mapping.no_event,
    )
