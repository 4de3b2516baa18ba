"""Every chain has a height of its own: rows up to it are compared, and none above it."""

import pytest

from gate.observations.rows import Above
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

HEIGHTS = {1: 100, 10: 250, 137: 70}
NEAR, FAR = 10, 10_000_000  # how far the candidate is ahead of the serving belt
KEYED = '"block" INTEGER NOT NULL, "value" NUMERIC'
CHAINS = (
    '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "value" NUMERIC',
    '"chain_id" INTEGER, "block" INTEGER, "value" NUMERIC',
    '"chain_id" TEXT NOT NULL, "block" BIGINT NOT NULL, "value" NUMERIC',
    '"chain_id" NUMERIC NOT NULL, "block" NUMERIC NOT NULL, "value" NUMERIC',
    KEYED,
)


def rows(heights: dict[int, int], value: int) -> list[tuple[object, ...]]:
    """A row that is the same on both belts just below, at and above every height, but for some."""
    below = [(f"{chain}_below", chain, height - 1, 7) for chain, height in heights.items()]
    at = [(f"{chain}_at", chain, height, value) for chain, height in heights.items()]
    above = [(f"{chain}_above", chain, height + 1, value) for chain, height in heights.items()]
    beyond = [(f"{chain}_beyond", chain, height + 9000, value) for chain, height in heights.items()]
    return [*below, *at, *above, *beyond]


def filled(belt: Belt, columns: str, heights: dict[int, int], value: int, *, ahead: int = 0) -> None:
    """A belt whose rows at the heights and above them hold some value."""
    belt.seed(*heights)
    for chain, height in heights.items():
        belt.at(height + ahead, chain)
    belt.entity("Transfer", columns, history=True)
    belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 1, NULL, 0)")
    known = rows(heights, value)
    if columns == KEYED:
        belt.fill("Transfer", *((key, block, held) for key, _, block, held in known))
    else:
        belt.fill("Transfer", *known, ("99_unknown", 99, 5000, value))


@pytest.mark.parametrize("columns", CHAINS)
@pytest.mark.parametrize("ahead", [NEAR, FAR])
async def test_three_chains(blue: Belt, green: Belt, columns: str, ahead: int) -> None:
    """What differs is found at each height and not above it, and where nobody knows the chain."""
    filled(blue, columns, HEIGHTS, 1)
    filled(green, columns, HEIGHTS, 2, ahead=ahead)
    entity = only(await compare(blue, green, policy(*HEIGHTS)))
    unknown = set() if columns == KEYED else {"99_unknown"}
    assert {row.key for row in entity.differences} == {"1_at", "10_at", "137_at"} | unknown
    assert entity.totals.unequal == entity.totals.different == len(entity.differences)
    assert entity.serving == entity.candidate == 2 * len(HEIGHTS) + len(unknown)


@pytest.mark.parametrize("columns", ['"block" INTEGER NOT NULL, "value" NUMERIC', CHAINS[0]])
@pytest.mark.parametrize("height", [1, 63, 64, 4095, 4096, 100_000])
async def test_one_chain(blue: Belt, green: Belt, columns: str, height: int) -> None:
    """The same where only one chain can be meant, and wherever segments end."""
    filled(blue, columns, {1: height}, 1)
    filled(green, columns, {1: height}, 2, ahead=NEAR)
    entity = only(await compare(blue, green, policy()))
    unknown = set() if "chain_id" not in columns else {"99_unknown"}
    assert {row.key for row in entity.differences} == {"1_at"} | unknown
    assert entity.serving == entity.candidate == 2 + len(unknown)


async def test_what_lies_above(blue: Belt, green: Belt) -> None:
    """Events between the height and the lower progress are counted, and blocks told apart by their hashes."""
    for belt, progress in ((blue, 100), (green, 98)):
        belt.seed(1, progress=progress)
        belt.entity("Transfer", KEYED, history=True)
        belt.fill("Transfer", ("1", 5, 1))
    checkpoints = ((80, "0xaa", 9), (91, "0xbb", 2), (92, "0xcc", 3), (93, None, 1), (99, "0xdd", 5))
    for number, (block, hashed, events) in enumerate(checkpoints):
        for belt in (blue, green):
            here = (events - 1, "0xCC") if belt is green and block == 92 else (events, hashed)
            other = "0xff" if belt is green and block == 91 else here[1]
            belt.execute(
                "INSERT INTO envio_checkpoints VALUES (%s, 1, %s, %s, %s)", (number, block, other, here[0])
            )
    [height] = (await compare(blue, green, policy(depth=10))).heights
    assert height.block == 88
    assert height.above == Above(serving=6, candidate=5, blocks=1, unequal=(92,))
