"""What the demo's belts promise: which event writes which entity and column, and what no event gives."""

from collections.abc import Iterator, Mapping
from typing import Any

PLACED = "{chainId}-{blockNumber}-{logIndex}"
NUMBERED = "{chainId}-{id}"
TRANSFER: Mapping[str, Any] = {
    "event": "Transfer(address indexed from, address indexed to, uint256 value)",
    "entity": "Transfer",
    "rowId": PLACED,
    "columns": {"value": "value"},
    "values": {"from_id": "{chainId}-{from}", "to_id": "{chainId}-{to}", "timestamp": "{blockTimestamp}"},
}
OPENED: Mapping[str, Any] = {
    "event": "PositionOpened(uint256 indexed id, address indexed owner, uint8 kind, uint128 amount,"
    " string[] tags, bytes note)",
    "entity": "Position",
    "rowId": NUMBERED,
    "values": {
        "owner_id": "{chainId}-{owner}",
        "amount": "{amount/1e18}",
        "openedBlock": "{blockNumber}",
        "openedAt": "{blockTimestamp}",
    },
}
CLOSED: Mapping[str, Any] = {
    "event": "PositionClosed(uint256 indexed id, int256 profit)",
    "entity": "Position",
    "rowId": NUMBERED,
    "where": {"status": "CLOSED"},
    "columns": {"profit": "profit"},
    "values": {"closedAt": "{blockTimestamp}"},
}
PRICED: Mapping[str, Any] = {
    "event": "PriceSet(bytes32 indexed pair, uint256 price)",
    "entity": "Price",
    "rowId": PLACED,
    "values": {"pair": "{pair:text}", "value": "{price/1e18}", "timestamp": "{blockTimestamp}"},
}
AWARDED: Mapping[str, Any] = {
    "event": "BadgeAwarded(uint256 indexed id, address indexed to, string label)",
    "entity": "Badge",
    "rowId": NUMBERED,
    "columns": {"label": "label"},
    "values": {
        "owner_id": "{chainId}-{to}",
        "blockNumber": "{blockNumber}",
        "timestamp": "{blockTimestamp}",
    },
}
EVENTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "Points": (TRANSFER,),
    "Vault": (OPENED, CLOSED, PRICED),
    "Badges": (AWARDED,),
}
"""The events of each contract."""
BADGED = 10
"""The only chain where the candidate indexes badges, and where they are awarded."""

UNPROVED: tuple[Mapping[str, Any], ...] = (
    {"entity": "Account", "reason": "it adds up all transfers of an address, and no single event says it"},
    {"entity": "ChainActivity", "reason": "it counts all events of a chain, and no single event says it"},
    {
        "entity": "Position",
        "columns": ["kind", "status", "tags", "note", "terms", "closedAt", "profit"],
        "reason": "lists and names that the handler forms, and what an open position does not have yet",
    },
    {
        "entity": "Price",
        "columns": ["weight", "major"],
        "reason": "the handler decides by the price and the pair",
    },
)
"""What cannot be proved without a serving belt to compare with."""
ELSEWHERE: Mapping[str, Any] = {"entity": "Badge", "reason": f"badges are awarded on chain {BADGED} alone"}


def unproved(*, badges: bool) -> list[dict[str, Any]]:
    """The policy's named exceptions; with `badges`, the candidate has that entity."""
    return [dict(entry) for entry in (*UNPROVED, *([ELSEWHERE] if badges else ()))]


def events(chain: int, past: Mapping[str, Any], *, badges: bool) -> Iterator[dict[str, Any]]:
    """The policy's events of one chain; the transfers with a golden of the chain's past."""
    golden = next(each for each in past["goldens"] if each["event"] == "Transfer")
    for contract in past["contracts"]:
        if contract["name"] == "Badges" and not (badges and chain == BADGED):
            continue
        for event in EVENTS[contract["name"]]:
            entry = {"chain": chain, "contract": contract["address"], **event}
            if event is TRANSFER:
                entry["goldens"] = [{"transaction": golden["transaction"], "logIndex": golden["logIndex"]}]
            yield entry
