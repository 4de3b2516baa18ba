"""Row security on the serving belt: what it hides from the gate, a candidate may lack."""

import pytest
from psycopg.conninfo import make_conninfo

from gate.observations.rows import EntityUnread
from tests.live.gate.content.belt import Belt, compare, only

pytestmark = pytest.mark.live

ONLOOKER = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'onlooker') THEN"
    " CREATE ROLE onlooker LOGIN PASSWORD 'x'; END IF; END $$"
)


def onlooker(belt: Belt) -> Belt:
    """The belt as a user sees it who owns nothing."""
    belt.execute(ONLOOKER)
    belt.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker")
    return Belt(dsn=make_conninfo(belt.dsn, user="onlooker", password="x"))


async def test_rows_that_are_hidden_from_the_gate(blue: Belt, green: Belt) -> None:
    """Both look alike to it, and nobody can tell; without row security the rest is seen to be missing."""
    for belt, rows in ((blue, 9), (green, 3)):
        belt.seed()
        belt.entity("Transfer", '"block" INTEGER NOT NULL')
        belt.fill("Transfer", *((f"1_{block}", block) for block in range(rows)))
    blue.execute('ALTER TABLE "Transfer" ENABLE ROW LEVEL SECURITY')
    blue.execute('CREATE POLICY few ON "Transfer" FOR SELECT TO PUBLIC USING (block < 3)')
    [hidden] = (await compare(onlooker(blue), green)).entities
    assert isinstance(hidden, EntityUnread)
    assert "row security decides which rows of Transfer" in hidden.why.reason
    assert only(await compare(blue, green)).totals.missing == 6
    blue.execute('ALTER TABLE "Transfer" DISABLE ROW LEVEL SECURITY')
    assert only(await compare(onlooker(blue), green)).totals.missing == 6


async def test_a_secured_candidate(blue: Belt, green: Belt) -> None:
    """What is hidden there is missing, and what is not is compared."""
    for belt in (blue, green):
        belt.seed()
        belt.entity("Transfer", '"block" INTEGER NOT NULL')
        belt.fill("Transfer", *((f"1_{block}", block) for block in range(9)))
    green.execute('ALTER TABLE "Transfer" ENABLE ROW LEVEL SECURITY')
    green.execute('CREATE POLICY most ON "Transfer" FOR SELECT TO PUBLIC USING (block < 8)')
    assert only(await compare(blue, onlooker(green))).totals.missing == 1
    green.execute('ALTER POLICY most ON "Transfer" USING (true)')
    assert not only(await compare(blue, onlooker(green))).totals.unequal
