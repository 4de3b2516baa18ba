"""A state meets a host: what is another host's is refused, and what differs is told, with what to type."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.files import write_private_json
from belts.pulumi import ownership
from belts.refusal import Refusal
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json

HERE, THERE = f"alice-host-{'0' * 16}", f"bob-laptop-{'1' * 16}"
Request = dict[str, Any]


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Request]:
    """A request, as a stack or a state has it."""

    def made(host: str | None = HERE, root: Path = tmp_path, **changes: Any) -> Request:
        known = {"version": 3, "part": "postgres", "root": str(root), "belt": "blue", "port": 1024}
        return known | ({} if host is None else {"host": host}) | changes

    return made


def runs(request: Request) -> None:
    """The host was asked for this, and did it."""
    parsed = from_json(request)
    recorded.record(parsed)
    recorded.applied(parsed)


def judged(before: Request | None, request: Request, *, adopt: str | None = None) -> list[str]:
    return list(ownership.judged(before and json.dumps(before), request, adopt=adopt))


def refused(before: Request | None, request: Request, *, adopt: str | None = None) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        judged(before, request, adopt=adopt)
    return refusal.value


@pytest.mark.parametrize("own", [HERE, ""], ids=["named", "before the first update"])
def test_a_state_of_another_host(asked: Callable[..., Request], own: str) -> None:
    """Refused with its name, and let through by that name alone."""
    why = refused(asked(THERE), asked(own))
    assert why.seen == f"one of {THERE}"
    assert f"`pulumi config set adopt {THERE} --stack blue`" in why.now
    refused(asked(THERE), asked(own), adopt=HERE)
    refused(asked(THERE), asked(own), adopt="unnamed")
    [words] = judged(asked(THERE), asked(own), adopt=THERE)
    assert f"is taken over from {THERE}" in words


def test_a_state_that_names_no_host(asked: Callable[..., Request], tmp_path: Path) -> None:
    """One of an earlier release is of this host if its belt is here; else it is refused."""
    why = refused(asked(None), asked())
    assert why.seen == "one that names no host, of what is not on this machine"
    assert "`pulumi config set adopt unnamed --stack blue`" in why.now
    assert "is taken over" in judged(asked(None), asked(), adopt="unnamed")[0]
    (tmp_path / "blue").mkdir()
    assert judged(asked(None), asked()) == []


def test_a_state_that_is_not_what_runs(asked: Callable[..., Request]) -> None:
    """Each difference is told with both values, one that only two releases write differently is none."""
    runs(asked(memoryMb=600, generation="g2"))
    assert judged(asked(memoryMb=600), asked(memoryMb=600)) == []
    [words] = judged(asked(), asked())
    assert words.startswith("the state is not what runs: `memoryMb` is 600, and the state says 512.")


def test_an_update_that_failed(asked: Callable[..., Request]) -> None:
    """What was begun and did not end is told elsewhere, and keeps nobody from asking anew."""
    recorded.record(from_json(asked(memoryMb=600)))
    assert judged(asked(), asked()) == []
    assert judged(None, asked()) == []


def test_a_part_that_the_state_does_not_know(asked: Callable[..., Request]) -> None:
    """It is refused with what would change, and let through by this host's own name."""
    runs(asked(memoryMb=600))
    why = refused(None, asked())
    assert why.seen.endswith("it differs: `memoryMb` is 600, and the stack asks for 512")
    assert f"`pulumi config set adopt {HERE} --stack blue`" in why.now
    refused(None, asked(), adopt=THERE)
    assert "is taken over as it runs" in judged(None, asked(), adopt=HERE)[0]
    assert judged(None, asked(part="engine", port=1025, engine="embedded")) == []


@pytest.mark.parametrize("own", [HERE, ""])
def test_ending_what_is_elsewhere(asked: Callable[..., Request], tmp_path: Path, own: str) -> None:
    """Refused, be it by name or because an earlier release named none and nothing is here."""
    if own:
        with pytest.raises(Refusal, match="is on another host"):
            ownership.refuse_end(asked(THERE), own)
    with pytest.raises(Refusal, match="stays; nothing was done"):
        ownership.refuse_end(asked(None), own)
    (tmp_path / "blue").mkdir()
    ownership.refuse_end(asked(None), own)
    ownership.refuse_end(asked(HERE), own)


def test_an_alias_that_is_elsewhere(tmp_path: Path) -> None:
    """It is neither moved, looked at nor ended here; one of an earlier release says nothing."""
    with pytest.raises(Refusal, match="`pulumi config set adopt"):
        ownership.refuse_elsewhere("the alias of gateway", "gateway", THERE, tmp_path)
    host_identity.settle(tmp_path, HERE)
    ownership.refuse_elsewhere("the alias of gateway", "gateway", HERE, tmp_path)
    for before in (HERE, None, ""):
        ownership.refuse_another("the alias of gateway", "gateway", before, HERE, adopt=None)
    ownership.refuse_another("the alias of gateway", "gateway", THERE, HERE, adopt=THERE)
    with pytest.raises(Refusal, match="is on another host"):
        ownership.refuse_another("the alias of gateway", "gateway", THERE, HERE, adopt="unnamed")


def test_a_record_that_cannot_be_read(asked: Callable[..., Request], tmp_path: Path) -> None:
    """It says nothing of what runs: the host refuses or writes over it by its own rules."""
    write_private_json(tmp_path / "blue" / "requests" / "postgres.json", {"version": 3})
    assert judged(None, asked()) == []
