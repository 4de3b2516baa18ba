"""Which events only the candidate has, because it indexes a contract that the serving belt does not.

A belt cannot vouch for itself: an event accounts for an extra row only where its contract is one that the
policy names for the ground truth, or is declared under one name with such a contract, as the children of a
factory are; and where the serving belt has never seen that address, or that name on that chain.
"""

from dataclasses import dataclass

from psycopg import sql

from gate.policy.model import Policy
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot

RAW_EVENTS = "raw_events"


@dataclass(frozen=True, kw_only=True, slots=True)
class Newcomers:
    """The contracts that are new: single addresses, and the names under which many may be declared."""

    addresses: tuple[tuple[int, str], ...] = ()
    names: tuple[tuple[int, str], ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """How a report speaks of them."""
        return tuple(f"{address} on chain {chain}" for chain, address in self.addresses) + tuple(
            f"the contracts called {name} on chain {chain}" for chain, name in self.names
        )


async def newcomers(serving: Snapshot, candidate: Snapshot, policy: Policy) -> Newcomers:
    """The contracts of the policy's ground truth that only the candidate has events of."""
    known = {(int(chain), str(name)) for chain, name in await serving.rows(_names(serving))}
    promised = sorted({(truth.chain, truth.contract.lower()) for truth in policy.ground_truth})
    addresses: list[tuple[int, str]] = []
    names: set[tuple[int, str]] = set()
    for chain, address in promised:
        if await serving.rows(_called(serving, chain, address)):
            continue
        for (name,) in await candidate.rows(_called(candidate, chain, address)):
            if (chain, name) in known:
                addresses.append((chain, address))
            else:
                names.add((chain, name))
    return Newcomers(addresses=tuple(addresses), names=tuple(sorted(names)))


def events(candidate: Snapshot, relation: Relation, new: Newcomers, *, chained: bool) -> sql.Composed | None:
    """A join of a relation with the number of new events at the place of each row, as `r.events`.

    `chained` says that the rows name their chain; else events of all chains at one place count together.
    """
    if not (new.addresses or new.names):
        return None
    of_new = [
        *(_is(chain, sql.SQL("lower(src_address)"), address) for chain, address in new.addresses),
        *(_is(chain, sql.SQL("contract_name"), name) for chain, name in new.names),
    ]
    return sql.SQL(
        "LEFT JOIN (SELECT {group} AS chain, {place}::int8 AS place, count(*) AS events FROM {table}"
        " WHERE {new} GROUP BY 1, 2) AS r ON r.place = {at} AND r.chain = {chain}"
    ).format(
        group=sql.SQL("chain_id::text" if chained else "''"),
        place=sql.Identifier("block_number" if relation.blocks else "block_timestamp"),
        table=candidate.table(RAW_EVENTS),
        new=sql.SQL(" OR ").join(of_new),
        at=relation.place,
        chain=relation.chain if chained else sql.Literal(""),
    )


def _names(snapshot: Snapshot) -> sql.Composed:
    return sql.SQL("SELECT DISTINCT chain_id, contract_name FROM {}").format(snapshot.table(RAW_EVENTS))


def _called(snapshot: Snapshot, chain: int, address: str) -> sql.Composed:
    """The names under which an address emitted events."""
    return sql.SQL("SELECT DISTINCT contract_name FROM {} WHERE {}").format(
        snapshot.table(RAW_EVENTS), _is(chain, sql.SQL("lower(src_address)"), address)
    )


def _is(chain: int, what: sql.Composable, value: str) -> sql.Composable:
    return sql.SQL("(chain_id = {} AND {} = {})").format(sql.Literal(chain), what, sql.Literal(value))
