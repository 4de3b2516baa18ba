"""The writer on a disk that takes nothing more, and at a gateway that is not there: nothing is promoted."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gate.alias.directory import Directory
from gate.alias.leases import Leases
from gate.alias.move.arrival import NobodyThereError
from gate.alias.unmoved import Unmoved
from gate.ledger import Result
from gate.secret import Address
from tests.live.gate.alias.test_writer import Stage, stage

pytestmark = pytest.mark.live
__all__ = ["stage"]


@contextmanager
def full_disk() -> Iterator[None]:
    """From here on no file takes a byte: the kernel says so, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("owner", "name"), [(Leases, "expect"), (Directory, "swap")], ids=["lease", "alias"])
async def test_the_disk_is_full(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
) -> None:
    """The update fails with what the disk said, the alias is as it was, and with room again it is moved."""
    await stage.promote(stage.blue)
    before = stage.traces()
    whole = getattr(owner, name)

    def on_a_full_disk(*args: Any, **kwargs: Any) -> None:
        with full_disk():
            whole(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, on_a_full_disk)
        with pytest.raises(Unmoved, match=r"seen:     File too large\n  now:      make room"):
            await stage.promote(stage.green, stage.blue)

    assert stage.traces() == before
    # Who is to stay is written before the move is booked.
    undone = ("promotion", "green", Result.UNDONE)
    assert stage.booked[-1] == (("promotion", "blue", Result.SERVED) if owner is Leases else undone)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "")
    assert (await stage.promote(stage.green, stage.blue)).kind == "promoted"


async def test_the_disk_fails_after_the_swap(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell what the disk keeps: the move stays open, and the next update ends it."""
    await stage.promote(stage.blue)
    whole = Directory.swap

    def torn(*args: Any, **kwargs: Any) -> None:
        whole(*args, **kwargs)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Directory, "swap", torn)
        with pytest.raises(Unmoved, match="whether the disk keeps that"):
            await stage.promote(stage.green, stage.blue)
    assert [result for *_, result in stage.booked] == [Result.SERVED, None]
    assert (await stage.move(stage.green, stage.green)).kind == "verified"
    assert stage.booked[-1] == ("promotion", "green", Result.SERVED)


async def test_no_gateway_answers(stage: Stage) -> None:
    """Nobody would notice the move, so there is none, neither forth nor back, nor a row of one."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    there = stage.gateway.url
    nobody = Address("http://127.0.0.1:1/v1/graphql")
    object.__setattr__(stage.gateway, "url", nobody)
    with pytest.raises(NobodyThereError, match=r"expected: a gateway at http://127\.0\.0\.1:1"):
        await stage.move(stage.blue, stage.green)
    with pytest.raises(Unmoved, match=r"on green\n(.*\n)*.*gate audit"):
        await stage.move(stage.green, stage.green)
    object.__setattr__(stage.gateway, "url", there)
    await stage.move(stage.blue, stage.green)
    stage.certify(stage.green, stage.blue)
    before, booked = stage.traces(), stage.booked
    object.__setattr__(stage.gateway, "url", nobody)
    with pytest.raises(NobodyThereError):
        await stage.move(stage.green, stage.blue)
    assert (stage.traces(), stage.booked) == (before, booked)
