"""Finds events that only the candidate has, because it indexes a contract that the serving belt does not.

A belt cannot vouch for itself. An event explains an extra row only if the policy names its contract in the
ground truth of that entity, or if it is declared under one name with such a contract, like the children of a
factory; if `rowId` forms exactly the key of the row from the event; and if the serving belt has never seen
that address, or that name on that chain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from gate.policy.groundtruth import GroundTruth
from gate.policy.model import Policy
from gate.policy.template import template
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.relation import Relation, is_chain, plain
from gate.probes.database.session import Snapshot

DRAWN = 1_000  # keys of a contract's rows that are looked up on a serving belt without raw events

# Columns of raw events for the placeholders in `rowId`; any other name is an argument.
PLACES = {
    "chainId": sql.SQL("chain_id::text"),
    "blockNumber": sql.SQL("block_number::text"),
    "logIndex": sql.SQL("log_index::text"),
    "transactionHash": sql.SQL("(transaction_fields ->> 'hash')"),
    "address": sql.SQL("src_address"),
    "blockTimestamp": sql.SQL("block_timestamp::text"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Newcomers:
    """The new contracts: single addresses, and the names under which many may be declared.

    `unknown` says why it could not be decided for some of them.
    """

    addresses: tuple[tuple[int, str], ...] = ()
    names: tuple[tuple[int, str], ...] = ()
    unknown: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Their names in reports."""
        return tuple(f"{address} on chain {chain}" for chain, address in self.addresses) + tuple(
            f"the contracts called {name} on chain {chain}" for chain, name in self.names
        )


async def newcomers(
    serving: Snapshot, candidate: Snapshot, policy: Policy, tables: tuple[Catalog, Catalog]
) -> Newcomers:
    """The contracts of the policy's ground truth that only the candidate has events of."""
    if any(catalog.raw_events is None for catalog in tables):
        return Newcomers(unknown="a belt has no table of raw events")
    known = {(int(chain), str(name)) for chain, name in await serving.rows(_names(serving))}
    promised = sorted({(truth.chain, truth.contract.lower()) for truth in policy.ground_truth})
    addresses: list[tuple[int, str]] = []
    names: set[tuple[int, str]] = set()
    unknown = ""
    named, heard_of = await _called(candidate, promised), await _called(serving, promised)
    for chain, address in promised:
        called = named.get((chain, address), ())
        if not called or (chain, address) in heard_of:
            continue
        if not known and not await _unheard_of(serving, candidate, policy, tables[0], (chain, address)):
            unknown = "the serving belt keeps no raw events, so nobody can tell which contracts are new"
            continue
        for name in called:
            if not known or (chain, name) in known:
                addresses.append((chain, address))
            else:
                names.add((chain, name))
    return Newcomers(addresses=tuple(dict.fromkeys(addresses)), names=tuple(sorted(names)), unknown=unknown)


async def _unheard_of(
    serving: Snapshot, candidate: Snapshot, policy: Policy, tables: Catalog, contract: tuple[int, str]
) -> bool:
    """True if a serving belt without raw events has none of the rows that a contract's logs make.

    Only a key that names one log belongs to one contract: an account's row may come from any.
    """
    looked = False
    for truth in policy.ground_truth:
        own = template(truth.row_id).holds("logIndex")
        table = tables.table(truth.entity)
        parts = None if table is None else table.parts
        if (truth.chain, truth.contract.lower()) != contract or not own or table is None or parts is None:
            continue
        query = sql.SQL(
            "SELECT {} FROM {} WHERE {} AND {}"
            " ORDER BY hashtextextended(block_number || '/' || log_index, 0) LIMIT {}"
        ).format(
            _key(truth),
            candidate.raw_events,
            _is(truth.chain, sql.SQL("lower(src_address)"), contract[1]),
            _of_event(truth),
            sql.Literal(DRAWN),
        )
        keys = [str(key).lower() for (key,) in await candidate.rows(query) if key is not None]
        # One release spells addresses in lower case, another with capitals.
        held = sql.SQL("SELECT 1 FROM {} t WHERE lower(t.{}::text) = ANY({}) AND {} LIMIT 1").format(
            serving.table(table.name),
            sql.Identifier(parts.id),
            sql.Literal(keys),
            is_chain(plain(parts.chain) if parts.chain else None, truth.chain),
        )
        if not keys or await serving.rows(held):
            return False
        looked = True
    return looked


def events(
    candidate: Snapshot, relation: Relation, new: Newcomers, table: Table, policy: Policy
) -> sql.Composed | None:
    """Joins a relation with the keys of its rows that events of new contracts write, as `r.key`."""
    selects = [
        sql.SQL("SELECT {} AS key FROM {} WHERE {} AND {}").format(
            _key(truth, by_chain=len(table.key) > 1), candidate.raw_events, who, _of_event(truth)
        )
        for truth in policy.ground_truth
        if truth.entity == table.name and (who := _new(truth, new)) is not None
    ]
    if not selects:
        return None
    return sql.SQL("LEFT JOIN ({}) AS r ON r.key = {}").format(sql.SQL(" UNION ").join(selects), relation.key)


def _new(truth: GroundTruth, new: Newcomers) -> sql.Composable | None:
    """The new contracts that emit a promised event: the contract itself, or all with its name."""
    contract = (truth.chain, truth.contract.lower())
    of_new = [
        *(
            _is(chain, sql.SQL("lower(src_address)"), address)
            for chain, address in new.addresses
            if (chain, address) == contract
        ),
        *(_is(chain, sql.SQL("contract_name"), name) for chain, name in new.names if chain == truth.chain),
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(of_new)) if of_new else None


def _key(truth: GroundTruth, *, by_chain: bool = False) -> sql.Composable:
    """The key of the row that an event writes, in the one order that every server agrees on.

    An entity that is kept by chain has the chain in its keys. An event without an id has no key.
    """
    key: sql.Composable = sql.SQL(" || ").join(_parts(truth))
    if by_chain:
        key = sql.SQL("CASE WHEN ({0}) IS NOT NULL THEN ARRAY[{0}, {1}]::text END").format(
            key, sql.Literal(str(truth.chain))
        )
    return sql.SQL('(({}) COLLATE "C")').format(key)


def _parts(truth: GroundTruth) -> Iterator[sql.Composable]:
    yield sql.SQL("''::text")
    for part in template(truth.row_id).parts:
        if isinstance(part, str):
            yield sql.Literal(part)
        elif part.scale or part.as_text:
            yield sql.SQL("NULL")  # raw events hold no such form, so it traces nothing
        else:
            yield PLACES.get(part.name) or sql.SQL("(params ->> {})").format(sql.Literal(part.name))


def _of_event(truth: GroundTruth) -> sql.Composable:
    return sql.SQL("event_name = {}").format(sql.Literal(truth.event.name))


def _names(snapshot: Snapshot) -> sql.Composed:
    return sql.SQL("SELECT DISTINCT chain_id, contract_name FROM {}").format(snapshot.raw_events)


async def _called(
    snapshot: Snapshot, contracts: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], list[str]]:
    """The names under which the given addresses emitted events, from one scan."""
    if not contracts:
        return {}
    query = sql.SQL(
        "SELECT DISTINCT chain_id, lower(src_address), contract_name FROM"
        " (SELECT DISTINCT chain_id, src_address, contract_name FROM {}) AS spelt"
        " WHERE (chain_id, lower(src_address)) IN (VALUES {}) ORDER BY 1, 2, 3"
    ).format(
        snapshot.raw_events,
        sql.SQL(", ").join(
            sql.SQL("({}::int8, {}::text)").format(sql.Literal(chain), sql.Literal(address))
            for chain, address in contracts
        ),
    )
    found: dict[tuple[int, str], list[str]] = {}
    for chain, address, name in await snapshot.rows(query):
        found.setdefault((int(chain), str(address)), []).append(str(name))
    return found


def _is(chain: int, what: sql.Composable, value: str) -> sql.Composable:
    return sql.SQL("(chain_id = {} AND {} = {})").format(sql.Literal(chain), what, sql.Literal(value))
