"""By whose word a block was made when: another provider's, or that of a header that is what its hash says."""

from dataclasses import replace
from typing import Any

import pytest

from gate.observations.history import Difference, Unlike
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.template import template
from gate.probes.rpc.genuine import hash_of
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.footprint import Asked
from gate.proof.form import Field, Written
from gate.proof.settling import Settled
from gate.proof.times import doubt_of, hangs_on_time, made_at
from gate.secret import Address
from tests.unit.gate.chain.strict import Strict, world
from tests.unit.gate.chain.test_forged import header_of
from tests.unit.gate.proof.test_walk import ASKED

TRUE = header_of(1)
HASH = hash_of(TRUE)


def provider(header: Any, name: str = "one") -> Provider:
    strict = Strict()
    strict.eth_getBlockByNumber = lambda *_: header  # type: ignore[attr-defined]
    url = f"https://{name}.test"
    return Provider(world=world(strict.handle, url=url), address=Address(url), chain=1)


def log(hashed: str = HASH) -> LogSeen:
    return LogSeen(
        block=1, block_hash=hashed, log_index=0, transaction="0x", address="0x", topics=(), data="0x"
    )


@pytest.mark.parametrize(
    ("header", "made", "doubt"),
    [
        (TRUE, 0, ""),
        (TRUE, 5, "says that block 1 was made at 5, https://one.test at 0"),
        (TRUE | {"timestamp": "0x5"}, 5, "alone says when block 1 was made"),
        (header_of(1, timestamp="0x5", hash=hash_of(TRUE | {"timestamp": "0x5"})), 5, "alone says"),
        (None, 5, "alone says"),
    ],
)
async def test_one_provider(header: Any, made: int, doubt: str) -> None:
    """Its header has to be what the hash of the block says that its logs are of."""
    found = await doubt_of(provider(header), (), 1, HASH, made)
    assert doubt in found
    assert bool(found) is bool(doubt)


@pytest.mark.parametrize(
    ("other", "doubt"), [(TRUE, "https://two.test at 0"), (TRUE | {"timestamp": "0x5"}, ""), (None, "alone")]
)
async def test_another_provider(other: Any, doubt: str) -> None:
    """Whatever kind of headers the chain has, its word stands beside the first one's."""
    found = await doubt_of(provider(TRUE | {"timestamp": "0x5"}), (provider(other, "two"),), 1, HASH, 5)
    assert doubt in found
    assert bool(found) is bool(doubt)


async def test_times_of_the_very_blocks() -> None:
    """A header of another block than the log's tells nothing, nor a lone node's with a wrong hash."""
    assert await made_at(provider(TRUE), [log()], alone=True) == {1: 0}
    with pytest.raises(UnseenError, match="under two hashes"):
        await made_at(provider(TRUE), [log("0x" + "ee" * 32)], alone=False)
    forged = provider(TRUE | {"timestamp": "0x5"})
    assert await made_at(forged, [log()], alone=False) == {1: 5}
    with pytest.raises(UnseenError, match="its word alone") as raised:
        await made_at(forged, [log()], alone=True)
    assert raised.value.unobserved.cause is Cause.UNDECIDABLE


def asked(key: str, column: str) -> Asked:
    assert ASKED.form is not None
    fields = (Field(column="amount", template=template(column), written=Written.NUMBER),)
    named = Field(column="id", template=template(key), written=Written.LOWER)
    return Asked(
        source=ASKED.source,
        form=replace(ASKED.form, key=named, fields=fields),
    )


@pytest.mark.parametrize(
    ("key", "column", "kind", "timed"),
    [
        ("{logIndex}", "{blockTimestamp}", Unlike.CHANGED, True),
        ("{logIndex}", "{blockTimestamp}", Unlike.MISSING, False),
        ("{logIndex}", "{amount}", Unlike.CHANGED, False),
        ("{blockTimestamp}", "{amount}", Unlike.MISSING, True),
        ("{blockTimestamp}", "{amount}", Unlike.INVENTED, True),
        ("{blockTimestamp}", "{amount}", Unlike.CHANGED, False),
    ],
)
def test_what_hangs_on_a_time(key: str, column: str, kind: Unlike, *, timed: bool) -> None:
    """A column that holds it, or a key that is formed of it; a doubt about times settles nothing else."""
    one = Difference(chain=1, entity="Payment", kind=kind, key="1", block=1, column="amount")
    assert hangs_on_time([asked(key, column)], one) is timed
    judged = Settled(words="two agree", confirmed=True, untimed="nobody knows when")
    assert judged.confirms(timed=timed) is not timed
